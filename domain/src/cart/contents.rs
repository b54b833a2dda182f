//! What is in a cart: one line a product, in the order in which they were first added.

use serde::{Deserialize, Serialize};

use super::CartEvent;
use crate::ids::{Code, OwnerId, Sku};
use crate::money::{Currency, Money};

/// What is in a cart, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    pub owner: OwnerId,
    pub currency: Currency,
    pub lines: Vec<Line>,
    pub code: Option<Code>,
}

/// One product in a cart. The price is the one at which it was first added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub sku: Sku,
    pub quantity: u32,
    pub unit_price: Money,
}

/// What of a guest's cart did not fit into the account's: the line is full, the cart is, or it is in another currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    pub sku: Sku,
    pub quantity: u32,
}

impl Contents {
    pub fn line(&self, sku: &Sku) -> Option<&Line> {
        self.lines.iter().find(|line| line.sku == *sku)
    }

    pub(super) fn evolve(&mut self, event: &CartEvent) {
        let lines = &mut self.lines;
        match event {
            CartEvent::ItemAdded {
                sku,
                unit_price,
                line_quantity,
                ..
            } => match lines.iter_mut().find(|line| line.sku == *sku) {
                Some(line) => line.quantity = *line_quantity,
                None => {
                    lines.push(Line {
                        sku: sku.clone(),
                        quantity: *line_quantity,
                        unit_price: *unit_price,
                    });
                }
            },
            CartEvent::QuantityChanged { sku, quantity, .. } => {
                if let Some(line) = lines.iter_mut().find(|line| line.sku == *sku) {
                    line.quantity = *quantity;
                }
            }
            CartEvent::ItemRemoved { sku, .. } => lines.retain(|line| line.sku != *sku),
            CartEvent::CartCleared { .. } => lines.clear(),
            CartEvent::DiscountApplied { code } => self.code = Some(code.clone()),
            CartEvent::DiscountRemoved { .. } => self.code = None,
            CartEvent::CartOpened { .. }
            | CartEvent::CartCheckedOut { .. }
            | CartEvent::CartReopened {}
            | CartEvent::CartExpired {}
            | CartEvent::CartMerged { .. } => {}
        }
    }
}
