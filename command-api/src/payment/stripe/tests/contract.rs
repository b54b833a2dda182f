//! The Stripe adapter keeps the contract on our simulator, which has everything that Stripe has.

use std::time::Duration;

use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::stripe;
use crate::payment::check::stripes_test_cards;
use crate::payment::contract::{STEPS, Subject, contract_steps};
use crate::payment::sandbox::tests::database;
use crate::payment::stripe::simulator::Simulator;

/// One for all steps: each uses payments of its own.
static DATABASE: OnceCell<String> = OnceCell::const_new();

async fn holds(name: &str) {
    let simulator = Simulator::with_books(DATABASE.get_or_init(database).await).await;
    let stripe = stripe(&simulator);
    let step = STEPS.iter().find(|step| step.name == name).unwrap();
    let cards = stripes_test_cards();
    let subject = Subject {
        gateway: &stripe,
        cards: &cards,
        bank: &*simulator.sandbox,
        patience: Duration::from_secs(10),
    };
    tokio::select! {
        outcome = (step.run)(&subject) => outcome.unwrap(),
        () = simulator.sandbox.run(CancellationToken::new()) => {}
    }
}

macro_rules! tests_of {
    ($($module:ident::$name:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $name() {
            holds(stringify!($name)).await;
        })*
    };
}
contract_steps!(tests_of);
