//! What stays true of a cart whatever its shopper, and anybody else, does to it.

use std::collections::BTreeMap;

use domain::cart::{Cart, CartCommand, CartError, CartEvent, Line, MAX_LINES, MAX_QUANTITY};
use domain::{AggregateType, Currency, Event, Money, OwnerId, Sku};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{ada, another_order, eve, order, spring, state};

/// Names commands without saying whose they are.
#[derive(Clone, Debug)]
enum Step {
    Add(Sku, u32),
    Set(Sku, u32),
    Remove(Sku),
    Clear,
    ApplyCode,
    RemoveCode,
    CheckOut,
}

fn product(number: u8) -> Sku {
    Sku::parse(&format!("P-{number}")).expect("a SKU of a test is one")
}

fn command(step: Step, by: OwnerId) -> CartCommand {
    match step {
        Step::Add(sku, quantity) => CartCommand::AddItem {
            by,
            name: sku.to_string(),
            sku,
            quantity,
            unit_price: Money::new(1450, Currency::EUR),
        },
        Step::Set(sku, quantity) => CartCommand::SetQuantity { by, sku, quantity },
        Step::Remove(sku) => CartCommand::RemoveItem { by, sku },
        Step::Clear => CartCommand::Clear { by },
        Step::ApplyCode => CartCommand::ApplyDiscount { by, code: spring() },
        Step::RemoveCode => CartCommand::RemoveDiscount { by },
        Step::CheckOut => CartCommand::CheckOut { by, order: order() },
    }
}

/// What nobody asks for: time goes by, and orders are given up.
fn passing() -> impl Strategy<Value = CartCommand> {
    prop_oneof![
        Just(CartCommand::Expire),
        Just(CartCommand::Reopen { order: order() }),
        Just(CartCommand::Reopen {
            order: another_order()
        }),
        Just(CartCommand::Open {
            owner: ada(),
            currency: Currency::EUR
        }),
    ]
}

/// Ordinary quantities, those near the limit, and any others.
fn quantity() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 1..=3_u32, 2 => 990..=1001_u32, 1 => Just(0), 1 => any::<u32>()]
}

/// One of the products with which carts begin, or one of a few more than fit.
fn any_product() -> impl Strategy<Value = Sku> {
    prop_oneof![0..4_u8, 0..104_u8].prop_map(product)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (any_product(), quantity()).prop_map(|(sku, quantity)| Step::Add(sku, quantity)),
        4 => (any_product(), quantity()).prop_map(|(sku, quantity)| Step::Set(sku, quantity)),
        4 => any_product().prop_map(Step::Remove),
        1 => Just(Step::Clear),
        1 => Just(Step::ApplyCode),
        1 => Just(Step::RemoveCode),
    ]
}

fn any_command() -> impl Strategy<Value = CartCommand> {
    prop_oneof![
        10 => step().prop_map(|step| command(step, ada())),
        1 => Just(command(Step::CheckOut, ada())),
        2 => passing(),
    ]
}

/// The events of an empty, a small or a nearly full cart.
fn beginning() -> impl Strategy<Value = Vec<CartEvent>> {
    let lines = prop_oneof![0..4_u8, 97..=100_u8];
    (lines, 1..=MAX_QUANTITY).prop_map(|(lines, quantity)| {
        let added = |number| CartEvent::ItemAdded {
            sku: product(number),
            name: product(number).to_string(),
            quantity,
            unit_price: Money::new(1450, Currency::EUR),
            line_quantity: quantity,
        };
        let opened = CartEvent::CartOpened {
            owner: ada(),
            currency: Currency::EUR,
        };
        std::iter::once(opened).chain((0..lines).map(added)).collect()
    })
}

fn quantities(cart: &Cart) -> Vec<(Sku, u32)> {
    match cart {
        Cart::Unopened | Cart::Merged { .. } => vec![],
        Cart::Open(contents) | Cart::CheckedOut { contents, .. } | Cart::Expired(contents) => contents
            .lines
            .iter()
            .map(|line| (line.sku.clone(), line.quantity))
            .collect(),
    }
}

/// What the log and everybody who reads it make of an event.
fn through_the_log(event: &CartEvent) -> CartEvent {
    let payload = Event::Cart(event.clone()).payload();
    match Event::parse(AggregateType::Cart, event.name(), "1.0", &payload) {
        Ok(Event::Cart(event)) => event,
        other => panic!("{event:?} was read back as {other:?}"),
    }
}

/// Quantities by what events say of a change, not by what they say of its outcome.
fn account_for(event: &CartEvent, held: &mut BTreeMap<Sku, u32>) {
    match event {
        CartEvent::CartOpened { .. }
        | CartEvent::DiscountApplied { .. }
        | CartEvent::DiscountRemoved { .. }
        | CartEvent::CartCheckedOut { .. }
        | CartEvent::CartReopened {}
        | CartEvent::CartExpired {}
        | CartEvent::CartMerged { .. } => {}
        CartEvent::ItemAdded { sku, quantity, .. } => *held.entry(sku.clone()).or_default() += quantity,
        CartEvent::QuantityChanged {
            sku,
            quantity,
            previous,
        } => assert_eq!(held.insert(sku.clone(), *quantity), Some(*previous)),
        CartEvent::ItemRemoved { sku, quantity } => assert_eq!(held.remove(sku), Some(*quantity)),
        CartEvent::CartCleared { skus } => {
            for sku in skus {
                assert!(held.remove(sku).is_some(), "{sku} was cleared and not there");
            }
            assert!(held.is_empty(), "{held:?} was cleared without a word");
        }
    }
}

#[test]
fn a_snapshot_is_parsed_and_not_trusted() {
    let line = r#"{"sku":"lower case","quantity":1,"unit_price":{"minor":1,"currency":"EUR"}}"#;
    assert!(serde_json::from_str::<Line>(line).is_err());
}

proptest! {
    #[test]
    fn a_cart_keeps_its_limits_and_the_log_tells_all_of_it(
        beginning in beginning(),
        commands in vec(any_command(), 1..60),
    ) {
        let mut cart = state(&beginning);
        let mut log = beginning;
        for command in commands {
            let before = quantities(&cart);
            let events = cart.decide(command).unwrap_or_default();
            for event in &events {
                cart.evolve(event);
            }
            let after = quantities(&cart);

            prop_assert!(after.len() <= MAX_LINES);
            prop_assert!(after.iter().all(|(_, quantity)| (1..=MAX_QUANTITY).contains(quantity)), "{after:?}");
            for (sku, _) in before {
                let kept = after.iter().any(|(other, _)| *other == sku);
                let told = events.iter().any(|event| match event {
                    CartEvent::ItemRemoved { sku: removed, .. } => *removed == sku,
                    CartEvent::CartCleared { skus } => skus.contains(&sku),
                    CartEvent::CartOpened { .. }
                    | CartEvent::ItemAdded { .. }
                    | CartEvent::QuantityChanged { .. }
                    | CartEvent::DiscountApplied { .. }
                    | CartEvent::DiscountRemoved { .. }
                    | CartEvent::CartCheckedOut { .. }
                    | CartEvent::CartReopened {}
                    | CartEvent::CartExpired {}
                    | CartEvent::CartMerged { .. } => false,
                });
                prop_assert!(kept != told, "{sku} kept: {kept}, told to be gone: {told}");
            }
            log.extend(events);
        }

        let read: Vec<CartEvent> = log.iter().map(through_the_log).collect();
        prop_assert_eq!(&state(&read), &cart);

        let mut held = BTreeMap::new();
        for event in &log {
            account_for(event, &mut held);
        }
        prop_assert_eq!(held, quantities(&cart).into_iter().collect::<BTreeMap<_, _>>());
    }

    #[test]
    fn repeating_a_change_that_is_not_relative_is_a_no_op(
        beginning in beginning(),
        steps in vec(step(), 1..20),
    ) {
        let mut cart = state(&beginning);
        for step in steps {
            let Ok(events) = cart.decide(command(step.clone(), ada())) else { continue };
            for event in &events {
                cart.evolve(event);
            }
            if !matches!(step, Step::Add(..)) {
                prop_assert_eq!(cart.decide(command(step, ada())), Ok(vec![]));
            }
        }
    }

    #[test]
    fn what_is_no_change_of_its_shopper_changes_nothing_in_it(
        beginning in beginning(),
        commands in vec(prop_oneof![Just(command(Step::CheckOut, ada())), passing()], 1..20),
    ) {
        let mut cart = state(&beginning);
        let before = quantities(&cart);
        for command in commands {
            for event in cart.decide(command).unwrap_or_default() {
                cart.evolve(&event);
            }
            prop_assert_eq!(quantities(&cart), before.clone());
        }
    }

    #[test]
    fn a_stranger_gets_one_answer_whatever_is_tried(beginning in beginning(), step in step()) {
        let cart = state(&beginning);
        prop_assert_eq!(cart.decide(command(step, eve())), Err(CartError::NotFound));
    }

    #[test]
    fn a_cart_is_the_same_after_a_snapshot(beginning in beginning(), commands in vec(any_command(), 0..20)) {
        let mut cart = state(&beginning);
        for command in commands {
            for event in cart.decide(command).unwrap_or_default() {
                cart.evolve(&event);
            }
        }
        for cart in [Cart::Unopened, cart] {
            let snapshot = serde_json::to_string(&cart).expect("a cart can be written");
            prop_assert_eq!(serde_json::from_str::<Cart>(&snapshot).expect("and read"), cart);
        }
    }
}
