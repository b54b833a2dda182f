//! A release that reads in several groups begins where the one group of the releases before it stood.
//!
//! Without this nothing would be told twice either, but everything that Kafka has would be read again first.

use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::metadata::MetadataTopic;
use rdkafka::{Offset, TopicPartitionList};
use tokio_util::sync::CancellationToken;

use super::audience::{self, Audience};
use crate::config::Kafka;

/// The group of those releases, without its prefix.
const BEFORE: &str = "notifications";
/// Of one question to Kafka.
const LIMIT: Duration = Duration::from_secs(5);
/// How often Kafka is asked before the group begins with what is oldest.
const TRIES: u32 = 12;
const PAUSE: Duration = Duration::from_secs(1);

/// Copies checkpoints to the group of `audience`, for partitions of which it has none.
pub async fn inherit(kafka: &Kafka, audience: Audience, token: &CancellationToken) {
    for _ in 0..TRIES {
        let asked = kafka.clone();
        let copied = tokio::task::spawn_blocking(move || copy(&asked, audience)).await;
        match copied {
            Ok(Ok(0)) => return,
            Ok(Ok(partitions)) => {
                let consumer = audience.as_str();
                tracing::info!(
                    consumer,
                    partitions,
                    "the group begins where the one before it stood"
                );
                return;
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, consumer = audience.as_str(), "Kafka does not say where the group begins");
            }
            Err(error) => {
                tracing::error!(%error, consumer = audience.as_str(), "nobody knows where the group begins");
                return;
            }
        }
        tokio::select! {
            () = token.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Returns for how many partitions.
fn copy(kafka: &Kafka, audience: Audience) -> KafkaResult<usize> {
    let settings = audience::settings(kafka, audience);
    let old = client(kafka, &format!("{}.{BEFORE}", kafka.topic_prefix))?;
    let new = client(kafka, &settings.group)?;
    let mut partitions = TopicPartitionList::new();
    for topic in &settings.topics {
        let metadata = old.fetch_metadata(Some(topic), LIMIT)?;
        let found = metadata.topics().iter().find(|found| found.name() == topic);
        for partition in found.map(MetadataTopic::partitions).unwrap_or_default() {
            partitions.add_partition(topic, partition.id());
        }
    }
    let before = old.committed_offsets(partitions.clone(), LIMIT)?;
    let now = new.committed_offsets(partitions, LIMIT)?;
    let mut missing = TopicPartitionList::new();
    for element in before.elements() {
        let (topic, partition, offset) = (element.topic(), element.partition(), element.offset());
        let is_known = now
            .find_partition(topic, partition)
            .is_some_and(|known| matches!(known.offset(), Offset::Offset(_)));
        if matches!(offset, Offset::Offset(_)) && !is_known {
            missing.add_partition_offset(topic, partition, offset)?;
        }
    }
    if missing.count() > 0 {
        // Refused where another process is in the group by now, which did the same before it joined.
        new.commit(&missing, CommitMode::Sync)?;
    }
    Ok(missing.count())
}

fn client(kafka: &Kafka, group: &str) -> KafkaResult<BaseConsumer> {
    ClientConfig::new()
        .set("bootstrap.servers", &kafka.kafka_brokers)
        .set("group.id", group)
        .set("client.id", group)
        .set("enable.auto.commit", "false")
        .create()
}
