//! What happens to an order, a payment and a product, in as few words as possible; and the row after it.

use domain::order::{OrderEvent, OrderLine, Placement, ShippedLine, Totals};
use domain::payment::PaymentEvent;
use domain::{
    AttemptId, CartId, ContactId, Country, Currency, Event, Metadata, Money, OrderId, OwnerId, RecordedEvent,
    RefundId, ShipmentId, Sku,
};
use reporting::{Key, OrderRow, PaymentRow, Row, Step};
use serde_json::value::RawValue;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub const ID: Uuid = Uuid::from_u128(1);

/// The moment of the event with this sequence.
pub fn moment(sequence: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::minutes(sequence)
}

pub fn recorded(key: &Key, sequence: i64, event: &Event) -> RecordedEvent {
    RecordedEvent {
        position: 100 + sequence,
        aggregate_type: key.aggregate_type(),
        aggregate_id: key.aggregate_id(),
        sequence,
        event_type: event.name().into(),
        event_version: "1.0".into(),
        payload: RawValue::from_string(event.payload()).unwrap(),
        metadata: Metadata::default(),
        event_id: Uuid::nil(),
        recorded_at: moment(sequence),
    }
}

/// The row after these, the first of which has the sequence 1.
pub fn fold(key: &Key, events: impl IntoIterator<Item = Event>) -> Row {
    let mut row = key.empty();
    for (sequence, event) in (1..).zip(events) {
        assert_eq!(row.fold(&recorded(key, sequence, &event), &event), Step::Applied);
    }
    row
}

pub fn order(events: impl IntoIterator<Item = OrderEvent>) -> OrderRow {
    match fold(&Key::Order(ID), events.into_iter().map(Event::Order)) {
        Row::Order(row) => *row,
        other => panic!("{other:?}"),
    }
}

pub fn payment(events: impl IntoIterator<Item = PaymentEvent>) -> PaymentRow {
    let requested = PaymentEvent::PaymentRequested {
        order: OrderId::new(ID),
        amount: euro(4_990),
    };
    let events = [requested].into_iter().chain(events);
    match fold(&Key::Payment(ID), events.map(Event::Payment)) {
        Row::Payment(row) => *row,
        other => panic!("{other:?}"),
    }
}

pub fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

pub fn sku(text: &str) -> Sku {
    Sku::parse(text).unwrap()
}

/// Three mugs and a pot, 10 % off.
pub fn placed() -> OrderEvent {
    let line = |name: &str, quantity, price, discount| OrderLine {
        sku: sku(name),
        name: format!("The {name}"),
        quantity,
        unit_price: euro(price),
        line_total: euro(price * i64::from(quantity)),
        discount: euro(discount),
    };
    OrderEvent::OrderPlaced {
        placement: Placement {
            customer: OwnerId::new(Uuid::from_u128(7)),
            cart: CartId::new(Uuid::from_u128(2)),
            contact: ContactId::new(Uuid::from_u128(3)),
            country: Country::parse("DE").unwrap(),
            lines: vec![line("MUG", 3, 1_000, 300), line("POT", 1, 2_000, 200)],
            code: None,
            shipping_option: "standard".to_owned(),
            totals: Totals {
                subtotal: euro(5_000),
                discount: euro(500),
                shipping: euro(490),
                tax: euro(797),
                tax_rate: 1_900,
                tax_included: true,
                total: euro(4_990),
            },
        },
    }
}

pub fn shipped(parcel: u128, name: &str, quantity: u32) -> OrderEvent {
    OrderEvent::OrderShipped {
        shipment: ShipmentId::new(Uuid::from_u128(parcel)),
        lines: vec![ShippedLine {
            sku: sku(name),
            quantity,
        }],
        carrier: "DHL".to_owned(),
        tracking: None,
    }
}

pub fn delivered(parcel: u128) -> OrderEvent {
    let shipment = ShipmentId::new(Uuid::from_u128(parcel));
    OrderEvent::OrderDelivered { shipment }
}

pub fn attempt(number: u128) -> AttemptId {
    AttemptId::new(Uuid::from_u128(number))
}

pub fn started(number: u128) -> PaymentEvent {
    PaymentEvent::AttemptStarted {
        attempt: attempt(number),
        method: "pm_card_visa".to_owned(),
    }
}

pub fn captured(number: u128, minor: i64) -> PaymentEvent {
    PaymentEvent::PaymentCaptured {
        attempt: attempt(number),
        reference: "pi_1".to_owned(),
        amount: euro(minor),
    }
}

pub fn refund_requested(number: u128, minor: i64) -> PaymentEvent {
    PaymentEvent::RefundRequested {
        refund: RefundId::new(Uuid::from_u128(number)),
        attempt: attempt(1),
        amount: euro(minor),
    }
}

pub fn refunded(number: u128, minor: i64) -> PaymentEvent {
    PaymentEvent::PaymentRefunded {
        refund: RefundId::new(Uuid::from_u128(number)),
        amount: euro(minor),
    }
}

pub fn refund_failed(number: u128) -> PaymentEvent {
    PaymentEvent::RefundFailed {
        refund: RefundId::new(Uuid::from_u128(number)),
        reason: "lost_or_stolen_card".to_owned(),
    }
}
