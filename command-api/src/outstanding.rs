//! What has to happen and has not yet, as gauges that people are woken by. Kept up to date by the process that has the
//! roles `deadlines` or `payment-worker`. Not a number while PostgreSQL does not say.

use std::time::Duration;

use event_store::DatabaseError;
use event_store::deadlines::{DeadlineKind, Deadlines};
use metrics::gauge;
use tokio_util::sync::CancellationToken;

const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Looks until it is told to stop.
pub async fn watch(deadlines: Deadlines, token: CancellationToken) {
    loop {
        if let Err(error) = look(&deadlines).await {
            tracing::warn!(%error, "what is outstanding cannot be looked up");
            nobody_knows();
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = token.cancelled() => return,
        }
    }
}

async fn look(deadlines: &Deadlines) -> Result<(), DatabaseError> {
    for kind in DeadlineKind::ALL {
        let overdue = deadlines.overdue(kind).await?;
        gauge!("deadlines_overdue", "kind" => kind.as_str()).set(of(overdue.count));
        gauge!("deadlines_oldest_overdue_seconds", "kind" => kind.as_str())
            .set(overdue.oldest_seconds.max(0.0));
        gauge!("deadlines_failing", "kind" => kind.as_str()).set(of(overdue.failing));
    }
    let (count, oldest) = deadlines.unsettled_payments().await?;
    gauge!("payments_unsettled").set(of(count));
    gauge!("payments_oldest_unsettled_seconds").set(oldest.max(0.0));
    Ok(())
}

/// What was seen last is not what is now.
fn nobody_knows() {
    for kind in DeadlineKind::ALL {
        for name in [
            "deadlines_overdue",
            "deadlines_oldest_overdue_seconds",
            "deadlines_failing",
        ] {
            gauge!(name, "kind" => kind.as_str()).set(f64::NAN);
        }
    }
    for name in ["payments_unsettled", "payments_oldest_unsettled_seconds"] {
        gauge!(name).set(f64::NAN);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float; exact up to 2^53")]
const fn of(count: i64) -> f64 {
    count as f64
}
