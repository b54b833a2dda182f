//! A product request: one document each, folded from the stream `product-request/{id}`.
//!
//! Folded by the projectors, which then put in the texts that its events name ([`Request::wanted`], [`Request::dress`]); the
//! query API sends the stored JSON, and how many take part. Who has to do with a request is kept in sets beside its document, and
//! sent to nobody.

mod document;
mod fold;
mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use domain::{OwnerId, TextId};
use serde::{Deserialize, Serialize};

pub use document::{
    Author, Moment, QuoteOffer, Remark, RequestDocument, RequestKind, RequestState, RequestSummary,
};
pub use people::{People, Step, You};

/// What is kept of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The sequence of the last event.
    pub version: i64,
    /// The sequence of the last event that changed more than who takes part.
    pub told: i64,
    pub people: People,
    pub kept: Kept,
    /// None before it was submitted.
    pub document: Option<RequestDocument>,
}

/// What the fold needs of the texts beside the document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Who wrote each, none for staff.
    authors: BTreeMap<TextId, Option<OwnerId>>,
    places: BTreeMap<TextId, Place>,
    /// Those that are not in the document yet.
    wanted: BTreeSet<TextId>,
    /// The versions of product and stock that were announced last: an announcement to many is several events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    announced: Option<(Option<i64>, i64)>,
}

impl Kept {
    /// The document does not show it any more.
    fn drop_text(&mut self, id: TextId) {
        self.authors.remove(&id);
        self.places.remove(&id);
        self.wanted.remove(&id);
    }
}

/// Where a text stands in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    /// Title, description and link.
    Request,
    Thread,
    Reason,
    Renegotiation,
}

/// What somebody wrote.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Text {
    pub title: Option<String>,
    pub body: Option<String>,
    pub link: Option<String>,
}

impl fmt::Debug for Text {
    /// People write their names and numbers into texts: they get into no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(personal data)")
    }
}

impl Request {
    /// The texts that the document is to show and does not yet.
    pub fn wanted(&self) -> impl Iterator<Item = TextId> {
        self.kept.wanted.iter().copied()
    }

    /// Puts in what is wanted. A text that is not found was erased, and is null.
    pub fn dress(&mut self, find: impl Fn(TextId) -> Option<Text>) {
        for id in std::mem::take(&mut self.kept.wanted) {
            if let Some(place) = self.kept.places.get(&id).copied() {
                self.put(id, place, find(id).unwrap_or_default());
            }
        }
    }

    /// Drops what somebody wrote, also what was to be put in.
    fn forget(&mut self, customer: OwnerId) {
        let of_customer = |author: &Option<OwnerId>| *author == Some(customer);
        let theirs: Vec<TextId> = self
            .kept
            .authors
            .iter()
            .filter(|(_, author)| of_customer(author))
            .map(|(id, _)| *id)
            .collect();
        for id in theirs {
            self.kept.wanted.remove(&id);
            if let Some(place) = self.kept.places.get(&id).copied() {
                self.put(id, place, Text::default());
            }
        }
    }

    fn put(&mut self, id: TextId, place: Place, text: Text) {
        let Some(document) = &mut self.document else {
            return;
        };
        match place {
            Place::Request => {
                document.summary.title = text.title;
                document.description = text.body;
                document.link = text.link;
            }
            Place::Thread => {
                for remark in document.thread.iter_mut().filter(|remark| remark.id == id) {
                    remark.text.clone_from(&text.body);
                }
            }
            Place::Reason => document.decline_reason = text.body,
            Place::Renegotiation => document.renegotiation = text.body,
        }
    }
}
