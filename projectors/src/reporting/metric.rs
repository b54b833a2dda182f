//! The views' metrics, with `reporting` as the view.

use metrics::{counter, gauge, histogram};

use super::NAME;
use crate::metric::Outcome;

/// Called once, so that all of them are there before the first failure.
pub fn register() {
    for outcome in Outcome::ALL {
        events(outcome, 0);
    }
    counter!("projection_gaps_total", "view" => NAME).absolute(0);
    counter!("projection_restarts_total", "view" => NAME).absolute(0);
    parked(None);
    drop(histogram!("projection_apply_seconds", "view" => NAME));
}

pub fn events(outcome: Outcome, count: usize) {
    let counter = counter!("projection_events_total", "view" => NAME, "result" => outcome.as_str());
    counter.increment(count as u64);
}

pub fn gap() {
    counter!("projection_gaps_total", "view" => NAME).increment(1);
}

pub fn restart() {
    counter!("projection_restarts_total", "view" => NAME).increment(1);
}

pub fn applied_in(time: std::time::Duration) {
    histogram!("projection_apply_seconds", "view" => NAME).record(time);
}

/// How many streams have an event that could not be read, none where they could not be counted. Events are not kept aside: the log has
/// them.
pub fn parked(streams: Option<i64>) {
    #[expect(clippy::cast_precision_loss, reason = "nobody parks 2^52 streams")]
    let streams = streams.map_or(f64::NAN, |streams| streams as f64);
    gauge!("projection_parked_streams", "view" => NAME).set(streams);
}
