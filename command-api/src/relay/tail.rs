//! The end of every partition, as Kafka has it. Compared with the log whenever a relay begins to lead: a log that was restored, or a
//! replica that was promoted, may lack what was published.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use consumer_group::text_headers;
use domain::AggregateType;
use domain::cloud_event::{self, Origin};
use domain::partitioner::partition_of;
use event_store::incarnation::{Cursor, Incarnations};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Message, Offset, TopicPartitionList};
use uuid::Uuid;

use super::RelayError;
use crate::config::Kafka;

/// Messages that are looked at in each partition: where one cannot be read, or came from elsewhere, another one can.
const LOOKED_AT: i64 = 8;
const POLL: Duration = Duration::from_millis(50);
/// However many partitions there are, and however slowly they answer: so many times the longest silence.
const SILENCES: u32 = 6;

/// By topic and partition, the last messages that can be read; the oldest first.
#[derive(Debug, Default)]
pub struct Tails {
    messages: BTreeMap<(String, i32), Vec<Last>>,
    partitions: HashMap<String, usize>,
    /// Behind the last message of each partition; none where Kafka did not say.
    ends: HashMap<(String, i32), i64>,
}

#[derive(Clone, Copy, Debug)]
pub struct Last {
    pub position: i64,
    pub event: Uuid,
    pub origin: Origin,
}

/// What Kafka has and the log lacks.
#[derive(Debug)]
pub struct Loss {
    pub reason: String,
    pub cursor: Cursor,
    /// Incarnations that the log has not heard of.
    pub unknown: Vec<Uuid>,
}

impl Tails {
    /// Reads them; Kafka may be silent for no longer than `within`. A partition that cannot be read is left out: its topic's others are not
    /// to wait for it.
    pub async fn read(kafka: &Kafka, topics: Vec<String>, within: Duration) -> Result<Self, RelayError> {
        let brokers = kafka.kafka_brokers.clone();
        let reading = tokio::task::spawn_blocking(move || read(&brokers, &topics, within));
        match tokio::time::timeout(within * SILENCES, reading).await {
            Ok(Ok(tails)) => tails,
            Ok(Err(_)) => Err(KafkaError::Canceled.into()),
            Err(_) => Err(RelayError::Silent(within)),
        }
    }

    /// How many partitions a topic has; none: it is not there.
    pub fn partitions(&self, topic: &str) -> Option<usize> {
        self.partitions.get(topic).copied()
    }

    /// Where a partition ended when it was looked at.
    pub fn end(&self, topic: &str, partition: i32) -> Option<i64> {
        self.ends.get(&(topic.to_owned(), partition)).copied()
    }

    pub fn positions(&self) -> Vec<i64> {
        let all = self.messages.values().flatten();
        all.map(|last| last.position).collect()
    }

    /// What of it the log does not have, and should: `log` has the ids of the events at [`Tails::positions`].
    pub fn lost_by(
        &self,
        log: &HashMap<i64, Uuid>,
        incarnations: &Incarnations,
        cursor: i64,
        head: i64,
    ) -> Option<Loss> {
        let (mut reason, mut unknown) = (None, vec![]);
        for ((topic, partition), last) in self.each() {
            let declared = last.origin.incarnation.unwrap_or_else(|| incarnations.first());
            let place = || {
                format!(
                    "{topic}/{partition} has the event {} at {}",
                    last.event, last.position
                )
            };
            if !incarnations.knows(declared) {
                reason.get_or_insert_with(|| format!("{} of an unknown incarnation {declared}", place()));
                if !unknown.contains(&declared) {
                    unknown.push(declared);
                }
            } else if incarnations.of(last.position) == declared
                && log.get(&last.position) != Some(&last.event)
            {
                reason.get_or_insert_with(|| format!("{}, and the log does not", place()));
            }
        }
        // What one message says is no reason to publish everything again.
        let is_cursor_wrong = cursor > head;
        if is_cursor_wrong {
            reason.get_or_insert_with(|| format!("published up to {cursor}, the log ends at {head}"));
        }
        let cursor = if is_cursor_wrong {
            Cursor::Reset
        } else {
            Cursor::Kept
        };
        reason.map(|reason| Loss {
            reason,
            cursor,
            unknown,
        })
    }

    fn each(&self) -> impl Iterator<Item = (&(String, i32), &Last)> {
        let all = self.messages.iter();
        all.flat_map(|(partition, last)| last.iter().map(move |last| (partition, last)))
    }
}

fn read(brokers: &str, topics: &[String], within: Duration) -> Result<Tails, RelayError> {
    let client: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("client.id", "cartwright-relay-tails")
        // Asked for by the client even where partitions are named; nothing is committed to it.
        .set("group.id", "cartwright-relay-tails")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "error")
        .set("isolation.level", "read_uncommitted")
        .set("reconnect.backoff.max.ms", "1000")
        .create()?;
    let mut tails = Tails::default();
    let (mut assignment, mut unread) = (TopicPartitionList::new(), HashMap::new());
    for topic in topics {
        let metadata = client.fetch_metadata(Some(topic), within)?;
        let partitions = metadata.topics().iter().find(|found| found.name() == topic);
        let partitions = partitions.map_or(&[][..], |found| found.partitions());
        if !partitions.is_empty() {
            tails.partitions.insert(topic.clone(), partitions.len());
        }
        for partition in partitions {
            let (low, end) = match client.fetch_watermarks(topic, partition.id(), within) {
                Ok(bounds) => bounds,
                Err(error) => {
                    tracing::warn!(topic, partition = partition.id(), %error, "a partition's end is not known");
                    continue;
                }
            };
            tails.ends.insert((topic.clone(), partition.id()), end);
            if low < end {
                let first = Offset::Offset(low.max(end - LOOKED_AT));
                assignment.add_partition_offset(topic, partition.id(), first)?;
                unread.insert((topic.clone(), partition.id()), end);
            }
        }
    }
    client.assign(&assignment)?;
    let mut heard = Instant::now();
    while !unread.is_empty() {
        if heard.elapsed() > within {
            return Err(RelayError::Silent(within));
        }
        match client.poll(POLL) {
            Some(Ok(message)) => {
                heard = Instant::now();
                let place = (message.topic().to_owned(), message.partition());
                let partitions = tails.partitions(&place.0).unwrap_or_default();
                if let Some(last) = last(&message, partitions) {
                    tails.messages.entry(place).or_default().push(last);
                }
            }
            // The client goes on by itself; whether it gets anywhere is what counts.
            Some(Err(error)) => tracing::warn!(%error, "the last messages are not read yet"),
            None => {}
        }
        // Not by messages: the last one may be the marker of a transaction, which nobody is shown.
        for element in client.position()?.elements() {
            let place = (element.topic().to_owned(), element.partition());
            let is_read = |end: &i64| matches!(element.offset(), Offset::Offset(at) if at >= *end);
            if unread.get(&place).is_some_and(is_read) {
                unread.remove(&place);
            }
        }
    }
    Ok(tails)
}

/// None: it cannot be read, or its event belongs elsewhere, so it is not ours.
fn last(message: &impl Message, partitions: usize) -> Option<Last> {
    let headers = text_headers(message);
    let header = |name: &str| {
        headers
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| *value)
    };
    let position = header(cloud_event::POSITION)?.parse().ok()?;
    let kind = AggregateType::parse(header("ce_aggregatetype")?)?;
    let id = header("ce_subject")?;
    let is_here = partition_of(id, partitions) == message.partition()
        && message.topic().ends_with(&format!(".{}", kind.topic()));
    (position > 0 && is_here).then_some(())?;
    Some(Last {
        position,
        event: header(cloud_event::ID)?.parse().ok()?,
        origin: cloud_event::origin(headers.iter().copied()).ok()?,
    })
}
