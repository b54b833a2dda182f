//! A discount code: what it takes off, for whom, how often and until when.
//!
//! Staff create and disable it. A checkout redeems it, and an order that is cancelled gives its redemption back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ids::{Code, OrderId, OwnerId};
use crate::money::{Currency, Money};

/// The code itself is the stream's id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiscountCode {
    #[default]
    Unknown,
    Known {
        terms: Terms,
        enabled: bool,
        /// Who used it for what. One that was released is forgotten.
        redemptions: BTreeMap<OrderId, OwnerId>,
        by_customer: BTreeMap<OwnerId, u32>,
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
    /// How many orders of one customer may use it.
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
    Create { terms: Terms },
    Redeem(Redemption),
    Release { order: OrderId },
    Disable,
}

/// One use of a code.
#[derive(Clone, Debug)]
pub struct Redemption {
    pub code: Code,
    pub order: OrderId,
    pub customer: OwnerId,
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
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiscountCodeError {
    #[error("there is no discount code {code}")]
    Unknown { code: Code },
    #[error("there is a discount code of that name already, with other terms")]
    AlreadyCreated,
    #[error("{what}")]
    Terms { what: &'static str },
    #[error("the discount code {code} is not accepted any more")]
    Disabled { code: Code },
    #[error("the discount code {code} has expired")]
    Expired { code: Code },
    #[error("the discount code {code} is for orders in {}, and the cart is in {}", .its.code(), .cart.code())]
    OtherCurrency {
        code: Code,
        its: Currency,
        cart: Currency,
    },
    #[error("the discount code {code} is for orders of {minimum} and more; this one comes to {subtotal}")]
    BelowMinimum {
        code: Code,
        minimum: Money,
        subtotal: Money,
    },
    #[error("the discount code {code} was used as often as it may be")]
    UsedUp { code: Code },
    #[error("you used the discount code {code} as often as one customer may")]
    UsedUpByCustomer { code: Code },
}

impl DiscountCodeError {
    /// Stable, for clients: the last part of the problem's `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown-code",
            Self::AlreadyCreated => "code-exists",
            Self::Terms { .. } => "code-terms",
            Self::Disabled { .. } => "code-disabled",
            Self::Expired { .. } => "code-expired",
            Self::OtherCurrency { .. } => "other-currency",
            Self::BelowMinimum { .. } => "code-below-minimum",
            Self::UsedUp { .. } => "code-used-up",
            Self::UsedUpByCustomer { .. } => "code-used-by-customer",
        }
    }
}

impl DiscountCode {
    /// # Errors
    /// The rule that says no, with what it says no to.
    pub fn decide(&self, command: DiscountCodeCommand) -> Result<Vec<DiscountCodeEvent>, DiscountCodeError> {
        match (self, command) {
            (Self::Unknown, DiscountCodeCommand::Create { terms }) => {
                terms.check()?;
                Ok(vec![DiscountCodeEvent::CodeCreated { terms }])
            }
            (Self::Known { terms: current, .. }, DiscountCodeCommand::Create { terms }) => {
                if *current == terms {
                    return Ok(vec![]);
                }
                Err(DiscountCodeError::AlreadyCreated)
            }
            (Self::Known { redemptions, .. }, DiscountCodeCommand::Redeem(redemption)) => {
                if redemptions.contains_key(&redemption.order) {
                    return Ok(vec![]);
                }
                let Redemption {
                    code,
                    order,
                    customer,
                    subtotal,
                    at,
                } = redemption;
                self.discount_on(&code, customer, subtotal, at)?;
                Ok(vec![DiscountCodeEvent::CodeRedeemed { order, customer }])
            }
            (Self::Unknown, DiscountCodeCommand::Redeem(Redemption { code, .. })) => {
                Err(DiscountCodeError::Unknown { code })
            }
            (Self::Known { redemptions, .. }, DiscountCodeCommand::Release { order }) => Ok(redemptions
                .get(&order)
                .map(|&customer| DiscountCodeEvent::RedemptionReleased { order, customer })
                .into_iter()
                .collect()),
            (Self::Known { enabled: true, .. }, DiscountCodeCommand::Disable) => {
                Ok(vec![DiscountCodeEvent::CodeDisabled {}])
            }
            (Self::Known { enabled: false, .. }, DiscountCodeCommand::Disable)
            | (Self::Unknown, DiscountCodeCommand::Release { .. } | DiscountCodeCommand::Disable) => {
                Ok(vec![])
            }
        }
    }

    /// Whether a customer could use it now, if the lines are worth enough.
    ///
    /// # Errors
    /// Why not.
    pub fn usable_by(
        &self,
        code: &Code,
        customer: OwnerId,
        currency: Currency,
        at: OffsetDateTime,
    ) -> Result<&Terms, DiscountCodeError> {
        let code = || code.clone();
        let Self::Known {
            terms,
            enabled,
            redemptions,
            by_customer,
        } = self
        else {
            return Err(DiscountCodeError::Unknown { code: code() });
        };
        if !enabled {
            return Err(DiscountCodeError::Disabled { code: code() });
        }
        if terms.expires_at.is_some_and(|expires_at| at >= expires_at) {
            return Err(DiscountCodeError::Expired { code: code() });
        }
        if let Some(its) = terms.currency()
            && its != currency
        {
            return Err(DiscountCodeError::OtherCurrency {
                code: code(),
                its,
                cart: currency,
            });
        }
        let used = u32::try_from(redemptions.len()).unwrap_or(u32::MAX);
        if terms.limit.is_some_and(|limit| used >= limit) {
            return Err(DiscountCodeError::UsedUp { code: code() });
        }
        let used = by_customer.get(&customer).copied().unwrap_or_default();
        if terms.limit_per_customer.is_some_and(|limit| used >= limit) {
            return Err(DiscountCodeError::UsedUpByCustomer { code: code() });
        }
        Ok(terms)
    }

    /// What it takes off lines that are worth `subtotal`.
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
        let terms = self.usable_by(code, customer, subtotal.currency, at)?;
        if let Some(minimum) = terms.minimum
            && subtotal.minor < minimum.minor
        {
            return Err(DiscountCodeError::BelowMinimum {
                code: code.clone(),
                minimum,
                subtotal,
            });
        }
        Ok(match terms.discount {
            // No more than the whole, so it cannot overflow.
            Discount::Percent(percent) => subtotal.fraction(percent.min(100), 100).unwrap_or(subtotal),
            Discount::Amount(amount) => Money::new(amount.minor.min(subtotal.minor), subtotal.currency),
        })
    }

    /// Never fails: what was stored can always be read.
    pub fn evolve(&mut self, event: &DiscountCodeEvent) {
        if let DiscountCodeEvent::CodeCreated { terms } = event {
            *self = Self::Known {
                terms: terms.clone(),
                enabled: true,
                redemptions: BTreeMap::new(),
                by_customer: BTreeMap::new(),
            };
            return;
        }
        let Self::Known {
            enabled,
            redemptions,
            by_customer,
            ..
        } = self
        else {
            return;
        };
        match event {
            DiscountCodeEvent::CodeCreated { .. } => {}
            DiscountCodeEvent::CodeRedeemed { order, customer } => {
                redemptions.insert(*order, *customer);
                *by_customer.entry(*customer).or_default() += 1;
            }
            DiscountCodeEvent::RedemptionReleased { order, customer } => {
                redemptions.remove(order);
                if let Some(used) = by_customer.get_mut(customer) {
                    *used = used.saturating_sub(1);
                }
                by_customer.retain(|_, used| *used > 0);
            }
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
        CodeDisabled
    },
    DiscountCodeError
);
