//! `docs/asyncapi.yaml` describes the topics, messages and headers that the code has, no more and no fewer.

mod samples;

use std::borrow::Cow;
use std::collections::BTreeSet;

use boon::{Compiler, SchemaIndex, Schemas};
use domain::cloud_event::{Origin, headers, origin_headers, reference};
use domain::{AggregateType, Event, Metadata, RecordedEvent};
use samples::{events, file_name, file_names, folder, golden};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use time::macros::datetime;
use uuid::uuid;

#[expect(
    clippy::disallowed_methods,
    reason = "a test reads files; the domain does not"
)]
fn asyncapi() -> Value {
    let path = folder("../docs/asyncapi.yaml");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_norway::from_str(&text).unwrap_or_else(|error| panic!("docs/asyncapi.yaml is not YAML: {error}"))
}

fn keys(object: &Value) -> BTreeSet<&str> {
    let object = object
        .as_object()
        .unwrap_or_else(|| panic!("{object} is not an object"));
    object.keys().map(String::as_str).collect()
}

/// `event` as it was recorded, with everything known of it or with nothing that need not be.
fn recorded(event: &Event, metadata: Metadata) -> RecordedEvent {
    let aggregate_id = match event {
        Event::Cart(_) | Event::CartOwner(_) => "0192f0c1-8d52-7f10-8c2a-5e9b7d3f1a24",
        Event::Order(_) | Event::Payment(_) => "0192f0c2-3b70-7a55-b1f4-6d2e9c8a7b31",
        Event::Product(_) | Event::StockItem(_) => "KIT-MUG-STONE",
        Event::DiscountCode(_) => "SPRING-10",
        Event::CodeCustomer(_) => "SPRING-10:0192f0c1-7a4e-7c3d-9b1e-0a4d2f6b8c10",
        Event::ProductRequest(_) => "0192f0e0-90aa-7b13-b6c2-7e1d5f3a8c24",
        Event::RequestMember(_) => {
            "0192f0e0-90aa-7b13-b6c2-7e1d5f3a8c24:0192f0c1-7a4e-7c3d-9b1e-0a4d2f6b8c10"
        }
    };
    RecordedEvent {
        position: 41_723,
        aggregate_type: event.aggregate_type(),
        aggregate_id: aggregate_id.to_owned(),
        sequence: 1,
        event_type: Cow::Borrowed(event.name()),
        event_version: Cow::Borrowed(event.version()),
        payload: RawValue::from_string(event.payload()).expect("a payload is JSON"),
        metadata,
        event_id: uuid!("0192f0c2-0000-7000-8000-000000000001"),
        recorded_at: datetime!(2026-03-01 09:05:07.000_042 UTC),
    }
}

fn all_metadata() -> Metadata {
    Metadata {
        correlation_id: Some("request-9".to_owned()),
        causation_id: Some("click-3".to_owned()),
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        actor: Some("guest".to_owned()),
    }
}

fn headers_as_json(event: &RecordedEvent) -> Map<String, Value> {
    let header = |(name, text): (&str, String)| (name.to_owned(), Value::String(text));
    headers(event).into_iter().map(header).collect()
}

fn headers_of_origin() -> impl Iterator<Item = (String, Value)> {
    let origin = Origin {
        incarnation: Some(uuid!("0192f0c2-0000-4000-8000-000000000009")),
        incarnation_since: Some(41_000),
        previous_position: Some(41_700),
    };
    origin_headers(origin).map(|(name, text)| (name.to_owned(), Value::String(text)))
}

/// A part of the document that is a JSON Schema, compiled.
struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn of(asyncapi: &Value, pointer: &str) -> Self {
        let document = format!("{}/../docs/asyncapi.yaml", env!("CARGO_MANIFEST_DIR"));
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler
            .add_resource(&document, asyncapi.clone())
            .expect("a path is an address");
        let mut schemas = Schemas::new();
        let index = compiler
            .compile(&format!("{document}#{pointer}"), &mut schemas)
            .unwrap_or_else(|error| panic!("{pointer} is not a JSON Schema: {error:#}"));
        Self { schemas, index }
    }

    fn complaint(&self, value: &Value) -> Option<String> {
        self.schemas
            .validate(value, self.index)
            .err()
            .map(|error| format!("{value}: {error:#}"))
    }
}

#[test]
fn every_topic_has_its_channel_with_the_messages_of_its_aggregates() {
    let asyncapi = asyncapi();
    let topics: BTreeSet<&str> = AggregateType::ALL.into_iter().map(AggregateType::topic).collect();
    assert_eq!(keys(&asyncapi["channels"]), topics);
    for topic in topics {
        let channel = &asyncapi["channels"][topic];
        assert_eq!(channel["address"], format!("commerce.{topic}"));
        let published: BTreeSet<&str> = AggregateType::ALL
            .into_iter()
            .filter(|aggregate_type| aggregate_type.topic() == topic)
            .flat_map(Event::names)
            .copied()
            .collect();
        assert_eq!(keys(&channel["messages"]), published, "commerce.{topic}");
        for name in published {
            let message = format!("#/components/messages/{name}");
            assert_eq!(channel["messages"][name]["$ref"], message);
        }
    }
}

#[test]
fn every_channel_is_published_to() {
    let asyncapi = asyncapi();
    let operations = asyncapi["operations"].as_object().expect("there are operations");
    let published: BTreeSet<&str> = operations
        .values()
        .filter(|operation| operation["action"] == "send")
        .filter_map(|operation| operation["channel"]["$ref"].as_str()?.strip_prefix("#/channels/"))
        .collect();
    assert_eq!(published, keys(&asyncapi["channels"]));
}

#[test]
fn every_event_has_its_message_and_every_message_an_event() {
    let asyncapi = asyncapi();
    let messages = &asyncapi["components"]["messages"];
    let names: BTreeSet<&str> = AggregateType::ALL
        .into_iter()
        .flat_map(Event::names)
        .copied()
        .collect();
    assert_eq!(keys(messages), names);
    for name in names {
        assert_eq!(messages[name]["name"], name);
    }
}

#[test]
fn a_message_has_the_payload_of_its_event() {
    let asyncapi = asyncapi();
    for event in events() {
        let pointer = format!("/components/messages/{}/payload", event.name());
        let reference = asyncapi
            .pointer(&pointer)
            .and_then(|payload| payload["$ref"].as_str());
        let schema = format!("../domain/schemas/{}", file_name(&event));
        assert_eq!(reference, Some(schema.as_str()));

        let payload = serde_json::from_str(&golden(&event)).expect("a golden file is JSON");
        assert_eq!(Schema::of(&asyncapi, &pointer).complaint(&payload), None);
    }
}

#[test]
fn every_schema_of_an_event_is_the_payload_of_a_message() {
    let asyncapi = asyncapi();
    let messages = asyncapi["components"]["messages"]
        .as_object()
        .expect("there are messages");
    let referred_to: BTreeSet<&str> = messages
        .values()
        .filter_map(|message| {
            message["payload"]["$ref"]
                .as_str()?
                .strip_prefix("../domain/schemas/")
        })
        .collect();
    let files = file_names(&folder("schemas"));
    let schemas = files
        .iter()
        .map(String::as_str)
        .filter(|file| *file != "values.v1.json");
    assert_eq!(referred_to, schemas.collect());
}

#[test]
fn the_headers_are_those_that_the_relay_writes() {
    let asyncapi = asyncapi();
    let described = &asyncapi["components"]["schemas"]["CloudEvent"];
    let required = described["required"]
        .as_array()
        .expect("some headers are required");
    let required: BTreeSet<&str> = required.iter().filter_map(Value::as_str).collect();
    for event in events() {
        let recorded_whole = recorded(&event, all_metadata());
        let mut most = headers_as_json(&recorded_whole);
        most.extend(headers_of_origin());
        let (name, text) = reference(&recorded_whole);
        most.insert(name.to_owned(), Value::String(text));
        let most = Value::Object(most);
        let least = Value::Object(headers_as_json(&recorded(&event, Metadata::default())));
        assert_eq!(keys(&described["properties"]), keys(&most));
        assert_eq!(required, keys(&least));
    }
}

#[test]
fn a_message_accepts_the_headers_of_its_own_event_alone() {
    let asyncapi = asyncapi();
    for event in events() {
        let described = Schema::of(
            &asyncapi,
            &format!("/components/messages/{}/headers", event.name()),
        );
        for metadata in [all_metadata(), Metadata::default()] {
            let mut headers = headers_as_json(&recorded(&event, metadata));
            headers.extend(headers_of_origin());
            assert_eq!(described.complaint(&Value::Object(headers)), None);
        }
        for other in events().iter().filter(|other| other.name() != event.name()) {
            let headers = Value::Object(headers_as_json(&recorded(other, Metadata::default())));
            assert!(
                described.complaint(&headers).is_some(),
                "{} accepts {headers}",
                event.name()
            );
        }
    }
}

#[test]
fn a_message_without_one_of_its_headers_or_with_a_damaged_one_is_refused() {
    let asyncapi = asyncapi();
    for event in events() {
        let described = Schema::of(
            &asyncapi,
            &format!("/components/messages/{}/headers", event.name()),
        );
        let sound = headers_as_json(&recorded(&event, Metadata::default()));
        for name in sound.keys() {
            let mut without = sound.clone();
            without.remove(name);
            assert!(
                described.complaint(&Value::Object(without)).is_some(),
                "{name} is missing"
            );

            let mut damaged = sound.clone();
            damaged.insert(name.clone(), Value::from("damaged, {not} a value"));
            assert!(
                described.complaint(&Value::Object(damaged)).is_some(),
                "{name} is damaged"
            );
        }
    }
}
