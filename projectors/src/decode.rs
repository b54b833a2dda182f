//! A Kafka message as what the projector can use: an event, or why it is none.

use consumer_group::text_headers;
use domain::cloud_event::{self, DecodeError, Origin};
use domain::{AggregateType, Event, RecordedEvent};
use rdkafka::Message;
use rdkafka::message::BorrowedMessage;
use read_model::parked::ParkedEvent;
use uuid::Uuid;

/// One message.
#[derive(Clone, Debug)]
pub struct Incoming {
    pub offset: i64,
    pub origin: Origin,
    pub content: Content,
}

#[derive(Clone, Debug)]
pub enum Content {
    Event(Box<Readable>),
    Unreadable(Box<Unreadable>),
    /// The log does not have it any more: it is passed over.
    Void,
}

#[derive(Clone, Debug)]
pub struct Readable {
    pub offset: i64,
    pub recorded: RecordedEvent,
    pub event: Event,
}

/// A message that cannot be applied, with what could be made out about it.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// `type/id`: all later events of it wait, too.
    pub aggregate: String,
    pub aggregate_type: Option<AggregateType>,
    pub aggregate_id: String,
    pub reason: String,
    pub event: ParkedEvent,
    /// The whole event, where only its payload means nothing to this binary.
    pub recorded: Option<RecordedEvent>,
    /// The event's id, where the message only refers to the log: there it can be read.
    pub referred_to: Option<Uuid>,
}

impl Incoming {
    pub fn of(message: &BorrowedMessage<'_>) -> Self {
        let offset = message.offset();
        let headers = text_headers(message);
        let value = message.payload().unwrap_or_default();
        let origin = cloud_event::origin(headers.iter().copied());
        let recorded = match &origin {
            Ok(_) => cloud_event::decode(headers.iter().copied(), value),
            Err(error) => Err(error.clone()),
        };
        let origin = origin.unwrap_or_default();
        match recorded {
            Ok(recorded) => Self {
                origin,
                ..Self::recorded(offset, recorded)
            },
            Err(error) => {
                let key = String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned();
                let unreadable = undecodable(offset, message.topic(), key, &headers, value, &error);
                Self {
                    offset,
                    origin,
                    content: Content::Unreadable(Box::new(unreadable)),
                }
            }
        }
    }

    pub fn recorded(offset: i64, recorded: RecordedEvent) -> Self {
        let content = match recorded.event() {
            Ok(event) => Content::Event(Box::new(Readable {
                offset,
                recorded,
                event,
            })),
            Err(error) => Content::Unreadable(Box::new(Unreadable::event(
                &recorded,
                Some(offset),
                error.to_string(),
            ))),
        };
        Self {
            offset,
            origin: Origin::default(),
            content,
        }
    }

    /// Place in the log, where it is known.
    pub fn position(&self) -> Option<i64> {
        match &self.content {
            Content::Event(readable) => Some(readable.recorded.position),
            Content::Unreadable(unreadable) => unreadable.event.position,
            Content::Void => None,
        }
    }
}

impl Unreadable {
    pub fn event(recorded: &RecordedEvent, offset: Option<i64>, reason: String) -> Self {
        Self {
            aggregate: aggregate(recorded),
            aggregate_type: Some(recorded.aggregate_type),
            aggregate_id: recorded.aggregate_id.clone(),
            reason,
            event: parked_event(recorded, offset),
            recorded: Some(recorded.clone()),
            referred_to: None,
        }
    }
}

/// What is kept of an event that is set aside.
pub fn parked_event(recorded: &RecordedEvent, offset: Option<i64>) -> ParkedEvent {
    ParkedEvent {
        offset,
        position: Some(recorded.position),
        sequence: Some(recorded.sequence),
        event_type: Some(recorded.event_type.clone().into_owned()),
        payload: recorded.payload.get().to_owned(),
    }
}

/// `type/id`, the name under which an aggregate's events are parked.
pub fn aggregate(recorded: &RecordedEvent) -> String {
    format!("{}/{}", recorded.aggregate_type, recorded.aggregate_id)
}

fn undecodable(
    offset: i64,
    topic: &str,
    key: String,
    headers: &[(&str, &str)],
    value: &[u8],
    error: &DecodeError,
) -> Unreadable {
    let header = |name: &str| {
        headers
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| *value)
    };
    let number = |name: &str| header(name).and_then(|text| text.parse().ok());
    let kind = header("ce_aggregatetype").unwrap_or(topic);
    let referred_to = match error {
        DecodeError::ByReference { .. } => header(cloud_event::ID).and_then(|text| text.parse().ok()),
        DecodeError::Missing(_) | DecodeError::Invalid(..) | DecodeError::Payload(_) => None,
    };
    Unreadable {
        aggregate: format!("{kind}/{key}"),
        aggregate_type: AggregateType::parse(kind),
        aggregate_id: key,
        reason: error.to_string(),
        event: ParkedEvent {
            offset: Some(offset),
            position: number("ce_position"),
            sequence: number("ce_sequence"),
            event_type: header("ce_type").map(str::to_owned),
            payload: String::from_utf8_lossy(value).into_owned(),
        },
        recorded: None,
        referred_to,
    }
}
