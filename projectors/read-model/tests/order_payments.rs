//! The payment in an order's document: tried until it is made, given back in parts, or never owed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod order;

use domain::Event;
use domain::order::CancelReason;
use order::*;
use serde_json::json;

/// The state of the payment after each of `events`, the first being that the order was placed.
fn payment_states(events: Vec<Event>) -> Vec<String> {
    let history = history(events);
    let state = |length| {
        let body = folded(&history[..length]).body().unwrap();
        let order: serde_json::Value = serde_json::from_slice(&body).unwrap();
        order["payment"]["state"].as_str().unwrap().to_owned()
    };
    (1..=history.len()).map(state).collect()
}

#[test]
fn a_payment_is_tried_until_it_is_made() {
    let states = payment_states(vec![
        placed(),
        requested(),
        started(1),
        declined(1),
        started(2),
        action_required(2),
        void_requested(2),
        started(3),
        voided(2),
        action_required(3),
        authorized(3),
        capture_requested(3),
        captured(3),
        confirmed(),
    ]);
    let expected = [
        "none",
        "awaiting",
        "checking",
        "awaiting",
        "checking",
        "action-required",
        "awaiting",
        "checking",
        "checking",
        "action-required",
        "checking",
        "checking",
        "paid",
        "paid",
    ];
    assert_eq!(states, expected);
}

#[test]
fn what_was_paid_is_given_back_in_parts_and_a_refund_may_fail() {
    let events = vec![
        placed(),
        requested(),
        started(1),
        captured(1),
        confirmed(),
        refund_requested(1, 1_000),
        refunded(1, 1_000),
        refund_requested(2, 3_990),
        refund_failed(2),
        refund_requested(3, 3_990),
        refunded(3, 3_990),
        refund_failed(3),
    ];
    let expected = [
        "none",
        "awaiting",
        "checking",
        "paid",
        "paid",
        "paid",
        "partially-refunded",
        "partially-refunded",
        "refund-failed",
        "partially-refunded",
        "refunded",
        "refund-failed",
    ];
    assert_eq!(payment_states(events.clone()), expected);
    let payment = &body(events)["payment"];
    assert_eq!(
        (&payment["captured"]["minor"], &payment["refunded"]["minor"]),
        (&4_990.into(), &1_000.into())
    );
    assert_eq!(
        payment["refunds"][1],
        json!({
            "id": refund(2), "amount": {"minor": 3990, "currency": "EUR"}, "state": "failed", "reason": "card_expired"
        })
    );
}

#[test]
fn an_attempt_says_how_far_it_is_and_why_it_was_declined() {
    let mut events = vec![placed(), requested()];
    for (event, state, reason) in [
        (started(1), "started", None),
        (action_required(1), "action-required", None),
        (authorized(1), "capturing", None),
        (capture_requested(1), "capturing", None),
        (declined(1), "declined", Some("insufficient_funds")),
        (void_requested(1), "voiding", None),
        (voided(1), "voided", None),
        // The gateway knows best.
        (captured(1), "captured", None),
    ] {
        events.push(event);
        let expected = json!([{"id": attempt(1), "state": state, "reason": reason}]);
        assert_eq!(body(events.clone())["payment"]["attempts"], expected);
    }
}

#[test]
fn nothing_is_owed_for_an_order_that_was_cancelled_before_it_was_paid() {
    let states = payment_states(vec![
        placed(),
        requested(),
        started(1),
        action_required(1),
        cancelled(CancelReason::Expired),
        void_requested(1),
        // Too late: it is given back.
        captured(1),
        refund_requested(1, 4_990),
        refunded(1, 4_990),
    ]);
    assert_eq!(states[4..], ["voided", "voided", "paid", "paid", "refunded"]);
    let declined = payment_states(vec![
        placed(),
        requested(),
        started(1),
        declined(1),
        cancelled(CancelReason::Customer),
    ]);
    assert_eq!(declined[4], "voided");
    let free = payment_states(vec![placed(), confirmed(), cancelled(CancelReason::Customer)]);
    assert_eq!(free, ["none", "none", "none"]);
}
