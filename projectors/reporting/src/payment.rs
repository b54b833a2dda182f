//! A row of `reporting.payments`.

use domain::payment::PaymentEvent;
use domain::{AttemptId, RefundId};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// The columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, Serialize, FromRow)]
pub struct PaymentRow {
    pub order_id: Uuid,
    pub amount_minor: i64,
    pub currency: String,
    pub state: String,
    #[serde(with = "time::serde::rfc3339")]
    pub requested_at: OffsetDateTime,
    pub captured_minor: i64,
    #[serde(with = "time::serde::rfc3339::option")]
    pub captured_at: Option<OffsetDateTime>,
    pub refunded_minor: i64,
    pub refund_failed: bool,
    pub attempts: i32,
    pub declined: i32,
    pub last_decline_reason: Option<String>,
    /// Also what the next event is folded from.
    pub attempt_list: Json<Vec<Attempt>>,
    pub refund_list: Json<Vec<Refund>>,
    pub sequence: i64,
}

/// One try to pay. What was paid with and the provider's reference stay in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub id: AttemptId,
    pub state: AttemptState,
    /// Why it was declined.
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub id: RefundId,
    pub amount_minor: i64,
    pub state: RefundState,
    /// Why it failed.
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefundState {
    Requested,
    Refunded,
    Failed,
}

impl PaymentRow {
    /// Before the payment was requested, which is its first event. Never written.
    pub(crate) fn unrequested(order_id: Uuid) -> Self {
        Self {
            order_id,
            amount_minor: 0,
            currency: String::new(),
            state: String::new(),
            requested_at: OffsetDateTime::UNIX_EPOCH,
            captured_minor: 0,
            captured_at: None,
            refunded_minor: 0,
            refund_failed: false,
            attempts: 0,
            declined: 0,
            last_decline_reason: None,
            attempt_list: Json(vec![]),
            refund_list: Json(vec![]),
            sequence: 0,
        }
    }

    pub(crate) fn evolve(&mut self, event: &PaymentEvent, at: OffsetDateTime) {
        match event {
            PaymentEvent::PaymentRequested { amount, .. } => {
                self.amount_minor = amount.minor;
                amount.currency.code().clone_into(&mut self.currency);
                self.requested_at = at;
            }
            PaymentEvent::AttemptStarted { attempt, .. } => {
                self.attempts += 1;
                self.attempt_list.push(Attempt {
                    id: *attempt,
                    state: AttemptState::Started,
                    reason: None,
                });
            }
            PaymentEvent::ActionRequired { attempt, .. } => {
                self.attempt(*attempt, AttemptState::ActionRequired);
            }
            PaymentEvent::PaymentAuthorized { attempt, .. } | PaymentEvent::CaptureRequested { attempt } => {
                self.attempt(*attempt, AttemptState::Capturing);
            }
            PaymentEvent::AttemptDeclined { attempt, reason } => {
                self.declined += 1;
                let reason = storable(reason);
                self.last_decline_reason = Some(reason.clone());
                self.attempt(*attempt, AttemptState::Declined);
                if let Some(attempt) = self.attempt_list.iter_mut().find(|known| known.id == *attempt) {
                    attempt.reason = Some(reason);
                }
            }
            PaymentEvent::PaymentCaptured { attempt, amount, .. } => {
                self.captured_minor = self.captured_minor.saturating_add(amount.minor);
                self.captured_at.get_or_insert(at);
                self.attempt(*attempt, AttemptState::Captured);
            }
            PaymentEvent::VoidRequested { attempt } => self.attempt(*attempt, AttemptState::Voiding),
            PaymentEvent::PaymentVoided { attempt } => self.attempt(*attempt, AttemptState::Voided),
            PaymentEvent::RefundRequested { refund, amount, .. } => {
                self.refund_failed = false;
                self.refund_list.push(Refund {
                    id: *refund,
                    amount_minor: amount.minor,
                    state: RefundState::Requested,
                    reason: None,
                });
            }
            PaymentEvent::PaymentRefunded { refund, .. } => self.refund(*refund, RefundState::Refunded, None),
            PaymentEvent::RefundFailed { refund, reason } => {
                self.refund_failed = true;
                self.refund(*refund, RefundState::Failed, Some(storable(reason)));
            }
        }
        self.refunded_minor = self
            .refund_list
            .iter()
            .filter(|refund| refund.state == RefundState::Refunded)
            .fold(0, |sum, refund| sum.saturating_add(refund.amount_minor));
        self.state().clone_into(&mut self.state);
    }

    /// A reason is why it was declined: one that was captured after all has none.
    fn attempt(&mut self, id: AttemptId, state: AttemptState) {
        if let Some(attempt) = self.attempt_list.iter_mut().find(|attempt| attempt.id == id) {
            attempt.state = state;
            attempt.reason = None;
        }
    }

    fn refund(&mut self, id: RefundId, state: RefundState, reason: Option<String>) {
        if let Some(refund) = self.refund_list.iter_mut().find(|refund| refund.id == id) {
            refund.state = state;
            refund.reason = reason;
        }
    }

    /// As an order's document names it, as far as the payment alone can know.
    fn state(&self) -> &'static str {
        if self.captured_at.is_some() {
            return match self.refunded_minor {
                refunded if refunded >= self.captured_minor => "refunded",
                _ if self.refund_failed => "refund-failed",
                refunded if refunded > 0 => "partially-refunded",
                _ => "paid",
            };
        }
        let any = |state| self.attempt_list.iter().any(|attempt| attempt.state == state);
        if any(AttemptState::ActionRequired) {
            return "action-required";
        }
        if any(AttemptState::Started) || any(AttemptState::Capturing) {
            return "checking";
        }
        match self.attempt_list.last().map(|attempt| attempt.state) {
            Some(AttemptState::Voiding | AttemptState::Voided) => "voided",
            None
            | Some(
                AttemptState::Started
                | AttemptState::ActionRequired
                | AttemptState::Capturing
                | AttemptState::Captured
                | AttemptState::Declined,
            ) => "awaiting",
        }
    }
}

/// A gateway's words as PostgreSQL can store them: an event of an earlier release may hold what no column does.
fn storable(reason: &str) -> String {
    domain::payment::reason(reason).into()
}
