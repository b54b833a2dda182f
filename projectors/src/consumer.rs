//! One member of a view's consumer group: gets partitions, begins each at its record in Redis, gives them back.
//!
//! Run by [`crate::running`] for the generation that readers use, and for the one that a rebuild makes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use consumer_group::{Bounds, CLOSE_LIMIT, Member, TopicPartition, Trouble, Watch, is_fatal};
use rdkafka::Offset;
use rdkafka::error::KafkaError;
use read_model::record::PartitionOf;
use read_model::{Generation, View};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::metric;
use crate::partition::{Ended, Partition};
use crate::projector::{ProjectError, Projector};
use crate::services::Services;

/// How long the partitions wait to hear where Kafka begins and ends.
const BOUNDS_WITHIN: Duration = Duration::from_secs(2);
/// Before records that could not be read are read again.
const PAUSE: Duration = Duration::from_secs(1);

/// Why a member left its group, other than for being told to.
#[derive(Debug, thiserror::Error)]
pub enum ConsumerError {
    #[error("Kafka: {0}")]
    Kafka(#[from] KafkaError),
    #[error(transparent)]
    Partition(#[from] Ended),
    #[error(transparent)]
    Trouble(#[from] Trouble),
    #[error("the task of a partition failed: {0}")]
    Task(#[from] tokio::task::JoinError),
    #[error("it ended without a reason")]
    Ended,
}

impl ConsumerError {
    /// Whether Kafka has forgotten what the view still needs, or the log is another one than it was made from, so that another consumer is
    /// no use.
    pub fn needs_rebuild(&self) -> bool {
        matches!(
            self,
            Self::Partition(Ended::OffsetLost { .. } | Ended::NotAdmitted { .. })
                | Self::Trouble(Trouble::OffsetLost { .. })
        )
    }
}

/// What a member needs to begin partitions.
struct Beginning {
    services: Services,
    view: View,
    generation: Generation,
    member: Member,
    watch: Arc<Watch>,
    stop: CancellationToken,
}

type Tasks = JoinSet<Result<(), Ended>>;

/// Consumes until `stop`, then finishes the batches under way, commits and leaves the group, in bounded time.
pub async fn run(
    services: Services,
    view: View,
    generation: Generation,
    watch: Arc<Watch>,
    stop: CancellationToken,
) -> Result<(), ConsumerError> {
    let member = watch.join()?;
    let mut tasks = JoinSet::new();
    let beginning = Beginning {
        services,
        view,
        generation,
        member: member.clone(),
        watch,
        stop,
    };
    let ended = beginning.consume(&mut tasks).await;
    if ended.is_err() {
        tasks.abort_all();
    }
    drop(beginning);
    let finished = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(CLOSE_LIMIT, finished).await.is_err() {
        tracing::warn!(%view, "a batch under way is given up; it is done again from its record");
        tasks.shutdown().await;
    }
    member.close(CLOSE_LIMIT).await;
    ended
}

impl Beginning {
    async fn consume(&self, tasks: &mut Tasks) -> Result<(), ConsumerError> {
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Ok(()),
                trouble = self.watch.trouble() => return Err(trouble.into()),
                partitions = self.member.assigned() => self.begin(partitions, tasks).await?,
                Some(task) = tasks.join_next() => task??,
                message = self.member.recv() => match message {
                    Ok(_) => tracing::warn!(view = %self.view, "a message arrived outside of its partition's queue"),
                    Err(error) if is_fatal(&error) => return Err(error.into()),
                    Err(error) => self.member.membership().complain(&error, "no message"),
                },
            }
        }
    }

    /// Begins the assigned partitions that are still ours, each at its record. Where Redis does not answer, they wait: the next call
    /// gets them again.
    async fn begin(&self, partitions: Vec<TopicPartition>, tasks: &mut Tasks) -> Result<(), ConsumerError> {
        let bounds = self.watch.bounds(BOUNDS_WITHIN).await;
        let (mut starts, mut ready) = (vec![], vec![]);
        for (topic, partition) in partitions {
            let Some(revoked) = self.member.membership().owned(&topic, partition) else {
                continue;
            };
            let of = PartitionOf {
                view: self.view,
                generation: self.generation,
                topic,
                partition,
            };
            let (store, log) = (&self.services.store, &self.services.log);
            let projector = match Projector::begin(of.clone(), store.clone(), log.clone()).await {
                Ok(projector) => projector,
                Err(ProjectError::GenerationLost(generation)) => {
                    return Err(Ended::GenerationLost(generation).into());
                }
                Err(error) => {
                    tracing::warn!(view = %self.view, of.topic, partition, %error, "the record cannot be read yet");
                    tokio::time::sleep(PAUSE).await;
                    return Ok(());
                }
            };
            // Before it is assigned: from the first message on, they arrive here and nowhere else.
            let Some(queue) = self.member.queue(&of.topic, partition) else {
                continue;
            };
            let start = first_to_read(&bounds, &of, projector.record().offset);
            starts.push(((of.topic.clone(), partition), Offset::Offset(start)));
            let (member, store, log) = (self.member.clone(), store.clone(), log.clone());
            let partition = Partition {
                of,
                queue,
                member,
                store,
                log,
                identity: self.services.identity.clone(),
                watch: Arc::clone(&self.watch),
            };
            ready.push((partition, projector, revoked));
        }
        self.member.begin(&starts)?;
        for (partition, projector, revoked) in ready {
            self.start(partition, projector, revoked, tasks);
        }
        Ok(())
    }

    fn start(
        &self,
        partition: Partition,
        projector: Projector,
        revoked: CancellationToken,
        tasks: &mut Tasks,
    ) {
        let of = partition.of.clone();
        let offset = projector.record().offset;
        tracing::info!(view = %of.view, of.generation, of.topic, of.partition, offset, "assigned");
        self.member.store(&of.topic, of.partition, offset);
        let task = partition.run(projector, revoked, self.stop.clone());
        tasks.spawn(async move {
            let ended = task.await;
            metric::no_longer_ours(&of);
            ended
        });
    }
}

/// One message before the record's offset, where Kafka has it: it shows whether this still is the topic that the record was taken in.
fn first_to_read(bounds: &BTreeMap<TopicPartition, Bounds>, of: &PartitionOf, offset: i64) -> i64 {
    let known = bounds.get(&(of.topic.clone(), of.partition));
    let is_there = known.is_some_and(|known| known.low < offset && offset <= known.end);
    offset - i64::from(is_there)
}
