//! What clients did and what they were told, written down as it happens: every command, and every single try of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use system_tests::commands::Stored;
use tokio::time::Instant;

/// What a command is meant to store.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub name: &'static str,
    /// The event that it stores once.
    pub event: &'static str,
    /// How many events it stores in all, where that does not depend on anything else.
    pub count: Option<usize>,
}

#[derive(Clone, Debug)]
pub struct Command {
    pub wanted: Wanted,
    /// Stands in the metadata of each event that it stored, however often it was tried.
    pub trace: String,
    /// None while it is being tried.
    pub answer: Option<Answer>,
}

#[derive(Clone, Debug)]
pub enum Answer {
    Stored(Stored),
    /// By a rule: nothing was changed.
    Refused(String),
    /// Nobody answered for so long that the client gave up.
    GivenUp(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Command,
    Query,
}

/// One request and what came back.
#[derive(Clone, Debug)]
pub struct Try {
    pub kind: Kind,
    pub name: &'static str,
    pub began: Instant,
    pub took: Duration,
    pub said: Said,
}

#[derive(Clone, Debug)]
pub enum Said {
    Answered {
        status: u16,
        /// The `type` of a problem document, or nothing.
        problem: String,
        says_when: bool,
    },
    /// No answer came.
    Lost(String),
}

#[derive(Default)]
pub struct Journal {
    commands: Mutex<Vec<Command>>,
    tries: Mutex<Vec<Try>>,
    /// What is in each open cart, as its owner was told.
    carts: Mutex<BTreeMap<String, BTreeMap<String, u32>>>,
}

impl Journal {
    /// Returns what [`Self::ended`] wants to be told.
    pub fn begun(&self, wanted: Wanted, trace: &str) -> usize {
        let mut commands = locked(&self.commands);
        commands.push(Command {
            wanted,
            trace: trace.to_owned(),
            answer: None,
        });
        commands.len() - 1
    }

    pub fn ended(&self, number: usize, answer: Answer) {
        locked(&self.commands)[number].answer = Some(answer);
    }

    pub fn tried(&self, one: Try) {
        locked(&self.tries).push(one);
    }

    pub fn cart_has(&self, cart: &str, lines: &BTreeMap<String, u32>) {
        locked(&self.carts).insert(cart.to_owned(), lines.clone());
    }

    /// It is no open cart any more.
    pub fn cart_ended(&self, cart: &str) {
        locked(&self.carts).remove(cart);
    }

    pub fn commands(&self) -> Vec<Command> {
        locked(&self.commands).clone()
    }

    pub fn carts(&self) -> BTreeMap<String, BTreeMap<String, u32>> {
        locked(&self.carts).clone()
    }

    /// Every try that was under way at some moment from then on.
    pub fn tries_since(&self, then: Instant) -> Vec<Try> {
        let tries = locked(&self.tries);
        tries
            .iter()
            .filter(|one| one.began + one.took >= then)
            .cloned()
            .collect()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics with the journal in hand")
}
