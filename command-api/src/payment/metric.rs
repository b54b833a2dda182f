//! What the payment worker counts, and at which labels. Outcomes are there at zero before they first happen.

use std::time::Duration;

use domain::paying::Outcome;
use domain::payment::Step;
use metrics::{counter, histogram};

use super::asking::Asked;

const OUTCOMES: [&str; 7] = [
    "action-required",
    "authorized",
    "declined",
    "captured",
    "voided",
    "refunded",
    "refund-failed",
];

/// Called once, before the first payment is looked at.
pub fn register() {
    for outcome in OUTCOMES {
        counter!("payment_outcomes_total", "outcome" => outcome).increment(0);
    }
}

/// The gateway was asked, and this is what came of it.
pub fn asked(step: &'static str, asked: &Asked, took: Duration) {
    let outcome = match asked {
        Asked::Said(_) => "said",
        Asked::NothingNew => "nothing-new",
        Asked::Unavailable => "unavailable",
    };
    histogram!("payment_step_seconds", "step" => step).record(took);
    counter!("payment_steps_total", "step" => step, "outcome" => outcome).increment(1);
}

/// What the gateway said is stored.
pub fn settled(outcome: &'static str) {
    counter!("payment_outcomes_total", "outcome" => outcome).increment(1);
}

pub const fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::ActionRequired { .. } => "action-required",
        Outcome::Authorized { .. } => "authorized",
        Outcome::Declined { .. } => "declined",
        Outcome::Captured { .. } => "captured",
        Outcome::Voided { .. } => "voided",
        Outcome::Refunded { .. } => "refunded",
        Outcome::RefundFailed { .. } => "refund-failed",
    }
}

pub const fn step_name(step: &Step) -> &'static str {
    match step {
        Step::Authorize { .. } => "authorize",
        Step::LookUp { .. } => "look-up",
        Step::Capture { .. } => "capture",
        Step::Void { .. } => "void",
        Step::Refund { .. } => "refund",
    }
}
