//! One try to pay, with one payment method. A decline ends the attempt, not the payment.

use serde::{Deserialize, Serialize};

use super::refund::left_of;
use super::{MAX_ATTEMPTS, MethodToken, PaymentError, PaymentEvent, Reason, Reference, Refund};
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

    /// Whether the gateway was asked to take the money: its answer decides then.
    pub(super) const fn is_being_captured(self) -> bool {
        match self {
            Self::Authorized | Self::CaptureRequested => true,
            Self::Started
            | Self::ActionRequired
            | Self::Captured
            | Self::Declined
            | Self::VoidRequested
            | Self::Voided => false,
        }
    }
}

/// Another attempt, unless one of those before may still take the shopper's money.
pub(super) fn start(
    attempts: &[Attempt],
    refunds: &[Refund],
    attempt: AttemptId,
    method: MethodToken,
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
            // What was captured and is on its way back, every unit of it, pays for nothing.
            AttemptState::Captured if left_of(other, refunds).is_none_or(|left| left.minor <= 0) => {}
            AttemptState::Captured => return Err(PaymentError::Paid),
            AttemptState::Started | AttemptState::Authorized | AttemptState::CaptureRequested => {
                return Err(PaymentError::InProgress);
            }
            // Left at the bank's page for another card: whatever it may still hold is given back.
            AttemptState::ActionRequired => events.push(PaymentEvent::VoidRequested { attempt: other.id }),
            AttemptState::Declined | AttemptState::VoidRequested | AttemptState::Voided => {}
        }
    }
    events.push(PaymentEvent::AttemptStarted {
        attempt,
        method: method.into(),
    });
    Ok(events)
}

/// What the gateway says of an attempt. What is said late or twice changes nothing, but that money was taken.
impl Attempt {
    pub(super) fn require_action(&self, reference: Reference) -> Vec<PaymentEvent> {
        let (attempt, reference) = (self.id, reference.into());
        match self.state {
            AttemptState::Started => vec![PaymentEvent::ActionRequired { attempt, reference }],
            AttemptState::ActionRequired
            | AttemptState::Authorized
            | AttemptState::CaptureRequested
            | AttemptState::Captured
            | AttemptState::Declined
            | AttemptState::VoidRequested
            | AttemptState::Voided => vec![],
        }
    }

    pub(super) fn authorize(&self, reference: Reference) -> Vec<PaymentEvent> {
        let (attempt, reference) = (self.id, reference.into());
        match self.state {
            // From here on the order cannot be cancelled until the capture is known.
            AttemptState::Started | AttemptState::ActionRequired => vec![
                PaymentEvent::PaymentAuthorized { attempt, reference },
                PaymentEvent::CaptureRequested { attempt },
            ],
            AttemptState::Authorized => vec![PaymentEvent::CaptureRequested { attempt }],
            AttemptState::CaptureRequested
            | AttemptState::Captured
            | AttemptState::Declined
            | AttemptState::VoidRequested
            | AttemptState::Voided => vec![],
        }
    }

    pub(super) fn decline(&self, reason: Reason) -> Vec<PaymentEvent> {
        if self.state.is_over() {
            return vec![];
        }
        let (attempt, reason) = (self.id, reason.into());
        vec![PaymentEvent::AttemptDeclined { attempt, reason }]
    }

    /// The gateway knows best, also about what was declined or to be voided.
    pub(super) fn capture(&self, reference: Reference, amount: Money) -> Vec<PaymentEvent> {
        let (attempt, reference) = (self.id, reference.into());
        match self.state {
            AttemptState::Captured => vec![],
            AttemptState::Started
            | AttemptState::ActionRequired
            | AttemptState::Authorized
            | AttemptState::CaptureRequested
            | AttemptState::Declined
            | AttemptState::VoidRequested
            | AttemptState::Voided => vec![PaymentEvent::PaymentCaptured {
                attempt,
                reference,
                amount,
            }],
        }
    }

    pub(super) fn void(&self) -> Vec<PaymentEvent> {
        if self.state.is_over() {
            return vec![];
        }
        vec![PaymentEvent::PaymentVoided { attempt: self.id }]
    }
}

/// Gives back what attempts may hold of which nobody was asked to take the money.
pub(super) fn voids<'a>(attempts: impl IntoIterator<Item = &'a Attempt>) -> Vec<PaymentEvent> {
    attempts
        .into_iter()
        .filter(|attempt| match attempt.state {
            AttemptState::Started | AttemptState::ActionRequired => true,
            AttemptState::Authorized
            | AttemptState::CaptureRequested
            | AttemptState::Captured
            | AttemptState::Declined
            | AttemptState::VoidRequested
            | AttemptState::Voided => false,
        })
        .map(|attempt| PaymentEvent::VoidRequested { attempt: attempt.id })
        .collect()
}

pub(super) fn find(attempts: &[Attempt], id: AttemptId) -> Result<&Attempt, PaymentError> {
    let attempt = attempts.iter().find(|attempt| attempt.id == id);
    attempt.ok_or(PaymentError::UnknownAttempt)
}
