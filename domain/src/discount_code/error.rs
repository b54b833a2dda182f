//! Why a discount code is worth nothing, or is not created.

use crate::ids::Code;
use crate::money::{Currency, Money};

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
