//! What can happen to the stock of a product, given/when/then; and that no more is promised than there is.

mod properties;
mod reservations;

use cqrs_es::Aggregate;
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use domain::OrderId;
use domain::stock::{AdjustmentReason, MAX_ON_HAND, StockCommand, StockError, StockEvent, StockItem};
use uuid::Uuid;

const BILLION: i64 = 1_000_000_000;

fn receive(quantity: i64) -> StockCommand {
    StockCommand::Receive { quantity }
}

fn received(quantity: i64) -> StockEvent {
    StockEvent::StockReceived { quantity }
}

fn adjust(delta: i64) -> StockCommand {
    StockCommand::Adjust {
        delta,
        reason: AdjustmentReason::Counted,
    }
}

fn adjusted(delta: i64) -> StockEvent {
    StockEvent::StockAdjusted {
        delta,
        reason: AdjustmentReason::Counted,
    }
}

fn order(number: u128) -> OrderId {
    OrderId::new(Uuid::from_u128(number))
}

fn reserved(of: u128, quantity: i64) -> StockEvent {
    StockEvent::StockReserved {
        order: order(of),
        quantity,
    }
}

fn none_on_hand() -> AggregateTestExecutor<StockItem> {
    TestFramework::with(()).given_no_previous_events()
}

fn on_hand(quantity: i64) -> AggregateTestExecutor<StockItem> {
    TestFramework::with(()).given(vec![received(quantity)])
}

#[test]
fn units_are_received() {
    none_on_hand()
        .when(receive(1))
        .then_expect_events(vec![received(1)]);
}

#[test]
fn a_receipt_is_of_1_to_a_billion_units() {
    none_on_hand()
        .when(receive(BILLION))
        .then_expect_events(vec![received(BILLION)]);
    for wanted in [i64::MIN, -1, 0, BILLION + 1, i64::MAX] {
        none_on_hand()
            .when(receive(wanted))
            .then_expect_error(StockError::Quantity { wanted });
    }
}

#[test]
fn a_billion_units_lie_on_hand_and_no_more() {
    on_hand(BILLION - 1)
        .when(receive(1))
        .then_expect_events(vec![received(1)]);
    on_hand(BILLION - 1)
        .when(adjust(1))
        .then_expect_events(vec![adjusted(1)]);
    let error = StockError::OutOfBounds {
        on_hand: BILLION,
        reserved: 0,
        wanted: 1,
    };
    on_hand(BILLION).when(receive(1)).then_expect_error(error.clone());
    on_hand(BILLION).when(adjust(1)).then_expect_error(error);
}

#[test]
fn an_adjustment_tells_its_reason() {
    use AdjustmentReason::{Counted, Damaged, Found, Lost, Returned};
    for reason in [Damaged, Lost, Found, Counted, Returned] {
        on_hand(5)
            .when(StockCommand::Adjust { delta: -1, reason })
            .then_expect_events(vec![StockEvent::StockAdjusted { delta: -1, reason }]);
    }
}

#[test]
fn the_last_unit_can_be_lost() {
    on_hand(5).when(adjust(-5)).then_expect_events(vec![adjusted(-5)]);
}

#[test]
fn no_more_can_be_lost_than_there_are() {
    let error = StockError::OutOfBounds {
        on_hand: 5,
        reserved: 0,
        wanted: -6,
    };
    on_hand(5).when(adjust(-6)).then_expect_error(error);
}

#[test]
fn units_are_found_where_none_were_recorded() {
    none_on_hand()
        .when(adjust(3))
        .then_expect_events(vec![adjusted(3)]);
}

#[test]
fn an_adjustment_is_of_1_to_a_billion_units_up_or_down() {
    none_on_hand()
        .when(adjust(BILLION))
        .then_expect_events(vec![adjusted(BILLION)]);
    on_hand(BILLION)
        .when(adjust(-BILLION))
        .then_expect_events(vec![adjusted(-BILLION)]);
    for wanted in [i64::MIN, -BILLION - 1, 0, BILLION + 1, i64::MAX] {
        on_hand(5)
            .when(adjust(wanted))
            .then_expect_error(StockError::Delta { wanted });
    }
}

#[test]
fn what_is_on_hand_is_the_sum_of_what_happened() {
    let mut item = StockItem::default();
    for (event, on_hand) in [
        (received(10), 10),
        (adjusted(-4), 6),
        (received(1), 7),
        (adjusted(2), 9),
    ] {
        item.evolve(&event);
        assert_eq!(item.on_hand, on_hand);
    }
}

#[test]
fn a_refusal_has_a_code_for_programs_and_a_sentence_for_people() {
    let refusals = [
        (
            StockError::Quantity { wanted: 0 },
            "quantity-limit",
            "the quantity must be between 1 and 1000000000; it was 0",
        ),
        (
            StockError::Delta { wanted: 0 },
            "delta-limit",
            "an adjustment changes the stock by between 1 and 1000000000 units, up or down; it was 0",
        ),
        (
            StockError::OutOfBounds {
                on_hand: 5,
                reserved: 2,
                wanted: -4,
            },
            "stock-limit",
            "there are 5 on hand, 2 of them reserved; -4 would leave fewer than are reserved or more than 1000000000",
        ),
        (
            StockError::OutOfStock {
                wanted: 6,
                available: 5,
            },
            "out-of-stock",
            "6 are wanted and 5 can be had",
        ),
    ];
    for (error, code, sentence) in refusals {
        assert_eq!((error.code(), error.to_string().as_str()), (code, sentence));
    }
    assert_eq!(MAX_ON_HAND, BILLION, "what docs/api.md says");
}

#[test]
fn a_stock_item_is_the_same_after_a_snapshot() {
    for then in [vec![], vec![reserved(7, 2)], vec![reserved(7, 2), reserved(8, 1)]] {
        let mut item = StockItem::default();
        for event in [vec![received(5)], then].concat() {
            item.evolve(&event);
        }
        let snapshot = serde_json::to_string(&item).expect("a stock item can be written");
        assert_eq!(
            serde_json::from_str::<StockItem>(&snapshot).expect("and read"),
            item
        );
    }
}

#[test]
fn cqrs_es_knows_the_stock_item_by_the_name_of_the_log() {
    assert_eq!(StockItem::TYPE, "stock-item");
}
