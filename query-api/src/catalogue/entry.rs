//! One product as the catalogue holds it: its document's bytes and what is asked about it.

use read_model::money::{Money, MoneySchema};
use read_model::product::{Availability, ProductDocument};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::words::{WeightedWords, folded};

const IN_NAME: u8 = 8;
const IN_CATEGORY: u8 = 3;
const IN_DESCRIPTION: u8 = 1;

#[derive(Debug)]
pub struct Entry {
    /// The stored bytes.
    pub body: Box<RawValue>,
    /// The view's revision at which it last changed.
    pub revision: u64,
    pub offer: Offer,
    pub category: String,
    /// Microseconds since 1970.
    pub listed_at: i64,
    /// What names are sorted by.
    pub name: String,
    pub words: WeightedWords,
}

/// What may change about a product while it lies in somebody's cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Offer {
    pub sku: String,
    #[schema(value_type = MoneySchema)]
    pub price: Money,
    /// How many are on hand.
    pub available: i64,
    pub availability: Availability,
    /// Whether it is on sale.
    pub listed: bool,
    /// The version of the product's document.
    pub version: i64,
}

impl Entry {
    /// Reads a stored document.
    pub fn parse(body: String, revision: u64) -> serde_json::Result<Self> {
        let document: ProductDocument = serde_json::from_str(&body)?;
        let words = WeightedWords::of([
            (document.name.as_str(), IN_NAME),
            (document.sku.as_str(), IN_NAME),
            (document.category.as_str(), IN_CATEGORY),
            (document.description.as_str(), IN_DESCRIPTION),
        ]);
        let microseconds = document.listed_at.unix_timestamp_nanos() / 1000;
        Ok(Self {
            body: RawValue::from_string(body)?,
            revision,
            offer: Offer {
                sku: document.sku.to_string(),
                price: document.price,
                available: document.available,
                availability: document.availability,
                listed: document.listed,
                version: document.version,
            },
            category: document.category,
            listed_at: i64::try_from(microseconds).unwrap_or(i64::MAX),
            name: folded(&document.name),
            words,
        })
    }

    pub fn sku(&self) -> &str {
        &self.offer.sku
    }

    pub fn listed(&self) -> bool {
        self.offer.listed
    }

    pub fn price(&self) -> i64 {
        self.offer.price.minor
    }

    pub fn in_stock(&self) -> bool {
        self.offer.availability != Availability::OutOfStock
    }
}
