//! What stays true of a stock item whatever is done to it.

use std::collections::BTreeMap;

use domain::OrderId;
use domain::stock::{StockCommand, StockEvent, StockItem};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{BILLION, adjust, adjusted, order, receive, received, reserved};

/// Amounts near every limit, and any others.
fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![
        8 => -20..=20_i64,
        1 => (BILLION - 3)..=(BILLION + 3),
        1 => (-BILLION - 3)..=(-BILLION + 3),
        1 => any::<i64>(),
    ]
}

/// One of few, so that most have something to end.
fn any_order() -> impl Strategy<Value = OrderId> {
    (0..6_u128).prop_map(order)
}

fn command() -> impl Strategy<Value = StockCommand> {
    prop_oneof![
        2 => amount().prop_map(receive),
        2 => amount().prop_map(adjust),
        4 => (any_order(), amount()).prop_map(|(order, quantity)| StockCommand::Reserve { order, quantity }),
        2 => any_order().prop_map(|order| StockCommand::Release { order }),
        2 => any_order().prop_map(|order| StockCommand::Commit { order }),
    ]
}

/// What is promised to whom, by the events alone.
fn account_for(event: &StockEvent, open: &mut BTreeMap<OrderId, i64>) {
    match event {
        StockEvent::StockReceived { .. } | StockEvent::StockAdjusted { .. } => {}
        StockEvent::StockReserved { order, quantity } => {
            assert_eq!(open.insert(*order, *quantity), None, "{order} reserved twice");
        }
        StockEvent::ReservationReleased { order, quantity }
        | StockEvent::ReservationCommitted { order, quantity } => {
            assert_eq!(
                open.remove(order),
                Some(*quantity),
                "{order} ended what was not open"
            );
        }
    }
}

proptest! {
    #[test]
    fn no_more_is_promised_than_there_is_and_a_reservation_ends_once(commands in vec(command(), 0..80)) {
        let mut item = StockItem::default();
        let mut open = BTreeMap::new();
        let (mut came_in, mut committed) = (0, 0);
        for command in commands {
            for event in item.decide(command).unwrap_or_default() {
                item.evolve(&event);
                account_for(&event, &mut open);
                match event {
                    StockEvent::StockReceived { quantity } => came_in += quantity,
                    StockEvent::StockAdjusted { delta, .. } => came_in += delta,
                    StockEvent::ReservationCommitted { quantity, .. } => committed += quantity,
                    StockEvent::StockReserved { .. } | StockEvent::ReservationReleased { .. } => {}
                }
            }
            prop_assert!((0..=item.on_hand).contains(&item.reserved), "{item:?}");
            prop_assert!(item.on_hand <= BILLION, "{item:?}");
            prop_assert_eq!(item.reserved, item.reservations.values().sum::<i64>());
            let reservations: BTreeMap<OrderId, i64> =
                item.reservations.iter().map(|(order, quantity)| (*order, *quantity)).collect();
            prop_assert_eq!(&reservations, &open);
            prop_assert_eq!(item.on_hand, came_in - committed);
            prop_assert!(came_in - committed - item.reserved >= 0);
        }
    }

    #[test]
    fn a_change_that_fits_is_never_refused(before in 0..=BILLION, after in 0..=BILLION, promised in 0..=BILLION) {
        prop_assume!(before != after && promised <= before.min(after));
        let mut item = StockItem::default();
        item.evolve(&received(before));
        if promised > 0 {
            item.evolve(&reserved(7, promised));
        }
        prop_assert_eq!(item.decide(adjust(after - before)), Ok(vec![adjusted(after - before)]));
    }

    #[test]
    fn a_reservation_is_refused_only_where_there_is_not_enough(there in 0..100_i64, promised in 0..100_i64, wanted in 1..100_i64) {
        prop_assume!(promised <= there);
        let mut item = StockItem::default();
        item.evolve(&received(there));
        item.evolve(&reserved(7, promised));
        let answer = item.decide(StockCommand::Reserve { order: order(8), quantity: wanted });
        prop_assert_eq!(answer.is_ok(), promised + wanted <= there);
    }

    #[test]
    fn repeating_what_concerns_an_order_changes_nothing(commands in vec(command(), 1..40)) {
        let mut item = StockItem::default();
        for command in commands {
            let Ok(events) = item.decide(command.clone()) else { continue };
            for event in &events {
                item.evolve(event);
            }
            match command {
                StockCommand::Receive { .. } | StockCommand::Adjust { .. } => {}
                StockCommand::Reserve { .. } | StockCommand::Release { .. } | StockCommand::Commit { .. } => {
                    prop_assert_eq!(item.decide(command), Ok(vec![]));
                }
            }
        }
    }

    #[test]
    fn whatever_was_stored_can_be_read_and_decided_on(
        changes in vec((any_order(), any::<i64>()), 0..20),
        next in command(),
    ) {
        let mut item = StockItem::default();
        for (order, quantity) in changes {
            item.evolve(&received(quantity));
            item.evolve(&adjusted(quantity));
            item.evolve(&StockEvent::StockReserved { order, quantity });
            item.evolve(&StockEvent::ReservationCommitted { order, quantity });
            item.evolve(&StockEvent::ReservationReleased { order, quantity });
        }
        // Only that none of them panics.
        let _answer = (item.decide(next), item.available());
    }
}
