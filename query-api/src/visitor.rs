//! As whom somebody asks, and what that lets them see. Found out by [`App::visitor`](crate::app::App).

use uuid::Uuid;

use crate::views::Order;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visitor {
    /// Has the link of this order.
    Link(Uuid),
    /// With the account of a session; none for a bearer.
    Staff(Option<Uuid>),
    /// Sees every order. Anything else as a shopper, with the account of a session.
    Analyst(Option<Uuid>),
    Shopper(Uuid),
    Nobody,
}

impl Visitor {
    pub fn may_see(self, order: &Order) -> bool {
        self.may_see_order(order.id, order.customer)
    }

    pub fn may_see_order(self, id: Uuid, customer: Uuid) -> bool {
        match self {
            Self::Link(order) => order == id,
            Self::Staff(_) | Self::Analyst(_) => true,
            Self::Shopper(owner) => owner == customer,
            Self::Nobody => false,
        }
    }

    /// Whose carts and requests are this one's own.
    pub const fn owner(self) -> Option<Uuid> {
        match self {
            Self::Shopper(owner) => Some(owner),
            Self::Staff(account) | Self::Analyst(account) => account,
            Self::Link(_) | Self::Nobody => None,
        }
    }

    /// Whether the order is theirs to see before it is known whose it is.
    pub const fn may_see_any(self) -> bool {
        match self {
            Self::Link(_) | Self::Staff(_) | Self::Analyst(_) => true,
            Self::Shopper(_) | Self::Nobody => false,
        }
    }
}
