//! The catalogue in memory: every product of the view, ready to be searched.
//!
//! The keeper puts in what changed in Redis ([`Catalogue::put`]); the product routes ask questions
//! ([`Catalogue::answer`]) and the live stream asks for offers. The documents are held as the bytes that
//! Redis holds and are spliced into answers as they are. Words are in an index; what changes often, as prices and stock do, is
//! in rows beside it.

mod cursor;
mod entry;
mod facets;
mod question;
mod rows;
mod search;
mod top;

#[cfg(test)]
mod hit_rates;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use read_model::product::Versions;
use read_model::{Generation, Keys, View};
use roaring::RoaringBitmap;

use crate::search::Index;
use crate::store::{Fields, InMemory};
use crate::wakes::Topic;

pub use cursor::Cursor;
pub use entry::{Entry, Offer};
pub use facets::{Facets, PriceRange, ValueCount};
pub use question::{Question, Sort};
pub use search::Page;

use rows::{Categories, Row};

/// One generation of the products view, as far as revision `revision`.
#[derive(Debug, Default)]
pub struct Catalogue {
    pub generation: Generation,
    pub revision: u64,
    /// Documents that are newer than the revision.
    ahead: usize,
    /// Given when a SKU is first seen, and to no other in this generation.
    numbers: HashMap<String, u32>,
    /// By number, as all that follows.
    products: Vec<Product>,
    rows: Vec<Option<Row>>,
    on_sale: RoaringBitmap,
    categories: Categories,
    index: Index,
}

/// What is known of a SKU. There may be stock, and a version to wait for, before there is a product.
#[derive(Debug, Default)]
struct Product {
    versions: Versions,
    entry: Option<Entry>,
}

/// What is known of a SKU now.
#[derive(Debug)]
pub struct Change {
    sku: String,
    product: Product,
}

impl InMemory for Catalogue {
    const VIEW: View = View::Products;
    const TOPIC: Topic = Topic::Products;
    const FIELDS: &'static [&'static str] = &["body", "versions", "rev"];

    type Change = Change;

    fn new(generation: Generation) -> Self {
        Self {
            generation,
            ..Self::default()
        }
    }

    fn generation(&self) -> Generation {
        self.generation
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn keys(keys: &Keys, generation: Generation) -> (String, String) {
        (
            keys.products_revision(generation),
            keys.products_changed(generation),
        )
    }

    fn key(keys: &Keys, generation: Generation, id: &str) -> String {
        keys.product(generation, id)
    }

    fn parse(sku: String, fields: Fields) -> Option<Change> {
        let mut fields = fields.into_iter().map(Option::unwrap_or_default);
        let mut next = || fields.next().unwrap_or_default();
        let (body, versions, revision) = (next(), next(), next());
        let versions: Versions = serde_json::from_slice(&versions).unwrap_or_default();
        let revision = serde_json::from_slice(&revision).unwrap_or(0);
        let entry = match String::from_utf8(body) {
            Ok(body) if body.is_empty() => None,
            Ok(body) => match Entry::parse(body, revision) {
                Ok(entry) => Some(entry),
                Err(error) => {
                    tracing::error!(%sku, %error, "a product's document cannot be read and is not shown");
                    None
                }
            },
            Err(_) => None,
        };
        let product = Product { versions, entry };
        Some(Change { sku, product })
    }

    fn take(&mut self, Change { sku, product }: Change) -> Option<Topic> {
        self.ahead += 1;
        self.put(sku, product.versions, product.entry);
        None
    }

    fn reach(&mut self, revision: u64) {
        self.revision = revision;
        self.ahead = 0;
    }

    fn index(&mut self) -> &mut Index {
        &mut self.index
    }

    fn index_now(&self) -> &Index {
        &self.index
    }
}

impl Catalogue {
    /// Replaces what is known of `sku`.
    pub fn put(&mut self, sku: String, versions: Versions, entry: Option<Entry>) {
        let number = self.number(sku);
        let at = number as usize;
        if self.on_sale.remove(number)
            && let Some(row) = &self.rows[at]
        {
            self.categories.leave(row);
        }
        let before = self.products[at].entry.take();
        self.reword(number, before.as_ref(), entry.as_ref());
        let row = entry
            .as_ref()
            .map(|entry| Row::of(entry, self.categories.number(&entry.category)));
        if let Some(row) = row
            && entry.as_ref().is_some_and(Entry::listed)
        {
            self.on_sale.insert(number);
            self.categories.enter(&row);
        }
        self.rows[at] = row;
        self.products[at] = Product { versions, entry };
    }

    fn number(&mut self, sku: String) -> u32 {
        if let Some(number) = self.numbers.get(&sku) {
            return *number;
        }
        let number = u32::try_from(self.products.len()).expect("fewer products than four billion");
        self.numbers.insert(sku, number);
        self.products.push(Product::default());
        self.rows.push(None);
        number
    }

    /// Prices and stock change all the time, words hardly ever.
    fn reword(&mut self, number: u32, before: Option<&Entry>, after: Option<&Entry>) {
        let (before, after) = (before.map(Entry::written), after.map(Entry::written));
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.index.take(number, &before.texts());
        }
        if let Some(after) = after {
            self.index.put(number, &after.texts());
        }
    }

    fn product(&self, sku: &str) -> Option<&Product> {
        self.numbers
            .get(sku)
            .map(|number| &self.products[*number as usize])
    }

    pub fn get(&self, sku: &str) -> Option<&Entry> {
        self.product(sku)?.entry.as_ref()
    }

    /// The versions of `sku`'s streams that are in here; zeros when it is unknown.
    pub fn versions(&self, sku: &str) -> Versions {
        self.product(sku)
            .map(|product| product.versions)
            .unwrap_or_default()
    }

    /// Of what is held now, which may be between two revisions.
    pub fn etag(&self) -> String {
        let (generation, revision) = (self.generation, self.revision);
        match self.ahead {
            0 => format!("\"{generation}-{revision}\""),
            ahead => format!("\"{generation}-{revision}-{ahead}\""),
        }
    }

    fn entry(&self, number: u32) -> Option<&Entry> {
        self.products.get(number as usize)?.entry.as_ref()
    }
}
