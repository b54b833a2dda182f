//! One batch of a partition: offset, rows and what is set aside, in one transaction.
//!
//! Called by [`super::consumer`], and by tests. Whatever fails, nothing was written, and the batch is done again.

use std::collections::{BTreeMap, HashSet};

use event_store::Reader;
use reporting::{Key, Parked, Progress, Row, Step, Store};

use super::{ReportingError, metric, park};
use crate::decode::{self, Content, Incoming, Readable, Unreadable};
use crate::metric::Outcome;
use crate::panics::failpoint_at;

/// A batch by stream, each stream's events in order.
struct Batch {
    streams: BTreeMap<Key, Vec<Content>>,
    /// Events of which nobody can say whose row they would change.
    homeless: Vec<Unreadable>,
    /// After the batch.
    next: Progress,
}

/// What becomes of a batch.
#[derive(Default)]
struct Folded {
    changed: BTreeMap<Key, Row>,
    parked: Vec<Parked>,
    applied: usize,
    duplicates: usize,
    set_aside: usize,
}

/// Applies what arrived in a partition that is at `from`; gives where to go on.
pub async fn apply(
    store: &Store,
    log: &Reader,
    (topic, partition): (&str, i32),
    from: Progress,
    incoming: Vec<Incoming>,
) -> Result<Progress, ReportingError> {
    let batch = sort(from, incoming);
    let next = batch.next;
    let begun = store
        .begin_batch(topic, partition, from.next_offset, next)
        .await?;
    let Some(mut writing) = begun else {
        let topic = topic.to_owned();
        return Err(ReportingError::Refused { topic, partition });
    };
    let keys: Vec<Key> = batch.streams.keys().cloned().collect();
    let known: HashSet<String> = writing.parked_among(&keys).await?.into_iter().collect();
    let mut rows = writing.load(&keys).await?;

    let mut folded = Folded::default();
    for unreadable in batch.homeless {
        folded.set_aside += 1;
        folded.parked.push(park(&unreadable));
    }
    for (key, contents) in batch.streams {
        if !known.is_empty() && known.contains(&key.to_string()) {
            folded.set_aside += contents.len();
            continue;
        }
        let row = rows.remove(&key).unwrap_or_else(|| key.empty());
        folded.fold(log, key, row, contents).await?;
    }
    writing.write(&folded.changed).await?;
    writing.park(&folded.parked).await?;
    telemetry::failpoint("reporting.before_commit");
    writing.commit().await?;

    metric::events(Outcome::Applied, folded.applied);
    metric::events(Outcome::Duplicate, folded.duplicates);
    metric::events(Outcome::Parked, folded.set_aside);
    Ok(next)
}

fn sort(from: Progress, incoming: Vec<Incoming>) -> Batch {
    let mut batch = Batch {
        streams: BTreeMap::new(),
        homeless: vec![],
        next: from,
    };
    // Fetched before we went back, or delivered again.
    for message in incoming
        .into_iter()
        .filter(|message| message.offset >= from.next_offset)
    {
        batch.next.next_offset = message.offset + 1;
        batch.next.position = batch.next.position.max(message.position());
        let key = match &message.content {
            Content::Event(readable) => {
                let recorded = &readable.recorded;
                Key::of(recorded.aggregate_type, &recorded.aggregate_id)
            }
            // A message of nobody holds up no row, whatever it says of itself.
            Content::Unreadable(unreadable) => unreadable
                .aggregate_type
                .filter(|_| unreadable.is_of_aggregate())
                .and_then(|kind| Key::of(kind, &unreadable.aggregate_id)),
            Content::Void => continue,
        };
        match (key, message.content) {
            (Some(key), content) => batch.streams.entry(key).or_default().push(content),
            (None, Content::Unreadable(unreadable)) => batch.homeless.push(*unreadable),
            (None, Content::Event(readable)) => batch.homeless.push(without_id(&readable)),
            (None, Content::Void) => {}
        }
    }
    batch
}

fn without_id(readable: &Readable) -> Unreadable {
    let recorded = &readable.recorded;
    let (id, kind) = (&recorded.aggregate_id, recorded.aggregate_type);
    let reason = format!("{id:?} cannot be the id of a {kind}");
    Unreadable::event(recorded, Some(readable.offset), reason)
}

impl Folded {
    async fn fold(
        &mut self,
        log: &Reader,
        key: Key,
        mut row: Row,
        contents: Vec<Content>,
    ) -> Result<(), ReportingError> {
        let before = row.sequence();
        let mut contents = contents.into_iter();
        let mut poison = None;
        for content in contents.by_ref() {
            poison = match content {
                // Read before, by a binary that could.
                Content::Unreadable(unreadable)
                    if unreadable
                        .event
                        .sequence
                        .is_some_and(|sequence| sequence <= row.sequence()) =>
                {
                    self.duplicates += 1;
                    None
                }
                Content::Unreadable(unreadable) => Some(*unreadable),
                Content::Event(readable) => self.take(log, &key, &mut row, &readable).await?,
                Content::Void => None,
            };
            if poison.is_some() {
                break;
            }
        }
        if let Some(poison) = poison {
            self.set_aside += 1 + contents.len();
            self.parked.push(park(&poison));
        }
        if row.sequence() > before {
            self.changed.insert(key, row);
        }
        Ok(())
    }

    /// Folds an event, and before it what Kafka left out. What comes back is an event there that cannot be read.
    async fn take(
        &mut self,
        log: &Reader,
        key: &Key,
        row: &mut Row,
        readable: &Readable,
    ) -> Result<Option<Unreadable>, ReportingError> {
        failpoint_at("reporting.fold", &readable.recorded);
        let mut step = row.fold(&readable.recorded, &readable.event);
        if let Step::Gap { after } = step {
            tracing::warn!(aggregate = %key, after, "a gap in Kafka is filled");
            metric::gap();
            let missing = log
                .read_stream(key.aggregate_type(), &key.aggregate_id(), after)
                .await?;
            for recorded in &missing {
                match recorded.event() {
                    Ok(event) => drop(row.fold(recorded, &event)),
                    Err(error) => return Ok(Some(Unreadable::event(recorded, None, error.to_string()))),
                }
            }
            step = row.fold(&readable.recorded, &readable.event);
            if row.sequence() >= readable.recorded.sequence {
                step = Step::Applied;
            }
        }
        match step {
            Step::Applied => self.applied += 1,
            Step::Duplicate => self.duplicates += 1,
            Step::Gap { .. } => {
                let aggregate = decode::aggregate(&readable.recorded);
                tracing::error!(aggregate, "an event came through Kafka that is not in PostgreSQL");
            }
        }
        Ok(None)
    }
}
