//! A product as shoppers see it: one document per SKU, folded from the streams `product/{sku}` and `stock-item/{sku}`.
//!
//! The two streams travel in different topics, so stock may arrive before its product: until then there is no body.

use domain::product::{Details, Picture, ProductEvent};
use domain::stock::StockEvent;
use domain::{Money, Sku};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::money::MoneySchema;

/// Up to this many that can be had are called low.
pub const LOW_STOCK: i64 = 5;

/// A product with its price and availability.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductDocument {
    #[schema(value_type = String)]
    pub sku: Sku,
    /// The sequence of the last event of the product (not of its stock) that is in here.
    pub version: i64,
    pub name: String,
    pub description: String,
    pub category: String,
    #[schema(value_type = Option<PictureSchema>)]
    pub picture: Option<Picture>,
    #[schema(value_type = MoneySchema)]
    pub price: Money,
    /// What it cost before the last price change.
    #[schema(value_type = Option<MoneySchema>)]
    pub previous_price: Option<Money>,
    /// Whether it is on sale. A delisted product is still found by its SKU.
    pub listed: bool,
    /// How many can be had: those on hand that are promised to no order.
    pub available: i64,
    pub availability: Availability,
    #[serde(with = "time::serde::rfc3339")]
    pub listed_at: OffsetDateTime,
    /// When it could last be had again after it had been sold out.
    #[serde(with = "time::serde::rfc3339::option")]
    pub back_in_stock_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// Whether a product can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Availability {
    InStock,
    Low,
    OutOfStock,
}

impl Availability {
    pub const fn of(available: i64) -> Self {
        match available {
            ..=0 => Self::OutOfStock,
            1..=LOW_STOCK => Self::Low,
            _ => Self::InStock,
        }
    }
}

/// Which of the shop's drawings stands for the product, and in which colour.
#[derive(ToSchema)]
#[schema(as = Picture)]
#[expect(
    dead_code,
    reason = "describes `domain::product::Picture`, which knows no OpenAPI, to the API's description"
)]
pub struct PictureSchema {
    drawing: String,
    colour: String,
}

/// What is kept of a SKU: the document, and what the fold needs of either stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Product {
    pub versions: Versions,
    pub stock: Stock,
    pub document: Option<ProductDocument>,
}

/// The sequence of the last event of each source stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Versions {
    pub product: i64,
    pub stock_item: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    pub on_hand: i64,
    /// Units of these that are promised to orders.
    #[serde(default)]
    pub reserved: i64,
    #[serde(with = "time::serde::rfc3339::option")]
    pub back_in_stock_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub changed_at: Option<OffsetDateTime>,
}

impl Product {
    /// The product after one more event of the stream `product/{sku}`.
    pub fn evolve(&mut self, sku: &Sku, sequence: i64, recorded_at: OffsetDateTime, event: &ProductEvent) {
        self.versions.product = sequence;
        if let (None, ProductEvent::ProductListed { details, price }) = (&self.document, event) {
            self.document = Some(listed(sku, details, *price, recorded_at));
            self.show_stock();
        }
        let Some(document) = &mut self.document else {
            return;
        };
        match event {
            ProductEvent::ProductListed { .. } => {}
            ProductEvent::DetailsChanged { details } => describe(document, details),
            ProductEvent::PriceChanged { price, previous } => {
                document.price = *price;
                document.previous_price = Some(*previous);
            }
            ProductEvent::ProductDelisted {} => document.listed = false,
            ProductEvent::ProductRelisted {} => document.listed = true,
        }
        document.version = sequence;
        touch(document, recorded_at);
    }

    /// The product after one more event of the stream `stock-item/{sku}`.
    pub fn evolve_stock(&mut self, sequence: i64, recorded_at: OffsetDateTime, event: &StockEvent) {
        let had_stock_before = self.versions.stock_item > 0;
        self.versions.stock_item = sequence;
        let available_before = self.stock.available();
        let (on_hand, reserved) = event.changes();
        self.stock.on_hand = self.stock.on_hand.saturating_add(on_hand);
        self.stock.reserved = self.stock.reserved.saturating_add(reserved);
        if had_stock_before && available_before <= 0 && self.stock.available() > 0 {
            self.stock.back_in_stock_at = Some(recorded_at);
        }
        self.stock.changed_at = Some(recorded_at);
        self.show_stock();
    }

    fn show_stock(&mut self) {
        let Some(document) = &mut self.document else {
            return;
        };
        document.available = self.stock.available();
        document.availability = Availability::of(document.available);
        document.back_in_stock_at = self.stock.back_in_stock_at;
        if let Some(changed_at) = self.stock.changed_at {
            touch(document, changed_at);
        }
    }
}

impl Stock {
    const fn available(&self) -> i64 {
        self.on_hand.saturating_sub(self.reserved)
    }
}

fn listed(sku: &Sku, details: &Details, price: Money, at: OffsetDateTime) -> ProductDocument {
    let details = details.clone();
    ProductDocument {
        sku: sku.clone(),
        version: 0,
        name: details.name,
        description: details.description,
        category: details.category,
        picture: details.picture,
        price,
        previous_price: None,
        listed: true,
        available: 0,
        availability: Availability::OutOfStock,
        listed_at: at,
        back_in_stock_at: None,
        updated_at: at,
    }
}

fn describe(document: &mut ProductDocument, details: &Details) {
    document.name.clone_from(&details.name);
    document.description.clone_from(&details.description);
    document.category.clone_from(&details.category);
    document.picture.clone_from(&details.picture);
}

/// The streams may be folded in either order and must give the same document: the newer time stays.
fn touch(document: &mut ProductDocument, recorded_at: OffsetDateTime) {
    document.updated_at = document.updated_at.max(recorded_at);
}
