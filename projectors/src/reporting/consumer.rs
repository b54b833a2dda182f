//! One member of the group `….reporting`: gets partitions, begins each at its offset in PostgreSQL, applies what arrives.
//!
//! Run by [`super::keeper`]. One task for all partitions: PostgreSQL is what takes time here, and batches are large when
//! there is much to do.

use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use consumer_group::{CLOSE_LIMIT, Member, TopicPartition, Watch, is_fatal, is_offset_lost};
use futures::FutureExt;
use rdkafka::error::KafkaResult;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message, Offset};
use reporting::Progress;
use tokio_util::sync::CancellationToken;

use super::apply::apply;
use super::{ReportingError, metric};
use crate::admission::{self, NotAdmitted};
use crate::care::Care;
use crate::decode::Incoming;
use crate::genuine;
use crate::log_identity::is_another;
use crate::panics;
use crate::services::Services;

/// A batch is whatever is there, up to this many messages over all partitions.
const MOST_MESSAGES: usize = 1_000;
/// Before a partition is begun anew: by then a rebalance that is under way has reached this process.
const PAUSE: Duration = Duration::from_secs(1);
/// How often a quiet consumer looks whether the log still is the one that it reads.
const LOOK: Duration = Duration::from_secs(1);
/// How long the partitions wait to hear where Kafka begins and ends.
const BOUNDS_WITHIN: Duration = Duration::from_secs(2);

struct Consumer<'a> {
    services: &'a Services,
    watch: &'a Watch,
    member: Member,
    /// The partitions that are ours.
    partitions: HashMap<TopicPartition, Here>,
}

/// Where a partition goes on, and how.
struct Here {
    from: Progress,
    care: Care,
}

type Batches = BTreeMap<TopicPartition, Vec<Incoming>>;

/// Consumes until `stop`, then finishes the batch under way, commits and leaves the group, in bounded time.
pub async fn run(services: &Services, watch: &Watch, stop: &CancellationToken) -> Result<(), ReportingError> {
    let mut consumer = Consumer {
        services,
        watch,
        member: watch.join()?,
        partitions: HashMap::new(),
    };
    let ended = consumer.consume(stop).await;
    consumer.member.close(CLOSE_LIMIT).await;
    ended
}

/// Returns when the log is another one than the tables were made from. Under load a message says so first.
async fn other_log(services: &Services) -> ReportingError {
    loop {
        tokio::time::sleep(LOOK).await;
        // While PostgreSQL does not say, the tables go on as they are.
        if let (Ok(incarnations), Ok(made_from)) = (
            services.identity.recent().await,
            services.tables.incarnation().await,
        ) && is_another(&incarnations, made_from)
        {
            return NotAdmitted::OtherIncarnation.into();
        }
    }
}

impl Consumer<'_> {
    async fn consume(&mut self, stop: &CancellationToken) -> Result<(), ReportingError> {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                trouble = self.watch.trouble() => return Err(trouble.into()),
                error = other_log(self.services) => return Err(error),
                partitions = self.member.assigned() => self.begin(partitions).await?,
                message = self.member.recv() => {
                    let batches = self.drain(message)?;
                    if self.is_another_topic(&batches).await? {
                        return Err(ReportingError::OffsetLost);
                    }
                    self.apply(batches, stop).await?;
                }
            }
        }
    }

    /// Begins the assigned partitions that are still ours, each at its offset in PostgreSQL.
    async fn begin(&mut self, partitions: Vec<TopicPartition>) -> Result<(), ReportingError> {
        let bounds = self.watch.bounds(BOUNDS_WITHIN).await;
        let mut starts = vec![];
        for (topic, partition) in partitions {
            if self.member.membership().owned(&topic, partition).is_none() {
                continue;
            }
            let from = self.progress(&topic, partition).await?;
            let name = (topic, partition);
            // One message before it, where Kafka has it: it shows whether this still is the topic that the offset is from.
            let is_there = bounds
                .get(&name)
                .is_some_and(|known| known.low < from.next_offset && from.next_offset <= known.end);
            let start = from.next_offset - i64::from(is_there);
            starts.push((name.clone(), Offset::Offset(start)));
            let care = Care::default();
            self.partitions.insert(name, Here { from, care });
        }
        self.member.begin(&starts)?;
        for ((topic, partition), _) in starts {
            let offset = self.partitions[&(topic.clone(), partition)].from.next_offset;
            tracing::info!(view = super::NAME, topic, partition, offset, "assigned");
            self.member.store(&topic, partition, offset);
        }
        Ok(())
    }

    async fn progress(&self, topic: &str, partition: i32) -> Result<Progress, ReportingError> {
        let progress = self.services.tables.progress(topic, partition).await?;
        progress.ok_or(ReportingError::NotBuilt)
    }

    /// Whatever is there, without waiting for more.
    fn drain(&self, first: KafkaResult<BorrowedMessage<'_>>) -> Result<Batches, ReportingError> {
        let mut batches = Batches::new();
        let (mut count, mut next) = (0, Some(first));
        while let Some(message) = next {
            match message {
                Ok(message) => {
                    let partition = (message.topic().to_owned(), message.partition());
                    self.member.membership().delivered(&partition.0, partition.1);
                    batches.entry(partition).or_default().push(Incoming::of(&message));
                }
                Err(error) if is_offset_lost(&error) => return Err(ReportingError::OffsetLost),
                Err(error) if is_fatal(&error) => return Err(error.into()),
                Err(error) => self.member.membership().complain(&error, "no message"),
            }
            count += 1;
            if count >= MOST_MESSAGES {
                break;
            }
            next = self.member.recv().now_or_never();
        }
        Ok(batches)
    }

    /// The last message that was applied is newer than what was applied: the topic was made anew, and those before it were never seen.
    /// A message that the log does not have says nothing.
    async fn is_another_topic(&self, batches: &Batches) -> Result<bool, ReportingError> {
        for (partition, messages) in batches {
            let Some(Here { from, .. }) = self.partitions.get(partition) else {
                continue;
            };
            let last_applied = messages
                .iter()
                .find(|message| message.offset + 1 == from.next_offset);
            let Some(last) = last_applied else { continue };
            let identity = &self.services.identity;
            let places = from.position.zip(last.position());
            let is_newer = places.is_some_and(|(applied, found)| {
                found > applied && !identity.is_void(found, last.origin.incarnation)
            });
            if is_newer && genuine::is_in_log(&self.services.log, last).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn apply(&mut self, batches: Batches, stop: &CancellationToken) -> Result<(), ReportingError> {
        // PostgreSQL may take its time: that is not Kafka's fault.
        self.member.membership().set_busy(true);
        let applied = self.apply_each(batches, stop).await;
        self.member.membership().set_busy(false);
        applied
    }

    async fn apply_each(&mut self, batches: Batches, stop: &CancellationToken) -> Result<(), ReportingError> {
        for ((topic, partition), mut batch) in batches {
            loop {
                if stop.is_cancelled() {
                    return Ok(());
                }
                batch = self.apply_some(&topic, partition, batch).await?;
                if batch.is_empty() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Applies messages from the front of a batch, all of them unless care is needed; gives the others.
    async fn apply_some(
        &mut self,
        topic: &str,
        partition: i32,
        mut batch: Vec<Incoming>,
    ) -> Result<Vec<Incoming>, ReportingError> {
        let Some(Here { from, care }) = self.partitions.get_mut(&(topic.to_owned(), partition)) else {
            return Ok(vec![]);
        };
        batch.retain(|message| message.offset >= from.next_offset);
        let most = care.most_messages(from.next_offset).min(batch.len());
        let others = batch.split_off(most);
        if batch.is_empty() {
            return Ok(vec![]);
        }
        let begun = Instant::now();
        let Services {
            tables,
            log,
            identity,
            ..
        } = self.services;
        let (from_here, batch) = (*from, care.begin(batch));
        let applying = async {
            let made_from = async || tables.incarnation().await.map_err(ReportingError::from);
            let batch = admission::check(log, identity, batch, made_from).await?;
            let mut batch = admission::read_references(log, batch).await?;
            genuine::check(log, topic, &mut batch).await?;
            apply(tables, log, (topic, partition), from_here, batch).await
        };
        let applied = AssertUnwindSafe(applying).catch_unwind().await;
        let error = match applied {
            Ok(Ok(next)) => {
                metric::applied_in(begun.elapsed());
                *from = next;
                self.member.store(topic, partition, next.next_offset);
                return Ok(others);
            }
            Ok(Err(error)) if error.needs_rebuild() => return Err(error),
            Ok(Err(error)) => {
                if error.is_of_data() {
                    care.failed(error.to_string());
                }
                error.to_string()
            }
            Err(panic) => {
                let why = panics::reason(&*panic);
                care.failed(why.clone());
                why
            }
        };
        tracing::warn!(view = super::NAME, topic, partition, error, "a batch begins anew");
        metric::restart();
        tokio::time::sleep(PAUSE).await;
        self.go_back(topic, partition).await?;
        Ok(vec![])
    }

    async fn go_back(&mut self, topic: &str, partition: i32) -> Result<(), ReportingError> {
        let progress = self.progress(topic, partition).await?;
        // Not ours any more, where this fails.
        if let Err(error) = self.member.seek(topic, partition, progress.next_offset) {
            tracing::warn!(view = super::NAME, topic, partition, %error, "cannot go back");
        }
        if let Some(here) = self.partitions.get_mut(&(topic.to_owned(), partition)) {
            here.from = progress;
        }
        Ok(())
    }
}
