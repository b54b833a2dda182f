//! What the relay writes to Kafka is what projectors read from it.

use std::borrow::Cow;

use domain::cloud_event::{DecodeError, Origin, decode, headers, origin, origin_headers, reference};
use domain::{AggregateType, Metadata, RecordedEvent};
use proptest::option;
use proptest::prelude::*;
use serde_json::json;
use serde_json::value::RawValue;
use time::macros::datetime;
use time::{OffsetDateTime, UtcOffset};
use uuid::{Uuid, uuid};

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).expect("a payload of a test is JSON")
}

fn mug_added() -> RecordedEvent {
    RecordedEvent {
        position: 41_723,
        aggregate_type: AggregateType::Cart,
        aggregate_id: "0192f0c1-8d52-7f10-8c2a-5e9b7d3f1a24".to_owned(),
        sequence: 7,
        event_type: Cow::Borrowed("ItemAdded"),
        event_version: Cow::Borrowed("1.0"),
        payload: raw(r#"{"sku":"KIT-MUG-STONE"}"#),
        metadata: Metadata {
            correlation_id: Some("request-9".to_owned()),
            causation_id: Some("click-3".to_owned()),
            traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
            actor: Some("guest".to_owned()),
        },
        event_id: uuid!("0192f0c2-0000-7000-8000-000000000001"),
        recorded_at: datetime!(2026-03-01 09:05:07.000_042 UTC),
    }
}

/// The headers of `event`, changed on the way, and read again.
fn decode_with(
    event: &RecordedEvent,
    change: impl FnOnce(&mut Vec<(&'static str, String)>),
) -> Result<RecordedEvent, DecodeError> {
    let mut headers = headers(event);
    change(&mut headers);
    let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
    decode(headers, event.payload.get().as_bytes())
}

fn with_header(name: &str, value: &str) -> Result<RecordedEvent, DecodeError> {
    decode_with(&mug_added(), |headers| {
        let header = headers.iter_mut().find(|(other, _)| *other == name);
        value.clone_into(&mut header.expect("the header is there").1);
    })
}

#[test]
fn an_event_is_a_cloud_event_in_binary_mode() {
    let expected = [
        ("ce_specversion", "1.0"),
        ("ce_id", "0192f0c2-0000-7000-8000-000000000001"),
        ("ce_source", "/cartwright/cart"),
        ("ce_type", "commerce.cart.ItemAdded"),
        ("ce_subject", "0192f0c1-8d52-7f10-8c2a-5e9b7d3f1a24"),
        ("ce_time", "2026-03-01T09:05:07.000042Z"),
        ("content-type", "application/json"),
        ("ce_sequence", "7"),
        ("ce_position", "41723"),
        ("ce_aggregatetype", "cart"),
        ("ce_eventversion", "1.0"),
        ("ce_correlationid", "request-9"),
        ("ce_causationid", "click-3"),
        ("ce_actor", "guest"),
        (
            "ce_traceparent",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ),
    ];
    assert_eq!(
        headers(&mug_added()),
        expected.map(|(name, value)| (name, value.to_owned()))
    );
}

#[test]
fn what_is_not_known_of_an_event_is_left_out() {
    let event = RecordedEvent {
        metadata: Metadata::default(),
        ..mug_added()
    };
    let names: Vec<&str> = headers(&event).iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), 11);
    for absent in ["ce_correlationid", "ce_causationid", "ce_actor", "ce_traceparent"] {
        assert!(!names.contains(&absent), "{absent}");
    }
}

#[test]
fn time_is_told_in_utc_and_to_the_microsecond() {
    let time = |at: OffsetDateTime| {
        let event = RecordedEvent {
            recorded_at: at,
            ..mug_added()
        };
        headers(&event)
            .into_iter()
            .find(|(name, _)| *name == "ce_time")
            .map(|(_, value)| value)
    };
    let cases = [
        (
            datetime!(2026-03-01 00:30:00 +02:00),
            "2026-02-28T22:30:00.000000Z",
        ),
        (
            datetime!(2026-03-01 09:05:07.5 UTC),
            "2026-03-01T09:05:07.500000Z",
        ),
        (
            datetime!(2026-03-01 09:05:07.999_999_999 UTC),
            "2026-03-01T09:05:07.999999Z",
        ),
        (datetime!(0001-01-01 00:00:00 UTC), "0001-01-01T00:00:00.000000Z"),
    ];
    for (at, expected) in cases {
        assert_eq!(time(at).as_deref(), Some(expected));
    }
}

#[test]
fn a_missing_header_is_named() {
    let needed = [
        "ce_specversion",
        "ce_id",
        "ce_type",
        "ce_subject",
        "ce_time",
        "ce_sequence",
        "ce_position",
        "ce_aggregatetype",
        "ce_eventversion",
    ];
    for name in needed {
        let decoded = decode_with(&mug_added(), |headers| {
            headers.retain(|(other, _)| *other != name);
        });
        assert_eq!(decoded, Err(DecodeError::Missing(name)));
    }
    assert_eq!(
        DecodeError::Missing("ce_id").to_string(),
        "the header ce_id is missing"
    );
}

#[test]
fn a_message_without_headers_is_not_one_of_ours() {
    let decoded = decode([], b"{}");
    assert_eq!(decoded, Err(DecodeError::Missing("ce_specversion")));
}

#[test]
fn a_damaged_header_is_named() {
    let damaged = [
        ("ce_specversion", "0.3"),
        ("ce_id", "not-a-uuid"),
        ("ce_type", "ItemAdded"),
        ("ce_type", "commerce.product.ItemAdded"),
        ("ce_type", "commerce.cart-owner.ItemAdded"),
        ("ce_type", "commerce.cart."),
        ("ce_time", "yesterday"),
        ("ce_time", "2026-02-30T00:00:00Z"),
        ("ce_sequence", "seven"),
        ("ce_sequence", "9223372036854775808"),
        ("ce_position", ""),
        ("ce_position", "1.5"),
        ("ce_aggregatetype", "Cart"),
    ];
    for (name, value) in damaged {
        match with_header(name, value) {
            Err(DecodeError::Invalid(named, why)) => {
                assert_eq!(named, name);
                assert!(!why.is_empty());
            }
            other => panic!("{name}: {value} was taken for {other:?}"),
        }
    }
    let error = with_header("ce_aggregatetype", "invoice").expect_err("no invoice is known here");
    assert_eq!(
        error.to_string(),
        r#"the header ce_aggregatetype cannot be read: "invoice" is not known here"#
    );
}

#[test]
fn a_value_that_is_not_json_is_an_error() {
    let event = mug_added();
    let headers = headers(&event);
    for value in [&b""[..], b"{", b"{} {}", b"\xff"] {
        let decoded = decode(headers.iter().map(|(name, text)| (*name, text.as_str())), value);
        assert!(
            matches!(decoded, Err(DecodeError::Payload(_))),
            "{value:?} was taken for {decoded:?}"
        );
    }
}

#[test]
fn a_header_that_a_later_writer_added_is_passed_over() {
    let decoded = decode_with(&mug_added(), |headers| {
        headers.push(("ce_shop", "berlin".to_owned()));
    });
    assert_eq!(decoded, Ok(mug_added()));
}

#[test]
fn an_event_of_a_kind_to_come_still_arrives_and_is_then_unreadable() {
    let arrived = with_header("ce_type", "commerce.cart.CartGiftWrapped").expect("the envelope is sound");
    assert_eq!(arrived.event_type, "CartGiftWrapped");
    assert!(arrived.event().is_err());
}

fn any_time() -> impl Strategy<Value = OffsetDateTime> {
    // The years 0001 to 9998, so that no offset leads out of what RFC 3339 can write.
    let seconds = -62_135_596_800..253_370_764_800_i64;
    (seconds, 0..1_000_000_i128, -14..=14_i8).prop_map(|(seconds, micros, hours)| {
        let nanos = i128::from(seconds) * 1_000_000_000 + micros * 1000;
        let offset = UtcOffset::from_hms(hours, 0, 0).expect("an offset of up to 14 hours exists");
        let at = OffsetDateTime::from_unix_timestamp_nanos(nanos).expect("the second is within range");
        at.checked_to_offset(offset).unwrap_or(at)
    })
}

fn any_metadata() -> impl Strategy<Value = Metadata> {
    let text = || option::of(".{0,20}");
    (text(), text(), text(), text()).prop_map(|(correlation_id, causation_id, traceparent, actor)| Metadata {
        correlation_id,
        causation_id,
        traceparent,
        actor,
    })
}

fn any_payload() -> impl Strategy<Value = Box<RawValue>> {
    (any::<String>(), any::<i64>(), option::of(".*")).prop_map(|(name, quantity, picture)| {
        raw(&json!({ "name": name, "quantity": quantity, "picture": picture }).to_string())
    })
}

prop_compose! {
    fn any_event()(
        position in any::<i64>(),
        aggregate_type in prop::sample::select(&AggregateType::ALL[..]),
        aggregate_id in any::<String>(),
        sequence in any::<i64>(),
        event_type in "[A-Z][A-Za-z.é]{0,20}",
        event_version in "[0-9]{1,2}\\.[0-9]",
        payload in any_payload(),
        metadata in any_metadata(),
        event_id in any::<u128>(),
        recorded_at in any_time(),
    ) -> RecordedEvent {
        RecordedEvent {
            position,
            aggregate_type,
            aggregate_id,
            sequence,
            event_type: Cow::Owned(event_type),
            event_version: Cow::Owned(event_version),
            payload,
            metadata,
            event_id: Uuid::from_u128(event_id),
            recorded_at,
        }
    }
}

proptest! {
    #[test]
    fn what_is_read_is_what_was_written(event in any_event()) {
        let decoded = decode_with(&event, |_| ());
        prop_assert_eq!(decoded, Ok(event));
    }

    #[test]
    fn the_order_of_headers_does_not_matter(event in any_event(), turn in 0..11_usize) {
        let decoded = decode_with(&event, |headers| headers.rotate_left(turn));
        prop_assert_eq!(decoded, Ok(event));
    }

    #[test]
    fn no_message_makes_a_reader_panic(
        named in prop::collection::vec((0..15_usize, any::<String>()), 0..4),
        value in any::<Vec<u8>>(),
    ) {
        let mut headers = headers(&mug_added());
        for (index, text) in named {
            headers[index].1 = text;
        }
        // Only that it answers.
        let _answer = decode(headers.iter().map(|(name, text)| (*name, text.as_str())), &value);
    }
}

#[test]
fn a_message_says_which_incarnation_of_the_log_it_is_from_and_what_comes_before_it() {
    let from = Origin {
        incarnation: Some(uuid!("0192f0c2-0000-4000-8000-000000000009")),
        incarnation_since: Some(41_000),
        previous_position: Some(41_700),
    };
    let headers: Vec<_> = origin_headers(from).collect();
    let expected = [
        ("ce_incarnation", "0192f0c2-0000-4000-8000-000000000009"),
        ("ce_incarnationsince", "41000"),
        ("ce_previousposition", "41700"),
    ];
    assert_eq!(headers, expected.map(|(name, value)| (name, value.to_owned())));
    let read = headers.iter().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(origin(read), Ok(from));

    assert_eq!(
        origin([("ce_id", "of an earlier release")]),
        Ok(Origin::default())
    );
    assert_eq!(origin_headers(Origin::default()).count(), 0);
    for name in ["ce_incarnation", "ce_incarnationsince", "ce_previousposition"] {
        let damaged = origin([(name, "damaged")]);
        assert!(
            matches!(damaged, Err(DecodeError::Invalid(damaged, _)) if damaged == name),
            "{damaged:?}"
        );
    }
}

#[test]
fn an_event_that_kafka_cannot_hold_is_referred_to() {
    let refers = |headers: &mut Vec<_>| headers.push(reference(&mug_added()));
    assert_eq!(
        reference(&mug_added()),
        ("ce_dataref", "/cartwright/log/41723".to_owned())
    );
    assert_eq!(
        decode_with(&mug_added(), refers),
        Err(DecodeError::ByReference { position: 41_723 })
    );
}
