//! What a request waits for has come: who is told of it, and in which order.

use serde::{Deserialize, Serialize};

use super::{Kind, ProductRequestEvent, Request};
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

impl Announced {
    const fn is_news(self, came: Came) -> bool {
        match came {
            Came::Units { stock_version, .. } => stock_version > self.stock_version,
            Came::Product { product_version } => product_version > self.product_version,
        }
    }

    pub(super) fn take_in(&mut self, product_version: Option<i64>, stock_version: i64) {
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
        let units = came.clamp(0, arrival.available);
        let most = if arrival.one_for_each_unit {
            usize::try_from(units).unwrap_or(usize::MAX)
        } else {
            usize::MAX
        };
        let customers: Vec<OwnerId> = self.oldest_first().take(most).collect();
        if customers.is_empty() {
            return vec![];
        }
        vec![ProductRequestEvent::StockAnnounced {
            product_version,
            stock_version,
            customers,
        }]
    }

    /// Whoever follows it, in the order in which they came.
    pub(super) fn oldest_first(&self) -> impl Iterator<Item = OwnerId> + use<> {
        let mut queue: Vec<(u64, OwnerId)> = self
            .subscribers
            .iter()
            .map(|(customer, place)| (*place, *customer))
            .collect();
        queue.sort_unstable();
        queue.into_iter().map(|(_, customer)| customer)
    }

    /// At the end of the queue, unless they stand in it.
    pub(super) fn queue(&mut self, customer: OwnerId) {
        self.subscribers.entry(customer).or_insert(self.next_place);
        self.next_place += 1;
    }
}
