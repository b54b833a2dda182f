//! Who has to do with a request. Everybody who supports or follows it is a member of a set in Redis, and no part of the
//! document: whoever folds one event does not read all people again.
//!
//! The fold notes what its events say of people; [`crate::store`] puts that into the sets, in the script that writes the
//! document.

use std::collections::{BTreeMap, BTreeSet};

use domain::OwnerId;
use domain::product_request::{Change, ProductRequestEvent};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What events say of people: of those since the document was read, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// Who submitted it.
    pub customer: Option<OwnerId>,
    /// Folded on from a stored document: who is not named here is as the sets say. Else these are all.
    is_continued: bool,
    supporters: BTreeMap<OwnerId, bool>,
    /// Who is told of what happens to it.
    followers: BTreeMap<OwnerId, bool>,
    /// Whose data was erased: they are not led to the request any more, whatever else is said of them.
    erased: BTreeSet<OwnerId>,
}

/// What the asker has to do with a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct You {
    /// Submitted it.
    pub customer: bool,
    pub supports: bool,
    pub follows: bool,
}

/// One thing to do with a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Supports(bool),
    Follows(bool),
    Erased,
}

impl Step {
    /// As `replace_request.lua` reads it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Supports(true) => "supports",
            Self::Supports(false) => "withdraws",
            Self::Follows(true) => "follows",
            Self::Follows(false) => "leaves",
            Self::Erased => "erased",
        }
    }
}

impl You {
    /// As it is kept of each person: a letter for each; empty where it is nothing.
    pub fn letters(self) -> String {
        let letters = [(self.customer, 'c'), (self.supports, 's'), (self.follows, 'f')];
        letters
            .into_iter()
            .filter(|(is, _)| *is)
            .map(|(_, letter)| letter)
            .collect()
    }

    pub fn read(letters: &str) -> Self {
        Self {
            customer: letters.contains('c'),
            supports: letters.contains('s'),
            follows: letters.contains('f'),
        }
    }
}

impl People {
    /// Of a document that was read: what is folded from now on is added to what the sets have.
    pub(crate) fn continued(customer: Option<OwnerId>) -> Self {
        Self {
            customer,
            is_continued: true,
            ..Self::default()
        }
    }

    /// What was noted is in the sets now.
    pub(crate) fn written(&mut self) {
        *self = Self::continued(self.customer);
    }

    pub const fn is_continued(&self) -> bool {
        self.is_continued
    }

    pub(crate) fn evolve(&mut self, event: &ProductRequestEvent) {
        for (customer, change) in event.changes() {
            match change {
                Change::Supports => drop(self.supporters.insert(customer, true)),
                Change::Withdraws => drop(self.supporters.insert(customer, false)),
                Change::Follows => drop(self.followers.insert(customer, true)),
                Change::Leaves => drop(self.followers.insert(customer, false)),
                Change::Erased => {
                    self.followers.insert(customer, false);
                    self.erased.insert(customer);
                }
            }
        }
    }

    /// What is to be done with the sets.
    pub fn steps(&self) -> impl Iterator<Item = (Step, OwnerId)> {
        let supports = self
            .supporters
            .iter()
            .map(|(owner, is)| (Step::Supports(*is), *owner));
        let follows = self
            .followers
            .iter()
            .map(|(owner, is)| (Step::Follows(*is), *owner));
        let erased = self.erased.iter().map(|owner| (Step::Erased, *owner));
        supports.chain(follows).chain(erased)
    }

    /// Whom the events named, each once.
    pub fn named(&self) -> BTreeSet<OwnerId> {
        self.steps().map(|(_, owner)| owner).collect()
    }

    /// The members of both sets, where everything was folded.
    pub fn members(&self) -> (BTreeSet<Uuid>, BTreeSet<Uuid>) {
        let those = |people: &BTreeMap<OwnerId, bool>| {
            let members = people.iter().filter(|(_, is)| **is);
            members.map(|(owner, _)| owner.uuid()).collect()
        };
        (those(&self.supporters), those(&self.followers))
    }

    /// Whose data was erased, where everything was folded.
    pub fn erased(&self) -> BTreeSet<Uuid> {
        self.erased.iter().map(|owner| owner.uuid()).collect()
    }

    /// What somebody has to do with it, where everything was folded.
    pub fn you(&self, owner: OwnerId) -> You {
        if self.erased.contains(&owner) {
            return You::default();
        }
        let is = |people: &BTreeMap<OwnerId, bool>| people.get(&owner).copied().unwrap_or(false);
        You {
            customer: self.customer == Some(owner),
            supports: is(&self.supporters),
            follows: is(&self.followers),
        }
    }
}
