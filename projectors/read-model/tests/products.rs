//! The product's document: two streams in two topics, in whatever order they arrive.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

use domain::product::{Details, Picture, ProductEvent};
use domain::stock::{AdjustmentReason, StockEvent};
use domain::{Currency, Event, Metadata, Money, OrderId, RecordedEvent, Sku};
use proptest::prelude::*;
use read_model::document::{Document, DocumentId, Step};
use read_model::fields;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use uuid::Uuid;

type Recorded = (RecordedEvent, Event);

fn id() -> DocumentId {
    DocumentId::Product(Sku::parse("KIT-MUG").unwrap())
}

fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn details(name: &str) -> Details {
    Details {
        name: name.to_owned(),
        description: "Holds tea.".to_owned(),
        category: "kitchen".to_owned(),
        picture: Some(Picture {
            drawing: "mug".to_owned(),
            colour: "stone".to_owned(),
        }),
    }
}

fn listed() -> Event {
    Event::Product(ProductEvent::ProductListed {
        details: details("Mug"),
        price: euro(1_450),
    })
}

fn received(quantity: i64) -> Event {
    Event::StockItem(StockEvent::StockReceived { quantity })
}

fn adjusted(delta: i64) -> Event {
    Event::StockItem(StockEvent::StockAdjusted {
        delta,
        reason: AdjustmentReason::Counted,
    })
}

const ORDER: OrderId = OrderId::new(Uuid::from_u128(3));

fn reserved(quantity: i64) -> Event {
    Event::StockItem(StockEvent::StockReserved {
        order: ORDER,
        quantity,
    })
}

fn released(quantity: i64) -> Event {
    Event::StockItem(StockEvent::ReservationReleased {
        order: ORDER,
        quantity,
    })
}

fn committed(quantity: i64) -> Event {
    Event::StockItem(StockEvent::ReservationCommitted {
        order: ORDER,
        quantity,
    })
}

/// The log of a product and its stock: sequences of their own, one second between any two events.
fn history(events: Vec<Event>) -> Vec<Recorded> {
    let (mut product, mut stock) = (0, 0);
    let record = |(position, event): (i64, Event)| {
        let sequence = if matches!(event, Event::Product(_)) {
            &mut product
        } else {
            &mut stock
        };
        *sequence += 1;
        let recorded = RecordedEvent {
            position,
            aggregate_type: event.aggregate_type(),
            aggregate_id: "KIT-MUG".to_owned(),
            sequence: *sequence,
            event_type: event.name().into(),
            event_version: "1.0".into(),
            payload: RawValue::from_string(event.payload()).unwrap(),
            metadata: Metadata::default(),
            event_id: Uuid::nil(),
            recorded_at: OffsetDateTime::from_unix_timestamp(1_700_000_000 + position).unwrap(),
        };
        (recorded, event)
    };
    (1..).zip(events).map(record).collect()
}

fn folded<'a>(history: impl IntoIterator<Item = &'a Recorded>) -> Document {
    let mut document = id().empty();
    for (recorded, event) in history {
        assert_eq!(document.fold(&id(), recorded, event), Step::Applied);
    }
    document
}

fn body(events: Vec<Event>) -> serde_json::Value {
    serde_json::from_slice(&folded(&history(events)).body().unwrap()).unwrap()
}

#[test]
fn a_product_looks_to_clients_exactly_like_this() {
    let document = folded(&history(vec![listed(), received(5)]));
    let expected = concat!(
        r#"{"sku":"KIT-MUG","version":1,"name":"Mug","description":"Holds tea.","category":"kitchen","#,
        r#""picture":{"drawing":"mug","colour":"stone"},"price":{"minor":1450,"currency":"EUR"},"#,
        r#""previous_price":null,"listed":true,"available":5,"availability":"low","#,
        r#""listed_at":"2023-11-14T22:13:21Z","back_in_stock_at":null,"updated_at":"2023-11-14T22:13:22Z"}"#
    );
    assert_eq!(String::from_utf8(document.body().unwrap()).unwrap(), expected);
}

#[test]
fn a_price_change_shows_the_price_before() {
    let change = ProductEvent::PriceChanged {
        price: euro(900),
        previous: euro(1_450),
    };
    let product = body(vec![listed(), Event::Product(change)]);
    assert_eq!(
        (&product["price"]["minor"], &product["previous_price"]["minor"]),
        (&900.into(), &1_450.into())
    );
    assert_eq!(product["version"], 2);
}

#[test]
fn a_delisted_product_is_still_there_and_can_come_back() {
    let delisted = || Event::Product(ProductEvent::ProductDelisted {});
    assert_eq!(body(vec![listed(), delisted()])["listed"], false);
    let relisted = Event::Product(ProductEvent::ProductRelisted {});
    assert_eq!(body(vec![listed(), delisted(), relisted])["listed"], true);
}

#[test]
fn availability_says_how_much_is_left_and_since_when_it_is_back() {
    let sold_out = body(vec![listed(), received(6), adjusted(-6)]);
    assert_eq!(
        (&sold_out["availability"], &sold_out["available"]),
        (&"out-of-stock".into(), &0.into())
    );
    assert_eq!(body(vec![listed(), received(6)])["availability"], "in-stock");
    let first = body(vec![listed(), received(6)]);
    assert!(
        first["back_in_stock_at"].is_null(),
        "the first receipt is no return"
    );
    let back = body(vec![listed(), received(6), adjusted(-6), received(3)]);
    assert_eq!(back["back_in_stock_at"], "2023-11-14T22:13:24Z");
}

#[test]
fn what_is_promised_to_an_order_cannot_be_had_by_another() {
    let promised = vec![listed(), received(6), reserved(6)];
    let product = body(promised.clone());
    assert_eq!(
        (&product["available"], &product["availability"]),
        (&0.into(), &"out-of-stock".into())
    );
    let paid = body([promised.clone(), vec![committed(6), received(1)]].concat());
    assert_eq!(
        (&paid["available"], &paid["back_in_stock_at"]),
        (&1.into(), &"2023-11-14T22:13:25Z".into())
    );
    let given_back = body([promised, vec![released(6)]].concat());
    assert_eq!(
        (&given_back["available"], &given_back["back_in_stock_at"]),
        (&6.into(), &"2023-11-14T22:13:24Z".into())
    );
}

#[test]
fn stock_that_arrives_before_its_product_is_kept_without_a_body() {
    let document = folded(&history(vec![received(3)]));
    assert_eq!(document.body(), None);
    assert_eq!(document.fence(), r#"{"product":0,"stock-item":1}"#);
    assert_eq!(stored_and_loaded(&document), document);
}

fn stored_and_loaded(document: &Document) -> Document {
    let values = fields::encode(document)
        .into_iter()
        .map(|(_, value)| Some(value))
        .collect();
    fields::decode(&id(), &values).document
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let product = prop_oneof![
        "[a-z]{1,8}".prop_map(|name| ProductEvent::DetailsChanged {
            details: details(&name)
        }),
        (1..900_i64, 1..900_i64).prop_map(|(price, previous)| ProductEvent::PriceChanged {
            price: euro(price),
            previous: euro(previous)
        }),
        Just(ProductEvent::ProductDelisted {}),
        Just(ProductEvent::ProductRelisted {}),
    ];
    let stock = prop_oneof![
        (1..4_i64).prop_map(received),
        (-3..3_i64).prop_map(adjusted),
        (1..3_i64).prop_map(reserved),
        (1..3_i64).prop_map(released),
        (1..3_i64).prop_map(committed),
    ];
    let any = prop_oneof![product.prop_map(Event::Product), stock];
    prop::collection::vec(any, 0..20).prop_map(|mut events| {
        events.insert(0, listed());
        events
    })
}

proptest! {
    #[test]
    fn the_two_streams_give_the_same_document_in_any_interleaving(events in events(), order in prop::collection::vec(any::<bool>(), 30)) {
        let history = history(events);
        let (product, stock): (Vec<_>, Vec<_>) =
            history.iter().partition(|(_, event)| matches!(event, Event::Product(_)));
        let (mut product, mut stock) = (product.into_iter(), stock.into_iter());
        let mut interleaved = vec![];
        for first in order {
            interleaved.extend(if first { product.next() } else { stock.next() });
        }
        interleaved.extend(product.chain(stock));
        prop_assert_eq!(folded(interleaved), folded(&history));
    }

    #[test]
    fn any_split_into_batches_gives_the_same_document(events in events()) {
        let history = history(events);
        let mut document = id().empty();
        for (recorded, event) in &history {
            document.fold(&id(), recorded, event);
            document = stored_and_loaded(&document);
        }
        prop_assert_eq!(document, folded(&history));
    }
}
