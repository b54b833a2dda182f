//! A recorded event as a CloudEvents 1.0 message in Kafka's binary mode: attributes in `ce_` headers, payload as value.
//!
//! The relay encodes, projectors decode: an event read from Kafka equals the one in PostgreSQL. Pure; knows no Kafka client.
//! Sources: CloudEvents 1.0.2 and its Kafka protocol binding (cloudevents.io).

use std::borrow::Cow;

use serde_json::value::RawValue;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use uuid::Uuid;

use crate::ids::AggregateType;
use crate::recorded_event::{Metadata, RecordedEvent};

/// The version of CloudEvents.
const SPEC_VERSION: &str = "1.0";
/// The header that has the event's id.
pub const ID: &str = "ce_id";
/// The header that says where in the log an event stands.
pub const POSITION: &str = "ce_position";
/// The header that names the incarnation of the log that an event belongs to.
const INCARNATION: &str = "ce_incarnation";
/// The header that says past which position that incarnation begins: events of others past it did not happen.
const INCARNATION_SINCE: &str = "ce_incarnationsince";
/// The header that says which event comes before in the partition.
const PREVIOUS_POSITION: &str = "ce_previousposition";
/// The header of a message that has no payload, since Kafka does not take one so large. CloudEvents' extension `dataref`.
const REFERENCE: &str = "ce_dataref";

/// What a message says besides its event: where it comes from. Messages of earlier releases say nothing of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Where another one holds now, the log does not have this event any more.
    pub incarnation: Option<Uuid>,
    /// Past which position that incarnation begins.
    pub incarnation_since: Option<i64>,
    /// Of the event before this one in the same partition of the topic, where the relay knows it.
    pub previous_position: Option<i64>,
}

/// A message that is not one of ours, or is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("the header {0} is missing")]
    Missing(&'static str),
    #[error("the header {0} cannot be read: {1}")]
    Invalid(&'static str, String),
    #[error("the value is not JSON: {0}")]
    Payload(String),
    /// The event was too large for Kafka. Its message stands where it belongs; the log has the event.
    #[error("the event is in the log alone, at {position}")]
    ByReference { position: i64 },
}

/// Header names and values of `event`; the value of the message is its payload.
pub fn headers(event: &RecordedEvent) -> Vec<(&'static str, String)> {
    let kind = event.aggregate_type.as_str();
    let mut headers = Vec::with_capacity(15);
    headers.push(("ce_specversion", SPEC_VERSION.to_owned()));
    headers.push((ID, event.event_id.to_string()));
    headers.push(("ce_source", format!("/cartwright/{kind}")));
    headers.push(("ce_type", format!("commerce.{kind}.{}", event.event_type)));
    headers.push(("ce_subject", event.aggregate_id.clone()));
    headers.push(("ce_time", rfc3339_micros(event.recorded_at)));
    headers.push(("content-type", "application/json".to_owned()));
    headers.push(("ce_sequence", event.sequence.to_string()));
    headers.push((POSITION, event.position.to_string()));
    headers.push(("ce_aggregatetype", kind.to_owned()));
    headers.push(("ce_eventversion", event.event_version.clone().into_owned()));
    let metadata = &event.metadata;
    let optional = [
        ("ce_correlationid", &metadata.correlation_id),
        ("ce_causationid", &metadata.causation_id),
        ("ce_actor", &metadata.actor),
        ("ce_traceparent", &metadata.traceparent),
    ];
    headers.extend(
        optional
            .into_iter()
            .filter_map(|(name, value)| value.clone().map(|value| (name, value))),
    );
    headers
}

/// Headers of the message besides those of its event.
pub fn origin_headers(origin: Origin) -> impl Iterator<Item = (&'static str, String)> {
    let incarnation = origin.incarnation.map(|id| (INCARNATION, id.to_string()));
    let numbers = [
        (INCARNATION_SINCE, origin.incarnation_since),
        (PREVIOUS_POSITION, origin.previous_position),
    ];
    let numbers = numbers
        .into_iter()
        .filter_map(|(name, number)| Some((name, number?.to_string())));
    incarnation.into_iter().chain(numbers)
}

/// Where a message comes from.
///
/// # Errors
/// [`DecodeError`] naming the header that is damaged.
pub fn origin<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Origin, DecodeError> {
    let mut origin = Origin::default();
    for (name, text) in headers {
        match name {
            INCARNATION => {
                let id = Uuid::parse_str(text);
                origin.incarnation =
                    Some(id.map_err(|error| DecodeError::Invalid(INCARNATION, error.to_string()))?);
            }
            INCARNATION_SINCE => {
                origin.incarnation_since = Some(number(INCARNATION_SINCE, Some(text))?);
            }
            PREVIOUS_POSITION => {
                origin.previous_position = Some(number(PREVIOUS_POSITION, Some(text))?);
            }
            _ => {}
        }
    }
    Ok(origin)
}

/// The header that a message has besides those of [`headers`] when it goes without its payload.
pub fn reference(event: &RecordedEvent) -> (&'static str, String) {
    (REFERENCE, format!("/cartwright/log/{}", event.position))
}

/// # Errors
/// [`DecodeError`] naming the header or value that is missing or damaged; or that the log alone has the event.
pub fn decode<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    value: &[u8],
) -> Result<RecordedEvent, DecodeError> {
    let mut found = Found::default();
    for (name, text) in headers {
        match name {
            "ce_specversion" => found.spec_version = Some(text),
            ID => found.id = Some(text),
            "ce_type" => found.event_type = Some(text),
            "ce_subject" => found.subject = Some(text),
            "ce_time" => found.time = Some(text),
            "ce_sequence" => found.sequence = Some(text),
            POSITION => found.position = Some(text),
            REFERENCE => found.is_reference = true,
            "ce_aggregatetype" => found.aggregate_type = Some(text),
            "ce_eventversion" => found.event_version = Some(text),
            "ce_correlationid" => found.metadata.correlation_id = Some(text.to_owned()),
            "ce_causationid" => found.metadata.causation_id = Some(text.to_owned()),
            "ce_actor" => found.metadata.actor = Some(text.to_owned()),
            "ce_traceparent" => found.metadata.traceparent = Some(text.to_owned()),
            // Later releases may add attributes.
            _ => {}
        }
    }
    let spec_version = required("ce_specversion", found.spec_version)?;
    if spec_version != SPEC_VERSION {
        return Err(DecodeError::Invalid(
            "ce_specversion",
            format!("{spec_version:?} is not {SPEC_VERSION:?}"),
        ));
    }
    if found.is_reference {
        return Err(DecodeError::ByReference {
            position: number(POSITION, found.position)?,
        });
    }
    let kind = required("ce_aggregatetype", found.aggregate_type)?;
    let aggregate_type = AggregateType::parse(kind)
        .ok_or_else(|| DecodeError::Invalid("ce_aggregatetype", format!("{kind:?} is not known here")))?;
    let event_type = event_type(required("ce_type", found.event_type)?, aggregate_type)?;
    let payload = std::str::from_utf8(value).map_err(|error| DecodeError::Payload(error.to_string()))?;
    Ok(RecordedEvent {
        position: number(POSITION, found.position)?,
        aggregate_type,
        aggregate_id: required("ce_subject", found.subject)?.to_owned(),
        sequence: number("ce_sequence", found.sequence)?,
        event_type: Cow::Owned(event_type.to_owned()),
        event_version: Cow::Owned(required("ce_eventversion", found.event_version)?.to_owned()),
        payload: RawValue::from_string(payload.to_owned())
            .map_err(|error| DecodeError::Payload(error.to_string()))?,
        metadata: found.metadata,
        event_id: Uuid::parse_str(required(ID, found.id)?)
            .map_err(|error| DecodeError::Invalid(ID, error.to_string()))?,
        recorded_at: OffsetDateTime::parse(required("ce_time", found.time)?, &Rfc3339)
            .map_err(|error| DecodeError::Invalid("ce_time", error.to_string()))?,
    })
}

#[derive(Default)]
struct Found<'a> {
    spec_version: Option<&'a str>,
    id: Option<&'a str>,
    event_type: Option<&'a str>,
    subject: Option<&'a str>,
    time: Option<&'a str>,
    sequence: Option<&'a str>,
    position: Option<&'a str>,
    aggregate_type: Option<&'a str>,
    event_version: Option<&'a str>,
    is_reference: bool,
    metadata: Metadata,
}

fn required<'a>(name: &'static str, value: Option<&'a str>) -> Result<&'a str, DecodeError> {
    value.ok_or(DecodeError::Missing(name))
}

/// The event's name in `commerce.{aggregate_type}.{name}`.
fn event_type(text: &str, aggregate_type: AggregateType) -> Result<&str, DecodeError> {
    text.strip_prefix("commerce.")
        .and_then(|rest| rest.strip_prefix(aggregate_type.as_str()))
        .and_then(|rest| rest.strip_prefix('.'))
        .filter(|name| !name.is_empty())
        .ok_or_else(|| {
            DecodeError::Invalid("ce_type", format!("{text:?} is not an event of {aggregate_type}"))
        })
}

fn number(name: &'static str, value: Option<&str>) -> Result<i64, DecodeError> {
    required(name, value)?
        .parse()
        .map_err(|error: std::num::ParseIntError| DecodeError::Invalid(name, error.to_string()))
}

/// RFC 3339 in UTC, always with six decimals: what PostgreSQL keeps.
fn rfc3339_micros(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second, micro) = at.to_hms_micro();
    let month = u8::from(month);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z")
}
