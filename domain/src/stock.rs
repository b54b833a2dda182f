//! How many of a product lie in the warehouse, and how many of those are promised to orders that are being paid.
//!
//! Checking out reserves, a captured payment commits, everything else that ends an order releases.

use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

use crate::ids::OrderId;

/// The largest quantity of one receipt or adjustment, and of what can lie on hand.
pub const MAX_ON_HAND: i64 = 1_000_000_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockItem {
    /// Units that are there; never below what is reserved, and so never below zero.
    pub on_hand: i64,
    /// Units of these that are promised; the sum of `reservations`.
    pub reserved: i64,
    /// What is promised to whom. One that ended is forgotten, so there are as many as orders that are being paid. Copies share
    /// what they have in common: a product that everybody wants is copied by every turn.
    pub reservations: RedBlackTreeMapSync<OrderId, i64>,
}

#[derive(Clone, Debug)]
pub enum StockCommand {
    Receive { quantity: i64 },
    Adjust { delta: i64, reason: AdjustmentReason },
    Reserve { order: OrderId, quantity: i64 },
    Release { order: OrderId },
    Commit { order: OrderId },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentReason {
    Damaged,
    Lost,
    Found,
    Counted,
    /// An order that was paid and never left the warehouse.
    Returned,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StockEvent {
    StockReceived { quantity: i64 },
    StockAdjusted { delta: i64, reason: AdjustmentReason },
    StockReserved { order: OrderId, quantity: i64 },
    ReservationReleased { order: OrderId, quantity: i64 },
    ReservationCommitted { order: OrderId, quantity: i64 },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StockError {
    #[error("the quantity must be between 1 and {MAX_ON_HAND}; it was {wanted}")]
    Quantity { wanted: i64 },
    #[error(
        "an adjustment changes the stock by between 1 and {MAX_ON_HAND} units, up or down; it was {wanted}"
    )]
    Delta { wanted: i64 },
    #[error(
        "there are {on_hand} on hand, {reserved} of them reserved; {wanted:+} would leave fewer than are reserved \
         or more than {MAX_ON_HAND}"
    )]
    OutOfBounds {
        on_hand: i64,
        reserved: i64,
        wanted: i64,
    },
    #[error("{wanted} are wanted and {available} can be had")]
    OutOfStock { wanted: i64, available: i64 },
}

impl StockError {
    /// Stable, for clients: the last part of the problem's `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Quantity { .. } => "quantity-limit",
            Self::Delta { .. } => "delta-limit",
            Self::OutOfBounds { .. } => "stock-limit",
            Self::OutOfStock { .. } => "out-of-stock",
        }
    }
}

impl StockEvent {
    /// By how much the event changes what is on hand, and what of it is reserved.
    pub const fn changes(&self) -> (i64, i64) {
        match self {
            Self::StockReceived { quantity } => (*quantity, 0),
            Self::StockAdjusted { delta, .. } => (*delta, 0),
            Self::StockReserved { quantity, .. } => (0, *quantity),
            Self::ReservationReleased { quantity, .. } => (0, quantity.saturating_neg()),
            Self::ReservationCommitted { quantity, .. } => {
                (quantity.saturating_neg(), quantity.saturating_neg())
            }
        }
    }
}

impl StockItem {
    /// Units that can still be promised.
    pub const fn available(&self) -> i64 {
        self.on_hand.saturating_sub(self.reserved)
    }

    /// # Errors
    /// The rule that says no, with what it says no to.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a command is used up by being decided, as with every other aggregate"
    )]
    pub fn decide(&self, command: StockCommand) -> Result<Vec<StockEvent>, StockError> {
        match command {
            StockCommand::Receive { quantity } => {
                if !(1..=MAX_ON_HAND).contains(&quantity) {
                    return Err(StockError::Quantity { wanted: quantity });
                }
                self.within_bounds(quantity)?;
                Ok(vec![StockEvent::StockReceived { quantity }])
            }
            StockCommand::Adjust { delta, reason } => {
                if delta == 0 || !(-MAX_ON_HAND..=MAX_ON_HAND).contains(&delta) {
                    return Err(StockError::Delta { wanted: delta });
                }
                self.within_bounds(delta)?;
                Ok(vec![StockEvent::StockAdjusted { delta, reason }])
            }
            StockCommand::Reserve { order, .. } if self.reservations.contains_key(&order) => Ok(vec![]),
            StockCommand::Reserve { order, quantity } => {
                if !(1..=MAX_ON_HAND).contains(&quantity) {
                    return Err(StockError::Quantity { wanted: quantity });
                }
                if quantity > self.available() {
                    return Err(StockError::OutOfStock {
                        wanted: quantity,
                        available: self.available(),
                    });
                }
                Ok(vec![StockEvent::StockReserved { order, quantity }])
            }
            StockCommand::Release { order } => Ok(self
                .reservation(order)
                .map(|quantity| StockEvent::ReservationReleased { order, quantity })
                .into_iter()
                .collect()),
            StockCommand::Commit { order } => Ok(self
                .reservation(order)
                .map(|quantity| StockEvent::ReservationCommitted { order, quantity })
                .into_iter()
                .collect()),
        }
    }

    fn reservation(&self, order: OrderId) -> Option<i64> {
        self.reservations.get(&order).copied()
    }

    fn within_bounds(&self, change: i64) -> Result<(), StockError> {
        if (self.reserved..=MAX_ON_HAND).contains(&self.on_hand.saturating_add(change)) {
            return Ok(());
        }
        Err(StockError::OutOfBounds {
            on_hand: self.on_hand,
            reserved: self.reserved,
            wanted: change,
        })
    }

    /// Never fails: what was stored can always be read.
    pub fn evolve(&mut self, event: &StockEvent) {
        let (on_hand, reserved) = event.changes();
        self.on_hand = self.on_hand.saturating_add(on_hand);
        self.reserved = self.reserved.saturating_add(reserved);
        match event {
            StockEvent::StockReceived { .. } | StockEvent::StockAdjusted { .. } => {}
            StockEvent::StockReserved { order, quantity } => {
                self.reservations.insert_mut(*order, *quantity);
            }
            StockEvent::ReservationReleased { order, .. }
            | StockEvent::ReservationCommitted { order, .. } => {
                self.reservations.remove_mut(order);
            }
        }
    }
}

crate::event::fits_cqrs_es!(
    StockItem,
    StockCommand,
    StockEvent {
        StockReceived,
        StockAdjusted,
        StockReserved,
        ReservationReleased,
        ReservationCommitted
    },
    StockError
);
