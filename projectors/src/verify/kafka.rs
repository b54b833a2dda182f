//! Kafka, deduplicated and without what is somebody else's, equals the log; and every aggregate's events are there in the log's order.
//!
//! What the log does not have is counted and forgiven: nobody can take a message out of a topic, and no consumer applies it. Where it is
//! still set aside in a view, until operators discard it, the comparison of that view names it.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use domain::{AggregateType, RecordedEvent};
use event_store::incarnation::Incarnations;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use uuid::Uuid;

use super::{MOST_DIFFERENCES, Report};
use crate::decode::{Content, Incoming};
use crate::kafka::Offsets;
use crate::services::Services;

const EVENTS_PER_PAGE: i64 = 5_000;
const IN_ORDER: &str = "the log's events in the log's order";
/// Kafka says nothing for this long, though there must be more.
const SILENCE: Duration = Duration::from_secs(10);

/// What the log has, small enough to hold for millions of events: position → the event's id, and a hash of the whole.
type Log = HashMap<i64, (Uuid, u64)>;

/// What was read of Kafka so far.
struct Found {
    log: Log,
    head: i64,
    incarnations: Incarnations,
    /// Positions of the log's events that arrived.
    arrived: HashSet<i64>,
    messages: u64,
    duplicates: u64,
    /// Messages of events that the log has lost: they were published before it was restored.
    void: u64,
    /// Messages of nobody: the log has no such event.
    foreign: u64,
    /// Positions of the log's events that such messages claim.
    claimed: HashSet<i64>,
    /// The newest position of each partition, the newest sequence of each stream.
    newest: HashMap<(String, i32), i64>,
    sequences: HashMap<String, i64>,
    /// Name, what was expected, what was found.
    wrong: Vec<(String, &'static str, String)>,
}

/// A message that is, or refers to, an event.
struct Event {
    position: i64,
    sequence: i64,
    /// `type/id`.
    stream: String,
}

pub async fn compare(services: &Services, head: i64, report: &mut Report) -> anyhow::Result<()> {
    let mut topics: Vec<String> = AggregateType::ALL
        .iter()
        .map(|kind| services.kafka.topic(kind.topic()))
        .collect();
    topics.sort();
    topics.dedup();
    let bounds = services.kafka.bounds(topics).await?;
    let config = services.kafka.client();
    let log = read_log(services, head).await?;
    report.events += u64::try_from(log.len())?;
    let nothing = Found {
        log,
        head,
        incarnations: services.log.incarnations().await?,
        arrived: HashSet::new(),
        messages: 0,
        duplicates: 0,
        void: 0,
        foreign: 0,
        claimed: HashSet::new(),
        newest: HashMap::new(),
        sequences: HashMap::new(),
        wrong: vec![],
    };
    let found = tokio::task::spawn_blocking(move || read(config, &bounds, nothing)).await??;
    report.kafka = super::KafkaReport {
        messages: found.messages,
        duplicates: found.duplicates,
        void: found.void,
        foreign: found.foreign,
    };
    let mut missing: Vec<i64> = found.log.into_keys().collect();
    missing.retain(|position| !found.arrived.contains(position));
    missing.sort_unstable();
    for (name, expected, what) in found.wrong {
        report.differ(name, expected, what);
    }
    // Their names are of interest only as far as they are shown.
    for position in missing.iter().take(MOST_DIFFERENCES) {
        let stream = match services.log.at(*position).await? {
            Some(recorded) => recorded.stream().to_string(),
            None => "an unknown stream".to_owned(),
        };
        report.differ(
            format!("kafka position {position} of {stream}"),
            "the log's event",
            if found.claimed.contains(position) {
                "another"
            } else {
                "nothing"
            },
        );
    }
    Ok(())
}

async fn read_log(services: &Services, head: i64) -> anyhow::Result<Log> {
    let (mut log, mut position) = (Log::new(), 0);
    while position < head {
        let page = services.log.read_all(position, EVENTS_PER_PAGE).await?;
        let Some(last) = page.last() else { break };
        position = last.position;
        let inside = page.iter().filter(|recorded| recorded.position <= head);
        log.extend(inside.map(|recorded| (recorded.position, (recorded.event_id, hash_of(recorded)))));
    }
    Ok(log)
}

fn read(mut config: ClientConfig, bounds: &Offsets, mut found: Found) -> anyhow::Result<Found> {
    let mut assignment = TopicPartitionList::new();
    let mut unread: HashMap<(String, i32), i64> = HashMap::new();
    for ((topic, partition), bounds) in bounds.iter().filter(|(_, bounds)| bounds.low < bounds.end) {
        assignment.add_partition_offset(topic, *partition, Offset::Offset(bounds.low))?;
        unread.insert((topic.clone(), *partition), bounds.end);
    }
    // A group is asked for by the client even where partitions are named; nothing is committed to it.
    config
        .set("group.id", "verify")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "error");
    let consumer: BaseConsumer = config.create()?;
    consumer.assign(&assignment)?;
    let mut heard = Instant::now();
    while !unread.is_empty() {
        let Some(message) = consumer.poll(Duration::from_millis(100)) else {
            anyhow::ensure!(
                heard.elapsed() < SILENCE,
                "Kafka does not give {:?}",
                unread.keys()
            );
            continue;
        };
        let message = message?;
        heard = Instant::now();
        let partition = (message.topic().to_owned(), message.partition());
        let Some(end) = unread.get(&partition).copied() else {
            continue;
        };
        if message.offset() + 1 >= end {
            unread.remove(&partition);
        }
        if message.offset() < end {
            found.take(Incoming::of(&message), partition);
        }
    }
    Ok(found)
}

impl Found {
    fn take(&mut self, message: Incoming, partition: (String, i32)) {
        self.messages += 1;
        let place = format!("kafka {}/{} offset {}", partition.0, partition.1, message.offset);
        let (position, incarnation) = (message.position(), message.origin.incarnation);
        if let Some(event) = self.event(message) {
            self.arrive(event, place, partition);
            return;
        }
        // What a former incarnation had in common with the log may have been published under either.
        if position.is_some_and(|position| !self.incarnations.has(position, incarnation)) {
            self.void += 1;
            return;
        }
        // What was stored since the head was read is compared the next time.
        if position.is_none_or(|position| position <= self.head) {
            self.foreign += 1;
        }
        self.claimed
            .extend(position.filter(|position| self.log.contains_key(position)));
    }

    /// The log's event that a message is of; none where the log has no such event.
    fn event(&self, message: Incoming) -> Option<Event> {
        let known = |position| self.log.get(&position);
        let of = |recorded: &RecordedEvent| {
            let is_the_logs = known(recorded.position).is_some_and(|(_, hash)| *hash == hash_of(recorded));
            is_the_logs.then(|| Event {
                position: recorded.position,
                sequence: recorded.sequence,
                stream: recorded.stream().to_string(),
            })
        };
        let unreadable = match message.content {
            Content::Event(readable) => return of(&readable.recorded),
            Content::Void => return None,
            Content::Unreadable(unreadable) => unreadable,
        };
        // Readable or not here: the envelope is what is compared.
        if let Some(recorded) = &unreadable.recorded {
            return of(recorded);
        }
        let (id, position) = (unreadable.referred_to?, unreadable.event.position?);
        let is_the_logs = known(position).is_some_and(|(known, _)| *known == id);
        let sequence = unreadable.event.sequence.filter(|_| is_the_logs)?;
        Some(Event {
            position,
            sequence,
            stream: unreadable.aggregate,
        })
    }

    fn arrive(&mut self, event: Event, place: String, partition: (String, i32)) {
        let Event {
            position,
            sequence,
            stream,
        } = event;
        let newest = self.newest.entry(partition).or_insert(0);
        if position <= *newest {
            self.duplicates += 1;
            return;
        }
        *newest = position;
        let before = self.sequences.insert(stream.clone(), sequence).unwrap_or(0);
        if sequence != before + 1 {
            let what = format!("sequence {sequence} of {stream} after {before}");
            self.wrong.push((place, IN_ORDER, what));
        }
        self.arrived.insert(position);
    }
}

fn hash_of(recorded: &RecordedEvent) -> u64 {
    let mut hasher = DefaultHasher::new();
    let metadata = &recorded.metadata;
    (
        recorded.position,
        recorded.aggregate_type,
        &recorded.aggregate_id,
        recorded.sequence,
    )
        .hash(&mut hasher);
    (
        &recorded.event_type,
        &recorded.event_version,
        recorded.payload.get(),
    )
        .hash(&mut hasher);
    (
        &metadata.correlation_id,
        &metadata.causation_id,
        &metadata.traceparent,
        &metadata.actor,
    )
        .hash(&mut hasher);
    (recorded.event_id, recorded.recorded_at).hash(&mut hasher);
    hasher.finish()
}
