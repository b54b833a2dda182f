//! One try to pay, with one payment method. A decline ends the attempt, not the payment.

use serde::{Deserialize, Serialize};

use super::{MAX_ATTEMPTS, PaymentError, PaymentEvent};
use crate::ids::AttemptId;
use crate::money::Money;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub id: AttemptId,
    /// The gateway's token for what is paid with.
    pub method: String,
    /// What the gateway calls the charge, once it said so.
    pub reference: Option<String>,
    pub state: AttemptState,
    /// What was captured: nothing, or the payment's amount; what a gateway captured against our will is what it says.
    pub captured: Option<Money>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttemptState {
    /// To be asked of the gateway; what it said is not stored yet.
    Started,
    /// The shopper has to confirm it with the bank.
    ActionRequired,
    Authorized,
    CaptureRequested,
    Captured,
    Declined,
    VoidRequested,
    Voided,
}

impl AttemptState {
    /// Whether the shopper's money may be held or taken: another attempt could charge twice.
    const fn holds_money(self) -> bool {
        match self {
            Self::Started
            | Self::ActionRequired
            | Self::Authorized
            | Self::CaptureRequested
            | Self::Captured => true,
            Self::Declined | Self::VoidRequested | Self::Voided => false,
        }
    }

    /// Whether the attempt came to an end.
    pub const fn is_over(self) -> bool {
        match self {
            Self::Captured | Self::Declined | Self::Voided => true,
            Self::Started
            | Self::ActionRequired
            | Self::Authorized
            | Self::CaptureRequested
            | Self::VoidRequested => false,
        }
    }
}

pub(super) fn start_attempt(
    attempts: &[Attempt],
    attempt: AttemptId,
    method: String,
) -> Result<Vec<PaymentEvent>, PaymentError> {
    if attempts.iter().any(|known| known.id == attempt) {
        return Ok(vec![]);
    }
    if attempts.len() >= MAX_ATTEMPTS {
        return Err(PaymentError::TooManyAttempts);
    }
    let mut events = vec![];
    for other in attempts {
        match other.state {
            AttemptState::Captured => return Err(PaymentError::Paid),
            AttemptState::Started | AttemptState::Authorized | AttemptState::CaptureRequested => {
                return Err(PaymentError::InProgress);
            }
            // Left at the bank's page for another card: whatever it may still hold is given back.
            AttemptState::ActionRequired => events.push(PaymentEvent::VoidRequested { attempt: other.id }),
            AttemptState::Declined | AttemptState::VoidRequested | AttemptState::Voided => {}
        }
    }
    events.push(PaymentEvent::AttemptStarted { attempt, method });
    Ok(events)
}

pub(super) fn request_voids(attempts: &[Attempt]) -> Result<Vec<PaymentEvent>, PaymentError> {
    let mut events = vec![];
    for attempt in attempts.iter().filter(|attempt| attempt.state.holds_money()) {
        match attempt.state {
            AttemptState::Captured => return Err(PaymentError::Paid),
            AttemptState::Authorized | AttemptState::CaptureRequested => {
                return Err(PaymentError::InProgress);
            }
            AttemptState::Started
            | AttemptState::ActionRequired
            | AttemptState::Declined
            | AttemptState::VoidRequested
            | AttemptState::Voided => events.push(PaymentEvent::VoidRequested { attempt: attempt.id }),
        }
    }
    Ok(events)
}

pub(super) fn find(attempts: &[Attempt], id: AttemptId) -> Result<&Attempt, PaymentError> {
    let attempt = attempts.iter().find(|attempt| attempt.id == id);
    attempt.ok_or(PaymentError::UnknownAttempt)
}
