//! What happens to an order and its payment, in as few words as possible.

use domain::order::{CancelReason, OrderEvent, OrderLine, Placement, ReturnReason, ShippedLine, Totals};
use domain::payment::PaymentEvent;
use domain::{
    AttemptId, CartId, ContactId, Country, Currency, Event, Money, OrderId, OwnerId, RefundId, ShipmentId,
    Sku,
};
use uuid::Uuid;

pub const ATTEMPT: AttemptId = AttemptId::new(Uuid::from_u128(1));
const SHIPMENT: ShipmentId = ShipmentId::new(Uuid::from_u128(2));
const REFUND: RefundId = RefundId::new(Uuid::from_u128(3));

pub fn order_id() -> OrderId {
    OrderId::new(Uuid::now_v7())
}

fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// Some mugs at 14.50 EUR and one pot at 20.00 EUR, sent for 4.90 EUR.
pub fn placed(mugs: u32) -> Event {
    let line = |sku: &str, quantity: u32, price: i64| OrderLine {
        sku: Sku::parse(sku).unwrap(),
        name: format!("The {sku}"),
        quantity,
        unit_price: euro(price),
        line_total: euro(price * i64::from(quantity)),
        discount: euro(0),
    };
    let lines = vec![line("KIT-MUG", mugs, 1_450), line("KIT-POT", 1, 2_000)];
    let subtotal = lines.iter().map(|line| line.line_total.minor).sum();
    Event::Order(OrderEvent::OrderPlaced {
        placement: Placement {
            customer: OwnerId::new(Uuid::from_u128(4)),
            cart: CartId::new(Uuid::now_v7()),
            contact: ContactId::new(Uuid::now_v7()),
            country: Country::parse("DE").unwrap(),
            lines,
            code: None,
            shipping_option: "standard".to_owned(),
            totals: Totals {
                subtotal: euro(subtotal),
                discount: euro(0),
                shipping: euro(490),
                tax: euro((subtotal + 490) * 19 / 119),
                tax_rate: 1_900,
                tax_included: true,
                total: euro(subtotal + 490),
            },
        },
    })
}

pub fn confirmed() -> Event {
    Event::Order(OrderEvent::OrderConfirmed {})
}

pub fn expired() -> Event {
    let reason = CancelReason::Expired;
    Event::Order(OrderEvent::OrderCancelled { reason })
}

/// The whole order of so many mugs and a pot, in one parcel.
pub fn shipped(mugs: u32) -> Event {
    let line = |sku: &str, quantity| ShippedLine {
        sku: Sku::parse(sku).unwrap(),
        quantity,
    };
    Event::Order(OrderEvent::OrderShipped {
        shipment: SHIPMENT,
        lines: vec![line("KIT-MUG", mugs), line("KIT-POT", 1)],
        carrier: "DHL".to_owned(),
        tracking: None,
    })
}

pub fn delivered() -> Event {
    Event::Order(OrderEvent::OrderDelivered { shipment: SHIPMENT })
}

pub fn return_requested() -> Event {
    let reason = ReturnReason::Damaged;
    Event::Order(OrderEvent::ReturnRequested { reason })
}

pub fn requested(order: OrderId, minor: i64) -> Event {
    let amount = euro(minor);
    Event::Payment(PaymentEvent::PaymentRequested { order, amount })
}

pub fn started(attempt: u128) -> Event {
    Event::Payment(PaymentEvent::AttemptStarted {
        attempt: AttemptId::new(Uuid::from_u128(attempt)),
        method: "pm_card_visa".to_owned(),
    })
}

pub fn declined(attempt: u128, reason: &str) -> Event {
    Event::Payment(PaymentEvent::AttemptDeclined {
        attempt: AttemptId::new(Uuid::from_u128(attempt)),
        reason: reason.to_owned(),
    })
}

pub fn captured(minor: i64) -> Event {
    Event::Payment(PaymentEvent::PaymentCaptured {
        attempt: ATTEMPT,
        reference: "pi_1".to_owned(),
        amount: euro(minor),
    })
}

/// Money on its way back, and there.
pub fn refunded(minor: i64) -> [Event; 2] {
    let (refund, attempt, amount) = (REFUND, ATTEMPT, euro(minor));
    [
        Event::Payment(PaymentEvent::RefundRequested {
            refund,
            attempt,
            amount,
        }),
        Event::Payment(PaymentEvent::PaymentRefunded { refund, amount }),
    ]
}
