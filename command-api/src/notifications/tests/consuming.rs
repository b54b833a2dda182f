//! From Kafka to a subscriber, on a real broker.

use std::borrow::Cow;
use std::sync::Arc;

use domain::{AggregateType, Metadata, RecordedEvent, cloud_event};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde_json::value::RawValue;
use sqlx::Executor;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::config::Kafka;
use crate::notifications::consumer::Consumer;
use crate::notifications::{READ, Settings};

/// Topics of its own.
struct Topics {
    kafka: Kafka,
    producer: FutureProducer,
}

impl Topics {
    async fn new() -> Self {
        let brokers = std::env::var("TEST_KAFKA_BROKERS")
            .expect("TEST_KAFKA_BROKERS names no Kafka: run the tests with ./dev test");
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &brokers).set("linger.ms", "0");
        let prefix = format!("test-{}", Uuid::now_v7().simple());
        let admin: AdminClient<DefaultClientContext> = config.create().unwrap();
        let names = READ.map(|topic| format!("{prefix}.{topic}"));
        let new = names
            .each_ref()
            .map(|name| NewTopic::new(name, 2, TopicReplication::Fixed(1)));
        let made = admin.create_topics(&new, &AdminOptions::new()).await.unwrap();
        assert!(made.iter().all(Result::is_ok), "{made:?}");
        Self {
            kafka: Kafka {
                kafka_brokers: brokers,
                topic_prefix: prefix,
            },
            producer: config.create().unwrap(),
        }
    }

    /// As the relay sends it.
    async fn publish(&self, topic: &str, event_type: &str, event: &RecordedEvent) {
        let headers = cloud_event::headers(event).into_iter().map(|(key, value)| {
            // What this release knows of orders and payments is not what this test is about.
            let value = match key {
                "ce_aggregatetype" => topic.to_owned(),
                "ce_type" => format!("commerce.{topic}.{event_type}"),
                _ => value,
            };
            (key, value)
        });
        self.send(topic, headers.collect(), event.payload.get()).await;
    }

    async fn send(&self, topic: &str, headers: Vec<(&str, String)>, payload: &str) {
        let topic = format!("{}.{topic}", self.kafka.topic_prefix);
        let headers = headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header {
                key,
                value: Some(value),
            })
        });
        let record = FutureRecord::to(&topic)
            .key("7")
            .payload(payload)
            .headers(headers);
        self.producer.send(record, PATIENCE).await.unwrap();
    }

    async fn consumer(&self, hooks: &Hooks) -> Consumer {
        let (deliveries, pool) = (hooks.deliveries.clone(), hooks.pool.clone());
        let followers = Followers::over(&hooks.url).await;
        Consumer::join(&self.kafka, deliveries, pool, followers, Arc::new(Notify::new())).unwrap()
    }
}

/// Reads until so many messages were read.
async fn read(consumer: &Consumer, messages: usize) {
    let reading = async {
        let mut read = 0;
        while read < messages {
            read += consumer.step().await;
        }
        assert_eq!(read, messages);
    };
    tokio::time::timeout(PATIENCE, reading)
        .await
        .expect("Kafka brings the messages");
}

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
    let (mut hooks, topics) = (Hooks::new().await, Topics::new().await);
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    let (placed, captured) = (event(41), event(42));
    topics.publish("order", "OrderPlaced", &placed).await;
    topics
        .send("order", vec![("ce_type", "nonsense".to_owned())], "{")
        .await;
    topics.publish("order", "OrderPlaced", &placed).await;
    topics.publish("payment", "PaymentCaptured", &captured).await;

    let consumer = topics.consumer(&hooks).await;
    read(&consumer, 4).await;
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
async fn whoever_comes_next_reads_on_behind_what_was_stored() {
    let (hooks, topics) = (Hooks::new().await, Topics::new().await);
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    topics.publish("order", "OrderPlaced", &event(1)).await;
    let first = topics.consumer(&hooks).await;
    read(&first, 1).await;
    tokio::task::spawn_blocking(|| drop(first)).await.unwrap();
    topics.publish("order", "OrderConfirmed", &event(2)).await;
    let second = topics.consumer(&hooks).await;
    read(&second, 1).await;
    assert_eq!(hooks.deliveries(&subscription).await.len(), 2);
}

#[tokio::test]
async fn a_database_that_is_away_is_waited_for_and_loses_no_event() {
    let (hooks, topics) = (Hooks::new().await, Topics::new().await);
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    topics.publish("order", "OrderPlaced", &event(1)).await;
    let consumer = topics.consumer(&hooks).await;
    read(&consumer, 1).await;
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
    tokio::join!(read(&consumer, 1), returning);
    assert_eq!(hooks.deliveries(&subscription).await.len(), 2);
}

#[tokio::test]
async fn what_was_recorded_before_the_log_remembers_is_told_to_nobody() {
    let (hooks, topics) = (Hooks::new().await, Topics::new().await);
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
    read(&topics.consumer(&hooks).await, 2).await;
    assert_eq!(hooks.deliveries(&subscription).await.len(), 1);
}

#[tokio::test]
async fn a_running_process_tells_subscribers_and_ends_when_it_is_told_to() {
    let topics = Topics::new().await;
    let database_url = database().await;
    let hooks_pool = crate::notifications::pool(&database_url, 1).unwrap();
    let endpoint = Endpoint::open().await;
    let mut connection = hooks_pool.acquire().await.unwrap();
    let issued = subscriptions::create(&mut connection, &endpoint.url, &[])
        .await
        .unwrap();
    let token = CancellationToken::new();
    let thread = crate::notifications::spawn(Settings {
        database_url: database_url.clone(),
        kafka: topics.kafka.clone(),
        reach: ANYWHERE,
        announced: Arc::new(Notify::new()),
        followers: Followers::over(&database_url).await,
        mails: None,
        token: token.clone(),
    })
    .unwrap();
    topics.publish("order", "OrderPlaced", &event(1)).await;
    let received = endpoint.has_received(1).await;
    assert!(received[0].is_signed_with(&issued.secret));
    token.cancel();
    let ended = tokio::task::spawn_blocking(move || thread.join());
    tokio::time::timeout(PATIENCE, ended)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}
