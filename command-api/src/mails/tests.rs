//! Mails on a real PostgreSQL and a real SMTP server, with the time as an argument: who is written to, what, and how often.

use std::path::PathBuf;
use std::time::Duration;

use database::{Limits, Pool, PoolSettings};
use event_store::Reader;
use event_store::contacts::Contacts;
use session::GuestKey;
use time::OffsetDateTime;
use uuid::Uuid;

use super::news::{NewsError, Told, put_news};
use super::{Facts, Mail, Outbox, Sender, Smtp, erase};
use crate::command_loop::Policy;
use crate::command_loop::testing::database;
use crate::seller::SellerArgs;

/// One shop's mails, and an address of its own in everybody's mailbox.
struct Post {
    pool: Pool,
    outbox: Outbox,
    facts: Facts,
    began: OffsetDateTime,
}

impl Post {
    async fn new() -> Self {
        let url = database().await;
        let settings = PoolSettings::new(&url, "mails", Limits::BACKGROUND).unwrap();
        let pool = settings.connections(8).lazy();
        let facts = Facts {
            reader: Reader::connect(&url).await.unwrap(),
            contacts: Contacts::connect(&url).await.unwrap(),
            guest_key: GuestKey::parse(&session::DEVELOPMENT_KEY.to_owned().into()).unwrap(),
            origin: "https://shop.test".into(),
            seller: SellerArgs::default().read(true, true).unwrap().into(),
            rules: Policy::default_rules().unwrap().into(),
        };
        Self {
            outbox: Outbox::new(pool.clone()),
            pool,
            facts,
            // PostgreSQL sets `due_at`, by its own clock.
            began: OffsetDateTime::now_utc() + Duration::from_secs(1),
        }
    }

    fn sender(&self) -> Sender {
        self.sender_to(&std::env::var("TEST_SMTP_URL").expect("run the tests with ./dev test"))
    }

    fn sender_to(&self, url: &str) -> Sender {
        let from = "The Shop <shop@shop.test>".parse().unwrap();
        Sender::new(
            self.outbox.clone(),
            Smtp::new(url, from).unwrap(),
            self.facts.clone(),
        )
    }

    async fn put(&self, mail: &Mail, address: &str) -> Uuid {
        let owner = Uuid::now_v7();
        let mut connection = self.pool.acquire().await.unwrap();
        mail.to(&mut connection, owner, address).await.unwrap();
        owner
    }

    /// What of the only mail's row is left: how it ended, and whether anything of it is still known.
    async fn end(&self) -> (bool, Option<String>, bool) {
        sqlx::query_as(
            "select ended_at is not null, failure, address is not null or mail is not null from mails",
        )
        .fetch_one(&self.pool)
        .await
        .unwrap()
    }
}

async fn deliver(sender: &mut Sender, now: OffsetDateTime) -> usize {
    let begun = sender.step(now).await.unwrap();
    sender.settle().await;
    begun
}

fn address(who: &str) -> String {
    format!("{who}-{}@example.org", Uuid::now_v7().simple())
}

/// What has arrived for `address`, as the server stored it.
fn arrived(address: &str) -> Vec<String> {
    let folder: PathBuf = std::env::var_os("TEST_MAIL_FOLDER").unwrap().into();
    let files = std::fs::read_dir(folder.join("new")).unwrap();
    let mails = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    mails
        .filter(|mail| mail.contains(&format!("To: {address}")))
        .collect()
}

fn reset() -> Mail {
    Mail::ResetPassword {
        link: "https://shop.test/account/reset#secret-of-the-link".to_owned(),
    }
}

#[tokio::test]
async fn a_mail_is_sent_once_and_then_nothing_of_it_is_known() {
    let post = Post::new().await;
    let ada = address("ada");
    post.put(&reset(), &ada).await;
    let mut sender = post.sender();
    assert_eq!(deliver(&mut sender, post.began).await, 1);
    let mails = arrived(&ada);
    assert_eq!(mails.len(), 1);
    assert!(
        mails[0].contains("Subject: Choose a new password"),
        "{}",
        mails[0]
    );
    assert!(
        mails[0].contains("https://shop.test/account/reset#secret-of-the-link"),
        "{}",
        mails[0]
    );
    assert!(
        mails[0].contains("@shop.test>"),
        "a Message-ID of ours: {}",
        mails[0]
    );
    assert_eq!(post.end().await, (true, None, false));
    let later = post.began + Duration::from_hours(24);
    assert_eq!(deliver(&mut sender, later).await, 0);
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again_and_an_address_that_is_none_is_not() {
    let post = Post::new().await;
    let (busy, nobody) = (address("busy"), address("nobody"));
    post.put(&reset(), &busy).await;
    let mut sender = post.sender();
    deliver(&mut sender, post.began).await;
    assert!(arrived(&busy).is_empty());
    let again = post.began + Duration::from_secs(7);
    assert_eq!(deliver(&mut sender, post.began + Duration::from_secs(4)).await, 0);
    assert_eq!(deliver(&mut sender, again).await, 1);
    assert_eq!(arrived(&busy).len(), 1);
    assert_eq!(post.end().await, (true, None, false));

    let post = Post::new().await;
    post.put(&reset(), &nobody).await;
    deliver(&mut post.sender(), post.began).await;
    assert_eq!(post.end().await, (true, Some("address".to_owned()), false));
}

#[tokio::test]
async fn a_mail_outlives_a_server_that_is_away() {
    let post = Post::new().await;
    let ada = address("ada");
    post.put(&Mail::PasswordChanged, &ada).await;
    // Nobody listens on the discard port of this machine.
    deliver(&mut post.sender_to("smtp://127.0.0.1:9"), post.began).await;
    let (ended, _, is_known) = post.end().await;
    assert_eq!((ended, is_known), (false, true));
    deliver(&mut post.sender(), post.began + Duration::from_mins(1)).await;
    assert_eq!(arrived(&ada).len(), 1);
}

#[tokio::test]
async fn a_link_that_has_expired_is_not_sent_any_more() {
    let post = Post::new().await;
    let ada = address("ada");
    post.put(&reset(), &ada).await;
    deliver(&mut post.sender(), post.began + Duration::from_hours(1)).await;
    assert!(arrived(&ada).is_empty());
    assert_eq!(post.end().await, (true, Some("expired".to_owned()), false));
}

#[tokio::test]
async fn two_senders_never_have_the_same_mail() {
    let post = Post::new().await;
    for _ in 0..20 {
        post.put(&Mail::PasswordChanged, &address("ada")).await;
    }
    // Both claims are open at the same time: the second one finds the first one's rows locked, and passes them.
    let mut first = post.pool.begin().await.unwrap();
    let held = sqlx::query("select id from mails order by due_at limit 8 for update")
        .fetch_all(&mut *first)
        .await
        .unwrap();
    let others = post.outbox.claim(100, post.began).await.unwrap();
    assert_eq!((held.len(), others.len()), (8, 12));
    first.rollback().await.unwrap();
    let rest = post.outbox.claim(100, post.began).await.unwrap();
    assert_eq!(rest.len(), 8);
    assert!(post.outbox.claim(100, post.began).await.unwrap().is_empty());
}

#[tokio::test]
async fn who_dies_with_a_mail_in_hand_is_overtaken() {
    let post = Post::new().await;
    let ada = address("ada");
    post.put(&Mail::PasswordChanged, &ada).await;
    let lost = post.outbox.claim(1, post.began).await.unwrap();
    assert_eq!(lost.len(), 1);
    let mut next = post.sender();
    assert_eq!(deliver(&mut next, post.began + Duration::from_secs(30)).await, 0);
    assert_eq!(deliver(&mut next, post.began + Duration::from_secs(90)).await, 1);
    assert_eq!(arrived(&ada).len(), 1);
}

#[tokio::test]
async fn whoever_is_erased_is_not_written_to() {
    let post = Post::new().await;
    let ada = address("ada");
    let owner = post.put(&reset(), &ada).await;
    erase(&mut post.pool.acquire().await.unwrap(), owner)
        .await
        .unwrap();
    assert_eq!(post.end().await, (true, Some("erased".to_owned()), false));
    assert_eq!(deliver(&mut post.sender(), post.began).await, 0);
    assert!(arrived(&ada).is_empty());
}

#[tokio::test]
async fn news_is_put_once_however_often_it_is_told_and_old_news_never() {
    let post = Post::new().await;
    let (order, shipment, refund) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let confirmed = format!(r#"{{"data":{{"id":"{order}","version":3,"position":9}}}}"#);
    let shipped = format!(
        r#"{{"data":{{"id":"{order}","shipment":"{shipment}","lines":[],"carrier":"Post","tracking":null}}}}"#
    );
    let refunded = format!(
        r#"{{"data":{{"id":"{order}","refund":"{refund}","amount":{{"minor":500,"currency":"EUR"}}}}}}"#
    );
    let at = |payload, event_type, recorded_at| Told {
        event_type,
        recorded_at,
        payload,
    };
    let old = post.began - Duration::from_hours(4 * 24);
    let all = [
        at(&confirmed, "order.OrderConfirmed", post.began),
        at(&shipped, "order.OrderShipped", post.began),
        at(&refunded, "payment.PaymentRefunded", post.began),
        at(&confirmed, "order.OrderDelivered", post.began),
    ];
    assert_eq!(put_news(&post.pool, &all, post.began).await.unwrap(), 3);
    for _ in 0..3 {
        assert_eq!(put_news(&post.pool, &all, post.began).await.unwrap(), 0);
    }
    // One that cannot be read is none of theirs who call.
    let unreadable = put_news(
        &post.pool,
        &[at("{}", "order.OrderShipped", post.began)],
        post.began,
    )
    .await;
    assert!(
        matches!(unreadable, Err(NewsError::Unreadable { .. })),
        "{unreadable:?}"
    );
    let other = confirmed.replace(&order.to_string(), &Uuid::now_v7().to_string());
    let late = [at(&other, "order.OrderConfirmed", old)];
    assert_eq!(put_news(&post.pool, &late, post.began).await.unwrap(), 0);
    // There is no such order: nobody to write to.
    assert_eq!(deliver(&mut post.sender(), post.began).await, 3);
    let erased: i64 = sqlx::query_scalar("select count(*) from mails where failure = 'erased'")
        .fetch_one(&post.pool)
        .await
        .unwrap();
    assert_eq!(erased, 3);
}

#[tokio::test]
async fn a_mail_that_this_release_cannot_read_waits_and_the_others_go() {
    let post = Post::new().await;
    sqlx::query(
        "insert into mails (id, reason, mail) values ($1, 'newer', '{\"kind\":\"from-a-newer-release\"}')",
    )
    .bind(Uuid::now_v7())
    .execute(&post.pool)
    .await
    .unwrap();
    let ada = address("ada");
    post.put(&Mail::PasswordChanged, &ada).await;
    assert_eq!(deliver(&mut post.sender(), post.began).await, 2);
    assert_eq!(arrived(&ada).len(), 1);
    let left: Vec<(String, i32)> =
        sqlx::query_as("select reason, attempts from mails where ended_at is null and due_at > $1")
            .bind(post.began)
            .fetch_all(&post.pool)
            .await
            .unwrap();
    assert_eq!(left, [("newer".to_owned(), 1)]);
}

#[tokio::test]
async fn a_mail_of_which_whoever_sends_it_dies_is_given_up() {
    let post = Post::new().await;
    post.put(&Mail::PasswordChanged, &address("ada")).await;
    let mut now = post.began;
    // They take it, and are not heard of again.
    while !post.outbox.claim(1, now).await.unwrap()[0].is_abandoned() {
        now += Duration::from_mins(2);
    }
    deliver(&mut post.sender(), now + Duration::from_mins(2)).await;
    assert_eq!(post.end().await, (true, Some("abandoned".to_owned()), false));
}
