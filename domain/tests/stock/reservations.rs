//! What is promised to orders that are being paid.

use cqrs_es::test::AggregateTestExecutor;
use domain::stock::{StockCommand, StockError, StockEvent, StockItem};

use super::{BILLION, adjust, adjusted, none_on_hand, on_hand, order, received, reserved};

fn reserve(of: u128, quantity: i64) -> StockCommand {
    StockCommand::Reserve {
        order: order(of),
        quantity,
    }
}

fn release(of: u128) -> StockCommand {
    StockCommand::Release { order: order(of) }
}

fn released(of: u128, quantity: i64) -> StockEvent {
    StockEvent::ReservationReleased {
        order: order(of),
        quantity,
    }
}

fn commit(of: u128) -> StockCommand {
    StockCommand::Commit { order: order(of) }
}

fn committed(of: u128, quantity: i64) -> StockEvent {
    StockEvent::ReservationCommitted {
        order: order(of),
        quantity,
    }
}

/// Five on hand, and what happened to them.
fn five(then: Vec<StockEvent>) -> AggregateTestExecutor<StockItem> {
    on_hand(5).and(then)
}

fn state(events: &[StockEvent]) -> StockItem {
    let mut item = StockItem::default();
    for event in events {
        item.evolve(event);
    }
    item
}

#[test]
fn what_is_there_can_be_reserved_to_the_last_unit() {
    five(vec![])
        .when(reserve(7, 5))
        .then_expect_events(vec![reserved(7, 5)]);
    five(vec![reserved(7, 3)])
        .when(reserve(8, 2))
        .then_expect_events(vec![reserved(8, 2)]);
}

#[test]
fn no_unit_is_promised_twice() {
    let short = |wanted, available| StockError::OutOfStock { wanted, available };
    five(vec![]).when(reserve(7, 6)).then_expect_error(short(6, 5));
    five(vec![reserved(7, 3)])
        .when(reserve(8, 3))
        .then_expect_error(short(3, 2));
    none_on_hand().when(reserve(7, 1)).then_expect_error(short(1, 0));
}

#[test]
fn a_reservation_is_of_1_to_a_billion_units() {
    for wanted in [i64::MIN, -1, 0, BILLION + 1, i64::MAX] {
        five(vec![])
            .when(reserve(7, wanted))
            .then_expect_error(StockError::Quantity { wanted });
    }
}

#[test]
fn an_order_reserves_once() {
    five(vec![reserved(7, 3)])
        .when(reserve(7, 3))
        .then_expect_events(vec![]);
    five(vec![reserved(7, 5)])
        .when(reserve(7, 5))
        .then_expect_events(vec![]);
}

#[test]
fn what_is_released_can_be_had_again() {
    five(vec![reserved(7, 3)])
        .when(release(7))
        .then_expect_events(vec![released(7, 3)]);
    five(vec![reserved(7, 5), released(7, 5)])
        .when(reserve(8, 5))
        .then_expect_events(vec![reserved(8, 5)]);
}

#[test]
fn what_is_committed_does_not_lie_there_any_more() {
    five(vec![reserved(7, 3)])
        .when(commit(7))
        .then_expect_events(vec![committed(7, 3)]);
    five(vec![reserved(7, 3), committed(7, 3)])
        .when(reserve(8, 3))
        .then_expect_error(StockError::OutOfStock {
            wanted: 3,
            available: 2,
        });
}

#[test]
fn a_reservation_ends_once() {
    for ended in [released(7, 3), committed(7, 3)] {
        for again in [release(7), commit(7)] {
            five(vec![reserved(7, 3), ended.clone()])
                .when(again)
                .then_expect_events(vec![]);
        }
    }
}

#[test]
fn ending_what_was_never_reserved_changes_nothing() {
    for command in [release(8), commit(8)] {
        five(vec![reserved(7, 3)])
            .when(command)
            .then_expect_events(vec![]);
    }
}

#[test]
fn what_is_promised_cannot_be_adjusted_away() {
    five(vec![reserved(7, 3)])
        .when(adjust(-2))
        .then_expect_events(vec![adjusted(-2)]);
    five(vec![reserved(7, 3)])
        .when(adjust(-3))
        .then_expect_error(StockError::OutOfBounds {
            on_hand: 5,
            reserved: 3,
            wanted: -3,
        });
}

#[test]
fn a_reservation_that_ended_is_forgotten() {
    let events = [received(5), reserved(7, 3), reserved(8, 1), released(7, 3)];
    let item = state(&events);
    assert_eq!((item.on_hand, item.reserved, item.available()), (5, 1, 4));
    let open: Vec<_> = item.reservations.iter().collect();
    assert_eq!(open, [(&order(8), &1)]);
}

#[test]
fn an_event_says_by_how_much_it_changes_what_is_there_and_what_is_reserved() {
    let changes = [
        (received(5), (5, 0)),
        (adjusted(-2), (-2, 0)),
        (reserved(7, 3), (0, 3)),
        (released(7, 3), (0, -3)),
        (committed(7, 3), (-3, -3)),
    ];
    for (event, change) in changes {
        assert_eq!(event.changes(), change, "{event:?}");
    }
}

/// A turn works on a copy of what it writes: with a hundred thousand orders being paid, a thousand turns copy no hundred
/// million entries.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test may look at the clock; the domain may not"
)]
fn a_product_that_everybody_wants_is_not_copied_whole_by_every_turn() {
    let many = 100_000;
    let mut held = StockItem::default();
    held.evolve(&StockEvent::StockReceived { quantity: many });
    for number in 0..many {
        held.evolve(&StockEvent::StockReserved {
            order: order(number.unsigned_abs().into()),
            quantity: 1,
        });
    }
    let began = std::time::Instant::now();
    for number in 0..1_000 {
        let mut turn = held.clone();
        let order = order(number);
        for event in turn
            .decide(StockCommand::Release { order })
            .expect("it is never refused")
        {
            turn.evolve(&event);
        }
        held = turn;
    }
    assert_eq!(held.reserved, many - 1_000);
    // A copy of all of it takes milliseconds each time, and the whole some seconds at best.
    assert!(
        began.elapsed() < std::time::Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
}
