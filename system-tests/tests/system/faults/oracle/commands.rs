//! Invariant 1: what was answered with success is stored exactly once, what was refused left nothing. Invariant 7: no line
//! of a cart is lost.

use std::collections::{BTreeMap, BTreeSet};

use system_tests::commands::Stored;

use super::{Event, Seen};
use crate::faults::journal::{Answer, Command};

pub fn are_stored_once(seen: &Seen, found: &mut Vec<String>) {
    let mut by_trace: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in &seen.events {
        by_trace.entry(&event.correlation).or_default().push(event);
    }
    for command in &seen.commands {
        let events = by_trace
            .get(command.trace.as_str())
            .map_or(&[][..], Vec::as_slice);
        match &command.answer {
            Some(Answer::Stored(stored)) => is_stored_once(command, stored, events, found),
            Some(Answer::Refused(refusal)) if !events.is_empty() => found.push(format!(
                "I1: {} was refused ({refusal}) and left {}",
                words(command),
                names(events)
            )),
            None | Some(Answer::Refused(_)) => {}
            Some(Answer::GivenUp(last)) => found.push(format!(
                "I9: {} was never answered, the last time {last}; it left {}",
                words(command),
                names(events)
            )),
        }
    }
}

fn is_stored_once(command: &Command, stored: &Stored, events: &[&Event], found: &mut Vec<String>) {
    let times = events
        .iter()
        .filter(|event| event.kind == command.wanted.event)
        .count();
    if times != 1 {
        found.push(format!(
            "I1: {} was answered {stored:?}, and {} is in the log {times} times: {}",
            words(command),
            command.wanted.event,
            names(events)
        ));
    }
    if let Some(count) = command.wanted.count
        && events.len() != count
    {
        found.push(format!(
            "I1: {} stores {count} events, not {}",
            words(command),
            names(events)
        ));
    }
    let mut once = BTreeSet::new();
    for event in events {
        if !once.insert((&event.kind, &event.aggregate_id)) {
            found.push(format!(
                "I1: {} stored {} of {} twice",
                words(command),
                event.kind,
                event.aggregate_id
            ));
        }
    }
    let is_there = |event: &&&Event| event.aggregate_id == stored.id && event.sequence == stored.version;
    if !events.iter().any(|event| is_there(&event)) {
        found.push(format!(
            "I1: {} was answered {stored:?}, which no event of it is: {}",
            words(command),
            names(events)
        ));
    }
}

fn words(command: &Command) -> String {
    format!("the command \"{}\" {}", command.wanted.name, command.trace)
}

fn names(events: &[&Event]) -> String {
    let names: Vec<_> = events
        .iter()
        .map(|event| {
            format!(
                "{} {}/{} at {}",
                event.kind, event.aggregate_id, event.sequence, event.position
            )
        })
        .collect();
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}

/// Where commands are under way, nobody knows what was told.
pub fn carts_are_as_their_owners_were_told(seen: &Seen, found: &mut Vec<String>) {
    for (cart, told) in &seen.told_carts {
        let Some(document) = seen.carts.get(cart) else {
            found.push(format!("I7: the cart {cart} is gone, and {told:?} was in it"));
            continue;
        };
        let shown: BTreeMap<String, u32> = super::views::lines_of(&document.body).into_iter().collect();
        if shown != *told {
            found.push(format!(
                "I7: the cart {cart} shows {shown:?}, and its owner was told {told:?}"
            ));
        }
    }
}
