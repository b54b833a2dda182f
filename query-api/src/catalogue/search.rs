//! Answers a question with one page of products: words by the index, all else in one pass over the rows of what has them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use read_model::product::ProductDocument;
use roaring::RoaringBitmap;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::cursor::Cursor;
use super::facets::{Facets, Tally};
use super::question::{Question, Sort};
use super::rows::Failed;
use super::top::Top;
use super::{Catalogue, Entry};
use crate::search::{Finder, Query, with_scores};

/// Products that are shown where there are none.
const NEAREST: usize = 8;
/// Whatever is less like a title is something else.
const ALIKE: f32 = 0.3;

/// One page of a list of products.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProductPage)]
pub struct Page<'c> {
    #[schema(value_type = Vec<ProductDocument>)]
    pub items: Vec<&'c RawValue>,
    /// How many there are on all pages.
    pub total: usize,
    /// The `cursor` of the next page; null on the last one.
    #[schema(required)]
    pub next: Option<String>,
    pub facets: Facets,
    /// How many the words find in the whole shop (in the `currency`, if one is given), whatever the other filters say; null without
    /// words or without other filters.
    #[schema(required)]
    pub elsewhere: Option<usize>,
    /// Where `total` is 0, on the first page: at most 8 products with one of the words or nearly so, the best first; the newest that
    /// can be had if there are none.
    #[schema(value_type = Vec<ProductDocument>)]
    pub nearest: Vec<&'c RawValue>,
    /// Whether `q` has neither a letter nor a digit: then it finds nothing.
    pub without_words: bool,
}

/// What one pass over the rows has found.
struct Pass<'c> {
    tally: Tally,
    top: Top<'c>,
    total: usize,
    /// In the currency, whatever the filters say.
    unfiltered: usize,
}

impl Catalogue {
    /// The products on sale that the question describes.
    pub fn answer(&self, question: &Question) -> Page<'_> {
        let mut finder = Finder::new(&self.index, question.query.words(), &self.on_sale);
        let is_ranked = matches!(question.query, Query::Words(_)) && question.sort == Sort::Relevance;
        let found = match question.query {
            Query::None => Cow::Borrowed(&self.on_sale),
            Query::WithoutWords => Cow::Owned(RoaringBitmap::new()),
            Query::Words(_) => Cow::Owned(finder.all()),
        };
        let pass = if is_ranked {
            with_scores(self.products.len(), |scores| {
                finder.score(&found, scores);
                self.pass(question, &found, |number| {
                    Some(std::mem::take(&mut scores[number as usize]))
                })
            })
        } else {
            self.pass(question, &found, |_| None)
        };
        let is_empty = pass.total == 0 && question.after.is_none();
        let nearest = if is_empty {
            self.nearest(question, &mut finder)
        } else {
            vec![]
        };
        let elsewhere = (!question.query.is_none() && question.is_filtered()).then_some(pass.unfiltered);
        let (items, next) = self.page(question, pass.top);
        Page {
            items,
            total: pass.total,
            next,
            facets: pass.tally.facets(&self.categories.named(question.currency)),
            elsewhere,
            nearest,
            without_words: question.query == Query::WithoutWords,
        }
    }

    /// Goes once through what was found; `score` gives what each is worth where that orders it.
    fn pass<'c>(
        &'c self,
        question: &'c Question,
        found: &RoaringBitmap,
        mut score: impl FnMut(u32) -> Option<u32>,
    ) -> Pass<'c> {
        let known = question.categories.iter().map(|name| self.categories.known(name));
        // A category that nobody knows has no products; it is asked for all the same.
        let wanted: Vec<u32> = known.flatten().collect();
        let wanted = (!question.categories.is_empty()).then_some(wanted.as_slice());
        let after = question.after.as_ref().map(Cursor::place);
        let mut pass = Pass {
            tally: Tally::new(question.currency, self.categories.len()),
            top: Top::new(question.limit + 1, after),
            total: 0,
            unfiltered: 0,
        };
        for document in found {
            let score = score(document);
            let row = self.rows[document as usize].filter(|row| row.is_sold_in(question.currency));
            let Some(row) = row else {
                continue;
            };
            pass.unfiltered += 1;
            let failed = Failed::of(&row, question, wanted);
            if failed.at_most(Failed::CATEGORY) {
                pass.tally.category(row.category);
            }
            if failed.at_most(Failed::PRICE) {
                pass.tally.price(row.price);
            }
            if failed.at_most(Failed::STOCK) {
                pass.tally.availability(row.availability);
            }
            if failed.none() {
                pass.total += 1;
                let number = row.number(question.sort, score);
                pass.top
                    .offer(document, number, row.name_head, || self.name_and_sku(document));
            }
        }
        pass
    }

    fn name_and_sku(&self, document: u32) -> (&[u8], &str) {
        self.entry(document)
            .map_or((&[], ""), |entry| (&*entry.name_key, entry.sku()))
    }

    /// The first of what was found, and where they end if more follows.
    fn page(&self, question: &Question, top: Top<'_>) -> (Vec<&RawValue>, Option<String>) {
        let mut places = top.places();
        let has_more = places.len() > question.limit;
        places.truncate(question.limit);
        let end = places.last().filter(|_| has_more).and_then(|(place, document)| {
            let entry = self.entry(*document)?;
            Some(Cursor::write(
                question.sort,
                place.number,
                &entry.name,
                entry.sku(),
            ))
        });
        (self.bodies(places.into_iter().map(|(_, document)| document)), end)
    }

    fn bodies(&self, documents: impl Iterator<Item = u32>) -> Vec<&RawValue> {
        documents
            .filter_map(|document| self.entry(document))
            .map(|entry| &*entry.body)
            .collect()
    }

    /// What to show where the question finds nothing.
    fn nearest(&self, question: &Question, finder: &mut Finder<'_>) -> Vec<&RawValue> {
        let unfiltered = |sort, in_stock| Question {
            currency: question.currency,
            in_stock,
            sort,
            limit: NEAREST,
            ..Question::default()
        };
        let found = finder.any();
        let best = unfiltered(Sort::Relevance, false);
        let near = with_scores(self.products.len(), |scores| {
            finder.score(&found, scores);
            self.pass(&best, &found, |number| {
                Some(std::mem::take(&mut scores[number as usize]))
            })
        });
        if near.total > 0 {
            return self.page(&best, near.top).0;
        }
        let newest = unfiltered(Sort::Newest, true);
        let available = self.pass(&newest, &self.on_sale, |_| None);
        self.page(&newest, available.top).0
    }

    /// Products on sale that are called like `title`, the most alike first.
    pub fn similar(&self, title: &str, limit: usize) -> Vec<&Entry> {
        let query = Query::parse(title);
        let mut finder = Finder::new(&self.index, query.words(), &self.on_sale);
        let found = finder.any();
        let alike = finder
            .likeness(&found)
            .into_iter()
            .filter(|(_, likeness)| *likeness >= ALIKE);
        let mut alike: Vec<_> = alike
            .filter_map(|(document, likeness)| {
                let row = self.rows[document as usize]?;
                Some((row.relevance(per_mille(likeness)), self.entry(document)?))
            })
            .collect();
        alike.sort_unstable_by_key(|(number, entry)| (*number, entry.sku()));
        alike.into_iter().map(|(_, entry)| entry).take(limit).collect()
    }

    /// The named products, listed or not, in the order of their names here. Unknown ones are left out.
    pub fn named(&self, skus: &[String], limit: usize) -> Page<'_> {
        let numbers = skus.iter().filter_map(|sku| self.numbers.get(sku).copied());
        let numbers = numbers.filter(|number| self.entry(*number).is_some()).take(limit);
        let numbers: Vec<u32> = numbers.collect();
        let mut tally = Tally::new(None, self.categories.len());
        let mut categories = BTreeMap::new();
        for number in &numbers {
            let (Some(row), Some(entry)) = (self.rows[*number as usize], self.entry(*number)) else {
                continue;
            };
            categories.insert(entry.category.as_str(), row.category);
            tally.category(row.category);
            tally.availability(row.availability);
        }
        let items = self.bodies(numbers.into_iter());
        Page {
            total: items.len(),
            items,
            next: None,
            facets: tally.facets(&categories),
            elsewhere: None,
            nearest: vec![],
            without_words: false,
        }
    }
}

/// A likeness as a whole number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is from 0 to 1"
)]
fn per_mille(likeness: f32) -> u32 {
    (likeness * 1_000.0) as u32
}
