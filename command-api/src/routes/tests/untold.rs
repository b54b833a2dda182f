//! What has ended in PostgreSQL while Redis was not told of it.

use axum::http::StatusCode;
use futures::FutureExt;
use session::{ApiKeys, CookieKind, Role, Sessions};

use super::Shop;
use crate::accounts::epoch::{self, Keys};
use crate::accounts::{AccountError, api_keys};

#[tokio::test]
async fn what_ended_is_told_though_whoever_ended_it_does_not_wait_for_the_answer() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let key = shop.key(&ada, Role::Shopper).await;
    let mut transaction = shop.app.accounts.pool.begin().await.unwrap();
    let ended = epoch::begin(&mut transaction, ada.id, Keys::All).await.unwrap();
    transaction.commit().await.unwrap();
    let telling = ended.tell(&shop.sessions, &shop.app.api_keys);
    assert!(telling.now_or_never().is_none(), "Redis has not answered yet");
    while shop.by(&key).await.status == StatusCode::OK {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        shop.get("/account", &ada.cookies).await.problem(),
        (401, "no-session")
    );
}

#[tokio::test]
async fn a_key_of_whose_end_redis_was_not_told_is_revoked_once_more() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let bearer = shop.key(&ada, Role::Shopper).await;
    let pool = &shop.app.accounts.pool;
    let key = api_keys::list(pool, ada.id).await.unwrap().remove(0).id;
    let guest_key = shop.app.guest_key.clone();
    let nowhere = Sessions::connect("redis://127.0.0.1:1", "", CookieKind::Development, guest_key).unwrap();
    let failed = api_keys::revoke(pool, &ApiKeys::of(&nowhere), ada.id, key).await;
    assert!(matches!(failed, Err(AccountError::Sessions(_))));
    assert_eq!(shop.by(&bearer).await.status, StatusCode::OK);
    api_keys::revoke(pool, &shop.app.api_keys, ada.id, key)
        .await
        .unwrap();
    assert_eq!(shop.by(&bearer).await.problem(), (401, "bad-api-key"));
}
