//! Invariant 3: Kafka, without its duplicates, equals the log, and has each aggregate's events in their order.

use std::collections::{BTreeMap, BTreeSet};

use super::{Event, Message, Seen};

pub fn equals_the_log(seen: &Seen, found: &mut Vec<String>) {
    let events: BTreeMap<&str, &Event> = seen
        .events
        .iter()
        .map(|event| (event.id.as_str(), event))
        .collect();
    let (mut known, mut reached) = (BTreeSet::new(), BTreeMap::new());
    for message in &seen.messages {
        let Some(id) = &message.id else {
            if seen.excused.foreign_messages.is_none() {
                found.push(format!("I3: {} is no event", place(message)));
            }
            continue;
        };
        // What was sent twice is at its place the first time.
        if !known.insert(id.as_str()) {
            continue;
        }
        match events.get(id.as_str()) {
            None if seen.excused.foreign_messages.is_some() => {}
            None => found.push(format!(
                "I3: {} is the event {id}, which the log does not have",
                place(message)
            )),
            Some(event) => is_the_same(message, event, &mut reached, found),
        }
    }
    for event in seen.events.iter().filter(|event| event.position <= seen.head) {
        let is_excused =
            event.aggregate_type.starts_with("cart") && event.position <= seen.excused.carts_before;
        if !is_excused && !known.contains(event.id.as_str()) {
            found.push(format!(
                "I3: {} {}/{} at position {} is not on Kafka",
                event.kind, event.aggregate_id, event.sequence, event.position
            ));
        }
    }
}

fn is_the_same<'e>(
    message: &Message,
    event: &'e Event,
    reached: &mut BTreeMap<(&'e str, &'e str), i64>,
    found: &mut Vec<String>,
) {
    let stated = (
        &message.aggregate_type,
        &message.aggregate_id,
        message.sequence,
        &message.text,
    );
    if stated
        != (
            &event.aggregate_type,
            &event.aggregate_id,
            event.sequence,
            &event.text,
        )
    {
        found.push(format!(
            "I3: {} is not as the log has it: {event:?}",
            place(message)
        ));
    }
    let stream = (event.aggregate_type.as_str(), event.aggregate_id.as_str());
    let before = reached.entry(stream).or_default();
    if event.sequence <= *before {
        found.push(format!(
            "I3: {} has version {} of {}/{} after version {before}",
            place(message),
            event.sequence,
            event.aggregate_type,
            event.aggregate_id
        ));
    }
    *before = event.sequence;
}

fn place(message: &Message) -> String {
    format!("{}/{} at {}", message.topic, message.partition, message.offset)
}
