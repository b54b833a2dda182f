//! Giving money back: a part of it, or all, which ends an order that is not sent.

use super::{Affair, Consequences, PayingError, end};
use crate::ids::RefundId;
use crate::money::Money;
use crate::order::{CancelReason, Order, OrderCommand};
use crate::payment::{Payment, PaymentCommand, PaymentError, PaymentEvent};

/// Asks for money to be given back; without an amount, for all that is left. Of an order whose customer asked for a
/// return, that ends the asking. Nothing of an order being sent, and all of its money given back, it ends as if it was cancelled.
///
/// # Errors
/// More than is left of what was captured, or nothing.
pub fn refund(affair: Affair, refund: RefundId, amount: Option<Money>) -> Result<Consequences, PayingError> {
    affair.placement()?;
    let (payment, leaves_nothing) = asked_back(affair.payment, refund, amount)?;
    if leaves_nothing && affair.order.is_unsent() {
        return Ok(Consequences {
            payment,
            ..end(affair, CancelReason::Staff)?
        });
    }
    let order = if payment.is_empty() {
        vec![]
    } else {
        affair.order.decide(OrderCommand::AcceptReturn)?
    };
    Ok(Consequences {
        order,
        payment,
        ..Consequences::default()
    })
}

/// Whether this refund ends the order, so that [`refund`] looks at stock, code and carts. Any other is decided without them.
pub fn refund_ends_order(order: &Order, payment: &Payment, refund: RefundId, amount: Option<Money>) -> bool {
    order.is_unsent() && asked_back(payment, refund, amount).is_ok_and(|(_, leaves_nothing)| leaves_nothing)
}

/// What a refund does to the payment, and whether it leaves nothing of what was captured.
fn asked_back(
    payment: &Payment,
    refund: RefundId,
    amount: Option<Money>,
) -> Result<(Vec<PaymentEvent>, bool), PaymentError> {
    let left = payment.refundable().ok_or(PaymentError::NotCaptured)?;
    let command = match amount {
        None if left.minor > 0 => PaymentCommand::RequestRefundOfRest { refund },
        Some(_) | None => PaymentCommand::RequestRefund {
            refund,
            attempt: None,
            amount: amount.unwrap_or(left),
        },
    };
    let events = payment.decide(command)?;
    let mut after = payment.clone();
    for event in &events {
        after.evolve(event);
    }
    let leaves_nothing = !events.is_empty() && after.is_given_back();
    Ok((events, leaves_nothing))
}
