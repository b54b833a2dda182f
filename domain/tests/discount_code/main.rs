//! What a discount code takes off, for whom and how often, given/when/then; and that its limits hold.

mod addresses;
mod applying;
mod properties;
mod terms;

use cqrs_es::Aggregate;
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use domain::discount_code::{
    Discount, DiscountCode, DiscountCodeCommand, DiscountCodeError, DiscountCodeEvent, Redemption, Terms,
};
use domain::{Code, Currency, Money, OrderId, OwnerId};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

fn ada() -> OwnerId {
    OwnerId::new(Uuid::from_u128(0xada))
}

fn eve() -> OwnerId {
    OwnerId::new(Uuid::from_u128(0xe4e))
}

fn order(number: u128) -> OrderId {
    OrderId::new(Uuid::from_u128(number))
}

fn spring() -> Code {
    Code::parse("SPRING-10").expect("a code of a test is one")
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn today() -> OffsetDateTime {
    datetime!(2026-03-01 09:00 UTC)
}

/// Ten percent, without any limit.
fn ten_percent() -> Terms {
    Terms {
        discount: Discount::Percent(10),
        minimum: None,
        limit: None,
        limit_per_customer: None,
        expires_at: None,
    }
}

fn created(terms: Terms) -> DiscountCodeEvent {
    DiscountCodeEvent::CodeCreated { terms }
}

/// What the orders 1, 2, … of one customer store.
fn redeemed(of: u128, customer: OwnerId) -> DiscountCodeEvent {
    let order = order(of);
    DiscountCodeEvent::CodeRedeemed { order, customer }
}

fn released(of: u128, customer: OwnerId) -> DiscountCodeEvent {
    let order = order(of);
    DiscountCodeEvent::RedemptionReleased { order, customer }
}

fn redemption(of: u128, customer: OwnerId, subtotal: Money) -> Redemption {
    Redemption {
        code: spring(),
        order: order(of),
        customer,
        address: None,
        subtotal,
        at: today(),
    }
}

/// An order of 30 EUR.
fn redeem(of: u128, customer: OwnerId) -> DiscountCodeCommand {
    DiscountCodeCommand::Redeem(redemption(of, customer, eur(3000)))
}

fn release(of: u128) -> DiscountCodeCommand {
    DiscountCodeCommand::Release { order: order(of) }
}

fn no_code() -> AggregateTestExecutor<DiscountCode> {
    TestFramework::with(()).given_no_previous_events()
}

fn code(terms: Terms, then: Vec<DiscountCodeEvent>) -> AggregateTestExecutor<DiscountCode> {
    TestFramework::with(()).given(vec![created(terms)]).and(then)
}

fn state(events: &[DiscountCodeEvent]) -> DiscountCode {
    let mut code = DiscountCode::default();
    for event in events {
        code.evolve(event);
    }
    code
}

#[test]
fn an_order_redeems_a_code() {
    code(ten_percent(), vec![])
        .when(redeem(1, ada()))
        .then_expect_events(vec![redeemed(1, ada())]);
}

#[test]
fn an_order_redeems_a_code_once() {
    let once = Terms {
        limit: Some(1),
        ..ten_percent()
    };
    code(once, vec![redeemed(1, ada())])
        .when(redeem(1, ada()))
        .then_expect_events(vec![]);
}

#[test]
fn a_code_that_was_never_created_is_worth_nothing() {
    no_code()
        .when(redeem(1, ada()))
        .then_expect_error(DiscountCodeError::Unknown { code: spring() });
    no_code().when(release(1)).then_expect_events(vec![]);
    no_code()
        .when(DiscountCodeCommand::Disable)
        .then_expect_events(vec![]);
}

#[test]
fn a_code_is_used_no_more_often_than_its_limit() {
    let twice = || Terms {
        limit: Some(2),
        ..ten_percent()
    };
    code(twice(), vec![redeemed(1, ada())])
        .when(redeem(2, eve()))
        .then_expect_events(vec![redeemed(2, eve())]);
    code(twice(), vec![redeemed(1, ada()), redeemed(2, eve())])
        .when(redeem(3, ada()))
        .then_expect_error(DiscountCodeError::UsedUp { code: spring() });
}

#[test]
fn a_customer_uses_a_code_no_more_often_than_one_customer_may() {
    let once_each = || Terms {
        limit_per_customer: Some(1),
        ..ten_percent()
    };
    code(once_each(), vec![redeemed(1, ada())])
        .when(redeem(2, ada()))
        .then_expect_error(DiscountCodeError::UsedUpByCustomer { code: spring() });
    code(once_each(), vec![redeemed(1, ada())])
        .when(redeem(2, eve()))
        .then_expect_events(vec![redeemed(2, eve())]);
}

#[test]
fn an_order_that_is_cancelled_gives_its_use_back_once() {
    let once = || Terms {
        limit: Some(1),
        limit_per_customer: Some(1),
        ..ten_percent()
    };
    code(once(), vec![redeemed(1, ada())])
        .when(release(1))
        .then_expect_events(vec![released(1, ada())]);
    let given_back = vec![redeemed(1, ada()), released(1, ada())];
    code(once(), given_back.clone())
        .when(release(1))
        .then_expect_events(vec![]);
    code(once(), given_back)
        .when(redeem(2, ada()))
        .then_expect_events(vec![redeemed(2, ada())]);
}

#[test]
fn an_order_that_redeemed_nothing_gives_nothing_back() {
    code(ten_percent(), vec![redeemed(1, ada())])
        .when(release(2))
        .then_expect_events(vec![]);
}

#[test]
fn a_disabled_code_is_not_accepted_any_more_but_gives_back() {
    let disabled = DiscountCodeEvent::CodeDisabled {};
    code(ten_percent(), vec![])
        .when(DiscountCodeCommand::Disable)
        .then_expect_events(vec![disabled.clone()]);
    code(ten_percent(), vec![disabled.clone()])
        .when(DiscountCodeCommand::Disable)
        .then_expect_events(vec![]);
    code(ten_percent(), vec![disabled.clone()])
        .when(redeem(1, ada()))
        .then_expect_error(DiscountCodeError::Disabled { code: spring() });
    code(ten_percent(), vec![redeemed(1, ada()), disabled])
        .when(release(1))
        .then_expect_events(vec![released(1, ada())]);
}

#[test]
fn a_code_is_worth_nothing_from_the_moment_on_at_which_it_expires() {
    let until = |expires_at| Terms {
        expires_at: Some(expires_at),
        ..ten_percent()
    };
    code(until(today()), vec![])
        .when(redeem(1, ada()))
        .then_expect_error(DiscountCodeError::Expired { code: spring() });
    code(until(today() + time::Duration::MICROSECOND), vec![])
        .when(redeem(1, ada()))
        .then_expect_events(vec![redeemed(1, ada())]);
}

#[test]
fn an_order_that_comes_to_less_than_the_minimum_redeems_nothing() {
    let from = |minimum| Terms {
        minimum: Some(eur(minimum)),
        ..ten_percent()
    };
    code(from(3000), vec![])
        .when(redeem(1, ada()))
        .then_expect_events(vec![redeemed(1, ada())]);
    code(from(3001), vec![])
        .when(redeem(1, ada()))
        .then_expect_error(DiscountCodeError::BelowMinimum {
            code: spring(),
            minimum: eur(3001),
            subtotal: eur(3000),
        });
}

#[test]
fn an_order_in_another_currency_redeems_nothing_where_the_code_names_one() {
    let in_yen = || DiscountCodeCommand::Redeem(redemption(1, ada(), Money::new(3000, Currency::JPY)));
    let other = DiscountCodeError::OtherCurrency {
        code: spring(),
        its: Currency::EUR,
        cart: Currency::JPY,
    };
    let five_euro = Terms {
        discount: Discount::Amount(eur(500)),
        ..ten_percent()
    };
    let from_five_euro = Terms {
        minimum: Some(eur(500)),
        ..ten_percent()
    };
    for terms in [five_euro, from_five_euro] {
        code(terms, vec![])
            .when(in_yen())
            .then_expect_error(other.clone());
    }
    code(ten_percent(), vec![])
        .when(in_yen())
        .then_expect_events(vec![redeemed(1, ada())]);
}

#[test]
fn events_of_a_code_that_was_never_created_are_passed_over() {
    let events = [
        redeemed(1, ada()),
        released(1, ada()),
        DiscountCodeEvent::CodeDisabled {},
    ];
    assert_eq!(state(&events), DiscountCode::Unknown);
}

#[test]
fn a_refusal_has_a_code_for_programs_and_a_sentence_for_people() {
    let code = spring;
    let refusals = [
        (
            DiscountCodeError::Unknown { code: code() },
            "unknown-code",
            "there is no discount code SPRING-10",
        ),
        (
            DiscountCodeError::AlreadyCreated,
            "code-exists",
            "there is a discount code of that name already, with other terms",
        ),
        (
            DiscountCodeError::Terms {
                what: "a limit is at least 1",
            },
            "code-terms",
            "a limit is at least 1",
        ),
        (
            DiscountCodeError::Disabled { code: code() },
            "code-disabled",
            "the discount code SPRING-10 is not accepted any more",
        ),
        (
            DiscountCodeError::Expired { code: code() },
            "code-expired",
            "the discount code SPRING-10 has expired",
        ),
        (
            DiscountCodeError::OtherCurrency {
                code: code(),
                its: Currency::EUR,
                cart: Currency::JPY,
            },
            "other-currency",
            "the discount code SPRING-10 is for orders in EUR, and the cart is in JPY",
        ),
        (
            DiscountCodeError::BelowMinimum {
                code: code(),
                minimum: eur(3001),
                subtotal: eur(3000),
            },
            "code-below-minimum",
            "the discount code SPRING-10 is for orders of 30.01 EUR and more; this one comes to 30.00 EUR",
        ),
        (
            DiscountCodeError::UsedUp { code: code() },
            "code-used-up",
            "the discount code SPRING-10 was used as often as it may be",
        ),
        (
            DiscountCodeError::UsedUpByCustomer { code: code() },
            "code-used-by-customer",
            "you used the discount code SPRING-10 as often as one customer may",
        ),
    ];
    for (error, code, sentence) in refusals {
        assert_eq!((error.code(), error.to_string().as_str()), (code, sentence));
    }
}

#[test]
fn a_discount_code_is_the_same_after_a_snapshot() {
    let known = state(&[
        created(ten_percent()),
        redeemed(1, ada()),
        redeemed(2, eve()),
        released(1, ada()),
    ]);
    for code in [DiscountCode::Unknown, known] {
        let snapshot = serde_json::to_string(&code).expect("a discount code can be written");
        assert_eq!(
            serde_json::from_str::<DiscountCode>(&snapshot).expect("and read"),
            code
        );
    }
}

#[test]
fn cqrs_es_knows_the_discount_code_by_the_name_of_the_log() {
    assert_eq!(DiscountCode::TYPE, "discount-code");
}
