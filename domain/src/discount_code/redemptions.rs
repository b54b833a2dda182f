//! The redemptions of a code: a count, and the redemptions themselves as long as they are few.
//!
//! Codes that more than [`MAX_KEPT`] orders use hand their redemptions over to streams of their customers
//! ([`super::CodeCustomer`]), a portion at a time, and keep the count alone: what it costs to decide on a code no longer
//! depends on how many used it.

use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

use crate::ids::{OrderId, OwnerId};

/// A code with more redemptions than this hands them over.
pub const MAX_KEPT: usize = 100;

/// The maps share what a copy has in common with them: the codes of before have all of their redemptions here at first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redemptions {
    /// All that are not released.
    pub count: u64,
    /// Those that the code keeps itself: who used it for what.
    pub kept: RedBlackTreeMapSync<OrderId, OwnerId>,
    /// How often each customer is among `kept`.
    by_customer: RedBlackTreeMapSync<OwnerId, u32>,
    /// Redemptions that are not among `kept` are in the streams of their customers.
    pub separated: bool,
}

impl Redemptions {
    pub(super) fn redeem(&mut self, order: OrderId, customer: OwnerId) {
        if self.separated {
            self.count += 1;
        } else if !self.kept.contains_key(&order) {
            self.count += 1;
            self.kept.insert_mut(order, customer);
            self.by_customer
                .insert_mut(customer, self.kept_of(customer).saturating_add(1));
        }
    }

    pub(super) fn release(&mut self, order: OrderId) {
        if self.forget(order) || self.separated {
            self.count = self.count.saturating_sub(1);
        }
    }

    pub(super) fn separate(&mut self, orders: &[OrderId]) {
        self.separated = true;
        for order in orders {
            self.forget(*order);
        }
    }

    fn forget(&mut self, order: OrderId) -> bool {
        let Some(customer) = self.kept.get(&order).copied() else {
            return false;
        };
        self.kept.remove_mut(&order);
        match self.kept_of(customer) {
            0 | 1 => drop(self.by_customer.remove_mut(&customer)),
            used => self.by_customer.insert_mut(customer, used - 1),
        }
        true
    }

    /// How many of a customer the code keeps.
    pub(super) fn kept_of(&self, customer: OwnerId) -> u32 {
        self.by_customer.get(&customer).copied().unwrap_or_default()
    }

    /// Whether the code has too many to keep with so many more.
    pub fn is_too_many(&self, more: usize) -> bool {
        !self.separated && self.kept.size() + more > MAX_KEPT
    }

    /// Which are handed over next, at most so many. None as long as they are few.
    pub fn to_separate(&self, most: usize) -> Vec<(OrderId, OwnerId)> {
        if !self.separated && self.kept.size() <= MAX_KEPT {
            return vec![];
        }
        let kept = self.kept.iter().take(most);
        kept.map(|(order, customer)| (*order, *customer)).collect()
    }
}
