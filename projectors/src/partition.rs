//! The task of one partition: takes what is there, has it applied, begins anew from the record when that fails.
//!
//! Spawned by [`crate::consumer`] when the partition is assigned, ended at once when it is revoked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use event_store::Reader;
use futures::{FutureExt, StreamExt};
use rdkafka::{Message, Offset, TopicPartitionList};
use rdkafka::consumer::stream_consumer::StreamPartitionQueue;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use read_model::record::PartitionOf;
use read_model::store::Store;
use tokio_util::sync::CancellationToken;

use crate::consumer::Membership;
use crate::decode::{Content, Incoming};
use crate::metric;
use crate::projector::{ProjectError, Projector};

/// A batch is whatever is there, up to this many.
const MOST_MESSAGES: usize = 1_000;
/// Before a partition is begun anew: by then a rebalance that is under way has reached this process.
const PAUSE: Duration = Duration::from_secs(1);

/// Why a partition cannot go on, whatever its task tries.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    #[error("generation {0} is not there any more")]
    GenerationLost(u64),
    #[error("Kafka does not have {topic}/{partition} at the offset {offset} any more; the view has to be rebuilt")]
    OffsetLost { topic: String, partition: i32, offset: i64 },
}

pub(crate) struct Partition {
    pub of: PartitionOf,
    pub queue: StreamPartitionQueue<Membership>,
    pub consumer: Arc<StreamConsumer<Membership>>,
    pub store: Store,
    pub log: Reader,
}

enum Pause {
    Stopped,
    Failed(ProjectError),
    OffsetLost,
}

impl Partition {
    /// Applies batches until the partition is revoked (then at once) or the process stops (then after the batch).
    pub(crate) async fn run(
        self,
        projector: Projector,
        revoked: CancellationToken,
        stop: CancellationToken,
    ) -> Result<(), Ended> {
        tokio::select! {
            biased;
            () = revoked.cancelled() => Ok(()),
            ended = self.keep_applying(projector, stop) => ended,
        }
    }

    async fn keep_applying(&self, mut projector: Projector, stop: CancellationToken) -> Result<(), Ended> {
        loop {
            let PartitionOf { view, topic, partition, .. } = &self.of;
            match self.apply_batches(&mut projector, &stop).await {
                Pause::Stopped => return Ok(()),
                Pause::OffsetLost => {
                    let (topic, partition, offset) = (topic.clone(), *partition, projector.record().offset);
                    return Err(Ended::OffsetLost { topic, partition, offset });
                }
                Pause::Failed(error) => {
                    tracing::warn!(%view, topic, partition, %error, "a batch was not finished; it begins anew from the record");
                    metric::restart(*view);
                }
            }
            projector = loop {
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    () = tokio::time::sleep(PAUSE) => {}
                }
                // If the partition is someone else's and we have not heard yet, the record lets only one of us move it.
                match Projector::begin(self.of.clone(), self.store.clone(), self.log.clone()).await {
                    Ok(projector) => break projector,
                    Err(ProjectError::GenerationLost(generation)) => return Err(Ended::GenerationLost(generation)),
                    Err(error) => tracing::warn!(%view, topic, partition, %error, "the record cannot be read yet"),
                }
            };
            let offset = Offset::Offset(projector.record().offset);
            if let Err(error) = self.consumer.seek(topic, *partition, offset, Duration::ZERO) {
                tracing::warn!(%view, topic, partition, %error, "cannot go back to the record's offset");
            }
        }
    }

    async fn apply_batches(&self, projector: &mut Projector, stop: &CancellationToken) -> Pause {
        let mut messages = self.queue.stream();
        let PartitionOf { view, topic, partition, .. } = &self.of;
        loop {
            let mut next = tokio::select! {
                biased;
                () = stop.cancelled() => return Pause::Stopped,
                first = messages.next() => first,
            };
            let begun = Instant::now();
            let mut batch = vec![];
            while let Some(message) = next {
                match message {
                    Ok(message) if message.offset() < projector.record().offset => {}
                    Ok(message) => batch.push(Incoming::of(&message)),
                    Err(error) if is_offset_lost(&error) => return Pause::OffsetLost,
                    Err(error) => tracing::warn!(%view, topic, partition, %error, "Kafka"),
                }
                if batch.len() >= MOST_MESSAGES {
                    break;
                }
                next = messages.next().now_or_never().flatten();
            }
            if batch.is_empty() {
                continue;
            }
            let oldest = batch.iter().find_map(|incoming| match &incoming.content {
                Content::Event(readable) => Some(readable.recorded.recorded_at),
                Content::Unreadable(_) => None,
            });
            if let Err(error) = projector.apply(batch).await {
                return Pause::Failed(error);
            }
            metric::applied_in(*view, begun.elapsed());
            if let Some(recorded_at) = oldest {
                self.consumer.context().lag.applied(topic, *partition, recorded_at);
            }
            store_offset(&self.consumer, topic, *partition, projector.record().offset);
        }
    }
}

/// Tells Kafka how far we are; committed in the background. Only lag tools read it, so that it may fail.
pub(crate) fn store_offset(consumer: &StreamConsumer<Membership>, topic: &str, partition: i32, offset: i64) {
    let mut applied = TopicPartitionList::new();
    let stored = applied
        .add_partition_offset(topic, partition, Offset::Offset(offset))
        .and_then(|()| consumer.store_offsets(&applied));
    if let Err(error) = stored {
        tracing::debug!(topic, partition, %error, "an offset was not stored");
    }
}

fn is_offset_lost(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange)
    )
}
