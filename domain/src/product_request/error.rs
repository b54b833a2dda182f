//! Why a command on a request is refused.

use crate::ids::{QuoteId, RequestId};
use crate::money::{Money, Unpayable};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProductRequestError {
    /// Also the answer about somebody else's quote: whether it exists is not theirs to know.
    #[error("there is no such request")]
    NotFound,
    #[error("say what you are looking for")]
    NothingSaid,
    #[error("the request has to name a product of the catalogue")]
    NoProduct,
    #[error("a request to be told when a product is back is about that product")]
    ProductFixed,
    #[error("the product is in stock: {available} can be had")]
    InStock { available: i64 },
    #[error("a quantity is from 1 to {}", super::MAX_QUOTED)]
    Quantity,
    #[error("the request is a duplicate of {of}; go on there")]
    Duplicate { of: RequestId },
    #[error("the request has ended")]
    Ended,
    #[error("the request is not that far, or further already")]
    NotNow,
    #[error("others support the request; withdraw your support instead")]
    SupportedByOthers,
    #[error("only what customers ask a quote for is quoted")]
    NotForQuotes,
    #[error("a price is at least one minor unit, and a quote ends in the future")]
    QuoteTerms,
    #[error("{quantity} at {unit_price} cannot be paid: {why}")]
    QuotePrice {
        unit_price: Money,
        quantity: u32,
        why: Unpayable,
    },
    #[error("there is no quote {quote} to answer, or there is a newer one")]
    NoQuote { quote: QuoteId },
    #[error("the quote has expired")]
    QuoteExpired,
    #[error("a request is no duplicate of itself")]
    OfItself,
    #[error("the other request is a duplicate of {of} itself; choose that one")]
    OriginalIsDuplicate { of: RequestId },
    #[error("a quote is one customer's, and requests of different kinds are different requests")]
    KindsDiffer,
}

impl ProductRequestError {
    /// Stable, for clients: the last part of the problem's `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "request-not-found",
            Self::NothingSaid => "request-says-nothing",
            Self::NoProduct => "request-names-no-product",
            Self::ProductFixed => "request-product-fixed",
            Self::InStock { .. } => "request-in-stock",
            Self::Quantity => "request-quantity",
            Self::Duplicate { .. } => "request-is-duplicate",
            Self::Ended => "request-ended",
            Self::NotNow => "request-stage",
            Self::SupportedByOthers => "request-supported",
            Self::NotForQuotes => "request-not-for-quotes",
            Self::QuoteTerms => "quote-terms",
            Self::QuotePrice { .. } => "quote-price",
            Self::NoQuote { .. } => "quote-not-found",
            Self::QuoteExpired => "quote-expired",
            Self::OfItself => "duplicate-of-itself",
            Self::OriginalIsDuplicate { .. } => "original-is-duplicate",
            Self::KindsDiffer => "request-kinds-differ",
        }
    }
}
