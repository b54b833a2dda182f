//! Kafka as the projectors use it: topics, partitions, offsets, and how groups are joined.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use consumer_group::{Begin, Settings};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::MetadataTopic;
use read_model::View;

pub use domain::partitioner::partition_of;

const METADATA_TIMEOUT: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_millis(50);

#[derive(Clone, Debug)]
pub struct Kafka {
    brokers: String,
    pub topic_prefix: String,
    /// As what this process is known to its groups, see [`Settings::instance`].
    instance: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    #[error("Kafka does not answer: {0}")]
    Kafka(#[from] KafkaError),
    #[error("there is no topic {0}; `command-api migrate` creates it")]
    Missing(String),
    #[error("asking Kafka was interrupted")]
    Interrupted,
}

/// The partitions of some topics, with an offset for each.
pub type Offsets = BTreeMap<(String, i32), Bounds>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Of the oldest message.
    pub low: i64,
    /// Of the next message to be written.
    pub end: i64,
}

impl Kafka {
    pub fn new(brokers: &str, topic_prefix: &str) -> Self {
        Self {
            brokers: brokers.to_owned(),
            topic_prefix: topic_prefix.to_owned(),
            instance: None,
        }
    }

    /// The same, as a static member of its groups.
    #[must_use]
    pub fn instance(self, instance: Option<String>) -> Self {
        Self { instance, ..self }
    }

    pub fn topics(&self, view: View) -> Vec<String> {
        view.topics().iter().map(|topic| self.topic(topic)).collect()
    }

    pub fn topic(&self, name: &str) -> String {
        format!("{}.{name}", self.topic_prefix)
    }

    /// What any client needs.
    pub fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("socket.nagle.disable", "true");
        config
    }

    /// How a group is joined whose checkpoints are in our own stores.
    pub fn group(&self, name: &str, group: String, topics: Vec<String>) -> Settings {
        Settings::new(&self.brokers, name, group, topics, Begin::AtCheckpoint).instance(self.instance.clone())
    }

    /// The oldest and the next offset of every partition of `topics`.
    pub async fn bounds(&self, topics: Vec<String>) -> Result<Offsets, TopicError> {
        let config = self.client();
        let asked = tokio::task::spawn_blocking(move || bounds(&config, &topics)).await;
        asked.map_err(|_| TopicError::Interrupted)?
    }
}

fn bounds(config: &ClientConfig, topics: &[String]) -> Result<Offsets, TopicError> {
    let client: BaseConsumer = config.create()?;
    let deadline = Instant::now() + METADATA_TIMEOUT;
    let mut offsets = Offsets::new();
    for topic in topics {
        let metadata = client.fetch_metadata(Some(topic), METADATA_TIMEOUT)?;
        let found = metadata.topics().iter().find(|found| found.name() == topic);
        let partitions = found.map(MetadataTopic::partitions).unwrap_or_default();
        if partitions.is_empty() {
            return Err(TopicError::Missing(topic.clone()));
        }
        for partition in partitions {
            let (low, end) = loop {
                match client.fetch_watermarks(topic, partition.id(), METADATA_TIMEOUT) {
                    Err(error) if is_passing(&error) && Instant::now() < deadline => {
                        std::thread::sleep(AGAIN);
                    }
                    asked => break asked?,
                }
            };
            offsets.insert((topic.clone(), partition.id()), Bounds { low, end });
        }
    }
    Ok(offsets)
}

/// A partition that has just been made, or moves to another broker, has no leader for a moment.
fn is_passing(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{LeaderNotAvailable, NotLeaderForPartition, UnknownTopicOrPartition};
    let code = error.rdkafka_error_code();
    matches!(
        code,
        Some(NotLeaderForPartition | LeaderNotAvailable | UnknownTopicOrPartition)
    )
}
