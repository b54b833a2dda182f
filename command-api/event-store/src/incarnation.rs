//! The identity of the log. It changes when a restore, or a replica that was promoted, lost events that were known outside.
//!
//! The relay writes it into every message, and renews it when Kafka has what the log has lost; `command-api new-incarnation` renews it
//! by hand. Whatever was derived from the log is derived anew when it changes.

use std::time::Duration;

use database::within;
use sqlx::postgres::PgExecutor;
use sqlx::{Connection as _, Executor, PgConnection};
use uuid::Uuid;

use crate::connection::Connection;
use crate::reading::Reader;

/// All incarnations that the log has had, the oldest first, and those that it has lost. There is at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incarnations {
    /// With the position past which each begins.
    had: Vec<(Uuid, i64)>,
    lost: Vec<Uuid>,
}

/// What a renewal found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewed {
    pub id: Uuid,
    /// Events past this position belong to the new incarnation, and are published again.
    pub since: i64,
}

/// Where the relay's cursor stands after a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// Where it is: it was restored with the log, so everything before it was published and is still there.
    Kept,
    /// At the beginning: it says more than the log has, so nothing it says is believed.
    Reset,
}

impl Incarnations {
    /// Of what is appended now.
    pub fn current(&self) -> Uuid {
        self.had.last().map_or(Uuid::nil(), |(id, _)| *id)
    }

    /// Of what was derived from the log before it had incarnations.
    pub fn first(&self) -> Uuid {
        self.had.first().map_or(Uuid::nil(), |(id, _)| *id)
    }

    /// Of the event at a position.
    pub fn of(&self, position: i64) -> Uuid {
        self.begun(position).0
    }

    /// The incarnation of the event at a position, and past which position it begins.
    pub fn begun(&self, position: i64) -> (Uuid, i64) {
        let found = self.had.iter().rev().find(|(_, since)| *since < position);
        found.copied().unwrap_or_else(|| (self.first(), 0))
    }

    /// Whether an event that was published under an incarnation (none: by an earlier release) is still the one that the log has there.
    pub fn has(&self, position: i64, incarnation: Option<Uuid>) -> bool {
        self.of(position) == incarnation.unwrap_or_else(|| self.first())
    }

    /// Whether the log has heard of it.
    pub fn knows(&self, id: Uuid) -> bool {
        self.had.iter().any(|(had, _)| *had == id) || self.lost.contains(&id)
    }

    /// # Errors
    /// When the log cannot be asked, or was never migrated.
    pub async fn read(executor: impl PgExecutor<'_>) -> Result<Self, sqlx::Error> {
        let rows: Vec<(Uuid, Option<i64>)> =
            sqlx::query_as("select id, since from log_incarnation order by number")
                .fetch_all(executor)
                .await?;
        let (mut had, mut lost) = (vec![], vec![]);
        for (id, since) in rows {
            match since {
                Some(since) => had.push((id, since)),
                None => lost.push(id),
            }
        }
        if had.is_empty() {
            return Err(sqlx::Error::RowNotFound);
        }
        Ok(Self { had, lost })
    }
}

impl Reader {
    pub async fn incarnations(&self) -> Result<Incarnations, sqlx::Error> {
        Incarnations::read(&self.pool).await
    }
}

impl Connection {
    /// The current incarnation, for whoever keeps states of this log in memory.
    pub async fn incarnation(&mut self) -> Result<Uuid, sqlx::Error> {
        let asked = sqlx::query_scalar(
            "select id from log_incarnation where since is not null order by number desc limit 1",
        )
        .fetch_one(&mut self.inner);
        within(LOOKS_WITHIN, asked).await
    }
}

/// The command loop waits for it, and commands for the loop.
const LOOKS_WITHIN: Duration = Duration::from_secs(3);
/// Somebody waits for it at a terminal.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Gives the log at `url` a new incarnation, for whoever restored it.
///
/// Snapshots are deleted first: a database that was restored in part has those of streams whose events it lost, and whoever came past
/// such a version by other events would believe them.
pub async fn renew(url: &str, reason: &str) -> Result<Renewed, sqlx::Error> {
    let mut connection = within(ANSWER_WITHIN, PgConnection::connect(url)).await?;
    within(ANSWER_WITHIN, connection.execute("delete from stream_snapshots")).await?;
    let renewed = renew_on(&mut connection, Cursor::Kept, reason, &[]);
    within(ANSWER_WITHIN, renewed).await
}

/// Begins where the cursor stands, so that everything past it is published under the new incarnation, whether or not it was before.
///
/// The cursors are locked and changed: a leader that is about to move one is refused, and publishes again.
pub(crate) async fn renew_on(
    connection: &mut PgConnection,
    cursor: Cursor,
    reason: &str,
    lost: &[Uuid],
) -> Result<Renewed, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let positions: Vec<i64> =
        sqlx::query_scalar("select position from relay_cursor order by name for update")
            .fetch_all(&mut *transaction)
            .await?;
    let head: i64 = sqlx::query_scalar("select coalesce(max(global_position), 0) from events")
        .fetch_one(&mut *transaction)
        .await?;
    let lowest = positions.into_iter().min().unwrap_or(0);
    let since = match cursor {
        Cursor::Kept if lowest <= head => lowest,
        Cursor::Kept | Cursor::Reset => 0,
    };
    for lost in lost {
        sqlx::query(
            "insert into log_incarnation (id, reason) values ($1, 'seen in Kafka') on conflict do nothing",
        )
        .bind(lost)
        .execute(&mut *transaction)
        .await?;
    }
    let id = Uuid::new_v4();
    sqlx::query("insert into log_incarnation (id, since, reason) values ($1, $2, $3)")
        .bind(id)
        .bind(since)
        .bind(reason)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("update relay_cursor set incarnation = $1, position = least(position, $2)")
        .bind(id)
        .bind(since)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Renewed { id, since })
}
