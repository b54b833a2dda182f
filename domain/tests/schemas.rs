//! The JSON Schemas in `domain/schemas` say of every event exactly what the code writes and reads.
//!
//! They are for readers in other languages, and `docs/asyncapi.yaml` points at them.

mod damage;
mod samples;

use std::fs;

use boon::{Compiler, SchemaIndex, Schemas};
use damage::damaged;
use domain::{Code, Country, Currency, Event, Sku};
use proptest::prelude::*;
use samples::{events, file_name, file_names, folder, golden};
use serde_json::{Value, json};

/// A compiled schema of `domain/schemas`.
struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    /// `place` is a file name, with `#/a/pointer` behind it where a part of the file is meant.
    fn of(place: &str) -> Self {
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        let mut schemas = Schemas::new();
        let path = format!("{}/{place}", folder("schemas").display());
        let index = compiler
            .compile(&path, &mut schemas)
            .unwrap_or_else(|error| panic!("{place} is not a JSON Schema: {error:#}"));
        Self { schemas, index }
    }

    fn accepts(&self, value: &Value) -> bool {
        self.schemas.validate(value, self.index).is_ok()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test reads files; the domain does not"
)]
fn json_of(file: &str) -> Value {
    let text = fs::read_to_string(folder("schemas").join(file))
        .unwrap_or_else(|error| panic!("no schema {file}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file} is not JSON: {error}"))
}

fn payload(event: &Event) -> Value {
    serde_json::from_str(&golden(event)).expect("a golden file is JSON")
}

fn sorted_names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names
}

#[test]
fn every_event_has_a_schema_and_every_schema_an_event() {
    let mut expected: Vec<String> = events().iter().map(file_name).collect();
    expected.push("values.v1.json".to_owned());
    expected.sort();
    assert_eq!(file_names(&folder("schemas")), expected);
}

#[test]
fn a_schema_names_its_draft_and_its_event() {
    for event in events() {
        let schema = json_of(&file_name(&event));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["title"], event.name());
    }
}

#[test]
fn a_schema_has_the_fields_of_its_event_and_requires_them_all() {
    for event in events() {
        let (schema, payload) = (json_of(&file_name(&event)), payload(&event));
        let written = sorted_names(
            payload
                .as_object()
                .expect("a payload is an object")
                .keys()
                .map(String::as_str),
        );
        let described = schema["properties"].as_object().expect("a schema has properties");
        let required = schema["required"]
            .as_array()
            .expect("a schema says what is required");
        assert_eq!(
            sorted_names(described.keys().map(String::as_str)),
            written,
            "{}",
            file_name(&event)
        );
        assert_eq!(
            sorted_names(required.iter().filter_map(Value::as_str)),
            written,
            "{}",
            file_name(&event)
        );
    }
}

#[test]
fn a_schema_accepts_what_is_written() {
    for event in events() {
        let schema = Schema::of(&file_name(&event));
        assert!(schema.accepts(&payload(&event)), "{}", file_name(&event));
    }
}

#[test]
fn a_schema_accepts_a_field_that_is_added_later() {
    for event in events() {
        let mut payload = payload(&event);
        payload["later"] = json!(1);
        assert!(
            Schema::of(&file_name(&event)).accepts(&payload),
            "{}",
            file_name(&event)
        );
    }
}

#[test]
fn a_schema_refuses_what_the_code_refuses() {
    for event in events() {
        let schema = Schema::of(&file_name(&event));
        for damaged in damaged(&event, &payload(&event)) {
            assert!(
                !schema.accepts(&damaged),
                "{} accepts {damaged}",
                file_name(&event)
            );
        }
    }
}

#[test]
fn the_schemas_know_the_currencies_of_the_code() {
    let schema = json_of("values.v1.json");
    let codes: Vec<&str> = Currency::ALL.iter().map(|currency| currency.code()).collect();
    assert_eq!(schema["$defs"]["Currency"]["enum"], json!(codes));
}

#[test]
fn the_schemas_know_the_reasons_of_the_code() {
    let with_reasons = ["StockAdjusted", "OrderCancelled", "ReturnRequested"];
    for event in events()
        .into_iter()
        .filter(|event| with_reasons.contains(&event.name()))
    {
        let schema = json_of(&file_name(&event));
        let reasons = schema["properties"]["reason"]["enum"]
            .as_array()
            .expect("the reasons are listed");
        let listed: Vec<String> = reasons
            .iter()
            .filter_map(Value::as_str)
            .map(|reason| format!("`{reason}`"))
            .collect();
        let mut payload = payload(&event);
        payload["reason"] = json!("boredom");
        let unreadable = Event::parse(event.aggregate_type(), event.name(), "1.0", &payload.to_string())
            .expect_err("boredom is not a reason");
        let expected = format!("unknown variant `boredom`, expected one of {}", listed.join(", "));
        assert!(unreadable.reason.starts_with(&expected), "{}", unreadable.reason);
    }
}

#[test]
fn a_code_may_take_off_a_part_or_an_amount_and_not_both() {
    let code = |discount: Value| {
        let event = events().into_iter().find(|event| event.name() == "CodeCreated");
        let event = event.expect("it is an event");
        let mut payload = payload(&event);
        payload["discount"] = discount;
        let read = Event::parse(event.aggregate_type(), event.name(), "1.0", &payload.to_string());
        let accepted = Schema::of(&file_name(&event)).accepts(&payload);
        assert_eq!(read.is_ok(), accepted, "{payload}");
        accepted
    };
    let ten_euro = json!({ "minor": 1000, "currency": "EUR" });
    assert!(code(json!({ "percent": 100 })));
    assert!(code(json!({ "amount": ten_euro })));
    assert!(!code(json!({ "percent": 10, "amount": ten_euro })));
    assert!(!code(json!({ "amount": 1000 })));
    assert!(!code(json!({})));
}

#[test]
fn limits_of_numbers_are_those_of_their_types() {
    let quantity = Schema::of("values.v1.json#/$defs/Quantity");
    for (number, fits) in [
        (json!(0), false),
        (json!(1), true),
        (json!(u32::MAX), true),
        (json!(1_u64 << 32), false),
    ] {
        assert_eq!(quantity.accepts(&number), fits, "{number}");
    }
    let money = Schema::of("values.v1.json#/$defs/Money");
    for (minor, fits) in [
        (json!(i64::MIN), true),
        (json!(i64::MAX), true),
        (json!(0.5), false),
    ] {
        assert_eq!(
            money.accepts(&json!({ "minor": minor, "currency": "EUR" })),
            fits,
            "{minor}"
        );
    }
}

proptest! {
    #[test]
    fn the_schema_and_the_code_agree_on_what_a_sku_is(text in "[A-Za-c0-9 -]{0,4}|[A-Z0-9-]{62,67}|\\PC{0,3}") {
        let schema = Schema::of("values.v1.json#/$defs/Sku");
        prop_assert_eq!(schema.accepts(&json!(text)), Sku::parse(&text).is_ok());
    }

    /// The code takes small letters too, and writes capitals.
    #[test]
    fn the_schema_and_the_code_agree_on_what_a_discount_code_is(text in "[A-Z0-9 -]{0,4}|[A-Z0-9-]{30,34}|[^a-z]{0,4}") {
        let schema = Schema::of("values.v1.json#/$defs/Code");
        prop_assert_eq!(schema.accepts(&json!(text)), Code::parse(&text).is_ok());
    }

    #[test]
    fn the_schema_and_the_code_agree_on_what_a_country_is(text in "[A-Za-c0-9]{0,3}|\\PC{0,3}") {
        let schema = Schema::of("values.v1.json#/$defs/Country");
        prop_assert_eq!(schema.accepts(&json!(text)), Country::parse(&text).is_ok());
    }
}
