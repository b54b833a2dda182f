//! Asks Kafka where partitions begin and end, how far the group has committed, and who its members are: on a thread of its own, through a
//! client of its own, with a limit on every question. A client that does not get answers is replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::metadata::MetadataTopic;
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::oneshot;

use crate::TopicPartition;
use crate::client::Settings;
use crate::closing::Held;

/// On one question to Kafka.
const LIMIT: Duration = Duration::from_secs(2);
/// On all of one look. The thread is given up after this.
const LOOK_LIMIT: Duration = Duration::from_secs(12);
/// How often the partitions of the topics are looked up.
const PARTITIONS_EVERY: Duration = Duration::from_secs(10);
/// A client that fails for this long is replaced.
const REPLACED_AFTER: Duration = Duration::from_secs(10);

/// Offsets of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Of the oldest message.
    pub low: i64,
    /// Of the next message to be written.
    pub end: i64,
}

/// What is asked besides the bounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    pub committed: bool,
    pub owners: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub bounds: BTreeMap<TopicPartition, Bounds>,
    /// The next offset, where the group has committed one.
    pub committed: BTreeMap<TopicPartition, i64>,
    /// What the group's members own, all together. None: not asked, or the group is being shared out anew.
    pub owned_by_somebody: Option<BTreeSet<TopicPartition>>,
}

type Reply = oneshot::Sender<Result<Answer, String>>;

/// A thread that answers questions.
pub(crate) struct Probe {
    settings: Settings,
    thread: mpsc::SyncSender<(Question, Reply)>,
}

impl Probe {
    pub(crate) fn start(settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            thread: spawn(settings.clone()),
        }
    }

    /// One look at Kafka. An error is a sentence.
    pub(crate) async fn ask(&mut self, question: Question) -> Result<Answer, String> {
        let (reply, answer) = oneshot::channel();
        let answered = if self.thread.try_send((question, reply)).is_ok() {
            tokio::time::timeout(LOOK_LIMIT, answer)
                .await
                .ok()
                .and_then(Result::ok)
        } else {
            None
        };
        answered.unwrap_or_else(|| {
            // It hangs in a question that has a limit: librdkafka is not to be trusted with it.
            self.thread = spawn(self.settings.clone());
            Err("the client that asks Kafka hangs, and was replaced".to_owned())
        })
    }
}

fn spawn(settings: Settings) -> mpsc::SyncSender<(Question, Reply)> {
    let (questions, asked) = mpsc::sync_channel::<(Question, Reply)>(1);
    let started = std::thread::Builder::new()
        .name("kafka-probe".to_owned())
        .spawn(move || {
            let mut client = Client::new(settings);
            // Ends when the watch is dropped.
            while let Ok((question, reply)) = asked.recv() {
                let answer = client.look(question).map_err(|error| error.to_string());
                if reply.send(answer).is_err() {
                    tracing::debug!("nobody waits for Kafka's answer any more");
                }
            }
        });
    if let Err(error) = started {
        // The next question finds nobody, and tries again.
        tracing::error!(%error, "Kafka cannot be asked: no thread is left");
    }
    questions
}

struct Client {
    settings: Settings,
    consumer: Option<Held<BaseConsumer>>,
    partitions: Vec<TopicPartition>,
    looked_up: Option<Instant>,
    failing_since: Option<Instant>,
}

impl Client {
    const fn new(settings: Settings) -> Self {
        Self {
            settings,
            consumer: None,
            partitions: vec![],
            looked_up: None,
            failing_since: None,
        }
    }

    fn look(&mut self, question: Question) -> KafkaResult<Answer> {
        let consumer = if let Some(held) = &self.consumer {
            Arc::clone(held.consumer())
        } else {
            // It never subscribes, and so never joins the group in whose name it asks.
            let held = Held::new(&self.settings.name, self.settings.client().create()?);
            Arc::clone(self.consumer.insert(held).consumer())
        };
        let answer = self.ask(&consumer, question);
        drop(consumer);
        if answer.is_ok() {
            self.failing_since = None;
        } else {
            self.looked_up = None;
            let failing_since = *self.failing_since.get_or_insert_with(Instant::now);
            if failing_since.elapsed() >= REPLACED_AFTER {
                self.failing_since = None;
                self.consumer = None;
            }
        }
        answer
    }

    fn ask(&mut self, consumer: &BaseConsumer, question: Question) -> KafkaResult<Answer> {
        if self.looked_up.is_none_or(|at| at.elapsed() >= PARTITIONS_EVERY) {
            self.partitions = partitions(consumer, &self.settings.topics)?;
            self.looked_up = Some(Instant::now());
        }
        // The checkpoint first: it is never past an end that was read after it, unless the topic was made anew.
        let committed = if question.committed {
            committed(consumer, &self.partitions)?
        } else {
            BTreeMap::new()
        };
        let owned_by_somebody = if question.owners {
            owners(consumer, &self.settings.group)?
        } else {
            None
        };
        let low = offsets(consumer, &self.partitions, Offset::Beginning)?;
        let end = offsets(consumer, &self.partitions, Offset::End)?;
        let bounds = end.into_iter().filter_map(|(name, end)| {
            let low = *low.get(&name)?;
            Some((name, Bounds { low, end }))
        });
        Ok(Answer {
            bounds: bounds.collect(),
            committed,
            owned_by_somebody,
        })
    }
}

fn partitions(consumer: &BaseConsumer, topics: &[String]) -> KafkaResult<Vec<TopicPartition>> {
    let mut partitions = vec![];
    for topic in topics {
        let metadata = consumer.fetch_metadata(Some(topic), LIMIT)?;
        let found = metadata.topics().iter().find(|found| found.name() == topic);
        let of_topic = found.map(MetadataTopic::partitions).unwrap_or_default();
        if of_topic.is_empty() {
            return Err(KafkaError::MetadataFetch(
                RDKafkaErrorCode::UnknownTopicOrPartition,
            ));
        }
        partitions.extend(of_topic.iter().map(|partition| (topic.clone(), partition.id())));
    }
    Ok(partitions)
}

fn committed(
    consumer: &BaseConsumer,
    partitions: &[TopicPartition],
) -> KafkaResult<BTreeMap<TopicPartition, i64>> {
    let asked = list(partitions, Offset::Invalid)?;
    by_partition(&consumer.committed_offsets(asked, LIMIT)?)
}

/// One request to each broker. In place of a time, the beginning or the end can be asked for.
fn offsets(
    consumer: &BaseConsumer,
    partitions: &[TopicPartition],
    of: Offset,
) -> KafkaResult<BTreeMap<TopicPartition, i64>> {
    by_partition(&consumer.offsets_for_times(list(partitions, of)?, LIMIT)?)
}

fn list(partitions: &[TopicPartition], offset: Offset) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for (topic, partition) in partitions {
        list.add_partition_offset(topic, *partition, offset)?;
    }
    Ok(list)
}

/// Partitions without an offset are left out: that is not the same as zero.
fn by_partition(answered: &TopicPartitionList) -> KafkaResult<BTreeMap<TopicPartition, i64>> {
    let mut offsets = BTreeMap::new();
    for element in answered.elements() {
        element.error()?;
        if let Offset::Offset(offset) = element.offset() {
            offsets.insert((element.topic().to_owned(), element.partition()), offset);
        }
    }
    Ok(offsets)
}

/// What the members own, as the group's coordinator sees it. None while the group is being shared out.
fn owners(consumer: &BaseConsumer, group: &str) -> KafkaResult<Option<BTreeSet<TopicPartition>>> {
    let groups = consumer.fetch_group_list(Some(group), LIMIT)?;
    let Some(group) = groups.groups().iter().find(|found| found.name() == group) else {
        return Ok(Some(BTreeSet::new()));
    };
    let members = group.members();
    match group.state() {
        "PreparingRebalance" | "CompletingRebalance" => Ok(None),
        _ => Ok(members
            .iter()
            .map(|member| assignment(member.assignment().unwrap_or_default()))
            .try_fold(BTreeSet::new(), |mut all, owned| {
                all.extend(owned?);
                Some(all)
            })),
    }
}

/// Kafka's `ConsumerProtocolAssignment`: a version, then topics with their partitions, then what the assignor adds.
fn assignment(bytes: &[u8]) -> Option<Vec<TopicPartition>> {
    if bytes.is_empty() {
        return Some(vec![]);
    }
    let mut bytes = Reader(bytes);
    let _version = bytes.int16()?;
    let mut owned = vec![];
    for _ in 0..bytes.int32()? {
        let length = usize::try_from(bytes.int16()?).ok()?;
        let topic = std::str::from_utf8(bytes.take(length)?).ok()?.to_owned();
        for _ in 0..bytes.int32()? {
            owned.push((topic.clone(), bytes.int32()?));
        }
    }
    Some(owned)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn int16(&mut self) -> Option<i16> {
        self.take(2)?.try_into().ok().map(i16::from_be_bytes)
    }

    fn int32(&mut self) -> Option<i32> {
        self.take(4)?.try_into().ok().map(i32::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_is_read_and_a_broken_one_is_unknown() {
        let bytes = [
            &[0, 1][..],
            &[0, 0, 0, 1],
            &[0, 3],
            b"a.b",
            &[0, 0, 0, 2],
            &[0, 0, 0, 0],
            &[0, 0, 0, 5],
            &[255, 255, 255, 255],
        ]
        .concat();
        let owned = vec![("a.b".to_owned(), 0), ("a.b".to_owned(), 5)];
        assert_eq!(assignment(&bytes), Some(owned));
        assert_eq!(assignment(&[]), Some(vec![]));
        assert_eq!(assignment(&bytes[..14]), None);
    }
}
