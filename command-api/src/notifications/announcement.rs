//! A message of the log's topics, as subscribers are told it.
//!
//! Read by [`super::consumer`]. It knows no aggregate's events: what a newer release appended is passed on as it is.

use domain::RecordedEvent;
use domain::cloud_event::{self, DecodeError};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::mails::Told;

/// More than any name or id has; what is longer is none of ours.
const LONGEST_NAME: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    pub event_id: Uuid,
    /// `type/id`.
    pub aggregate: String,
    /// Place in the stream.
    pub sequence: i64,
    /// Place in the log.
    pub position: i64,
    /// `order.OrderPlaced`: the aggregate and the event, by the names that the log uses.
    pub event_type: String,
    pub recorded_at: OffsetDateTime,
    /// What is sent, byte for byte.
    pub payload: String,
}

impl Announcement {
    /// # Errors
    /// [`DecodeError`] naming the header or value that is missing or damaged.
    pub fn read<'a>(
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        value: &[u8],
    ) -> Result<Self, DecodeError> {
        let mut found = Found::default();
        for (name, text) in headers {
            match name {
                "ce_id" => found.id = Some(text),
                "ce_type" => found.event_type = Some(text),
                "ce_subject" => found.subject = Some(text),
                "ce_time" => found.time = Some(text),
                "ce_sequence" => found.sequence = Some(text),
                "ce_position" => found.position = Some(text),
                "ce_aggregatetype" => found.aggregate_type = Some(text),
                _ => {}
            }
        }
        let kind = named("ce_aggregatetype", found.aggregate_type)?;
        let full_name = named("ce_type", found.event_type)?;
        let event = full_name
            .strip_prefix("commerce.")
            .and_then(|rest| rest.strip_prefix(kind)?.strip_prefix('.'))
            .filter(|event| !event.is_empty())
            .ok_or_else(|| {
                DecodeError::Invalid("ce_type", format!("{full_name:?} is not an event of {kind:?}"))
            })?;
        let event_type = format!("{kind}.{event}");
        let time = required("ce_time", found.time)?;
        let recorded_at = OffsetDateTime::parse(time, &Rfc3339)
            .map_err(|error| DecodeError::Invalid("ce_time", error.to_string()))?;
        let event_id = Uuid::parse_str(required("ce_id", found.id)?)
            .map_err(|error| DecodeError::Invalid("ce_id", error.to_string()))?;
        let id = subject(found.subject)?;
        let sequence = number("ce_sequence", found.sequence)?;
        let position = number("ce_position", found.position)?;
        let fields = fields(value)?;
        let comma = if fields.is_empty() { "" } else { "," };
        let payload = format!(
            r#"{{"type":"{event_type}","timestamp":"{time}","data":{{"id":"{id}","version":{sequence},"position":{position}{comma}{fields}}}}}"#
        );
        Ok(Self {
            event_id,
            aggregate: format!("{kind}/{id}"),
            sequence,
            position,
            event_type,
            recorded_at,
            payload,
        })
    }

    /// An event of the log, as Kafka brings it.
    ///
    /// # Errors
    /// As with [`Self::read`].
    pub fn of(event: &RecordedEvent) -> Result<Self, DecodeError> {
        let headers = cloud_event::headers(event);
        let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
        Self::read(headers, event.payload.get().as_bytes())
    }

    pub fn told(&self) -> Told<'_> {
        Told {
            event_type: &self.event_type,
            recorded_at: self.recorded_at,
            payload: &self.payload,
        }
    }
}

#[derive(Default)]
struct Found<'a> {
    id: Option<&'a str>,
    event_type: Option<&'a str>,
    subject: Option<&'a str>,
    time: Option<&'a str>,
    sequence: Option<&'a str>,
    position: Option<&'a str>,
    aggregate_type: Option<&'a str>,
}

fn required<'a>(name: &'static str, value: Option<&'a str>) -> Result<&'a str, DecodeError> {
    value.ok_or(DecodeError::Missing(name))
}

/// The id of an aggregate, or two of them: what somebody has to do with a request is a stream of its own.
fn subject(value: Option<&str>) -> Result<&str, DecodeError> {
    let text = required("ce_subject", value)?;
    for part in text.splitn(2, ':') {
        named("ce_subject", Some(part))?;
    }
    Ok(text)
}

/// A name or an id: nothing in it needs escaping, and PostgreSQL can store it.
fn named<'a>(name: &'static str, value: Option<&'a str>) -> Result<&'a str, DecodeError> {
    let text = required(name, value)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if text.is_empty() || text.len() > LONGEST_NAME || !text.bytes().all(is_plain) {
        return Err(DecodeError::Invalid(name, "it is not a name".to_owned()));
    }
    Ok(text)
}

fn number(name: &'static str, value: Option<&str>) -> Result<i64, DecodeError> {
    required(name, value)?
        .parse()
        .map_err(|error: std::num::ParseIntError| DecodeError::Invalid(name, error.to_string()))
}

/// The members of a JSON object as they are written, without its braces: numbers and the order of members stay what they were.
fn fields(value: &[u8]) -> Result<&str, DecodeError> {
    let object: &RawValue =
        serde_json::from_slice(value).map_err(|error| DecodeError::Payload(error.to_string()))?;
    object
        .get()
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .map(str::trim)
        .ok_or_else(|| DecodeError::Payload("it is not an object".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADERS: [(&str, &str); 8] = [
        ("ce_specversion", "1.0"),
        ("ce_id", "0192f0c2-0000-7000-8000-000000000001"),
        ("ce_type", "commerce.order.OrderPlaced"),
        ("ce_subject", "0192f0c1-8d52-7f10-8c2a-5e9b7d3f1a24"),
        ("ce_time", "2026-03-01T09:05:07.000042Z"),
        ("ce_sequence", "1"),
        ("ce_position", "41723"),
        ("ce_aggregatetype", "order"),
    ];

    fn with(name: &str, value: &str) -> Result<Announcement, DecodeError> {
        let headers = HEADERS.map(|(header, text)| (header, if header == name { value } else { text }));
        Announcement::read(headers, b"{}")
    }

    #[test]
    fn an_event_is_told_with_its_type_its_time_and_its_data() {
        let placed = br#"{"total":{"minor":1450,"currency":"EUR"},"rate":19.00}"#;
        let announcement = Announcement::read(HEADERS, placed).unwrap();
        assert_eq!(announcement.event_type, "order.OrderPlaced");
        assert_eq!(
            announcement.aggregate,
            "order/0192f0c1-8d52-7f10-8c2a-5e9b7d3f1a24"
        );
        assert_eq!((announcement.sequence, announcement.position), (1, 41_723));
        assert_eq!(
            announcement.payload,
            concat!(
                r#"{"type":"order.OrderPlaced","timestamp":"2026-03-01T09:05:07.000042Z","#,
                r#""data":{"id":"0192f0c1-8d52-7f10-8c2a-5e9b7d3f1a24","version":1,"position":41723,"#,
                r#""total":{"minor":1450,"currency":"EUR"},"rate":19.00}}"#
            )
        );
        assert_eq!(announcement.recorded_at.unix_timestamp(), 1_772_355_907);
    }

    #[test]
    fn an_event_without_fields_has_an_id_and_a_version_all_the_same() {
        let confirmed = Announcement::read(HEADERS, b" { } ").unwrap();
        let payload: serde_json::Value = serde_json::from_str(&confirmed.payload).unwrap();
        assert_eq!(payload["data"].as_object().unwrap().len(), 3);
    }

    #[test]
    fn an_event_that_no_release_knows_yet_is_told_as_well() {
        let announcement = with("ce_type", "commerce.order.OrderGiftWrapped").unwrap();
        assert_eq!(announcement.event_type, "order.OrderGiftWrapped");
    }

    #[test]
    fn the_stream_of_somebody_who_has_to_do_with_a_request_has_a_name() {
        let (request, customer) = (Uuid::now_v7(), Uuid::now_v7());
        let told = with("ce_subject", &format!("{request}:{customer}")).unwrap();
        assert!(
            told.aggregate.ends_with(&format!("/{request}:{customer}")),
            "{}",
            told.aggregate
        );
        for odd in ["", ":", "a:", ":a", "a:b:c", "a b"] {
            assert!(with("ce_subject", odd).is_err(), "{odd:?}");
        }
    }

    #[test]
    fn a_damaged_message_is_named_and_told_to_nobody() {
        for (name, value) in [
            ("ce_id", "7"),
            ("ce_type", "commerce.payment.PaymentCaptured"),
            ("ce_type", "commerce.order."),
            ("ce_subject", "\"quoted\""),
            ("ce_subject", "with\0nul"),
            ("ce_subject", ""),
            ("ce_time", "yesterday"),
            ("ce_sequence", "first"),
            ("ce_position", ""),
            ("ce_aggregatetype", "order status"),
        ] {
            let error = with(name, value).unwrap_err();
            assert!(error.to_string().contains("ce_"), "{name}: {error}");
        }
        for value in [&b"[]"[..], b"not json", b"\"text\"", b""] {
            let error = Announcement::read(HEADERS, value).unwrap_err();
            assert!(matches!(error, DecodeError::Payload(_)), "{error}");
        }
        for (missing, _) in &HEADERS[1..] {
            let headers = HEADERS.into_iter().filter(|(name, _)| name != missing);
            let error = Announcement::read(headers, b"{}").unwrap_err();
            assert_eq!(error, DecodeError::Missing(missing));
        }
    }

    /// The fields of an event stand beside `id`, `version` and `position`.
    #[test]
    fn no_event_has_a_field_by_the_name_of_one_of_the_envelopes() {
        let schemas = concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/schemas");
        let mut looked_at = 0;
        for entry in std::fs::read_dir(schemas).unwrap() {
            let path = entry.unwrap().path();
            let schema: serde_json::Value =
                serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let properties = &schema["properties"];
            for taken in ["id", "version", "position"] {
                assert!(properties.get(taken).is_none(), "{} has {taken}", path.display());
            }
            looked_at += 1;
        }
        assert!(looked_at > 10, "{looked_at}");
    }
}
