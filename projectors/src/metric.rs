//! What the projectors count, and at which labels. Everything is there at zero before it first happens.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use metrics::{counter, describe_counter, describe_gauge, gauge, histogram};
use read_model::View;
use read_model::parked::ParkedOf;
use read_model::record::PartitionOf;
use time::{Duration, OffsetDateTime};

/// What was done with an event.
#[derive(Clone, Copy)]
pub enum Outcome {
    Applied,
    Duplicate,
    Parked,
}

impl Outcome {
    pub(crate) const ALL: [Self; 3] = [Self::Applied, Self::Duplicate, Self::Parked];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Duplicate => "duplicate",
            Self::Parked => "parked",
        }
    }
}

/// Called once for every view that the process keeps.
pub fn register(view: View) {
    describe_counter!(
        "projection_gaps_total",
        "Gaps in Kafka that were filled from PostgreSQL."
    );
    describe_counter!(
        "projection_restarts_total",
        "Partitions begun anew from their record, by why."
    );
    describe_gauge!(
        "projection_parked_oldest_seconds",
        "Age of the event that has been parked for longest."
    );
    for outcome in Outcome::ALL {
        events(view, outcome, 0);
    }
    counter!("projection_gaps_total", "view" => view.as_str()).absolute(0);
    gauge!("projection_parked_events", "view" => view.as_str()).set(0.0);
    gauge!("projection_parked_oldest_seconds", "view" => view.as_str()).set(0.0);
    rebuild_progress(view, 0.0);
    drop(histogram!("projection_apply_seconds", "view" => view.as_str()));
    drop(histogram!("projection_visible_seconds", "view" => view.as_str()));
}

pub fn events(view: View, outcome: Outcome, count: usize) {
    let counter = counter!("projection_events_total", "view" => view.as_str(), "result" => outcome.as_str());
    counter.increment(count as u64);
}

pub fn gap(view: View) {
    counter!("projection_gaps_total", "view" => view.as_str()).increment(1);
}

pub fn restart(view: View) {
    counter!("projection_restarts_total", "view" => view.as_str()).increment(1);
}

pub fn applied_in(view: View, time: std::time::Duration) {
    histogram!("projection_apply_seconds", "view" => view.as_str()).record(time);
}

/// From each event's commit until its document was written.
pub fn visible(view: View, times: impl Iterator<Item = Duration>) {
    let histogram = histogram!("projection_visible_seconds", "view" => view.as_str());
    times.for_each(|time| histogram.record(time.as_seconds_f64().max(0.0)));
}

pub fn rebuild_progress(view: View, ratio: f64) {
    gauge!("projection_rebuild_progress_ratio", "view" => view.as_str()).set(ratio);
}

/// How many events are parked in a partition, and since when (unix seconds).
type ParkedHere = (usize, Option<i64>);

/// What is parked in each partition of this process.
static PARKED: LazyLock<Mutex<HashMap<PartitionOf, ParkedHere>>> = LazyLock::new(Mutex::default);

/// What is parked in a partition; several partitions of a view add up.
pub fn parked(of: &PartitionOf, parked: &ParkedOf) {
    let oldest = parked.aggregates.values().map(|why| why.since).min();
    update_parked(of, Some((parked.events, oldest)));
}

/// The partition is someone else's now, who counts what is parked there.
pub fn no_longer_ours(of: &PartitionOf) {
    update_parked(of, None);
}

fn update_parked(of: &PartitionOf, parked: Option<ParkedHere>) {
    let mut all = PARKED.lock().unwrap_or_else(PoisonError::into_inner);
    match parked {
        Some(parked) => drop(all.insert(of.clone(), parked)),
        None => drop(all.remove(of)),
    }
    drop(all);
    show_parked(of.view);
}

/// Called every second, since age grows by itself.
pub fn show_parked(view: View) {
    let all = PARKED.lock().unwrap_or_else(PoisonError::into_inner);
    let of_view = || {
        all.iter()
            .filter(|(of, _)| of.view == view)
            .map(|(_, parked)| *parked)
    };
    let events: usize = of_view().map(|(events, _)| events).sum();
    let oldest = of_view().filter_map(|(_, oldest)| oldest).min();
    let age = oldest.map_or(0, |since| OffsetDateTime::now_utc().unix_timestamp() - since);
    #[expect(clippy::cast_precision_loss, reason = "nobody parks 2^52 events")]
    let (events, age) = (events as f64, age as f64);
    gauge!("projection_parked_events", "view" => view.as_str()).set(events);
    gauge!("projection_parked_oldest_seconds", "view" => view.as_str()).set(age);
}
