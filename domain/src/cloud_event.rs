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

/// A message that is not one of ours, or is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("the header {0} is missing")]
    Missing(&'static str),
    #[error("the header {0} cannot be read: {1}")]
    Invalid(&'static str, String),
    #[error("the value is not JSON: {0}")]
    Payload(String),
}

/// Header names and values of `event`; the value of the message is its payload.
pub fn headers(event: &RecordedEvent) -> Vec<(&'static str, String)> {
    let kind = event.aggregate_type.as_str();
    let mut headers = Vec::with_capacity(15);
    headers.push(("ce_specversion", SPEC_VERSION.to_owned()));
    headers.push(("ce_id", event.event_id.to_string()));
    headers.push(("ce_source", format!("/cartwright/{kind}")));
    headers.push(("ce_type", format!("commerce.{kind}.{}", event.event_type)));
    headers.push(("ce_subject", event.aggregate_id.clone()));
    headers.push(("ce_time", rfc3339_micros(event.recorded_at)));
    headers.push(("content-type", "application/json".to_owned()));
    headers.push(("ce_sequence", event.sequence.to_string()));
    headers.push(("ce_position", event.position.to_string()));
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

/// # Errors
/// [`DecodeError`] naming the header or value that is missing or damaged.
pub fn decode<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    value: &[u8],
) -> Result<RecordedEvent, DecodeError> {
    let mut found = Found::default();
    for (name, text) in headers {
        match name {
            "ce_specversion" => found.spec_version = Some(text),
            "ce_id" => found.id = Some(text),
            "ce_type" => found.event_type = Some(text),
            "ce_subject" => found.subject = Some(text),
            "ce_time" => found.time = Some(text),
            "ce_sequence" => found.sequence = Some(text),
            "ce_position" => found.position = Some(text),
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
    let kind = required("ce_aggregatetype", found.aggregate_type)?;
    let aggregate_type = AggregateType::parse(kind)
        .ok_or_else(|| DecodeError::Invalid("ce_aggregatetype", format!("{kind:?} is not known here")))?;
    let event_type = event_type(required("ce_type", found.event_type)?, aggregate_type)?;
    let payload = std::str::from_utf8(value).map_err(|error| DecodeError::Payload(error.to_string()))?;
    Ok(RecordedEvent {
        position: number("ce_position", found.position)?,
        aggregate_type,
        aggregate_id: required("ce_subject", found.subject)?.to_owned(),
        sequence: number("ce_sequence", found.sequence)?,
        event_type: Cow::Owned(event_type.to_owned()),
        event_version: Cow::Owned(required("ce_eventversion", found.event_version)?.to_owned()),
        payload: RawValue::from_string(payload.to_owned())
            .map_err(|error| DecodeError::Payload(error.to_string()))?,
        metadata: found.metadata,
        event_id: Uuid::parse_str(required("ce_id", found.id)?)
            .map_err(|error| DecodeError::Invalid("ce_id", error.to_string()))?,
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
