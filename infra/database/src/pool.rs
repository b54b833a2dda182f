//! Pools whose every round trip ends. The only place where a pool of connections to PostgreSQL is made.

use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt, TryFutureExt, TryStreamExt};
use sqlx::postgres::{
    PgConnectOptions, PgPool, PgPoolOptions, PgQueryResult, PgRow, PgStatement, PgTypeInfo,
};
use sqlx::{ConnectOptions, Describe, Either, Error, Execute, Executor, Postgres};

use crate::errors::classify;
use crate::limits::{Limits, Suspicion};
use crate::session::{Session, Transaction, is_answering};

/// How long a process that starts waits for PostgreSQL.
const START: Duration = Duration::from_secs(10);

/// What a pool is made with.
pub struct PoolSettings {
    connect: PgConnectOptions,
    connections: u32,
    limits: Limits,
}

impl PoolSettings {
    /// # Errors
    /// When the URL is none of PostgreSQL's.
    pub fn new(url: &str, application: &str, limits: Limits) -> Result<Self, Error> {
        let connect: PgConnectOptions = url.parse()?;
        let milliseconds = |limit: Duration| limit.as_millis().to_string();
        // The keepalives are the server's: it gives the locks of a client back whose host is gone.
        let mut connect = connect
            .application_name(application)
            .options([
                ("tcp_keepalives_idle", "5"),
                ("tcp_keepalives_interval", "5"),
                ("tcp_keepalives_count", "2"),
            ])
            .options([("idle_in_transaction_session_timeout", milliseconds(limits.idle))]);
        if let Some(statement) = limits.statement {
            connect = connect.options([("statement_timeout", milliseconds(statement))]);
        }
        Ok(Self {
            connect,
            connections: 4,
            limits,
        })
    }

    /// How many connections there may be; four where nobody says.
    #[must_use]
    pub fn connections(self, connections: u32) -> Self {
        Self { connections, ..self }
    }

    /// Parameters of the sessions, as `set` takes them.
    #[must_use]
    pub fn parameters<const N: usize>(self, parameters: [(&str, &str); N]) -> Self {
        let connect = self.connect.options(parameters);
        Self { connect, ..self }
    }

    /// For statements that are expected to take long.
    #[must_use]
    pub fn without_statement_logging(self) -> Self {
        let connect = self.connect.disable_statement_logging();
        Self { connect, ..self }
    }

    /// Connects when it is first used.
    pub fn lazy(self) -> Pool {
        let suspicion = Suspicion::default();
        Pool {
            inner: self.options(&suspicion).connect_lazy_with(self.connect),
            limits: self.limits,
            suspicion,
        }
    }

    /// For a library that knows `sqlx`' own pools only. Its work needs a limit of the caller's, see [`within`](crate::within); a
    /// connection that says nothing to it does not come back into the pool.
    pub fn lazy_for_library(self) -> PgPool {
        let suspicion = Suspicion::default();
        let released = suspicion.clone();
        self.options(&suspicion)
            .after_release(move |connection, _| {
                let suspicion = released.clone();
                Box::pin(async move { Ok(is_answering(connection, &suspicion).await) })
            })
            .connect_lazy_with(self.connect)
    }

    fn options(&self, suspicion: &Suspicion) -> PgPoolOptions {
        let suspicion = suspicion.clone();
        PgPoolOptions::new()
            .max_connections(self.connections)
            .acquire_timeout(self.limits.acquire)
            // Its ping has no limit; ours has.
            .test_before_acquire(false)
            .before_acquire(move |connection, metadata| {
                let suspicion = suspicion.clone();
                Box::pin(async move {
                    Ok(!suspicion.covers(metadata.idle_for) && is_answering(connection, &suspicion).await)
                })
            })
    }

    /// Connects, and waits for a PostgreSQL that is just starting.
    ///
    /// # Errors
    /// When it cannot be reached within ten seconds.
    pub async fn open(self) -> Result<Pool, Error> {
        let pool = self.lazy();
        let started = Instant::now();
        while let Err(error) = pool.acquire().await {
            if started.elapsed() > START || !classify(&error).is_worth_repeating() {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(pool)
    }
}

/// A pool. Clones share it. As an executor it takes a connection for one statement, and collects what that says: whoever reads
/// more than fits into memory takes a [`Session`].
#[derive(Clone, Debug)]
pub struct Pool {
    inner: PgPool,
    limits: Limits,
    suspicion: Suspicion,
}

impl Pool {
    /// # Errors
    /// When PostgreSQL does not give a connection in time, or all are taken.
    pub async fn acquire(&self) -> Result<Session, Error> {
        let connection = self.inner.acquire().await?;
        Ok(Session::new(
            connection,
            self.limits.silence,
            self.suspicion.clone(),
        ))
    }

    /// # Errors
    /// When PostgreSQL does not begin a transaction in time.
    pub async fn begin(&self) -> Result<Transaction, Error> {
        self.acquire().await?.begin().await
    }

    /// Closes its connections, for whoever drops the database under them.
    pub async fn close(&self) {
        self.inner.close().await;
    }
}

impl<'p> Executor<'p> for &'p Pool {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        async move {
            let mut session = self.acquire().await?;
            let steps: Vec<_> = session.fetch_many(query).try_collect().await?;
            Ok(stream::iter(steps.into_iter().map(Ok)))
        }
        .try_flatten_stream()
        .boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        async move { self.acquire().await?.fetch_optional(query).await }.boxed()
    }

    fn prepare_with<'e, 'q: 'e>(
        self,
        sql: &'q str,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement<'q>, Error>>
    where
        'p: 'e,
    {
        async move { self.acquire().await?.prepare_with(sql, parameters).await }.boxed()
    }

    fn describe<'e, 'q: 'e>(self, sql: &'q str) -> BoxFuture<'e, Result<Describe<Postgres>, Error>>
    where
        'p: 'e,
    {
        async move { self.acquire().await?.describe(sql).await }.boxed()
    }
}
