//! What is on Kafka: every message of a shop's topics, duplicates and all.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Headers;
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};

const TOPICS: [&str; 7] = [
    "cart",
    "product",
    "stock",
    "order",
    "payment",
    "discount-code",
    "product-request",
];
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub struct Message {
    pub id: String,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub sequence: i64,
    pub payload: String,
}

/// All messages, each partition in its order.
pub async fn read(brokers: &str, prefix: &str) -> Vec<Message> {
    let (brokers, prefix) = (brokers.to_owned(), prefix.to_owned());
    tokio::task::spawn_blocking(move || read_topics(&brokers, &prefix))
        .await
        .expect("reading does not panic")
}

fn read_topics(brokers: &str, prefix: &str) -> Vec<Message> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", format!("{prefix}-reader"))
        .set("enable.auto.commit", "false")
        .create()
        .expect("a consumer can be made");
    let (mut assignment, mut left) = (TopicPartitionList::new(), 0);
    for topic in TOPICS.map(|topic| format!("{prefix}.{topic}")) {
        let metadata = consumer
            .fetch_metadata(Some(&topic), ANSWER_LIMIT)
            .expect("Kafka answers");
        for partition in metadata.topics()[0].partitions() {
            let (low, end) = consumer
                .fetch_watermarks(&topic, partition.id(), ANSWER_LIMIT)
                .expect("Kafka answers");
            left += end - low;
            assignment
                .add_partition_offset(&topic, partition.id(), Offset::Beginning)
                .expect("an offset");
        }
    }
    consumer.assign(&assignment).expect("partitions can be read");
    let mut messages = vec![];
    while left > 0 {
        let message = consumer
            .poll(ANSWER_LIMIT)
            .expect("Kafka has more messages")
            .expect("Kafka answers");
        let header = |name: &str| {
            let headers = message.headers().expect("it has headers");
            let found = headers
                .iter()
                .find(|header| header.key == name)
                .and_then(|header| header.value);
            let value = found.unwrap_or_else(|| panic!("the header {name} is missing"));
            String::from_utf8(value.to_vec()).expect("headers are text")
        };
        messages.push(Message {
            id: header("ce_id"),
            aggregate_type: header("ce_aggregatetype"),
            aggregate_id: header("ce_subject"),
            sequence: header("ce_sequence").parse().expect("a number"),
            payload: String::from_utf8(message.payload().unwrap_or_default().to_vec()).expect("JSON is text"),
        });
        left -= 1;
    }
    messages
}

/// The consumer groups of a shop, each with its state and its number of members.
pub async fn groups(brokers: &str, prefix: &str) -> Vec<(String, String, usize)> {
    groups_if_told(brokers, prefix).await.expect("Kafka answers")
}

/// The same; none where Kafka does not answer just now.
pub async fn groups_if_told(brokers: &str, prefix: &str) -> Option<Vec<(String, String, usize)>> {
    let (brokers, prefix) = (brokers.to_owned(), prefix.to_owned());
    let list = move || {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .create()
            .expect("a consumer can be made");
        let groups = consumer.fetch_group_list(None, ANSWER_LIMIT).ok()?;
        let ours = groups
            .groups()
            .iter()
            .filter(|group| group.name().contains(&prefix));
        let described = ours.map(|group| {
            (
                group.name().to_owned(),
                group.state().to_owned(),
                group.members().len(),
            )
        });
        Some(described.collect())
    };
    tokio::task::spawn_blocking(list)
        .await
        .expect("asking does not panic")
}

/// Whether a group has committed all of a topic.
pub async fn has_read_all(brokers: &str, group: &str, topic: &str) -> bool {
    let (brokers, group, topic) = (brokers.to_owned(), group.to_owned(), topic.to_owned());
    let compare = move || {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("group.id", group)
            .create()
            .expect("a consumer can be made");
        let metadata = consumer
            .fetch_metadata(Some(&topic), ANSWER_LIMIT)
            .expect("Kafka answers");
        let mut partitions = TopicPartitionList::new();
        for partition in metadata.topics()[0].partitions() {
            partitions.add_partition(&topic, partition.id());
        }
        let committed = consumer
            .committed_offsets(partitions, ANSWER_LIMIT)
            .expect("Kafka answers");
        committed.elements().iter().all(|partition| {
            let (_, end) = consumer
                .fetch_watermarks(&topic, partition.partition(), ANSWER_LIMIT)
                .expect("Kafka answers");
            partition.offset() == Offset::Offset(end) || end == 0
        })
    };
    tokio::task::spawn_blocking(compare)
        .await
        .expect("asking does not panic")
}

pub async fn delete_topics(brokers: &str, prefix: &str) {
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .create()
        .expect("an admin client can be made");
    let names = TOPICS.map(|topic| format!("{prefix}.{topic}"));
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    admin
        .delete_topics(&names, &AdminOptions::new())
        .await
        .expect("topics can be deleted");
}
