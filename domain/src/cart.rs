//! A cart: lines of products that one shopper means to buy, in one currency.
//!
//! The command loop decides and evolves it, through [`crate::shopping`] where a product takes part.

use serde::{Deserialize, Serialize};

use crate::ids::{OwnerId, Sku};
use crate::money::{Currency, Money};

/// How many different products a cart takes.
pub const MAX_LINES: usize = 100;
/// How many of one product a cart takes.
pub const MAX_QUANTITY: u32 = 999;
/// How many lines one command may add.
pub const MAX_LINES_PER_COMMAND: usize = 50;

/// What the rules need to know of a cart; names and times are the views' business.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cart {
    #[default]
    Unopened,
    Open {
        owner: OwnerId,
        currency: Currency,
        lines: Vec<Line>,
    },
}

/// One product in a cart. The price is the one at which it was first added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub sku: Sku,
    pub quantity: u32,
    pub unit_price: Money,
}

#[derive(Clone, Debug)]
pub enum CartCommand {
    Open {
        owner: OwnerId,
        currency: Currency,
    },
    AddItem {
        by: OwnerId,
        sku: Sku,
        name: String,
        quantity: u32,
        unit_price: Money,
    },
    SetQuantity {
        by: OwnerId,
        sku: Sku,
        quantity: u32,
    },
    RemoveItem {
        by: OwnerId,
        sku: Sku,
    },
    Clear {
        by: OwnerId,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CartEvent {
    CartOpened {
        owner: OwnerId,
        currency: Currency,
    },
    /// `quantity` were added, `line_quantity` is what the line holds since; they are equal where the line is new.
    ItemAdded {
        sku: Sku,
        name: String,
        quantity: u32,
        unit_price: Money,
        line_quantity: u32,
    },
    QuantityChanged {
        sku: Sku,
        quantity: u32,
        previous: u32,
    },
    ItemRemoved {
        sku: Sku,
        quantity: u32,
    },
    CartCleared {
        skus: Vec<Sku>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CartError {
    /// Also the answer about somebody else's cart: whether it exists is not theirs to know.
    #[error("there is no such cart")]
    NotFound,
    #[error("the quantity must be between 1 and {MAX_QUANTITY}; {sku} would have {wanted}")]
    Quantity { sku: Sku, wanted: u64 },
    #[error("a cart holds at most {MAX_LINES} different products; {sku} would be one more")]
    TooManyLines { sku: Sku },
    #[error("{sku} is not in the cart")]
    NotInCart { sku: Sku },
    #[error("the cart is in {} and {sku} is sold in {}", .cart.code(), .price.code())]
    OtherCurrency {
        sku: Sku,
        cart: Currency,
        price: Currency,
    },
}

impl CartError {
    /// Stable, for clients: the last part of the problem's `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "cart-not-found",
            Self::Quantity { .. } => "quantity-limit",
            Self::TooManyLines { .. } => "line-limit",
            Self::NotInCart { .. } => "not-in-cart",
            Self::OtherCurrency { .. } => "other-currency",
        }
    }
}

impl Cart {
    /// # Errors
    /// The rule that says no, with what it says no to.
    pub fn decide(&self, command: CartCommand) -> Result<Vec<CartEvent>, CartError> {
        match command {
            CartCommand::Open { owner, currency } => self.open(owner, currency),
            CartCommand::AddItem {
                by,
                sku,
                name,
                quantity,
                unit_price,
            } => self.add_item(by, sku, name, quantity, unit_price),
            CartCommand::SetQuantity { by, sku, quantity } => self.set_quantity(by, sku, quantity),
            CartCommand::RemoveItem { by, sku } => {
                // Repeating yourself is not an error.
                let removed = |line: &Line| CartEvent::ItemRemoved {
                    sku: line.sku.clone(),
                    quantity: line.quantity,
                };
                Ok(find(self.lines_of(by)?, &sku).map(removed).into_iter().collect())
            }
            CartCommand::Clear { by } => match self.lines_of(by)? {
                [] => Ok(vec![]),
                lines => Ok(vec![CartEvent::CartCleared {
                    skus: lines.iter().map(|l| l.sku.clone()).collect(),
                }]),
            },
        }
    }

    fn open(&self, owner: OwnerId, currency: Currency) -> Result<Vec<CartEvent>, CartError> {
        match self {
            Self::Unopened => Ok(vec![CartEvent::CartOpened { owner, currency }]),
            Self::Open { owner: current, .. } if *current == owner => Ok(vec![]),
            Self::Open { .. } => Err(CartError::NotFound),
        }
    }

    fn add_item(
        &self,
        by: OwnerId,
        sku: Sku,
        name: String,
        quantity: u32,
        unit_price: Money,
    ) -> Result<Vec<CartEvent>, CartError> {
        let lines = self.lines_of(by)?;
        let held = find(lines, &sku).map_or(0, |line| line.quantity);
        let wanted = u64::from(held) + u64::from(quantity);
        if quantity == 0 || wanted > u64::from(MAX_QUANTITY) {
            return Err(CartError::Quantity { sku, wanted });
        }
        if held == 0 && lines.len() >= MAX_LINES {
            return Err(CartError::TooManyLines { sku });
        }
        if let Self::Open { currency, .. } = self
            && *currency != unit_price.currency
        {
            return Err(CartError::OtherCurrency {
                sku,
                cart: *currency,
                price: unit_price.currency,
            });
        }
        let line_quantity = held + quantity;
        Ok(vec![CartEvent::ItemAdded {
            sku,
            name,
            quantity,
            unit_price,
            line_quantity,
        }])
    }

    fn set_quantity(&self, by: OwnerId, sku: Sku, quantity: u32) -> Result<Vec<CartEvent>, CartError> {
        let lines = self.lines_of(by)?;
        if quantity == 0 || quantity > MAX_QUANTITY {
            return Err(CartError::Quantity {
                sku,
                wanted: quantity.into(),
            });
        }
        match find(lines, &sku) {
            None => Err(CartError::NotInCart { sku }),
            Some(line) if line.quantity == quantity => Ok(vec![]),
            Some(line) => Ok(vec![CartEvent::QuantityChanged {
                sku,
                quantity,
                previous: line.quantity,
            }]),
        }
    }

    /// The lines, for their owner alone.
    fn lines_of(&self, by: OwnerId) -> Result<&[Line], CartError> {
        match self {
            Self::Open { owner, lines, .. } if *owner == by => Ok(lines),
            Self::Unopened | Self::Open { .. } => Err(CartError::NotFound),
        }
    }

    /// Never fails: what was stored can always be read.
    pub fn evolve(&mut self, event: &CartEvent) {
        if let CartEvent::CartOpened { owner, currency } = event {
            *self = Self::Open {
                owner: *owner,
                currency: *currency,
                lines: vec![],
            };
            return;
        }
        let Self::Open { lines, .. } = self else { return };
        match event {
            CartEvent::CartOpened { .. } => {}
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
        }
    }
}

fn find<'a>(lines: &'a [Line], sku: &Sku) -> Option<&'a Line> {
    lines.iter().find(|line| line.sku == *sku)
}

crate::event::fits_cqrs_es!(
    Cart,
    CartCommand,
    CartEvent {
        CartOpened,
        ItemAdded,
        QuantityChanged,
        ItemRemoved,
        CartCleared
    },
    CartError
);
