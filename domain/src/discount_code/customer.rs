//! `code-customer/{code}:{customer}`: for which orders one customer used a code that many use.
//!
//! Of a code with a limit for each customer, `code-customer/{code}:{address}` says the same of a keyed hash of an e-mail address
//! ([`AddressHash`]), however few use it: whoever comes back as a new guest is known by it. Decided together with the code
//! ([`CodeUse`]), whose own stream says what happened.

use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{
    Discount, DiscountCode, DiscountCodeCommand, DiscountCodeError, DiscountCodeEvent, MAX_NAMED, Redemption,
    Redemptions, Terms,
};
use crate::ids::{AddressHash, Code, OrderId, OwnerId};
use crate::money::{Currency, Money};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeCustomer {
    /// One that was released is forgotten.
    pub orders: RedBlackTreeSetSync<OrderId>,
    /// With which address, where the code has a limit for each customer.
    #[serde(default)]
    pub addresses: RedBlackTreeMapSync<OrderId, AddressHash>,
}

#[derive(Clone, Debug)]
pub enum CodeCustomerCommand {
    /// Keeps what the code knows of the customer.
    Keep { orders: Vec<OrderId> },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeCustomerEvent {
    CustomerRedeemed {
        orders: Vec<OrderId>,
    },
    CustomerReleased {
        order: OrderId,
    },
    /// The stream of this address has the redemption as well.
    AddressRecorded {
        order: OrderId,
        address: AddressHash,
    },
}

/// What the code decides is never refused here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeCustomerError {}

/// A code and what the streams of the customer who uses it, and of their address, say, where they were looked at.
#[derive(Clone, Copy, Debug)]
pub struct CodeUse<'a> {
    pub code: &'a DiscountCode,
    pub customer: Option<&'a CodeCustomer>,
    pub address: Option<&'a CodeCustomer>,
}

/// What using a code, or giving it back, comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    pub code: Vec<DiscountCodeEvent>,
    /// In the stream of the customer.
    pub customer: Vec<CodeCustomerEvent>,
    /// In the stream of their address.
    pub address: Vec<CodeCustomerEvent>,
}

impl CodeCustomer {
    pub fn decide(&self, command: CodeCustomerCommand) -> Result<Vec<CodeCustomerEvent>, CodeCustomerError> {
        let CodeCustomerCommand::Keep { mut orders } = command;
        orders.retain(|order| !self.orders.contains(order));
        Ok(orders
            .chunks(MAX_NAMED)
            .map(|orders| CodeCustomerEvent::CustomerRedeemed {
                orders: orders.to_vec(),
            })
            .collect())
    }

    /// Never fails: what was stored can always be read.
    pub fn evolve(&mut self, event: &CodeCustomerEvent) {
        match event {
            CodeCustomerEvent::CustomerRedeemed { orders } => {
                for order in orders {
                    self.orders.insert_mut(*order);
                }
            }
            CodeCustomerEvent::CustomerReleased { order } => {
                self.orders.remove_mut(order);
                self.addresses.remove_mut(order);
            }
            CodeCustomerEvent::AddressRecorded { order, address } => {
                self.addresses.insert_mut(*order, *address);
            }
        }
    }
}

impl<'a> From<&'a DiscountCode> for CodeUse<'a> {
    /// Of a code that keeps its redemptions itself.
    fn from(code: &'a DiscountCode) -> Self {
        Self {
            code,
            customer: None,
            address: None,
        }
    }
}

impl<'a> CodeUse<'a> {
    /// # Errors
    /// The rule that says no, with what it says no to.
    pub fn decide(self, command: DiscountCodeCommand) -> Result<Used, DiscountCodeError> {
        let of_code = |code| Used {
            code,
            ..Used::default()
        };
        match (self.code, command) {
            (DiscountCode::Unknown, DiscountCodeCommand::Create { terms }) => {
                terms.check()?;
                Ok(of_code(vec![DiscountCodeEvent::CodeCreated { terms }]))
            }
            (DiscountCode::Known { terms: current, .. }, DiscountCodeCommand::Create { terms }) => {
                if *current == terms {
                    return Ok(Used::default());
                }
                Err(DiscountCodeError::AlreadyCreated)
            }
            (DiscountCode::Known { .. }, DiscountCodeCommand::Redeem(redemption)) => self.redeem(&redemption),
            (DiscountCode::Unknown, DiscountCodeCommand::Redeem(Redemption { code, .. })) => {
                Err(DiscountCodeError::Unknown { code })
            }
            (DiscountCode::Known { redemptions, .. }, DiscountCodeCommand::Release { order }) => {
                let kept = redemptions.kept.get(&order);
                let released =
                    kept.map(|&customer| DiscountCodeEvent::RedemptionReleased { order, customer });
                Ok(of_code(released.into_iter().collect()))
            }
            (DiscountCode::Known { enabled: true, .. }, DiscountCodeCommand::Disable) => {
                Ok(of_code(vec![DiscountCodeEvent::CodeDisabled {}]))
            }
            (DiscountCode::Known { redemptions, .. }, DiscountCodeCommand::Separate { mut orders }) => {
                orders.retain(|order| redemptions.kept.contains_key(order));
                let separated = orders.chunks(MAX_NAMED).map(<[OrderId]>::to_vec);
                Ok(of_code(
                    separated
                        .map(|orders| DiscountCodeEvent::RedemptionsSeparated { orders })
                        .collect(),
                ))
            }
            (DiscountCode::Known { enabled: false, .. }, DiscountCodeCommand::Disable)
            | (
                DiscountCode::Unknown,
                DiscountCodeCommand::Release { .. }
                | DiscountCodeCommand::Disable
                | DiscountCodeCommand::Separate { .. },
            ) => Ok(Used::default()),
        }
    }

    fn redeem(self, redemption: &Redemption) -> Result<Used, DiscountCodeError> {
        let &Redemption {
            ref code,
            order,
            customer,
            address,
            subtotal,
            at,
        } = redemption;
        if self.has_redeemed(order) {
            return Ok(Used::default());
        }
        self.discount_on(code, customer, subtotal, at)?;
        let redeemed = || CodeCustomerEvent::CustomerRedeemed { orders: vec![order] };
        let mut used = Used {
            code: vec![DiscountCodeEvent::CodeRedeemed { order, customer }],
            ..Used::default()
        };
        if self.is_separated() {
            used.customer.push(redeemed());
        }
        if let Some(address) = address.filter(|_| self.is_limited_per_customer()) {
            used.customer
                .push(CodeCustomerEvent::AddressRecorded { order, address });
            used.address.push(redeemed());
        }
        Ok(used)
    }

    /// Gives back what `customer` used the code for. Nothing where that was given back already, or never used.
    ///
    /// # Errors
    /// Never: what is given back is never refused.
    pub fn release(self, order: OrderId, customer: OwnerId) -> Result<Used, DiscountCodeError> {
        let released = || vec![CodeCustomerEvent::CustomerReleased { order }];
        let knows = |known: Option<&CodeCustomer>| known.is_some_and(|known| known.orders.contains(&order));
        let mut used = if knows(self.customer) {
            Used {
                code: vec![DiscountCodeEvent::RedemptionReleased { order, customer }],
                customer: released(),
                address: vec![],
            }
        } else {
            self.decide(DiscountCodeCommand::Release { order })?
        };
        if self.address_of(order).is_some() {
            used.customer = released();
        }
        if knows(self.address) {
            used.address = released();
        }
        Ok(used)
    }

    /// The address that was recorded with an order.
    pub fn address_of(self, order: OrderId) -> Option<AddressHash> {
        self.customer?.addresses.get(&order).copied()
    }

    fn is_limited_per_customer(self) -> bool {
        match self.code {
            DiscountCode::Known { terms, .. } => terms.limit_per_customer.is_some(),
            DiscountCode::Unknown => false,
        }
    }

    /// How many orders of a customer use it: theirs, and those with their address.
    fn used_by(self, customer: OwnerId, redemptions: &Redemptions) -> u64 {
        let apart = self.customer.map_or(0, |known| known.orders.size() as u64);
        let is_theirs = |order: &OrderId| {
            redemptions.kept.get(order) == Some(&customer)
                || self.customer.is_some_and(|known| known.orders.contains(order))
        };
        let with_address = self.address.map_or(0, |known| {
            known.orders.iter().filter(|order| !is_theirs(order)).count()
        });
        apart + u64::from(redemptions.kept_of(customer)) + with_address as u64
    }

    fn is_separated(self) -> bool {
        match self.code {
            DiscountCode::Known { redemptions, .. } => redemptions.separated,
            DiscountCode::Unknown => false,
        }
    }

    fn has_redeemed(self, order: OrderId) -> bool {
        let keeps = match self.code {
            DiscountCode::Known { redemptions, .. } => redemptions.kept.contains_key(&order),
            DiscountCode::Unknown => false,
        };
        keeps || self.customer.is_some_and(|known| known.orders.contains(&order))
    }

    /// Whether a customer could use it now, if the lines are worth enough.
    ///
    /// # Errors
    /// Why not.
    pub fn usable_by(
        self,
        code: &Code,
        customer: OwnerId,
        currency: Currency,
        at: OffsetDateTime,
    ) -> Result<&'a Terms, DiscountCodeError> {
        let code = || code.clone();
        let DiscountCode::Known {
            terms,
            enabled,
            redemptions,
        } = self.code
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
        if terms.limit.is_some_and(|limit| redemptions.count >= limit.into()) {
            return Err(DiscountCodeError::UsedUp { code: code() });
        }
        let used = self.used_by(customer, redemptions);
        if terms.limit_per_customer.is_some_and(|limit| used >= limit.into()) {
            return Err(DiscountCodeError::UsedUpByCustomer { code: code() });
        }
        Ok(terms)
    }

    /// What it takes off lines that are worth `subtotal`.
    ///
    /// # Errors
    /// Why it takes off nothing.
    pub fn discount_on(
        self,
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
            Discount::Percent(percent) => subtotal
                .payable_fraction(percent.min(100), 100)
                .unwrap_or(subtotal),
            Discount::Amount(amount) => {
                Money::new(amount.in_steps().minor.min(subtotal.minor), subtotal.currency)
            }
        })
    }
}

crate::event::fits_cqrs_es!(
    CodeCustomer,
    CodeCustomerCommand,
    CodeCustomerEvent {
        CustomerRedeemed,
        CustomerReleased,
        AddressRecorded
    },
    CodeCustomerError
);
