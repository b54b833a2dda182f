//! Small pools for what is kept beside the log: its users never wait for the command loop's connection, nor it for them.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

const CONNECTIONS: u32 = 4;

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
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options)
        .await
}
