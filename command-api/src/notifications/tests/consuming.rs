//! From Kafka to a subscriber, on a real broker.

use std::borrow::Cow;
use std::sync::Arc;

use domain::{AggregateType, Metadata, RecordedEvent};
use serde_json::value::RawValue;
use sqlx::Executor;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::topics::{Topics, read};
use super::*;
use crate::notifications::audience::Audience;
use crate::notifications::inherit::inherit;
use crate::notifications::{Settings, testing};

fn event(position: i64) -> RecordedEvent {
    RecordedEvent {
        position,
        aggregate_type: AggregateType::Cart,
        aggregate_id: Uuid::now_v7().to_string(),
        sequence: 1,
        event_type: Cow::Borrowed("ItemAdded"),
        event_version: Cow::Borrowed("1.0"),
        payload: RawValue::from_string(r#"{"total":{"minor":1450,"currency":"EUR"}}"#.to_owned()).unwrap(),
        metadata: Metadata::default(),
        event_id: Uuid::now_v7(),
        recorded_at: OffsetDateTime::now_utc(),
    }
}

#[tokio::test]
async fn an_event_that_kafka_brings_twice_is_told_once_and_a_damaged_message_stops_nobody() {
    let mut hooks = Hooks::new().await;
    let topics = Topics::beside(&hooks).await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    let (placed, captured) = (event(41), event(42));
    topics.publish("order", "OrderPlaced", &placed).await;
    topics
        .send("order", "7", vec![("ce_type", "nonsense".to_owned())], "{")
        .await;
    topics.publish("order", "OrderPlaced", &placed).await;
    topics.publish("payment", "PaymentCaptured", &captured).await;

    let mut consumer = topics.webhooks(&hooks);
    read(&mut consumer, 4).await;
    assert_eq!(hooks.step(hours(1)).await, 2);
    let mut received = endpoint.received();
    received.sort_by_key(|message| message.body.clone());
    let body: serde_json::Value = serde_json::from_str(&received[0].body).unwrap();
    assert_eq!(body["type"], "order.OrderPlaced");
    assert_eq!(body["data"]["id"], placed.aggregate_id);
    assert_eq!(body["data"]["position"], 41);
    assert_eq!(body["data"]["total"]["minor"], 1450);
    assert!(
        received[1].body.contains(r#""type":"payment.PaymentCaptured""#),
        "{}",
        received[1].body
    );
    let mut events: Vec<_> = hooks
        .deliveries(&subscription)
        .await
        .iter()
        .map(|one| one.event_id)
        .collect();
    events.sort_unstable();
    assert_eq!(events, [Some(placed.event_id), Some(captured.event_id)]);
}

#[tokio::test]
async fn what_the_log_does_not_have_at_its_place_is_told_to_nobody() {
    let hooks = Hooks::new().await;
    let topics = Topics::beside(&hooks).await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    let (stored, lost) = (event(41), event(42));
    topics.publish("order", "OrderPlaced", &stored).await;
    // A restore has undone it; and somebody claims the place of another event.
    topics.publish_unstored("order", "OrderPlaced", &lost).await;
    let forged = RecordedEvent {
        position: stored.position,
        ..event(0)
    };
    topics.publish_unstored("order", "OrderConfirmed", &forged).await;
    read(&mut topics.webhooks(&hooks), 3).await;
    let told: Vec<_> = hooks.deliveries(&subscription).await;
    let told: Vec<_> = told.iter().map(|one| one.event_id).collect();
    assert_eq!(told, [Some(stored.event_id)]);
}

#[tokio::test]
async fn whoever_comes_next_reads_on_behind_what_was_stored() {
    let hooks = Hooks::new().await;
    let topics = Topics::beside(&hooks).await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    topics.publish("order", "OrderPlaced", &event(1)).await;
    let mut first = topics.webhooks(&hooks);
    read(&mut first, 1).await;
    first.close().await;
    topics.publish("order", "OrderConfirmed", &event(2)).await;
    let mut second = topics.webhooks(&hooks);
    read(&mut second, 1).await;
    assert_eq!(hooks.deliveries(&subscription).await.len(), 2);
}

#[tokio::test]
async fn a_database_that_is_away_is_waited_for_and_loses_no_event() {
    let hooks = Hooks::new().await;
    let topics = Topics::beside(&hooks).await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    topics.publish("order", "OrderPlaced", &event(1)).await;
    let mut consumer = topics.webhooks(&hooks);
    read(&mut consumer, 1).await;
    hooks
        .pool
        .execute("alter table webhook_deliveries rename to away")
        .await
        .unwrap();
    topics.publish("order", "OrderConfirmed", &event(2)).await;
    let pool = hooks.pool.clone();
    let returning = async move {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        pool.execute("alter table away rename to webhook_deliveries")
            .await
            .unwrap();
    };
    tokio::join!(read(&mut consumer, 1), returning);
    assert_eq!(hooks.deliveries(&subscription).await.len(), 2);
}

#[tokio::test]
async fn what_was_recorded_before_the_log_remembers_is_told_to_nobody() {
    let hooks = Hooks::new().await;
    let topics = Topics::beside(&hooks).await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    hooks
        .pool
        .execute("update webhook_subscriptions set created_at = created_at - interval '1 year'")
        .await
        .unwrap();
    let mut old = event(1);
    old.recorded_at -= hours(31 * 24);
    topics.publish("order", "OrderPlaced", &old).await;
    topics.publish("order", "OrderPlaced", &event(2)).await;
    read(&mut topics.webhooks(&hooks), 2).await;
    assert_eq!(hooks.deliveries(&subscription).await.len(), 1);
}

/// The groups of one process.
struct Process {
    token: CancellationToken,
    thread: std::thread::JoinHandle<()>,
}

impl Process {
    async fn start(topics: &Topics, database_url: &str) -> Self {
        let token = CancellationToken::new();
        let thread = crate::notifications::spawn(Settings {
            database_url: database_url.to_owned(),
            kafka: topics.kafka.clone(),
            reach: ANYWHERE,
            announced: Arc::new(Notify::new()),
            followers: testing::followers(database_url).await,
            mails: None,
            token: token.clone(),
        });
        let thread = thread.unwrap();
        Self { token, thread }
    }

    async fn stop(self) {
        self.token.cancel();
        let ended = tokio::task::spawn_blocking(move || self.thread.join());
        tokio::time::timeout(PATIENCE, ended)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
    }
}

#[tokio::test]
async fn twenty_thousand_supports_do_not_keep_an_orders_mail_waiting() {
    let hooks = Hooks::new().await;
    let topics = Topics::beside(&hooks).await;
    let request = Uuid::now_v7();
    hooks.submit(request, "missing_product", None).await;
    sqlx::query(
        "insert into events (global_position, aggregate_type, aggregate_id, sequence, event_type, event_version,
             payload, metadata, event_id, recorded_at)
         select number, 'product-request', $1, number, 'RequestSupported', '1.0',
             json_build_object('customer', gen_random_uuid()), '{}', gen_random_uuid(), now()
         from generate_series(2, 20001) number",
    )
    .bind(request.to_string())
    .execute(&hooks.pool)
    .await
    .unwrap();
    let process = Process::start(&topics, &hooks.url).await;
    topics.publish_log(&hooks.url, 0).await;
    let order = Uuid::now_v7();
    hooks
        .append(AggregateType::Order, order, "OrderConfirmed", "{}")
        .await;
    topics.publish_log(&hooks.url, 20_001).await;
    let published = std::time::Instant::now();
    let is_put = async || -> bool {
        sqlx::query_scalar("select exists (select from mails where reason = $1)")
            .bind(format!("order-confirmed:{order}"))
            .fetch_one(&hooks.pool)
            .await
            .unwrap()
    };
    while !is_put().await {
        assert!(published.elapsed().as_secs() < 5, "no mail of the order");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    process.stop().await;
}

#[tokio::test]
async fn the_groups_begin_where_the_one_group_of_earlier_releases_stood() {
    let hooks = Hooks::new().await;
    let topics = Topics::beside(&hooks).await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    topics.publish("order", "OrderPlaced", &event(1)).await;
    topics.publish("order", "OrderConfirmed", &event(2)).await;
    // They read one message of the partition, and stopped.
    topics.commit("notifications", "order", 1).await;
    inherit(&topics.kafka, Audience::Webhooks, &CancellationToken::new()).await;
    let mut first = topics.webhooks(&hooks);
    read(&mut first, 1).await;
    first.close().await;
    let told = hooks.delivery(&subscription).await;
    assert_eq!(told.event_type, "order.OrderConfirmed");
    // Only once: what the group did since then counts.
    inherit(&topics.kafka, Audience::Webhooks, &CancellationToken::new()).await;
    topics.publish("order", "OrderDelivered", &event(3)).await;
    read(&mut topics.webhooks(&hooks), 1).await;
    assert_eq!(hooks.deliveries(&subscription).await.len(), 2);
}

#[tokio::test]
async fn a_running_process_tells_subscribers_and_ends_when_it_is_told_to() {
    let database_url = database().await;
    let hooks_pool = crate::notifications::pool(&database_url, 2).unwrap();
    let topics = Topics::of(hooks_pool.clone()).await;
    let endpoint = Endpoint::open().await;
    let mut connection = hooks_pool.acquire().await.unwrap();
    let issued = subscriptions::create(&mut connection, &endpoint.url, &[])
        .await
        .unwrap();
    let process = Process::start(&topics, &database_url).await;
    topics.publish("order", "OrderPlaced", &event(1)).await;
    let received = endpoint.has_received(1).await;
    assert!(received[0].is_signed_with(&issued.secret));
    process.stop().await;
}
