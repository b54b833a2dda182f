//! What a cart allows and refuses, given/when/then; and what stays true of it whatever is done to it.

mod life;
mod lines;
mod properties;

use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use domain::cart::{Cart, CartCommand, CartError, CartEvent};
use domain::{Code, Currency, Money, OrderId, OwnerId, Sku};
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

fn order() -> OrderId {
    OrderId::new(Uuid::from_u128(0x0d))
}

fn another_order() -> OrderId {
    OrderId::new(Uuid::from_u128(0x0e))
}

fn spring() -> Code {
    Code::parse("SPRING-10").expect("a code of a test is one")
}

fn opened() -> CartEvent {
    CartEvent::CartOpened {
        owner: ada(),
        currency: Currency::EUR,
    }
}

fn added(sku: Sku, quantity: u32, line_quantity: u32) -> CartEvent {
    added_at(eur(1450), sku, quantity, line_quantity)
}

fn added_at(unit_price: Money, sku: Sku, quantity: u32, line_quantity: u32) -> CartEvent {
    CartEvent::ItemAdded {
        sku,
        name: "Mug".to_owned(),
        quantity,
        unit_price,
        line_quantity,
    }
}

fn changed(sku: Sku, quantity: u32, previous: u32) -> CartEvent {
    CartEvent::QuantityChanged {
        sku,
        quantity,
        previous,
    }
}

fn removed(sku: Sku, quantity: u32) -> CartEvent {
    CartEvent::ItemRemoved { sku, quantity }
}

fn add(sku: Sku, quantity: u32) -> CartCommand {
    add_at(eur(1450), sku, quantity)
}

fn add_at(unit_price: Money, sku: Sku, quantity: u32) -> CartCommand {
    CartCommand::AddItem {
        by: ada(),
        sku,
        name: "Mug".to_owned(),
        quantity,
        unit_price,
    }
}

fn set(sku: Sku, quantity: u32) -> CartCommand {
    CartCommand::SetQuantity {
        by: ada(),
        sku,
        quantity,
    }
}

fn remove(sku: Sku) -> CartCommand {
    CartCommand::RemoveItem { by: ada(), sku }
}

fn clear() -> CartCommand {
    CartCommand::Clear { by: ada() }
}

fn open(owner: OwnerId) -> CartCommand {
    CartCommand::Open {
        owner,
        currency: Currency::EUR,
    }
}

/// The refusal of so many mugs.
fn quantity_of(wanted: u64) -> CartError {
    CartError::Quantity { sku: mug(), wanted }
}

fn no_cart() -> AggregateTestExecutor<Cart> {
    TestFramework::with(()).given_no_previous_events()
}

fn cart(events: Vec<CartEvent>) -> AggregateTestExecutor<Cart> {
    TestFramework::with(()).given(vec![opened()]).and(events)
}

fn cart_of(products: usize) -> AggregateTestExecutor<Cart> {
    let one_of = |n| added(sku(&format!("P-{n}")), 1, 1);
    cart((1..=products).map(one_of).collect())
}

fn state(events: &[CartEvent]) -> Cart {
    let mut cart = Cart::default();
    for event in events {
        cart.evolve(event);
    }
    cart
}

fn lines(cart: &Cart) -> Vec<(Sku, u32, i64)> {
    match cart {
        Cart::Unopened | Cart::Merged { .. } => vec![],
        Cart::Open(contents) | Cart::CheckedOut { contents, .. } | Cart::Expired(contents) => contents
            .lines
            .iter()
            .map(|line| (line.sku.clone(), line.quantity, line.unit_price.minor))
            .collect(),
    }
}
