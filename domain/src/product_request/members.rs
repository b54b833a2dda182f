//! Who supports and follows a request: counters, and the people themselves as long as they are few.
//!
//! Most requests concern a handful of people, whom the request keeps itself. When there are more than [`MAX_KEPT`], each
//! gets a stream of their own ([`RequestMember`]), a portion at a time, and the request keeps counters alone: what it
//! costs to decide on it no longer depends on how many take part.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ProductRequestEvent;
use crate::ids::OwnerId;

/// A request with more people than this hands them over to streams of their own.
pub const MAX_KEPT: usize = 100;

/// What somebody has to do with a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub supports: bool,
    pub follows: bool,
    /// Their place in the queue: who came first has the lowest. Who begins to follow gets a new one.
    pub place: u64,
    /// Their data was erased.
    pub erased: bool,
}

/// What an event means to one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Supports,
    Withdraws,
    Follows,
    Leaves,
    /// Leaves, and is told nothing more.
    Erased,
}

/// Everybody who takes part in a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    pub supporters: u64,
    pub followers: u64,
    /// The highest place that was given.
    pub places: u64,
    /// Those whom the request keeps itself.
    pub kept: BTreeMap<OwnerId, Membership>,
    /// Everybody who is not among `kept` has a stream of their own.
    pub separated: bool,
    /// Of those with streams of their own, followers up to this place were told that the product is back.
    pub told: u64,
    /// Of a duplicate: people up to this place went on to the original.
    pub moved: u64,
}

impl ProductRequestEvent {
    /// What the event means to people, in this order. All that is known of members follows from this.
    pub fn changes(&self) -> Vec<(OwnerId, Change)> {
        let each = |people: &mut dyn Iterator<Item = &OwnerId>, change| -> Vec<(OwnerId, Change)> {
            people.map(|customer| (*customer, change)).collect()
        };
        match self {
            Self::RequestSubmitted { customer, .. } => {
                vec![(*customer, Change::Supports), (*customer, Change::Follows)]
            }
            Self::RequestSupported { customer } => vec![(*customer, Change::Supports)],
            Self::SupportWithdrawn { customer } => vec![(*customer, Change::Withdraws)],
            Self::RequestSubscribed { customer } => vec![(*customer, Change::Follows)],
            Self::SubscriptionEnded { customer } => vec![(*customer, Change::Leaves)],
            Self::DuplicateMerged {
                supporters,
                subscribers: followers,
                ..
            }
            | Self::SupportersMoved {
                supporters,
                followers,
                ..
            } => [
                each(&mut supporters.iter(), Change::Supports),
                each(&mut followers.iter(), Change::Follows),
            ]
            .concat(),
            Self::StockAnnounced { customers, .. } => each(&mut customers.iter(), Change::Leaves),
            Self::CustomerErased { customer } => vec![(*customer, Change::Erased)],
            Self::RequestCommented { .. }
            | Self::RequestCancelled {}
            | Self::RequestTriaged {}
            | Self::RequestPlanned {}
            | Self::RequestDeclined { .. }
            | Self::ProductLinked { .. }
            | Self::RequestFulfilled {}
            | Self::RequestHidden {}
            | Self::RequestRestored {}
            | Self::RequestMarkedDuplicate { .. }
            | Self::MembersSeparated { .. }
            | Self::MembersMoved { .. }
            | Self::RestockNoted { .. }
            | Self::WaitingTold { .. }
            | Self::QuoteOffered { .. }
            | Self::QuoteAccepted { .. }
            | Self::QuoteDeclined { .. }
            | Self::RenegotiationRequested { .. }
            | Self::QuoteExpired { .. } => vec![],
        }
    }
}

impl Change {
    /// Whether a place in the queue is given with it.
    const fn gives_place(self) -> bool {
        match self {
            Self::Supports | Self::Follows => true,
            Self::Withdraws | Self::Leaves | Self::Erased => false,
        }
    }
}

impl Membership {
    /// `place` is the one that was given with the change; people up to `moved` went on to another request.
    pub fn change(&mut self, change: Change, place: u64, moved: u64) {
        // Who follows already keeps the place; unless what they had here went on without this, which has to follow it.
        let keeps_place = self.follows && self.place > moved;
        match change {
            Change::Supports => {
                self.supports = true;
                if !keeps_place {
                    self.place = place;
                }
            }
            Change::Withdraws => self.supports = false,
            Change::Follows => {
                if !keeps_place {
                    self.place = place;
                }
                self.follows = true;
            }
            Change::Leaves => self.follows = false,
            Change::Erased => {
                self.follows = false;
                self.erased = true;
            }
        }
    }

    const fn is_nothing(self) -> bool {
        !self.supports && !self.follows && !self.erased
    }
}

impl Members {
    /// Never fails: what was stored can always be read.
    pub fn evolve(&mut self, event: &ProductRequestEvent) {
        match event {
            ProductRequestEvent::MembersSeparated { customers } => {
                self.separated = true;
                for customer in customers {
                    self.kept.remove(customer);
                }
            }
            ProductRequestEvent::WaitingTold { through } => self.told = self.told.max(*through),
            ProductRequestEvent::MembersMoved { through } => self.moved = self.moved.max(*through),
            other => {
                for (customer, change) in other.changes() {
                    self.change(customer, change);
                }
            }
        }
    }

    fn change(&mut self, customer: OwnerId, change: Change) {
        self.places += u64::from(change.gives_place());
        let place = self.places;
        let kept = if self.separated {
            self.kept.get_mut(&customer)
        } else {
            Some(self.kept.entry(customer).or_default())
        };
        let Some(kept) = kept else {
            self.count(change);
            return;
        };
        let before = *kept;
        kept.change(change, place, self.moved);
        let after = *kept;
        if after.is_nothing() {
            self.kept.remove(&customer);
        }
        moved(&mut self.supporters, before.supports, after.supports);
        moved(&mut self.followers, before.follows, after.follows);
    }

    /// Of somebody with a stream of their own, on which the change was decided: it changes something.
    fn count(&mut self, change: Change) {
        match change {
            Change::Supports => self.supporters += 1,
            Change::Withdraws => self.supporters = self.supporters.saturating_sub(1),
            Change::Follows => self.followers += 1,
            Change::Leaves => self.followers = self.followers.saturating_sub(1),
            // They left before that, in an event of its own.
            Change::Erased => {}
        }
    }

    /// Whether what is known of somebody is in a stream of their own.
    pub fn is_apart(&self, customer: OwnerId) -> bool {
        self.separated && !self.kept.contains_key(&customer)
    }

    /// What somebody has to do with the request; `apart` is what their own stream says.
    pub fn of(&self, customer: OwnerId, apart: Membership) -> Membership {
        match self.kept.get(&customer) {
            Some(kept) => *kept,
            None if self.separated => Membership {
                follows: apart.follows && apart.place > self.told,
                ..apart
            },
            None => Membership::default(),
        }
    }

    /// What the stream of somebody says after these events of the request, which follow this state. None: they have none.
    pub(super) fn after(
        &self,
        events: &[ProductRequestEvent],
        customer: OwnerId,
        apart: Membership,
    ) -> Option<Membership> {
        if !self.is_apart(customer) {
            return None;
        }
        let (mut places, mut membership) = (self.places, self.of(customer, apart));
        for (whose, change) in events.iter().flat_map(ProductRequestEvent::changes) {
            places += u64::from(change.gives_place());
            if whose == customer {
                membership.change(change, places, self.moved);
            }
        }
        Some(membership)
    }

    /// Who is to get a stream of their own next: at most so many of those who came first. Nobody as long as they are few.
    pub fn to_separate(&self, most: usize) -> Vec<OwnerId> {
        if !self.separated && self.kept.len() <= MAX_KEPT {
            return vec![];
        }
        self.kept_by_place()
            .into_iter()
            .take(most)
            .map(|(customer, _)| customer)
            .collect()
    }

    /// Whether the request has too many people to keep when so many more have come.
    pub fn is_too_many(&self, came: usize) -> bool {
        !self.separated && self.kept.len() + came > MAX_KEPT
    }

    /// Those whom the request keeps, in the order in which they came.
    pub fn kept_by_place(&self) -> Vec<(OwnerId, Membership)> {
        let mut kept: Vec<(OwnerId, Membership)> = self
            .kept
            .iter()
            .map(|(customer, membership)| (*customer, *membership))
            .collect();
        kept.sort_by_key(|(customer, membership)| (membership.place, *customer));
        kept
    }
}

fn moved(count: &mut u64, before: bool, after: bool) {
    match (before, after) {
        (false, true) => *count += 1,
        (true, false) => *count = count.saturating_sub(1),
        (true, true) | (false, false) => {}
    }
}
