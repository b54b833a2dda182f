//! What a customer may reserve without having paid. Somebody counts that outside of the log, since it is not only about one customer:
//! the rule here is that nothing is reserved which was not counted.

/// What was found out before a checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// Nobody counts.
    Unlimited,
    /// So many units are counted as this order's.
    Units(u64),
    /// The order is one too many.
    None(UnpaidError),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnpaidError {
    #[error(
        "you have {most} orders that are not paid yet, and may have no more; pay or cancel one of them first"
    )]
    Orders { most: u32 },
    #[error(
        "orders that are not paid yet may hold {most} units together; pay or cancel one first, order fewer, or ask for a quote"
    )]
    Units { most: u32 },
    #[error(
        "too much is ordered from your network and not paid yet; pay or cancel an order, or try again in a few minutes"
    )]
    Network,
    #[error("the cart was changed meanwhile; look at it, and check out again")]
    CartChanged,
}

impl UnpaidError {
    /// Stable, for clients: the last part of the problem's `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Orders { .. } => "unpaid-orders",
            Self::Units { .. } => "unpaid-units",
            Self::Network => "unpaid-network",
            Self::CartChanged => "cart-changed",
        }
    }
}

impl Allowance {
    /// # Errors
    /// Why so many units are not to be reserved.
    pub const fn check(self, units: u64) -> Result<(), UnpaidError> {
        match self {
            Self::Units(counted) if units > counted => Err(UnpaidError::CartChanged),
            Self::Unlimited | Self::Units(_) => Ok(()),
            Self::None(error) => Err(error),
        }
    }
}
