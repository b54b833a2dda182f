//! The gateway for development: Stripe's test cards, without Stripe. It exists only under `--dev`.
//!
//! It keeps books of its own in PostgreSQL ([`provider`]), so that what it charged outlives our processes, sends
//! webhooks to our own route, and can be told to be slow, to fail and to send webhooks badly ([`behaviour`]).
//! `docs/sandbox-gateway.md` is its manual.

pub mod behaviour;
pub(super) mod books;
pub(super) mod keys;
pub mod methods;
pub(super) mod provider;
pub(super) mod refunds;
mod webhooks;
pub(super) mod wire;

#[cfg(test)]
pub(super) mod tests;

use std::time::Duration;

use async_trait::async_trait;
use domain::Money;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::gateway::{
    Attempt, Charge, ChargeState, GatewayError, Page, PaymentGateway, RefundState, Refunded, key,
};
use super::http;
use super::webhook::{Notice, WebhookError, WebhookSecrets};
use crate::payment::decline::DeclineCode;
#[cfg(test)]
use behaviour::Operation;
#[cfg(test)]
use behaviour::{Behaviour, WebhookBehaviour};
use books::{Intent, Refund, RefundStatus, Status};
pub use provider::make_books_at as make_books;
use provider::{NewIntent, Provider, Trouble};
use refunds::NewRefund;
use webhooks::Webhooks;

/// Our clock and the database's need not agree to the minute.
const CLOCKS_APART: time::Duration = time::Duration::minutes(5);
/// Whoever takes longer over a webhook is tried again.
const TAKEN_WITHIN: Duration = Duration::from_secs(2);
/// Another process may have queued one, or told one to be late.
const POLLED_EVERY: Duration = Duration::from_millis(200);

pub struct Settings {
    pub database_url: String,
    /// Our own route for them; without it none is sent.
    pub webhook_url: Option<String>,
    /// The first one signs, all of them verify.
    pub webhook_secrets: WebhookSecrets,
    /// How long a refund takes that changes its mind.
    pub refund_settles_after: Duration,
    /// Charges on one page of a list.
    pub page_size: u8,
}

pub struct Sandbox {
    pub(super) provider: Provider,
    webhook_secrets: WebhookSecrets,
    page_size: u8,
}

impl Sandbox {
    /// Makes its tables where they are missing and it may; `migrate --dev` makes them for a process that owns nothing.
    ///
    /// # Errors
    /// When PostgreSQL cannot be reached.
    pub async fn connect(settings: Settings) -> anyhow::Result<Self> {
        let webhooks = match settings.webhook_url {
            Some(url) => Some(Webhooks {
                url,
                secrets: settings.webhook_secrets.clone(),
                http: http::client(TAKEN_WITHIN)?,
            }),
            None => None,
        };
        let settles_after = settings.refund_settles_after;
        Ok(Self {
            provider: Provider::connect(&settings.database_url, webhooks, settles_after).await?,
            webhook_secrets: settings.webhook_secrets,
            page_size: settings.page_size,
        })
    }

    /// The shopper's answer to the bank, from the page that stands for it. Once; then the charge has moved on, and
    /// that is refused.
    pub async fn authenticate(&self, reference: &str, passed: bool) -> Result<Charge, GatewayError> {
        let intent = self.provider.authenticate(reference, passed).await?;
        Ok(charge(&intent))
    }

    /// Tells it how the next calls of an operation go, of one payment method or of all. Other processes write the row.
    #[cfg(test)]
    pub async fn tell(
        &self,
        operation: Operation,
        method: Option<&str>,
        behaviour: Behaviour,
    ) -> Result<(), GatewayError> {
        let mut connection = self.provider.connection().await.map_err(Trouble::Books)?;
        let told = behaviour::tell(&mut connection, operation, method, behaviour).await;
        Ok(told.map_err(Trouble::Books)?)
    }

    /// Tells it how webhooks are delivered that are queued from now on.
    #[cfg(test)]
    pub async fn tell_webhooks(&self, behaviour: WebhookBehaviour) -> Result<(), GatewayError> {
        let mut connection = self.provider.connection().await.map_err(Trouble::Books)?;
        let told = behaviour::tell_webhooks(&mut connection, behaviour).await;
        Ok(told.map_err(Trouble::Books)?)
    }

    /// Settles refunds whose time has come, then tries to deliver the webhooks that are due. Says how many of both.
    pub async fn step(&self) -> Result<usize, sqlx::Error> {
        let settled = self.provider.settle_refunds().await?;
        match &self.provider.webhooks {
            Some(webhooks) => Ok(settled + self.provider.deliver(webhooks).await?),
            None => Ok(settled),
        }
    }

    /// Repeats [`Self::step`] until told to stop.
    pub async fn run(&self, token: CancellationToken) {
        while !token.is_cancelled() {
            match self.step().await {
                Ok(1..) => continue,
                Ok(0) => {}
                Err(error) => tracing::warn!(%error, "the sandbox cannot read its books"),
            }
            tokio::select! {
                () = self.provider.queued.notified() => {}
                () = tokio::time::sleep(POLLED_EVERY) => {}
                () = token.cancelled() => {}
            }
        }
    }

    /// A capture or a void that was refused: if the charge came to an end, that is the answer.
    async fn ended(&self, reference: &str, trouble: Trouble) -> Result<Charge, GatewayError> {
        if !matches!(trouble, Trouble::Refused(_)) {
            return Err(trouble.into());
        }
        match self.look_up(reference).await? {
            Some(charge) if is_over(&charge) => Ok(charge),
            Some(_) | None => Err(trouble.into()),
        }
    }
}

#[async_trait]
impl PaymentGateway for Sandbox {
    async fn authorize(&self, attempt: &Attempt<'_>) -> Result<Charge, GatewayError> {
        let new = NewIntent {
            payment: Some(attempt.payment),
            attempt: Some(attempt.attempt),
            amount: attempt.amount,
            method: attempt.method,
            return_url: attempt.return_url,
        };
        let key = key(attempt.payment, "authorize", attempt.attempt);
        match self.provider.create(&new, Some(&key)).await {
            Ok(intent) => Ok(charge(&intent)),
            Err(trouble @ Trouble::Refused(_)) if is_reused_key(&trouble) => {
                // As with Stripe: the same amount under other words was asked for before, and is there.
                let since = OffsetDateTime::UNIX_EPOCH;
                let found = self.find(attempt.payment, attempt.attempt, since).await?;
                let same = found.filter(|charge| charge.amount == attempt.amount);
                same.ok_or_else(|| trouble.into())
            }
            Err(trouble) => Err(trouble.into()),
        }
    }

    async fn look_up(&self, reference: &str) -> Result<Option<Charge>, GatewayError> {
        let intent = self.provider.look_up(reference).await?;
        Ok(intent.as_ref().map(charge))
    }

    async fn find(
        &self,
        payment: Uuid,
        attempt: Uuid,
        since: OffsetDateTime,
    ) -> Result<Option<Charge>, GatewayError> {
        let intent = self.provider.find(payment, attempt, with_leeway(since)).await?;
        Ok(intent.as_ref().map(charge))
    }

    async fn capture(
        &self,
        payment: Uuid,
        attempt: Uuid,
        reference: &str,
        amount: Money,
    ) -> Result<Charge, GatewayError> {
        let key = key(payment, "capture", attempt);
        match self.provider.capture(reference, amount, Some(&key)).await {
            Ok(intent) => Ok(charge(&intent)),
            Err(trouble) => self.ended(reference, trouble).await,
        }
    }

    async fn void(&self, _payment: Uuid, _attempt: Uuid, reference: &str) -> Result<Charge, GatewayError> {
        match self.provider.cancel(reference).await {
            Ok(intent) => Ok(charge(&intent)),
            Err(trouble) => self.ended(reference, trouble).await,
        }
    }

    async fn refund(
        &self,
        payment: Uuid,
        reference: &str,
        refund: Uuid,
        amount: Money,
    ) -> Result<Refunded, GatewayError> {
        let new = NewRefund {
            intent: reference,
            payment: Some(payment),
            refund: Some(refund),
            amount,
        };
        let made = self
            .provider
            .refund(&new, Some(&key(payment, "refund", refund)))
            .await?;
        Ok(refunded(&made))
    }

    async fn find_refund(&self, reference: &str, refund: Uuid) -> Result<Option<Refunded>, GatewayError> {
        let refunds = self.provider.refunds_of(reference).await?;
        Ok(refunds
            .iter()
            .find(|made| made.refund == Some(refund))
            .map(refunded))
    }

    async fn charges_since(
        &self,
        since: OffsetDateTime,
        after: Option<String>,
    ) -> Result<Page, GatewayError> {
        let listed = self
            .provider
            .list(with_leeway(since), after.as_deref(), self.page_size)
            .await;
        let (intents, has_more) = listed?;
        let last = intents.last().map(|intent| intent.reference.clone());
        Ok(Page {
            charges: intents.iter().map(charge).collect(),
            next: last.filter(|_| has_more),
        })
    }

    fn verify(&self, body: &[u8], signature: &str, now: OffsetDateTime) -> Result<Notice, WebhookError> {
        self.webhook_secrets.verify(body, signature, now)
    }
}

impl From<Trouble> for GatewayError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            // Somebody asks the same right now: their answer is ours.
            Trouble::Refused(refusal) if refusal.status == 409 || refusal.status >= 500 => {
                Self::Unavailable(refusal.message)
            }
            Trouble::Refused(refusal) => Self::rejected(&refusal.code, refusal.message),
            Trouble::FailedBefore | Trouble::FailedAfter | Trouble::Books(_) => {
                Self::Unavailable(trouble.to_string())
            }
        }
    }
}

fn is_reused_key(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Refused(refusal) if refusal.kind == "idempotency_error")
}

fn is_over(charge: &Charge) -> bool {
    match charge.state {
        ChargeState::Captured | ChargeState::Voided | ChargeState::Declined { .. } => true,
        ChargeState::Processing | ChargeState::ActionRequired { .. } | ChargeState::Authorized => false,
    }
}

fn with_leeway(since: OffsetDateTime) -> OffsetDateTime {
    since.checked_sub(CLOCKS_APART).unwrap_or(since)
}

fn charge(intent: &Intent) -> Charge {
    Charge {
        reference: intent.reference.clone(),
        payment: intent.payment,
        attempt: intent.attempt,
        amount: intent.amount,
        captured: intent.captured,
        refunded: intent.refunded,
        state: match intent.status {
            Status::RequiresPaymentMethod => ChargeState::Declined {
                code: intent.decline.unwrap_or(DeclineCode::Other),
            },
            Status::RequiresAction => ChargeState::ActionRequired {
                url: wire::bank_page(intent),
            },
            Status::RequiresCapture => ChargeState::Authorized,
            Status::Succeeded => ChargeState::Captured,
            Status::Canceled => ChargeState::Voided,
        },
    }
}

fn refunded(refund: &Refund) -> Refunded {
    Refunded {
        reference: refund.reference.clone(),
        amount: refund.amount,
        state: match refund.status {
            RefundStatus::Pending => RefundState::Pending,
            RefundStatus::Succeeded => RefundState::Succeeded,
            RefundStatus::Failed => RefundState::Failed {
                reason: refund.reason.clone().unwrap_or_else(|| "unknown".to_owned()),
            },
        },
    }
}
