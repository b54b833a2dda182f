//! How far the relay got, and who may be the relay: one leader at a time.
//!
//! Every round trip has a limit on this side: a server that falls silent without closing the connection costs one
//! time-out, and then the connection.

use std::time::Duration;

use database::within;
use domain::{AggregateType, RecordedEvent};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{ConnectOptions, Executor, Row};
use uuid::Uuid;

use crate::incarnation::{self, Cursor, Incarnations, Renewed};
use crate::row::{COLUMNS, aggregate_type, recorded_event};

/// Bytes of the payloads of one page, at most, as PostgreSQL stores them; a page has at least one event.
pub(crate) const PAGE_BYTES: i64 = 8 << 20;
/// A leader that says nothing for so long has lost its lock. Longer than a leader waits for anything else.
const LEASE: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
pub enum CursorError {
    /// The cursor is not as its leader left it: another process moved it, or the log was restored, or its incarnation renewed.
    #[error("the relay's cursor was moved by another process")]
    Moved,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The leader's connection: it holds the lock as long as it lives, and everything the leader does goes through it,
/// so that a process that lost the lock cannot move the cursor.
pub struct Leadership {
    pub(crate) connection: PgConnection,
    name: String,
    pub(crate) limit: Duration,
    pub position: i64,
    incarnations: Incarnations,
}

/// An event as the relay reads it.
#[derive(Clone, Debug)]
pub struct Logged {
    pub event: RecordedEvent,
    /// Without it, the payload was too large to be read, and is null.
    pub has_payload: bool,
}

impl Logged {
    pub(crate) fn of(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            event: recorded_event(row)?,
            has_payload: row.try_get("has_payload")?,
        })
    }
}

/// The columns of [`Logged`], of what [`sized`] selects.
pub(crate) fn columns() -> String {
    let payload = "case when has_payload then payload::text else 'null' end as payload";
    format!("{}, has_payload", COLUMNS.replace("payload::text", payload))
}

/// A page of `events` that is cut after $3 bytes, its first event in any case. Payloads of more than $4 bytes are not to be sent.
///
/// The sizes that decide are those on disk: nothing is decompressed for them but what is large there.
pub(crate) fn sized(events: &str) -> String {
    format!(
        "select * from (
             select *, sum(pg_column_size(payload)) over (order by global_position rows unbounded preceding)
                       - pg_column_size(payload) as bytes_before,
                    pg_column_size(payload) < 65536 or octet_length(payload::text) <= $4 as has_payload
             from ({events}) next
         ) sized where bytes_before < $3"
    )
}

impl Leadership {
    /// Becomes the leader of the cursor `name`, or returns `None` while another process is. No round trip to PostgreSQL
    /// takes longer than `limit`, now and later.
    pub async fn take(url: &str, name: &str, limit: Duration) -> Result<Option<Self>, CursorError> {
        let mut connection = connect(url, "relay", limit).await?;
        // PostgreSQL ends the session of a leader whose machine vanished within 15 seconds, and of one that fell silent
        // after its lease. Losing the last moves of the cursor repeats messages and loses none, so it does not wait for
        // the disk. A plan that was made while the table was empty must not read all of it later.
        let settings = format!(
            "set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 2; \
             set idle_session_timeout = {}; set synchronous_commit = off; set enable_seqscan = off",
            LEASE.as_millis()
        );
        within(limit, connection.execute(settings.as_str())).await?;
        let lock =
            sqlx::query_scalar("select pg_try_advisory_lock(hashtext('cartwright.relay'), hashtext($1))")
                .bind(name)
                .fetch_one(&mut connection);
        let leads: bool = within(limit, lock).await?;
        if !leads {
            return Ok(None);
        }
        let incarnations = within(limit, Incarnations::read(&mut connection)).await?;
        let mut leadership = Self {
            connection,
            name: name.to_owned(),
            limit,
            position: 0,
            incarnations,
        };
        leadership.begin().await?;
        Ok(Some(leadership))
    }

    /// Reads where the cursor is, and puts it into the log's current incarnation.
    async fn begin(&mut self) -> Result<(), CursorError> {
        let made =
            sqlx::query("insert into relay_cursor (name, position) values ($1, 0) on conflict do nothing")
                .bind(&self.name)
                .execute(&mut self.connection);
        within(self.limit, made).await?;
        let found = sqlx::query_as(
            "update relay_cursor set incarnation =
                 (select id from log_incarnation where since is not null order by number desc limit 1)
             where name = $1 returning position, incarnation",
        )
        .bind(&self.name)
        .fetch_one(&mut self.connection);
        let (position, incarnation): (i64, Uuid) = within(self.limit, found).await?;
        self.incarnations = within(self.limit, Incarnations::read(&mut self.connection)).await?;
        // It was renewed between the two.
        if self.incarnations.current() != incarnation {
            return Err(CursorError::Moved);
        }
        self.position = position;
        Ok(())
    }

    pub const fn incarnations(&self) -> &Incarnations {
        &self.incarnations
    }

    /// Renews the log's incarnation, since Kafka has messages of events that the log does not have.
    ///
    /// `lost`: incarnations of messages in Kafka that the log has not heard of.
    pub async fn renew_incarnation(
        &mut self,
        cursor: Cursor,
        reason: &str,
        lost: &[Uuid],
    ) -> Result<Renewed, CursorError> {
        let renewed = incarnation::renew_on(&mut self.connection, cursor, reason, lost);
        let renewed = within(self.limit, renewed).await?;
        self.begin().await?;
        Ok(renewed)
    }

    /// Which of these events the log has: their positions and ids.
    pub async fn ids_at(&mut self, positions: &[i64]) -> Result<Vec<(i64, Uuid)>, CursorError> {
        let found =
            sqlx::query_as("select global_position, event_id from events where global_position = any($1)")
                .bind(positions)
                .fetch_all(&mut self.connection);
        Ok(within(self.limit, found).await?)
    }

    /// The position of the newest event.
    pub async fn head(&mut self) -> Result<i64, CursorError> {
        let head = sqlx::query_scalar("select coalesce(max(global_position), 0) from events")
            .fetch_one(&mut self.connection);
        Ok(within(self.limit, head).await?)
    }

    /// Positions and aggregates of the newest events up to the cursor, the newest first.
    pub async fn before_cursor(
        &mut self,
        events: i64,
    ) -> Result<Vec<(i64, AggregateType, String)>, CursorError> {
        let read = sqlx::query(
            "select global_position, aggregate_type, aggregate_id from events where global_position <= $1
             order by global_position desc limit $2",
        )
        .bind(self.position)
        .bind(events)
        .fetch_all(&mut self.connection);
        let rows = within(self.limit, read).await?;
        let named = |row: &PgRow| Ok((row.try_get(0)?, aggregate_type(row.try_get(1)?)?, row.try_get(2)?));
        let named: Result<_, sqlx::Error> = rows.iter().map(named).collect();
        Ok(named?)
    }

    /// The next page past the cursor, in commit order: at most `events`, and fewer where they are large. One whose payload has more than
    /// `largest` bytes comes without it.
    ///
    /// # Errors
    /// [`CursorError::Moved`] when the cursor is not as this leader left it. It is read in the same snapshot as the events, so
    /// that a log that was restored under a connection that survived is noticed before anything of it is published.
    pub async fn next_page(&mut self, events: i64, largest: usize) -> Result<Vec<Logged>, CursorError> {
        let page = sized(
            "select * from events where global_position > c.position order by global_position limit $2",
        );
        let sql = format!(
            "select {}, c.position, c.incarnation from relay_cursor c left join lateral ({page}) page on true
             where c.name = $1 order by global_position",
            columns()
        );
        let read = sqlx::query(&sql)
            .bind(&self.name)
            .bind(events)
            .bind(PAGE_BYTES)
            .bind(i64::try_from(largest).unwrap_or(i64::MAX))
            .fetch_all(&mut self.connection);
        let rows = within(self.limit, read).await?;
        let cursor = rows.first().ok_or(CursorError::Moved)?;
        let incarnation: Option<Uuid> = cursor.try_get("incarnation")?;
        if cursor.try_get::<i64, _>("position")? != self.position
            || incarnation != Some(self.incarnations.current())
        {
            return Err(CursorError::Moved);
        }
        let mut page = Vec::with_capacity(rows.len());
        for row in &rows {
            // One row without an event says that there is none.
            if row.try_get::<Option<i64>, _>(0)?.is_some() {
                page.push(Logged::of(row)?);
            }
        }
        Ok(page)
    }

    /// Moves the cursor from where it is to `position`.
    ///
    /// # Errors
    /// [`CursorError::Moved`] when it is not there any more.
    pub async fn move_to(&mut self, position: i64) -> Result<(), CursorError> {
        let update = sqlx::query(
            "update relay_cursor set position = $3 where name = $1 and position = $2 and incarnation = $4",
        )
        .bind(&self.name)
        .bind(self.position)
        .bind(position)
        .bind(self.incarnations.current())
        .execute(&mut self.connection);
        if within(self.limit, update).await?.rows_affected() == 0 {
            return Err(CursorError::Moved);
        }
        self.position = position;
        Ok(())
    }

    /// Renews the lease while the leader waits for something else.
    pub async fn renew(&mut self) -> Result<(), CursorError> {
        within(self.limit, self.connection.execute("select 1")).await?;
        Ok(())
    }
}

pub(crate) async fn connect(
    url: &str,
    application: &str,
    limit: Duration,
) -> Result<PgConnection, CursorError> {
    let options: PgConnectOptions = url.parse::<PgConnectOptions>()?.application_name(application);
    let mut connection = within(limit, options.connect()).await?;
    // The server gives up, too: what waits behind somebody's lock there ends.
    let settings = format!("set statement_timeout = {}", limit.as_millis());
    within(limit, connection.execute(settings.as_str())).await?;
    Ok(connection)
}
