//! Keeps the tables until told to stop: builds them where there are none, consumes, and begins again after a failure.
//!
//! One of these runs in every replica; Kafka shares the partitions out among them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use async_trait::async_trait;
use consumer_group::{Checkpoints, TopicPartition, Watch};
use futures::FutureExt;
use reporting::Store;
use telemetry::admin::Readiness;
use tokio_util::sync::CancellationToken;

use super::rebuild::{build_if_missing, rebuild, rebuild_if_of_another_log};
use super::{NAME, ReportingError, consumer, group, metric, topics};
use crate::admission::NotAdmitted;
use crate::panics;
use crate::services::Services;

const PAUSE: Duration = Duration::from_secs(1);
/// How often what is set aside is counted.
const COUNT: Duration = Duration::from_secs(5);
/// How often readiness follows the group's health.
const LOOK: Duration = Duration::from_secs(1);

pub async fn run(services: Services, readiness: Readiness, stop: CancellationToken) {
    metric::register();
    let kafka = &services.kafka;
    let settings = kafka.group(NAME, group(kafka), topics(kafka));
    let watch = Watch::start(settings, Some(Box::new(InTables(services.tables.clone()))));
    let mut build = Build::IfMissing;
    while !stop.is_cancelled() {
        let keeping = AssertUnwindSafe(keep(&services, &watch, build, &readiness, &stop)).catch_unwind();
        match keeping.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                build = Build::after(&error);
                tracing::warn!(%error, "reporting is not kept up to date");
                readiness.not_ok(error.to_string());
            }
            // A fault of ours, and no reason to take the views with it.
            Err(panic) => {
                let why = panics::reason(&*panic);
                tracing::error!(why, "reporting is not kept up to date");
                readiness.not_ok(format!("it panicked: {why}"));
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// What is done before the tables are consumed on.
#[derive(Clone, Copy)]
enum Build {
    IfMissing,
    /// Another process may have done it by then.
    IfOfAnotherLog,
    Anew,
}

impl Build {
    fn after(error: &ReportingError) -> Self {
        match error {
            ReportingError::NotAdmitted(NotAdmitted::OtherIncarnation) => Self::IfOfAnotherLog,
            error if error.needs_rebuild() => Self::Anew,
            _ => Self::IfMissing,
        }
    }
}

async fn keep(
    services: &Services,
    watch: &Watch,
    build: Build,
    readiness: &Readiness,
    stop: &CancellationToken,
) -> Result<(), ReportingError> {
    let tables = async {
        match build {
            Build::IfMissing => build_if_missing(services).await,
            Build::IfOfAnotherLog => rebuild_if_of_another_log(services).await,
            Build::Anew => rebuild(services).await.map(drop),
        }
    };
    tokio::select! {
        // Dropped in the middle, it leaves the old rows.
        () = stop.cancelled() => return Ok(()),
        ready = tables => ready?,
    }
    tokio::select! {
        ended = consumer::run(services, watch, stop) => ended,
        never = report(watch, readiness) => match never {},
        never = count_parked(&services.tables) => match never {},
    }
}

/// Ready are the tables when their lag is known and their partitions make progress, whoever owns them.
async fn report(watch: &Watch, readiness: &Readiness) -> Infallible {
    loop {
        match watch.health().complaint() {
            None => readiness.ok(),
            Some(why) => readiness.not_ok(why),
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Somebody else may rebuild the tables, which forgets what was set aside.
async fn count_parked(tables: &Store) -> Infallible {
    loop {
        let counted = tables.count_parked().await;
        if let Err(error) = &counted {
            tracing::warn!(%error, "what reporting has set aside cannot be counted");
        }
        metric::parked(counted.ok());
        tokio::time::sleep(COUNT).await;
    }
}

/// The checkpoints are rows beside the tables.
struct InTables(Store);

#[async_trait]
impl Checkpoints for InTables {
    async fn next_offsets(&mut self, _: &[TopicPartition]) -> Result<BTreeMap<TopicPartition, i64>, String> {
        let offsets = self.0.next_offsets().await;
        offsets.map_err(|error| format!("PostgreSQL: {error}"))
    }
}
