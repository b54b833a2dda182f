//! The command loop's own connection: no pool, no ping before each statement, one plan per statement.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection as _, Executor};

/// Taken by every append, and by nothing else; the same number stands in `0002_append.sql`.
const APPEND_LOCK: i64 = 1_128_354_388;

pub struct Connection {
    pub(crate) inner: PgConnection,
}

impl Connection {
    /// # Errors
    /// When PostgreSQL cannot be reached, or the URL is not one.
    pub async fn open(url: &str) -> Result<Self, sqlx::Error> {
        let options: PgConnectOptions = url.parse()?;
        let mut inner = PgConnection::connect_with(&options.application_name("command-loop")).await?;
        // The tables grow from nothing to millions of rows under a plan that is made once: only the index plan is right
        // at both ends. The time limit ends what waits for a lock behind a hung writer.
        inner
            .execute(
                "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; \
                 set plan_cache_mode = force_generic_plan; set statement_timeout = '10s'",
            )
            .await?;
        Ok(Self { inner })
    }

    /// Begins a transaction that holds the append's lock, so that what is loaded in it cannot become stale.
    pub async fn begin_locked(&mut self) -> Result<(), sqlx::Error> {
        self.inner.execute("begin").await?;
        sqlx::query("select pg_advisory_xact_lock($1)")
            .bind(APPEND_LOCK)
            .execute(&mut self.inner)
            .await?;
        Ok(())
    }

    pub async fn commit(&mut self) -> Result<(), sqlx::Error> {
        self.inner.execute("commit").await.map(drop)
    }

    pub async fn roll_back(&mut self) -> Result<(), sqlx::Error> {
        self.inner.execute("rollback").await.map(drop)
    }

    /// Tells relays in other processes that there is something to publish. After the commit, never inside it.
    pub async fn notify(&mut self) -> Result<(), sqlx::Error> {
        self.inner.execute("notify appended").await.map(drop)
    }
}
