//! Payments: what is asked of a payment provider, by whom, and what a provider sends by itself.
//!
//! No aggregate calls a gateway. What is to be asked is stored first ([`domain::payment::Payment::outstanding`]); the
//! [`worker`] asks, through [`gateway::PaymentGateway`], and stores the outcome with its consequences in one append. Which
//! gateway that is, says [`config`]. [`contract`] holds every gateway to the same promises, in the tests and by
//! `command-api gateway-check`. `docs/sandbox-gateway.md` describes the one for development, `docs/unproven.md` what only
//! Stripe itself can show.

pub mod asking;
pub mod check;
pub mod config;
pub mod consumer;
pub mod contract;
pub mod decline;
pub mod gateway;
mod http;
mod metric;
pub mod reconciliation;
pub mod sandbox;
pub mod stripe;
#[cfg(test)]
mod tests;
pub mod webhook;
pub mod worker;

use std::sync::Arc;

use domain::paying::Outcome;
use domain::payment::reason;
use domain::{OrderId, RefundId};
use event_store::DatabaseError;
use event_store::deadlines::{DeadlineId, DeadlineKind, Deadlines};
use event_store::gateway_notices::GatewayNotices;
use tokio::sync::Notify;

use self::gateway::{GatewayError, PaymentGateway, RefundState};
use self::sandbox::Sandbox;
use self::webhook::Notice;

/// What routes need of payments.
pub struct Payments {
    pub gateway: Arc<dyn PaymentGateway>,
    pub gateway_name: &'static str,
    /// What the browser's half of the gateway needs.
    pub publishable_key: Option<String>,
    /// The sandbox once more, where it is the gateway.
    pub sandbox: Option<Arc<Sandbox>>,
    pub deadlines: Deadlines,
    pub notices: GatewayNotices,
    /// Woken when a step was made due: the worker of this process.
    pub hastened: Arc<Notify>,
}

impl Payments {
    /// Has the worker look at an order's payment now, if anything of it is outstanding.
    pub async fn hasten(&self, order: OrderId) -> Result<(), DatabaseError> {
        let step = DeadlineId {
            kind: DeadlineKind::PaymentStep,
            aggregate_id: order.payment().stream().aggregate_id,
        };
        if self.deadlines.hasten(&step).await? {
            self.hastened.notify_one();
        }
        Ok(())
    }

    /// Takes in what the gateway sent, once.
    pub async fn receive(&self, notice: &Notice) -> Result<(), DatabaseError> {
        // First made due, then noted: should this process die in between, the gateway sends it again.
        if let Some(payment) = notice.payment {
            self.hasten(OrderId::new(payment)).await?;
        }
        telemetry::failpoint("payment_webhook.hastened");
        let is_new = self
            .notices
            .is_new(&notice.event_id, notice.payment, &notice.kind)
            .await?;
        let outcome = if is_new { "new" } else { "repeated" };
        metrics::counter!("payment_webhooks_total", "outcome" => outcome).increment(1);
        Ok(())
    }

    /// What a notice about a refund comes to, where the gateway says that it failed.
    pub async fn bounced(&self, notice: &Notice) -> Result<Option<(OrderId, Outcome)>, GatewayError> {
        let (Some(payment), Some(refund), Some(reference)) =
            (notice.payment, notice.refund, &notice.reference)
        else {
            return Ok(None);
        };
        let made = self.gateway.find_refund(reference, refund).await?;
        let failed = |said: &str| Outcome::RefundFailed {
            refund: RefundId::new(refund),
            reason: reason(said),
        };
        Ok(match made.map(|made| made.state) {
            Some(RefundState::Failed { reason }) => Some((OrderId::new(payment), failed(&reason))),
            Some(RefundState::Pending | RefundState::Succeeded) | None => None,
        })
    }
}
