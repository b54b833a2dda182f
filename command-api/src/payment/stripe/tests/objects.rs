//! Every state and every reason of Stripe's, and what it means to us.

use domain::{Currency, Money};
use serde_json::{Value, json};
use uuid::Uuid;

use super::euros;
use crate::payment::decline::DeclineCode;
use crate::payment::gateway::{Charge, ChargeState, RefundState};
use crate::payment::stripe::objects::{ErrorBody, PaymentIntent, Refund};

fn intent(status: &str, more: &Value) -> Value {
    let mut intent = json!({
        "id": "pi_3", "object": "payment_intent", "amount": 3000, "amount_received": 0, "currency": "eur",
        "status": status, "metadata": {}, "next_action": null, "last_payment_error": null, "latest_charge": null,
        "payment_method_options": { "card": { "request_three_d_secure": "automatic" } },
    });
    for (key, value) in more.as_object().unwrap() {
        intent[key] = value.clone();
    }
    intent
}

fn charge(status: &str, more: &Value) -> Charge {
    let intent: PaymentIntent = serde_json::from_value(intent(status, more)).unwrap();
    intent.charge().unwrap()
}

#[test]
fn every_state_of_stripes_means_something() {
    let code = DeclineCode::Other;
    for (status, state) in [
        ("requires_payment_method", ChargeState::Declined { code }),
        ("requires_confirmation", ChargeState::Processing),
        ("requires_action", ChargeState::ActionRequired { url: None }),
        ("processing", ChargeState::Processing),
        ("requires_capture", ChargeState::Authorized),
        ("succeeded", ChargeState::Captured),
        ("canceled", ChargeState::Voided),
    ] {
        assert_eq!(charge(status, &json!({})).state, state, "{status}");
    }
    let unknown = serde_json::from_value::<PaymentIntent>(intent("requires_a_miracle", &json!({})));
    assert!(unknown.is_err(), "a state that nobody knows means nothing");
}

#[test]
fn the_page_of_the_bank_is_where_stripe_says() {
    let url = "https://hooks.stripe.com/3d_secure_2/hosted?merchant=acct_1";
    let redirect = json!({ "next_action": { "type": "redirect_to_url", "redirect_to_url": { "url": url, "return_url": "x" } } });
    let url = Some(url.to_owned());
    assert_eq!(
        charge("requires_action", &redirect).state,
        ChargeState::ActionRequired { url }
    );
    let sdk = json!({ "next_action": { "type": "use_stripe_sdk", "use_stripe_sdk": {} } });
    let nowhere = ChargeState::ActionRequired { url: None };
    assert_eq!(charge("requires_action", &sdk).state, nowhere);
}

#[test]
fn amounts_ids_and_refunds_are_read() {
    let (payment, attempt) = (Uuid::now_v7(), Uuid::now_v7());
    let read = charge(
        "succeeded",
        &json!({
            "amount_received": 2500, "metadata": { "payment": payment, "attempt": attempt, "other": "x" },
            "latest_charge": { "id": "ch_3", "amount_refunded": 700 },
        }),
    );
    assert_eq!(
        (read.amount, read.captured, read.refunded),
        (euros(3000), euros(2500), euros(700))
    );
    assert!(read.is_of(payment, attempt));
    // Without the charge itself nobody knows of refunds.
    let unexpanded = charge(
        "succeeded",
        &json!({ "amount_received": 3000, "latest_charge": "ch_3" }),
    );
    assert_eq!(
        (unexpanded.captured, unexpanded.refunded),
        (euros(3000), euros(0))
    );
    // A void shows as a refund of what was never taken.
    let voided = charge(
        "canceled",
        &json!({ "latest_charge": { "id": "ch_3", "amount_refunded": 3000 } }),
    );
    assert_eq!((voided.captured, voided.refunded), (euros(0), euros(0)));
    let krona = charge(
        "succeeded",
        &json!({ "currency": "isk", "amount": 500, "amount_received": 500 }),
    );
    assert_eq!(krona.captured, Money::new(5, Currency::ISK));
}

#[test]
fn somebody_elses_charge_is_read_too_unless_its_currency_is_unknown() {
    let foreign = charge("succeeded", &json!({ "metadata": { "payment": "order 7" } }));
    assert_eq!((foreign.payment, foreign.attempt), (None, None));
    let unknown: PaymentIntent =
        serde_json::from_value(intent("succeeded", &json!({ "currency": "xau" }))).unwrap();
    assert_eq!(unknown.charge(), None);
}

#[test]
fn a_shopper_is_told_what_they_can_do_something_about() {
    for (code, reason, meaning) in [
        (
            "card_declined",
            Some("generic_decline"),
            DeclineCode::CardDeclined,
        ),
        ("card_declined", Some("do_not_honor"), DeclineCode::CardDeclined),
        ("card_declined", Some("lost_card"), DeclineCode::CardDeclined),
        ("card_declined", Some("stolen_card"), DeclineCode::CardDeclined),
        ("card_declined", Some("fraudulent"), DeclineCode::CardDeclined),
        (
            "card_declined",
            Some("card_velocity_exceeded"),
            DeclineCode::CardDeclined,
        ),
        ("card_declined", None, DeclineCode::CardDeclined),
        (
            "card_declined",
            Some("insufficient_funds"),
            DeclineCode::InsufficientFunds,
        ),
        ("expired_card", None, DeclineCode::ExpiredCard),
        ("expired_card", Some("expired_card"), DeclineCode::ExpiredCard),
        ("incorrect_cvc", Some("incorrect_cvc"), DeclineCode::IncorrectCvc),
        ("card_declined", Some("invalid_cvc"), DeclineCode::IncorrectCvc),
        (
            "processing_error",
            Some("processing_error"),
            DeclineCode::ProcessingError,
        ),
        (
            "card_declined",
            Some("try_again_later"),
            DeclineCode::ProcessingError,
        ),
        (
            "payment_intent_authentication_failure",
            None,
            DeclineCode::AuthenticationFailed,
        ),
        (
            "authentication_required",
            None,
            DeclineCode::AuthenticationRequired,
        ),
        (
            "card_declined",
            Some("authentication_required"),
            DeclineCode::AuthenticationRequired,
        ),
        ("something_new", None, DeclineCode::Other),
    ] {
        let error =
            json!({ "last_payment_error": { "type": "card_error", "code": code, "decline_code": reason } });
        let state = charge("requires_payment_method", &error).state;
        assert_eq!(
            state,
            ChargeState::Declined { code: meaning },
            "{code} {reason:?}"
        );
    }
}

#[test]
fn every_state_of_a_refund_means_something() {
    let failed = |reason: &str| RefundState::Failed {
        reason: reason.to_owned(),
    };
    let refund_id = Uuid::now_v7();
    for (status, reason, state) in [
        ("pending", None, RefundState::Pending),
        ("requires_action", None, RefundState::Pending),
        ("succeeded", None, RefundState::Succeeded),
        (
            "failed",
            Some("lost_or_stolen_card"),
            failed("lost_or_stolen_card"),
        ),
        ("failed", None, failed("unknown")),
        ("canceled", None, failed("canceled")),
    ] {
        let refund: Refund = serde_json::from_value(json!({
            "id": "re_1", "amount": 700, "currency": "eur", "status": status, "failure_reason": reason,
            "metadata": { "refund": refund_id },
        }))
        .unwrap();
        assert!(refund.is_of(refund_id) && !refund.is_of(Uuid::now_v7()));
        let refunded = refund.refunded().unwrap();
        assert_eq!((refunded.state, refunded.amount), (state, euros(700)), "{status}");
    }
}

#[test]
fn a_refusal_is_told_by_its_code_or_else_by_its_kind() {
    let code = |error: Value| {
        let body: ErrorBody = serde_json::from_value(json!({ "error": error })).unwrap();
        body.error.code().to_owned()
    };
    assert_eq!(
        code(json!({ "type": "invalid_request_error", "code": "amount_too_small" })),
        "amount_too_small"
    );
    assert_eq!(code(json!({ "type": "idempotency_error" })), "idempotency_error");
    assert_eq!(code(json!({})), "unknown");
}
