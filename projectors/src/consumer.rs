//! One member of a view's consumer group: gets partitions, begins each at its record in Redis, gives them back.
//!
//! Run by [`crate::follow`] for the generation that readers use, and by a rebuild for the one it makes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Offset, Statistics, TopicPartitionList};
use read_model::record::PartitionOf;
use read_model::{Generation, View};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::lag::Lag;
use crate::metric;
use crate::partition::{Ended, Partition, store_offset};
use crate::projector::{ProjectError, Projector};
use crate::services::Services;

/// Why a member left its group, other than for being told to.
#[derive(Debug, thiserror::Error)]
pub enum ConsumerError {
    #[error("Kafka: {0}")]
    Kafka(#[from] KafkaError),
    #[error(transparent)]
    Partition(#[from] Ended),
    #[error(transparent)]
    Begin(#[from] ProjectError),
    #[error("the task of a partition failed: {0}")]
    Task(#[from] tokio::task::JoinError),
}

pub(crate) type TopicPartition = (String, i32);

/// What librdkafka calls back: partitions that come and go, and its statistics.
pub(crate) struct Membership {
    pub(crate) lag: Lag,
    /// Ended when the partition is revoked.
    owned: Mutex<HashMap<TopicPartition, CancellationToken>>,
    assigned: mpsc::UnboundedSender<Vec<TopicPartition>>,
}

impl ClientContext for Membership {
    fn stats(&self, statistics: Statistics) {
        self.lag.show_statistics(&statistics);
    }
}

impl ConsumerContext for Membership {
    /// Assigned partitions are handed over to [`run`], which assigns them once it has read their records; so no message
    /// arrives that has to be thrown away. Revoked ones stop here and now.
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        reason: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let named: Vec<TopicPartition> = partitions
            .elements()
            .iter()
            .map(|element| (element.topic().to_owned(), element.partition()))
            .collect();
        if reason == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            self.owned()
                .extend(named.iter().map(|name| (name.clone(), CancellationToken::new())));
            if self.assigned.send(named.clone()).is_ok() {
                return;
            }
            // Nobody is there to read records any more: the consumer is closing.
            self.owned().clear();
        }
        for name in named {
            if let Some(revoked) = self.owned().remove(&name) {
                revoked.cancel();
                self.lag.end(&name.0, name.1);
                tracing::info!(topic = name.0, partition = name.1, "revoked");
            }
        }
        let left = match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative
                if reason == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS =>
            {
                consumer.incremental_assign(&TopicPartitionList::new())
            }
            RebalanceProtocol::Cooperative => consumer.incremental_unassign(partitions),
            RebalanceProtocol::Eager | RebalanceProtocol::None => consumer.unassign(),
        };
        if let Err(error) = left {
            tracing::warn!(%error, "partitions could not be given back");
        }
    }
}

impl Membership {
    /// With what the assigned partitions are handed over through.
    pub(crate) fn new(group: String) -> (Self, mpsc::UnboundedReceiver<Vec<TopicPartition>>) {
        let (assigned, assignments) = mpsc::unbounded_channel();
        let membership = Self {
            lag: Lag::new(group),
            owned: Mutex::default(),
            assigned,
        };
        (membership, assignments)
    }

    /// Whether the partition was not revoked since it was handed over.
    pub(crate) fn owns(&self, topic: &str, partition: i32) -> bool {
        self.owned().contains_key(&(topic.to_owned(), partition))
    }

    fn owned(&self) -> MutexGuard<'_, HashMap<TopicPartition, CancellationToken>> {
        self.owned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Consumes until `stop`, then finishes the batches under way, commits and leaves the group.
pub async fn run(
    services: Services,
    view: View,
    generation: Generation,
    stop: CancellationToken,
) -> Result<(), ConsumerError> {
    let group = services.group(view, generation);
    let (membership, mut assignments) = Membership::new(group.clone());
    let consumer: StreamConsumer<Membership> = services
        .kafka
        .group_member(&group)
        .create_with_context(membership)?;
    let consumer = Arc::new(consumer);
    let topics = services.kafka.topics(view);
    consumer.subscribe(&topics.iter().map(String::as_str).collect::<Vec<_>>())?;

    let mut tasks = JoinSet::new();
    let ended = loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break Ok(()),
            Some(partitions) = assignments.recv() => {
                let begun = begin(&services, view, generation, &consumer, partitions, &stop, &mut tasks).await;
                if let Err(error) = begun {
                    break Err(error);
                }
            }
            Some(task) = tasks.join_next() => match task {
                Ok(Ok(())) => {}
                Ok(Err(ended)) => break Err(ended.into()),
                Err(panicked) => break Err(panicked.into()),
            },
            message = consumer.recv() => match message {
                Ok(_) => tracing::warn!(group, "a message arrived outside of its partition's queue"),
                Err(error) => tracing::warn!(group, %error, "Kafka"),
            },
        }
    };
    if ended.is_err() {
        tasks.abort_all();
    }
    while tasks.join_next().await.is_some() {}
    assignments.close();
    drop(assignments);
    // Closing commits what was applied and leaves the group, and blocks while it does.
    tokio::task::spawn_blocking(move || drop(consumer)).await?;
    ended
}

/// Begins the assigned partitions that are still ours, each at its record.
async fn begin(
    services: &Services,
    view: View,
    generation: Generation,
    consumer: &Arc<StreamConsumer<Membership>>,
    partitions: Vec<TopicPartition>,
    stop: &CancellationToken,
    tasks: &mut JoinSet<Result<(), Ended>>,
) -> Result<(), ConsumerError> {
    let mut assignment = TopicPartitionList::new();
    let mut ready = vec![];
    for (topic, partition) in partitions {
        let Some(revoked) = consumer
            .context()
            .owned()
            .get(&(topic.clone(), partition))
            .cloned()
        else {
            continue;
        };
        let of = PartitionOf {
            view,
            generation,
            topic: topic.clone(),
            partition,
        };
        let projector = Projector::begin(of.clone(), services.store.clone(), services.log.clone()).await?;
        assignment.add_partition_offset(&topic, partition, Offset::Offset(projector.record().offset))?;
        // Before it is assigned: from the first message on, they arrive here and nowhere else.
        let Some(queue) = consumer.split_partition_queue(&topic, partition) else {
            continue;
        };
        let (consumer, store, log) = (Arc::clone(consumer), services.store.clone(), services.log.clone());
        ready.push((
            Partition {
                of,
                queue,
                consumer,
                store,
                log,
            },
            projector,
            revoked,
        ));
    }
    match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative => consumer.incremental_assign(&assignment)?,
        RebalanceProtocol::Eager | RebalanceProtocol::None => consumer.assign(&assignment)?,
    }
    for (partition, projector, revoked) in ready {
        let PartitionOf {
            topic,
            partition: number,
            ..
        } = &partition.of;
        tracing::info!(%view, generation, topic, partition = number, offset = projector.record().offset, "assigned");
        consumer.context().lag.begin(topic, *number);
        store_offset(consumer, topic, *number, projector.record().offset);
        let of = partition.of.clone();
        let task = partition.run(projector, revoked, stop.clone());
        tasks.spawn(async move {
            let ended = task.await;
            metric::no_longer_ours(&of);
            ended
        });
    }
    Ok(())
}
