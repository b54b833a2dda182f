//! What is asked of a payment provider, and what it may answer.
//!
//! Every question that moves money carries a key of payment, operation and attempt or refund ([`key`]): asked again
//! with the same words, it is answered again and not done again, for at least as long as a provider keeps its keys
//! (24 hours). What is older is looked up first ([`PaymentGateway::find`], [`PaymentGateway::find_refund`]).

use async_trait::async_trait;
use domain::Money;
use time::OffsetDateTime;
use uuid::Uuid;

use super::decline::DeclineCode;
use super::webhook::{Notice, WebhookError};

/// One try to pay. Asked again, it has to be the same to the letter: providers compare.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_field_names,
    reason = "a payment has attempts, and both have ids"
)]
pub struct Attempt<'a> {
    pub payment: Uuid,
    pub attempt: Uuid,
    pub amount: Money,
    /// The provider's token for what is paid with: `pm_…`.
    pub method: &'a str,
    /// Where the bank's page sends the browser back to.
    pub return_url: &'a str,
}

/// What the provider holds under one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The provider's name for it: `pi_…`.
    pub reference: String,
    /// What it was asked for with. Nothing on a charge that somebody else made.
    pub payment: Option<Uuid>,
    pub attempt: Option<Uuid>,
    pub amount: Money,
    pub captured: Money,
    /// Refunds that were made or are under way.
    pub refunded: Money,
    pub state: ChargeState,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeState {
    /// The provider does not know yet; it says so by a webhook.
    Processing,
    /// The shopper confirms it on the bank's page. A provider may know no page; ours are always sent to one.
    ActionRequired {
        url: Option<String>,
    },
    Authorized,
    Captured,
    Declined {
        code: DeclineCode,
    },
    /// Cancelled by us, or the authorisation ran out.
    Voided,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refunded {
    /// The provider's name for it: `re_…`.
    pub reference: String,
    pub amount: Money,
    pub state: RefundState,
}

/// A refund that succeeded can still fail, days later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundState {
    Pending,
    Succeeded,
    Failed { reason: String },
}

/// Charges, and what to ask the next page with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub charges: Vec<Charge>,
    pub next: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// Nobody knows whether it was done. Ask again, with the same words.
    #[error("the payment gateway gave no usable answer: {0}")]
    Unavailable(String),
    /// Nothing was done, and asked like this nothing ever will be.
    #[error("the payment gateway refuses: {message} ({code})")]
    Rejected { code: String, message: String },
}

impl GatewayError {
    pub fn rejected(code: &str, message: impl Into<String>) -> Self {
        Self::Rejected {
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

/// The key of a question: asked twice under one key, it is done once.
pub fn key(payment: Uuid, operation: &str, of: Uuid) -> String {
    format!("{payment}-{operation}-{of}")
}

/// What a charge was asked for with and a webhook names again, in the provider's metadata.
pub mod metadata {
    pub const PAYMENT: &str = "payment";
    pub const ATTEMPT: &str = "attempt";
    pub const REFUND: &str = "refund";
}

#[async_trait]
pub trait PaymentGateway: Send + Sync {
    /// Holds the money and does not take it. A card that is declined is a charge in that state, not an error.
    async fn authorize(&self, attempt: &Attempt<'_>) -> Result<Charge, GatewayError>;

    async fn look_up(&self, reference: &str) -> Result<Option<Charge>, GatewayError>;

    /// By what was known before the provider answered, for a step whose answer was lost and whose key may be gone.
    /// `since` is when the attempt began, or earlier.
    async fn find(
        &self,
        payment: Uuid,
        attempt: Uuid,
        since: OffsetDateTime,
    ) -> Result<Option<Charge>, GatewayError>;

    /// Takes what is held, once. What ended in another way meanwhile comes back as what it is.
    async fn capture(
        &self,
        payment: Uuid,
        attempt: Uuid,
        reference: &str,
        amount: Money,
    ) -> Result<Charge, GatewayError>;

    /// Gives back what is held. What was voided before is voided; what was captured comes back as captured.
    async fn void(&self, payment: Uuid, attempt: Uuid, reference: &str) -> Result<Charge, GatewayError>;

    /// Gives back what was captured, or a part of it.
    async fn refund(
        &self,
        payment: Uuid,
        reference: &str,
        refund: Uuid,
        amount: Money,
    ) -> Result<Refunded, GatewayError>;

    async fn find_refund(&self, reference: &str, refund: Uuid) -> Result<Option<Refunded>, GatewayError>;

    /// Every charge since then, page by page, for reconciliation. `after` is the [`Page::next`] of the page before.
    async fn charges_since(&self, since: OffsetDateTime, after: Option<String>)
    -> Result<Page, GatewayError>;

    /// Whether the provider sent this, and what it is about. The truth is looked up: webhooks come late, twice and
    /// out of order.
    fn verify(&self, body: &[u8], signature: &str, now: OffsetDateTime) -> Result<Notice, WebhookError>;
}

impl Charge {
    pub fn is_of(&self, payment: Uuid, attempt: Uuid) -> bool {
        self.payment == Some(payment) && self.attempt == Some(attempt)
    }

    /// Whether the shopper's money is held or taken, or may be soon.
    pub fn may_hold_money(&self) -> bool {
        match self.state {
            ChargeState::Processing
            | ChargeState::ActionRequired { .. }
            | ChargeState::Authorized
            | ChargeState::Captured => true,
            ChargeState::Declined { .. } | ChargeState::Voided => false,
        }
    }
}
