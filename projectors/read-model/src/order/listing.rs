//! Where an order is listed: its customer's orders, all orders, those of its state, those with a return to answer.
//!
//! Written by [`crate::store`] with the document, compared by `projectors verify`, read by the query API. All lists are
//! sorted by the position of `OrderPlaced`, which no two orders share: so a page ends at a position.

use std::fmt;

use domain::{OrderId, OwnerId};
use time::OffsetDateTime;

use super::{Order, OrderState};

/// What the lists have to say about an order at one of its versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    pub order: OrderId,
    pub customer: OwnerId,
    /// In whose list it was before.
    pub taken_from: Option<OwnerId>,
    /// Of the stream `order/{id}`, which alone decides where an order is listed.
    pub version: i64,
    pub position: i64,
    pub state: OrderState,
    pub wants_return: bool,
    /// When the order is taken out of all lists; none where it stays.
    pub expires_at: Option<OffsetDateTime>,
    /// Until when the list of its customer is kept at least; none for an account's, which stays.
    pub customer_until: Option<OffsetDateTime>,
}

/// A list of orders of all customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateList {
    All,
    State(OrderState),
    ReturnRequested,
}

impl Order {
    /// None before the order was placed.
    pub fn listing(&self) -> Option<Listing> {
        let document = self.document.as_ref()?;
        Some(Listing {
            order: document.id,
            customer: document.customer,
            taken_from: self.kept.taken_from,
            version: self.versions.order,
            position: self.kept.placed,
            state: document.state,
            wants_return: document.wants_return(),
            expires_at: self.expires_at(),
            customer_until: self.customer_until(),
        })
    }
}

impl Listing {
    pub fn is_in(&self, list: StateList) -> bool {
        match list {
            StateList::All => true,
            StateList::State(state) => state == self.state,
            StateList::ReturnRequested => self.wants_return,
        }
    }
}

impl StateList {
    pub const ALL: [Self; 8] = [
        Self::All,
        Self::ReturnRequested,
        Self::State(OrderState::AwaitingPayment),
        Self::State(OrderState::Confirmed),
        Self::State(OrderState::PartiallyShipped),
        Self::State(OrderState::Shipped),
        Self::State(OrderState::Delivered),
        Self::State(OrderState::Cancelled),
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::State(state) => state.as_str(),
            Self::ReturnRequested => "return-requested",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.as_str() == name)
    }
}

impl fmt::Display for StateList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
