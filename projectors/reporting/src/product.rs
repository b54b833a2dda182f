//! The two halves of a row of `reporting.products`: what the catalogue says, and what lies in the warehouse.
//!
//! They travel in different topics and may be folded by different processes at once, so each writes its own columns.

use domain::product::{Details, ProductEvent};
use domain::stock::StockEvent;
use serde::Serialize;
use sqlx::FromRow;
use time::OffsetDateTime;

/// The columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, Serialize, FromRow)]
pub struct ProductRow {
    pub sku: String,
    pub name: String,
    pub category: String,
    pub price_minor: i64,
    pub currency: String,
    pub listed: bool,
    #[serde(with = "time::serde::rfc3339")]
    pub listed_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    pub product_sequence: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, FromRow)]
pub struct StockRow {
    pub sku: String,
    pub on_hand: i64,
    pub reserved: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub stock_updated_at: OffsetDateTime,
    pub stock_sequence: i64,
}

impl ProductRow {
    /// Before it was listed, which is its first event. Never written.
    pub(crate) fn unlisted(sku: &str) -> Self {
        Self {
            sku: sku.to_owned(),
            name: String::new(),
            category: String::new(),
            price_minor: 0,
            currency: String::new(),
            listed: false,
            listed_at: OffsetDateTime::UNIX_EPOCH,
            updated_at: OffsetDateTime::UNIX_EPOCH,
            product_sequence: 0,
        }
    }

    pub(crate) fn evolve(&mut self, event: &ProductEvent, at: OffsetDateTime) {
        self.updated_at = at;
        match event {
            ProductEvent::ProductListed { details, price } => {
                self.describe(details);
                self.price_minor = price.minor;
                price.currency.code().clone_into(&mut self.currency);
                self.listed = true;
                self.listed_at = at;
            }
            ProductEvent::DetailsChanged { details } => self.describe(details),
            ProductEvent::PriceChanged { price, .. } => {
                self.price_minor = price.minor;
                price.currency.code().clone_into(&mut self.currency);
            }
            ProductEvent::ProductDelisted {} => self.listed = false,
            ProductEvent::ProductRelisted {} => self.listed = true,
        }
    }

    fn describe(&mut self, details: &Details) {
        self.name.clone_from(&details.name);
        self.category.clone_from(&details.category);
    }
}

impl StockRow {
    /// Before anything came in. Never written.
    pub(crate) fn empty(sku: &str) -> Self {
        Self {
            sku: sku.to_owned(),
            on_hand: 0,
            reserved: 0,
            stock_updated_at: OffsetDateTime::UNIX_EPOCH,
            stock_sequence: 0,
        }
    }

    pub(crate) fn evolve(&mut self, event: &StockEvent, at: OffsetDateTime) {
        let (on_hand, reserved) = event.changes();
        self.on_hand = self.on_hand.saturating_add(on_hand);
        self.reserved = self.reserved.saturating_add(reserved);
        self.stock_updated_at = at;
    }
}
