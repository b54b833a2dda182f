//! What the rules of a cart say no to.

use super::{MAX_LINES, MAX_QUANTITY};
use crate::ids::{CartId, OrderId, Sku};
use crate::money::Currency;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CartError {
    /// Also the answer about somebody else's cart: whether it exists is not theirs to know.
    #[error("there is no such cart")]
    NotFound,
    #[error("the quantity must be between 1 and {MAX_QUANTITY}; {sku} would have {wanted}")]
    Quantity { sku: Sku, wanted: u64 },
    #[error("a cart holds at most {MAX_LINES} different products; {sku} would be one more")]
    TooManyLines { sku: Sku },
    #[error("{sku} is not in the cart")]
    NotInCart { sku: Sku },
    #[error("the cart is in {} and {sku} is sold in {}", .cart.code(), .price.code())]
    OtherCurrency {
        sku: Sku,
        cart: Currency,
        price: Currency,
    },
    #[error("the cart became the order {order}; open another one for more")]
    CheckedOut { order: OrderId },
    #[error("the cart expired; open a cart, and it is there again as it was")]
    Expired,
    #[error("there is nothing in the cart")]
    Empty,
    #[error("the cart was merged into {into} when its owner signed in")]
    Merged { into: CartId },
}

impl CartError {
    /// Stable, for clients: the last part of the problem's `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "cart-not-found",
            Self::Quantity { .. } => "quantity-limit",
            Self::TooManyLines { .. } => "line-limit",
            Self::NotInCart { .. } => "not-in-cart",
            Self::OtherCurrency { .. } => "other-currency",
            Self::CheckedOut { .. } => "cart-checked-out",
            Self::Expired => "cart-expired",
            Self::Empty => "cart-empty",
            Self::Merged { .. } => "cart-merged",
        }
    }
}
