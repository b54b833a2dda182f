//! The sandbox's books as Stripe shows its own: the JSON of webhooks, and of what the simulator in the tests answers.

use serde_json::{Value, json};
use uuid::Uuid;

#[cfg(test)]
use super::books::Refusal;
use super::books::{Intent, Refund, Status};
use crate::payment::decline::DeclineCode;
use crate::payment::gateway::metadata;
use crate::payment::stripe::amount::{currency_code, to_stripe};
use domain::Money;

/// Where the shopper confirms a charge: our own page stands for the bank's, at the address that they come back to.
pub fn bank_page(intent: &Intent) -> Option<String> {
    if intent.status != Status::RequiresAction {
        return None;
    }
    let back = reqwest::Url::parse(&intent.return_url).ok()?;
    let origin = back.origin().ascii_serialization();
    // In the fragment: the way back has the key of the order's link in it, and is for the browser alone.
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("return", &intent.return_url);
    let query = query.finish();
    Some(format!(
        "{origin}/sandbox/3-d-secure/{}#{query}",
        intent.reference
    ))
}

pub fn payment_intent(intent: &Intent) -> Value {
    let capturable = if intent.status == Status::RequiresCapture {
        intent.amount
    } else {
        none_of(intent.amount)
    };
    let next_action = bank_page(intent).map(|url| {
        json!({ "type": "redirect_to_url", "redirect_to_url": { "url": url, "return_url": intent.return_url } })
    });
    json!({
        "id": intent.reference,
        "object": "payment_intent",
        "amount": units(intent.amount),
        "amount_capturable": units(capturable),
        "amount_received": units(intent.captured),
        "capture_method": "manual",
        "created": intent.created,
        "currency": currency_code(intent.amount.currency),
        "latest_charge": charge(intent),
        "last_payment_error": intent.decline.map(card_error),
        "livemode": false,
        "metadata": intent_metadata(intent),
        "next_action": next_action,
        "payment_method": intent.method,
        "payment_method_types": ["card"],
        "status": intent.status.as_str(),
    })
}

/// The charge that an intent made; what waits for the shopper made none yet.
pub fn charge(intent: &Intent) -> Value {
    if intent.status == Status::RequiresAction {
        return Value::Null;
    }
    json!({
        "id": intent.reference.replace("pi_", "ch_"),
        "object": "charge",
        "amount": units(intent.amount),
        "amount_captured": units(intent.captured),
        "amount_refunded": units(intent.refunded),
        "captured": intent.status == Status::Succeeded,
        "currency": currency_code(intent.amount.currency),
        "metadata": intent_metadata(intent),
        "payment_intent": intent.reference,
    })
}

pub fn refund(refund: &Refund) -> Value {
    json!({
        "id": refund.reference,
        "object": "refund",
        "amount": units(refund.amount),
        "created": refund.created,
        "currency": currency_code(refund.amount.currency),
        "failure_reason": refund.reason,
        "metadata": named([(metadata::PAYMENT, refund.payment), (metadata::REFUND, refund.refund)]),
        "payment_intent": refund.intent,
        "status": refund.status.as_str(),
    })
}

#[cfg(test)]
pub fn error(refusal: &Refusal) -> Value {
    json!({ "error": { "type": refusal.kind, "code": refusal.code, "message": refusal.message } })
}

/// What Stripe says about a card: an error's code, and the bank's reason where there is one.
pub fn card_error(code: DeclineCode) -> Value {
    let (code, reason) = match code {
        DeclineCode::CardDeclined | DeclineCode::Other => ("card_declined", Some("generic_decline")),
        DeclineCode::InsufficientFunds => ("card_declined", Some("insufficient_funds")),
        DeclineCode::ExpiredCard => ("expired_card", None),
        DeclineCode::IncorrectCvc => ("incorrect_cvc", None),
        DeclineCode::ProcessingError => ("processing_error", None),
        DeclineCode::AuthenticationFailed => ("payment_intent_authentication_failure", None),
        DeclineCode::AuthenticationRequired => ("card_declined", Some("authentication_required")),
    };
    json!({ "type": "card_error", "code": code, "decline_code": reason, "message": "Your card was declined." })
}

/// What a webhook carries.
pub fn event(id: &str, kind: &str, created: i64, object: &Value) -> Value {
    json!({
        "id": id,
        "object": "event",
        "created": created,
        "data": { "object": object },
        "livemode": false,
        "type": kind,
    })
}

fn intent_metadata(intent: &Intent) -> Value {
    named([
        (metadata::PAYMENT, intent.payment),
        (metadata::ATTEMPT, intent.attempt),
    ])
}

fn named(pairs: [(&str, Option<Uuid>); 2]) -> Value {
    let given = pairs
        .into_iter()
        .filter_map(|(key, id)| Some((key.to_owned(), json!(id?))));
    Value::Object(given.collect())
}

const fn none_of(amount: Money) -> Money {
    Money::zero(amount.currency)
}

/// Nothing is nothing; everything else was let in by the same rule.
fn units(amount: Money) -> i64 {
    to_stripe(amount).unwrap_or_default()
}
