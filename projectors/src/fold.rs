//! Folding what a document is offered, and what it has missed. Pure.
//!
//! Called for every batch by [`crate::projector`], and by whoever brings a document up to its stream in PostgreSQL.

use domain::{AggregateType, RecordedEvent};
use read_model::document::{Document, DocumentId, Step};
use read_model::in_carts::{self, Counts};
use read_model::parked::ParkedOf;
use time::OffsetDateTime;

use crate::batch::Offer;
use crate::decode::Unreadable;
use crate::panics::{failpoint_at, guarded};

/// Folds a stream as PostgreSQL has it. Stops at an event that cannot be applied and was not discarded, and gives it back.
pub fn fold_all(
    document: &mut Document,
    id: &DocumentId,
    events: &[RecordedEvent],
    known: &ParkedOf,
) -> Option<Unreadable> {
    let before = document.clone();
    let (mut poison, mut done) = (None, 0);
    let folded = guarded(|| {
        for recorded in events {
            poison = fold_one(document, id, recorded, known);
            if poison.is_some() {
                break;
            }
            done += 1;
        }
    });
    let Err(why) = folded else {
        return poison;
    };
    // Half changed by the event that panicked: once more, up to there.
    *document = before;
    for recorded in &events[..done] {
        fold_one(document, id, recorded, known);
    }
    Some(Unreadable::event(&events[done], None, why))
}

fn fold_one(
    document: &mut Document,
    id: &DocumentId,
    recorded: &RecordedEvent,
    known: &ParkedOf,
) -> Option<Unreadable> {
    match recorded.event() {
        Ok(event) => {
            failpoint_at("projector.fold", recorded);
            document.fold(id, recorded, &event);
        }
        Err(error) => {
            let unreadable = Unreadable::event(recorded, None, error.to_string());
            let discarded = known.discarded.get(&unreadable.aggregate);
            if discarded.is_none_or(|through| recorded.sequence > *through) {
                return Some(unreadable);
            }
            document.skip(recorded.aggregate_type, recorded.sequence);
        }
    }
    None
}

impl Offer {
    pub fn fold(&self, document: &mut Document, id: &DocumentId) -> Step {
        match self {
            Self::Event(readable) => {
                failpoint_at("projector.fold", &readable.recorded);
                document.fold(id, &readable.recorded, &readable.event)
            }
            Self::Discarded {
                recorded_sequence,
                aggregate_type,
            } => {
                let after = document.sequence(*aggregate_type);
                match recorded_sequence - after {
                    ..=0 => Step::Duplicate,
                    1 => {
                        document.skip(*aggregate_type, *recorded_sequence);
                        Step::Applied
                    }
                    _ => Step::Gap { after },
                }
            }
        }
    }

    pub fn aggregate_type(&self) -> AggregateType {
        match self {
            Self::Event(readable) => readable.recorded.aggregate_type,
            Self::Discarded { aggregate_type, .. } => *aggregate_type,
        }
    }

    /// Adds to `counts` how many carts more or fewer hold a product. `document` is as it is after the event.
    pub fn count(&self, counts: &mut Counts, document: &Document) {
        match self {
            Self::Event(readable) => in_carts::count(counts, document, &readable.event),
            Self::Discarded { .. } => {}
        }
    }

    /// Whether [`Offer::count`] has to be given the document of that moment.
    pub fn counts_by_document(&self) -> bool {
        match self {
            Self::Event(readable) => in_carts::depends_on_document(&readable.event),
            Self::Discarded { .. } => false,
        }
    }

    pub fn sequence(&self) -> i64 {
        match self {
            Self::Event(readable) => readable.recorded.sequence,
            Self::Discarded {
                recorded_sequence, ..
            } => *recorded_sequence,
        }
    }

    pub fn recorded_at(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Event(readable) => Some(readable.recorded.recorded_at),
            Self::Discarded { .. } => None,
        }
    }
}
