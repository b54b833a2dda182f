//! The catalogue in memory: every product of the view, ready to be searched.
//!
//! The keeper puts in what changed in Redis ([`Catalogue::put`]); the product routes ask questions
//! ([`Catalogue::answer`]) and the live stream asks for offers. The documents are held as the bytes that
//! Redis holds and are spliced into answers as they are.

mod cursor;
mod entry;
mod facets;
mod question;
mod search;
mod words;

use std::collections::HashMap;

use read_model::product::Versions;
use read_model::{Generation, Keys, View};

use crate::alike::Titles;
use crate::store::{Fields, InMemory};
use crate::wakes::Topic;

pub use cursor::Cursor;
pub use entry::{Entry, Offer};
pub use facets::{Facets, PriceRange, ValueCount};
pub use question::{Question, Sort};
pub use search::Page;
pub use words::{searched, words_of};

/// One generation of the products view, as far as revision `revision`.
#[derive(Debug, Default)]
pub struct Catalogue {
    pub generation: Generation,
    pub revision: u64,
    products: HashMap<String, Product>,
    names: Titles<String>,
}

/// What is known of a SKU. There may be stock, and a version to wait for, before there is a product.
#[derive(Debug)]
struct Product {
    versions: Versions,
    entry: Option<Entry>,
}

impl InMemory for Catalogue {
    const VIEW: View = View::Products;
    const TOPIC: Topic = Topic::Products;
    const FIELDS: &'static [&'static str] = &["body", "versions", "rev"];

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

    fn apply(&mut self, changes: Vec<(String, Fields)>, revision: u64) -> Vec<Topic> {
        for (sku, fields) in changes {
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
            self.put(sku, versions, entry);
        }
        self.revision = revision;
        vec![]
    }
}

impl Catalogue {
    /// Replaces what is known of `sku`.
    pub fn put(&mut self, sku: String, versions: Versions, entry: Option<Entry>) {
        let name = entry.as_ref().map(|entry| entry.name.clone());
        let before = self.products.insert(sku.clone(), Product { versions, entry });
        // Prices and stock change all the time, names hardly ever.
        if before.and_then(|product| product.entry).map(|entry| entry.name) != name {
            self.names.put(sku, name.as_deref());
        }
    }

    pub fn get(&self, sku: &str) -> Option<&Entry> {
        self.products.get(sku)?.entry.as_ref()
    }

    /// The versions of `sku`'s streams that are in here; zeros when it is unknown.
    pub fn versions(&self, sku: &str) -> Versions {
        self.products
            .get(sku)
            .map(|product| product.versions)
            .unwrap_or_default()
    }

    /// Products on sale that are called like `title`, the most alike first.
    pub fn similar(&self, title: &str, limit: usize) -> Vec<&Entry> {
        let on_sale = |sku: &String| self.get(sku).filter(|entry| entry.listed());
        let found = self.names.like(title, limit, on_sale);
        found.into_iter().map(|(entry, _)| entry).collect()
    }

    /// The products on sale.
    fn on_sale(&self) -> impl Iterator<Item = &Entry> {
        self.products
            .values()
            .filter_map(|product| product.entry.as_ref())
            .filter(|entry| entry.listed())
    }
}
