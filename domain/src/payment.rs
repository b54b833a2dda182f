//! The payment of an order: attempts to pay, the capture, refunds.
//!
//! What is to be asked of a gateway is stored here before it is asked, and [`Payment::outstanding`] says what that is:
//! the payment worker does it and nothing else, however often it is woken. Decided together with the order by
//! [`crate::paying`].

mod attempt;
mod outstanding;
mod refund;
mod words;

use serde::{Deserialize, Serialize};

use crate::ids::{AttemptId, OrderId, RefundId};
use crate::money::{Money, Unpayable};

pub use attempt::{Attempt, AttemptState};
pub use outstanding::Step;
pub use refund::{MAX_REFUNDS, Refund, RefundState};
pub use words::{MAX_GATEWAY_TEXT, METHOD_RULE, MethodToken, REFERENCE_RULE, Reason, Reference, reason};

/// How many attempts a payment takes: each costs the shop a request to the gateway.
pub const MAX_ATTEMPTS: usize = 20;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payment {
    #[default]
    Unrequested,
    Requested {
        order: OrderId,
        amount: Money,
        attempts: Vec<Attempt>,
        refunds: Vec<Refund>,
    },
}

#[derive(Clone, Debug)]
pub enum PaymentCommand {
    Request {
        order: OrderId,
        amount: Money,
    },
    StartAttempt {
        attempt: AttemptId,
        method: MethodToken,
    },
    RequireAction {
        attempt: AttemptId,
        reference: Reference,
    },
    Authorize {
        attempt: AttemptId,
        reference: Reference,
    },
    DeclineAttempt {
        attempt: AttemptId,
        reason: Reason,
    },
    Capture {
        attempt: AttemptId,
        reference: Reference,
        amount: Money,
    },
    /// Of every attempt that may hold the shopper's money. Refused once the gateway was asked to take it.
    RequestVoids,
    Void {
        attempt: AttemptId,
    },
    RequestRefund {
        refund: RefundId,
        attempt: Option<AttemptId>,
        amount: Money,
    },
    /// Of everything that was captured and is not on its way back. Nothing where there is nothing.
    RequestRefundOfRest {
        refund: RefundId,
    },
    Refund {
        refund: RefundId,
    },
    FailRefund {
        refund: RefundId,
        reason: Reason,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PaymentEvent {
    PaymentRequested {
        order: OrderId,
        amount: Money,
    },
    AttemptStarted {
        attempt: AttemptId,
        method: String,
    },
    ActionRequired {
        attempt: AttemptId,
        reference: String,
    },
    PaymentAuthorized {
        attempt: AttemptId,
        reference: String,
    },
    AttemptDeclined {
        attempt: AttemptId,
        reason: String,
    },
    CaptureRequested {
        attempt: AttemptId,
    },
    PaymentCaptured {
        attempt: AttemptId,
        reference: String,
        amount: Money,
    },
    VoidRequested {
        attempt: AttemptId,
    },
    PaymentVoided {
        attempt: AttemptId,
    },
    RefundRequested {
        refund: RefundId,
        attempt: AttemptId,
        amount: Money,
    },
    PaymentRefunded {
        refund: RefundId,
        amount: Money,
    },
    RefundFailed {
        refund: RefundId,
        reason: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaymentError {
    #[error("there is no such payment")]
    NotFound,
    #[error("the order is paid already")]
    Paid,
    #[error("a payment is being checked; wait for its outcome")]
    InProgress,
    #[error("there were {MAX_ATTEMPTS} attempts to pay; place the order again")]
    TooManyAttempts,
    #[error("there were {MAX_REFUNDS} refunds; a payment takes no more")]
    TooManyRefunds,
    #[error("there is no such attempt")]
    UnknownAttempt,
    #[error("there is no such refund")]
    UnknownRefund,
    #[error("nothing was captured, so nothing can be refunded")]
    NotCaptured,
    #[error("a refund is between 1 minor unit and the {left} that are left; it was {wanted}")]
    RefundAmount { wanted: Money, left: Money },
    #[error("{wanted} cannot be given back: {why}")]
    RefundStep { wanted: Money, why: Unpayable },
}

impl PaymentError {
    /// Stable, for clients: the last part of the problem's `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "payment-not-found",
            Self::Paid => "already-paid",
            Self::InProgress => "payment-in-progress",
            Self::TooManyAttempts => "attempt-limit",
            Self::TooManyRefunds => "refund-limit",
            Self::UnknownAttempt => "unknown-attempt",
            Self::UnknownRefund => "unknown-refund",
            Self::NotCaptured => "not-captured",
            Self::RefundAmount { .. } | Self::RefundStep { .. } => "refund-amount",
        }
    }
}

impl Payment {
    /// # Errors
    /// The rule that says no, with what it says no to.
    pub fn decide(&self, command: PaymentCommand) -> Result<Vec<PaymentEvent>, PaymentError> {
        let Self::Requested {
            amount: owed,
            attempts,
            refunds,
            ..
        } = self
        else {
            return match command {
                PaymentCommand::Request { order, amount } => {
                    Ok(vec![PaymentEvent::PaymentRequested { order, amount }])
                }
                // An order that cost nothing is cancelled like any other.
                PaymentCommand::RequestVoids | PaymentCommand::RequestRefundOfRest { .. } => Ok(vec![]),
                PaymentCommand::StartAttempt { .. }
                | PaymentCommand::RequireAction { .. }
                | PaymentCommand::Authorize { .. }
                | PaymentCommand::DeclineAttempt { .. }
                | PaymentCommand::Capture { .. }
                | PaymentCommand::Void { .. }
                | PaymentCommand::RequestRefund { .. }
                | PaymentCommand::Refund { .. }
                | PaymentCommand::FailRefund { .. } => Err(PaymentError::NotFound),
            };
        };
        match command {
            PaymentCommand::Request { .. } => Ok(vec![]),
            PaymentCommand::StartAttempt { attempt, method } => {
                attempt::start(attempts, refunds, attempt, method)
            }
            PaymentCommand::RequireAction { attempt, reference } => {
                Ok(attempt::find(attempts, attempt)?.require_action(reference))
            }
            PaymentCommand::Authorize { attempt, reference } => {
                Ok(attempt::find(attempts, attempt)?.authorize(reference))
            }
            PaymentCommand::DeclineAttempt { attempt, reason } => {
                Ok(attempt::find(attempts, attempt)?.decline(reason))
            }
            PaymentCommand::Capture {
                attempt,
                reference,
                amount,
            } => {
                let mut events = attempt::find(attempts, attempt)?.capture(reference, amount);
                // It is paid: nobody is to be charged by another attempt.
                if !events.is_empty() && amount == *owed {
                    events.extend(attempt::voids(
                        attempts.iter().filter(|other| other.id != attempt),
                    ));
                }
                Ok(events)
            }
            PaymentCommand::RequestVoids if self.is_being_captured() => Err(PaymentError::InProgress),
            PaymentCommand::RequestVoids => Ok(attempt::voids(attempts)),
            PaymentCommand::Void { attempt } => Ok(attempt::find(attempts, attempt)?.void()),
            PaymentCommand::RequestRefund {
                refund,
                attempt,
                amount,
            } => self.request_refund(refund, attempt, amount),
            PaymentCommand::RequestRefundOfRest { refund } => {
                Ok(refund::request_of_rest(attempts, refunds, refund))
            }
            PaymentCommand::Refund { refund } => Ok(refund::find(refunds, refund)?.succeed()),
            PaymentCommand::FailRefund { refund, reason } => Ok(refund::find(refunds, refund)?.fail(reason)),
        }
    }

    /// Whether what was decided gives the order more time. The first attempt to pay does, and no later one: who tries cards for ever would
    /// hold the stock for ever.
    pub fn gives_more_time(&self, decided: &[PaymentEvent]) -> bool {
        let is_first = match self {
            Self::Unrequested => true,
            Self::Requested { attempts, .. } => attempts.is_empty(),
        };
        is_first
            && decided
                .iter()
                .any(|event| matches!(event, PaymentEvent::AttemptStarted { .. }))
    }

    /// Whether the gateway was asked to take the money, so that the order has to wait for its answer.
    pub fn is_being_captured(&self) -> bool {
        let Self::Requested { attempts, .. } = self else {
            return false;
        };
        attempts.iter().any(|attempt| attempt.state.is_being_captured())
    }

    /// Never fails: what was stored can always be read.
    pub fn evolve(&mut self, event: &PaymentEvent) {
        if let PaymentEvent::PaymentRequested { order, amount } = event {
            *self = Self::Requested {
                order: *order,
                amount: *amount,
                attempts: vec![],
                refunds: vec![],
            };
            return;
        }
        let Self::Requested {
            attempts, refunds, ..
        } = self
        else {
            return;
        };
        let mut moved = |id: &AttemptId, state: AttemptState, reference: Option<&String>| {
            if let Some(attempt) = attempts.iter_mut().find(|attempt| attempt.id == *id) {
                attempt.state = state;
                if let Some(reference) = reference {
                    attempt.reference = Some(reference.clone());
                }
            }
        };
        match event {
            PaymentEvent::PaymentRequested { .. } => {}
            PaymentEvent::AttemptStarted { attempt, method } => attempts.push(Attempt {
                id: *attempt,
                method: method.clone(),
                reference: None,
                state: AttemptState::Started,
                captured: None,
            }),
            PaymentEvent::ActionRequired { attempt, reference } => {
                moved(attempt, AttemptState::ActionRequired, Some(reference));
            }
            PaymentEvent::PaymentAuthorized { attempt, reference } => {
                moved(attempt, AttemptState::Authorized, Some(reference));
            }
            PaymentEvent::AttemptDeclined { attempt, .. } => moved(attempt, AttemptState::Declined, None),
            PaymentEvent::CaptureRequested { attempt } => {
                moved(attempt, AttemptState::CaptureRequested, None);
            }
            PaymentEvent::PaymentCaptured {
                attempt,
                reference,
                amount,
            } => {
                moved(attempt, AttemptState::Captured, Some(reference));
                if let Some(attempt) = attempts.iter_mut().find(|known| known.id == *attempt) {
                    attempt.captured = Some(*amount);
                }
            }
            PaymentEvent::VoidRequested { attempt } => moved(attempt, AttemptState::VoidRequested, None),
            PaymentEvent::PaymentVoided { attempt } => moved(attempt, AttemptState::Voided, None),
            PaymentEvent::RefundRequested {
                refund,
                attempt,
                amount,
            } => refunds.push(Refund {
                id: *refund,
                attempt: *attempt,
                amount: *amount,
                state: RefundState::Requested,
            }),
            PaymentEvent::PaymentRefunded { refund, .. } => {
                refund::settle(refunds, *refund, RefundState::Refunded);
            }
            PaymentEvent::RefundFailed { refund, .. } => {
                refund::settle(refunds, *refund, RefundState::Failed);
            }
        }
    }
}

crate::event::fits_cqrs_es!(
    Payment,
    PaymentCommand,
    PaymentEvent {
        PaymentRequested,
        AttemptStarted,
        ActionRequired,
        PaymentAuthorized,
        AttemptDeclined,
        CaptureRequested,
        PaymentCaptured,
        VoidRequested,
        PaymentVoided,
        RefundRequested,
        PaymentRefunded,
        RefundFailed
    },
    PaymentError
);
