//! Small pools for what is kept beside the log: its users never wait for the command loop's connection, nor it for them.

use std::time::Duration;

use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

const CONNECTIONS: u32 = 4;
/// One that breaks within this time fails whoever takes it, as it would have a moment later.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// Whether a commit here waits for the disk.
///
/// One that does not is seen by everybody at once, and is on the disk no later than the next one that waits: PostgreSQL
/// writes one log, in the order of the commits. Only its own crash, before such a one came, undoes it.
#[derive(Clone, Copy)]
pub(crate) enum Commits {
    Wait,
    Follow,
}

/// # Errors
/// When PostgreSQL cannot be reached within ten seconds.
pub(crate) async fn open(url: &str, application: &str, commits: Commits) -> Result<PgPool, sqlx::Error> {
    let options: PgConnectOptions = url.parse()?;
    let synchronous_commit = match commits {
        Commits::Wait => "on",
        Commits::Follow => "off",
    };
    // As with the command loop: these tables grow from nothing too, and what waits behind a hung writer ends.
    let options = options.application_name(application).options([
        ("synchronous_commit", synchronous_commit),
        ("enable_seqscan", "off"),
        ("statement_timeout", "10s"),
    ]);
    connections().connect_with(options).await
}

/// A connection is looked at when it is given back. It is looked at again when it is taken only if it lay idle meanwhile:
/// with what is asked here, a look costs as much as the question.
pub(crate) fn connections() -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire(false)
        .before_acquire(|connection, lay| {
            Box::pin(async move {
                if lay.idle_for > TRUSTED_FOR {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}
