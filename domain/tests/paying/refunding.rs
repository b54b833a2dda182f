//! Staff give money back.

use domain::order::{
    CancelReason, Order, OrderCommand, OrderError, OrderEvent, ReturnReason, ShippedLine, Status,
};
use domain::paying::{self, Consequences, Outcome, PayingError};
use domain::payment::PaymentError;
use domain::stock::{AdjustmentReason, MAX_ON_HAND, StockEvent};
use domain::{Money, ShipmentId};
use uuid::Uuid;

use super::affair::{ON_HAND, mug, refund_failed};
use super::{Story, eur, refund, refund_requested, total};

fn of_payment(number: u128, minor: i64) -> Consequences {
    Consequences {
        payment: vec![refund_requested(number, 1, minor)],
        ..Consequences::default()
    }
}

fn ship_only(number: u128, lines: Vec<ShippedLine>) -> OrderCommand {
    OrderCommand::Ship {
        shipment: ShipmentId::new(Uuid::from_u128(number)),
        lines: Some(lines),
        carrier: "DHL".parse().expect("a fixture is valid"),
        tracking: None,
    }
}

/// Everything that is left.
fn ship(number: u128) -> OrderCommand {
    OrderCommand::Ship {
        shipment: ShipmentId::new(Uuid::from_u128(number)),
        lines: None,
        carrier: "DHL".parse().expect("a fixture is valid"),
        tracking: None,
    }
}

fn ask_for_return() -> OrderCommand {
    OrderCommand::RequestReturn {
        reason: ReturnReason::Damaged,
    }
}

/// Sent, and its customer wants to send something back.
fn returning() -> Story {
    let mut story = Story::paid();
    story.ship(1);
    story.tell(OrderCommand::RequestReturn {
        reason: ReturnReason::Damaged,
    });
    story
}

#[test]
fn all_that_is_left_goes_back_where_no_amount_is_named() {
    let mut story = Story::paid();
    story.ship(1);
    assert_eq!(story.refund(refund(1), Some(eur(711))), Ok(of_payment(1, 711)));
    assert_eq!(story.refund(refund(2), None), Ok(of_payment(2, 4000)));
}

#[test]
fn no_more_goes_back_than_was_taken_however_many_refunds_there_are() {
    let mut story = Story::paid();
    story.refund(refund(1), Some(eur(4000))).expect("it was paid");
    let too_much = |wanted, left| {
        PayingError::from(PaymentError::RefundAmount {
            wanted: eur(wanted),
            left: eur(left),
        })
    };
    assert_eq!(story.refund(refund(2), Some(eur(712))), Err(too_much(712, 711)));
    assert_eq!(story.refund(refund(2), Some(eur(0))), Err(too_much(0, 711)));
    story.refund(refund(2), None).expect("it was paid");
    assert_eq!(story.refund(refund(3), None), Err(too_much(0, 0)));
}

#[test]
fn a_refund_is_asked_for_once() {
    let mut story = Story::paid();
    story.refund(refund(1), None).expect("it was paid");
    for amount in [None, Some(total()), Some(eur(1))] {
        assert_eq!(story.refund(refund(1), amount), Ok(Consequences::default()));
    }
}

#[test]
fn a_refund_that_failed_can_be_tried_again() {
    let mut story = Story::paid();
    story.refund(refund(1), None).expect("it was paid");
    story.settle(refund_failed(1)).expect("it was asked");
    assert_eq!(story.refund(refund(2), None), Ok(of_payment(2, total().minor)));
}

#[test]
fn what_was_not_paid_is_not_refunded() {
    let not_captured = PayingError::from(PaymentError::NotCaptured);
    let mut started = Story::placed();
    started.start(1).expect("it can be paid");
    for mut story in [Story::placed(), started, Story::free()] {
        assert_eq!(story.refund(refund(1), None), Err(not_captured.clone()));
        assert_eq!(story.refund(refund(1), Some(eur(1))), Err(not_captured.clone()));
    }
}

#[test]
fn a_refund_accepts_the_return_that_its_customer_asked_for() {
    let mut story = returning();
    let accepted = Consequences {
        order: vec![OrderEvent::ReturnAccepted {}],
        ..of_payment(1, 1450)
    };
    assert_eq!(story.refund(refund(1), Some(eur(1450))), Ok(accepted));
    assert_eq!(
        story.refund(refund(2), Some(eur(1))),
        Ok(of_payment(2, 1)),
        "once"
    );
}

#[test]
fn a_refund_that_was_asked_for_before_accepts_no_later_return() {
    let mut story = Story::paid();
    story.refund(refund(1), Some(eur(1))).expect("it was paid");
    story.ship(1);
    story.tell(OrderCommand::RequestReturn {
        reason: ReturnReason::Damaged,
    });
    assert_eq!(story.refund(refund(1), Some(eur(1))), Ok(Consequences::default()));
}

#[test]
fn all_of_the_money_back_before_anything_is_sent_ends_the_order_as_cancelling_does() {
    let cancelled = Story::paid().cancel(refund(9)).expect("nothing was sent");
    let in_one: &[Option<Money>] = &[None];
    for amounts in [
        in_one,
        &[Some(total())],
        &[Some(eur(711)), Some(eur(4000))],
        &[Some(eur(711)), None],
    ] {
        let mut story = Story::paid();
        let mut last = Consequences::default();
        for (number, amount) in (1..).zip(amounts) {
            assert_eq!(last.order, [], "a part ends nothing");
            last = story.refund(refund(number), *amount).expect("it was paid");
        }
        assert_eq!(
            last.order,
            [OrderEvent::OrderCancelled {
                reason: CancelReason::Staff
            }]
        );
        assert_eq!((&last.stock, &last.code), (&cancelled.stock, &cancelled.code));
        assert_eq!(story.status(), Status::Cancelled);
        assert_eq!(story.ask(ship(1)), Err(OrderError::Cancelled));
    }
}

/// The shelf was counted meanwhile, up to as much as it can say.
#[test]
fn money_goes_back_although_the_shelf_has_no_room_for_all_that_comes_back() {
    let mut ends: [fn(&mut Story); 2] = [
        |story| drop(story.refund(refund(1), None).expect("it was paid")),
        |story| drop(story.cancel(refund(1)).expect("nothing was sent")),
    ];
    for end in &mut ends {
        for room in [0, 1] {
            let mut story = Story::paid();
            let (_, mugs) = &mut story.stock[0];
            let delta = MAX_ON_HAND - room - mugs.on_hand;
            mugs.evolve(&StockEvent::StockAdjusted {
                delta,
                reason: AdjustmentReason::Counted,
            });
            end(&mut story);
            assert_eq!(story.status(), Status::Cancelled);
            assert_eq!(story.payment.refundable(), Some(eur(0)));
            assert_eq!(story.stock[0].1.on_hand, MAX_ON_HAND);
            assert_eq!(story.stock[1].1.on_hand, ON_HAND);
        }
    }
}

#[test]
fn what_a_refund_would_end_is_known_before_it_is_decided() {
    let whole = [None, Some(total())];
    let parts = [Some(eur(1)), Some(eur(4710))];
    let mut sent = Story::paid();
    sent.ship(1);
    for (story, ending) in [(Story::paid(), true), (sent, false), (Story::placed(), false)] {
        for (amounts, is_whole) in [(whole, true), (parts, false)] {
            for amount in amounts {
                let ends = paying::refund_ends_order(&story.order, &story.payment, refund(1), amount);
                assert_eq!(ends, ending && is_whole, "{amount:?}");
                let decided = story.clone().refund(refund(1), amount);
                let cancels = decided.is_ok_and(|decided| !decided.order.is_empty());
                assert_eq!(ends, cancels, "{amount:?}");
            }
        }
    }
}

#[test]
fn what_was_given_back_is_neither_sent_nor_returned_unless_giving_it_back_failed() {
    let mut story = Story::paid();
    let one_mug = ShippedLine {
        sku: mug(),
        quantity: 1,
    };
    story.ask(ship_only(1, vec![one_mug])).expect("it is paid");
    story.refund(refund(1), None).expect("it was paid");
    assert_eq!(story.status(), Status::Confirmed, "a part is on its way");
    assert_eq!(story.ask(ship(2)), Err(OrderError::Refunded));
    assert_eq!(story.ask(ask_for_return()), Err(OrderError::NothingToGiveBack));
    story.settle(refund_failed(1)).expect("it was asked");
    assert!(story.ask(ship(2)).is_ok());
    assert!(story.ask(ask_for_return()).is_ok());
}

#[test]
fn what_cost_nothing_is_sent_and_cannot_be_returned_for_money() {
    let mut story = Story::free();
    assert!(story.ask(ship(1)).is_ok());
    assert_eq!(story.ask(ask_for_return()), Err(OrderError::NothingToGiveBack));
}

#[test]
fn a_return_that_was_declined_can_be_asked_for_once_more() {
    let mut story = returning();
    story.ask(OrderCommand::DeclineReturn).expect("it was asked for");
    assert!(story.ask(ask_for_return()).is_ok());
    story.ask(OrderCommand::DeclineReturn).expect("it was asked for");
    assert_eq!(story.ask(ask_for_return()), Err(OrderError::ReturnLimit));
}

#[test]
fn what_could_not_be_given_back_of_a_cancelled_order_can_be_tried_again() {
    let mut story = Story::paid();
    story.cancel(refund(1)).expect("nothing was sent");
    story.settle(refund_failed(1)).expect("it was asked");
    assert_eq!(story.refund(refund(2), None), Ok(of_payment(2, total().minor)));
    story
        .settle(Outcome::Refunded { refund: refund(2) })
        .expect("it was asked");
    assert_eq!(story.payment.refundable(), Some(eur(0)));
}

#[test]
fn an_order_that_was_never_placed_is_not_found() {
    let mut story = Story::paid();
    story.order = Order::Unplaced;
    assert_eq!(story.refund(refund(1), None), Err(OrderError::NotFound.into()));
}
