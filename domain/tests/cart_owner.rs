//! Which cart is a shopper's current one, given/when/then.

use cqrs_es::Aggregate;
use cqrs_es::test::TestFramework;
use domain::CartId;
use domain::cart_owner::{CartOwner, CartOwnerCommand, CartOwnerEvent};
use uuid::Uuid;

fn first() -> CartId {
    CartId::new(Uuid::from_u128(1))
}

fn second() -> CartId {
    CartId::new(Uuid::from_u128(2))
}

fn name(cart: CartId) -> CartOwnerCommand {
    CartOwnerCommand::NameCurrentCart { cart }
}

fn named(cart: CartId) -> CartOwnerEvent {
    CartOwnerEvent::CurrentCartNamed { cart }
}

#[test]
fn a_shopper_without_a_cart_gets_a_current_one() {
    TestFramework::<CartOwner>::with(())
        .given_no_previous_events()
        .when(name(first()))
        .then_expect_events(vec![named(first())]);
}

#[test]
fn naming_the_current_cart_again_changes_nothing() {
    TestFramework::<CartOwner>::with(())
        .given(vec![named(first())])
        .when(name(first()))
        .then_expect_events(vec![]);
}

#[test]
fn another_cart_takes_the_place_of_the_current_one() {
    TestFramework::<CartOwner>::with(())
        .given(vec![named(first())])
        .when(name(second()))
        .then_expect_events(vec![named(second())]);
}

#[test]
fn an_earlier_cart_can_become_the_current_one_again() {
    TestFramework::<CartOwner>::with(())
        .given(vec![named(first()), named(second())])
        .when(name(first()))
        .then_expect_events(vec![named(first())]);
}

#[test]
fn the_cart_named_last_is_the_current_one() {
    let mut owner = CartOwner::default();
    assert_eq!(owner.current, None);
    for cart in [first(), second()] {
        owner.evolve(&named(cart));
        assert_eq!(owner.current, Some(cart));
    }
}

#[test]
fn a_cart_owner_is_the_same_after_a_snapshot() {
    for current in [None, Some(first())] {
        let owner = CartOwner { current };
        let snapshot = serde_json::to_string(&owner).expect("a cart owner can be written");
        assert_eq!(
            serde_json::from_str::<CartOwner>(&snapshot).expect("and read"),
            owner
        );
    }
}

#[test]
fn cqrs_es_knows_the_cart_owner_by_the_name_of_the_log() {
    assert_eq!(CartOwner::TYPE, "cart-owner");
}
