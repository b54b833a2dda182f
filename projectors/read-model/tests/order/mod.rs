//! What happens to the tests' order, in as few words as possible, and how the log has it.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

use domain::order::{CancelReason, OrderEvent, OrderLine, Placement, ReturnReason, ShippedLine, Totals};
use domain::payment::PaymentEvent;
use domain::{
    AttemptId, CartId, Code, ContactId, Country, Currency, Event, Metadata, Money, OrderId, OwnerId,
    RecordedEvent, RefundId, ShipmentId, Sku,
};
use read_model::document::{Document, DocumentId, Step};
use read_model::fields;
use read_model::order::Order;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use uuid::Uuid;

pub type Recorded = (RecordedEvent, Event);

pub const ORDER: OrderId = OrderId::new(Uuid::from_u128(1));
pub const CUSTOMER: OwnerId = OwnerId::new(Uuid::from_u128(7));

pub fn id() -> DocumentId {
    DocumentId::Order(ORDER)
}

pub fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

pub fn attempt(number: u128) -> AttemptId {
    AttemptId::new(Uuid::from_u128(number))
}

pub fn refund(number: u128) -> RefundId {
    RefundId::new(Uuid::from_u128(number))
}

pub fn shipment(number: u128) -> ShipmentId {
    ShipmentId::new(Uuid::from_u128(number))
}

fn line(sku: &str, quantity: u32, price: i64, discount: i64) -> OrderLine {
    OrderLine {
        sku: Sku::parse(sku).unwrap(),
        name: format!("The {sku}"),
        quantity,
        unit_price: euro(price),
        line_total: euro(price * i64::from(quantity)),
        discount: euro(discount),
    }
}

/// Three mugs and a pot, 10 % off, 4.90 for sending them.
pub fn placed() -> Event {
    let placement = Placement {
        customer: CUSTOMER,
        cart: CartId::new(Uuid::from_u128(2)),
        contact: ContactId::new(Uuid::from_u128(0xdead_beef)),
        country: Country::parse("DE").unwrap(),
        lines: vec![line("MUG", 3, 1_000, 300), line("POT", 1, 2_000, 200)],
        code: Some(Code::parse("SPRING").unwrap()),
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
    };
    Event::Order(OrderEvent::OrderPlaced { placement })
}

pub fn confirmed() -> Event {
    Event::Order(OrderEvent::OrderConfirmed {})
}

pub fn cancelled(reason: CancelReason) -> Event {
    Event::Order(OrderEvent::OrderCancelled { reason })
}

pub fn shipped(number: u128, lines: &[(&str, u32)]) -> Event {
    let sent = |(sku, quantity): &(&str, u32)| ShippedLine {
        sku: Sku::parse(sku).unwrap(),
        quantity: *quantity,
    };
    Event::Order(OrderEvent::OrderShipped {
        shipment: shipment(number),
        lines: lines.iter().map(sent).collect(),
        carrier: "DHL".to_owned(),
        tracking: Some(format!("TRACK-{number}")),
    })
}

pub fn delivered(number: u128) -> Event {
    Event::Order(OrderEvent::OrderDelivered {
        shipment: shipment(number),
    })
}

pub fn return_requested() -> Event {
    Event::Order(OrderEvent::ReturnRequested {
        reason: ReturnReason::NotAsDescribed,
    })
}

pub fn return_accepted() -> Event {
    Event::Order(OrderEvent::ReturnAccepted {})
}

pub fn return_declined() -> Event {
    Event::Order(OrderEvent::ReturnDeclined {})
}

/// By the account that the guest opened.
pub fn taken_over() -> Event {
    Event::Order(OrderEvent::OrderTakenOver {
        customer: OwnerId::new(Uuid::from_u128(8)),
    })
}

pub fn requested() -> Event {
    Event::Payment(PaymentEvent::PaymentRequested {
        order: ORDER,
        amount: euro(4_990),
    })
}

pub fn started(number: u128) -> Event {
    Event::Payment(PaymentEvent::AttemptStarted {
        attempt: attempt(number),
        method: "pm_card_visa".to_owned(),
    })
}

pub fn action_required(number: u128) -> Event {
    Event::Payment(PaymentEvent::ActionRequired {
        attempt: attempt(number),
        reference: "pi_1".to_owned(),
    })
}

pub fn authorized(number: u128) -> Event {
    Event::Payment(PaymentEvent::PaymentAuthorized {
        attempt: attempt(number),
        reference: "pi_1".to_owned(),
    })
}

pub fn declined(number: u128) -> Event {
    Event::Payment(PaymentEvent::AttemptDeclined {
        attempt: attempt(number),
        reason: "insufficient_funds".to_owned(),
    })
}

pub fn capture_requested(number: u128) -> Event {
    Event::Payment(PaymentEvent::CaptureRequested {
        attempt: attempt(number),
    })
}

pub fn captured(number: u128) -> Event {
    Event::Payment(PaymentEvent::PaymentCaptured {
        attempt: attempt(number),
        reference: "pi_1".to_owned(),
        amount: euro(4_990),
    })
}

pub fn void_requested(number: u128) -> Event {
    Event::Payment(PaymentEvent::VoidRequested {
        attempt: attempt(number),
    })
}

pub fn voided(number: u128) -> Event {
    Event::Payment(PaymentEvent::PaymentVoided {
        attempt: attempt(number),
    })
}

pub fn refund_requested(number: u128, minor: i64) -> Event {
    Event::Payment(PaymentEvent::RefundRequested {
        refund: refund(number),
        attempt: attempt(1),
        amount: euro(minor),
    })
}

pub fn refunded(number: u128, minor: i64) -> Event {
    Event::Payment(PaymentEvent::PaymentRefunded {
        refund: refund(number),
        amount: euro(minor),
    })
}

pub fn refund_failed(number: u128) -> Event {
    Event::Payment(PaymentEvent::RefundFailed {
        refund: refund(number),
        reason: "card_expired".to_owned(),
    })
}

/// The log of an order and its payment: sequences of their own, two events a second, as one append has one time.
pub fn history(events: Vec<Event>) -> Vec<Recorded> {
    let (mut order, mut payment) = (0, 0);
    let record = |(position, event): (i64, Event)| {
        let sequence = if matches!(event, Event::Order(_)) {
            &mut order
        } else {
            &mut payment
        };
        *sequence += 1;
        let recorded = RecordedEvent {
            position,
            aggregate_type: event.aggregate_type(),
            aggregate_id: ORDER.to_string(),
            sequence: *sequence,
            event_type: event.name().into(),
            event_version: "1.0".into(),
            payload: RawValue::from_string(event.payload()).unwrap(),
            metadata: Metadata::default(),
            event_id: Uuid::nil(),
            recorded_at: OffsetDateTime::from_unix_timestamp(1_700_000_000 + position / 2).unwrap(),
        };
        (recorded, event)
    };
    (1..).zip(events).map(record).collect()
}

pub fn folded<'a>(history: impl IntoIterator<Item = &'a Recorded>) -> Document {
    let mut document = id().empty();
    for (recorded, event) in history {
        assert_eq!(document.fold(&id(), recorded, event), Step::Applied);
    }
    document
}

pub fn order(events: Vec<Event>) -> Order {
    let Document::Order(order) = folded(&history(events)) else {
        panic!("its id is an order's")
    };
    *order
}

pub fn body(events: Vec<Event>) -> serde_json::Value {
    serde_json::from_slice(&folded(&history(events)).body().unwrap()).unwrap()
}

/// What another task reads back of a document.
pub fn stored_and_loaded(document: &Document) -> Document {
    let values = fields::encode(document)
        .into_iter()
        .map(|(_, value)| Some(value))
        .collect();
    fields::decode(&id(), &values).document
}
