//! How many of a product lie in the warehouse. Reserving comes with checkout.

use serde::{Deserialize, Serialize};

/// The largest quantity of one receipt or adjustment, and of what can lie on hand.
pub const MAX_ON_HAND: i64 = 1_000_000_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockItem {
    /// Units that are there; never below zero.
    pub on_hand: i64,
}

#[derive(Clone, Debug)]
pub enum StockCommand {
    Receive { quantity: i64 },
    Adjust { delta: i64, reason: AdjustmentReason },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentReason {
    Damaged,
    Lost,
    Found,
    Counted,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StockEvent {
    StockReceived { quantity: i64 },
    StockAdjusted { delta: i64, reason: AdjustmentReason },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StockError {
    #[error("the quantity must be between 1 and {MAX_ON_HAND}; it was {wanted}")]
    Quantity { wanted: i64 },
    #[error(
        "an adjustment changes the stock by between 1 and {MAX_ON_HAND} units, up or down; it was {wanted}"
    )]
    Delta { wanted: i64 },
    #[error("there are {on_hand} on hand; {wanted:+} would leave less than none or more than {MAX_ON_HAND}")]
    OutOfBounds { on_hand: i64, wanted: i64 },
}

impl StockError {
    /// Stable, for clients: the last part of the problem's `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Quantity { .. } => "quantity-limit",
            Self::Delta { .. } => "delta-limit",
            Self::OutOfBounds { .. } => "stock-limit",
        }
    }
}

impl StockItem {
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
        }
    }

    fn within_bounds(&self, change: i64) -> Result<(), StockError> {
        if (0..=MAX_ON_HAND).contains(&self.on_hand.saturating_add(change)) {
            return Ok(());
        }
        Err(StockError::OutOfBounds {
            on_hand: self.on_hand,
            wanted: change,
        })
    }

    /// Never fails: what was stored can always be read.
    pub fn evolve(&mut self, event: &StockEvent) {
        let change = match event {
            StockEvent::StockReceived { quantity } => quantity,
            StockEvent::StockAdjusted { delta, .. } => delta,
        };
        self.on_hand = self.on_hand.saturating_add(*change);
    }
}

crate::event::fits_cqrs_es!(
    StockItem,
    StockCommand,
    StockEvent {
        StockReceived,
        StockAdjusted
    },
    StockError
);
