//! What a cart allows and refuses, given/when/then.

use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use cqrs_es::{Aggregate, DomainEvent};
use domain::cart::{Cart, CartCommand, CartError, CartEvent, MAX_LINES, MAX_QUANTITY};
use domain::{Currency, Money, OwnerId, Sku};
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
        Cart::Unopened => vec![],
        Cart::Open { lines, .. } => lines
            .iter()
            .map(|line| (line.sku.clone(), line.quantity, line.unit_price.minor))
            .collect(),
    }
}

#[test]
fn a_cart_is_opened_for_its_owner_in_one_currency() {
    no_cart().when(open(ada())).then_expect_events(vec![opened()]);
}

#[test]
fn opening_an_open_cart_again_changes_nothing_not_even_its_currency() {
    cart(vec![]).when(open(ada())).then_expect_events(vec![]);
    let in_yen = CartCommand::Open {
        owner: ada(),
        currency: Currency::JPY,
    };
    cart(vec![]).when(in_yen).then_expect_events(vec![]);
}

#[test]
fn an_open_cart_is_not_opened_for_somebody_else() {
    cart(vec![])
        .when(open(eve()))
        .then_expect_error(CartError::NotFound);
}

#[test]
fn the_first_of_a_product_makes_a_line() {
    cart(vec![])
        .when(add(mug(), 3))
        .then_expect_events(vec![added(mug(), 3, 3)]);
}

#[test]
fn more_of_a_product_add_to_its_line() {
    cart(vec![added(mug(), 3, 3)])
        .when(add(mug(), 2))
        .then_expect_events(vec![added(mug(), 2, 5)]);
}

#[test]
fn adding_none_is_refused() {
    cart(vec![]).when(add(mug(), 0)).then_expect_error(quantity_of(0));
    let three = vec![added(mug(), 3, 3)];
    cart(three).when(add(mug(), 0)).then_expect_error(quantity_of(3));
}

#[test]
fn a_line_takes_999_of_a_product() {
    let at_once = vec![added(mug(), 999, 999)];
    cart(vec![]).when(add(mug(), 999)).then_expect_events(at_once);
    let one_to_998 = vec![added(mug(), 1, 999)];
    cart(vec![added(mug(), 998, 998)])
        .when(add(mug(), 1))
        .then_expect_events(one_to_998);
}

#[test]
fn a_line_takes_no_1000_of_a_product() {
    cart(vec![])
        .when(add(mug(), 1000))
        .then_expect_error(quantity_of(1000));
    let full = vec![added(mug(), 999, 999)];
    cart(full)
        .when(add(mug(), 1))
        .then_expect_error(quantity_of(1000));
}

#[test]
fn a_quantity_that_would_overflow_is_refused_like_any_other() {
    cart(vec![added(mug(), 999, 999)])
        .when(add(mug(), u32::MAX))
        .then_expect_error(quantity_of(u64::from(u32::MAX) + 999));
}

#[test]
fn a_cart_takes_no_more_than_a_hundred_products() {
    let one = vec![added(mug(), 1, 1)];
    cart_of(99).when(add(mug(), 1)).then_expect_events(one.clone());
    let one_less = cart_of(100).and(vec![removed(sku("P-7"), 1)]);
    one_less.when(add(mug(), 1)).then_expect_events(one);
    cart_of(100)
        .when(add(mug(), 1))
        .then_expect_error(CartError::TooManyLines { sku: mug() });
}

#[test]
fn a_full_cart_takes_more_of_what_it_holds() {
    cart_of(100)
        .when(add(sku("P-100"), 1))
        .then_expect_events(vec![added(sku("P-100"), 1, 2)]);
}

#[test]
fn a_product_in_another_currency_is_refused() {
    let in_yen = add_at(Money::new(1450, Currency::JPY), mug(), 1);
    let error = CartError::OtherCurrency {
        sku: mug(),
        cart: Currency::EUR,
        price: Currency::JPY,
    };
    cart(vec![]).when(in_yen).then_expect_error(error);
}

#[test]
fn a_line_keeps_the_price_of_its_first_add() {
    let dearer = added_at(eur(1600), mug(), 1, 2);
    let cart = state(&[opened(), added(mug(), 1, 1), dearer]);
    assert_eq!(lines(&cart), [(mug(), 2, 1450)]);
}

#[test]
fn a_product_that_comes_back_has_its_new_price() {
    let dearer = added_at(eur(1600), mug(), 1, 1);
    let cart = state(&[opened(), added(mug(), 2, 2), removed(mug(), 2), dearer]);
    assert_eq!(lines(&cart), [(mug(), 1, 1600)]);
}

#[test]
fn a_quantity_is_changed_to_what_is_wanted() {
    for quantity in [1, 3, 999] {
        cart(vec![added(mug(), 2, 2)])
            .when(set(mug(), quantity))
            .then_expect_events(vec![changed(mug(), quantity, 2)]);
    }
}

#[test]
fn a_quantity_that_is_as_wanted_changes_nothing() {
    cart(vec![added(mug(), 2, 2)])
        .when(set(mug(), 2))
        .then_expect_events(vec![]);
}

#[test]
fn a_quantity_is_neither_0_nor_1000() {
    for quantity in [0, 1000, u32::MAX] {
        cart(vec![added(mug(), 2, 2)])
            .when(set(mug(), quantity))
            .then_expect_error(quantity_of(quantity.into()));
    }
}

#[test]
fn the_quantity_of_what_is_not_in_the_cart_cannot_change() {
    cart(vec![added(mug(), 2, 2)])
        .when(set(teapot(), 1))
        .then_expect_error(CartError::NotInCart { sku: teapot() });
}

#[test]
fn a_line_is_removed_whole() {
    cart(vec![added(mug(), 2, 2), added(teapot(), 1, 1)])
        .when(remove(mug()))
        .then_expect_events(vec![removed(mug(), 2)]);
}

#[test]
fn removing_what_is_not_there_changes_nothing() {
    cart(vec![added(mug(), 2, 2), removed(mug(), 2)])
        .when(remove(mug()))
        .then_expect_events(vec![]);
}

#[test]
fn clearing_names_everything_that_was_in_the_cart() {
    let cleared = CartEvent::CartCleared {
        skus: vec![mug(), teapot()],
    };
    cart(vec![added(mug(), 2, 2), added(teapot(), 1, 1)])
        .when(clear())
        .then_expect_events(vec![cleared]);
}

#[test]
fn clearing_an_empty_cart_changes_nothing() {
    cart(vec![]).when(clear()).then_expect_events(vec![]);
}

#[test]
fn a_stranger_is_told_that_there_is_no_such_cart() {
    let by = eve();
    // The property tests try everything else.
    let by_eve = [
        CartCommand::RemoveItem { by, sku: mug() },
        CartCommand::Clear { by },
    ];
    for command in by_eve {
        cart(vec![added(mug(), 2, 2)])
            .when(command)
            .then_expect_error(CartError::NotFound);
    }
}

#[test]
fn a_cart_that_was_never_opened_is_not_found() {
    for command in [add(mug(), 1), set(mug(), 1), remove(mug()), clear()] {
        no_cart().when(command).then_expect_error(CartError::NotFound);
    }
}

#[test]
fn lines_stay_in_the_order_of_their_first_add() {
    let cart = state(&[
        opened(),
        added(teapot(), 1, 1),
        added(mug(), 1, 1),
        added(teapot(), 4, 5),
        changed(teapot(), 2, 5),
    ]);
    assert_eq!(lines(&cart), [(teapot(), 2, 1450), (mug(), 1, 1450)]);
}

#[test]
fn events_of_a_cart_that_was_never_opened_are_passed_over() {
    let cleared = CartEvent::CartCleared { skus: vec![mug()] };
    assert_eq!(state(&[added(mug(), 1, 1), cleared]), Cart::Unopened);
}

#[test]
fn a_refusal_has_a_code_for_programs_and_a_sentence_for_people() {
    let other_currency = CartError::OtherCurrency {
        sku: mug(),
        cart: Currency::EUR,
        price: Currency::JPY,
    };
    let refusals = [
        (CartError::NotFound, "cart-not-found", "there is no such cart"),
        (
            quantity_of(1000),
            "quantity-limit",
            "the quantity must be between 1 and 999; KIT-MUG-STONE would have 1000",
        ),
        (
            CartError::TooManyLines { sku: mug() },
            "line-limit",
            "a cart holds at most 100 different products; KIT-MUG-STONE would be one more",
        ),
        (
            CartError::NotInCart { sku: mug() },
            "not-in-cart",
            "KIT-MUG-STONE is not in the cart",
        ),
        (
            other_currency,
            "other-currency",
            "the cart is in EUR and KIT-MUG-STONE is sold in JPY",
        ),
    ];
    for (error, code, sentence) in refusals {
        assert_eq!((error.code(), error.to_string().as_str()), (code, sentence));
    }
    assert_eq!(
        (MAX_LINES, MAX_QUANTITY),
        (100, 999),
        "what the sentences and docs/api.md say"
    );
}

#[test]
fn cqrs_es_knows_the_cart_by_the_names_of_the_log() {
    assert_eq!(Cart::TYPE, "cart");
    assert_eq!(opened().event_type(), "CartOpened");
    assert_eq!(opened().event_version(), "1.0");
}
