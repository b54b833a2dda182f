//! What an erasure does though nobody waits for it, and how much it asks of the log.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::StatusCode;
use domain::AggregateType;
use event_store::Reader;
use serde_json::json;
use session::security::Event;
use sqlx::Executor;

use super::exports::{ORDERS, counted};
use super::security_events::capture;
use super::{STAFF, Shop};
use crate::accounts::erasure;

impl Shop {
    async fn cancel(&self, order: &str) {
        let path = format!("/orders/{order}/cancellation");
        let cancelled = self
            .json("POST", &path, &[("authorization", STAFF)], &json!({}))
            .await;
        assert_eq!(cancelled.status, StatusCode::OK, "{}", cancelled.body);
    }

    /// As if the accounts of all contacts were erased.
    async fn mark_all_contacts(&self) {
        let mark = "update contacts set is_erased_with_order = true";
        self.pool().await.execute(mark).await.unwrap();
    }

    async fn contacts_left(&self) -> i64 {
        sqlx::query_scalar("select count(*) from contacts")
            .fetch_one(&self.pool().await)
            .await
            .unwrap()
    }
}

/// Its sessions have ended by then: nobody could ask again.
#[tokio::test]
async fn an_erasure_whose_client_leaves_is_carried_to_its_end() {
    let shop = Shop::with_mugs(50).await;
    let ada = shop.member().await;
    let cancelled = shop.order_of(&ada.cookies).await;
    let under_way = shop.order_of(&ada.cookies).await;
    shop.cancel(&cancelled).await;
    let (lines, _capturing) = capture();
    let pool = shop.pool().await;
    // No contact is changed meanwhile; they can be read.
    let mut held = pool.begin().await.unwrap();
    held.execute("lock table contacts in share mode").await.unwrap();
    tokio::select! {
        erased = shop.erase(&ada) => panic!("{}", erased.body),
        () = shop.waiting(1) => {}
    }
    held.rollback().await.unwrap();
    let told = async {
        while lines.about(Event::AccountErased).is_empty() || !shop.going(&cancelled).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(20), told).await;
    assert!(told.is_ok(), "nothing was erased");
    let line = lines.last(Event::AccountErased);
    assert_eq!(line["account"], *ada.id.to_string());
    assert_eq!(line["route"], "DELETE /api/commands/account");
    let left: i64 = sqlx::query_scalar("select count(*) from accounts where id = $1")
        .bind(ada.id)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(left, 0);
    assert_eq!(shop.going(&under_way).await, [true], "it has to arrive first");
}

#[tokio::test]
async fn every_contact_of_many_orders_that_are_over_goes_with_the_account() {
    let shop = Shop::with_mugs(50).await;
    let ada = shop.member().await;
    let order = shop.order_of(&ada.cookies).await;
    shop.cancel(&order).await;
    shop.copy_order(&order).await;
    assert_eq!(shop.contacts_left().await, i64::from(ORDERS) + 1);
    let erased = shop.erase(&ada).await;
    assert_eq!(erased.status, StatusCode::NO_CONTENT, "{}", erased.body);
    assert_eq!(shop.contacts_left().await, 0);
}

#[tokio::test]
async fn the_orders_of_erased_customers_are_read_in_batches() {
    let shop = Shop::with_mugs(50).await;
    let ada = shop.member().await;
    let order = shop.order_of(&ada.cookies).await;
    shop.cancel(&order).await;
    shop.copy_order(&order).await;
    shop.mark_all_contacts().await;
    let (url, said) = counted(&shop.url).await;
    let reader = Reader::connect(&url).await.unwrap();
    let before = said.load(Ordering::SeqCst);
    let erased = erasure::sweep(&reader, &shop.app.contacts).await.unwrap();
    let statements = said.load(Ordering::SeqCst) - before;
    assert_eq!(i64::try_from(erased).unwrap(), i64::from(ORDERS) + 1);
    assert_eq!(shop.contacts_left().await, 0);
    assert!(statements < 60, "{statements} round trips for {ORDERS} orders");
}

#[tokio::test]
async fn an_order_that_cannot_be_read_keeps_no_other_customers_address() {
    let shop = Shop::with_mugs(50).await;
    let mut orders = vec![];
    for _ in 0..3 {
        let customer = shop.member().await;
        let order = shop.order_of(&customer.cookies).await;
        shop.cancel(&order).await;
        orders.push(order);
    }
    // An event of a later release, and one that is no event.
    shop.append(AggregateType::Order, &orders[0], "OrderTeleported", &json!({}))
        .await;
    sqlx::query(
        r#"insert into events (global_position, aggregate_type, aggregate_id, sequence, event_type, event_version,
               payload, metadata, event_id, recorded_at)
           select (select max(global_position) + 1 from events), 'order', $1, 1000, 'OrderDelivered', '1.0',
               '{}'::json, '"nothing"'::json, gen_random_uuid(), now()"#,
    )
    .bind(&orders[1])
    .execute(&shop.pool().await)
    .await
    .unwrap();
    shop.mark_all_contacts().await;
    let erased = erasure::sweep(&shop.app.reader, &shop.app.contacts).await;
    assert_eq!(erased.unwrap(), 1);
    assert!(shop.going(&orders[2]).await.is_empty());
    for unreadable in &orders[..2] {
        assert_eq!(shop.going(unreadable).await, [true]);
    }
}
