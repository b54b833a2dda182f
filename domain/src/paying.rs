//! Decisions in which an order and its payment take part, and what depends on them: stock, discount code, cart.
//!
//! What the shopper and the payment gateway do to an order ends in one of two states: paid and confirmed, or no charge.

mod refunding;

use crate::cart::{Cart, CartCommand, CartError, CartEvent};
use crate::cart_owner::{CartOwner, CartOwnerCommand, CartOwnerEvent};
use crate::discount_code::{CodeCustomerEvent, CodeUse, DiscountCodeError, DiscountCodeEvent};
use crate::ids::{AttemptId, OrderId, OwnerId, RefundId, Sku};
use crate::money::Money;
use crate::order::{CancelReason, Order, OrderCommand, OrderError, OrderEvent, Placement, Status};
use crate::payment::{MethodToken, Payment, PaymentCommand, PaymentError, PaymentEvent, Reason, Reference};
use crate::stock::{AdjustmentReason, MAX_ON_HAND, StockCommand, StockError, StockEvent, StockItem};

pub use refunding::{refund, refund_ends_order};

/// Everything that depends on one order. `stock` are the order's lines in their order.
#[derive(Clone, Copy)]
pub struct Affair<'a> {
    pub id: OrderId,
    pub order: &'a Order,
    pub payment: &'a Payment,
    pub stock: &'a [&'a StockItem],
    /// With what the order's customer, and their address, used it for.
    pub code: CodeUse<'a>,
    pub cart: &'a Cart,
    pub cart_owner: &'a CartOwner,
    /// The state of the cart that `cart_owner` names.
    pub current_cart: &'a Cart,
}

/// What is stored of a decision, by aggregate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consequences {
    pub order: Vec<OrderEvent>,
    pub payment: Vec<PaymentEvent>,
    pub stock: Vec<(Sku, Vec<StockEvent>)>,
    pub code: Vec<DiscountCodeEvent>,
    pub code_customer: Vec<CodeCustomerEvent>,
    /// In the stream of the address that was recorded with the order.
    pub code_address: Vec<CodeCustomerEvent>,
    pub cart: Vec<CartEvent>,
    pub cart_owner: Vec<CartOwnerEvent>,
}

/// What a gateway said about something that it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    ActionRequired {
        attempt: AttemptId,
        reference: Reference,
    },
    Authorized {
        attempt: AttemptId,
        reference: Reference,
    },
    /// The shopper may try again. Also an authorisation that ran out before it was captured.
    Declined {
        attempt: AttemptId,
        reason: Reason,
    },
    /// `refund` is for money that no order stands for: taken after it was cancelled, or the wrong amount.
    Captured {
        attempt: AttemptId,
        reference: Reference,
        amount: Money,
        refund: RefundId,
    },
    Voided {
        attempt: AttemptId,
    },
    Refunded {
        refund: RefundId,
    },
    RefundFailed {
        refund: RefundId,
        reason: Reason,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayingError {
    #[error(transparent)]
    Order(#[from] OrderError),
    #[error(transparent)]
    Payment(#[from] PaymentError),
    #[error(transparent)]
    Stock(#[from] StockError),
    #[error(transparent)]
    DiscountCode(#[from] DiscountCodeError),
    #[error(transparent)]
    Cart(#[from] CartError),
}

impl PayingError {
    /// Stable, for clients: the last part of the problem's `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Order(error) => error.code(),
            Self::Payment(error) => error.code(),
            Self::Stock(error) => error.code(),
            Self::DiscountCode(error) => error.code(),
            Self::Cart(error) => error.code(),
        }
    }
}

impl Affair<'_> {
    fn placement(&self) -> Result<(&Placement, Status), PayingError> {
        match self.order {
            Order::Unplaced => Err(OrderError::NotFound.into()),
            Order::Placed {
                placement, status, ..
            } => Ok((placement, *status)),
        }
    }

    /// A decision on the stock of every line, of which so many were ordered.
    fn on_stock(
        &self,
        decide: impl Fn(&StockItem, i64) -> Result<Vec<StockEvent>, StockError>,
    ) -> Result<Vec<(Sku, Vec<StockEvent>)>, PayingError> {
        let (placement, _) = self.placement()?;
        assert_eq!(
            placement.lines.len(),
            self.stock.len(),
            "every line has its stock"
        );
        let mut decided = Vec::with_capacity(placement.lines.len());
        for (line, item) in placement.lines.iter().zip(self.stock) {
            decided.push((line.sku.clone(), decide(item, i64::from(line.quantity))?));
        }
        Ok(decided)
    }

    /// Gives the cart back, as its owner's current one where they have not begun to fill another.
    fn reopened_cart(
        &self,
        placement: &Placement,
    ) -> Result<(Vec<CartEvent>, Vec<CartOwnerEvent>), PayingError> {
        let cart = self.cart.decide(CartCommand::Reopen { order: self.id })?;
        let has_another = matches!(self.current_cart, Cart::Open(contents) if !contents.lines.is_empty());
        if cart.is_empty() || has_another {
            return Ok((cart, vec![]));
        }
        let named = CartOwnerCommand::NameCurrentCart { cart: placement.cart };
        let Ok(owner) = self.cart_owner.decide(named);
        Ok((cart, owner))
    }
}

/// Decides on an order, where its payment has only this say: what is paid back is not sent, and is not returned.
///
/// # Errors
/// The rule that says no, with what it says no to.
pub fn on_order(
    order: &Order,
    payment: &Payment,
    command: OrderCommand,
) -> Result<Vec<OrderEvent>, OrderError> {
    let (sends, returns) = (
        matches!(command, OrderCommand::Ship { .. }),
        matches!(command, OrderCommand::RequestReturn { .. }),
    );
    let events = order.decide(command)?;
    if events.is_empty() {
        return Ok(events);
    }
    if sends && payment.is_given_back() {
        return Err(OrderError::Refunded);
    }
    if returns && payment.refundable().is_none_or(|left| left.minor == 0) {
        return Err(OrderError::NothingToGiveBack);
    }
    Ok(events)
}

/// Begins to pay: what is stored here, the payment worker asks the gateway.
///
/// # Errors
/// An order that is not the customer's, or not to be paid; an attempt that is still under way.
pub fn start_attempt(
    affair: Affair,
    by: OwnerId,
    attempt: AttemptId,
    method: MethodToken,
) -> Result<Consequences, PayingError> {
    affair.order.placed_by(by)?;
    match affair.placement()?.1 {
        Status::AwaitingPayment => {}
        Status::Confirmed => return Err(PaymentError::Paid.into()),
        Status::Cancelled => return Err(OrderError::Cancelled.into()),
    }
    let payment = affair
        .payment
        .decide(PaymentCommand::StartAttempt { attempt, method })?;
    Ok(Consequences {
        payment,
        ..Consequences::default()
    })
}

/// Ends an order of which nothing was sent: whatever an attempt may still hold is voided, what was captured is refunded,
/// the code is given back. Unpaid, so are its stock and cart; paid, what it took from the stock lies there again.
///
/// # Errors
/// [`OrderError::Shipped`]; [`PaymentError::InProgress`] while the gateway is asked to take the money.
pub fn cancel(affair: Affair, reason: CancelReason, refund: RefundId) -> Result<Consequences, PayingError> {
    let mut consequences = end(affair, reason)?;
    if consequences.order.is_empty() {
        return Ok(consequences);
    }
    let mut payment = affair.payment.decide(PaymentCommand::RequestVoids)?;
    payment.extend(
        affair
            .payment
            .decide(PaymentCommand::RequestRefundOfRest { refund })?,
    );
    consequences.payment = payment;
    Ok(consequences)
}

/// What is not the payment's when an order ends.
fn end(affair: Affair, reason: CancelReason) -> Result<Consequences, PayingError> {
    let (placement, status) = affair.placement()?;
    let order = affair.order.decide(OrderCommand::Cancel { reason })?;
    if order.is_empty() {
        return Ok(Consequences::default());
    }
    let id = affair.id;
    let code = affair.code.release(id, placement.customer)?;
    let is_unpaid = status == Status::AwaitingPayment;
    let stock = affair.on_stock(|item, quantity| {
        if is_unpaid {
            item.decide(StockCommand::Release { order: id })
        } else {
            returned(item, quantity)
        }
    })?;
    let (cart, cart_owner) = if is_unpaid {
        affair.reopened_cart(placement)?
    } else {
        (vec![], vec![])
    };
    Ok(Consequences {
        order,
        stock,
        code: code.code,
        code_customer: code.customer,
        code_address: code.address,
        cart,
        cart_owner,
        ..Consequences::default()
    })
}

/// Units that were paid and never left lie in the stock again, as many as it can count: whoever is owed money does not wait until it is
/// counted anew.
fn returned(item: &StockItem, quantity: i64) -> Result<Vec<StockEvent>, StockError> {
    let room = MAX_ON_HAND.saturating_sub(item.on_hand);
    let delta = quantity.min(room);
    if delta <= 0 {
        return Ok(vec![]);
    }
    item.decide(StockCommand::Adjust {
        delta,
        reason: AdjustmentReason::Returned,
    })
}

/// Nobody paid in time. Nothing yet, once the gateway was asked to take the money: its answer decides, and should it be
/// no, the order expires when it is looked at again.
///
/// # Errors
/// [`OrderError::NotFound`].
pub fn expire(affair: Affair, refund: RefundId) -> Result<Consequences, PayingError> {
    let (_, status) = affair.placement()?;
    if status != Status::AwaitingPayment || affair.payment.is_being_captured() {
        return Ok(Consequences::default());
    }
    cancel(affair, CancelReason::Expired, refund)
}

/// What follows from what the gateway said. Said twice, it follows once.
///
/// # Errors
/// What the gateway speaks of was never asked for.
pub fn settle(affair: Affair, outcome: Outcome) -> Result<Consequences, PayingError> {
    let command = match outcome {
        Outcome::ActionRequired { attempt, reference } => {
            PaymentCommand::RequireAction { attempt, reference }
        }
        Outcome::Authorized { attempt, reference } => PaymentCommand::Authorize { attempt, reference },
        Outcome::Declined { attempt, reason } => PaymentCommand::DeclineAttempt { attempt, reason },
        Outcome::Voided { attempt } => PaymentCommand::Void { attempt },
        Outcome::Refunded { refund } => PaymentCommand::Refund { refund },
        Outcome::RefundFailed { refund, reason } => PaymentCommand::FailRefund { refund, reason },
        Outcome::Captured {
            attempt,
            reference,
            amount,
            refund,
        } => return captured(affair, attempt, reference, amount, refund),
    };
    Ok(Consequences {
        payment: affair.payment.decide(command)?,
        ..Consequences::default()
    })
}

/// Whether this amount is what the order waits for, so that [`settle`] takes its units from the stock.
pub fn confirms_order(order: &Order, amount: Money) -> bool {
    match order {
        Order::Unplaced => false,
        Order::Placed {
            placement, status, ..
        } => *status == Status::AwaitingPayment && amount == placement.totals.total,
    }
}

/// What was owed confirms the order. Anything else goes back: money for an order that is cancelled or paid already, or
/// another amount than was shown.
fn captured(
    affair: Affair,
    attempt: AttemptId,
    reference: Reference,
    amount: Money,
    refund: RefundId,
) -> Result<Consequences, PayingError> {
    affair.placement()?;
    let mut payment = affair.payment.decide(PaymentCommand::Capture {
        attempt,
        reference,
        amount,
    })?;
    if payment.is_empty() {
        return Ok(Consequences::default());
    }
    if confirms_order(affair.order, amount) {
        let id = affair.id;
        return Ok(Consequences {
            order: affair.order.decide(OrderCommand::Confirm)?,
            payment,
            stock: affair.on_stock(|item, _| item.decide(StockCommand::Commit { order: id }))?,
            ..Consequences::default()
        });
    }
    if amount.minor > 0 {
        let mut after = affair.payment.clone();
        for event in &payment {
            after.evolve(event);
        }
        payment.extend(after.decide(PaymentCommand::RequestRefund {
            refund,
            attempt: Some(attempt),
            amount,
        })?);
    }
    Ok(Consequences {
        payment,
        ..Consequences::default()
    })
}
