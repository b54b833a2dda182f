//! The schema, as a list of steps that are applied once each and never edited afterwards.

use std::time::{Duration, Instant};

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{Connection as _, Executor};
use time::OffsetDateTime;

use crate::maintenance;
use crate::partitions::Partitions;
use crate::rights;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Everybody else queues behind a migration that waits for a lock: it gives up soon, and tries again.
const LOCK_TIMEOUT: &str = "set lock_timeout = '200ms'";
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// After that somebody has to find out who holds the lock.
const PATIENCE: Duration = Duration::from_mins(10);
/// For one try. A step that rewrites a large table takes its time.
const LIMIT: Duration = Duration::from_hours(2);

/// Brings the database at `url` to this binary's schema, gives the processes their rights, and makes the partitions of the next days. Safe
/// to repeat and to run twice at once. The user of `url` owns what it makes.
///
/// # Errors
/// When PostgreSQL cannot be reached, its schema is newer than this binary's, or a lock was not to be had for minutes.
pub async fn run(url: &str) -> Result<(), MigrateError> {
    let (started, mut pause) = (Instant::now(), FIRST_PAUSE);
    loop {
        match step(url).await {
            Ok(partitions) if partitions.take(OffsetDateTime::now_utc()) => return Ok(()),
            // Somebody else is making them.
            Ok(_) if started.elapsed() < PATIENCE => {}
            Ok(_) => {
                let missing =
                    "today's receipts have no partition, and somebody's lock is in the way of making it";
                return Err(MigrateError::Execute(sqlx::Error::Configuration(missing.into())));
            }
            // A transaction that gave up left no trace.
            Err(error) if started.elapsed() < PATIENCE && is_in_the_way(&error) => {}
            Err(error) => return Err(error),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn step(url: &str) -> Result<Partitions, MigrateError> {
    let migrated = async {
        let mut connection = maintenance::connect(url).await?;
        connection.execute(LOCK_TIMEOUT).await?;
        let migrated = match MIGRATIONS.run(&mut connection).await {
            Ok(()) => rights::give(&mut connection).await.map_err(MigrateError::from),
            Err(error) => Err(error),
        };
        connection.close().await?;
        Ok(migrated)
    };
    database::within(LIMIT, migrated).await??;
    Ok(maintenance::tend(url).await?)
}

/// Whether a lock was somebody else's.
fn is_in_the_way(error: &MigrateError) -> bool {
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else {
        return false;
    };
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("55P03" | "40P01"))
}
