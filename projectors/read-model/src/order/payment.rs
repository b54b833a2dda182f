//! The part of an order's document that its payment's events make.

use domain::payment::PaymentEvent;
use domain::{AttemptId, Currency, Money, RefundId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::money::MoneySchema;

/// How an order was paid, or is to be paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderPayment {
    pub state: PaymentState,
    /// Oldest first.
    pub attempts: Vec<PaymentAttempt>,
    /// What was taken, refunds not subtracted.
    #[schema(value_type = Option<MoneySchema>, required)]
    pub captured: Option<Money>,
    /// What was given back.
    #[schema(value_type = MoneySchema)]
    pub refunded: Money,
    /// Oldest first.
    pub refunds: Vec<PaymentRefund>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentState {
    /// Nothing has to be paid.
    None,
    /// The customer may try to pay.
    Awaiting,
    /// The payment provider is being asked.
    Checking,
    /// The customer has to confirm it with the bank.
    ActionRequired,
    Paid,
    PartiallyRefunded,
    Refunded,
    /// The last thing that is known of a refund is that it failed.
    RefundFailed,
    /// The order was cancelled before anything was taken.
    Voided,
}

/// One try to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentAttempt {
    #[schema(value_type = uuid::Uuid)]
    pub id: AttemptId,
    pub state: AttemptState,
    /// Why it was declined, as the payment provider names it: `insufficient_funds`, …
    #[schema(required)]
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptState {
    Started,
    ActionRequired,
    Capturing,
    Captured,
    Declined,
    Voiding,
    Voided,
}

/// Money on its way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentRefund {
    #[schema(value_type = uuid::Uuid)]
    pub id: RefundId,
    #[schema(value_type = MoneySchema)]
    pub amount: Money,
    pub state: RefundState,
    /// Why it failed, as the payment provider names it.
    #[schema(required)]
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RefundState {
    Requested,
    Refunded,
    Failed,
}

/// What is kept of the stream `payment/{id}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Payment {
    requested: bool,
    attempts: Vec<PaymentAttempt>,
    captured: Option<Money>,
    refunds: Vec<PaymentRefund>,
    /// A refund failed, and none was asked for since.
    refund_failed: bool,
}

impl Payment {
    pub fn evolve(&mut self, event: &PaymentEvent) {
        match event {
            PaymentEvent::PaymentRequested { .. } => self.requested = true,
            PaymentEvent::AttemptStarted { attempt, .. } => self.attempts.push(PaymentAttempt {
                id: *attempt,
                state: AttemptState::Started,
                reason: None,
            }),
            PaymentEvent::ActionRequired { attempt, .. } => {
                self.attempt(*attempt, AttemptState::ActionRequired);
            }
            PaymentEvent::PaymentAuthorized { attempt, .. } | PaymentEvent::CaptureRequested { attempt } => {
                self.attempt(*attempt, AttemptState::Capturing);
            }
            PaymentEvent::AttemptDeclined { attempt, reason } => {
                self.attempt(*attempt, AttemptState::Declined);
                if let Some(attempt) = self.attempts.iter_mut().find(|known| known.id == *attempt) {
                    attempt.reason = Some(reason.clone());
                }
            }
            PaymentEvent::PaymentCaptured { attempt, amount, .. } => {
                self.attempt(*attempt, AttemptState::Captured);
                let before = self.captured.map_or(0, |captured| captured.minor);
                self.captured = Some(Money::new(before.saturating_add(amount.minor), amount.currency));
            }
            PaymentEvent::VoidRequested { attempt } => self.attempt(*attempt, AttemptState::Voiding),
            PaymentEvent::PaymentVoided { attempt } => self.attempt(*attempt, AttemptState::Voided),
            PaymentEvent::RefundRequested { refund, amount, .. } => {
                self.refund_failed = false;
                self.refunds.push(PaymentRefund {
                    id: *refund,
                    amount: *amount,
                    state: RefundState::Requested,
                    reason: None,
                });
            }
            PaymentEvent::PaymentRefunded { refund, .. } => self.refund(*refund, RefundState::Refunded, None),
            PaymentEvent::RefundFailed { refund, reason } => {
                self.refund_failed = true;
                self.refund(*refund, RefundState::Failed, Some(reason.clone()));
            }
        }
    }

    fn attempt(&mut self, id: AttemptId, state: AttemptState) {
        if let Some(attempt) = self.attempts.iter_mut().find(|attempt| attempt.id == id) {
            attempt.state = state;
            attempt.reason = None;
        }
    }

    fn refund(&mut self, id: RefundId, state: RefundState, reason: Option<String>) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.id == id) {
            refund.state = state;
            refund.reason = reason;
        }
    }

    /// As the document of an order in `currency` shows it.
    pub fn shown(&self, currency: Currency, order_is_cancelled: bool) -> OrderPayment {
        let refunded = self
            .refunds
            .iter()
            .filter(|refund| refund.state == RefundState::Refunded)
            .fold(0_i64, |sum, refund| sum.saturating_add(refund.amount.minor));
        OrderPayment {
            state: self.state(refunded, order_is_cancelled),
            attempts: self.attempts.clone(),
            captured: self.captured,
            refunded: Money::new(refunded, currency),
            refunds: self.refunds.clone(),
        }
    }

    fn state(&self, refunded: i64, order_is_cancelled: bool) -> PaymentState {
        let has_attempt = |states: &[AttemptState]| {
            self.attempts
                .iter()
                .any(|attempt| states.contains(&attempt.state))
        };
        match self.captured {
            Some(captured) if refunded >= captured.minor => PaymentState::Refunded,
            Some(_) if self.refund_failed => PaymentState::RefundFailed,
            Some(_) if refunded > 0 => PaymentState::PartiallyRefunded,
            Some(_) => PaymentState::Paid,
            None if !self.requested => PaymentState::None,
            None if order_is_cancelled => PaymentState::Voided,
            None if has_attempt(&[AttemptState::ActionRequired]) => PaymentState::ActionRequired,
            None if has_attempt(&[AttemptState::Started, AttemptState::Capturing]) => PaymentState::Checking,
            None => PaymentState::Awaiting,
        }
    }
}

impl OrderPayment {
    pub(super) fn none(currency: Currency) -> Self {
        Payment::default().shown(currency, false)
    }
}
