//! Looking in portions for rows that were stored before the event that was to name them, and never were.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use database::Pool;

/// Repeats `statement` until it has looked at every row that is older than `older_than`. It takes that age in seconds and how many rows
/// it may look at, and says how many it looked at and how many it deleted. How many were deleted in all.
pub(crate) async fn orphans(
    pool: &Pool,
    statement: &'static str,
    older_than: Duration,
) -> Result<u64, sqlx::Error> {
    let all = AtomicU64::new(0);
    database::in_portions(|most| {
        let all = &all;
        async move {
            let (looked_at, deleted): (i64, i64) = sqlx::query_as(statement)
                .bind(older_than.as_secs_f64())
                .bind(most)
                .fetch_one(pool)
                .await?;
            all.fetch_add(deleted.unsigned_abs(), Ordering::Relaxed);
            Ok(looked_at.unsigned_abs())
        }
    })
    .await?;
    Ok(all.into_inner())
}
