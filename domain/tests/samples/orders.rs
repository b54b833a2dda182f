//! What happens to an order, to its payment, and to the discount code that it redeems.

use domain::discount_code::{CodeCustomerEvent, Discount, DiscountCodeEvent, Terms};
use domain::order::{CancelReason, OrderEvent, OrderLine, Placement, ReturnReason, ShippedLine, Totals};
use domain::payment::PaymentEvent;
use domain::{AddressHash, AttemptId, ContactId, Country, RefundId, ShipmentId, Sku};
use time::macros::datetime;
use uuid::uuid;

use super::{cart, eur, mug, order, owner, spring, teapot};

pub fn of_order() -> Vec<OrderEvent> {
    let shipment = ShipmentId::new(uuid!("0192f0d7-1c2e-7b09-9d44-2f8a6e5c3b10"));
    let shipped = |sku, quantity| ShippedLine { sku, quantity };
    vec![
        OrderEvent::OrderPlaced {
            placement: placement(),
        },
        OrderEvent::OrderConfirmed {},
        OrderEvent::OrderCancelled {
            reason: CancelReason::Expired,
        },
        OrderEvent::OrderShipped {
            shipment,
            lines: vec![shipped(mug(), 1), shipped(teapot(), 1)],
            carrier: "DHL".to_owned(),
            tracking: Some("00340434161094000000".to_owned()),
        },
        OrderEvent::OrderDelivered { shipment },
        OrderEvent::ReturnRequested {
            reason: ReturnReason::NotAsDescribed,
        },
        OrderEvent::ReturnAccepted {},
        OrderEvent::ReturnDeclined {},
        OrderEvent::OrderTakenOver { customer: owner() },
    ]
}

/// 66.90 EUR less 10 %, and 4.90 EUR to send it; 19 % of tax are in all of it.
fn placement() -> Placement {
    let line = |sku: Sku, name: &str, quantity, unit_price, line_total, discount| OrderLine {
        sku,
        name: name.to_owned(),
        quantity,
        unit_price: eur(unit_price),
        line_total: eur(line_total),
        discount: eur(discount),
    };
    Placement {
        customer: owner(),
        cart: cart(),
        contact: ContactId::new(uuid!("0192f0c2-3b6f-7d10-8a3c-9e4f1b2d6c57")),
        country: Country::parse("DE").expect("Germany is a country"),
        lines: vec![
            line(mug(), "Mug “Stone”, 350 ml", 2, 1450, 2900, 290),
            line(teapot(), "Teapot, 1 l", 1, 3790, 3790, 379),
        ],
        code: Some(spring()),
        shipping_option: "standard".to_owned(),
        totals: Totals {
            subtotal: eur(6690),
            discount: eur(669),
            shipping: eur(490),
            tax: eur(1040),
            tax_rate: 1900,
            tax_included: true,
            total: eur(6511),
        },
    }
}

pub fn of_payment() -> Vec<PaymentEvent> {
    let attempt = AttemptId::new(uuid!("0192f0c2-9a11-7e6c-8f02-4b7d5a3c1e98"));
    let refund = RefundId::new(uuid!("0192f0f3-5d20-7c8b-a6e1-3c9b7f2d4a05"));
    let reference = "pi_3MtwBwLkdIwHu7ix28a3tqPa".to_owned();
    let amount = eur(6511);
    vec![
        PaymentEvent::PaymentRequested {
            order: order(),
            amount,
        },
        PaymentEvent::AttemptStarted {
            attempt,
            method: "pm_card_visa".to_owned(),
        },
        PaymentEvent::ActionRequired {
            attempt,
            reference: reference.clone(),
        },
        PaymentEvent::PaymentAuthorized {
            attempt,
            reference: reference.clone(),
        },
        PaymentEvent::AttemptDeclined {
            attempt,
            reason: "insufficient_funds".to_owned(),
        },
        PaymentEvent::CaptureRequested { attempt },
        PaymentEvent::PaymentCaptured {
            attempt,
            reference,
            amount,
        },
        PaymentEvent::VoidRequested { attempt },
        PaymentEvent::PaymentVoided { attempt },
        PaymentEvent::RefundRequested {
            refund,
            attempt,
            amount: eur(1305),
        },
        PaymentEvent::PaymentRefunded {
            refund,
            amount: eur(1305),
        },
        PaymentEvent::RefundFailed {
            refund,
            reason: "lost_or_stolen_card".to_owned(),
        },
    ]
}

pub fn of_discount_code() -> Vec<DiscountCodeEvent> {
    let (order, customer) = (order(), owner());
    vec![
        DiscountCodeEvent::CodeCreated {
            terms: Terms {
                discount: Discount::Percent(10),
                minimum: Some(eur(2000)),
                limit: Some(500),
                limit_per_customer: Some(1),
                expires_at: Some(datetime!(2026-06-01 00:00 UTC)),
            },
        },
        DiscountCodeEvent::CodeRedeemed { order, customer },
        DiscountCodeEvent::RedemptionReleased { order, customer },
        DiscountCodeEvent::CodeDisabled {},
        DiscountCodeEvent::RedemptionsSeparated { orders: vec![order] },
    ]
}

pub fn of_code_customer() -> Vec<CodeCustomerEvent> {
    vec![
        CodeCustomerEvent::CustomerRedeemed {
            orders: vec![order()],
        },
        CodeCustomerEvent::CustomerReleased { order: order() },
        CodeCustomerEvent::AddressRecorded {
            order: order(),
            address: AddressHash::new(uuid!("7c1f6a0e-52d3-8b94-a1c7-3e0d9f8b2a46")),
        },
    ]
}
