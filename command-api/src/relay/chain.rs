//! Where each event goes, and which one went there before it: what a projector needs to see that one is missing.

use std::collections::HashMap;

use domain::partitioner::partition_of;
use domain::{AggregateType, RecordedEvent};
use event_store::relay_cursor::{CursorError, Leadership};

use super::RelayError;
use super::tail::Tails;
use crate::config::Kafka;
use crate::topics;

/// How far back the log is read for the last event of each partition. One that is farther back is not known, and that is said.
const LOOKED_BACK: i64 = 10_000;

pub struct Chain {
    /// With the number of its partitions.
    topics: HashMap<AggregateType, (String, Option<usize>)>,
    /// By topic and partition, the position of the event that was sent last.
    previous: HashMap<(AggregateType, i32), i64>,
}

/// Where an event goes.
pub struct Place<'a> {
    pub topic: &'a str,
    pub partition: i32,
}

impl Chain {
    pub fn new(kafka: &Kafka, tails: &Tails) -> Self {
        let topic = |kind| {
            let name = topics::name(kafka, kind);
            let partitions = tails.partitions(&name);
            (kind, (name, partitions))
        };
        Self {
            topics: AggregateType::ALL.into_iter().map(topic).collect(),
            previous: HashMap::new(),
        }
    }

    /// Takes up what is before the cursor. Kafka may have lost it since: then whoever has not read it yet learns that it is missing.
    pub async fn continue_from(&mut self, leadership: &mut Leadership) -> Result<(), CursorError> {
        let mut last = HashMap::new();
        for (position, kind, id) in leadership.before_cursor(LOOKED_BACK).await? {
            if let Some((_, Some(partitions))) = self.topics.get(&kind) {
                let partition = partition_of(&id, *partitions);
                last.entry((topic_of(kind), partition)).or_insert(position);
            }
        }
        self.previous = last;
        Ok(())
    }

    /// # Errors
    /// [`RelayError::NoTopic`]: where it belongs is not known before there are partitions.
    pub fn place(&self, event: &RecordedEvent) -> Result<Place<'_>, RelayError> {
        match self.topics.get(&event.aggregate_type) {
            Some((topic, Some(partitions))) => Ok(Place {
                topic,
                partition: partition_of(&event.aggregate_id, *partitions),
            }),
            Some((topic, None)) => Err(RelayError::NoTopic(topic.clone())),
            None => Err(RelayError::NoTopic(event.aggregate_type.to_string())),
        }
    }

    /// Puts an event behind the one before it in its partition, and says which that was.
    pub fn link(&mut self, event: &RecordedEvent, partition: i32) -> Option<i64> {
        self.previous
            .insert((topic_of(event.aggregate_type), partition), event.position)
    }
}

/// One aggregate type for all that share a topic.
fn topic_of(kind: AggregateType) -> AggregateType {
    let mut kinds = AggregateType::ALL.into_iter();
    kinds.find(|other| other.topic() == kind.topic()).unwrap_or(kind)
}
