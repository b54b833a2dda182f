//! Signing in: what a guest put into the cart, and what the account had.

use std::collections::BTreeMap;

use domain::cart::{Cart, CartCommand, CartError, CartEvent, MAX_LINES, MAX_QUANTITY};
use domain::cart_owner::CartOwner;
use domain::discount_code::{Discount, DiscountCode, Redemptions, Terms};
use domain::merging::{Account, Guest, Merging, merge};
use domain::product::{Details, Product};
use domain::{CartId, Code, Currency, Money, OrderId, OwnerId, Sku};
use proptest::prelude::*;
use time::macros::datetime;
use uuid::Uuid;

const GUEST: OwnerId = OwnerId::new(Uuid::from_u128(1));
const ADA: OwnerId = OwnerId::new(Uuid::from_u128(2));
const ADAS_CART: CartId = CartId::new(Uuid::from_u128(20));
const NEW_CART: CartId = CartId::new(Uuid::from_u128(30));

fn sku(text: &str) -> Sku {
    Sku::parse(text).expect("a SKU of a test is one")
}

fn code(text: &str) -> Code {
    Code::parse(text).expect("a code of a test is one")
}

fn after(mut cart: Cart, command: CartCommand) -> Cart {
    for event in cart
        .decide(command)
        .expect("a test fills its carts within the rules")
    {
        cart.evolve(&event);
    }
    cart
}

fn empty(owner: OwnerId, currency: Currency) -> Cart {
    after(Cart::default(), CartCommand::Open { owner, currency })
}

fn filled(owner: OwnerId, currency: Currency, lines: &[(&str, u32)]) -> Cart {
    lines
        .iter()
        .fold(empty(owner, currency), |cart, (text, quantity)| {
            let command = CartCommand::AddItem {
                by: owner,
                sku: sku(text),
                name: (*text).to_owned(),
                quantity: *quantity,
                unit_price: Money::new(100, currency),
            };
            after(cart, command)
        })
}

fn guests(lines: &[(&str, u32)]) -> Cart {
    filled(GUEST, Currency::EUR, lines)
}

fn adas(lines: &[(&str, u32)]) -> Cart {
    filled(ADA, Currency::EUR, lines)
}

fn product() -> Product {
    Product::Known {
        details: Details {
            name: "A thing".to_owned(),
            description: String::new(),
            category: "kitchen".to_owned(),
            picture: None,
        },
        price: Money::new(900, Currency::EUR),
        listed: true,
    }
}

/// Both carts after Ada signed in, and where everything is since.
struct SignedIn {
    guests: Cart,
    adas: Cart,
    into: CartId,
    is_new: bool,
}

impl SignedIn {
    fn lines(&self) -> Vec<(&str, u32)> {
        let contents = self.adas.opened_by(ADA).expect("it is Ada's");
        contents
            .lines
            .iter()
            .map(|line| (line.sku.as_str(), line.quantity))
            .collect()
    }

    fn left_out(&self) -> Vec<(&str, u32)> {
        match &self.guests {
            Cart::Merged { left_out, .. } => left_out
                .iter()
                .map(|left| (left.sku.as_str(), left.quantity))
                .collect(),
            other => panic!("{other:?} was not merged"),
        }
    }

    fn code(&self) -> Option<&str> {
        let contents = self.adas.opened_by(ADA).expect("it is Ada's");
        contents.code.as_ref().map(Code::as_str)
    }
}

fn merging(guests: &Cart, adas: Option<&Cart>, terms: Option<&DiscountCode>) -> Option<Merging> {
    let (unopened, product) = (Cart::default(), product());
    let guest = Guest {
        owner: GUEST,
        cart: guests,
    };
    let account = Account {
        owner: ADA,
        named: &CartOwner {
            current: adas.map(|_| ADAS_CART),
        },
        current: adas.unwrap_or(&unopened),
        new: NEW_CART,
    };
    let at = datetime!(2026-11-23 12:00 UTC);
    let terms = terms.map(Into::into);
    merge(&guest, &account, |_| Some(&product), terms, at).expect("nobody else has the new id")
}

fn sign_in_with(guests: &Cart, adas: Option<&Cart>, terms: Option<&DiscountCode>) -> SignedIn {
    let merging = merging(guests, adas, terms).expect("there is something to merge");
    let is_new = merging.into == NEW_CART;
    let target = adas.filter(|_| !is_new).cloned().unwrap_or_default();
    SignedIn {
        guests: evolved(guests.clone(), &merging.guest),
        adas: evolved(target, &merging.account),
        into: merging.into,
        is_new,
    }
}

fn sign_in(guests: &Cart, adas: Option<&Cart>) -> SignedIn {
    sign_in_with(guests, adas, None)
}

fn evolved(mut cart: Cart, events: &[CartEvent]) -> Cart {
    for event in events {
        cart.evolve(event);
    }
    cart
}

#[test]
fn an_account_without_a_cart_gets_a_new_one_with_everything() {
    let after = sign_in(&guests(&[("MUG", 2), ("POT", 1)]), None);
    assert_eq!(after.lines(), [("MUG", 2), ("POT", 1)]);
    assert!(after.is_new && after.left_out().is_empty());
}

#[test]
fn the_same_product_adds_up_and_others_stand_behind() {
    let after = sign_in(
        &guests(&[("MUG", 2), ("POT", 1)]),
        Some(&adas(&[("BOWL", 4), ("MUG", 3)])),
    );
    assert_eq!(after.lines(), [("BOWL", 4), ("MUG", 5), ("POT", 1)]);
    assert_eq!(after.into, ADAS_CART);
}

#[test]
fn the_price_is_the_one_at_which_it_was_first_added_and_the_name_the_products_own() {
    let merging = merging(&guests(&[("MUG", 2)]), None, None).unwrap();
    let added = CartEvent::ItemAdded {
        sku: sku("MUG"),
        name: "A thing".to_owned(),
        quantity: 2,
        unit_price: Money::new(100, Currency::EUR),
        line_quantity: 2,
    };
    assert!(merging.account.contains(&added), "{:?}", merging.account);
}

#[test]
fn a_merged_cart_takes_nothing_more_and_says_where_its_things_are() {
    let after = sign_in(&guests(&[("MUG", 2)]), Some(&adas(&[])));
    let cleared = after.guests.decide(CartCommand::Clear { by: GUEST });
    assert_eq!(cleared, Err(CartError::Merged { into: ADAS_CART }));
    let by_another = after.guests.decide(CartCommand::Clear { by: ADA });
    assert_eq!(by_another, Err(CartError::NotFound));
    let expired = after.guests.decide(CartCommand::Expire);
    assert_eq!(expired, Ok(vec![]));
}

#[test]
fn signing_in_again_merges_nothing_again() {
    let after = sign_in(&guests(&[("MUG", 2)]), Some(&adas(&[("MUG", 1)])));
    assert_eq!(merging(&after.guests, Some(&after.adas), None), None);
}

#[test]
fn nothing_is_merged_where_there_is_nothing() {
    let ordered = after(
        guests(&[("MUG", 1)]),
        CartCommand::CheckOut {
            by: GUEST,
            order: OrderId::new(Uuid::from_u128(7)),
        },
    );
    for cart in [Cart::default(), guests(&[]), ordered, adas(&[("MUG", 1)])] {
        assert_eq!(merging(&cart, Some(&adas(&[("POT", 1)])), None), None, "{cart:?}");
    }
}

#[test]
fn carts_that_expired_are_merged_as_they_were() {
    let guests = after(guests(&[("MUG", 2)]), CartCommand::Expire);
    let adas = after(adas(&[("POT", 1)]), CartCommand::Expire);
    let after = sign_in(&guests, Some(&adas));
    assert_eq!(after.lines(), [("POT", 1), ("MUG", 2)]);
}

#[test]
fn a_line_that_is_full_leaves_the_rest_out_and_says_so() {
    let after = sign_in(&guests(&[("MUG", 10)]), Some(&adas(&[("MUG", MAX_QUANTITY - 4)])));
    assert_eq!(after.lines(), [("MUG", MAX_QUANTITY)]);
    assert_eq!(after.left_out(), [("MUG", 6)]);
}

#[test]
fn a_cart_that_is_full_leaves_new_products_out_and_says_so() {
    let names: Vec<String> = (0..MAX_LINES).map(|number| format!("SKU-{number}")).collect();
    let lines: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    let after = sign_in(&guests(&[("MUG", 2), ("SKU-7", 2)]), Some(&adas(&lines)));
    assert_eq!(after.lines().len(), MAX_LINES);
    assert!(after.lines().contains(&("SKU-7", 3)));
    assert_eq!(after.left_out(), [("MUG", 2)]);
}

#[test]
fn a_filled_cart_in_another_currency_stays_and_an_empty_one_makes_room() {
    let dollars = filled(GUEST, Currency::USD, &[("MUG", 2)]);
    let after = sign_in(&dollars, Some(&adas(&[("POT", 1)])));
    assert_eq!(
        (after.lines(), after.left_out()),
        (vec![("POT", 1)], vec![("MUG", 2)])
    );
    let after = sign_in(&dollars, Some(&adas(&[])));
    assert_eq!((after.lines(), after.into), (vec![("MUG", 2)], NEW_CART));
}

#[test]
fn the_accounts_code_stays_and_else_the_guests_is_taken_over_where_it_may_be_used() {
    let with_code =
        |cart: Cart, by, text: &str| after(cart, CartCommand::ApplyDiscount { by, code: code(text) });
    let known = |enabled| DiscountCode::Known {
        terms: Terms {
            discount: Discount::Percent(10),
            minimum: None,
            limit: None,
            limit_per_customer: Some(1),
            expires_at: None,
        },
        enabled,
        redemptions: Redemptions::default(),
    };
    let guests = with_code(guests(&[("MUG", 1)]), GUEST, "SPRING");
    let usable = known(true);
    let own = with_code(adas(&[("POT", 1)]), ADA, "WINTER");
    assert_eq!(
        sign_in_with(&guests, Some(&own), Some(&usable)).code(),
        Some("WINTER")
    );
    assert_eq!(
        sign_in_with(&guests, Some(&adas(&[])), Some(&usable)).code(),
        Some("SPRING")
    );
    // Disabled meanwhile: signing in goes on without it.
    assert_eq!(
        sign_in_with(&guests, Some(&adas(&[])), Some(&known(false))).code(),
        None
    );
}

proptest! {
    /// Nothing disappears: what both had is in the account's cart or named as left out.
    #[test]
    fn whatever_was_in_both_carts_is_there_or_named(
        guest_lines in proptest::collection::btree_map(0..110_u8, 1..=MAX_QUANTITY, 1..100),
        own_lines in proptest::collection::btree_map(0..110_u8, 1..=MAX_QUANTITY, 0..100),
    ) {
        let named = |lines: &BTreeMap<u8, u32>| -> Vec<(String, u32)> {
            lines.iter().map(|(number, quantity)| (format!("SKU-{number}"), *quantity)).collect()
        };
        let (guest_lines, own_lines) = (named(&guest_lines), named(&own_lines));
        let theirs: Vec<(&str, u32)> = guest_lines.iter().map(|(name, quantity)| (name.as_str(), *quantity)).collect();
        let own: Vec<(&str, u32)> = own_lines.iter().map(|(name, quantity)| (name.as_str(), *quantity)).collect();
        let after = sign_in(&guests(&theirs), Some(&adas(&own)));
        let total = |name: &str, lines: &[(&str, u32)]| -> u32 {
            lines.iter().filter(|(sku, _)| *sku == name).map(|(_, quantity)| quantity).sum()
        };
        for (name, _) in theirs.iter().chain(&own) {
            prop_assert_eq!(
                total(name, &theirs) + total(name, &own),
                total(name, &after.lines()) + total(name, &after.left_out()),
                "{}", name
            );
        }
        prop_assert!(after.lines().len() <= MAX_LINES);
        prop_assert!(after.lines().iter().all(|(_, quantity)| *quantity <= MAX_QUANTITY));
    }
}
