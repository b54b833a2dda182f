//! Topics of a test on a real broker, and a log whose events a test writes as it likes.

use database::Pool;
use std::sync::Arc;

use domain::{AggregateType, RecordedEvent, cloud_event};
use event_store::Reader;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::Notify;

use super::*;
use crate::config::Kafka;
use crate::notifications::audience::Audience;
use crate::notifications::consumer::Consumer;
use crate::notifications::customers::Customers;
use crate::notifications::parking::Parking;
use crate::notifications::subscribers::Subscribers;
use crate::notifications::telling::Teller;

/// The topics that are read, without their prefix.
const READ: [&str; 5] = ["order", "payment", "product-request", "product", "stock"];

/// Topics of its own.
pub struct Topics {
    pub kafka: Kafka,
    producer: FutureProducer,
    log: Pool,
}

impl Topics {
    pub async fn beside(hooks: &Hooks) -> Self {
        Self::of(hooks.pool.clone()).await
    }

    /// For the events of a log.
    pub async fn of(log: Pool) -> Self {
        let brokers = std::env::var("TEST_KAFKA_BROKERS")
            .expect("TEST_KAFKA_BROKERS names no Kafka: run the tests with ./dev test");
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &brokers)
            .set("linger.ms", "2")
            .set("partitioner", "murmur2_random");
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
                group_instance_id: None,
            },
            producer: config.create().unwrap(),
            log,
        }
    }

    /// As the relay sends it, under another type, after it was stored.
    pub async fn publish(&self, topic: &str, event_type: &str, event: &RecordedEvent) {
        self.store(event).await;
        self.publish_unstored(topic, event_type, event).await;
    }

    /// The log has the event, at its position.
    pub async fn store(&self, event: &RecordedEvent) {
        sqlx::query(
            "insert into events (global_position, aggregate_type, aggregate_id, sequence, event_type, event_version,
                 payload, metadata, event_id, recorded_at)
             values ($1, $2, $3, $4, $5, '1.0', $6::json, '{}', $7, now()) on conflict do nothing",
        )
        .bind(event.position)
        .bind(event.aggregate_type.as_str())
        .bind(&event.aggregate_id)
        .bind(event.sequence)
        .bind(&*event.event_type)
        .bind(event.payload.get())
        .bind(event.event_id)
        .execute(&self.log)
        .await
        .unwrap();
    }

    /// The same of an event that the log does not have.
    pub async fn publish_unstored(&self, topic: &str, event_type: &str, event: &RecordedEvent) {
        let headers = cloud_event::headers(event).into_iter().map(|(key, value)| {
            // What this release knows of orders and payments is not what this test is about.
            let value = match key {
                "ce_aggregatetype" => topic.to_owned(),
                "ce_type" => format!("commerce.{topic}.{event_type}"),
                _ => value,
            };
            (key, value)
        });
        self.send(topic, "7", headers.collect(), event.payload.get())
            .await;
    }

    pub async fn send(&self, topic: &str, key: &str, headers: Vec<(&str, String)>, payload: &str) {
        let topic = format!("{}.{topic}", self.kafka.topic_prefix);
        let headers = headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header {
                key,
                value: Some(value),
            })
        });
        let record = FutureRecord::to(&topic)
            .key(key)
            .payload(payload)
            .headers(headers);
        self.producer.send(record, PATIENCE).await.unwrap();
    }

    /// Everything that is in the log past `position`, as the relay sends it. How many events those are.
    pub async fn publish_log(&self, url: &str, position: i64) -> usize {
        let events = Reader::connect(url)
            .await
            .unwrap()
            .read_all(position, 100_000)
            .await
            .unwrap();
        let sent = events.iter().map(|event| {
            let (topic, headers) = (event.aggregate_type.topic(), cloud_event::headers(event));
            self.send(topic, &event.aggregate_id, headers, event.payload.get())
        });
        futures::future::join_all(sent).await;
        events.len()
    }

    /// As a group that has read so much of a topic's partition in which the tests' key is, and stopped.
    pub async fn commit(&self, group: &str, topic: &str, offset: i64) {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.kafka.kafka_brokers)
            .set("group.id", format!("{}.{group}", self.kafka.topic_prefix));
        let topic = format!("{}.{topic}", self.kafka.topic_prefix);
        let committing = move || {
            let consumer: BaseConsumer = config.create().unwrap();
            let mut list = TopicPartitionList::new();
            for partition in 0..2 {
                let end = end_of(&consumer, &topic, partition);
                let offset = Offset::Offset(offset.min(end));
                list.add_partition_offset(&topic, partition, offset).unwrap();
            }
            consumer.commit(&list, CommitMode::Sync).unwrap();
        };
        tokio::task::spawn_blocking(committing).await.unwrap();
    }

    pub fn webhooks(&self, hooks: &Hooks) -> Consumer<Subscribers> {
        let subscribers = Subscribers {
            deliveries: hooks.deliveries.clone(),
            announced: Arc::new(Notify::new()),
        };
        self.consumer(hooks, Audience::Webhooks, subscribers)
    }

    pub fn mails(&self, hooks: &Hooks) -> Consumer<Customers> {
        let pool = hooks.pool.clone();
        self.consumer(hooks, Audience::Mails, Customers { pool })
    }

    pub fn consumer<T: Teller>(&self, hooks: &Hooks, audience: Audience, teller: T) -> Consumer<T> {
        Consumer::join(&self.kafka, teller, hooks.parking(audience)).unwrap()
    }
}

impl Hooks {
    pub fn parking(&self, audience: Audience) -> Parking {
        Parking::new(self.pool.clone(), audience)
    }

    pub async fn account(&self) -> Uuid {
        let id = Uuid::now_v7();
        let email = format!("{}@example.org", id.simple());
        sqlx::query(
            "insert into accounts (id, email, email_key, password_hash, roles, email_confirmed_at)
             values ($1, $2, $2, '', '{}', now())",
        )
        .bind(id)
        .bind(email)
        .execute(&self.pool)
        .await
        .unwrap();
        id
    }

    pub async fn submit(&self, request: Uuid, kind: &str, sku: Option<&str>) -> Uuid {
        let (customer, text) = (self.account().await, Uuid::now_v7());
        let sku = sku.map_or("null".to_owned(), |sku| format!("{sku:?}"));
        let submitted = format!(
            r#"{{"kind":"{kind}","customer":"{customer}","text":"{text}","sku":{sku},"quantity":null}}"#
        );
        self.append(
            AggregateType::ProductRequest,
            request,
            "RequestSubmitted",
            &submitted,
        )
        .await;
        customer
    }

    /// Writes an event into the log, past every door.
    pub async fn append(&self, kind: AggregateType, id: impl ToString, event_type: &str, payload: &str) {
        append(&self.pool, kind, &id.to_string(), event_type, payload).await;
    }
}

pub async fn append(pool: &Pool, kind: AggregateType, id: &str, event_type: &str, payload: &str) {
    sqlx::query(
        "insert into events (global_position, aggregate_type, aggregate_id, sequence, event_type, event_version,
             payload, metadata, event_id, recorded_at)
         select (select coalesce(max(global_position), 0) + 1 from events), $1, $2,
             (select coalesce(max(sequence), 0) + 1 from events where aggregate_id = $2 and aggregate_type = $1),
             $3, '1.0', $4::json, '{}', $5, now()",
    )
    .bind(kind.as_str())
    .bind(id)
    .bind(event_type)
    .bind(payload)
    .bind(Uuid::now_v7())
    .execute(pool)
    .await
    .unwrap();
}

/// Reads until so many messages were read.
pub async fn read<T: Teller>(consumer: &mut Consumer<T>, messages: usize) {
    let reading = async {
        let mut read = 0;
        while read < messages {
            read += consumer.step().await;
        }
        assert_eq!(read, messages);
    };
    tokio::time::timeout(PATIENCE, reading)
        .await
        .expect("Kafka brings the messages, and they can be told");
}

/// Of a partition whose leader may not be known everywhere yet: a topic is made before it is led.
fn end_of(consumer: &BaseConsumer, topic: &str, partition: i32) -> i64 {
    let until = std::time::Instant::now() + PATIENCE;
    loop {
        match consumer.fetch_watermarks(topic, partition, PATIENCE) {
            Ok((_, end)) => return end,
            Err(error) if std::time::Instant::now() > until => panic!("{topic} is not led: {error}"),
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(50)),
        }
    }
}
