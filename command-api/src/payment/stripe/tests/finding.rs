//! One charge among more than anybody looks through.

use time::OffsetDateTime;
use uuid::Uuid;

use super::{attempt, settings};
use crate::payment::gateway::{ChargeState, PaymentGateway};
use crate::payment::stripe::simulator::Simulator;
use crate::payment::stripe::{Settings, Stripe};

#[tokio::test]
async fn a_charge_behind_more_pages_than_are_looked_through_is_found_by_search() {
    let simulator = Simulator::start().await;
    let stripe = Stripe::new(Settings {
        most_pages: 2,
        ..settings(&simulator.url)
    })
    .unwrap();
    let since = OffsetDateTime::now_utc();
    let first = attempt("pm_card_visa");
    let held = stripe.authorize(&first).await.unwrap();
    for _ in 0..=(2 * 2) {
        stripe.authorize(&attempt("pm_card_visa")).await.unwrap();
    }
    let found = stripe.find(first.payment, first.attempt, since).await.unwrap();
    assert_eq!(found, Some(held.clone()));
    assert!(
        simulator
            .lines()
            .contains(&"GET /v1/payment_intents/search".to_owned())
    );
    // What was never made is not there, and what ended is found as it is now.
    let never = stripe.find(first.payment, Uuid::now_v7(), since).await.unwrap();
    assert_eq!(never, None);
    stripe
        .void(first.payment, first.attempt, &held.reference)
        .await
        .unwrap();
    let voided = stripe.find(first.payment, first.attempt, since).await.unwrap();
    assert_eq!(voided.map(|charge| charge.state), Some(ChargeState::Voided));
}
