//! What a payment waits for: the payment worker does the first step that is outstanding, and nothing else.

use super::{Attempt, AttemptState, Payment, RefundState};
use crate::ids::{AttemptId, RefundId};
use crate::money::Money;

/// What is to be asked of the gateway next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Authorize {
        attempt: AttemptId,
        method: String,
        amount: Money,
    },
    /// Whether the shopper has confirmed it by now.
    LookUp { attempt: AttemptId, reference: String },
    Capture {
        attempt: AttemptId,
        reference: String,
        amount: Money,
    },
    /// Without a reference nobody knows whether there is anything to void.
    Void {
        attempt: AttemptId,
        reference: Option<String>,
        method: String,
        amount: Money,
    },
    Refund {
        refund: RefundId,
        reference: String,
        amount: Money,
    },
}

impl Payment {
    /// What is to be asked of the gateway now, oldest first.
    pub fn outstanding(&self) -> Vec<Step> {
        let Self::Requested {
            amount,
            attempts,
            refunds,
            ..
        } = self
        else {
            return vec![];
        };
        let steps = attempts.iter().filter_map(|attempt| step_of(attempt, *amount));
        let refunds = refunds.iter().filter_map(|refund| {
            let attempt = attempts.iter().find(|attempt| attempt.id == refund.attempt)?;
            match refund.state {
                RefundState::Requested => Some(Step::Refund {
                    refund: refund.id,
                    reference: attempt.reference.clone()?,
                    amount: refund.amount,
                }),
                RefundState::Refunded | RefundState::Failed => None,
            }
        });
        steps.chain(refunds).collect()
    }
}

fn step_of(attempt: &Attempt, amount: Money) -> Option<Step> {
    let id = attempt.id;
    match attempt.state {
        AttemptState::Started => Some(Step::Authorize {
            attempt: id,
            method: attempt.method.clone(),
            amount,
        }),
        AttemptState::ActionRequired => Some(Step::LookUp {
            attempt: id,
            reference: attempt.reference.clone()?,
        }),
        AttemptState::CaptureRequested => Some(Step::Capture {
            attempt: id,
            reference: attempt.reference.clone()?,
            amount,
        }),
        AttemptState::VoidRequested => Some(Step::Void {
            attempt: id,
            reference: attempt.reference.clone(),
            method: attempt.method.clone(),
            amount,
        }),
        // `Authorized` is never the last: the capture is requested with it.
        AttemptState::Authorized | AttemptState::Captured | AttemptState::Declined | AttemptState::Voided => {
            None
        }
    }
}
