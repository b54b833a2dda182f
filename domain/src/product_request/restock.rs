//! What a request waits for has come: who is told of it, and in which order.

use serde::{Deserialize, Serialize};

use super::{Kind, MAX_NAMED, Membership, ProductRequestEvent, Request};
use crate::ids::OwnerId;

/// Something of the request's product came, and what there is of it now.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    pub came: Came,
    /// The version of the stock that was looked at.
    pub stock_version: i64,
    /// Units that can be had, looked at again.
    pub available: i64,
    /// Tell no more customers than units came and can be had. Else everybody who waits.
    pub one_for_each_unit: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// So many units, which made the stock this version.
    Units { units: i64, stock_version: i64 },
    /// The product itself, in this version: with it, all that there is of it.
    Product { product_version: i64 },
}

/// The versions up to which everything was announced, so that nothing is announced twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    pub product_version: i64,
    pub stock_version: i64,
}

/// An arrival of which so many more are to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restock {
    pub product_version: Option<i64>,
    pub stock_version: i64,
    pub to_tell: u64,
}

impl Announced {
    const fn is_news(self, came: Came) -> bool {
        match came {
            Came::Units { stock_version, .. } => stock_version > self.stock_version,
            Came::Product { product_version } => product_version > self.product_version,
        }
    }

    fn take_in(&mut self, product_version: Option<i64>, stock_version: i64) {
        self.product_version = self.product_version.max(product_version.unwrap_or_default());
        self.stock_version = self.stock_version.max(stock_version);
    }
}

impl Request {
    /// A product that was missing is there now, for whoever wanted it. Of one that was sold out, those who waited longest are told.
    pub(super) fn announce(&self, arrival: Arrival) -> Vec<ProductRequestEvent> {
        if arrival.available < 1 || !self.stage.is_open() {
            return vec![];
        }
        match self.kind {
            Kind::Quote => vec![],
            Kind::MissingProduct => vec![ProductRequestEvent::RequestFulfilled {}],
            Kind::BackInStock => self.told(arrival),
        }
    }

    fn told(&self, arrival: Arrival) -> Vec<ProductRequestEvent> {
        if !self.announced.is_news(arrival.came) {
            return vec![];
        }
        let (product_version, stock_version, came) = match arrival.came {
            Came::Units { units, stock_version } => (None, stock_version, units),
            Came::Product { product_version } => {
                (Some(product_version), arrival.stock_version, arrival.available)
            }
        };
        let followers = self.members.followers;
        let to_tell = if arrival.one_for_each_unit {
            let units = came.clamp(0, arrival.available);
            followers.min(units.unsigned_abs())
        } else {
            followers
        };
        if to_tell == 0 {
            return vec![];
        }
        if self.members.separated || to_tell > MAX_NAMED as u64 {
            return vec![ProductRequestEvent::RestockNoted {
                product_version,
                stock_version,
                to_tell,
            }];
        }
        let waiting = self.members.kept_by_place();
        let waiting = waiting.into_iter().filter(|(_, membership)| membership.follows);
        vec![ProductRequestEvent::StockAnnounced {
            product_version,
            stock_version,
            customers: waiting
                .map(|(customer, _)| customer)
                .zip(0..to_tell)
                .map(|(customer, _)| customer)
                .collect(),
        }]
    }

    /// The next ones of those who are to be told of what came: of `waiting`, who have streams of their own, whoever waits still.
    pub(super) fn tell_waiting(
        &self,
        waiting: &[(OwnerId, Membership)],
        available: i64,
    ) -> Vec<ProductRequestEvent> {
        let Some(restock) = self.restock.filter(|restock| restock.to_tell > 0) else {
            return vec![];
        };
        if available < 1 || !self.stage.is_open() {
            return vec![];
        }
        let mut waiting: Vec<(u64, OwnerId)> = waiting
            .iter()
            .filter(|(customer, _)| self.members.is_apart(*customer))
            .map(|(customer, apart)| (*customer, self.members.of(*customer, *apart)))
            .filter(|(_, membership)| membership.follows)
            .map(|(customer, membership)| (membership.place, customer))
            .collect();
        waiting.sort_unstable();
        waiting.truncate(usize::try_from(restock.to_tell).map_or(MAX_NAMED, |most| most.min(MAX_NAMED)));
        let Some((through, _)) = waiting.last() else {
            return vec![];
        };
        vec![
            ProductRequestEvent::StockAnnounced {
                product_version: restock.product_version,
                stock_version: restock.stock_version,
                customers: waiting.iter().map(|(_, customer)| *customer).collect(),
            },
            ProductRequestEvent::WaitingTold { through: *through },
        ]
    }

    pub(super) fn note_restock(&mut self, event: &ProductRequestEvent) {
        if let ProductRequestEvent::RestockNoted {
            product_version,
            stock_version,
            to_tell,
        } = event
        {
            self.announced.take_in(*product_version, *stock_version);
            self.restock = Some(Restock {
                product_version: *product_version,
                stock_version: *stock_version,
                to_tell: *to_tell,
            });
        } else if let ProductRequestEvent::StockAnnounced {
            product_version,
            stock_version,
            customers,
        } = event
        {
            self.announced.take_in(*product_version, *stock_version);
            self.restock = self.restock.and_then(|restock| {
                let to_tell = restock.to_tell.saturating_sub(customers.len() as u64);
                (to_tell > 0).then_some(Restock { to_tell, ..restock })
            });
        }
    }
}
