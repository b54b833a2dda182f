//! As whom somebody asks for an order, and what that lets them see. Found out by [`App::visitor`](crate::app::App).

use uuid::Uuid;

use crate::views::Order;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visitor {
    /// Has the link of this order.
    Link,
    /// With the account of a session; none for a bearer.
    Staff(Option<Uuid>),
    Shopper(Uuid),
    Nobody,
}

impl Visitor {
    pub fn may_see(self, order: &Order) -> bool {
        match self {
            Self::Link | Self::Staff(_) => true,
            Self::Shopper(owner) => owner == order.customer,
            Self::Nobody => false,
        }
    }

    /// Whether the order is theirs to see before it is known whose it is.
    pub const fn may_see_any(self) -> bool {
        match self {
            Self::Link | Self::Staff(_) => true,
            Self::Shopper(_) | Self::Nobody => false,
        }
    }
}
