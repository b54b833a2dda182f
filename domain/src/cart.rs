//! A cart: lines of products that one shopper means to buy, in one currency.
//!
//! The command loop decides and evolves it, through [`crate::shopping`] where a product takes part.

mod contents;
mod error;

use serde::{Deserialize, Serialize};

use crate::ids::{CartId, Code, OrderId, OwnerId, Sku};
use crate::money::{Currency, Money};

pub use contents::{Contents, LeftOut, Line};
pub use error::CartError;

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
    Open(Contents),
    /// Paid or being paid: nothing in it changes any more. An order that is cancelled unpaid gives it back.
    CheckedOut {
        contents: Contents,
        order: OrderId,
    },
    /// Nobody came back for it. Its owner finds it as it was.
    Expired(Contents),
    /// A guest signed in: what was in it is in the account's cart, except for what did not fit.
    Merged {
        owner: OwnerId,
        into: CartId,
        left_out: Vec<LeftOut>,
    },
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
    /// Whether the code is worth anything is decided with it ([`crate::shopping::apply_code`]).
    ApplyDiscount {
        by: OwnerId,
        code: Code,
    },
    RemoveDiscount {
        by: OwnerId,
    },
    CheckOut {
        by: OwnerId,
        order: OrderId,
    },
    /// Gives the lines of an order back that was never paid.
    Reopen {
        order: OrderId,
    },
    Expire,
    /// What becomes of the account's cart is decided with it ([`crate::merging`]).
    Merge {
        by: OwnerId,
        into: CartId,
        left_out: Vec<LeftOut>,
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
    DiscountApplied {
        code: Code,
    },
    DiscountRemoved {
        code: Code,
    },
    CartCheckedOut {
        order: OrderId,
    },
    /// It is as it was before it was checked out or expired.
    CartReopened {},
    CartExpired {},
    /// Its lines were added to `into`, except for what did not fit there.
    CartMerged {
        into: CartId,
        left_out: Vec<LeftOut>,
    },
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
                Ok(self.opened_by(by)?.line(&sku).map(removed).into_iter().collect())
            }
            CartCommand::Clear { by } => match &*self.opened_by(by)?.lines {
                [] => Ok(vec![]),
                lines => Ok(vec![CartEvent::CartCleared {
                    skus: lines.iter().map(|l| l.sku.clone()).collect(),
                }]),
            },
            CartCommand::ApplyDiscount { by, code } => match &self.opened_by(by)?.code {
                Some(applied) if *applied == code => Ok(vec![]),
                // One code at a time: the new one takes the place of the old.
                Some(_) | None => Ok(vec![CartEvent::DiscountApplied { code }]),
            },
            CartCommand::RemoveDiscount { by } => {
                let removed = |code: &Code| CartEvent::DiscountRemoved { code: code.clone() };
                Ok(self
                    .opened_by(by)?
                    .code
                    .as_ref()
                    .map(removed)
                    .into_iter()
                    .collect())
            }
            CartCommand::CheckOut { by, order } => self.check_out(by, order),
            CartCommand::Reopen { order } => match self {
                Self::CheckedOut { order: its, .. } if *its == order => Ok(vec![CartEvent::CartReopened {}]),
                Self::Unopened
                | Self::Open(_)
                | Self::CheckedOut { .. }
                | Self::Expired(_)
                | Self::Merged { .. } => Ok(vec![]),
            },
            CartCommand::Expire => match self {
                Self::Open(_) => Ok(vec![CartEvent::CartExpired {}]),
                Self::Unopened | Self::CheckedOut { .. } | Self::Expired(_) | Self::Merged { .. } => {
                    Ok(vec![])
                }
            },
            CartCommand::Merge { by, into, left_out } => match self {
                Self::Merged { owner, into: its, .. } if *owner == by && *its == into => Ok(vec![]),
                Self::Unopened
                | Self::Open(_)
                | Self::CheckedOut { .. }
                | Self::Expired(_)
                | Self::Merged { .. } => {
                    self.opened_by(by)?;
                    Ok(vec![CartEvent::CartMerged { into, left_out }])
                }
            },
        }
    }

    fn open(&self, owner: OwnerId, currency: Currency) -> Result<Vec<CartEvent>, CartError> {
        match self {
            Self::Unopened => Ok(vec![CartEvent::CartOpened { owner, currency }]),
            Self::Open(contents) if contents.owner == owner => Ok(vec![]),
            Self::Expired(contents) if contents.owner == owner => Ok(vec![CartEvent::CartReopened {}]),
            Self::CheckedOut { contents, order } if contents.owner == owner => {
                Err(CartError::CheckedOut { order: *order })
            }
            Self::Merged { owner: its, into, .. } if *its == owner => Err(CartError::Merged { into: *into }),
            Self::Open(_) | Self::Expired(_) | Self::CheckedOut { .. } | Self::Merged { .. } => {
                Err(CartError::NotFound)
            }
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
        let contents = self.opened_by(by)?;
        let held = contents.line(&sku).map_or(0, |line| line.quantity);
        let wanted = u64::from(held) + u64::from(quantity);
        if quantity == 0 || wanted > u64::from(MAX_QUANTITY) {
            return Err(CartError::Quantity { sku, wanted });
        }
        if held == 0 && contents.lines.len() >= MAX_LINES {
            return Err(CartError::TooManyLines { sku });
        }
        if contents.currency != unit_price.currency {
            return Err(CartError::OtherCurrency {
                sku,
                cart: contents.currency,
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
        let contents = self.opened_by(by)?;
        if quantity == 0 || quantity > MAX_QUANTITY {
            return Err(CartError::Quantity {
                sku,
                wanted: quantity.into(),
            });
        }
        match contents.line(&sku) {
            None => Err(CartError::NotInCart { sku }),
            Some(line) if line.quantity == quantity => Ok(vec![]),
            Some(line) => Ok(vec![CartEvent::QuantityChanged {
                sku,
                quantity,
                previous: line.quantity,
            }]),
        }
    }

    fn check_out(&self, by: OwnerId, order: OrderId) -> Result<Vec<CartEvent>, CartError> {
        match self {
            Self::CheckedOut { contents, order: its } if contents.owner == by && *its == order => Ok(vec![]),
            Self::Unopened
            | Self::Open(_)
            | Self::CheckedOut { .. }
            | Self::Expired(_)
            | Self::Merged { .. } => match &*self.opened_by(by)?.lines {
                [] => Err(CartError::Empty),
                [_, ..] => Ok(vec![CartEvent::CartCheckedOut { order }]),
            },
        }
    }

    /// What is in it, for its owner alone, as long as it can be changed.
    ///
    /// # Errors
    /// [`CartError::NotFound`] for anybody else; for its owner, what became of it.
    pub fn opened_by(&self, by: OwnerId) -> Result<&Contents, CartError> {
        match self {
            Self::Open(contents) if contents.owner == by => Ok(contents),
            Self::CheckedOut { contents, order } if contents.owner == by => {
                Err(CartError::CheckedOut { order: *order })
            }
            Self::Expired(contents) if contents.owner == by => Err(CartError::Expired),
            Self::Merged { owner, into, .. } if *owner == by => Err(CartError::Merged { into: *into }),
            Self::Unopened
            | Self::Open(_)
            | Self::CheckedOut { .. }
            | Self::Expired(_)
            | Self::Merged { .. } => Err(CartError::NotFound),
        }
    }

    /// Never fails: what was stored can always be read.
    pub fn evolve(&mut self, event: &CartEvent) {
        match event {
            CartEvent::CartOpened { owner, currency } => {
                *self = Self::Open(Contents {
                    owner: *owner,
                    currency: *currency,
                    lines: vec![],
                    code: None,
                });
            }
            CartEvent::CartCheckedOut { order } => self.close(|contents| Self::CheckedOut {
                contents,
                order: *order,
            }),
            CartEvent::CartExpired {} => self.close(Self::Expired),
            CartEvent::CartReopened {} => self.close(Self::Open),
            CartEvent::CartMerged { into, left_out } => self.close(|contents| Self::Merged {
                owner: contents.owner,
                into: *into,
                left_out: left_out.clone(),
            }),
            CartEvent::ItemAdded { .. }
            | CartEvent::QuantityChanged { .. }
            | CartEvent::ItemRemoved { .. }
            | CartEvent::CartCleared { .. }
            | CartEvent::DiscountApplied { .. }
            | CartEvent::DiscountRemoved { .. } => {
                if let Self::Open(contents) = self {
                    contents.evolve(event);
                }
            }
        }
    }

    /// The same contents in another state.
    fn close(&mut self, state: impl FnOnce(Contents) -> Self) {
        *self = match std::mem::take(self) {
            ended @ (Self::Unopened | Self::Merged { .. }) => ended,
            Self::Open(contents) | Self::CheckedOut { contents, .. } | Self::Expired(contents) => {
                state(contents)
            }
        };
    }
}

crate::event::fits_cqrs_es!(
    Cart,
    CartCommand,
    CartEvent {
        CartOpened,
        ItemAdded,
        QuantityChanged,
        ItemRemoved,
        CartCleared,
        DiscountApplied,
        DiscountRemoved,
        CartCheckedOut,
        CartReopened,
        CartExpired,
        CartMerged
    },
    CartError
);
