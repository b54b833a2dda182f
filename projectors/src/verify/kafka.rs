//! Kafka, deduplicated, equals the log; and every aggregate's events are there in the log's order.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use domain::{AggregateType, RecordedEvent};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

use super::Report;
use crate::decode::{Content, Incoming};
use crate::kafka::Offsets;
use crate::services::Services;

const EVENTS_PER_PAGE: i64 = 5_000;
/// Kafka says nothing for this long, though there must be more.
const SILENCE: Duration = Duration::from_secs(10);

/// What Kafka has, small enough to hold for millions of events.
#[derive(Default)]
struct Found {
    /// Position → hash of the whole event, first arrival.
    events: HashMap<i64, u64>,
    messages: u64,
    duplicates: u64,
    /// Names and findings.
    wrong: Vec<(String, String)>,
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
    let mut found = tokio::task::spawn_blocking(move || read(config, &bounds)).await??;
    report.kafka = super::KafkaReport {
        messages: found.messages,
        duplicates: found.duplicates,
    };
    for (name, what) in found.wrong {
        report.differ(name, "the log's events in the log's order", what);
    }

    let mut position = 0;
    loop {
        let page = services.log.read_all(position, EVENTS_PER_PAGE).await?;
        let Some(last) = page.last() else { break };
        position = last.position;
        for recorded in page.iter().filter(|recorded| recorded.position <= head) {
            report.events += 1;
            let name = || format!("kafka position {} of {}", recorded.position, recorded.stream());
            match found.events.remove(&recorded.position) {
                Some(hash) if hash == hash_of(recorded) => {}
                Some(_) => report.differ(name(), "the log's event", "another"),
                None => report.differ(name(), "the log's event", "nothing"),
            }
        }
        if position >= head {
            break;
        }
    }
    for position in found.events.into_keys().filter(|position| *position <= head) {
        report.differ(
            format!("kafka position {position}"),
            "nothing",
            "an event that is not in the log",
        );
    }
    Ok(())
}

fn read(mut config: ClientConfig, bounds: &Offsets) -> anyhow::Result<Found> {
    let mut found = Found::default();
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
    let (mut newest, mut sequences) = (HashMap::new(), HashMap::new());
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
            found.take(Incoming::of(&message), partition, &mut newest, &mut sequences);
        }
    }
    Ok(found)
}

impl Found {
    fn take(
        &mut self,
        message: Incoming,
        partition: (String, i32),
        newest: &mut HashMap<(String, i32), i64>,
        sequences: &mut HashMap<String, i64>,
    ) {
        self.messages += 1;
        let place = format!("kafka {}/{} offset {}", partition.0, partition.1, message.offset);
        let recorded = match message.content {
            Content::Event(readable) => readable.recorded,
            // Readable or not here: the envelope is what is compared.
            Content::Unreadable(unreadable) => match unreadable.recorded {
                Some(recorded) => recorded,
                None => return self.wrong.push((place, unreadable.reason)),
            },
        };
        let newest = newest.entry(partition).or_insert(0);
        if recorded.position <= *newest {
            self.duplicates += 1;
            return;
        }
        *newest = recorded.position;
        let before = sequences.entry(recorded.stream().to_string()).or_insert(0);
        if recorded.sequence != *before + 1 {
            let what = format!(
                "sequence {} of {} after {before}",
                recorded.sequence,
                recorded.stream()
            );
            self.wrong.push((place, what));
        }
        *before = recorded.sequence;
        self.events.insert(recorded.position, hash_of(&recorded));
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
