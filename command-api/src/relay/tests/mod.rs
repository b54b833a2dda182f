//! The relay on a real PostgreSQL and a real Kafka.

mod foreign;
mod lag;
mod large;
mod leading;
mod proxy;
mod republished;
mod restored;
mod silent;
mod topics;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Headers;
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use sqlx::{Connection as _, Executor, PgConnection};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Patience, Settings, run};
use crate::command_loop::testing::database;
use crate::config::{Kafka, Migrate, OwnedDatabase};

/// Longer than anything takes that works.
const SOON: Duration = Duration::from_secs(30);
/// Short, since what is tested here is what happens after it.
const PATIENCE: Patience = Patience {
    postgres: Duration::from_secs(1),
    kafka: Duration::from_secs(2),
};

/// A log of its own, and its topics.
struct Log {
    url: String,
    kafka: Kafka,
}

/// A message of the topic of carts.
#[derive(Clone, Debug)]
struct Message {
    partition: i32,
    position: i64,
    is_reference: bool,
    bytes: usize,
    incarnation: Option<Uuid>,
    previous: Option<i64>,
}

impl Log {
    async fn new() -> Self {
        let log = Self::without_topics().await;
        crate::topics::prepare(&log.migrate()).await.unwrap();
        log
    }

    async fn without_topics() -> Self {
        let brokers = std::env::var("TEST_KAFKA_BROKERS")
            .expect("TEST_KAFKA_BROKERS names no Kafka: run the tests with ./dev test");
        Self {
            url: database().await,
            kafka: Kafka {
                kafka_brokers: brokers,
                topic_prefix: format!("relay_{}", Uuid::now_v7().simple()),
                group_instance_id: None,
            },
        }
    }

    fn migrate(&self) -> Migrate {
        Migrate {
            database: OwnedDatabase {
                migrations_database_url: Some(self.url.clone().into()),
                database_url: None,
            },
            dev: false,
            kafka: self.kafka.clone(),
            partitions: 2,
            replication: 1,
        }
    }

    fn topic(&self) -> String {
        format!("{}.cart", self.kafka.topic_prefix)
    }

    /// Stores an event of a cart whose payload has so many bytes, as an append of an earlier release would.
    async fn append(&self, cart: &str, bytes: usize) -> i64 {
        self.append_at(cart, bytes, "clock_timestamp()").await
    }

    async fn append_at(&self, cart: &str, bytes: usize, recorded_at: &str) -> i64 {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let payload = format!(r#"{{"text":"{}"}}"#, noise(bytes));
        // Earlier releases stored events of any size; today's log refuses them by this trigger.
        connection
            .execute("alter table events disable trigger events_are_small")
            .await
            .unwrap();
        let sql = format!(
            "insert into events
             select (select coalesce(max(global_position), 0) + 1 from events), 'cart', $1,
                    (select coalesce(max(sequence), 0) + 1 from events where aggregate_id = $1), 'CartCleared', '1.0',
                    $2::json, '{{}}', gen_random_uuid(), {recorded_at}
             returning global_position"
        );
        let position = sqlx::query_scalar(&sql)
            .bind(cart)
            .bind(payload)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        connection.execute("notify appended").await.unwrap();
        position
    }

    fn settings(&self) -> Settings {
        Settings {
            database_url: self.url.clone(),
            kafka: self.kafka.clone(),
            appended: Arc::default(),
            leads: Arc::default(),
            readiness: None,
            patience: PATIENCE,
            token: CancellationToken::new(),
        }
    }

    /// Waits until these positions are in the topic of carts, and gives all its messages.
    async fn published(&self, positions: &[i64]) -> Vec<Message> {
        until(&format!("{positions:?} are published"), async || {
            let messages = self.messages().await;
            let is_there = |position| messages.iter().any(|message| message.position == position);
            positions
                .iter()
                .all(|position| is_there(*position))
                .then_some(messages)
        })
        .await
    }

    async fn messages(&self) -> Vec<Message> {
        let (brokers, topic) = (self.kafka.kafka_brokers.clone(), self.topic());
        tokio::task::spawn_blocking(move || read(&brokers, &topic))
            .await
            .unwrap()
    }
}

/// A relay under way. It ends when this is dropped.
struct Running {
    token: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start(settings: Settings) -> Self {
        Self {
            token: settings.token.clone(),
            task: tokio::spawn(run(settings)),
        }
    }
}

impl Running {
    /// Waits until it has ended, and its lock is free.
    async fn stop(mut self) {
        self.token.cancel();
        (&mut self.task).await.unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.token.cancel();
        self.task.abort();
    }
}

/// Text that does not compress, as JSON takes it.
fn noise(bytes: usize) -> String {
    std::iter::repeat_with(fastrand::alphanumeric)
        .take(bytes)
        .collect()
}

/// A partition that was made a moment ago may have no leader yet.
fn watermarks(consumer: &BaseConsumer, topic: &str, partition: i32) -> (i64, i64) {
    let began = Instant::now();
    loop {
        match consumer.fetch_watermarks(topic, partition, SOON) {
            Ok(found) => return found,
            Err(error) => assert!(began.elapsed() < SOON, "{topic} {partition}: {error}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn read(brokers: &str, topic: &str) -> Vec<Message> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", format!("{topic}-reader"))
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    let (mut assignment, mut unread) = (TopicPartitionList::new(), HashMap::new());
    for partition in consumer.fetch_metadata(Some(topic), SOON).unwrap().topics()[0].partitions() {
        let (low, end) = watermarks(&consumer, topic, partition.id());
        if low < end {
            unread.insert(partition.id(), end);
        }
        assignment
            .add_partition_offset(topic, partition.id(), Offset::Beginning)
            .unwrap();
    }
    consumer.assign(&assignment).unwrap();
    let (mut messages, began) = (vec![], Instant::now());
    // Not by their number: the marker of a transaction has an offset, too, and is shown to nobody.
    while !unread.is_empty() {
        assert!(began.elapsed() < SOON, "Kafka has more messages: {unread:?}");
        for element in consumer.position().unwrap().elements() {
            let end = unread.get(&element.partition());
            if matches!((element.offset(), end), (Offset::Offset(at), Some(end)) if at >= *end) {
                unread.remove(&element.partition());
            }
        }
        let Some(message) = consumer.poll(Duration::from_millis(20)) else {
            continue;
        };
        let message = message.unwrap();
        let header = |name: &str| {
            let found = message
                .headers()
                .unwrap()
                .iter()
                .find(|header| header.key == name)?;
            Some(str::from_utf8(found.value?).unwrap().to_owned())
        };
        messages.push(Message {
            partition: message.partition(),
            position: header("ce_position").unwrap().parse().unwrap(),
            is_reference: header("ce_dataref").is_some(),
            incarnation: header("ce_incarnation").map(|id| id.parse().unwrap()),
            previous: header("ce_previousposition").map(|at| at.parse().unwrap()),
            bytes: message.payload_len(),
        });
    }
    messages
}

/// The first arrivals of every partition come in the log's order.
fn are_in_order(messages: &[Message]) -> bool {
    [0, 1].into_iter().all(|partition| {
        let mut seen = vec![];
        for message in messages.iter().filter(|message| message.partition == partition) {
            if !seen.contains(&message.position) {
                seen.push(message.position);
            }
        }
        seen.is_sorted()
    })
}

async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let found = tokio::time::timeout(SOON, looking).await;
    found.unwrap_or_else(|_| panic!("not in {SOON:?}: {what}"))
}
