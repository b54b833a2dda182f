//! One member of a group. It gets partitions, is told where each begins, gives messages, stores how far they were applied.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::stream_consumer::StreamPartitionQueue;
use rdkafka::consumer::{Consumer, RebalanceProtocol, StreamConsumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use rdkafka::{Offset, TopicPartitionList};

use crate::TopicPartition;
use crate::client::Settings;
use crate::closing::Held;
use crate::membership::Membership;

/// How long whoever stops waits for a consumer to commit and to leave its group.
pub const CLOSE_LIMIT: Duration = Duration::from_secs(3);

#[derive(Clone)]
pub struct Member {
    name: String,
    held: Arc<Held<StreamConsumer<Membership>>>,
}

impl Member {
    /// Does not wait for Kafka.
    pub(crate) fn join(settings: &Settings) -> KafkaResult<Self> {
        let membership = Membership::new(settings.name.clone());
        let consumer: StreamConsumer<Membership> = settings.member().create_with_context(membership)?;
        let topics: Vec<&str> = settings.topics.iter().map(String::as_str).collect();
        consumer.subscribe(&topics)?;
        Ok(Self {
            name: settings.name.clone(),
            held: Arc::new(Held::new(&settings.name, consumer)),
        })
    }

    fn consumer(&self) -> &Arc<StreamConsumer<Membership>> {
        self.held.consumer()
    }

    pub fn membership(&self) -> &Arc<Membership> {
        self.consumer().context()
    }

    /// Waits for partitions that are to be begun with [`Member::begin`]. Safe to drop while it waits; [`Member::recv`] has to be asked
    /// at the same time, since that is what makes librdkafka call back.
    pub async fn assigned(&self) -> Vec<TopicPartition> {
        self.membership().assigned().await
    }

    /// Begins partitions, those of them that were not revoked meanwhile. Must be called for whatever [`Member::assigned`] gave, also
    /// where that was empty: the group waits for it.
    pub fn begin(&self, partitions: &[(TopicPartition, Offset)]) -> KafkaResult<()> {
        let mut assignment = TopicPartitionList::new();
        for ((topic, partition), offset) in partitions {
            if self.membership().owned(topic, *partition).is_some() {
                assignment.add_partition_offset(topic, *partition, *offset)?;
            }
        }
        self.membership().begun();
        match self.consumer().rebalance_protocol() {
            RebalanceProtocol::Cooperative => self.consumer().incremental_assign(&assignment),
            RebalanceProtocol::Eager | RebalanceProtocol::None => self.consumer().assign(&assignment),
        }
    }

    /// The messages of one partition, apart from the others. To be asked for before the partition is begun.
    pub fn queue(&self, topic: &str, partition: i32) -> Option<StreamPartitionQueue<Membership>> {
        self.consumer().split_partition_queue(topic, partition)
    }

    /// The next message of partitions without a queue of their own. Safe to drop while it waits.
    pub async fn recv(&self) -> KafkaResult<BorrowedMessage<'_>> {
        self.consumer().recv().await
    }

    /// Goes back to an offset.
    pub fn seek(&self, topic: &str, partition: i32, offset: i64) -> KafkaResult<()> {
        self.consumer()
            .seek(topic, partition, Offset::Offset(offset), Duration::ZERO)
    }

    /// Tells Kafka how far a partition was applied: the offset of the next message. Committed in the background.
    pub fn store(&self, topic: &str, partition: i32, next: i64) {
        let mut applied = TopicPartitionList::new();
        let stored = applied
            .add_partition_offset(topic, partition, Offset::Offset(next))
            .and_then(|()| self.consumer().store_offsets(&applied));
        if let Err(error) = stored {
            // The partition is somebody else's by now.
            tracing::debug!(consumer = self.name, topic, partition, %error, "an offset was not stored");
        }
    }

    /// Commits, leaves the group and lets go, on a thread of its own, as soon as its clones and queues are dropped. Returns after
    /// `limit` at the latest. A member that is merely dropped does the same, and nobody waits for it.
    pub async fn close(self, limit: Duration) {
        self.membership().close();
        let end = self.held.end();
        let name = self.name.clone();
        drop(self);
        if tokio::time::timeout(limit, end).await.is_err() {
            tracing::warn!(
                consumer = name,
                "Kafka does not answer: a consumer is left to close by itself"
            );
        }
    }
}

/// Whether Kafka does not have the messages any more that come next.
pub fn is_offset_lost(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange)
    )
}

/// Whether librdkafka refuses to go on with this member: another process took its place.
pub fn is_fatal(error: &KafkaError) -> bool {
    matches!(error, KafkaError::MessageConsumptionFatal(_))
}
