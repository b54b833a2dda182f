//! What can be asked of the catalogue. Parsed from the query string by `routes::products`.

use read_model::money::Currency;
use utoipa::ToSchema;

use super::cursor::Cursor;
use crate::search::Query;

#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Words, every one of which the product must meet.
    pub query: Query,
    /// One of these; empty: any.
    pub categories: Vec<String>,
    /// Sold in this one. Prices can be compared within one currency alone: without it there is neither a filter nor an order by price.
    pub currency: Option<Currency>,
    /// In minor units, both ends included.
    pub min_price: Option<i64>,
    pub max_price: Option<i64>,
    pub in_stock: bool,
    pub sort: Sort,
    pub limit: usize,
    /// Where the page before this one ended.
    pub after: Option<Cursor>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "kebab-case")]
pub enum Sort {
    /// Best find first; without words, newest first.
    #[default]
    Relevance,
    Newest,
    #[schema(rename = "price-asc")]
    PriceAscending,
    #[schema(rename = "price-desc")]
    PriceDescending,
    Name,
}

impl Question {
    /// Whether anything but words keeps products out.
    pub fn is_filtered(&self) -> bool {
        !self.categories.is_empty() || self.min_price.is_some() || self.max_price.is_some() || self.in_stock
    }
}

impl Sort {
    pub const NAMES: &str = "relevance, newest, price-asc, price-desc or name";

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "relevance" => Some(Self::Relevance),
            "newest" => Some(Self::Newest),
            "price-asc" => Some(Self::PriceAscending),
            "price-desc" => Some(Self::PriceDescending),
            "name" => Some(Self::Name),
            _ => None,
        }
    }

    pub const fn is_by_price(self) -> bool {
        match self {
            Self::PriceAscending | Self::PriceDescending => true,
            Self::Relevance | Self::Newest | Self::Name => false,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Relevance => "relevance",
            Self::Newest => "newest",
            Self::PriceAscending => "price-asc",
            Self::PriceDescending => "price-desc",
            Self::Name => "name",
        }
    }
}
