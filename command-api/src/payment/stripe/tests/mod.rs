//! The Stripe adapter over HTTP: on our simulator, and on a server of somebody else's.

mod contract;
mod failing;
mod finding;
mod keys;
mod localstripe;
mod objects;

use std::time::Duration;

use domain::{Currency, Money};
use uuid::Uuid;

use super::simulator::{SECRET_KEY, Simulator};
use super::{Limits, Settings, Stripe};
use crate::payment::gateway::{Attempt, Charge, GatewayError, PaymentGateway};
use crate::payment::webhook::WebhookSecrets;

/// Quick, so that what is repeated is repeated within a test.
const LIMITS: Limits = Limits {
    answer_within: Duration::from_secs(5),
    total: Duration::from_secs(20),
    tries: 4,
    first_pause: Duration::from_millis(20),
};

fn settings(base_url: &str) -> Settings {
    Settings {
        base_url: base_url.to_owned(),
        secret_key: SECRET_KEY.into(),
        webhook_secrets: WebhookSecrets::new(vec!["whsec_of_the_tests".into()]),
        limits: LIMITS,
        page_size: 2,
        most_pages: 1000,
    }
}

fn stripe(simulator: &Simulator) -> Stripe {
    Stripe::new(settings(&simulator.url)).unwrap()
}

async fn simulator_and_stripe() -> (Simulator, Stripe) {
    let simulator = Simulator::start().await;
    let stripe = stripe(&simulator);
    (simulator, stripe)
}

fn euros(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn attempt(method: &str) -> Attempt<'_> {
    Attempt {
        payment: Uuid::now_v7(),
        attempt: Uuid::now_v7(),
        amount: euros(3000),
        method,
        return_url: "https://shop.example/orders/1?returned=1#key=k",
    }
}

async fn capture(stripe: &Stripe, attempt: &Attempt<'_>, held: &Charge) -> Result<Charge, GatewayError> {
    stripe
        .capture(attempt.payment, attempt.attempt, &held.reference, attempt.amount)
        .await
}

fn is_unavailable<T>(answer: &Result<T, GatewayError>) -> bool {
    matches!(answer, Err(GatewayError::Unavailable(_)))
}
