//! How far the relay got, and who may be the relay: one leader at a time.

use domain::RecordedEvent;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener};
use sqlx::{Connection as _, Executor};

use crate::row::page;

/// The leader's connection: it holds the lock as long as it lives, and everything the leader does goes through it,
/// so that whoever lost the lock cannot move the cursor.
pub struct Leadership {
    connection: PgConnection,
    pub position: i64,
}

/// The cursor was not where its leader had left it: somebody else moves it.
#[derive(Debug, thiserror::Error)]
pub enum CursorError {
    #[error("the relay's cursor was moved by someone else")]
    Moved,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Leadership {
    /// Becomes the leader of the cursor `name`, or returns `None` while somebody else is.
    pub async fn take(url: &str, name: &str) -> Result<Option<Self>, sqlx::Error> {
        let options: PgConnectOptions = url.parse()?;
        let mut connection = PgConnection::connect_with(&options.application_name("relay")).await?;
        // A leader whose machine vanished must not keep the lock for hours: PostgreSQL finds out within 15 seconds.
        // Losing the last moves of the cursor repeats messages and loses none, so it does not wait for the disk.
        connection
            .execute(
                "set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 2; \
                 set synchronous_commit = off",
            )
            .await?;
        let leads: bool =
            sqlx::query_scalar("select pg_try_advisory_lock(hashtext('cartwright.relay'), hashtext($1))")
                .bind(name)
                .fetch_one(&mut connection)
                .await?;
        if !leads {
            return Ok(None);
        }
        sqlx::query("insert into relay_cursor values ($1, 0) on conflict do nothing")
            .bind(name)
            .execute(&mut connection)
            .await?;
        let position = sqlx::query_scalar("select position from relay_cursor where name = $1")
            .bind(name)
            .fetch_one(&mut connection)
            .await?;
        Ok(Some(Self { connection, position }))
    }

    /// The next page past the cursor, in commit order.
    pub async fn next_page(&mut self, limit: i64) -> Result<Vec<RecordedEvent>, sqlx::Error> {
        page(&mut self.connection, self.position, limit).await
    }

    /// Moves the cursor from where it is to `position`.
    ///
    /// # Errors
    /// [`CursorError::Moved`] when it is not there any more.
    pub async fn move_to(&mut self, name: &str, position: i64) -> Result<(), CursorError> {
        let moved = sqlx::query("update relay_cursor set position = $3 where name = $1 and position = $2")
            .bind(name)
            .bind(self.position)
            .bind(position)
            .execute(&mut self.connection)
            .await?
            .rows_affected();
        if moved == 0 {
            return Err(CursorError::Moved);
        }
        self.position = position;
        Ok(())
    }

    /// How many events lie past the cursor, and how old the oldest of them is, in seconds.
    pub async fn lag(&mut self) -> Result<(i64, f64), sqlx::Error> {
        sqlx::query_as(
            "select (select coalesce(max(global_position), 0) from events) - $1,
                    coalesce((select extract(epoch from clock_timestamp() - recorded_at)::float8 from events
                              where global_position > $1 order by global_position limit 1), 0)",
        )
        .bind(self.position)
        .fetch_one(&mut self.connection)
        .await
    }
}

/// Wakes a relay in another process than the command loop's. Who loses it polls.
pub async fn listen(url: &str) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect(url).await?;
    listener.listen("appended").await?;
    Ok(listener)
}
