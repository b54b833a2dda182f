//! Invariant 2: versions of a stream are 1, 2, 3, … in the order of their positions, and no event is there twice.

use std::collections::{BTreeMap, BTreeSet};

use super::Seen;

pub fn has_no_holes(seen: &Seen, found: &mut Vec<String>) {
    let mut versions: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    let (mut ids, mut before) = (BTreeSet::new(), 0);
    for event in &seen.events {
        let stream = (event.aggregate_type.as_str(), event.aggregate_id.as_str());
        let version = versions.entry(stream).or_default();
        if event.sequence != *version + 1 {
            found.push(format!(
                "I2: after version {version} of {}/{} comes {} at position {}",
                event.aggregate_type, event.aggregate_id, event.sequence, event.position
            ));
        }
        *version = event.sequence;
        if !ids.insert(&event.id) {
            found.push(format!("I2: the event {} is in the log twice", event.id));
        }
        if event.position <= before {
            found.push(format!("I2: position {} comes after {before}", event.position));
        }
        before = event.position;
    }
}
