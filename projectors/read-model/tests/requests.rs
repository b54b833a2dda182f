//! The request's document: what happened, and how many people take part.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

use std::borrow::Cow;

use domain::product_request::{Kind, ProductRequestEvent as E};
use domain::{AggregateType, Event, Metadata, OwnerId, RecordedEvent, RequestId, Sku, TextId};
use read_model::document::{Document, DocumentId, Step};
use read_model::request::{Request, RequestDocument};
use serde_json::value::RawValue;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

fn id() -> RequestId {
    RequestId::new(Uuid::from_u128(1))
}

fn person(number: u128) -> OwnerId {
    OwnerId::new(Uuid::from_u128(0x1000 + number))
}

fn recorded(sequence: i64, event: &E) -> RecordedEvent {
    RecordedEvent {
        position: sequence,
        aggregate_type: AggregateType::ProductRequest,
        aggregate_id: id().to_string(),
        sequence,
        event_type: Cow::Borrowed(event.name()),
        event_version: Cow::Borrowed("1.0"),
        payload: RawValue::from_string(Event::ProductRequest(event.clone()).payload()).unwrap(),
        metadata: Metadata::default(),
        event_id: Uuid::from_u128(sequence.unsigned_abs().into()),
        recorded_at: OffsetDateTime::UNIX_EPOCH + Duration::seconds(sequence),
    }
}

/// The document after these events.
fn folded(events: &[E]) -> RequestDocument {
    request_after(events).document.unwrap()
}

fn request_after(events: &[E]) -> Request {
    let id = DocumentId::Request(id());
    let mut document = id.empty();
    for (event, sequence) in events.iter().zip(1..) {
        let recorded = recorded(sequence, event);
        let step = document.fold(&id, &recorded, &Event::ProductRequest(event.clone()));
        assert_eq!(step, Step::Applied);
    }
    let Document::Request(request) = document else {
        panic!("it is a request");
    };
    *request
}

fn back_in_stock() -> E {
    E::RequestSubmitted {
        kind: Kind::BackInStock,
        customer: person(0),
        text: None,
        sku: Some(Sku::parse("MUG").unwrap()),
        quantity: None,
    }
}

fn announced(stock_version: i64, customers: Vec<OwnerId>) -> E {
    E::StockAnnounced {
        product_version: None,
        stock_version,
        customers,
    }
}

fn happened(document: &RequestDocument) -> Vec<&str> {
    let timeline = document.timeline.iter();
    timeline.map(|moment| moment.what.as_str()).collect()
}

#[test]
fn a_document_shows_the_newest_comments_and_keeps_no_more_of_the_others_than_their_number() {
    let comment = |number: u128| E::RequestCommented {
        customer: Some(person(number)),
        text: TextId::new(Uuid::from_u128(number)),
    };
    let mut events = vec![back_in_stock()];
    events.extend((1..=1_000).map(comment));
    // Who wrote one that is not shown is forgotten like anybody else.
    events.push(E::CustomerErased { customer: person(1) });
    let request = request_after(&events);
    let size = serde_json::to_string(&request.kept).unwrap().len();
    let document = request.document.unwrap();
    assert_eq!((document.summary.comments, document.thread.len()), (1_000, 200));
    let shown: Vec<u128> = document
        .thread
        .iter()
        .map(|remark| remark.id.uuid().as_u128())
        .collect();
    assert!(shown.iter().copied().eq(801..=1_000), "{shown:?}");
    let of_200 = request_after(&events[..=200]);
    let twice = 2 * serde_json::to_string(&of_200.kept).unwrap().len();
    assert!(size < twice, "{size} of {twice}");
}

#[test]
fn an_announcement_to_many_is_one_moment_of_the_timeline() {
    let document = folded(&[
        back_in_stock(),
        announced(3, vec![person(0)]),
        announced(3, vec![person(1)]),
        announced(5, vec![person(2)]),
    ]);
    assert_eq!(
        happened(&document),
        ["RequestSubmitted", "StockAnnounced", "StockAnnounced"]
    );
}

#[test]
fn whoever_comes_from_a_duplicate_counts_here() {
    let request = request_after(&[
        back_in_stock(),
        E::DuplicateMerged {
            duplicate: RequestId::new(Uuid::from_u128(2)),
            supporters: [].into(),
            subscribers: vec![],
        },
        E::SupportersMoved {
            from: RequestId::new(Uuid::from_u128(2)),
            supporters: [person(1), person(2)].into(),
            followers: vec![person(1)],
        },
    ]);
    let (supporters, followers) = request.people.members();
    assert_eq!((supporters.len(), followers.len()), (3, 2));
    assert_eq!((request.version, request.told), (3, 2));
    assert_eq!(
        happened(&request.document.unwrap()),
        ["RequestSubmitted", "DuplicateMerged"]
    );
}
