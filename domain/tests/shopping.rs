//! Decisions in which a cart, its owner and products take part.

use domain::cart::{Cart, CartCommand, CartError, CartEvent};
use domain::cart_owner::{CartOwner, CartOwnerEvent};
use domain::product::{Details, Product};
use domain::shopping::{Opened, ShoppingError, Wanted, add_items, open_cart};
use domain::{CartId, Currency, Money, OrderId, OwnerId, Sku};
use proptest::prelude::*;
use uuid::Uuid;

fn ada() -> OwnerId {
    OwnerId::new(Uuid::from_u128(0xada))
}

fn eve() -> OwnerId {
    OwnerId::new(Uuid::from_u128(0xe4e))
}

fn first() -> CartId {
    CartId::new(Uuid::from_u128(1))
}

fn second() -> CartId {
    CartId::new(Uuid::from_u128(2))
}

fn sku(text: &str) -> Sku {
    Sku::parse(text).expect("a SKU of a test is one")
}

fn product(name: &str, minor: i64) -> Product {
    Product::Known {
        details: Details {
            name: name.to_owned(),
            description: String::new(),
            category: "kitchen".to_owned(),
            picture: None,
        },
        price: Money::new(minor, Currency::EUR),
        listed: true,
    }
}

fn mug() -> Product {
    product("Mug", 1450)
}

fn delisted() -> Product {
    match mug() {
        Product::Known { details, price, .. } => Product::Known {
            details,
            price,
            listed: false,
        },
        Product::Unlisted => unreachable!("a mug is a product"),
    }
}

fn cart_of(owner: OwnerId) -> Cart {
    with(Cart::default(), &[opened(owner)])
}

fn with(mut cart: Cart, events: &[CartEvent]) -> Cart {
    for event in events {
        cart.evolve(event);
    }
    cart
}

fn want<'a>(sku: &'a Sku, quantity: u32, product: &'a Product) -> Wanted<'a> {
    Wanted {
        sku,
        quantity,
        product,
    }
}

fn added(sku: &Sku, name: &str, quantity: u32, minor: i64, line_quantity: u32) -> CartEvent {
    CartEvent::ItemAdded {
        sku: sku.clone(),
        name: name.to_owned(),
        quantity,
        unit_price: Money::new(minor, Currency::EUR),
        line_quantity,
    }
}

fn opened(owner: OwnerId) -> CartEvent {
    CartEvent::CartOpened {
        owner,
        currency: Currency::EUR,
    }
}

fn named(cart: CartId) -> CartOwnerEvent {
    CartOwnerEvent::CurrentCartNamed { cart }
}

fn current(cart: CartId, reopened: Vec<CartEvent>) -> Opened {
    Opened::Current { cart, reopened }
}

fn no_cart() -> CartOwner {
    CartOwner::default()
}

fn has(cart: CartId) -> CartOwner {
    CartOwner { current: Some(cart) }
}

#[test]
fn a_shopper_without_a_cart_gets_a_new_one() {
    let answer = open_cart(
        &no_cart(),
        &Cart::Unopened,
        &Cart::Unopened,
        ada(),
        first(),
        Currency::EUR,
    );
    let expected = Opened::New {
        cart: vec![opened(ada())],
        owner: vec![named(first())],
    };
    assert_eq!(answer, Ok(expected));
}

#[test]
fn asking_again_opens_no_second_cart() {
    let answer = open_cart(
        &has(first()),
        &cart_of(ada()),
        &Cart::Unopened,
        ada(),
        second(),
        Currency::EUR,
    );
    assert_eq!(answer, Ok(current(first(), vec![])));
}

#[test]
fn asking_again_in_another_currency_gets_the_cart_that_is_there() {
    let answer = open_cart(
        &has(first()),
        &cart_of(ada()),
        &Cart::Unopened,
        ada(),
        second(),
        Currency::JPY,
    );
    assert_eq!(answer, Ok(current(first(), vec![])));
}

#[test]
fn a_cart_that_became_an_order_makes_way_for_a_new_one() {
    let order = OrderId::new(Uuid::from_u128(3));
    let paid = with(cart_of(ada()), &[CartEvent::CartCheckedOut { order }]);
    let answer = open_cart(
        &has(first()),
        &paid,
        &Cart::Unopened,
        ada(),
        second(),
        Currency::EUR,
    );
    let expected = Opened::New {
        cart: vec![opened(ada())],
        owner: vec![named(second())],
    };
    assert_eq!(answer, Ok(expected));
}

#[test]
fn a_shopper_who_comes_back_late_finds_the_cart_as_it_was() {
    let expired = with(cart_of(ada()), &[CartEvent::CartExpired {}]);
    let answer = open_cart(
        &has(first()),
        &expired,
        &Cart::Unopened,
        ada(),
        second(),
        Currency::EUR,
    );
    assert_eq!(answer, Ok(current(first(), vec![CartEvent::CartReopened {}])));
}

#[test]
fn somebody_elses_cart_is_not_taken_over() {
    let answer = open_cart(
        &no_cart(),
        &Cart::Unopened,
        &cart_of(eve()),
        ada(),
        first(),
        Currency::EUR,
    );
    assert_eq!(answer, Err(CartError::NotFound.into()));
}

#[test]
fn name_and_price_come_from_the_product() {
    let (stone, glass) = (sku("MUG-STONE"), sku("MUG-GLASS"));
    let (stone_mug, glass_mug) = (product("Stone mug", 1450), product("Glass mug", 990));
    let wanted = [want(&stone, 2, &stone_mug), want(&glass, 1, &glass_mug)];
    let expected = vec![
        added(&stone, "Stone mug", 2, 1450, 2),
        added(&glass, "Glass mug", 1, 990, 1),
    ];
    assert_eq!(add_items(&cart_of(ada()), ada(), &wanted), Ok(expected));
    let alone = vec![added(&glass, "Glass mug", 1, 990, 1)];
    assert_eq!(add_items(&cart_of(ada()), ada(), &wanted[1..]), Ok(alone));
}

#[test]
fn the_same_product_twice_in_one_command_is_one_line() {
    let stone = sku("MUG-STONE");
    let mug = mug();
    let wanted = [2, 3].map(|quantity| want(&stone, quantity, &mug));
    let expected = vec![added(&stone, "Mug", 2, 1450, 2), added(&stone, "Mug", 3, 1450, 5)];
    assert_eq!(add_items(&cart_of(ada()), ada(), &wanted), Ok(expected));
}

#[test]
fn the_same_product_twice_in_one_command_does_not_slip_past_the_limit() {
    let stone = sku("MUG-STONE");
    let mug = mug();
    let wanted = [999, 1].map(|quantity| want(&stone, quantity, &mug));
    let error = CartError::Quantity {
        sku: stone.clone(),
        wanted: 1000,
    };
    assert_eq!(add_items(&cart_of(ada()), ada(), &wanted), Err(error.into()));
}

#[test]
fn a_thousand_at_once_are_refused_like_any_other_quantity() {
    let stone = sku("MUG-STONE");
    for quantity in [0, 1000, u32::MAX] {
        let answer = add_items(&cart_of(ada()), ada(), &[want(&stone, quantity, &mug())]);
        let error = CartError::Quantity {
            sku: stone.clone(),
            wanted: quantity.into(),
        };
        assert_eq!(answer, Err(error.into()));
    }
}

#[test]
fn a_command_that_fills_the_cart_is_taken_and_one_product_more_is_not() {
    let skus: Vec<Sku> = (1..=101).map(|n| sku(&format!("P-{n}"))).collect();
    let mug = mug();
    let wanted: Vec<Wanted> = skus.iter().map(|sku| want(sku, 1, &mug)).collect();
    let half = with(
        cart_of(ada()),
        &add_items(&cart_of(ada()), ada(), &wanted[..50]).expect("50 fit"),
    );
    assert_eq!(
        add_items(&half, ada(), &wanted[50..100]).map(|events| events.len()),
        Ok(50)
    );
    let error = CartError::TooManyLines { sku: sku("P-101") };
    assert_eq!(add_items(&half, ada(), &wanted[50..]), Err(error.into()));
}

#[test]
fn an_unknown_product_is_refused_and_with_it_the_whole_command() {
    let (stone, none, mug) = (sku("MUG-STONE"), sku("NONE"), mug());
    let wanted = [want(&stone, 2, &mug), want(&none, 1, &Product::Unlisted)];
    let error = ShoppingError::UnknownProduct { sku: none.clone() };
    assert_eq!(add_items(&cart_of(ada()), ada(), &wanted), Err(error.clone()));
    assert_eq!(add_items(&cart_of(ada()), ada(), &wanted[1..]), Err(error));
}

#[test]
fn a_delisted_product_is_not_sold_any_more() {
    let (stone, old) = (sku("MUG-STONE"), delisted());
    let wanted = [want(&stone, 1, &old)];
    let error = ShoppingError::Delisted { sku: stone.clone() };
    assert_eq!(add_items(&cart_of(ada()), ada(), &wanted), Err(error.clone()));
    let holding = with(cart_of(ada()), &[added(&stone, "Mug", 1, 1450, 1)]);
    assert_eq!(
        add_items(&holding, ada(), &wanted),
        Err(error),
        "not even where a cart holds it"
    );
}

#[test]
fn a_delisted_product_can_be_taken_out_of_a_cart() {
    let stone = sku("MUG-STONE");
    let holding = with(cart_of(ada()), &[added(&stone, "Mug", 1, 1450, 1)]);
    let remove = CartCommand::RemoveItem {
        by: ada(),
        sku: stone.clone(),
    };
    let removed = CartEvent::ItemRemoved {
        sku: stone,
        quantity: 1,
    };
    assert_eq!(holding.decide(remove), Ok(vec![removed]));
}

#[test]
fn a_stranger_learns_nothing_by_adding() {
    let none = sku("NONE");
    let wanted = [want(&none, 0, &Product::Unlisted)];
    for cart in [cart_of(ada()), Cart::Unopened] {
        let answer = Err(CartError::NotFound.into());
        assert_eq!(add_items(&cart, eve(), &wanted), answer);
        assert_eq!(add_items(&cart, eve(), &[]), answer, "not even by adding nothing");
    }
}

#[test]
fn a_refusal_has_a_code_for_programs_and_a_sentence_for_people() {
    let refusals = [
        (
            ShoppingError::from(CartError::NotFound),
            "cart-not-found",
            "there is no such cart",
        ),
        (
            ShoppingError::UnknownProduct { sku: sku("NONE") },
            "unknown-product",
            "there is no product NONE",
        ),
        (
            ShoppingError::Delisted { sku: sku("OLD") },
            "product-delisted",
            "OLD is not sold any more",
        ),
    ];
    for (error, code, sentence) in refusals {
        assert_eq!((error.code(), error.to_string().as_str()), (code, sentence));
    }
}

fn any_product() -> impl Strategy<Value = Product> {
    prop_oneof![20 => Just(mug()), 1 => Just(Product::Unlisted), 1 => Just(delisted())]
}

fn any_line() -> impl Strategy<Value = (Sku, u32, Product)> {
    let quantity = prop_oneof![20 => 1..=9_u32, 1 => 990..=1001_u32, 1 => Just(0)];
    (
        (0..110_u8).prop_map(|n| sku(&format!("P-{n}"))),
        quantity,
        any_product(),
    )
}

proptest! {
    /// One command with many lines is as many commands with one line each, or nothing at all.
    #[test]
    fn all_lines_are_added_or_none(held in 0..=100_u8, lines in prop::collection::vec(any_line(), 0..12)) {
        let held: Vec<CartEvent> = (0..held).map(|n| added(&sku(&format!("P-{n}")), "Mug", 1, 1450, 1)).collect();
        let before = with(cart_of(ada()), &held);
        let wanted: Vec<Wanted> = lines
            .iter()
            .map(|(sku, quantity, product)| want(sku, *quantity, product))
            .collect();

        let one_by_one = wanted.chunks(1).try_fold((before.clone(), vec![]), |(cart, mut events), line| {
            let new = add_items(&cart, ada(), line)?;
            let cart = with(cart, &new);
            events.extend(new);
            Ok::<_, ShoppingError>((cart, events))
        });
        let at_once = add_items(&before, ada(), &wanted);

        prop_assert_eq!(&at_once, &one_by_one.clone().map(|(_, events)| events));
        if let (Ok(events), Ok((after, _))) = (at_once, one_by_one) {
            prop_assert_eq!(events.len(), lines.len());
            prop_assert_eq!(with(before, &events), after);
        }
    }
}
