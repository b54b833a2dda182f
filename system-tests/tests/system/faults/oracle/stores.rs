//! Reading the three stores. What was read before is not read again: only the log's and Kafka's ends, and the documents.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{BorrowedMessage, Headers as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use redis::aio::MultiplexedConnection;
use sqlx::PgConnection;
use tokio::time::{Instant, sleep};

use super::{Document, Event, Message, Seen};

const TOPICS: [&str; 7] = [
    "cart",
    "order",
    "payment",
    "product",
    "stock",
    "discount-code",
    "product-request",
];
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Where Kafka and Redis are; PostgreSQL is a connection of whoever looks.
#[derive(Clone, Debug)]
pub struct Stores {
    pub brokers: String,
    pub topic_prefix: String,
    pub redis_url: String,
    pub redis_prefix: String,
    /// How long Kafka and the views may take to have what the log had when the look began.
    pub patience: Duration,
}

impl Stores {
    /// Adds everything that is new since `seen` was read the last time. Whoever takes too long to follow the log is simply
    /// seen as late.
    pub async fn read(&self, postgres: &mut PgConnection, seen: &mut Seen) {
        read_log(postgres, seen).await;
        seen.head = seen.events.last().map_or(0, |event| event.position);
        let until = Instant::now() + self.patience;
        loop {
            self.read_kafka(seen).await;
            self.read_views(seen).await;
            // What followed may be ahead of what was read first.
            read_log(postgres, seen).await;
            // It may hold, or not be going to.
            if Instant::now() > until || !is_late(seen) {
                break;
            }
            sleep(BETWEEN_LOOKS).await;
        }
        // The gateway may be ahead of the log, and never behind it.
        read_charges(postgres, seen).await;
    }

    async fn read_kafka(&self, seen: &mut Seen) {
        let mut next: BTreeMap<(String, i32), i64> = BTreeMap::new();
        for message in &seen.messages {
            next.insert((message.topic.clone(), message.partition), message.offset + 1);
        }
        let stores = self.clone();
        let read = tokio::task::spawn_blocking(move || stores.read_topics(&next));
        seen.messages.extend(read.await.expect("reading does not panic"));
    }

    fn read_topics(&self, next: &BTreeMap<(String, i32), i64>) -> Vec<Message> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &self.brokers)
            .set("group.id", "oracle")
            .set("enable.auto.commit", "false")
            .set("fetch.message.max.bytes", "4000000")
            .create()
            .expect("a consumer can be made");
        let (mut assignment, mut ends) = (TopicPartitionList::new(), BTreeMap::new());
        for topic in TOPICS.map(|topic| format!("{}.{topic}", self.topic_prefix)) {
            let metadata = consumer
                .fetch_metadata(Some(&topic), ANSWER_LIMIT)
                .expect("Kafka answers");
            for partition in metadata.topics()[0].partitions() {
                let (low, end) = consumer
                    .fetch_watermarks(&topic, partition.id(), ANSWER_LIMIT)
                    .expect("Kafka answers");
                let read = next.get(&(topic.clone(), partition.id())).copied().unwrap_or(low);
                // A topic that was made anew begins anew.
                let from = if read > end { low } else { read.max(low) };
                if from < end {
                    ends.insert((topic.clone(), partition.id()), end);
                    assignment
                        .add_partition_offset(&topic, partition.id(), Offset::Offset(from))
                        .expect("an offset");
                }
            }
        }
        consumer.assign(&assignment).expect("partitions can be read");
        let mut messages = vec![];
        while !ends.is_empty() {
            let message = consumer
                .poll(ANSWER_LIMIT)
                .expect("Kafka has more messages")
                .expect("Kafka answers");
            let of = (message.topic().to_owned(), message.partition());
            if ends.get(&of).is_some_and(|end| message.offset() + 1 >= *end) {
                ends.remove(&of);
            }
            messages.push(parsed(&message));
        }
        messages
    }

    async fn read_views(&self, seen: &mut Seen) {
        let client = redis::Client::open(self.redis_url.as_str()).expect("an address of Redis");
        let mut redis = client
            .get_multiplexed_async_connection()
            .await
            .expect("Redis answers");
        seen.carts = self.documents(&mut redis, "carts").await;
        seen.orders = self.documents(&mut redis, "orders").await;
        seen.products = self.documents(&mut redis, "products").await;
    }

    /// The documents of the generation that readers use, by id.
    async fn documents(&self, redis: &mut MultiplexedConnection, view: &str) -> BTreeMap<String, Document> {
        let pointer = format!("{}view:{view}:generation", self.redis_prefix);
        let pointer: Option<String> = redis::cmd("GET")
            .arg(pointer)
            .query_async(redis)
            .await
            .expect("Redis answers");
        let Some(pointer) = pointer.and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
        else {
            return BTreeMap::new();
        };
        // Some of it is in braces: what shares a slot in a cluster.
        let generation = &pointer["generation"];
        let pattern = format!("{}*view:{view}:{generation}*:doc:*", self.redis_prefix);
        let keys = scan(redis, &pattern).await;
        let mut pipeline = redis::pipe();
        for key in &keys {
            pipeline.cmd("HGETALL").arg(key);
        }
        let hashes: Vec<BTreeMap<String, String>> = if keys.is_empty() {
            vec![]
        } else {
            pipeline.query_async(redis).await.expect("Redis answers")
        };
        let ids = keys.iter().filter_map(|key| {
            let (_, id) = key.rsplit_once(":doc:")?;
            Some(id.trim_matches(['{', '}']).to_owned())
        });
        ids.zip(hashes)
            .filter_map(|(id, fields)| {
                // A product whose stock came before itself has no body yet.
                let body = serde_json::from_str(fields.get("body")?).ok()?;
                Some((id, Document { body, fields }))
            })
            .collect()
    }

    /// The Redis key of a cart's document.
    pub async fn key_of_cart(&self, redis: &mut MultiplexedConnection, id: &str) -> String {
        let keys = scan(redis, &format!("{}view:carts:*:doc:{{{id}}}", self.redis_prefix)).await;
        keys.into_iter().next().expect("the cart has a document")
    }
}

async fn scan(redis: &mut MultiplexedConnection, pattern: &str) -> Vec<String> {
    let (mut found, mut cursor) = (BTreeSet::new(), 0_u64);
    loop {
        let scan = redis::cmd("SCAN")
            .arg(cursor)
            .arg("MATCH")
            .arg(pattern)
            .arg("COUNT")
            .arg(5_000)
            .to_owned();
        let (next, keys): (u64, Vec<String>) = scan.query_async(redis).await.expect("Redis answers");
        found.extend(keys);
        cursor = next;
        if cursor == 0 {
            return found.into_iter().collect();
        }
    }
}

async fn read_log(postgres: &mut PgConnection, seen: &mut Seen) {
    type Row = (i64, String, String, i64, String, String, String, Option<String>);
    let from = seen.events.last().map_or(0, |event| event.position);
    let rows: Vec<Row> = sqlx::query_as(
        "select global_position, aggregate_type, aggregate_id, sequence, event_type, event_id::text, payload::text,
                metadata ->> 'correlation_id'
         from events where global_position > $1 order by global_position",
    )
    .bind(from)
    .fetch_all(postgres)
    .await
    .expect("the log can be read");
    seen.events.extend(rows.into_iter().map(|row| {
        let (position, aggregate_type, aggregate_id, sequence, kind, id, text, correlation) = row;
        Event {
            payload: serde_json::from_str(&text).expect("a payload is JSON"),
            correlation: correlation.unwrap_or_default().replace('-', ""),
            position,
            aggregate_type,
            aggregate_id,
            sequence,
            kind,
            id,
            text,
        }
    }));
}

async fn read_charges(postgres: &mut PgConnection, seen: &mut Seen) {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select payment::text, sum(captured)::bigint from sandbox_gateway.intents where payment is not null group by 1",
    )
    .fetch_all(postgres)
    .await
    .expect("the sandbox's books can be read");
    seen.charges = rows.into_iter().collect();
}

/// Whether Kafka or a view has not reached what the log had.
fn is_late(seen: &Seen) -> bool {
    let mut late = vec![];
    super::kafka::equals_the_log(seen, &mut late);
    super::views::carts(seen, &mut late);
    super::views::orders(seen, &mut late);
    super::views::products(seen, &mut late);
    !late.is_empty()
}

fn parsed(message: &BorrowedMessage<'_>) -> Message {
    let header = |name: &str| {
        let headers = message.headers()?;
        let found = headers.iter().find(|header| header.key == name)?.value?;
        String::from_utf8(found.to_vec()).ok()
    };
    Message {
        topic: message.topic().to_owned(),
        partition: message.partition(),
        offset: message.offset(),
        id: header("ce_id"),
        aggregate_type: header("ce_aggregatetype").unwrap_or_default(),
        aggregate_id: header("ce_subject").unwrap_or_default(),
        sequence: header("ce_sequence")
            .and_then(|text| text.parse().ok())
            .unwrap_or_default(),
        text: String::from_utf8_lossy(message.payload().unwrap_or_default()).into_owned(),
    }
}
