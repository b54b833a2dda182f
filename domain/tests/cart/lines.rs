//! Lines: products are added, counted and taken out.

use domain::cart::{CartCommand, CartError, CartEvent};
use domain::{Currency, Money};

use super::{
    add, add_at, added, added_at, cart, cart_of, changed, clear, eur, eve, lines, mug, no_cart, opened,
    quantity_of, remove, removed, set, sku, state, teapot,
};

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
