//! An event with its envelope: what is in the log and what travels over Kafka.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::event::{Event, UnreadableEvent};
use crate::ids::{AggregateType, StreamId};

#[derive(Clone, Debug)]
pub struct RecordedEvent {
    /// Place in the whole log. Positions grow in commit order; there may be holes.
    pub position: i64,
    pub aggregate_type: AggregateType,
    pub aggregate_id: String,
    /// Place in the stream, from 1, without holes.
    pub sequence: i64,
    pub event_type: Cow<'static, str>,
    pub event_version: Cow<'static, str>,
    pub payload: Box<RawValue>,
    pub metadata: Metadata,
    pub event_id: Uuid,
    /// When it was appended, to the microsecond, by PostgreSQL's clock.
    pub recorded_at: OffsetDateTime,
}

/// Why an event came about. No personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<String>,
    /// W3C Trace Context of the request that caused the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// Who did it: `guest`, `staff`, `system`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

impl RecordedEvent {
    /// # Errors
    /// [`UnreadableEvent`] when this binary does not know the event.
    pub fn event(&self) -> Result<Event, UnreadableEvent> {
        Event::parse(
            self.aggregate_type,
            &self.event_type,
            &self.event_version,
            self.payload.get(),
        )
    }

    pub fn stream(&self) -> StreamId {
        StreamId::new(self.aggregate_type, self.aggregate_id.as_str())
    }
}

impl PartialEq for RecordedEvent {
    fn eq(&self, other: &Self) -> bool {
        self.position == other.position
            && self.aggregate_type == other.aggregate_type
            && self.aggregate_id == other.aggregate_id
            && self.sequence == other.sequence
            && self.event_type == other.event_type
            && self.event_version == other.event_version
            && self.payload.get() == other.payload.get()
            && self.metadata == other.metadata
            && self.event_id == other.event_id
            && self.recorded_at == other.recorded_at
    }
}
