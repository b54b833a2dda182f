//! Small pools for what is kept beside the log: its users never wait for the command loop's connection, nor it for them.

use database::{Limits, Pool, PoolSettings};

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
pub(crate) async fn open(url: &str, application: &str, commits: Commits) -> Result<Pool, sqlx::Error> {
    let synchronous_commit = match commits {
        Commits::Wait => "on",
        Commits::Follow => "off",
    };
    // As with the command loop: these tables grow from nothing too.
    PoolSettings::new(url, application, Limits::SERVING)?
        .parameters([
            ("synchronous_commit", synchronous_commit),
            ("enable_seqscan", "off"),
        ])
        .open()
        .await
}
