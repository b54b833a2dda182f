//! Words and what contains them: the index that the catalogue and the board of requests search with (docs/decisions/0027).
//!
//! [`fold`] and [`words`] turn text into words, the same for documents and for questions; [`Index`] knows which document has which
//! word in which field; [`Finder`] answers one question with a set of documents and a whole-number score for each.

mod dictionary;
mod find;
mod fold;
mod index;
mod postings;
mod question;
mod stems;
mod synonyms;
pub mod thread;
mod tiers;
mod words;

#[cfg(test)]
pub mod oracle;

pub use dictionary::Merge;
pub use find::{Finder, with_scores};
pub use fold::name_key;
pub use index::{Field, Index, Texts};
pub use question::{Asked, Query};

/// Changes whenever the same text and question may score otherwise than before: a cursor of another version names no place.
pub const ANALYSIS: u32 = 1;
