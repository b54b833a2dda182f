//! One member of the group `….reporting`: gets partitions, begins each at its offset in PostgreSQL, applies what arrives.
//!
//! Run by [`super::keeper`]. One task for all partitions: PostgreSQL is what takes time here, and batches are large when
//! there is much to do.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use futures::FutureExt;
use rdkafka::consumer::{Consumer, RebalanceProtocol, StreamConsumer};
use rdkafka::error::KafkaResult;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message, Offset, TopicPartitionList};
use tokio_util::sync::CancellationToken;

use super::apply::apply;
use super::{ReportingError, group, metric, topics};
use crate::consumer::{Membership, TopicPartition};
use crate::decode::{Content, Incoming};
use crate::partition::{is_offset_lost, store_offset};
use crate::services::Services;

/// A batch is whatever is there, up to this many messages over all partitions.
const MOST_MESSAGES: usize = 1_000;
/// Before a partition is begun anew: by then a rebalance that is under way has reached this process.
const PAUSE: Duration = Duration::from_secs(1);

struct Member<'a> {
    services: &'a Services,
    consumer: StreamConsumer<Membership>,
    /// Where each partition that is ours goes on.
    next: HashMap<TopicPartition, i64>,
}

/// Consumes until `stop`, then finishes the batch under way, commits and leaves the group.
pub async fn run(services: &Services, stop: &CancellationToken) -> Result<(), ReportingError> {
    let (membership, mut assignments) = Membership::new(group(&services.kafka));
    let consumer: StreamConsumer<Membership> = services
        .kafka
        .group_member(&group(&services.kafka))
        .create_with_context(membership)?;
    let topics = topics(&services.kafka);
    consumer.subscribe(&topics.iter().map(String::as_str).collect::<Vec<_>>())?;
    let mut member = Member {
        services,
        consumer,
        next: HashMap::new(),
    };
    let ended = loop {
        let done = tokio::select! {
            biased;
            () = stop.cancelled() => break Ok(()),
            Some(partitions) = assignments.recv() => member.begin(partitions).await,
            message = member.consumer.recv() => match member.drain(message) {
                Ok(batches) => member.apply(batches, stop).await,
                Err(error) => Err(error),
            },
        };
        if let Err(error) = done {
            break Err(error);
        }
    };
    assignments.close();
    drop(assignments);
    // Closing commits to Kafka what was applied and leaves the group, and blocks while it does.
    tokio::task::spawn_blocking(move || drop(member.consumer)).await?;
    ended
}

impl Member<'_> {
    /// Begins the assigned partitions that are still ours, each at its offset in PostgreSQL.
    async fn begin(&mut self, partitions: Vec<TopicPartition>) -> Result<(), ReportingError> {
        let mut assignment = TopicPartitionList::new();
        let mut begun = vec![];
        for (topic, partition) in partitions {
            if !self.consumer.context().owns(&topic, partition) {
                continue;
            }
            let next = self.next_offset(&topic, partition).await?;
            assignment.add_partition_offset(&topic, partition, Offset::Offset(next))?;
            begun.push(((topic, partition), next));
        }
        match self.consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => self.consumer.incremental_assign(&assignment)?,
            RebalanceProtocol::Eager | RebalanceProtocol::None => self.consumer.assign(&assignment)?,
        }
        for ((topic, partition), next) in begun {
            tracing::info!(view = super::NAME, topic, partition, offset = next, "assigned");
            self.consumer.context().lag.begin(&topic, partition);
            store_offset(&self.consumer, &topic, partition, next);
            self.next.insert((topic, partition), next);
        }
        Ok(())
    }

    async fn next_offset(&self, topic: &str, partition: i32) -> Result<i64, ReportingError> {
        let next = self.services.tables.next_offset(topic, partition).await?;
        next.ok_or(ReportingError::NotBuilt)
    }

    /// Whatever is there, without waiting for more.
    fn drain(
        &self,
        first: KafkaResult<BorrowedMessage<'_>>,
    ) -> Result<BTreeMap<TopicPartition, Vec<Incoming>>, ReportingError> {
        let mut batches: BTreeMap<TopicPartition, Vec<Incoming>> = BTreeMap::new();
        let (mut count, mut next) = (0, Some(first));
        while let Some(message) = next {
            match message {
                Ok(message) => {
                    let partition = (message.topic().to_owned(), message.partition());
                    batches.entry(partition).or_default().push(Incoming::of(&message));
                }
                Err(error) if is_offset_lost(&error) => return Err(ReportingError::OffsetLost),
                Err(error) => tracing::warn!(view = super::NAME, %error, "Kafka"),
            }
            count += 1;
            if count >= MOST_MESSAGES {
                break;
            }
            next = self.consumer.recv().now_or_never();
        }
        Ok(batches)
    }

    async fn apply(
        &mut self,
        batches: BTreeMap<TopicPartition, Vec<Incoming>>,
        stop: &CancellationToken,
    ) -> Result<(), ReportingError> {
        for ((topic, partition), batch) in batches {
            let Some(from) = self.next.get(&(topic.clone(), partition)).copied() else {
                continue;
            };
            let oldest = batch.iter().find_map(|incoming| match &incoming.content {
                Content::Event(readable) => Some(readable.recorded.recorded_at),
                Content::Unreadable(_) => None,
            });
            let begun = Instant::now();
            let (tables, log) = (&self.services.tables, &self.services.log);
            let next = match apply(tables, log, (&topic, partition), from, batch).await {
                Ok(next) => {
                    metric::applied_in(begun.elapsed());
                    if let Some(recorded_at) = oldest {
                        self.consumer
                            .context()
                            .lag
                            .applied(&topic, partition, recorded_at);
                    }
                    next
                }
                Err(error) => {
                    tracing::warn!(view = super::NAME, topic, partition, %error, "a batch begins anew");
                    metric::restart();
                    tokio::select! {
                        () = stop.cancelled() => return Ok(()),
                        () = tokio::time::sleep(PAUSE) => {}
                    }
                    let next = self.next_offset(&topic, partition).await?;
                    let offset = Offset::Offset(next);
                    // Not ours any more, where this fails.
                    if let Err(error) = self.consumer.seek(&topic, partition, offset, Duration::ZERO) {
                        tracing::warn!(view = super::NAME, topic, partition, %error, "cannot go back");
                    }
                    next
                }
            };
            store_offset(&self.consumer, &topic, partition, next);
            self.next.insert((topic, partition), next);
        }
        Ok(())
    }
}
