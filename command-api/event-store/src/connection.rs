//! The command loop's own connection, and those of what works beside it: no pool, no ping before each statement, one plan per statement.
//!
//! Every round trip has a limit on this side, for a server that goes silent without closing its connection. After an error of a
//! round trip nobody knows what the server did with it: the connection is to be dropped.

use std::io;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection as _, Executor};

/// Taken by every append, and by nothing else; the same number stands in `0002_append.sql`.
const APPEND_LOCK: i64 = 1_128_354_388;

/// How long one answer is waited for. Longer than the server takes before it gives up by itself (3 s).
pub(crate) const ROUND_TRIP: Duration = Duration::from_millis(3_500);
/// Nobody depends on it: relays poll, too.
const NOTIFICATION: Duration = Duration::from_millis(500);

/// The tables grow from nothing to millions of rows under a plan that is made once: only the index plan is right at both ends.
///
/// The limits on the server's side end what waits for a lock. They also end a transaction whose client stands still in the
/// middle of it, since it may hold the append's lock; and statements whose client is gone.
const SETTINGS: &str = "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off;
    set plan_cache_mode = force_generic_plan; set statement_timeout = '3s'; set lock_timeout = '3s';
    set idle_in_transaction_session_timeout = '3s'; set client_connection_check_interval = '1s';
    set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3; set tcp_user_timeout = '10s'";

pub struct Connection {
    pub(crate) inner: PgConnection,
}

impl Connection {
    /// # Errors
    /// When PostgreSQL cannot be reached or does not answer in time, or the URL is not one.
    pub async fn open(url: &str) -> Result<Self, sqlx::Error> {
        Self::open_as(url, "command-loop").await
    }

    /// The same for what works beside the loop, under a name of its own.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_as(url: &str, name: &str) -> Result<Self, sqlx::Error> {
        let options: PgConnectOptions = url.parse()?;
        let options = options.application_name(name);
        let mut inner = within(ROUND_TRIP, PgConnection::connect_with(&options)).await?;
        within(ROUND_TRIP, inner.execute(SETTINGS)).await?;
        Ok(Self { inner })
    }

    /// Begins a transaction that holds the append's lock, so that what is loaded in it cannot become stale.
    pub async fn begin_locked(&mut self) -> Result<(), sqlx::Error> {
        let begin = format!("begin; select pg_advisory_xact_lock({APPEND_LOCK})");
        within(ROUND_TRIP, self.inner.execute(begin.as_str()))
            .await
            .map(drop)
    }

    pub async fn commit(&mut self) -> Result<(), sqlx::Error> {
        within(ROUND_TRIP, self.inner.execute("commit")).await.map(drop)
    }

    pub async fn roll_back(&mut self) -> Result<(), sqlx::Error> {
        within(ROUND_TRIP, self.inner.execute("rollback")).await.map(drop)
    }

    /// Tells relays in other processes that there is something to publish. After the commit, never inside it.
    pub async fn notify(&mut self) -> Result<(), sqlx::Error> {
        within(NOTIFICATION, self.inner.execute("notify appended"))
            .await
            .map(drop)
    }
}

/// What a round trip comes to, or that the server was silent for too long.
pub(crate) async fn within<T>(
    limit: Duration,
    trip: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(limit, trip).await.unwrap_or_else(|_| {
        let silence = format!("PostgreSQL did not answer within {} ms", limit.as_millis());
        Err(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, silence)))
    })
}
