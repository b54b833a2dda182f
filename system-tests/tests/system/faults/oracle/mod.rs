//! The oracle: reads PostgreSQL, Kafka and Redis itself, without any code of the services, and says what does not hold.
//! Each invariant is a function from what was read to sentences; no sentence means that it holds.
//!
//! The shop may be open meanwhile: what the journal has is taken first, then the log, then what has to follow the log.

pub mod commands;
pub mod kafka;
pub mod log;
pub mod money;
pub mod stores;
pub mod views;

use std::collections::BTreeMap;

use serde_json::Value;

use super::journal::{Command, Journal};

/// An event as the log has it.
#[derive(Clone, Debug)]
pub struct Event {
    pub position: i64,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub sequence: i64,
    pub kind: String,
    pub id: String,
    /// As it is stored, and the same parsed.
    pub text: String,
    pub payload: Value,
    /// What the command carried that caused it.
    pub correlation: String,
}

/// A message on Kafka. One that no event can be read from has no `id`.
#[derive(Clone, Debug)]
pub struct Message {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub id: Option<String>,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub sequence: i64,
    pub text: String,
}

/// A document of a view, and the fields that are kept beside it.
#[derive(Clone, Debug)]
pub struct Document {
    pub body: Value,
    pub fields: BTreeMap<String, String>,
}

/// Everything that was read, at one moment or nearly so: documents may be ahead of `head`, and never of `events`.
#[derive(Default)]
pub struct Seen {
    pub commands: Vec<Command>,
    /// What is in the open carts, as their owners were told; empty while commands are under way.
    pub told_carts: BTreeMap<String, BTreeMap<String, u32>>,
    pub events: Vec<Event>,
    /// What followers of the log have to have reached.
    pub head: i64,
    /// In the order in which each partition has them.
    pub messages: Vec<Message>,
    pub carts: BTreeMap<String, Document>,
    pub orders: BTreeMap<String, Document>,
    pub products: BTreeMap<String, Document>,
    /// What the gateway took, by payment.
    pub charges: BTreeMap<String, i64>,
    /// Nothing is under way any more: every payment is settled.
    pub is_settled: bool,
    /// What somebody broke on purpose and what therefore cannot hold.
    pub excused: Excused,
}

#[derive(Clone, Default)]
pub struct Excused {
    /// Events of carts up to there are not on Kafka: their topic was made anew.
    pub carts_before: i64,
    /// The test put messages there itself, about this cart.
    pub foreign_messages: Option<String>,
}

impl Excused {
    pub const fn is_anything(&self) -> bool {
        self.carts_before > 0 || self.foreign_messages.is_some()
    }
}

impl Seen {
    /// What clients were told so far, taken before anything is read.
    pub fn take_journal(&mut self, journal: &Journal) {
        self.commands = journal.commands();
    }

    /// The streams, each in its order.
    pub fn streams(&self) -> BTreeMap<(&str, &str), Vec<&Event>> {
        let mut streams: BTreeMap<_, Vec<&Event>> = BTreeMap::new();
        for event in &self.events {
            let of = (event.aggregate_type.as_str(), event.aggregate_id.as_str());
            streams.entry(of).or_default().push(event);
        }
        streams
    }

    /// Every violation, each a sentence that begins with its invariant.
    pub fn violations(&self) -> Vec<String> {
        let mut found = vec![];
        commands::are_stored_once(self, &mut found);
        commands::carts_are_as_their_owners_were_told(self, &mut found);
        log::has_no_holes(self, &mut found);
        kafka::equals_the_log(self, &mut found);
        views::carts(self, &mut found);
        views::orders(self, &mut found);
        views::products(self, &mut found);
        money::stock_is_never_promised_twice(self, &mut found);
        money::captures_are_totals_of_confirmed_orders(self, &mut found);
        found
    }
}
