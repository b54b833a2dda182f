//! The whole topic is published again: the payment worker is woken for every event that there ever was, and those who
//! write mails hear all the news once more.

use std::collections::BTreeMap;
use std::fs::DirEntry;
use std::io;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use sqlx::PgPool;
use system_tests::http::{Door, Request};
use uuid::Uuid;

use super::books;
use super::buyer::{self, Buyer};
use super::kafka_log;
use super::services::wanted;
use super::shop::{ALL_ROLES, Shop, sku};
use super::waiting::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_published_again_charges_nobody_writes_to_nobody_and_the_books_agree() {
    let shop = Shop::founded().await;
    let smtp_url = wanted("TEST_SMTP_URL");
    let with_mails = [("SMTP_URL", smtp_url.as_str())];
    let mut open = shop.open_with(&with_mails).await;
    let address = open.command_api.address();
    let mut orders = vec![];
    for number in 0..4 {
        let mut buyer = Buyer::with_cart(&address, &[(sku(number), 2)]).await;
        let quote = buyer.quote().await;
        let order = buyer.check_out(&quote).await.expect("an order").id;
        let card = if number == 3 {
            "pm_card_chargeDeclined"
        } else {
            "pm_card_visa"
        };
        buyer.pay(&order, card).await;
        orders.push(order);
    }
    has(&shop.pool, "OrderConfirmed", 3).await;
    has(&shop.pool, "AttemptDeclined", 1).await;
    buyer::refund(&address, &orders[0], "a-part", 500).await;
    has(&shop.pool, "PaymentRefunded", 1).await;
    let metrics = outcomes(open.command_api.admin_port).await;
    assert_eq!(metrics["captured"], 3, "{metrics:?}");
    assert_eq!((metrics["declined"], metrics["refunded"]), (1, 1), "{metrics:?}");

    // One for each of three confirmed orders, and one for the refund.
    let mails = until("the mails are sent", async || {
        let mails = sent(&shop.pool).await;
        (mails.len() == 4).then_some(mails)
    })
    .await;
    for mail in &mails {
        assert_eq!(times_arrived(mail), 1, "{mail}");
    }

    open.command_api.stop().await;
    let stored = events(&shop.pool).await;
    let before = everything_at_the_gateway(&shop.pool, &orders).await;
    sqlx::query("update relay_cursor set position = 0")
        .execute(&shop.pool)
        .await
        .expect("the cursor can be moved");
    open.command_api = shop.command_api(ALL_ROLES, &with_mails).await;
    until(
        "everything was published once more, and everybody has heard it",
        async || {
            let brokers = &shop.services.kafka_brokers;
            let published = kafka_log::read(brokers, &shop.name).await.len();
            let mut heard = true;
            for (group, topic) in [
                ("payment-worker", "payment"),
                ("webhooks", "payment"),
                ("webhooks", "order"),
                ("mails", "payment"),
                ("mails", "order"),
            ] {
                let (group, topic) = (format!("{}.{group}", shop.name), format!("{}.{topic}", shop.name));
                heard &= kafka_log::has_read_all(brokers, &group, &topic).await;
            }
            (published == stored * 2 && heard).then_some(())
        },
    )
    .await;
    assert_eq!(events(&shop.pool).await, stored, "nobody had anything to add");
    assert_eq!(everything_at_the_gateway(&shop.pool, &orders).await, before);
    books::captures_are_the_totals_of_confirmed_orders(&shop.pool).await;

    assert_eq!(sent(&shop.pool).await, mails, "it was no news");
    let waiting: i64 = sqlx::query_scalar("select count(*) from mails where ended_at is null")
        .fetch_one(&shop.pool)
        .await
        .expect("the mails can be counted");
    assert_eq!(waiting, 0);
    for mail in &mails {
        assert_eq!(times_arrived(mail), 1, "{mail}");
    }

    let agreed = reconcile(&shop).await;
    assert!(
        agreed.status.success(),
        "{}",
        String::from_utf8_lossy(&agreed.stdout)
    );
    let report: Value = serde_json::from_slice(&agreed.stdout).expect("the report is JSON");
    assert_eq!(report["differences"], Value::Array(vec![]), "{report}");
    assert!(report["compared"].as_u64() >= Some(3), "{report}");
    sqlx::query("update sandbox_gateway.intents set captured = captured - 1 where payment = $1::uuid")
        .bind(&orders[1])
        .execute(&shop.pool)
        .await
        .expect("the sandbox's books can be falsified");
    let differing = reconcile(&shop).await;
    assert_eq!(differing.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&differing.stdout).expect("the report is JSON");
    assert_eq!(
        report["differences"][0]["payment"],
        orders[1].as_str(),
        "{report}"
    );
    assert_eq!(report["differences"][0]["what"], "captured", "{report}");
    shop.close_after_others_shopped(open).await;
}

/// The mails that were sent, by id.
async fn sent(pool: &PgPool) -> Vec<Uuid> {
    sqlx::query_scalar("select id from mails where ended_at is not null and failure is null order by id")
        .fetch_all(pool)
        .await
        .expect("the mails can be read")
}

/// How often the mail server has it, by its Message-ID.
fn times_arrived(mail: &Uuid) -> usize {
    let folder = Path::new(&wanted("TEST_MAIL_FOLDER")).join("new");
    let files = std::fs::read_dir(folder).expect("mails have arrived");
    let id = format!("Message-ID: <{mail}@");
    let has_it = |file: io::Result<DirEntry>| {
        let mail = file.and_then(|file| std::fs::read(file.path()));
        String::from_utf8_lossy(&mail.expect("a mail can be read")).contains(&id)
    };
    files.map(has_it).filter(|has_it| *has_it).count()
}

async fn events(pool: &PgPool) -> usize {
    let count: i64 = sqlx::query_scalar("select count(*) from events")
        .fetch_one(pool)
        .await
        .expect("the log can be read");
    usize::try_from(count).expect("it is a count")
}

async fn has(pool: &PgPool, event: &str, times: i64) {
    until(&format!("{times} times {event}"), async || {
        let count: i64 = sqlx::query_scalar("select count(*) from events where event_type = $1")
            .bind(event)
            .fetch_one(pool)
            .await
            .ok()?;
        (count == times).then_some(())
    })
    .await;
}

async fn everything_at_the_gateway(pool: &PgPool, orders: &[String]) -> Vec<(i64, i64, i64)> {
    let mut all = vec![];
    for order in orders {
        all.push(books::at_the_gateway(pool, order).await);
    }
    all
}

async fn reconcile(shop: &Shop) -> Output {
    let mut tool = shop.tool("command-api");
    tool.args(["reconcile", "--dev"]);
    tokio::process::Command::from(tool)
        .output()
        .await
        .expect("command-api can be run")
}

/// What the worker counted, by outcome.
async fn outcomes(admin_port: u16) -> BTreeMap<String, u64> {
    let mut admin = Door::new(&format!("127.0.0.1:{admin_port}"));
    let answer = admin.send(&Request::get("/metrics")).await.expect("metrics");
    let text = String::from_utf8_lossy(&answer.body);
    let counted = |line: &str| {
        let (name, value) = line
            .strip_prefix("payment_outcomes_total{outcome=\"")?
            .split_once("\"} ")?;
        Some((name.to_owned(), value.trim().parse().ok()?))
    };
    text.lines().filter_map(counted).collect()
}
