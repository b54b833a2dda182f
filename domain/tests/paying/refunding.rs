//! Staff give money back.

use domain::order::{Order, OrderCommand, OrderError, OrderEvent, ReturnReason};
use domain::paying::{Consequences, Outcome, PayingError};
use domain::payment::PaymentError;

use super::affair::refund_failed;
use super::{Story, eur, refund, refund_requested, total};

fn of_payment(number: u128, minor: i64) -> Consequences {
    Consequences {
        payment: vec![refund_requested(number, 1, minor)],
        ..Consequences::default()
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
