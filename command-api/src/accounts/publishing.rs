//! Tells Redis again and again what both APIs look up there: API keys, epochs that began a while ago, and sessions that ended.
//!
//! Whoever ends something tells Redis at once. This is for when they could not: the process was killed in between, or Redis did not answer,
//! or it was started again and forgot.

use std::time::{Duration, Instant};

use database::Pool;
use session::{ApiKeys, Sessions};
use uuid::Uuid;

use super::{AccountError, api_keys, ended_sessions};

/// How often: long before what was published of keys is forgotten.
const PUBLISHED_EVERY: Duration = Duration::from_mins(1);
/// How often is looked whether Redis has lost everything.
const LOOK: Duration = Duration::from_secs(1);
/// Epochs that are as young are told again each time.
const YOUNG: Duration = Duration::from_mins(10);
/// And by a process that has just begun: none may have been at work for as long.
const AT_FIRST: Duration = Duration::from_hours(24);

/// Publishes until the process ends.
pub async fn keep_published(pool: Pool, sessions: Sessions, keys: ApiKeys) {
    let (mut last, mut unpublished_since): (Option<Instant>, Option<Instant>) = (None, None);
    loop {
        let is_due = last.is_none_or(|last| last.elapsed() >= PUBLISHED_EVERY);
        // A Redis that does not answer cannot be told either.
        if is_due || !keys.are_published().await.unwrap_or(true) {
            let began = Instant::now();
            let age = unpublished_since.map_or(AT_FIRST, |since| since.elapsed() + YOUNG);
            let published = async {
                publish_epochs(&pool, &sessions, age).await?;
                api_keys::publish_all(&pool, &keys).await
            };
            match published.await {
                Ok(_) => (last, unpublished_since) = (Some(began), Some(began)),
                Err(error) => tracing::warn!(%error, "API keys and epochs cannot be published"),
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Those that began within `age`. How many they were.
pub async fn publish_epochs(pool: &Pool, sessions: &Sessions, age: Duration) -> Result<usize, AccountError> {
    let epochs: Vec<(Uuid, i32)> = sqlx::query_as(
        "select id, epoch from accounts where epoch > 0 and epoch_began_at > now() - $1::float8 * interval '1 second'",
    )
    .bind(age.as_secs_f64())
    .fetch_all(pool)
    .await?;
    let accounts: Vec<Uuid> = epochs.iter().map(|(account, _)| *account).collect();
    ended_sessions::end_recent(pool, sessions, age).await?;
    ended_sessions::end_again(pool, sessions, &accounts).await?;
    sessions.publish_epochs(&epochs).await?;
    Ok(epochs.len())
}
