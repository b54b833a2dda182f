//! The index: words, where they are, how they begin and what they have in common.
//!
//! A document that changes is taken out with the words that it had and put in with those that it has. Words that are nobody's any
//! more stay until the next generation and find nothing.

use std::collections::{BTreeSet, HashMap};

use roaring::RoaringBitmap;

use super::dictionary::{Dictionary, MANY_FRESH, Merge, Merged};
use super::postings::Postings;
use super::stems::stems_of;
use super::words::{indexed, is_part};

/// Where a word stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Field {
    Name = 0,
    Keywords = 1,
    Description = 2,
}

pub const FIELDS: usize = 3;

impl Field {
    pub const ALL: [Self; FIELDS] = [Self::Name, Self::Keywords, Self::Description];
    /// Where one to three letters are looked for.
    pub const SHORT: [Self; 2] = [Self::Name, Self::Keywords];

    /// What a word counts for here.
    pub const fn worth(self) -> u32 {
        match self {
            Self::Name => 10,
            Self::Keywords => 4,
            Self::Description => 1,
        }
    }
}

/// What of a document is searched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Texts<'t> {
    pub name: &'t str,
    pub keywords: [&'t str; 2],
    pub description: &'t str,
}

impl Texts<'_> {
    /// Its words by field.
    pub fn words(&self) -> [(Field, BTreeSet<String>); FIELDS] {
        let keywords = self.keywords.iter().flat_map(|text| indexed(text, false));
        [
            (Field::Name, indexed(self.name, true)),
            (Field::Keywords, keywords.collect()),
            (Field::Description, indexed(self.description, false)),
        ]
    }
}

/// The longest beginning for which there is a set of its own: there are too many words that begin so.
pub const SHORT: usize = 3;

type Beginning = [char; SHORT];

#[derive(Default)]
pub struct Index {
    dictionary: Dictionary,
    postings: Vec<Postings>,
    /// Of words in names and keywords, the first one, two and three letters.
    beginnings: HashMap<Beginning, [RoaringBitmap; 2]>,
    /// The words of each stem.
    stems: HashMap<Box<str>, Vec<u32>>,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index")
            .field("words", &self.postings.len())
            .finish_non_exhaustive()
    }
}

impl Index {
    /// A document that is not in here yet, or was taken out.
    pub fn put(&mut self, document: u32, texts: &Texts<'_>) {
        for (field, words) in texts.words() {
            for word in words {
                let number = self.number(&word);
                self.postings[number as usize].insert(field, document);
                if field != Field::Description && !is_part(&word) {
                    for beginning in beginnings(&word) {
                        self.beginnings.entry(beginning).or_default()[field as usize].insert(document);
                    }
                }
            }
        }
    }

    /// A document that was put in with these texts.
    pub fn take(&mut self, document: u32, texts: &Texts<'_>) {
        for (field, words) in texts.words() {
            for word in words {
                let Some(number) = self.dictionary.get(&word) else {
                    continue;
                };
                self.postings[number as usize].remove(field, document);
                if field != Field::Description {
                    for beginning in beginnings(&word) {
                        if let Some(begun) = self.beginnings.get_mut(&beginning) {
                            begun[field as usize].remove(document);
                        }
                    }
                }
            }
        }
    }

    fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.dictionary.get(word) {
            return number;
        }
        let number = self.dictionary.add(word);
        self.postings.push(Postings::default());
        for stem in stems_of(word) {
            self.stems.entry(stem.into()).or_default().push(number);
        }
        number
    }

    pub fn word(&self, word: &str) -> Option<&Postings> {
        self.dictionary
            .get(word)
            .map(|number| &self.postings[number as usize])
    }

    pub fn of_stem<'i>(&'i self, stem: &str) -> impl Iterator<Item = &'i Postings> {
        let words = self.stems.get(stem).into_iter().flatten();
        words.map(|number| &self.postings[*number as usize])
    }

    /// Documents with a word that begins so: one to three letters.
    pub fn begun(&self, letters: &str, field: Field) -> Option<&RoaringBitmap> {
        let begun = self.beginnings.get(&beginning(letters.chars()))?;
        begun.get(field as usize)
    }

    pub const fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    pub fn postings(&self, number: u32) -> &Postings {
        &self.postings[number as usize]
    }

    /// Whether one of the documents has the word.
    pub fn is_used(&self, number: u32, documents: &RoaringBitmap) -> bool {
        let postings = &self.postings[number as usize];
        Field::ALL
            .iter()
            .any(|field| !postings.of(*field).is_disjoint(documents))
    }

    /// The work of making the dictionary quick again; none while it is quick enough.
    pub fn merge(&self) -> Option<Merge> {
        (self.dictionary.fresh() > MANY_FRESH).then(|| self.dictionary.merge())
    }

    pub fn merged(&mut self, merged: Merged) {
        self.dictionary.take(merged);
    }

    /// Makes the dictionary quick at once: for an index that nobody uses yet.
    pub fn settle(&mut self) {
        match self.dictionary.merge().run() {
            Ok(merged) => self.dictionary.take(merged),
            Err(error) => {
                tracing::error!(%error, "the words of an index cannot be merged; searches are slower");
            }
        }
    }
}

fn beginning(letters: impl Iterator<Item = char>) -> Beginning {
    let mut beginning = ['\0'; SHORT];
    for (place, letter) in beginning.iter_mut().zip(letters) {
        *place = letter;
    }
    beginning
}

fn beginnings(word: &str) -> impl Iterator<Item = Beginning> {
    let length = word.chars().take(SHORT).count();
    (1..=length).map(move |length| beginning(word.chars().take(length)))
}
