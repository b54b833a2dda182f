//! One batch of a partition, sorted: what goes into which document, what is set aside.
//!
//! Pure. [`crate::projector`] folds and writes it.

use std::collections::{HashMap, HashSet};

use read_model::View;
use read_model::document::DocumentId;
use read_model::parked::{Parked, ParkedOf, Why};
use time::OffsetDateTime;

use crate::decode::{self, Content, Incoming, Readable, Unreadable};

/// The events of one aggregate that go into one document, in order.
#[derive(Debug)]
pub struct Group {
    pub id: DocumentId,
    pub offers: Vec<Offer>,
}

/// What a document is offered.
#[derive(Debug)]
pub enum Offer {
    Event(Box<Readable>),
    /// An event that ops discarded: it cannot be read, and is left out.
    Discarded {
        recorded_sequence: i64,
        aggregate_type: domain::AggregateType,
    },
}

/// A batch, sorted.
#[derive(Debug, Default)]
pub struct Batch {
    pub groups: Vec<Group>,
    pub parked: Vec<Parked>,
    /// Of the next message after the batch.
    pub offset: i64,
    /// Of the newest event that is in the batch or was before it.
    pub position: i64,
    /// Events that the relay had sent before.
    pub duplicates: usize,
}

/// Sorts what arrived after `position`, where `known` is set aside already.
pub fn sort(view: View, position: i64, known: &ParkedOf, incoming: Vec<Incoming>) -> Batch {
    let mut batch = Batch {
        position,
        ..Batch::default()
    };
    let mut groups: HashMap<DocumentId, usize> = HashMap::new();
    let mut parked_now: HashSet<String> = HashSet::new();
    for message in incoming {
        batch.offset = message.offset + 1;
        if let Some(position) = message.position() {
            if position <= batch.position {
                batch.duplicates += 1;
                continue;
            }
            batch.position = position;
        }
        match message.content {
            Content::Event(readable) => {
                let name = || decode::aggregate(&readable.recorded);
                let nobody_waits = known.aggregates.is_empty() && parked_now.is_empty();
                if !nobody_waits && (known.aggregates.contains_key(&name()) || parked_now.contains(&name())) {
                    batch.parked.push(behind_another(&readable));
                } else {
                    batch.take(view, &mut groups, readable, &mut parked_now);
                }
            }
            Content::Void => {}
            Content::Unreadable(unreadable) => {
                if !concerns(view, &unreadable) {
                    continue;
                }
                let discarded = known.discarded.get(&unreadable.aggregate);
                match (discarded, unreadable.event.sequence) {
                    (Some(through), Some(sequence)) if sequence <= *through => {
                        batch.leave_out(view, &mut groups, &unreadable, sequence);
                    }
                    _ => {
                        parked_now.insert(unreadable.aggregate.clone());
                        batch.parked.push(park(*unreadable));
                    }
                }
            }
        }
    }
    batch
}

impl Batch {
    fn take(
        &mut self,
        view: View,
        groups: &mut HashMap<DocumentId, usize>,
        readable: Box<Readable>,
        parked: &mut HashSet<String>,
    ) {
        let recorded = &readable.recorded;
        let Some(kind) = view.document_of(recorded.aggregate_type) else {
            return;
        };
        if let Some(id) = DocumentId::parse(kind, &recorded.aggregate_id) {
            self.offer(groups, id, Offer::Event(readable));
            return;
        }
        let reason = format!(
            "{:?} cannot be the id of a {}",
            recorded.aggregate_id, recorded.aggregate_type
        );
        let unreadable = Unreadable::event(recorded, Some(readable.offset), reason);
        parked.insert(unreadable.aggregate.clone());
        self.parked.push(park(unreadable));
    }

    fn leave_out(
        &mut self,
        view: View,
        groups: &mut HashMap<DocumentId, usize>,
        event: &Unreadable,
        sequence: i64,
    ) {
        let Some(aggregate_type) = event.aggregate_type else {
            return;
        };
        let Some(kind) = view.document_of(aggregate_type) else {
            return;
        };
        if let Some(id) = DocumentId::parse(kind, &event.aggregate_id) {
            self.offer(
                groups,
                id,
                Offer::Discarded {
                    recorded_sequence: sequence,
                    aggregate_type,
                },
            );
        }
    }

    fn offer(&mut self, groups: &mut HashMap<DocumentId, usize>, id: DocumentId, offer: Offer) {
        let at = *groups.entry(id).or_insert_with_key(|id| {
            self.groups.push(Group {
                id: id.clone(),
                offers: vec![],
            });
            self.groups.len() - 1
        });
        self.groups[at].offers.push(offer);
    }
}

/// Sets an event aside because it cannot be applied itself.
pub fn park(unreadable: Unreadable) -> Parked {
    let why = Why {
        reason: unreadable.reason,
        since: OffsetDateTime::now_utc().unix_timestamp(),
    };
    Parked {
        aggregate: unreadable.aggregate,
        why,
        event: unreadable.event,
    }
}

/// Sets an event aside because an earlier one of its aggregate is.
pub fn behind_another(readable: &Readable) -> Parked {
    let reason = "an earlier event of the aggregate is parked".to_owned();
    park(Unreadable::event(
        &readable.recorded,
        Some(readable.offset),
        reason,
    ))
}

/// Whether a view would have done anything with the event. What cannot be told apart concerns every view of its topic.
fn concerns(view: View, event: &Unreadable) -> bool {
    event
        .aggregate_type
        .is_none_or(|aggregate_type| view.aggregate_types().contains(&aggregate_type))
}
