//! Money on its way back. A refund that failed counts as never made.

use serde::{Deserialize, Serialize};

use super::{Attempt, Payment, PaymentError, PaymentEvent, Reason};
use crate::ids::{AttemptId, RefundId};
use crate::money::Money;

/// How many refunds a payment takes.
pub const MAX_REFUNDS: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub id: RefundId,
    pub attempt: AttemptId,
    pub amount: Money,
    pub state: RefundState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefundState {
    Requested,
    Refunded,
    Failed,
}

impl Payment {
    /// Where no attempt is named: of the one of which most is left.
    pub(super) fn request_refund(
        &self,
        refund: RefundId,
        of: Option<AttemptId>,
        amount: Money,
    ) -> Result<Vec<PaymentEvent>, PaymentError> {
        let Self::Requested {
            attempts, refunds, ..
        } = self
        else {
            return Err(PaymentError::NotFound);
        };
        if refunds.iter().any(|known| known.id == refund) {
            return Ok(vec![]);
        }
        // What a gateway took against our will goes back, however many refunds there were.
        if of.is_none() && refunds.len() >= MAX_REFUNDS {
            return Err(PaymentError::TooManyRefunds);
        }
        let Some((attempt, left)) = attempts
            .iter()
            .filter(|attempt| of.is_none_or(|of| of == attempt.id))
            .filter_map(|attempt| Some((attempt.id, left_of(attempt, refunds)?)))
            .max_by_key(|(_, left)| left.minor)
        else {
            return Err(PaymentError::NotCaptured);
        };
        if amount.currency != left.currency || !(1..=left.minor).contains(&amount.minor) {
            return Err(PaymentError::RefundAmount { wanted: amount, left });
        }
        // What is left goes back as it came.
        if of.is_none()
            && amount != left
            && let Err(why) = amount.payable_in_parts()
        {
            return Err(PaymentError::RefundStep { wanted: amount, why });
        }
        Ok(vec![PaymentEvent::RefundRequested {
            refund,
            attempt,
            amount,
        }])
    }

    /// Whether all that was captured went back, or is on its way.
    pub fn is_given_back(&self) -> bool {
        self.refundable().is_some_and(|left| left.minor == 0)
    }

    /// What could still be refunded at once; nothing where nothing was captured.
    pub fn refundable(&self) -> Option<Money> {
        let Self::Requested {
            attempts, refunds, ..
        } = self
        else {
            return None;
        };
        attempts
            .iter()
            .filter_map(|attempt| left_of(attempt, refunds))
            .max_by_key(|left| left.minor)
    }
}

/// One refund for each attempt of which something is left; the first has the id that was given.
pub(super) fn request_of_rest(
    attempts: &[Attempt],
    refunds: &[Refund],
    refund: RefundId,
) -> Vec<PaymentEvent> {
    if refunds.iter().any(|known| known.id == refund) {
        return vec![];
    }
    let mut events = vec![];
    for attempt in attempts {
        let Some(amount) = left_of(attempt, refunds).filter(|left| left.minor > 0) else {
            continue;
        };
        events.push(PaymentEvent::RefundRequested {
            refund: if events.is_empty() {
                refund
            } else {
                refund.of(attempt.id)
            },
            attempt: attempt.id,
            amount,
        });
    }
    events
}

/// What the gateway says of a refund.
impl Refund {
    pub(super) fn succeed(&self) -> Vec<PaymentEvent> {
        let (refund, amount) = (self.id, self.amount);
        match self.state {
            RefundState::Requested => vec![PaymentEvent::PaymentRefunded { refund, amount }],
            RefundState::Refunded | RefundState::Failed => vec![],
        }
    }

    pub(super) fn fail(&self, reason: Reason) -> Vec<PaymentEvent> {
        let (refund, reason) = (self.id, reason.into());
        match self.state {
            // A refund that succeeded can still bounce, days later.
            RefundState::Requested | RefundState::Refunded => {
                vec![PaymentEvent::RefundFailed { refund, reason }]
            }
            RefundState::Failed => vec![],
        }
    }
}

/// What is left of what an attempt captured, less refunds that were made or are under way.
pub(super) fn left_of(attempt: &Attempt, refunds: &[Refund]) -> Option<Money> {
    let captured = attempt.captured?;
    let refunded: i64 = refunds
        .iter()
        .filter(|refund| refund.attempt == attempt.id)
        .map(|refund| match refund.state {
            RefundState::Requested | RefundState::Refunded => refund.amount.minor,
            RefundState::Failed => 0,
        })
        .sum();
    Some(Money::new(
        captured.minor.saturating_sub(refunded),
        captured.currency,
    ))
}

pub(super) fn find(refunds: &[Refund], id: RefundId) -> Result<&Refund, PaymentError> {
    let refund = refunds.iter().find(|refund| refund.id == id);
    refund.ok_or(PaymentError::UnknownRefund)
}

pub(super) fn settle(refunds: &mut [Refund], id: RefundId, state: RefundState) {
    if let Some(refund) = refunds.iter_mut().find(|refund| refund.id == id) {
        refund.state = state;
    }
}
