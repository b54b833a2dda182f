//! Requests that were in flight when somebody took an account back: what was read before counts no more.

use std::time::Duration;

use axum::http::StatusCode;
use database::Pool;
use serde_json::{Value, json};
use session::Role;
use uuid::Uuid;

use super::Shop;
use super::accounts::{Member, PASSWORD};
use crate::accounts::epoch::{self, Keys};
use crate::accounts::second_factor::store::{self as factors, NewFactor};
use crate::accounts::second_factor::{SecondFactorError, recovery_codes};
use crate::accounts::{AccountError, api_keys, changing, erasure, store};

const TABLES: [&str; 6] = [
    "accounts",
    "account_links",
    "api_keys",
    "second_factors",
    "recovery_codes",
    "mails",
];

impl Shop {
    /// In PostgreSQL. Redis is told a moment later, which is when the others arrive.
    async fn take_back(&self, member: &Member) {
        let mut transaction = self.app.accounts.pool.begin().await.unwrap();
        let untold = epoch::begin(&mut transaction, member.id, Keys::All)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        drop(untold);
    }
}

async fn stored(pool: &Pool) -> Vec<Value> {
    let mut stored = vec![];
    for table in TABLES {
        let rows = format!(
            "select coalesce(jsonb_agg(to_jsonb(t) order by to_jsonb(t)::text), '[]') from {table} t"
        );
        stored.push(sqlx::query_scalar(&rows).fetch_one(pool).await.unwrap());
    }
    stored
}

/// Somebody waits until the account's row can be had.
async fn until_somebody_waits(pool: &Pool) {
    let waiting = "select count(*) from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waiting)
        .fetch_one(pool)
        .await
        .unwrap()
        == 0
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn was_taken_back<T>(done: &Result<T, AccountError>) -> bool {
    matches!(done, Err(AccountError::Changed))
}

fn factor_was_kept<T>(done: &Result<T, SecondFactorError>) -> bool {
    matches!(done, Err(SecondFactorError::Account(AccountError::Changed)))
}

#[tokio::test]
async fn what_waited_while_the_account_was_taken_back_is_refused_and_stores_nothing() {
    let shop = Shop::open().await;
    let mut ada = shop.member().await;
    shop.set_up_app(&mut ada).await;
    let (app, pool) = (&shop.app, &shop.app.accounts.pool);
    // The password was right, and the request waits for its turn.
    let read = store::by_id(pool, ada.id).await.unwrap();
    let factor = factors::list(pool, ada.id).await.unwrap()[0].id;
    shop.take_back(&ada).await;
    let before = stored(pool).await;

    assert!(was_taken_back(
        &changing::change_password(pool, &read, "a hash", true).await
    ));
    for email in ["thief@example.org", &ada.email] {
        let asked = changing::ask_to_confirm(app, &read, email).await;
        assert!(was_taken_back(&asked), "{email}");
    }
    let life = Duration::from_hours(1);
    let made = api_keys::create(pool, &app.api_keys, &read, "Import", Role::Shopper, life, true).await;
    assert!(was_taken_back(&made));
    assert!(factor_was_kept(&factors::remove(pool, &read, factor, true).await));
    assert!(factor_was_kept(&factors::renew_codes(pool, &read, true).await));
    let mut transaction = pool.begin().await.unwrap();
    let new = NewFactor::Totp {
        secret: vec![7],
        step: 1,
    };
    let added = factors::add(&mut transaction, &read, "Phone", new, true).await;
    assert!(factor_was_kept(&added));
    transaction.commit().await.unwrap();
    let erased = erasure::erase(app, &read).await.unwrap_err();
    assert_eq!(erased.status, 401);

    assert_eq!(stored(pool).await, before);
    assert_eq!(
        recovery_codes::left(pool, ada.id).await.unwrap(),
        10,
        "there was something to lose"
    );
}

#[tokio::test]
async fn an_account_with_another_address_sends_no_link_to_the_one_that_was_read() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let (app, pool) = (&shop.app, &shop.app.accounts.pool);
    let read = store::by_id(pool, ada.id).await.unwrap();
    let change = json!({ "email": "countess@example.org", "password": PASSWORD });
    let cookie = [("cookie", &*ada.cookies)];
    shop.json("POST", "/account/email-change", &cookie, &change).await;
    let token = shop.mailed("countess@example.org").await;
    let changed = shop.confirm(json!({ "token": token }), &ada.cookies).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    let late = changing::ask_to_confirm(app, &read, &read.email).await;
    assert!(was_taken_back(&late));
}

#[tokio::test]
async fn a_session_of_an_earlier_epoch_is_not_signed_in_before_redis_is_told_either() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    shop.take_back(&ada).await;
    let cookie = [("cookie", &*ada.cookies)];
    let change = json!({ "current": PASSWORD, "new": "another fine password" });
    for reply in [
        shop.get("/account", &ada.cookies).await,
        shop.json("PUT", "/account/password", &cookie, &change).await,
    ] {
        assert_eq!(reply.problem(), (401, "not-signed-in"));
    }
    // Nor is a link of the new epoch opened in the account's own session there.
    let pool = &shop.app.accounts.pool;
    let now = store::by_id(pool, ada.id).await.unwrap();
    changing::ask_to_confirm(&shop.app, &now, &now.email)
        .await
        .unwrap();
    let body = json!({ "token": shop.mailed(&ada.email).await });
    let opened = shop.confirm(body, &ada.cookies).await;
    assert_eq!(opened.problem(), (422, "new-password-needed"));
}

#[tokio::test]
async fn whoever_opens_a_link_waits_for_whoever_takes_the_account_back_and_finds_it_gone() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let (app, pool) = (&shop.app, &shop.app.accounts.pool);
    let confirm = async |token: String| {
        let opened = changing::confirm_email(pool, &token, Some("a hash"), None).await;
        opened.map(|confirmed| confirmed.account)
    };
    let reset = async |token: String| {
        let opened = changing::reset_password(pool, &token, "a hash").await;
        opened.map(|reset| reset.account)
    };
    let opened = taken_back_meanwhile(&shop, ada.id, confirm(shop.mailed(&ada.email).await)).await;
    assert!(matches!(opened, Err(AccountError::LinkExpired)), "{opened:?}");
    changing::send_reset(app, &ada.email).await.unwrap();
    let opened = taken_back_meanwhile(&shop, ada.id, reset(shop.mailed(&ada.email).await)).await;
    assert!(matches!(opened, Err(AccountError::LinkExpired)), "{opened:?}");
}

/// The account's row is locked first, here and there: in another order they would wait for each other.
async fn taken_back_meanwhile(
    shop: &Shop,
    account: Uuid,
    opening: impl Future<Output = Result<Uuid, AccountError>>,
) -> Result<Uuid, AccountError> {
    let mut held = shop.app.accounts.pool.begin().await.unwrap();
    store::lock(&mut held, account).await.unwrap();
    let taking_back = async {
        until_somebody_waits(&shop.app.accounts.pool).await;
        let untold = epoch::begin(&mut held, account, Keys::All).await.unwrap();
        held.commit().await.unwrap();
        drop(untold);
    };
    tokio::join!(opening, taking_back).0
}
