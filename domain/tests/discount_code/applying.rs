//! A shopper puts a code into the cart.

use domain::cart::{Cart, CartError, CartEvent};
use domain::discount_code::{Discount, DiscountCode, DiscountCodeError, DiscountCodeEvent, Terms};
use domain::shopping::{ShoppingError, apply_code};
use domain::{Currency, Money};

use super::{ada, created, eur, eve, redeemed, spring, state, ten_percent, today};

fn cart(in_currency: Currency, then: &[CartEvent]) -> Cart {
    let opened = CartEvent::CartOpened {
        owner: ada(),
        currency: in_currency,
    };
    let mut cart = Cart::default();
    for event in [&[opened], then].concat() {
        cart.evolve(&event);
    }
    cart
}

fn applied() -> CartEvent {
    CartEvent::DiscountApplied { code: spring() }
}

fn ada_applies(terms: &DiscountCode, cart: &Cart) -> Result<Vec<CartEvent>, ShoppingError> {
    apply_code(cart, ada(), spring(), terms, today())
}

#[test]
fn a_code_that_could_be_redeemed_is_applied() {
    let code = state(&[created(ten_percent())]);
    assert_eq!(ada_applies(&code, &cart(Currency::EUR, &[])), Ok(vec![applied()]));
    assert_eq!(
        ada_applies(&code, &cart(Currency::EUR, &[applied()])),
        Ok(vec![]),
        "once"
    );
}

#[test]
fn a_cart_that_is_not_worth_enough_yet_takes_the_code_all_the_same() {
    let from = Terms {
        minimum: Some(eur(2000)),
        ..ten_percent()
    };
    let code = state(&[created(from)]);
    assert_eq!(ada_applies(&code, &cart(Currency::EUR, &[])), Ok(vec![applied()]));
}

#[test]
fn a_code_that_is_worth_nothing_here_is_refused_with_the_reason() {
    let once = |limit, limit_per_customer| Terms {
        limit,
        limit_per_customer,
        ..ten_percent()
    };
    let expired = Terms {
        expires_at: Some(today()),
        ..ten_percent()
    };
    let in_yen = Terms {
        discount: Discount::Amount(Money::new(500, Currency::JPY)),
        ..ten_percent()
    };
    let code = spring;
    let refusals = [
        (DiscountCode::Unknown, DiscountCodeError::Unknown { code: code() }),
        (
            state(&[created(ten_percent()), DiscountCodeEvent::CodeDisabled {}]),
            DiscountCodeError::Disabled { code: code() },
        ),
        (
            state(&[created(expired)]),
            DiscountCodeError::Expired { code: code() },
        ),
        (
            state(&[created(in_yen)]),
            DiscountCodeError::OtherCurrency {
                code: code(),
                its: Currency::JPY,
                cart: Currency::EUR,
            },
        ),
        (
            state(&[created(once(Some(1), None)), redeemed(1, eve())]),
            DiscountCodeError::UsedUp { code: code() },
        ),
        (
            state(&[created(once(None, Some(1))), redeemed(1, ada())]),
            DiscountCodeError::UsedUpByCustomer { code: code() },
        ),
    ];
    for (terms, error) in refusals {
        let answer = ada_applies(&terms, &cart(Currency::EUR, &[]));
        let refusal = ShoppingError::DiscountCode(error.clone());
        assert_eq!(
            (refusal.code(), refusal.to_string()),
            (error.code(), error.to_string())
        );
        assert_eq!(answer, Err(refusal));
    }
}

#[test]
fn a_stranger_learns_nothing_about_a_cart_by_way_of_a_code() {
    let answer = apply_code(
        &cart(Currency::EUR, &[]),
        eve(),
        spring(),
        &DiscountCode::Unknown,
        today(),
    );
    assert_eq!(answer, Err(CartError::NotFound.into()));
}
