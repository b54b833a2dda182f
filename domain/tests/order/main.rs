//! How an order goes from being placed to its end, given/when/then.

mod life;
mod placing;
mod properties;
mod shipping;

use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use domain::order::{
    CancelReason, Order, OrderCommand, OrderEvent, OrderLine, Placement, ReturnReason, ShippedLine, Totals,
};
use domain::{CartId, ContactId, Country, Currency, Money, OwnerId, ShipmentId, Sku};
use uuid::Uuid;

fn ada() -> OwnerId {
    OwnerId::new(Uuid::from_u128(0xada))
}

fn eve() -> OwnerId {
    OwnerId::new(Uuid::from_u128(0xe4e))
}

fn sku(text: &str) -> Sku {
    Sku::parse(text).expect("a SKU of a test is one")
}

fn mug() -> Sku {
    sku("KIT-MUG-STONE")
}

fn teapot() -> Sku {
    sku("KIT-TEAPOT-1L")
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn line(sku: Sku, quantity: u32, unit_price: i64, line_total: i64, discount: i64) -> OrderLine {
    OrderLine {
        name: sku.to_string(),
        sku,
        quantity,
        unit_price: eur(unit_price),
        line_total: eur(line_total),
        discount: eur(discount),
    }
}

/// Three mugs and a teapot: 81.40 EUR less 8.14, and 4.90 to send them. 19 % of tax are in it.
fn placement() -> Placement {
    Placement {
        customer: ada(),
        cart: CartId::new(Uuid::from_u128(0xca)),
        contact: ContactId::new(Uuid::from_u128(0xc0)),
        country: Country::parse("DE").expect("Germany is a country"),
        lines: vec![
            line(mug(), 3, 1450, 4350, 435),
            line(teapot(), 1, 3790, 3790, 379),
        ],
        code: None,
        shipping_option: "standard".to_owned(),
        totals: Totals {
            subtotal: eur(8140),
            discount: eur(814),
            shipping: eur(490),
            tax: eur(1248),
            tax_rate: 1900,
            tax_included: true,
            total: eur(7816),
        },
    }
}

fn place(placement: Placement) -> OrderCommand {
    OrderCommand::Place(Box::new(placement))
}

fn placed() -> OrderEvent {
    OrderEvent::OrderPlaced {
        placement: placement(),
    }
}

fn confirmed() -> OrderEvent {
    OrderEvent::OrderConfirmed {}
}

fn cancel(reason: CancelReason) -> OrderCommand {
    OrderCommand::Cancel { reason }
}

fn cancelled(reason: CancelReason) -> OrderEvent {
    OrderEvent::OrderCancelled { reason }
}

fn shipment(number: u128) -> ShipmentId {
    ShipmentId::new(Uuid::from_u128(number))
}

fn shipped_line(sku: Sku, quantity: u32) -> ShippedLine {
    ShippedLine { sku, quantity }
}

/// Without lines: all that is left.
fn ship(number: u128, lines: Option<Vec<ShippedLine>>) -> OrderCommand {
    OrderCommand::Ship {
        shipment: shipment(number),
        lines,
        carrier: "DHL".parse().expect("a fixture is valid"),
        tracking: None,
    }
}

fn shipped(number: u128, lines: Vec<ShippedLine>) -> OrderEvent {
    OrderEvent::OrderShipped {
        shipment: shipment(number),
        lines,
        carrier: "DHL".to_owned(),
        tracking: None,
    }
}

fn everything() -> Vec<ShippedLine> {
    vec![shipped_line(mug(), 3), shipped_line(teapot(), 1)]
}

fn request_return() -> OrderCommand {
    OrderCommand::RequestReturn {
        reason: ReturnReason::Damaged,
    }
}

fn return_requested() -> OrderEvent {
    OrderEvent::ReturnRequested {
        reason: ReturnReason::Damaged,
    }
}

fn no_order() -> AggregateTestExecutor<Order> {
    TestFramework::with(()).given_no_previous_events()
}

/// A placed order, and what happened to it.
fn order(then: Vec<OrderEvent>) -> AggregateTestExecutor<Order> {
    TestFramework::with(()).given(vec![placed()]).and(then)
}

/// A paid order, and what happened to it.
fn paid(then: Vec<OrderEvent>) -> AggregateTestExecutor<Order> {
    order([vec![confirmed()], then].concat())
}

fn state(events: &[OrderEvent]) -> Order {
    let mut order = Order::default();
    for event in events {
        order.evolve(event);
    }
    order
}
