//! What was written once is read for ever: a golden payload per event, byte for byte.
//!
//! A golden file is never edited. An event may gain a field that is optional to readers; anything else is a new event or
//! a new version beside the old one.

mod damage;
mod samples;

use std::collections::BTreeSet;

use damage::{damaged, optional};
use domain::AggregateType;
use domain::event::Event;
use samples::{events, file_name, file_names, folder, golden};
use serde_json::Value;

fn parse(event: &Event, payload: &str) -> Result<Event, domain::UnreadableEvent> {
    Event::parse(event.aggregate_type(), event.name(), event.version(), payload)
}

#[test]
fn every_event_has_a_sample_here() {
    for aggregate_type in AggregateType::ALL {
        let all = events();
        let sampled: BTreeSet<&str> = all
            .iter()
            .filter(|event| event.aggregate_type() == aggregate_type)
            .map(Event::name)
            .collect();
        let known: BTreeSet<&str> = Event::names(aggregate_type).iter().copied().collect();
        assert_eq!(
            sampled, known,
            "an event of {aggregate_type} has no sample in samples/mod.rs"
        );
    }
}

#[test]
fn every_golden_file_belongs_to_an_event() {
    let mut expected: Vec<String> = events().iter().map(file_name).collect();
    expected.sort();
    assert_eq!(file_names(&folder("tests/golden")), expected);
}

#[test]
fn an_event_is_written_as_it_always_was() {
    for event in events() {
        assert_eq!(event.payload(), golden(&event), "{}", file_name(&event));
    }
}

#[test]
fn what_was_written_can_still_be_read() {
    for event in events() {
        assert_eq!(
            parse(&event, &golden(&event)),
            Ok(event.clone()),
            "{}",
            file_name(&event)
        );
    }
}

#[test]
fn a_field_that_a_later_writer_added_is_passed_over() {
    for event in events() {
        let mut payload: Value = serde_json::from_str(&golden(&event)).expect("a golden file is JSON");
        payload["later"] = serde_json::json!({ "of": ["any", "kind"] });
        assert_eq!(
            parse(&event, &payload.to_string()),
            Ok(event.clone()),
            "{}",
            file_name(&event)
        );
    }
}

#[test]
fn the_order_of_fields_and_blanks_between_them_do_not_matter() {
    for event in events() {
        let payload: Value = serde_json::from_str(&golden(&event)).expect("a golden file is JSON");
        let sorted_and_indented = serde_json::to_string_pretty(&payload).expect("JSON can be written");
        assert_eq!(
            parse(&event, &format!("\n{sorted_and_indented}\n")),
            Ok(event.clone())
        );
    }
}

#[test]
fn a_damaged_payload_is_never_read_as_something_else() {
    for event in events() {
        let payload: Value = serde_json::from_str(&golden(&event)).expect("a golden file is JSON");
        for damaged in damaged(&event, &payload) {
            let read = parse(&event, &damaged.to_string());
            assert!(read.is_err(), "{} was read from {damaged}", file_name(&event));
        }
    }
}

#[test]
fn a_payload_is_one_whole_object() {
    for event in events() {
        let payload = golden(&event);
        let broken = [
            String::new(),
            payload[..payload.len() - 1].to_owned(),
            format!("{payload}}}"),
            format!("{payload} {payload}"),
            "[]".to_owned(),
            r#"["KIT-MUG-STONE",5]"#.to_owned(),
        ];
        for payload in broken {
            let read = parse(&event, &payload);
            assert!(read.is_err(), "{} was read from {payload}", file_name(&event));
        }
    }
}

#[test]
fn a_field_that_need_not_be_there_is_null_where_it_is_missing() {
    for event in events() {
        let payload: Value = serde_json::from_str(&golden(&event)).expect("a golden file is JSON");
        for field in optional(&event).iter().map(|pointer| &pointer[1..]) {
            let mut without = payload.clone();
            without.as_object_mut().expect("it is an object").remove(field);
            let mut with_null = payload.clone();
            with_null[field] = Value::Null;
            let read = parse(&event, &without.to_string());
            assert!(read.is_ok(), "{} without {field}: {read:?}", file_name(&event));
            assert_eq!(read, parse(&event, &with_null.to_string()));
        }
    }
}

#[test]
fn an_event_with_an_unknown_name_is_unreadable_and_says_so() {
    let unreadable =
        Event::parse(AggregateType::Cart, "CartGiftWrapped", "1.0", "{}").expect_err("nobody knows it");
    assert_eq!(unreadable.aggregate_type, AggregateType::Cart);
    assert_eq!(unreadable.event_type, "CartGiftWrapped");
    assert_eq!(
        unreadable.to_string(),
        "cart event CartGiftWrapped version 1.0 cannot be read here: unknown variant `CartGiftWrapped`, expected one of \
         `CartOpened`, `ItemAdded`, `QuantityChanged`, `ItemRemoved`, `CartCleared`, `DiscountApplied`, \
         `DiscountRemoved`, `CartCheckedOut`, `CartReopened`, `CartExpired`, `CartMerged`"
    );
}

#[test]
fn an_event_of_a_version_to_come_is_unreadable_and_says_so() {
    for event in events() {
        for version in ["", "1", "1.1", "2.0"] {
            let unreadable = Event::parse(event.aggregate_type(), event.name(), version, &golden(&event))
                .expect_err("only 1.0 is known");
            assert_eq!(unreadable.event_version, version);
            assert_eq!(unreadable.reason, "only versions up to 1.0 are known");
        }
    }
}

#[test]
fn an_event_of_another_aggregate_is_unreadable() {
    for event in events() {
        for other in AggregateType::ALL
            .into_iter()
            .filter(|other| *other != event.aggregate_type())
        {
            let read = Event::parse(other, event.name(), event.version(), &golden(&event));
            assert!(read.is_err(), "{} was read as one of {other}", event.name());
        }
    }
}
