//! Why a command is not carried out: the rule of some aggregate, and its name for clients.

use domain::accepting::AcceptingError;
use domain::cart::CartError;
use domain::checkout::CheckoutError;
use domain::discount_code::DiscountCodeError;
use domain::order::OrderError;
use domain::paying::PayingError;
use domain::product::ProductError;
use domain::product_request::ProductRequestError;
use domain::shopping::ShoppingError;
use domain::stock::StockError;

/// A command that the rules said no to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Shopping(#[from] ShoppingError),
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error(transparent)]
    Stock(#[from] StockError),
    #[error(transparent)]
    DiscountCode(#[from] DiscountCodeError),
    #[error(transparent)]
    Checkout(#[from] CheckoutError),
    #[error(transparent)]
    Order(#[from] OrderError),
    #[error(transparent)]
    Paying(#[from] PayingError),
    #[error(transparent)]
    ProductRequest(#[from] ProductRequestError),
}

impl From<AcceptingError> for Refusal {
    fn from(error: AcceptingError) -> Self {
        match error {
            AcceptingError::ProductRequest(error) => error.into(),
            AcceptingError::Checkout(error) => error.into(),
        }
    }
}

impl From<CartError> for Refusal {
    fn from(error: CartError) -> Self {
        Self::Shopping(error.into())
    }
}

impl Refusal {
    /// Stable, for clients: the last part of the problem's `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Shopping(error) => error.code(),
            Self::Product(error) => error.code(),
            Self::Stock(error) => error.code(),
            Self::DiscountCode(error) => error.code(),
            Self::Checkout(error) => error.code(),
            Self::Order(error) => error.code(),
            Self::Paying(error) => error.code(),
            Self::ProductRequest(error) => error.code(),
        }
    }
}
