//! The task of one partition: takes what is there, has it applied, begins anew from the record when that fails.
//!
//! Spawned by [`crate::consumer`] when the partition is assigned, ended at once when it is revoked.

use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use consumer_group::{Member, Membership, Watch, is_offset_lost};
use event_store::Reader;
use futures::{FutureExt, StreamExt};
use rdkafka::Message;
use rdkafka::consumer::MessageStream;
use rdkafka::consumer::stream_consumer::StreamPartitionQueue;
use rdkafka::error::KafkaResult;
use rdkafka::message::BorrowedMessage;
use read_model::record::PartitionOf;
use read_model::store::Store;
use tokio_util::sync::CancellationToken;

use crate::admission::{self, Applied, NotAdmitted};
use crate::care::Care;
use crate::decode::Incoming;
use crate::genuine;
use crate::log_identity::LogIdentity;
use crate::metric;
use crate::panics;
use crate::projector::{ProjectError, Projector};

/// How often a quiet partition's record is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How often is looked whether a held generation goes on.
const HELD_LOOK: Duration = Duration::from_millis(20);
/// How long a batch with a hole waits to hear how many partitions there are.
const BOUNDS_WITHIN: Duration = Duration::from_secs(2);
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
    #[error("{topic}/{partition}: {why}; the view has to be rebuilt")]
    NotAdmitted {
        topic: String,
        partition: i32,
        why: String,
    },
}

pub(crate) struct Partition {
    pub of: PartitionOf,
    pub queue: StreamPartitionQueue<Membership>,
    pub member: Member,
    pub store: Store,
    pub log: Reader,
    pub identity: LogIdentity,
    /// Knows how many partitions there are.
    pub watch: Arc<Watch>,
}

enum Interrupted {
    Failed(ProjectError),
    /// Only a rebuild helps.
    NotAdmitted(NotAdmitted),
    /// With what was said.
    Panicked(String),
    OffsetLost,
}

impl From<NotAdmitted> for Interrupted {
    fn from(error: NotAdmitted) -> Self {
        match error {
            NotAdmitted::Log(_) | NotAdmitted::Unknown { .. } => {
                Self::Failed(ProjectError::Log(error.to_string()))
            }
            NotAdmitted::OtherIncarnation | NotAdmitted::Hole { .. } => Self::NotAdmitted(error),
        }
    }
}

/// What was there to be taken.
struct Drained {
    /// The message just before the record's offset, where it came again.
    last_applied: Option<Incoming>,
    batch: Vec<Incoming>,
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
        let mut care = Care::default();
        loop {
            let PartitionOf {
                view,
                topic,
                partition,
                ..
            } = &self.of;
            let applying = AssertUnwindSafe(self.apply_batches(&mut projector, &mut care, &stop));
            let applied = applying.catch_unwind().await;
            match applied.unwrap_or_else(|panic| Err(Interrupted::Panicked(panics::reason(&*panic)))) {
                Ok(()) => return Ok(()),
                Err(Interrupted::OffsetLost) => {
                    let (topic, partition, offset) = (topic.clone(), *partition, projector.record().offset);
                    return Err(Ended::OffsetLost {
                        topic,
                        partition,
                        offset,
                    });
                }
                Err(Interrupted::NotAdmitted(error)) => {
                    let (topic, partition, why) = (topic.clone(), *partition, error.to_string());
                    return Err(Ended::NotAdmitted {
                        topic,
                        partition,
                        why,
                    });
                }
                Err(Interrupted::Failed(error)) => {
                    tracing::warn!(%view, topic, partition, %error, "a batch begins anew from the record");
                }
                Err(Interrupted::Panicked(why)) => {
                    tracing::error!(%view, topic, partition, why, "a batch begins anew, message by message");
                    care.failed(why);
                }
            }
            metric::restart(*view);
            projector = match self.begin_anew(&stop).await? {
                Some(projector) => projector,
                None => return Ok(()),
            };
            let offset = projector.record().offset;
            if let Err(error) = self.member.seek(topic, *partition, offset) {
                tracing::warn!(%view, topic, partition, %error, "cannot go back to the record's offset");
            }
        }
    }

    /// Where the record is now; none: the process stops.
    async fn begin_anew(&self, stop: &CancellationToken) -> Result<Option<Projector>, Ended> {
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(None),
                () = tokio::time::sleep(PAUSE) => {}
            }
            // If the partition is someone else's and we have not heard yet, the record lets only one of us move it.
            match Projector::begin(self.of.clone(), self.store.clone(), self.log.clone()).await {
                Ok(projector) => return Ok(Some(projector)),
                Err(ProjectError::GenerationLost(generation)) => {
                    return Err(Ended::GenerationLost(generation));
                }
                Err(error) => {
                    let PartitionOf {
                        view,
                        topic,
                        partition,
                        ..
                    } = &self.of;
                    tracing::warn!(%view, topic, partition, %error, "the record cannot be read yet");
                }
            }
        }
    }

    /// Applies batch after batch until told to stop.
    async fn apply_batches(
        &self,
        projector: &mut Projector,
        care: &mut Care,
        stop: &CancellationToken,
    ) -> Result<(), Interrupted> {
        let mut messages = self.queue.stream();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                first = messages.next() => {
                    let begun = Instant::now();
                    let most = care.most_messages(projector.record().offset);
                    let Drained { last_applied, batch } = self.drain(first, &mut messages, projector, most)?;
                    if let Some(last) = last_applied
                        && self.is_newer_than_applied(&last, projector).await?
                    {
                        return Err(Interrupted::OffsetLost);
                    }
                    if !batch.is_empty() {
                        self.member.membership().delivered(&self.of.topic, self.of.partition);
                        if self.wait_while_held(stop).await?.is_break() {
                            return Ok(());
                        }
                        let batch = self.admit(care.begin(batch), projector.record().position).await?;
                        for part in care.parts(batch) {
                            projector.apply(care.begin_part(part)).await?;
                        }
                        self.member.store(&self.of.topic, self.of.partition, projector.record().offset);
                        metric::applied_in(self.of.view, begun.elapsed());
                    }
                }
                () = tokio::time::sleep(LOOK) => projector.look().await?,
            }
        }
    }

    /// Whether this message, which was applied last, says that it is newer than everything that was applied here: then the topic is
    /// another one, and what came before it was never seen. A message that the log does not have says nothing.
    async fn is_newer_than_applied(
        &self,
        last: &Incoming,
        projector: &Projector,
    ) -> Result<bool, Interrupted> {
        let applied = projector.record().position;
        let is_newer = last.position().is_some_and(|position| {
            position > applied && !self.identity.is_void(position, last.origin.incarnation)
        });
        let is_ours = is_newer
            && genuine::is_in_log(&self.log, last)
                .await
                .map_err(NotAdmitted::from)?;
        Ok(is_ours)
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

    /// The batch as the log has it.
    async fn admit(&self, batch: Vec<Incoming>, position: i64) -> Result<Vec<Incoming>, Interrupted> {
        let PartitionOf {
            view,
            generation,
            topic,
            partition,
        } = &self.of;
        let made_from = async || {
            let made_from = self.store.clone().incarnation(*view, *generation).await;
            made_from.map_err(|error| Interrupted::from(ProjectError::from(error)))
        };
        let batch = admission::check(&self.log, &self.identity, batch, made_from).await?;
        let batch = admission::read_references(&self.log, batch).await;
        let mut batch = batch.map_err(NotAdmitted::from)?;
        let checked = genuine::check(&self.log, topic, &mut batch).await;
        checked.map_err(NotAdmitted::from)?;
        let applied = Applied {
            aggregate_types: view.aggregate_types(),
            topic,
            partition: *partition,
            position,
        };
        let partitions = async || {
            let bounds = self.watch.bounds(BOUNDS_WITHIN).await;
            let count = bounds.keys().filter(|(other, _)| other == topic).count();
            (count > 0).then_some(count)
        };
        Ok(admission::fill_holes(&self.log, applied, batch, partitions).await?)
    }

    /// Whatever is there, without waiting for more.
    fn drain(
        &self,
        first: Option<KafkaResult<BorrowedMessage<'_>>>,
        messages: &mut MessageStream<'_, Membership>,
        projector: &Projector,
        most: usize,
    ) -> Result<Drained, Interrupted> {
        let from = projector.record();
        let (mut batch, mut last_applied, mut next) = (vec![], None, first);
        while let Some(message) = next {
            match message {
                Ok(message) if message.offset() + 1 == from.offset => {
                    last_applied = Some(Incoming::of(&message));
                }
                // Fetched before we went back to the record, or delivered again.
                Ok(message) if message.offset() < from.offset => {}
                Ok(message) => batch.push(Incoming::of(&message)),
                Err(error) if is_offset_lost(&error) => return Err(Interrupted::OffsetLost),
                Err(error) => self.member.membership().complain(&error, "no message"),
            }
            if batch.len() >= most {
                break;
            }
            next = messages.next().now_or_never().flatten();
        }
        Ok(Drained { last_applied, batch })
    }
}
