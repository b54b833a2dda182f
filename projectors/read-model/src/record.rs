//! A partition's record: how far one Kafka partition is in one generation of a view.
//!
//! It moves in one script with whatever must change exactly once with a batch: sums and parked events.

use redis::Pipeline;

use crate::in_carts::{self, Counts};
use crate::json::json;
use crate::keys::{Generation, Keys};
use crate::parked::Parked;
use crate::view::View;

/// Names a partition in a generation of a view.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PartitionOf {
    pub view: View,
    pub generation: Generation,
    /// With its prefix.
    pub topic: String,
    pub partition: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Of the next message to read.
    pub offset: i64,
    /// Of the newest event that was applied or parked; an older one is a duplicate, whatever its offset.
    pub position: i64,
    /// How often the partition's parked events changed.
    pub parked: i64,
}

/// A batch's end.
pub struct Move<'a> {
    /// Where it began; none creates the record.
    pub from: Option<Record>,
    pub offset: i64,
    pub position: i64,
    pub counts: &'a Counts,
    pub parked: &'a [Parked],
    /// Whether to wake whoever reads products.
    pub publish: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    To(Record),
    /// The record is not where the batch began: the partition is someone else's now, or Redis lost its last second.
    Refused,
}

impl Record {
    pub(crate) fn from_fields(fields: &[Option<i64>]) -> Option<Self> {
        match fields {
            [Some(offset), Some(position), parked] => Some(Self {
                offset: *offset,
                position: *position,
                parked: parked.unwrap_or(0),
            }),
            _ => None,
        }
    }
}

impl PartitionOf {
    pub(crate) fn record(&self, keys: &Keys) -> String {
        keys.record(self.view, self.generation, &self.topic, self.partition)
    }

    pub(crate) fn parked(&self, keys: &Keys) -> String {
        keys.parked(self.view, self.generation, &self.topic, self.partition)
    }

    pub(crate) fn parked_events(&self, keys: &Keys, aggregate: &str) -> String {
        keys.parked_events(self.view, self.generation, &self.topic, self.partition, aggregate)
    }

    pub(crate) fn discarded(&self, keys: &Keys) -> String {
        keys.discarded(self.view, self.generation, &self.topic, self.partition)
    }

    pub(crate) fn counts(&self, keys: &Keys) -> String {
        keys.in_carts(self.generation, &in_carts::part(&self.topic, self.partition))
    }
}

impl Move<'_> {
    pub(crate) const fn to(&self, parked: i64) -> Record {
        Record {
            offset: self.offset,
            position: self.position,
            parked,
        }
    }

    /// Adds keys and arguments of `move_record.lua`.
    pub(crate) fn call(&self, keys: &Keys, of: &PartitionOf, call: &mut Pipeline) {
        call.arg(of.record(keys)).arg(of.parked(keys));
        match of.view {
            View::Carts => call.arg(of.counts(keys)),
            View::Products => call.arg(keys.products_revision(of.generation)),
            View::Requests => call.arg(keys.requests_revision(of.generation)),
            // Has neither: the record stands in, so that the script's keys share its slot.
            View::Orders => call.arg(of.record(keys)),
        };
        for parked in self.parked {
            call.arg(of.parked_events(keys, &parked.aggregate));
        }
        let begun = |field: fn(Record) -> i64| {
            self.from
                .map_or(String::new(), |record| field(record).to_string())
        };
        call.arg(begun(|record| record.offset));
        call.arg(begun(|record| record.position));
        // Absent until something is parked for the first time.
        call.arg(
            self.from
                .filter(|record| record.parked > 0)
                .map_or(String::new(), |r| r.parked.to_string()),
        );
        call.arg(self.offset).arg(self.position);
        call.arg(if self.publish {
            keys.changed_channel(of.view)
        } else {
            String::new()
        });
        call.arg(self.counts.len());
        for (sku, change) in self.counts {
            call.arg(sku).arg(change);
        }
        for parked in self.parked {
            call.arg(&parked.aggregate)
                .arg(json(&parked.why))
                .arg(json(&parked.event));
        }
    }
}
