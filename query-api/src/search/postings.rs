//! Which documents have a word, by field.

use roaring::{MultiOps, RoaringBitmap};

use super::index::{FIELDS, Field};

/// The documents that have one word in each field.
#[derive(Debug, Default, Clone)]
pub struct Postings([RoaringBitmap; FIELDS]);

impl Postings {
    pub fn insert(&mut self, field: Field, document: u32) {
        self.0[field as usize].insert(document);
    }

    pub fn remove(&mut self, field: Field, document: u32) {
        self.0[field as usize].remove(document);
    }

    pub const fn of(&self, field: Field) -> &RoaringBitmap {
        &self.0[field as usize]
    }

    /// In whatever field.
    pub fn anywhere(&self) -> RoaringBitmap {
        self.0.iter().union()
    }
}

/// Documents that have one of several words in `field`.
pub fn one_of(words: &[&Postings], field: Field) -> RoaringBitmap {
    match words {
        [word] => word.of(field).clone(),
        words => words.iter().map(|word| word.of(field)).union(),
    }
}
