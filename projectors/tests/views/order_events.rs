//! What happens to an order and its payment, in as few words as possible.

use domain::order::{OrderEvent, OrderLine, Placement, ReturnReason, ShippedLine, Totals};
use domain::payment::PaymentEvent;
use domain::{AttemptId, ContactId, Country, Currency, Event, Money, OrderId, OwnerId, ShipmentId, Sku};
use uuid::Uuid;

use crate::events::cart_id;

const ATTEMPT: AttemptId = AttemptId::new(Uuid::from_u128(1));

pub fn order_id() -> OrderId {
    OrderId::new(Uuid::now_v7())
}

fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// Two mugs.
pub fn placed(customer: OwnerId) -> Event {
    let line = OrderLine {
        sku: Sku::parse("KIT-MUG").unwrap(),
        name: "Mug".to_owned(),
        quantity: 2,
        unit_price: euro(1_450),
        line_total: euro(2_900),
        discount: euro(0),
    };
    let totals = Totals {
        subtotal: euro(2_900),
        discount: euro(0),
        shipping: euro(490),
        tax: euro(541),
        tax_rate: 1_900,
        tax_included: true,
        total: euro(3_390),
    };
    let placement = Placement {
        customer,
        cart: cart_id(),
        contact: ContactId::new(Uuid::now_v7()),
        country: Country::parse("DE").unwrap(),
        lines: vec![line],
        code: None,
        shipping_option: "standard".to_owned(),
        totals,
    };
    Event::Order(OrderEvent::OrderPlaced { placement })
}

pub fn confirmed() -> Event {
    Event::Order(OrderEvent::OrderConfirmed {})
}

pub fn shipped(quantity: u32) -> Event {
    let line = ShippedLine {
        sku: Sku::parse("KIT-MUG").unwrap(),
        quantity,
    };
    Event::Order(OrderEvent::OrderShipped {
        shipment: ShipmentId::new(Uuid::now_v7()),
        lines: vec![line],
        carrier: "DHL".to_owned(),
        tracking: None,
    })
}

pub fn taken_over(account: OwnerId) -> Event {
    Event::Order(OrderEvent::OrderTakenOver { customer: account })
}

pub fn return_requested() -> Event {
    Event::Order(OrderEvent::ReturnRequested {
        reason: ReturnReason::NotWanted,
    })
}

pub fn requested(order: OrderId) -> Event {
    Event::Payment(PaymentEvent::PaymentRequested {
        order,
        amount: euro(3_390),
    })
}

pub fn started() -> Event {
    Event::Payment(PaymentEvent::AttemptStarted {
        attempt: ATTEMPT,
        method: "pm_card_visa".to_owned(),
    })
}

pub fn captured() -> Event {
    Event::Payment(PaymentEvent::PaymentCaptured {
        attempt: ATTEMPT,
        reference: "pi_1".to_owned(),
        amount: euro(3_390),
    })
}
