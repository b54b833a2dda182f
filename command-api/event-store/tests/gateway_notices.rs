//! What a payment gateway sends, each once.

mod support;

use std::time::Duration;

use event_store::gateway_notices::GatewayNotices;
use support::{database, sql};
use uuid::Uuid;

#[tokio::test]
async fn a_notice_is_new_once() {
    let url = database().await;
    let notices = GatewayNotices::connect(&url).await.unwrap();
    let payment = Some(Uuid::now_v7());
    assert!(
        notices
            .is_new("evt_1", payment, "payment_intent.succeeded")
            .await
            .unwrap()
    );
    assert!(
        !notices
            .is_new("evt_1", payment, "payment_intent.succeeded")
            .await
            .unwrap()
    );
    // Another notice of the same payment, and one of none.
    assert!(
        notices
            .is_new("evt_2", payment, "payment_intent.succeeded")
            .await
            .unwrap()
    );
    assert!(notices.is_new("EVT_1", None, "balance.available").await.unwrap());
    let kept: Vec<(String, Option<Uuid>, String)> =
        sqlx::query_as("select event_id, payment_id, kind from gateway_notices order by event_id")
            .fetch_all(&mut sql(&url).await)
            .await
            .unwrap();
    let succeeded = "payment_intent.succeeded".to_owned();
    assert_eq!(
        kept,
        [
            ("EVT_1".to_owned(), None, "balance.available".to_owned()),
            ("evt_1".to_owned(), payment, succeeded.clone()),
            ("evt_2".to_owned(), payment, succeeded),
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_eight_deliveries_at_once_one_is_new() {
    let url = database().await;
    let deliveries = (0..8).map(|_| {
        let url = url.clone();
        tokio::spawn(async move {
            let notices = GatewayNotices::connect(&url).await.unwrap();
            notices.is_new("evt_1", None, "charge.refunded").await.unwrap()
        })
    });
    let delivered = futures::future::join_all(deliveries).await;
    let new = delivered
        .into_iter()
        .filter(|is_new| *is_new.as_ref().unwrap())
        .count();
    assert_eq!(new, 1);
}

#[tokio::test]
async fn old_notices_are_forgotten_and_young_ones_kept() {
    let url = database().await;
    let notices = GatewayNotices::connect(&url).await.unwrap();
    notices.is_new("evt_1", None, "charge.refunded").await.unwrap();
    assert_eq!(notices.sweep(Duration::from_hours(1)).await.unwrap(), 0);
    assert!(!notices.is_new("evt_1", None, "charge.refunded").await.unwrap());
    assert_eq!(notices.sweep(Duration::ZERO).await.unwrap(), 1);
    assert!(notices.is_new("evt_1", None, "charge.refunded").await.unwrap());
}
