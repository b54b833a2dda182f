//! What arrives in a partition, before it is applied: compared with the log that it should come from.
//!
//! Messages of events that the log has lost are passed over; a message that only refers to the log is read there; and where a message says
//! that another one belongs between it and the last one that was applied, that one is read from the log, too.

use domain::partitioner::partition_of;
use domain::{AggregateType, RecordedEvent};
use event_store::{DatabaseError, Reader};
use uuid::Uuid;

use crate::decode::{Content, Incoming};
use crate::genuine;
use crate::log_identity::{LogIdentity, is_another};

const EVENTS_PER_PAGE: i64 = 1_000;
/// A hole over more positions than this is not filled: the view is made anew, which is quicker.
const WIDEST_HOLE: i64 = 50_000;

/// Why nothing of a batch may be applied.
#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    #[error("PostgreSQL: {0}")]
    Log(#[from] DatabaseError),
    #[error("it was made from another incarnation of the log")]
    OtherIncarnation,
    #[error("more than {WIDEST_HOLE} positions are missing before {before}")]
    Hole { before: i64 },
    #[error(
        "events are missing before position {before}, and Kafka does not say how many partitions there are"
    )]
    Unknown { before: i64 },
}

/// Checks which incarnation of the log each message is from. `made_from` is that of what the messages are for, asked where it matters.
///
/// # Errors
/// [`NotAdmitted::OtherIncarnation`] where the log has gone on to another one since.
pub async fn check<E>(
    log: &Reader,
    identity: &LogIdentity,
    mut batch: Vec<Incoming>,
    made_from: impl AsyncFnOnce() -> Result<Option<Uuid>, E>,
) -> Result<Vec<Incoming>, E>
where
    E: From<NotAdmitted>,
{
    let is_void = |message: &Incoming, incarnations: &event_store::incarnation::Incarnations| {
        let position = message.position();
        position.is_some_and(|position| !incarnations.has(position, message.origin.incarnation))
    };
    let known = identity.known().await.map_err(NotAdmitted::from)?;
    if !batch.iter().any(|message| is_void(message, &known)) {
        return Ok(batch);
    }
    let incarnations = identity.ask().await.map_err(NotAdmitted::from)?;
    if is_another(&incarnations, made_from().await?) {
        return Err(NotAdmitted::OtherIncarnation.into());
    }
    for message in &mut batch {
        if is_void(message, &incarnations) && !is_of_earlier_release(log, message).await? {
            let (offset, position, incarnation) =
                (message.offset, message.position(), message.origin.incarnation);
            tracing::warn!(
                offset,
                position,
                ?incarnation,
                "a message is of an event that the log has lost"
            );
            message.content = Content::Void;
        }
    }
    Ok(batch)
}

/// Whether a relay of a release that knew no incarnations published what the log has: it leads again while a release is rolled back.
async fn is_of_earlier_release(log: &Reader, message: &Incoming) -> Result<bool, NotAdmitted> {
    Ok(message.origin.incarnation.is_none() && genuine::is_in_log(log, message).await?)
}

/// Reads from the log what messages only refer to.
pub async fn read_references(log: &Reader, mut batch: Vec<Incoming>) -> Result<Vec<Incoming>, DatabaseError> {
    for message in &mut batch {
        let Some((position, id)) = reference(message) else {
            continue;
        };
        let found = log.at(position).await?;
        // Where the log has something else there, the message stays what it is: unreadable.
        if let Some(recorded) = found.filter(|found| found.event_id == id) {
            let origin = message.origin;
            *message = Incoming {
                origin,
                ..Incoming::recorded(message.offset, recorded)
            };
        }
    }
    Ok(batch)
}

fn reference(message: &Incoming) -> Option<(i64, Uuid)> {
    match &message.content {
        Content::Unreadable(unreadable) => unreadable.event.position.zip(unreadable.referred_to),
        Content::Event(_) | Content::Void => None,
    }
}

/// A partition and how far it was applied.
#[derive(Clone, Copy)]
pub struct Applied<'a> {
    pub aggregate_types: &'a [AggregateType],
    /// With its prefix, as Kafka knows it.
    pub topic: &'a str,
    pub partition: i32,
    pub position: i64,
}

/// Puts into a batch what is missing in it by what its messages say. `partitions` of the topic, asked where it matters.
pub async fn fill_holes(
    log: &Reader,
    applied: Applied<'_>,
    batch: Vec<Incoming>,
    partitions: impl AsyncFnOnce() -> Option<usize>,
) -> Result<Vec<Incoming>, NotAdmitted> {
    if holes(applied.position, &batch).is_empty() {
        return Ok(batch);
    }
    let partitions = partitions().await;
    let (mut whole, mut position) = (Vec::with_capacity(batch.len()), applied.position);
    for message in batch {
        if let Some(before) = hole(position, &message) {
            let count = partitions.ok_or(NotAdmitted::Unknown { before })?;
            if before - position > WIDEST_HOLE {
                return Err(NotAdmitted::Hole { before });
            }
            let missing = between(log, applied, position, before, count).await?;
            let (topic, partition, events) = (applied.topic, applied.partition, missing.len());
            tracing::warn!(
                topic,
                partition,
                position,
                before,
                events,
                "a hole in Kafka is filled from the log"
            );
            whole.extend(
                missing
                    .into_iter()
                    .map(|recorded| Incoming::recorded(message.offset, recorded)),
            );
        }
        position = position.max(message.position().unwrap_or(position));
        whole.push(message);
    }
    Ok(whole)
}

/// Positions before which something is missing.
fn holes(mut position: i64, batch: &[Incoming]) -> Vec<i64> {
    let mut holes = vec![];
    for message in batch {
        holes.extend(hole(position, message));
        position = position.max(message.position().unwrap_or(position));
    }
    holes
}

/// The message's own position, where it comes behind an event that was not applied.
fn hole(applied: i64, message: &Incoming) -> Option<i64> {
    let at = message.position().filter(|at| *at > applied)?;
    let previous = message.origin.previous_position?;
    (previous > applied && previous < at).then_some(at)
}

async fn between(
    log: &Reader,
    applied: Applied<'_>,
    after: i64,
    before: i64,
    partitions: usize,
) -> Result<Vec<RecordedEvent>, DatabaseError> {
    let belongs = |recorded: &RecordedEvent| {
        let kind = recorded.aggregate_type;
        applied.aggregate_types.contains(&kind)
            && applied.topic.ends_with(&format!(".{}", kind.topic()))
            && partition_of(&recorded.aggregate_id, partitions) == applied.partition
    };
    let (mut found, mut at) = (vec![], after);
    loop {
        let page = log.read_all(at, EVENTS_PER_PAGE).await?;
        let Some(last) = page.last() else { break };
        at = last.position;
        let inside = page.into_iter().filter(|recorded| recorded.position < before);
        found.extend(inside.filter(belongs));
        if at >= before {
            break;
        }
    }
    Ok(found)
}
