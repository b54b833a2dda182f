//! One product as the catalogue holds it: its document's bytes and what is asked about it.

use std::borrow::Cow;

use read_model::money::{Money, MoneySchema};
use read_model::product::{Availability, ProductDocument};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::search::{Texts, name_key};

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
    pub name: String,
    /// What names are sorted by.
    pub name_key: Box<[u8]>,
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

/// What of a stored document is searched.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Written<'d> {
    #[serde(borrow)]
    sku: Cow<'d, str>,
    #[serde(borrow)]
    name: Cow<'d, str>,
    #[serde(borrow)]
    category: Cow<'d, str>,
    #[serde(borrow)]
    description: Cow<'d, str>,
}

impl Written<'_> {
    pub fn texts(&self) -> Texts<'_> {
        Texts {
            name: &self.name,
            keywords: [&self.sku, &self.category],
            description: &self.description,
        }
    }
}

impl Entry {
    /// Reads a stored document.
    pub fn parse(body: String, revision: u64) -> serde_json::Result<Self> {
        let document: ProductDocument = serde_json::from_str(&body)?;
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
            name_key: name_key(&document.name),
            name: document.name,
        })
    }

    /// What of it is searched, read from the stored bytes: nothing is kept for that.
    pub fn written(&self) -> Written<'_> {
        serde_json::from_str(self.body.get()).unwrap_or_default()
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
