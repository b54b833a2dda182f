//! The task of one partition: takes what is there, has it applied, begins anew from the record when that fails.
//!
//! Spawned by [`crate::consumer`] when the partition is assigned, ended at once when it is revoked.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use event_store::Reader;
use futures::{FutureExt, StreamExt};
use rdkafka::consumer::stream_consumer::StreamPartitionQueue;
use rdkafka::consumer::{Consumer, MessageStream, StreamConsumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message, Offset, TopicPartitionList};
use read_model::record::PartitionOf;
use read_model::store::Store;
use tokio_util::sync::CancellationToken;

use crate::consumer::Membership;
use crate::decode::{Content, Incoming};
use crate::metric;
use crate::projector::{ProjectError, Projector};

/// A batch is whatever is there, up to this many.
const MOST_MESSAGES: usize = 1_000;
/// How often a quiet partition's record is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How often is looked whether a held generation goes on.
const HELD_LOOK: Duration = Duration::from_millis(20);
/// Before a partition is begun anew: by then a rebalance that is under way has reached this process.
const PAUSE: Duration = Duration::from_secs(1);

/// Why a partition cannot go on, whatever its task tries.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    #[error("generation {0} is not there any more")]
    GenerationLost(u64),
    #[error(
        "Kafka does not have {topic}/{partition} at the offset {offset} any more; the view has to be rebuilt"
    )]
    OffsetLost {
        topic: String,
        partition: i32,
        offset: i64,
    },
}

pub(crate) struct Partition {
    pub of: PartitionOf,
    pub queue: StreamPartitionQueue<Membership>,
    pub consumer: Arc<StreamConsumer<Membership>>,
    pub store: Store,
    pub log: Reader,
}

enum Interrupted {
    Failed(ProjectError),
    OffsetLost,
}

impl From<ProjectError> for Interrupted {
    fn from(error: ProjectError) -> Self {
        Self::Failed(error)
    }
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
            let PartitionOf {
                view,
                topic,
                partition,
                ..
            } = &self.of;
            match self.apply_batches(&mut projector, &stop).await {
                Ok(()) => return Ok(()),
                Err(Interrupted::OffsetLost) => {
                    let (topic, partition, offset) = (topic.clone(), *partition, projector.record().offset);
                    return Err(Ended::OffsetLost {
                        topic,
                        partition,
                        offset,
                    });
                }
                Err(Interrupted::Failed(error)) => {
                    tracing::warn!(%view, topic, partition, %error, "a batch begins anew from the record");
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
                    Err(ProjectError::GenerationLost(generation)) => {
                        return Err(Ended::GenerationLost(generation));
                    }
                    Err(error) => {
                        tracing::warn!(%view, topic, partition, %error, "the record cannot be read yet");
                    }
                }
            };
            let offset = Offset::Offset(projector.record().offset);
            if let Err(error) = self.consumer.seek(topic, *partition, offset, Duration::ZERO) {
                tracing::warn!(%view, topic, partition, %error, "cannot go back to the record's offset");
            }
        }
    }

    /// Applies batch after batch until told to stop.
    async fn apply_batches(
        &self,
        projector: &mut Projector,
        stop: &CancellationToken,
    ) -> Result<(), Interrupted> {
        let mut messages = self.queue.stream();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                first = messages.next() => {
                    let begun = Instant::now();
                    let batch = self.drain(first, &mut messages, projector.record().offset)?;
                    if !batch.is_empty() {
                        if self.wait_while_held(stop).await?.is_break() {
                            return Ok(());
                        }
                        self.apply(projector, batch).await?;
                        metric::applied_in(self.of.view, begun.elapsed());
                    }
                }
                () = tokio::time::sleep(LOOK) => projector.look().await?,
            }
        }
    }

    /// A generation is held for the moment in which readers are pointed away from it. Looked at after a batch was taken
    /// and before it is applied: the rebuild reads Kafka's ends after it asked, so that they cover this batch.
    async fn wait_while_held(&self, stop: &CancellationToken) -> Result<ControlFlow<()>, ProjectError> {
        let mut store = self.store.clone();
        while store.is_held(self.of.view, self.of.generation).await? {
            tokio::select! {
                () = stop.cancelled() => return Ok(ControlFlow::Break(())),
                () = tokio::time::sleep(HELD_LOOK) => {}
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Whatever is there, without waiting for more.
    fn drain(
        &self,
        first: Option<KafkaResult<BorrowedMessage<'_>>>,
        messages: &mut MessageStream<'_, Membership>,
        from: i64,
    ) -> Result<Vec<Incoming>, Interrupted> {
        let (mut batch, mut next) = (vec![], first);
        while let Some(message) = next {
            match message {
                // Fetched before we went back to the record, or delivered again.
                Ok(message) if message.offset() < from => {}
                Ok(message) => batch.push(Incoming::of(&message)),
                Err(error) if is_offset_lost(&error) => return Err(Interrupted::OffsetLost),
                Err(error) => {
                    tracing::warn!(topic = self.of.topic, partition = self.of.partition, %error, "Kafka");
                }
            }
            if batch.len() >= MOST_MESSAGES {
                break;
            }
            next = messages.next().now_or_never().flatten();
        }
        Ok(batch)
    }

    async fn apply(&self, projector: &mut Projector, batch: Vec<Incoming>) -> Result<(), ProjectError> {
        let oldest = batch.iter().find_map(|incoming| match &incoming.content {
            Content::Event(readable) => Some(readable.recorded.recorded_at),
            Content::Unreadable(_) => None,
        });
        projector.apply(batch).await?;
        if let Some(recorded_at) = oldest {
            self.consumer
                .context()
                .lag
                .applied(&self.of.topic, self.of.partition, recorded_at);
        }
        self.tell_kafka(projector);
        Ok(())
    }

    fn tell_kafka(&self, projector: &Projector) {
        store_offset(
            &self.consumer,
            &self.of.topic,
            self.of.partition,
            projector.record().offset,
        );
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

pub(crate) fn is_offset_lost(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange)
    )
}
