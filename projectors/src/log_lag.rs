//! How far a view is behind the log itself, without a word from Kafka: what the relay has not sent counts, and so does what a topic that was
//! made anew does not have.
//!
//! A task of its own for each view. An event is behind while its partition's checkpoint is at an earlier position.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use async_trait::async_trait;
use domain::AggregateType;
use event_store::{Place, Reader};
use metrics::{describe_gauge, gauge};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::kafka::partition_of;

const LOOK: Duration = Duration::from_secs(1);
/// On one look, whatever the servers do.
const LOOK_LIMIT: Duration = Duration::from_secs(10);
/// Events that are looked at in one go.
const PAGE: i64 = 5_000;
/// Events that are remembered as being behind. There may be more of them then.
const MOST_BEHIND: usize = 20_000;

/// Where the partitions of a view are.
#[async_trait]
pub trait Positions: Send + 'static {
    /// By topic, the position of each partition, from partition 0 on. They are only comparable while the number that comes with them stays
    /// the same. None: the view is not built. An error is a sentence.
    async fn positions(&mut self) -> Result<Option<(u64, HashMap<AggregateType, Vec<i64>>)>, String>;
}

/// How far a view is behind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Behind {
    pub events: usize,
    pub seconds: f64,
}

/// What is known of a view.
pub struct LogLag<P> {
    log: Reader,
    positions: P,
    types: &'static [AggregateType],
    /// Of which generation the rest is.
    generation: Option<u64>,
    /// Up to here every event was looked at.
    looked_up_to: i64,
    /// Those of them that were not applied, the oldest first.
    behind: VecDeque<Place>,
}

/// Shows the lag until told to stop. While it is not known, the gauges are not a number, and `projection_lag_known` is 0.
pub async fn run<P: Positions>(view: &'static str, mut lag: LogLag<P>, stop: CancellationToken) {
    describe_gauge!(
        "projection_lag_events",
        "Events in the log that the view does not show yet, whether or not Kafka has them; NaN while unknown."
    );
    describe_gauge!(
        "projection_lag_seconds",
        "Age of the oldest of those events; 0 where there is none, NaN while unknown."
    );
    describe_gauge!(
        "projection_lag_known",
        "1: the view was compared with the log just now; 0: nobody knows how far it is behind."
    );
    show(view, None);
    let mut was_known = true;
    while !stop.is_cancelled() {
        let looked = tokio::time::timeout(LOOK_LIMIT, lag.step(OffsetDateTime::now_utc())).await;
        let known = match looked.unwrap_or_else(|_| Err("no answer in time".to_owned())) {
            Ok(known) => {
                was_known = true;
                known
            }
            Err(why) => {
                if std::mem::take(&mut was_known) {
                    tracing::warn!(view, why, "nobody knows how far the view is behind the log");
                }
                None
            }
        };
        show(view, known);
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

fn show(view: &'static str, behind: Option<Behind>) {
    #[expect(clippy::cast_precision_loss, reason = "nobody is 2^52 events behind")]
    let (events, seconds) = behind.map_or((f64::NAN, f64::NAN), |behind| {
        (behind.events as f64, behind.seconds)
    });
    gauge!("projection_lag_events", "view" => view).set(events);
    gauge!("projection_lag_seconds", "view" => view).set(seconds);
    gauge!("projection_lag_known", "view" => view).set(f64::from(u8::from(behind.is_some())));
}

impl<P: Positions> LogLag<P> {
    pub fn new(log: Reader, positions: P, types: &'static [AggregateType]) -> Self {
        Self {
            log,
            positions,
            types,
            generation: None,
            looked_up_to: 0,
            behind: VecDeque::new(),
        }
    }

    /// Looks once. None: the view is not built, or the log was not looked through to its end yet.
    pub async fn step(&mut self, now: OffsetDateTime) -> Result<Option<Behind>, String> {
        let Some((generation, positions)) = self.positions.positions().await? else {
            self.generation = None;
            return Ok(None);
        };
        if self.generation != Some(generation) {
            self.generation = Some(generation);
            self.behind.clear();
            // What is before all partitions is in all of them.
            self.looked_up_to = positions.values().flatten().copied().min().unwrap_or(0);
        }
        self.behind.retain(|place| !is_applied(place, &positions));
        let head = self.log.head().await.map_err(|error| in_words(&error))?;
        while self.looked_up_to < head && self.behind.len() < MOST_BEHIND {
            let places = self.log.places(self.types, self.looked_up_to, head, PAGE).await;
            let places = places.map_err(|error| in_words(&error))?;
            let is_all = i64::try_from(places.len()).is_ok_and(|count| count < PAGE);
            self.looked_up_to = match places.last() {
                Some(last) if !is_all => last.position,
                Some(_) | None => head,
            };
            let behind = places.into_iter().filter(|place| !is_applied(place, &positions));
            self.behind.extend(behind);
        }
        // A log that ends earlier than it did is another one; it is looked through anew.
        if head < self.looked_up_to {
            self.generation = None;
            return Ok(None);
        }
        let seconds = self
            .behind
            .front()
            .map_or(0.0, |oldest| (now - oldest.recorded_at).as_seconds_f64().max(0.0));
        Ok(Some(Behind {
            events: self.behind.len(),
            seconds,
        }))
    }
}

fn is_applied(place: &Place, positions: &HashMap<AggregateType, Vec<i64>>) -> bool {
    let Some(partitions) = positions.get(&place.aggregate_type) else {
        return false;
    };
    let partition = usize::try_from(partition_of(&place.aggregate_id, partitions.len())).ok();
    let applied = partition.and_then(|partition| partitions.get(partition));
    applied.is_some_and(|applied| place.position <= *applied)
}

fn in_words(error: &event_store::DatabaseError) -> String {
    format!("PostgreSQL: {error}")
}

/// Positions by topic as positions by the types whose events a topic has. Partitions come in any order, without holes.
pub(crate) fn by_type(
    types: &[AggregateType],
    topic: impl Fn(&str) -> String,
    found: &BTreeMap<(String, i32), i64>,
) -> HashMap<AggregateType, Vec<i64>> {
    let of = |kind: AggregateType| {
        let name = topic(kind.topic());
        let partitions = found.iter().filter(|((topic, _), _)| *topic == name);
        (kind, partitions.map(|(_, position)| *position).collect())
    };
    types.iter().copied().map(of).collect()
}
