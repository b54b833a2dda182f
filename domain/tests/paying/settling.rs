//! What follows from what the gateway says.

use domain::order::{Order, OrderError, OrderEvent, Status};
use domain::paying::{Consequences, Outcome};
use domain::payment::{PaymentError, PaymentEvent, Step};
use domain::stock::StockEvent;
use domain::{Currency, Money};

use super::affair::{ON_HAND, action_required, authorized, captured, declined, reference, refund_failed};
use super::{
    Story, attempt, eur, mug, order, refund, refund_requested, started, teapot, total, void_requested,
};

fn taken(of: u128, amount: Money) -> PaymentEvent {
    PaymentEvent::PaymentCaptured {
        attempt: attempt(of),
        reference: reference(of),
        amount,
    }
}

fn of_payment(payment: Vec<PaymentEvent>) -> Consequences {
    Consequences {
        payment,
        ..Consequences::default()
    }
}

/// Attempt 1 was authorised, and is to be captured.
fn authorised_story() -> Story {
    let mut story = Story::placed();
    story.start(1).expect("it can be paid");
    story.settle(authorized(1)).expect("it was asked");
    story
}

#[test]
fn what_is_authorised_is_to_be_captured_at_once() {
    let mut story = Story::placed();
    story.start(1).expect("it can be paid");
    let expected = vec![
        PaymentEvent::PaymentAuthorized {
            attempt: attempt(1),
            reference: reference(1),
        },
        PaymentEvent::CaptureRequested { attempt: attempt(1) },
    ];
    assert_eq!(story.settle(authorized(1)), Ok(of_payment(expected)));
    assert!(matches!(&*story.payment.outstanding(), [Step::Capture { amount, .. }] if *amount == total()));
}

#[test]
fn a_capture_of_what_is_owed_confirms_the_order_and_takes_it_from_the_stock() {
    let committed = |quantity| StockEvent::ReservationCommitted {
        order: order(),
        quantity,
    };
    let expected = Consequences {
        order: vec![OrderEvent::OrderConfirmed {}],
        payment: vec![taken(1, total())],
        stock: vec![(mug(), vec![committed(2)]), (teapot(), vec![committed(1)])],
        ..Consequences::default()
    };
    let mut story = authorised_story();
    assert_eq!(story.settle(captured(1, total())), Ok(expected));
    assert_eq!(story.stock[0].1.on_hand, ON_HAND - 2);
    assert_eq!(story.stock[0].1.reserved, 0);
}

#[test]
fn a_capture_is_counted_once_however_often_and_late_it_is_told() {
    let mut story = authorised_story();
    story.settle(captured(1, total())).expect("it was asked");
    let before = story.clone();
    for late in [
        captured(1, total()),
        captured(1, eur(1)),
        authorized(1),
        action_required(1),
        declined(1),
        Outcome::Voided { attempt: attempt(1) },
    ] {
        assert_eq!(story.settle(late), Ok(Consequences::default()));
    }
    assert_eq!(story, before);
}

#[test]
fn another_amount_than_is_owed_goes_back_and_the_order_stays_unpaid() {
    for wrong in [
        eur(total().minor - 1),
        eur(total().minor + 1),
        Money::new(total().minor, Currency::USD),
    ] {
        let mut story = authorised_story();
        let back = PaymentEvent::RefundRequested {
            refund: refund(0xc01),
            attempt: attempt(1),
            amount: wrong,
        };
        assert_eq!(
            story.settle(captured(1, wrong)),
            Ok(of_payment(vec![taken(1, wrong), back]))
        );
        assert_eq!(story.status(), Status::AwaitingPayment);
        let second = story.start(2).expect("it can be paid");
        assert_eq!(second.payment, [started(2)]);
    }
}

#[test]
fn where_nothing_was_taken_nothing_goes_back() {
    let mut story = authorised_story();
    assert_eq!(
        story.settle(captured(1, eur(0))),
        Ok(of_payment(vec![taken(1, eur(0))]))
    );
}

#[test]
fn what_was_taken_after_the_order_was_cancelled_goes_back() {
    let mut story = Story::placed();
    story.start(1).expect("it can be paid");
    story.cancel(refund(1)).expect("nothing was sent");
    assert_eq!(
        story.settle(captured(1, total())),
        Ok(of_payment(vec![
            taken(1, total()),
            refund_requested(0xc01, 1, total().minor)
        ]))
    );
    assert_eq!(story.status(), Status::Cancelled);
}

#[test]
fn what_was_taken_twice_goes_back_once() {
    let mut story = Story::placed();
    story.start(1).expect("it can be paid");
    story.settle(action_required(1)).expect("it was asked");
    story.start(2).expect("it can be paid");
    story.settle(authorized(2)).expect("it was asked");
    story.settle(captured(2, total())).expect("it was asked");
    assert_eq!(
        story.settle(captured(1, total())),
        Ok(of_payment(vec![
            taken(1, total()),
            refund_requested(0xc01, 1, total().minor)
        ]))
    );
    assert_eq!(story.status(), Status::Confirmed);
}

#[test]
fn an_order_that_is_paid_by_one_attempt_charges_no_other() {
    let mut story = Story::placed();
    story.start(1).expect("it can be paid");
    story.settle(action_required(1)).expect("it was asked");
    story.start(2).expect("it can be paid");
    let paid = story.settle(captured(1, total())).expect("it was asked");
    assert_eq!(paid.order, [OrderEvent::OrderConfirmed {}]);
    assert_eq!(paid.payment, [taken(1, total()), void_requested(2)]);
}

#[test]
fn what_concerns_the_payment_alone_changes_nothing_else() {
    let mut story = Story::placed();
    story.start(1).expect("it can be paid");
    story.settle(action_required(1)).expect("it was asked");
    story.start(2).expect("it can be paid");
    let voided = PaymentEvent::PaymentVoided { attempt: attempt(1) };
    assert_eq!(
        story.settle(Outcome::Voided { attempt: attempt(1) }),
        Ok(of_payment(vec![voided]))
    );
    let no = PaymentEvent::AttemptDeclined {
        attempt: attempt(2),
        reason: "insufficient_funds".to_owned(),
    };
    assert_eq!(story.settle(declined(2)), Ok(of_payment(vec![no])));
    assert_eq!(story.status(), Status::AwaitingPayment);
}

#[test]
fn a_refund_is_made_or_fails() {
    let mut story = Story::paid();
    story.refund(refund(1), Some(eur(100))).expect("it was paid");
    let made = PaymentEvent::PaymentRefunded {
        refund: refund(1),
        amount: eur(100),
    };
    assert_eq!(
        story.settle(Outcome::Refunded { refund: refund(1) }),
        Ok(of_payment(vec![made]))
    );
    let failed = PaymentEvent::RefundFailed {
        refund: refund(1),
        reason: "lost_or_stolen_card".to_owned(),
    };
    assert_eq!(story.settle(refund_failed(1)), Ok(of_payment(vec![failed])));
    assert_eq!(story.payment.refundable(), Some(total()));
}

#[test]
fn the_gateway_speaks_of_nothing_that_it_was_never_asked() {
    let mut story = Story::placed();
    for outcome in [
        action_required(1),
        authorized(1),
        declined(1),
        captured(1, total()),
        Outcome::Voided { attempt: attempt(1) },
    ] {
        assert_eq!(story.settle(outcome), Err(PaymentError::UnknownAttempt.into()));
    }
    for outcome in [Outcome::Refunded { refund: refund(1) }, refund_failed(1)] {
        assert_eq!(story.settle(outcome), Err(PaymentError::UnknownRefund.into()));
    }
    story.order = Order::Unplaced;
    assert_eq!(
        story.settle(captured(1, total())),
        Err(OrderError::NotFound.into())
    );
    assert_eq!(
        Story::free().settle(authorized(1)),
        Err(PaymentError::NotFound.into())
    );
}
