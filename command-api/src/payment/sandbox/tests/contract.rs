//! The sandbox keeps the contract.

use std::time::Duration;

use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::{database, settings};
use crate::payment::check::stripes_test_cards;
use crate::payment::contract::{STEPS, Subject, contract_steps};
use crate::payment::sandbox::Sandbox;

/// One for all steps: each uses payments of its own.
static DATABASE: OnceCell<String> = OnceCell::const_new();

async fn holds(name: &str) {
    let url = DATABASE.get_or_init(database).await;
    let sandbox = Sandbox::connect(settings(url)).await.unwrap();
    let step = STEPS.iter().find(|step| step.name == name).unwrap();
    let cards = stripes_test_cards();
    let subject = Subject {
        gateway: &sandbox,
        cards: &cards,
        bank: &sandbox,
        patience: Duration::from_secs(10),
    };
    let token = CancellationToken::new();
    tokio::select! {
        outcome = (step.run)(&subject) => outcome.unwrap(),
        () = sandbox.run(token) => {}
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
