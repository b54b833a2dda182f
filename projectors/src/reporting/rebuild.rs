//! Makes the tables anew, in one transaction: whoever reads sees the old rows until it commits, and then the new ones.
//!
//! Started by `projectors rebuild reporting`, and by [`super::keeper`] where there are no tables yet or Kafka has
//! forgotten what they need. Batches wait meanwhile.

use std::collections::BTreeMap;

use reporting::{Progress, Writing};

use super::history::{Folded, History};
use super::{ReportingError, park, topics};
use crate::log_identity::is_another;
use crate::services::Services;

/// Streams that are written with one statement a table.
const STREAMS_PER_WRITE: usize = 1_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Streams that have a row. A product has two of them.
    pub streams: u64,
    pub events: u64,
}

pub async fn rebuild(services: &Services) -> Result<Rebuilt, ReportingError> {
    let writing = services.tables.begin_rebuild().await?;
    fill(services, writing).await
}

/// Builds the tables unless somebody has.
pub async fn build_if_missing(services: &Services) -> Result<(), ReportingError> {
    if services.tables.is_built().await? {
        return Ok(());
    }
    let mut writing = services.tables.begin_rebuild().await?;
    if !writing.is_built().await? {
        fill(services, writing).await?;
    }
    Ok(())
}

/// Builds the tables unless somebody has since they were made from another incarnation of the log.
pub async fn rebuild_if_of_another_log(services: &Services) -> Result<(), ReportingError> {
    let writing = services.tables.begin_rebuild().await?;
    let incarnations = services.identity.ask().await?;
    if is_another(&incarnations, services.tables.incarnation().await?) {
        fill(services, writing).await?;
    }
    Ok(())
}

async fn fill(services: &Services, mut writing: Writing) -> Result<Rebuilt, ReportingError> {
    // In this order: what Kafka had before the noted offsets was committed before the head was read, so that nothing
    // falls between the two. What is in both is dropped by its sequence.
    let noted = services.kafka.bounds(topics(&services.kafka)).await?;
    // Before the head: where it changes between the two, the tables are made anew once more.
    let incarnation = services.identity.ask().await?.current();
    let head = services.log.head().await?;
    writing.clear().await?;
    let mut history = History::read(&services.log, head);
    let (mut rebuilt, mut parked) = (Rebuilt::default(), 0);
    loop {
        let page = history.page(STREAMS_PER_WRITE).await?;
        if page.is_empty() {
            break;
        }
        let poison: Vec<_> = page
            .iter()
            .filter_map(|folded| folded.poison.as_ref().map(park))
            .collect();
        writing.park(&poison).await?;
        parked += poison.len();
        let rows: BTreeMap<_, _> = page.into_iter().filter_map(Folded::row).collect();
        writing.write(&rows).await?;
        rebuilt.streams += rows.len() as u64;
    }
    for ((topic, partition), bounds) in noted {
        let at = Progress {
            next_offset: bounds.end,
            position: Some(head),
        };
        writing.set_progress(&topic, partition, at, incarnation).await?;
    }
    writing.commit().await?;
    rebuilt.events = history.events_read;
    tracing::info!(rebuilt.streams, rebuilt.events, parked, "reporting is rebuilt");
    Ok(rebuilt)
}
