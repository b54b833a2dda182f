//! What every gateway promises, as steps that can be run against any of them.
//!
//! The tests run them against the sandbox, and against the Stripe adapter on a server of somebody else's
//! (`localstripe`) and on our simulator; `command-api gateway-check` runs them against whatever is configured, such as
//! Stripe itself in test mode. Each step uses payments of its own.

mod authorizing;
mod finding;
mod refunding;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use async_trait::async_trait;
use domain::{Currency, Money};
use uuid::Uuid;

use super::decline::DeclineCode;
use super::gateway::{Attempt, Charge, ChargeState, GatewayError, PaymentGateway};

/// Who answers for the shopper.
#[async_trait]
pub trait Bank: Send + Sync {
    /// Confirms a charge that waits for it, or refuses to. Returns when that was done.
    async fn answer(&self, charge: &Charge, passed: bool) -> Result<()>;
}

/// What a gateway calls the cards that the steps pay with.
#[derive(Clone, Debug)]
pub struct Cards {
    pub good: String,
    /// Declined at once, and why.
    pub declined: Vec<(String, DeclineCode)>,
    pub three_d_secure: String,
    /// Declined after the shopper confirmed it.
    pub three_d_secure_declined: String,
    /// Its refunds are pending first.
    pub late_refund: String,
    /// Its refunds fail after they succeeded.
    pub failing_refund: String,
}

/// One gateway under test.
pub struct Subject<'a> {
    pub gateway: &'a dyn PaymentGateway,
    pub cards: &'a Cards,
    pub bank: &'a dyn Bank,
    /// How long a refund may take that changes its mind.
    pub patience: Duration,
}

type Outcome<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// One promise.
#[derive(Clone, Copy)]
pub struct Step {
    pub name: &'static str,
    pub run: for<'a> fn(&'a Subject<'a>) -> Outcome<'a>,
}

/// The list, once: a module and its steps. The tests make a test of each with it.
macro_rules! contract_steps {
    ($each:ident $(, $argument:tt)*) => {
        $each! {
            $($argument)*
            authorizing::an_authorized_payment_is_captured_whole,
            authorizing::a_declined_card_charges_nothing_and_another_attempt_pays,
            authorizing::every_declined_card_says_why,
            authorizing::a_confirmed_payment_is_authorized,
            authorizing::a_payment_that_the_shopper_refuses_is_declined,
            authorizing::a_confirmed_payment_may_still_be_declined,
            authorizing::the_shopper_is_sent_to_a_page_of_the_bank,
            authorizing::what_is_voided_is_never_captured,
            authorizing::what_waits_for_the_bank_can_be_voided,
            authorizing::a_void_that_is_too_late_says_captured,
            authorizing::asked_again_an_attempt_is_one_charge,
            authorizing::asked_again_a_capture_takes_nothing_more,
            authorizing::asked_again_with_another_amount_an_attempt_is_refused,
            authorizing::an_amount_that_cannot_be_charged_is_refused,
            authorizing::an_unknown_card_is_refused,
            finding::a_charge_whose_answer_was_lost_is_found_by_its_attempt,
            finding::what_nobody_asked_for_is_not_found,
            finding::every_charge_is_on_exactly_one_page,
            refunding::partial_refunds_add_up,
            refunding::no_more_is_given_back_than_was_taken,
            refunding::what_was_not_captured_is_not_refunded,
            refunding::a_refund_is_found_by_its_id,
            refunding::asked_again_a_refund_is_made_once,
            refunding::a_late_refund_succeeds_in_the_end,
            refunding::a_refund_can_fail_after_it_succeeded,
        }
    };
}
macro_rules! listed {
    ($($module:ident::$name:ident),* $(,)?) => {
        pub const STEPS: &[Step] = &[$(Step {
            name: stringify!($name),
            run: |subject| Box::pin($module::$name(subject)),
        }),*];
    };
}
contract_steps!(listed);
#[cfg(test)]
pub(in crate::payment) use contract_steps;

/// A payment that nobody else has.
struct NewPayment {
    payment: Uuid,
    attempt: Uuid,
    amount: Money,
}

const RETURN_URL: &str = "https://shop.example/orders/1?returned=1#key=k";

impl NewPayment {
    fn of(minor: i64) -> Self {
        Self {
            payment: Uuid::now_v7(),
            attempt: Uuid::now_v7(),
            amount: Money::new(minor, Currency::EUR),
        }
    }

    /// The same payment, tried once more.
    fn another_attempt(&self) -> Self {
        Self {
            attempt: Uuid::now_v7(),
            ..*self
        }
    }

    fn with<'a>(&self, method: &'a str) -> Attempt<'a> {
        Attempt {
            payment: self.payment,
            attempt: self.attempt,
            amount: self.amount,
            method,
            return_url: RETURN_URL,
        }
    }
}

impl Subject<'_> {
    async fn authorized(&self, new: &NewPayment) -> Result<Charge> {
        self.authorized_with(new, &self.cards.good).await
    }

    async fn authorized_with(&self, new: &NewPayment, method: &str) -> Result<Charge> {
        let charge = self.gateway.authorize(&new.with(method)).await?;
        is_in(&charge, &ChargeState::Authorized)?;
        ensure!(
            charge.is_of(new.payment, new.attempt),
            "the charge names another attempt: {charge:?}"
        );
        ensure!(charge.amount == new.amount, "another amount is held: {charge:?}");
        ensure!(
            charge.captured.minor == 0,
            "something is captured already: {charge:?}"
        );
        Ok(charge)
    }

    async fn captured(&self, new: &NewPayment) -> Result<Charge> {
        self.captured_with(new, &self.cards.good).await
    }

    async fn captured_with(&self, new: &NewPayment, method: &str) -> Result<Charge> {
        let held = self.authorized_with(new, method).await?;
        let captured = self.capture(new, &held).await?;
        is_in(&captured, &ChargeState::Captured)?;
        ensure!(
            captured.captured == new.amount,
            "another amount was captured: {captured:?}"
        );
        Ok(captured)
    }

    async fn capture(&self, new: &NewPayment, held: &Charge) -> Result<Charge, GatewayError> {
        self.gateway
            .capture(new.payment, new.attempt, &held.reference, new.amount)
            .await
    }

    async fn void(&self, new: &NewPayment, held: &Charge) -> Result<Charge, GatewayError> {
        self.gateway.void(new.payment, new.attempt, &held.reference).await
    }

    /// A charge that waits for the shopper.
    async fn waiting(&self, new: &NewPayment, method: &str) -> Result<Charge> {
        let charge = self.gateway.authorize(&new.with(method)).await?;
        match charge.state {
            ChargeState::ActionRequired { .. } => Ok(charge),
            ref other => bail!("the shopper is not asked: {other:?}"),
        }
    }

    async fn as_it_is(&self, charge: &Charge) -> Result<Charge> {
        let there = self.gateway.look_up(&charge.reference).await?;
        there.with_context(|| format!("{} is not there", charge.reference))
    }
}

fn is_in(charge: &Charge, state: &ChargeState) -> Result<()> {
    ensure!(
        charge.state == *state,
        "the charge is {:?} and not {state:?}",
        charge.state
    );
    Ok(())
}

fn is_rejected<T: std::fmt::Debug>(answer: Result<T, GatewayError>) -> Result<String> {
    match answer {
        Err(GatewayError::Rejected { code, .. }) => Ok(code),
        other => bail!("this was not refused: {other:?}"),
    }
}
