//! A product request: one document each, folded from the stream `product-request/{id}`.
//!
//! Folded by the projectors, which then put in the texts that its events name ([`Request::wanted`], [`Request::dress`]); the
//! query API sends the stored JSON. Who has to do with a request is kept beside its document, and sent to nobody.

mod document;
mod fold;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use domain::{OwnerId, TextId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub use document::{
    Author, Moment, QuoteOffer, Remark, RequestDocument, RequestKind, RequestState, RequestSummary,
};

/// What is kept of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The sequence of the last event.
    pub version: i64,
    pub people: People,
    pub kept: Kept,
    /// None before it was submitted.
    pub document: Option<RequestDocument>,
}

/// Who has to do with a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    /// Who submitted it.
    pub customer: Option<OwnerId>,
    pub supporters: BTreeSet<OwnerId>,
    /// Who is told of what happens to it.
    pub followers: BTreeSet<OwnerId>,
}

/// What the asker has to do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct You {
    /// Submitted it.
    pub customer: bool,
    pub supports: bool,
    pub follows: bool,
}

impl People {
    pub fn you(&self, owner: Uuid) -> You {
        let owner = OwnerId::new(owner);
        You {
            customer: self.customer == Some(owner),
            supports: self.supporters.contains(&owner),
            follows: self.followers.contains(&owner),
        }
    }

    /// Everybody, each once.
    pub fn all(&self) -> BTreeSet<Uuid> {
        let ids = self
            .supporters
            .iter()
            .chain(&self.followers)
            .chain(&self.customer);
        ids.map(|owner| owner.uuid()).collect()
    }
}

/// What the fold needs of the texts beside the document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Who wrote each, none for staff.
    authors: BTreeMap<TextId, Option<OwnerId>>,
    places: BTreeMap<TextId, Place>,
    /// Those that are not in the document yet.
    wanted: BTreeSet<TextId>,
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
