//! A shopper begins to pay.

use domain::order::{Order, OrderError};
use domain::paying::{Consequences, PayingError};
use domain::payment::PaymentError;

use super::affair::{action_required, authorized, captured, declined, eve};
use super::{Story, mug, refund, started, total, void_requested};
use domain::cart::CartError;
use domain::discount_code::DiscountCodeError;
use domain::stock::StockError;

#[test]
fn a_shopper_begins_to_pay_and_the_gateway_is_to_be_asked() {
    let expected = Consequences {
        payment: vec![started(1)],
        ..Consequences::default()
    };
    let mut story = Story::placed();
    assert_eq!(story.start(1), Ok(expected));
    assert_eq!(story.payment.outstanding().len(), 1);
}

#[test]
fn beginning_the_same_attempt_again_changes_nothing() {
    let mut story = Story::placed();
    story.start(1).expect("it can be paid");
    assert_eq!(story.start(1), Ok(Consequences::default()));
}

#[test]
fn nobody_pays_somebody_elses_order_nor_learns_that_there_is_one() {
    let not_found = PayingError::from(OrderError::NotFound);
    assert_eq!(Story::placed().start_by(eve(), 1), Err(not_found.clone()));
    assert_eq!(Story::paid().start_by(eve(), 1), Err(not_found.clone()));
    let mut unplaced = Story::placed();
    unplaced.order = Order::Unplaced;
    assert_eq!(unplaced.start(1), Err(not_found));
}

#[test]
fn an_order_is_not_paid_twice() {
    assert_eq!(Story::paid().start(2), Err(PaymentError::Paid.into()));
    let mut free = Story::free();
    assert_eq!(free.start(1), Err(PaymentError::Paid.into()));
    let mut sent = Story::paid();
    sent.ship(1);
    assert_eq!(sent.start(2), Err(PaymentError::Paid.into()));
}

#[test]
fn an_order_that_was_refunded_is_not_paid_again() {
    let mut sent = Story::paid();
    sent.ship(1);
    sent.refund(refund(1), None).expect("it was paid");
    assert_eq!(sent.start(2), Err(PaymentError::Paid.into()));
    let mut unsent = Story::paid();
    unsent.refund(refund(1), None).expect("it was paid");
    assert_eq!(unsent.start(2), Err(OrderError::Cancelled.into()));
}

#[test]
fn a_cancelled_order_is_not_paid() {
    let mut story = Story::placed();
    story.cancel(refund(1)).expect("nothing was sent");
    assert_eq!(story.start(1), Err(OrderError::Cancelled.into()));
}

#[test]
fn a_second_tab_waits_for_the_first() {
    let mut story = Story::placed();
    story.start(1).expect("it can be paid");
    assert_eq!(story.start(2), Err(PaymentError::InProgress.into()));
    story.settle(authorized(1)).expect("it was asked");
    assert_eq!(story.start(2), Err(PaymentError::InProgress.into()));
    story.settle(captured(1, total())).expect("it was asked");
    assert_eq!(story.start(2), Err(PaymentError::Paid.into()));
}

#[test]
fn a_declined_card_keeps_the_order_and_its_stock_and_makes_way_for_another() {
    let mut story = Story::placed();
    let before = story.stock.clone();
    story.start(1).expect("it can be paid");
    story.settle(declined(1)).expect("it was asked");
    assert_eq!(story.stock, before);
    let second = story.start(2).expect("it can be paid");
    assert_eq!(second.payment, [started(2)]);
}

#[test]
fn whoever_turns_back_at_the_bank_takes_another_card_and_the_first_is_voided() {
    let mut story = Story::placed();
    story.start(1).expect("it can be paid");
    story.settle(action_required(1)).expect("it was asked");
    let second = story.start(2).expect("it can be paid");
    assert_eq!(second.payment, [void_requested(1), started(2)]);
}

#[test]
fn a_refusal_has_the_code_and_the_sentence_of_whose_rule_it_is() {
    let refusals: [(PayingError, &str, &str); 5] = [
        (
            OrderError::Cancelled.into(),
            "order-cancelled",
            "the order is cancelled",
        ),
        (
            PaymentError::Paid.into(),
            "already-paid",
            "the order is paid already",
        ),
        (
            StockError::Quantity { wanted: 0 }.into(),
            "quantity-limit",
            "the quantity must be between 1 and 1000000000; it was 0",
        ),
        (
            DiscountCodeError::AlreadyCreated.into(),
            "code-exists",
            "there is a discount code of that name already, with other terms",
        ),
        (
            CartError::NotInCart { sku: mug() }.into(),
            "not-in-cart",
            "MUG is not in the cart",
        ),
    ];
    for (error, code, sentence) in refusals {
        assert_eq!((error.code(), error.to_string().as_str()), (code, sentence));
    }
}
