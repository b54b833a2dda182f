//! What stays true of an order whatever is done to it.

use std::collections::BTreeMap;

use domain::Sku;
use domain::order::{
    CancelReason, Order, OrderCommand, OrderError, OrderEvent, ReturnReason, ShippedLine, Status,
};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{cancel, mug, place, placement, ship, shipment, shipped_line, state, teapot};

fn lines() -> impl Strategy<Value = Option<Vec<ShippedLine>>> {
    let sku = prop_oneof![Just(mug()), Just(teapot())];
    let line = (sku, 0..4_u32).prop_map(|(sku, quantity)| shipped_line(sku, quantity));
    prop::option::weighted(0.8, vec(line, 0..3))
}

fn command() -> impl Strategy<Value = OrderCommand> {
    prop_oneof![
        2 => Just(place(placement())),
        3 => Just(OrderCommand::Confirm),
        1 => prop_oneof![Just(CancelReason::Expired), Just(CancelReason::Customer)].prop_map(cancel),
        8 => (0..5_u128, lines()).prop_map(|(number, lines)| ship(number, lines)),
        4 => (0..5_u128).prop_map(|number| OrderCommand::Deliver { shipment: shipment(number) }),
        2 => Just(OrderCommand::RequestReturn { reason: ReturnReason::NotWanted }),
        1 => Just(OrderCommand::AcceptReturn),
        1 => Just(OrderCommand::DeclineReturn),
    ]
}

fn status(order: &Order) -> Option<Status> {
    match order {
        Order::Unplaced => None,
        Order::Placed { status, .. } => Some(*status),
    }
}

proptest! {
    #[test]
    fn nothing_is_sent_unpaid_or_twice_and_a_cancelled_order_stays_cancelled(commands in vec(command(), 0..60)) {
        let mut order = Order::default();
        let mut sent: BTreeMap<Sku, u32> = BTreeMap::new();
        for command in commands {
            let before = status(&order);
            for event in order.decide(command).unwrap_or_default() {
                if let OrderEvent::OrderShipped { lines, .. } = &event {
                    prop_assert_eq!(before, Some(Status::Confirmed));
                    prop_assert!(!lines.is_empty());
                    for line in lines {
                        prop_assert!(line.quantity > 0);
                        *sent.entry(line.sku.clone()).or_default() += line.quantity;
                    }
                }
                order.evolve(&event);
            }
            if before == Some(Status::Cancelled) {
                prop_assert_eq!(status(&order), before);
            }
            for line in placement().lines {
                let sent = sent.get(&line.sku).copied().unwrap_or_default();
                prop_assert!(sent <= line.quantity);
                if before.is_some() {
                    prop_assert_eq!(order.left_to_ship().get(&line.sku).copied().unwrap_or_default(), line.quantity - sent);
                }
            }
            if !sent.is_empty() {
                prop_assert!(status(&order) == Some(Status::Confirmed));
                prop_assert_eq!(order.decide(cancel(CancelReason::Staff)), Err(OrderError::Shipped));
            }
        }
    }

    #[test]
    fn repeating_a_command_changes_nothing(commands in vec(command(), 1..40)) {
        let mut order = Order::default();
        for command in commands {
            let Ok(events) = order.decide(command.clone()) else { continue };
            for event in &events {
                order.evolve(event);
            }
            prop_assert_eq!(order.decide(command), Ok(vec![]));
        }
    }

    #[test]
    fn an_order_is_the_same_after_a_snapshot(commands in vec(command(), 0..20)) {
        let mut order = state(&[]);
        for command in commands {
            for event in order.decide(command).unwrap_or_default() {
                order.evolve(&event);
            }
        }
        let snapshot = serde_json::to_string(&order).expect("an order can be written");
        prop_assert_eq!(serde_json::from_str::<Order>(&snapshot).expect("and read"), order);
    }
}
