//! What is left of the contact that comes with a checkout: nothing where that is refused, and all of it as long as there is its order.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;
use sqlx::Executor;
use uuid::Uuid;

use super::customer::checkout;
use super::{Shop, lines};

impl Shop {
    /// The ids of all contacts.
    pub async fn contacts(&self) -> Vec<Uuid> {
        sqlx::query_scalar("select id from contacts order by id")
            .fetch_all(&self.pool().await)
            .await
            .unwrap()
    }

    /// Until there are so many contacts.
    async fn until_contacts(&self, count: i64) {
        let pool = self.pool().await;
        let sql = "select count(*) from contacts";
        while sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.unwrap() != count {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_checkout_that_is_refused_leaves_no_contact() {
    let shop = Shop::with_mugs(5).await;
    let (cookies, cart) = shop.with_cart(2).await;
    let stranger = shop.shopper().await.0;
    let nowhere = Uuid::new_v4().to_string();
    for (cookies, cart, total, expected) in [
        (&cookies, &nowhere, 3390, (404, "cart-not-found")),
        (&stranger, &cart, 3390, (404, "cart-not-found")),
        (&cookies, &cart, 1, (422, "total-changed")),
    ] {
        let refused = shop.check_out(cookies, cart, "k", &checkout(total)).await;
        assert_eq!(refused.problem(), expected);
        assert!(shop.contacts().await.is_empty(), "{expected:?}");
    }
}

#[tokio::test]
async fn a_checkout_that_is_sent_again_keeps_the_contact_of_its_order() {
    let shop = Shop::with_mugs(5).await;
    let (cookies, cart) = shop.with_cart(2).await;
    let ordered = shop.check_out(&cookies, &cart, "one", &checkout(3390)).await;
    assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.body);
    let kept = shop.contacts().await;
    assert_eq!(kept.len(), 1);
    for (key, total, status) in [
        ("one", 3390, StatusCode::CREATED),
        ("another", 3390, StatusCode::OK),
        ("one", 1, StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let again = shop.check_out(&cookies, &cart, key, &checkout(total)).await;
        assert_eq!(again.status, status, "{}", again.body);
        assert_eq!(shop.contacts().await, kept);
    }
    // The cart is open once more: but for its key this would be another order.
    let path = format!("/orders/{}/cancellation", ordered.body["id"].as_str().unwrap());
    let cancelled = shop
        .json("POST", &path, &[("cookie", &cookies)], &json!({}))
        .await;
    assert_eq!(cancelled.status, StatusCode::OK, "{}", cancelled.body);
    let again = shop.check_out(&cookies, &cart, "one", &checkout(3390)).await;
    assert_eq!(
        (again.status, &again.body["id"]),
        (StatusCode::CREATED, &ordered.body["id"])
    );
    assert_eq!(shop.contacts().await, kept);
}

#[tokio::test]
async fn a_checkout_whose_client_leaves_before_it_is_refused_leaves_no_contact() {
    let shop = Shop::with_mugs(5).await;
    let (cookies, cart) = shop.with_cart(2).await;
    let (other, others) = shop.with_cart(1).await;
    let pool = shop.pool().await;
    // Nothing is appended meanwhile: the loop waits with what somebody else adds.
    let mut held = pool.begin().await.unwrap();
    held.execute("select pg_advisory_xact_lock(1128354388)")
        .await
        .unwrap();
    let (path, more, wrong) = (format!("/carts/{others}/lines"), lines("MUG", 1), checkout(1));
    let cookie = [("cookie", &*other)];
    let adding = shop.json("POST", &path, &cookie, &more);
    let leaving = async {
        shop.waiting(1).await;
        tokio::select! {
            refused = shop.check_out(&cookies, &cart, "k", &wrong) => panic!("{}", refused.body),
            () = shop.until_contacts(1) => {}
        }
        held.rollback().await.unwrap();
    };
    let (added, ()) = tokio::join!(adding, leaving);
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    let gone = tokio::time::timeout(Duration::from_secs(20), shop.until_contacts(0)).await;
    assert!(gone.is_ok(), "it is there for the sweep");
}
