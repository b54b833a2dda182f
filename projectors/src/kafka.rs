//! Kafka as the projectors use it: topics, partitions, offsets, and the settings of a consumer.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::MetadataTopic;
use read_model::View;

const METADATA_TIMEOUT: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_millis(50);

#[derive(Clone, Debug)]
pub struct Kafka {
    brokers: String,
    pub topic_prefix: String,
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
        }
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

    /// A member of a consumer group that decides for itself where it begins and when it has finished.
    pub fn group_member(&self, group: &str) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", group)
            .set("client.id", group)
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", "10000")
            .set("heartbeat.interval.ms", "1000")
            // Offsets in Redis decide. Kafka is told a few times a second, so that lag tools are right.
            .set("enable.auto.offset.store", "false")
            .set("enable.auto.commit", "true")
            .set("auto.commit.interval.ms", "250")
            // An offset that Kafka does not have any more means a rebuild, never a silent jump.
            .set("auto.offset.reset", "error")
            .set("fetch.error.backoff.ms", "100")
            .set("fetch.queue.backoff.ms", "5")
            .set("queued.min.messages", "10000")
            .set("queued.max.messages.kbytes", "16384")
            .set("reconnect.backoff.max.ms", "1000")
            .set("topic.metadata.refresh.interval.ms", "30000")
            .set("statistics.interval.ms", "1000");
        config
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

/// The partition in which the relay's partitioner (`murmur2_random`, that of Kafka's own clients) puts a key.
pub fn partition_of(key: &str, partitions: usize) -> i32 {
    let positive = murmur2(key.as_bytes()) & 0x7fff_ffff;
    let partitions = u32::try_from(partitions.max(1)).unwrap_or(u32::MAX);
    i32::try_from(positive % partitions).unwrap_or(0)
}

fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    const SEED: u32 = 0x9747_b28c;
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut hash = SEED ^ length;
    let mut words = data.chunks_exact(4);
    for word in &mut words {
        let mut k = u32::from_le_bytes([word[0], word[1], word[2], word[3]]).wrapping_mul(M);
        k = (k ^ (k >> 24)).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    let rest = words.remainder();
    for (at, byte) in rest.iter().enumerate() {
        hash ^= u32::from(*byte) << (8 * at);
    }
    if !rest.is_empty() {
        hash = hash.wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_hash_as_in_kafkas_own_client() {
        // From `UtilsTest.testMurmur2` of Apache Kafka.
        for (key, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(
                murmur2(key.as_bytes()),
                u32::from_ne_bytes(i32::to_ne_bytes(hash)),
                "{key}"
            );
        }
    }
}
