//! What staff may promise with a code, and what it comes to.

use domain::discount_code::{Discount, DiscountCodeCommand, DiscountCodeError, Terms};
use domain::{Currency, Money};
use time::macros::datetime;

use super::{ada, code, created, eur, no_code, redeemed, spring, state, ten_percent, today};

fn create(terms: Terms) -> DiscountCodeCommand {
    DiscountCodeCommand::Create { terms }
}

fn off(discount: Discount) -> Terms {
    Terms {
        discount,
        ..ten_percent()
    }
}

/// What it takes off lines that come to `subtotal`.
fn taken_off(discount: Discount, subtotal: Money) -> Money {
    state(&[created(off(discount))])
        .discount_on(&spring(), ada(), subtotal, today())
        .expect("it is worth something")
}

#[test]
fn staff_create_a_code() {
    let terms = Terms {
        minimum: Some(eur(2000)),
        limit: Some(1),
        limit_per_customer: Some(u32::MAX),
        expires_at: Some(datetime!(2020-01-01 00:00 UTC)),
        ..off(Discount::Amount(eur(1)))
    };
    no_code()
        .when(create(terms.clone()))
        .then_expect_events(vec![created(terms)]);
}

#[test]
fn creating_a_code_again_changes_nothing_and_with_other_terms_is_refused() {
    let used = || vec![redeemed(1, ada())];
    code(ten_percent(), used())
        .when(create(ten_percent()))
        .then_expect_events(vec![]);
    code(ten_percent(), used())
        .when(create(off(Discount::Percent(11))))
        .then_expect_error(DiscountCodeError::AlreadyCreated);
}

#[test]
fn the_same_moment_in_another_time_zone_is_the_same_term() {
    let until = |expires_at| Terms {
        expires_at: Some(expires_at),
        ..ten_percent()
    };
    code(until(datetime!(2026-06-01 00:00 +2)), vec![])
        .when(create(until(datetime!(2026-05-31 22:00 UTC))))
        .then_expect_events(vec![]);
}

#[test]
fn terms_that_mean_nothing_are_refused() {
    let refused = [
        (
            off(Discount::Percent(0)),
            "a discount in percent is between 1 and 100",
        ),
        (
            off(Discount::Percent(101)),
            "a discount in percent is between 1 and 100",
        ),
        (
            off(Discount::Amount(eur(0))),
            "a discount is at least one minor unit",
        ),
        (
            off(Discount::Amount(eur(-500))),
            "a discount is at least one minor unit",
        ),
        (
            Terms {
                minimum: Some(eur(0)),
                ..ten_percent()
            },
            "a minimum is at least one minor unit",
        ),
        (
            Terms {
                minimum: Some(Money::new(2000, Currency::JPY)),
                ..off(Discount::Amount(eur(500)))
            },
            "the discount and the minimum are in one currency",
        ),
        (
            Terms {
                limit: Some(0),
                ..ten_percent()
            },
            "a limit is at least 1",
        ),
        (
            Terms {
                limit_per_customer: Some(0),
                ..ten_percent()
            },
            "a limit is at least 1",
        ),
    ];
    for (terms, what) in refused {
        no_code()
            .when(create(terms))
            .then_expect_error(DiscountCodeError::Terms { what });
    }
}

#[test]
fn a_part_is_taken_off_to_the_nearest_minor_unit() {
    assert_eq!(taken_off(Discount::Percent(10), eur(6690)), eur(669));
    assert_eq!(taken_off(Discount::Percent(10), eur(14)), eur(1), "1.4");
    assert_eq!(taken_off(Discount::Percent(10), eur(15)), eur(2), "1.5");
    assert_eq!(taken_off(Discount::Percent(100), eur(6690)), eur(6690));
    let yen = |minor| Money::new(minor, Currency::JPY);
    assert_eq!(taken_off(Discount::Percent(33), yen(100)), yen(33));
}

#[test]
fn an_amount_is_never_more_than_there_is_to_take_it_off() {
    assert_eq!(taken_off(Discount::Amount(eur(500)), eur(501)), eur(500));
    assert_eq!(taken_off(Discount::Amount(eur(500)), eur(499)), eur(499));
}
