//! Money on its way back. A refund that failed counts as never made.

use serde::{Deserialize, Serialize};

use super::{Attempt, PaymentError};
use crate::ids::{AttemptId, RefundId};
use crate::money::Money;

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

pub(super) fn find_refund(refunds: &[Refund], id: RefundId) -> Result<&Refund, PaymentError> {
    let refund = refunds.iter().find(|refund| refund.id == id);
    refund.ok_or(PaymentError::UnknownRefund)
}

pub(super) fn settle(refunds: &mut [Refund], id: RefundId, state: RefundState) {
    if let Some(refund) = refunds.iter_mut().find(|refund| refund.id == id) {
        refund.state = state;
    }
}
