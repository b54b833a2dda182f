//! Nobody pays in time.

use domain::cart::CartEvent;
use domain::order::{CancelReason, Order, OrderError, OrderEvent, Status};
use domain::paying::Consequences;

use super::affair::{ON_HAND, action_required, authorized, captured, declined};
use super::{Story, refund, total, void_requested};

#[test]
fn an_order_that_nobody_paid_in_time_is_cancelled_and_leaves_nothing_behind() {
    let mut story = Story::placed();
    let expired = story.expire(refund(1)).expect("it was placed");
    let reason = CancelReason::Expired;
    assert_eq!(expired.order, [OrderEvent::OrderCancelled { reason }]);
    assert_eq!(expired.cart, [CartEvent::CartReopened {}]);
    for (_, item) in &story.stock {
        assert_eq!((item.on_hand, item.reserved), (ON_HAND, 0));
    }
}

#[test]
fn a_shopper_who_is_still_at_the_bank_is_charged_no_more() {
    let mut story = Story::placed();
    story.start(1).expect("it can be paid");
    story.settle(action_required(1)).expect("it was asked");
    let expired = story.expire(refund(1)).expect("it was placed");
    assert_eq!(expired.payment, [void_requested(1)]);
    assert_eq!(
        story.settle(authorized(1)),
        Ok(Consequences::default()),
        "too late: it is voided, not captured"
    );
}

#[test]
fn the_gateways_answer_is_waited_for_and_decides() {
    let mut waiting = Story::placed();
    waiting.start(1).expect("it can be paid");
    waiting.settle(authorized(1)).expect("it was asked");
    assert_eq!(waiting.expire(refund(1)), Ok(Consequences::default()));
    assert_eq!(waiting.status(), Status::AwaitingPayment);

    let mut paid = waiting.clone();
    paid.settle(captured(1, total())).expect("it was asked");
    assert_eq!(paid.expire(refund(1)), Ok(Consequences::default()));
    assert_eq!(paid.status(), Status::Confirmed);

    waiting.settle(declined(1)).expect("it was asked");
    waiting.expire(refund(1)).expect("it was placed");
    assert_eq!(waiting.status(), Status::Cancelled);
}

#[test]
fn what_is_paid_sent_or_cancelled_does_not_expire() {
    let mut sent = Story::paid();
    sent.ship(1);
    let mut cancelled = Story::placed();
    cancelled.cancel(refund(1)).expect("nothing was sent");
    for mut story in [Story::paid(), Story::free(), sent, cancelled] {
        let before = story.clone();
        assert_eq!(story.expire(refund(1)), Ok(Consequences::default()));
        assert_eq!(story, before);
    }
}

#[test]
fn an_order_that_was_never_placed_is_not_found() {
    let mut story = Story::placed();
    story.order = Order::Unplaced;
    assert_eq!(story.expire(refund(1)), Err(OrderError::NotFound.into()));
}
