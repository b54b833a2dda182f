//! From the opening of a cart to its end, and back; and the discount code in it.

use cqrs_es::{Aggregate, DomainEvent};
use domain::cart::{Cart, CartCommand, CartError, CartEvent, MAX_LINES, MAX_QUANTITY};
use domain::{Code, Currency};

use super::{
    ada, add, added, another_order, cart, clear, eve, lines, mug, no_cart, open, opened, order, quantity_of,
    remove, set, spring, state,
};

fn apply(code: Code) -> CartCommand {
    CartCommand::ApplyDiscount { by: ada(), code }
}

fn applied(code: Code) -> CartEvent {
    CartEvent::DiscountApplied { code }
}

fn unapply() -> CartCommand {
    CartCommand::RemoveDiscount { by: ada() }
}

fn check_out() -> CartCommand {
    CartCommand::CheckOut {
        by: ada(),
        order: order(),
    }
}

fn checked_out() -> CartEvent {
    CartEvent::CartCheckedOut { order: order() }
}

fn expired() -> CartEvent {
    CartEvent::CartExpired {}
}

fn reopened() -> CartEvent {
    CartEvent::CartReopened {}
}

/// Two mugs, and what happened to them.
fn filled(then: Vec<CartEvent>) -> Vec<CartEvent> {
    [vec![added(mug(), 2, 2)], then].concat()
}

/// Everything that its shopper could want of a cart, but to open it.
fn changes() -> [CartCommand; 7] {
    [
        add(mug(), 1),
        set(mug(), 3),
        remove(mug()),
        clear(),
        apply(spring()),
        unapply(),
        CartCommand::CheckOut {
            by: ada(),
            order: another_order(),
        },
    ]
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
fn a_discount_code_is_applied_once() {
    cart(vec![])
        .when(apply(spring()))
        .then_expect_events(vec![applied(spring())]);
    cart(vec![applied(spring())])
        .when(apply(spring()))
        .then_expect_events(vec![]);
}

#[test]
fn another_code_takes_the_place_of_the_one_before() {
    let summer = Code::parse("SUMMER").expect("it is a code");
    cart(vec![applied(spring())])
        .when(apply(summer.clone()))
        .then_expect_events(vec![applied(summer.clone())]);
    match state(&[opened(), applied(spring()), applied(summer.clone())]) {
        Cart::Open(contents) => assert_eq!(contents.code, Some(summer)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_code_is_taken_out_once() {
    let removed = CartEvent::DiscountRemoved { code: spring() };
    cart(vec![applied(spring())])
        .when(unapply())
        .then_expect_events(vec![removed.clone()]);
    cart(vec![applied(spring()), removed])
        .when(unapply())
        .then_expect_events(vec![]);
}

#[test]
fn a_cart_becomes_an_order() {
    cart(filled(vec![]))
        .when(check_out())
        .then_expect_events(vec![checked_out()]);
}

#[test]
fn an_empty_cart_becomes_no_order() {
    cart(vec![]).when(check_out()).then_expect_error(CartError::Empty);
}

#[test]
fn a_cart_that_became_an_order_becomes_the_same_order_again_and_no_other() {
    cart(filled(vec![checked_out()]))
        .when(check_out())
        .then_expect_events(vec![]);
    let second = CartCommand::CheckOut {
        by: ada(),
        order: another_order(),
    };
    cart(filled(vec![checked_out()]))
        .when(second)
        .then_expect_error(CartError::CheckedOut { order: order() });
}

#[test]
fn a_checked_out_cart_does_not_change_any_more() {
    for command in changes() {
        cart(filled(vec![checked_out()]))
            .when(command)
            .then_expect_error(CartError::CheckedOut { order: order() });
    }
    cart(filled(vec![checked_out()]))
        .when(open(ada()))
        .then_expect_error(CartError::CheckedOut { order: order() });
    cart(filled(vec![checked_out()]))
        .when(CartCommand::Expire)
        .then_expect_events(vec![]);
}

#[test]
fn an_order_that_was_never_paid_gives_its_cart_back_as_it_was() {
    let reopen = CartCommand::Reopen { order: order() };
    cart(filled(vec![checked_out()]))
        .when(reopen)
        .then_expect_events(vec![reopened()]);
    let before = [vec![opened()], filled(vec![applied(spring())])].concat();
    let after = [before.clone(), vec![checked_out(), reopened()]].concat();
    assert_eq!(state(&after), state(&before));
}

#[test]
fn an_order_gives_back_no_cart_that_is_not_its_own_and_none_twice() {
    let reopen = |order| CartCommand::Reopen { order };
    cart(filled(vec![checked_out()]))
        .when(reopen(another_order()))
        .then_expect_events(vec![]);
    cart(filled(vec![checked_out(), reopened()]))
        .when(reopen(order()))
        .then_expect_events(vec![]);
    cart(filled(vec![expired()]))
        .when(reopen(order()))
        .then_expect_events(vec![]);
    no_cart().when(reopen(order())).then_expect_events(vec![]);
}

#[test]
fn a_cart_that_was_given_back_can_be_checked_out_again() {
    let second = CartCommand::CheckOut {
        by: ada(),
        order: another_order(),
    };
    cart(filled(vec![checked_out(), reopened()]))
        .when(second)
        .then_expect_events(vec![CartEvent::CartCheckedOut {
            order: another_order(),
        }]);
}

#[test]
fn a_cart_expires_once() {
    cart(filled(vec![]))
        .when(CartCommand::Expire)
        .then_expect_events(vec![expired()]);
    cart(filled(vec![expired()]))
        .when(CartCommand::Expire)
        .then_expect_events(vec![]);
    no_cart().when(CartCommand::Expire).then_expect_events(vec![]);
}

#[test]
fn the_owner_of_an_expired_cart_is_told_so() {
    for command in changes() {
        cart(filled(vec![expired()]))
            .when(command)
            .then_expect_error(CartError::Expired);
    }
}

#[test]
fn an_expired_cart_is_opened_again_as_it_was_by_its_owner_alone() {
    cart(filled(vec![expired()]))
        .when(open(ada()))
        .then_expect_events(vec![reopened()]);
    cart(filled(vec![expired()]))
        .when(open(eve()))
        .then_expect_error(CartError::NotFound);
    let cart = state(&[opened(), added(mug(), 2, 2), expired(), reopened()]);
    assert_eq!(lines(&cart), [(mug(), 2, 1450)]);
}

#[test]
fn a_stranger_is_told_of_no_cart_in_whatever_state_it_is() {
    let by = eve();
    for then in [vec![], vec![checked_out()], vec![expired()]] {
        for command in [
            CartCommand::Clear { by },
            CartCommand::RemoveDiscount { by },
            CartCommand::CheckOut { by, order: order() },
            open(by),
        ] {
            cart(filled(then.clone()))
                .when(command)
                .then_expect_error(CartError::NotFound);
        }
    }
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
            CartError::CheckedOut { order: order() },
            "cart-checked-out",
            "the cart became the order 00000000-0000-0000-0000-00000000000d; open another one for more",
        ),
        (
            CartError::Expired,
            "cart-expired",
            "the cart expired; open a cart, and it is there again as it was",
        ),
        (CartError::Empty, "cart-empty", "there is nothing in the cart"),
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
