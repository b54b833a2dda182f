//! Keeps the tables until told to stop: builds them where there are none, consumes, and begins again after a failure.
//!
//! One of these runs in every replica; Kafka shares the partitions out among them.

use std::time::Duration;

use telemetry::admin::Readiness;
use tokio_util::sync::CancellationToken;

use super::rebuild::{build_if_missing, rebuild};
use super::{ReportingError, consumer, metric};
use crate::services::Services;

const PAUSE: Duration = Duration::from_secs(1);

pub async fn run(services: Services, readiness: Readiness, stop: CancellationToken) {
    metric::register();
    let mut forgotten = false;
    while !stop.is_cancelled() {
        if let Err(error) = keep(&services, forgotten, &readiness, &stop).await {
            forgotten = matches!(error, ReportingError::OffsetLost);
            tracing::warn!(%error, "reporting is not kept up to date");
            readiness.not_ok(error.to_string());
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

async fn keep(
    services: &Services,
    forgotten: bool,
    readiness: &Readiness,
    stop: &CancellationToken,
) -> Result<(), ReportingError> {
    let built = async {
        if forgotten {
            rebuild(services).await.map(drop)
        } else {
            build_if_missing(services).await
        }
    };
    tokio::select! {
        // Dropped in the middle, it leaves the old rows.
        () = stop.cancelled() => return Ok(()),
        built = built => built?,
    }
    metric::parked(services.tables.parked().await?.len());
    readiness.ok();
    consumer::run(services, stop).await
}
