//! `command-api gateway-check`: the steps of [`super::contract`] against the gateway that is configured.
//!
//! For what only the provider itself can show (`docs/unproven.md`): it charges test cards, so it is run with a key of
//! Stripe's test mode. Where the shopper is asked, a person answers on the page whose address is printed.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use async_trait::async_trait;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::config::{Gateway, GatewayArgs, GatewayKind};
use super::contract::{Bank, Cards, STEPS, Step, Subject};
use super::decline::DeclineCode;
use super::gateway::{Charge, ChargeState, PaymentGateway};
use super::sandbox::Sandbox;

/// A person has to find the page first.
const ANSWER_WITHIN: Duration = Duration::from_mins(5);
/// Stripe's test mode takes a while over refunds that change their mind.
const PATIENCE: Duration = Duration::from_mins(2);

#[derive(Args)]
pub struct GatewayCheck {
    #[command(flatten)]
    pub gateway: GatewayArgs,
    /// Accept the sandbox.
    #[arg(long)]
    pub dev: bool,
    /// Where the sandbox keeps its books.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,
    /// Only the steps whose names contain this.
    #[arg(long, default_value = "")]
    pub only: String,
}

/// Prints a line for each step and a sum as the last one.
///
/// # Errors
/// When a step does not hold, or none was run.
pub async fn run(check: GatewayCheck) -> Result<()> {
    if check.gateway.kind(check.dev)? == GatewayKind::Stripe {
        let key = check.gateway.stripe_secret_key.as_ref();
        ensure!(
            key.is_none_or(|key| !key.expose_secret().contains("_live_")),
            "STRIPE_SECRET_KEY is a live one: the check charges cards"
        );
        let stripe = check.gateway.stripe()?;
        return run_steps(&stripe, &PersonAtTheBank(&stripe), &check.only).await;
    }
    let Some(database_url) = &check.database_url else {
        bail!("DATABASE_URL is not set");
    };
    let Gateway::Sandbox(sandbox) = check.gateway.open(check.dev, database_url, None).await? else {
        bail!("this is not the sandbox");
    };
    let token = CancellationToken::new();
    let checked = async {
        let outcome = run_steps(&*sandbox, &*sandbox, &check.only).await;
        token.cancel();
        outcome
    };
    tokio::join!(checked, sandbox.run(token.clone())).0
}

async fn run_steps(gateway: &dyn PaymentGateway, bank: &dyn Bank, only: &str) -> Result<()> {
    let cards = stripes_test_cards();
    let subject = Subject {
        gateway,
        cards: &cards,
        bank,
        patience: PATIENCE,
    };
    let (mut passed, mut failed) = (0, 0);
    for Step { name, run } in STEPS.iter().filter(|step| step.name.contains(only)) {
        match run(&subject).await {
            Ok(()) => {
                passed += 1;
                println!("holds   {name}");
            }
            Err(error) => {
                failed += 1;
                println!("BROKEN  {name}: {error:#}");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    ensure!(
        passed > 0 && failed == 0,
        "the gateway does not keep the contract"
    );
    Ok(())
}

/// As Stripe calls them, and the sandbox after it.
pub fn stripes_test_cards() -> Cards {
    let declined = [
        ("pm_card_visa_chargeDeclined", DeclineCode::CardDeclined),
        (
            "pm_card_visa_chargeDeclinedInsufficientFunds",
            DeclineCode::InsufficientFunds,
        ),
        ("pm_card_visa_chargeDeclinedLostCard", DeclineCode::CardDeclined),
        ("pm_card_visa_chargeDeclinedStolenCard", DeclineCode::CardDeclined),
        ("pm_card_chargeDeclinedExpiredCard", DeclineCode::ExpiredCard),
        ("pm_card_chargeDeclinedIncorrectCvc", DeclineCode::IncorrectCvc),
        (
            "pm_card_chargeDeclinedProcessingError",
            DeclineCode::ProcessingError,
        ),
    ];
    Cards {
        good: "pm_card_visa".to_owned(),
        declined: declined.map(|(card, code)| (card.to_owned(), code)).to_vec(),
        three_d_secure: "pm_card_threeDSecure2Required".to_owned(),
        three_d_secure_declined: "pm_card_threeDSecureRequiredChargeDeclined".to_owned(),
        late_refund: "pm_card_pendingRefund".to_owned(),
        failing_refund: "pm_card_refundFail".to_owned(),
    }
}

#[async_trait]
impl Bank for Sandbox {
    async fn answer(&self, charge: &Charge, passed: bool) -> Result<()> {
        self.authenticate(&charge.reference, passed).await?;
        Ok(())
    }
}

/// Stripe's test mode has a page with two buttons.
struct PersonAtTheBank<'a>(&'a dyn PaymentGateway);

#[async_trait]
impl Bank for PersonAtTheBank<'_> {
    async fn answer(&self, charge: &Charge, passed: bool) -> Result<()> {
        let ChargeState::ActionRequired { url: Some(url) } = &charge.state else {
            bail!("there is no page to go to: {:?}", charge.state);
        };
        let button = if passed { "Complete" } else { "Fail" };
        println!("        Open {url} and choose \"{button}\".");
        let until = Instant::now() + ANSWER_WITHIN;
        while Instant::now() < until {
            let there = self.0.look_up(&charge.reference).await?;
            if !there.is_some_and(|charge| matches!(charge.state, ChargeState::ActionRequired { .. })) {
                return Ok(());
            }
            sleep(Duration::from_secs(1)).await;
        }
        bail!("nobody answered within {ANSWER_WITHIN:?}")
    }
}
