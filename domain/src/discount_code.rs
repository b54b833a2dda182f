//! A discount code: what it takes off, for whom, how often and until when.
//!
//! Staff create and disable it. A checkout redeems it, and an order that is cancelled gives its redemption back. Who redeemed
//! it is counted, and where they are many, kept in streams of their own ([`customer`]). Which e-mail address was used is in such
//! streams from the beginning, as a keyed hash.

pub mod customer;
mod error;
mod redemptions;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ids::{AddressHash, Code, OrderId, OwnerId};
use crate::money::{Currency, Money};

pub use customer::{CodeCustomer, CodeCustomerEvent, CodeUse, Used};
pub use error::DiscountCodeError;
pub use redemptions::{MAX_KEPT, Redemptions};

/// One event names at most this many redemptions.
pub const MAX_NAMED: usize = 1_000;

/// The code itself is the stream's id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiscountCode {
    #[default]
    Unknown,
    Known {
        terms: Terms,
        enabled: bool,
        redemptions: Redemptions,
    },
}

/// What a code promises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub discount: Discount,
    /// The lines have to be worth at least this, before the discount.
    pub minimum: Option<Money>,
    /// How many orders may use it in all.
    pub limit: Option<u32>,
    /// How many orders of one customer may use it. A customer is known by their session or account, and by the e-mail address of their
    /// orders.
    pub limit_per_customer: Option<u32>,
    /// From this moment on it is worth nothing.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub expires_at: Option<OffsetDateTime>,
}

/// What is taken off the sum of the lines; never more than that sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Discount {
    /// 1 to 100.
    Percent(u32),
    Amount(Money),
}

#[derive(Clone, Debug)]
pub enum DiscountCodeCommand {
    Create {
        terms: Terms,
    },
    Redeem(Redemption),
    Release {
        order: OrderId,
    },
    Disable,
    /// Gives those whose redemptions the code keeps streams of their own.
    Separate {
        orders: Vec<OrderId>,
    },
}

/// One use of a code.
#[derive(Clone, Debug)]
pub struct Redemption {
    pub code: Code,
    pub order: OrderId,
    pub customer: OwnerId,
    /// Of the contact's e-mail address.
    pub address: Option<AddressHash>,
    /// The sum of the lines.
    pub subtotal: Money,
    pub at: OffsetDateTime,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiscountCodeEvent {
    CodeCreated {
        #[serde(flatten)]
        terms: Terms,
    },
    CodeRedeemed {
        order: OrderId,
        customer: OwnerId,
    },
    RedemptionReleased {
        order: OrderId,
        customer: OwnerId,
    },
    CodeDisabled {},
    /// From now on the streams of their customers keep these redemptions, up to [`MAX_NAMED`], and all later ones.
    RedemptionsSeparated {
        orders: Vec<OrderId>,
    },
}

impl DiscountCode {
    /// Decides on a code that keeps its redemptions itself.
    ///
    /// # Errors
    /// The rule that says no, with what it says no to.
    pub fn decide(&self, command: DiscountCodeCommand) -> Result<Vec<DiscountCodeEvent>, DiscountCodeError> {
        CodeUse::from(self).decide(command).map(|used| used.code)
    }

    /// What it takes off lines that are worth `subtotal`, where the code keeps its redemptions itself.
    ///
    /// # Errors
    /// Why it takes off nothing.
    pub fn discount_on(
        &self,
        code: &Code,
        customer: OwnerId,
        subtotal: Money,
        at: OffsetDateTime,
    ) -> Result<Money, DiscountCodeError> {
        CodeUse::from(self).discount_on(code, customer, subtotal, at)
    }

    /// Never fails: what was stored can always be read.
    pub fn evolve(&mut self, event: &DiscountCodeEvent) {
        if let DiscountCodeEvent::CodeCreated { terms } = event {
            *self = Self::Known {
                terms: terms.clone(),
                enabled: true,
                redemptions: Redemptions::default(),
            };
            return;
        }
        let Self::Known {
            enabled, redemptions, ..
        } = self
        else {
            return;
        };
        match event {
            DiscountCodeEvent::CodeCreated { .. } => {}
            DiscountCodeEvent::CodeRedeemed { order, customer } => redemptions.redeem(*order, *customer),
            DiscountCodeEvent::RedemptionReleased { order, .. } => redemptions.release(*order),
            DiscountCodeEvent::RedemptionsSeparated { orders } => redemptions.separate(orders),
            DiscountCodeEvent::CodeDisabled {} => *enabled = false,
        }
    }
}

impl Terms {
    /// The currency that a cart has to have, where the terms name one.
    fn currency(&self) -> Option<Currency> {
        match self.discount {
            Discount::Amount(amount) => Some(amount.currency),
            Discount::Percent(_) => self.minimum.map(|minimum| minimum.currency),
        }
    }

    fn check(&self) -> Result<(), DiscountCodeError> {
        let refuse = |what| Err(DiscountCodeError::Terms { what });
        match self.discount {
            Discount::Percent(percent) if !(1..=100).contains(&percent) => {
                return refuse("a discount in percent is between 1 and 100");
            }
            Discount::Amount(amount) if amount.minor < 1 => {
                return refuse("a discount is at least one minor unit");
            }
            Discount::Amount(amount) if amount.payable_in_parts().is_err() => {
                return refuse(
                    "a discount in a currency of three decimals ends in 0, and none is more than can be paid",
                );
            }
            Discount::Percent(_) | Discount::Amount(_) => {}
        }
        if self.minimum.is_some_and(|minimum| minimum.minor < 1) {
            return refuse("a minimum is at least one minor unit");
        }
        if let (Discount::Amount(amount), Some(minimum)) = (self.discount, self.minimum)
            && amount.currency != minimum.currency
        {
            return refuse("the discount and the minimum are in one currency");
        }
        if self.limit == Some(0) || self.limit_per_customer == Some(0) {
            return refuse("a limit is at least 1");
        }
        Ok(())
    }
}

crate::event::fits_cqrs_es!(
    DiscountCode,
    DiscountCodeCommand,
    DiscountCodeEvent {
        CodeCreated,
        CodeRedeemed,
        RedemptionReleased,
        CodeDisabled,
        RedemptionsSeparated
    },
    DiscountCodeError
);
