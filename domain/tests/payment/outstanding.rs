//! What is to be asked of the gateway, in every state: this much, and nothing else.

use domain::payment::{Payment, PaymentEvent, Step};

use super::{
    action_required, attempt, authorized, capture_requested, captured, declined, eur, first, owed, paid,
    reference, refund, refund_failed, refund_requested, refunded, started, state, void_requested, voided,
};

fn outstanding(events: Vec<PaymentEvent>) -> Vec<Step> {
    state(events).outstanding()
}

fn to_authorize(number: u128) -> Step {
    Step::Authorize {
        attempt: attempt(number),
        method: "pm_card_visa".to_owned(),
        amount: owed(),
    }
}

fn to_capture(number: u128) -> Step {
    Step::Capture {
        attempt: attempt(number),
        reference: reference(number),
        amount: owed(),
    }
}

fn to_void(number: u128, reference: Option<String>) -> Step {
    Step::Void {
        attempt: attempt(number),
        reference,
        method: "pm_card_visa".to_owned(),
        amount: owed(),
    }
}

#[test]
fn there_is_nothing_to_ask_before_a_shopper_tries_to_pay() {
    assert_eq!(Payment::Unrequested.outstanding(), []);
    assert_eq!(outstanding(vec![]), []);
}

#[test]
fn a_started_attempt_is_to_be_authorised_for_what_is_owed() {
    assert_eq!(outstanding(first(vec![])), [to_authorize(1)]);
}

#[test]
fn a_shopper_at_the_bank_is_to_be_looked_after() {
    let look = Step::LookUp {
        attempt: attempt(1),
        reference: reference(1),
    };
    assert_eq!(outstanding(first(vec![action_required(1)])), [look]);
}

#[test]
fn what_is_authorised_is_to_be_captured() {
    let events = vec![authorized(1), capture_requested(1)];
    assert_eq!(outstanding(first(events)), [to_capture(1)]);
}

#[test]
fn what_was_given_up_is_to_be_voided_even_where_its_name_at_the_gateway_is_not_known() {
    assert_eq!(outstanding(first(vec![void_requested(1)])), [to_void(1, None)]);
    let at_the_bank = vec![action_required(1), void_requested(1)];
    assert_eq!(outstanding(first(at_the_bank)), [to_void(1, Some(reference(1)))]);
}

#[test]
fn nothing_is_to_be_asked_of_an_attempt_that_is_over() {
    assert_eq!(outstanding(first(vec![declined(1)])), []);
    assert_eq!(outstanding(first(vec![void_requested(1), voided(1)])), []);
    assert_eq!(outstanding(paid(vec![])), []);
}

#[test]
fn a_refund_is_to_be_made_of_the_charge_that_it_is_of_and_once() {
    let to_refund = |number, amount| Step::Refund {
        refund: refund(number),
        reference: reference(1),
        amount,
    };
    let two = || vec![refund_requested(1, 1, eur(5)), refund_requested(2, 1, eur(7))];
    assert_eq!(
        outstanding(paid(two())),
        [to_refund(1, eur(5)), to_refund(2, eur(7))]
    );
    let one_made = [two(), vec![refunded(1, eur(5))]].concat();
    assert_eq!(outstanding(paid(one_made.clone())), [to_refund(2, eur(7))]);
    assert_eq!(outstanding(paid([one_made, vec![refund_failed(2)]].concat())), []);
}

#[test]
fn steps_come_in_the_order_of_the_attempts_and_refunds_last() {
    let events = vec![
        started(1),
        action_required(1),
        void_requested(1),
        started(2),
        captured(2, eur(1)),
        refund_requested(1, 2, eur(1)),
        started(3),
    ];
    let refund_it = Step::Refund {
        refund: refund(1),
        reference: reference(2),
        amount: eur(1),
    };
    assert_eq!(
        outstanding(events),
        [to_void(1, Some(reference(1))), to_authorize(3), refund_it]
    );
}
