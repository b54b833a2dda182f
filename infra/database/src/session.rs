//! One connection out of a pool, and a transaction on it. Every statement of theirs ends, whatever the server does.
//!
//! A statement that was given up in its middle leaves its connection in a state that nobody knows: its answer may come yet.
//! Such a connection goes back only after it has answered a ping in time, and is thrown away otherwise.

use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, TryStreamExt};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgQueryResult, PgRow, PgStatement, PgTransactionManager, PgTypeInfo};
use sqlx::{
    Connection as _, Describe, Either, Error, Execute, Executor, PgConnection, Postgres, TransactionManager,
};

use crate::limits::{Answers, Suspicion, within};

/// PostgreSQL answers a ping in less than a millisecond, or it is not there.
pub(crate) const PING: Duration = Duration::from_secs(1);

/// Whether the connection can be used for another statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Ready,
    /// A statement was begun and is not over.
    Busy,
    /// PostgreSQL said nothing for too long, or nobody knows whether it is in a transaction.
    Lost,
}

/// A connection of a [`crate::Pool`]; whoever takes one gives it back by dropping it.
pub struct Session {
    /// None only while it is dropped.
    connection: Option<PoolConnection<Postgres>>,
    condition: Condition,
    silence: Duration,
    suspicion: Suspicion,
}

/// A transaction. Dropped before [`Transaction::commit`], it leaves no trace.
#[derive(Debug)]
pub struct Transaction {
    session: Session,
    is_open: bool,
}

const HELD: &str = "a session has its connection until it is dropped";

impl Session {
    pub(crate) fn new(connection: PoolConnection<Postgres>, silence: Duration, suspicion: Suspicion) -> Self {
        Self {
            connection: Some(connection),
            condition: Condition::Ready,
            silence,
            suspicion,
        }
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// When PostgreSQL does not begin one in time.
    pub async fn begin(mut self) -> Result<Transaction, Error> {
        // Whoever gives up in the middle leaves a connection that may be in a transaction, and does not know it.
        self.condition = Condition::Lost;
        let silence = self.silence;
        within(silence, PgTransactionManager::begin(self.connection(), None)).await?;
        self.condition = Condition::Ready;
        Ok(Transaction {
            session: self,
            is_open: true,
        })
    }

    fn connection(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect(HELD)
    }

    async fn round_trip<'s, T>(
        &'s mut self,
        make: impl FnOnce(&'s mut PgConnection) -> BoxFuture<'s, Result<T, Error>>,
    ) -> Result<T, Error> {
        self.condition = Condition::Busy;
        let connection = self.connection.as_mut().expect(HELD);
        let answer = within(self.silence, make(connection)).await;
        self.condition = after(answer.as_ref().err());
        if self.condition == Condition::Lost {
            self.suspicion.raise();
        }
        answer
    }
}

/// What a statement that is over leaves behind.
pub(crate) fn after(error: Option<&Error>) -> Condition {
    match error {
        None | Some(Error::Database(_)) => Condition::Ready,
        Some(Error::Io(error)) if error.kind() == io::ErrorKind::TimedOut => Condition::Lost,
        Some(_) => Condition::Busy,
    }
}

/// Whether it answers in time.
pub(crate) async fn is_answering(connection: &mut PgConnection, suspicion: &Suspicion) -> bool {
    match tokio::time::timeout(PING, connection.ping()).await {
        Ok(answer) => answer.is_ok(),
        Err(_elapsed) => {
            suspicion.raise();
            false
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        // On the way back it is pinged, without a limit of `sqlx`' own: one that was silent there would be lost to the pool. Where the
        // limit ends it, or there is no runtime to wait on, the kernel closes it, without waiting for anything to be written.
        match (self.condition, tokio::runtime::Handle::try_current()) {
            (Condition::Ready | Condition::Busy, Ok(runtime)) => {
                let (returned, suspicion) = (connection.return_to_pool(), self.suspicion.clone());
                runtime.spawn(async move {
                    if tokio::time::timeout(PING, returned).await.is_err() {
                        suspicion.raise();
                    }
                });
            }
            (Condition::Ready | Condition::Busy, Err(_)) | (Condition::Lost, _) => drop(connection.detach()),
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let condition = &self.condition;
        f.debug_struct("Session")
            .field("condition", condition)
            .finish_non_exhaustive()
    }
}

impl Transaction {
    /// # Errors
    /// When PostgreSQL does not confirm it in time: then it is not known whether it is committed.
    pub async fn commit(mut self) -> Result<(), Error> {
        self.session
            .round_trip(|connection| PgTransactionManager::commit(connection))
            .await?;
        self.is_open = false;
        Ok(())
    }

    /// # Errors
    /// When PostgreSQL does not confirm it in time. It rolls back all the same.
    pub async fn rollback(mut self) -> Result<(), Error> {
        self.session
            .round_trip(|connection| PgTransactionManager::rollback(connection))
            .await?;
        self.is_open = false;
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let (true, Some(connection)) = (self.is_open, &mut self.session.connection) {
            // Written with the ping, before which it goes to nobody else.
            PgTransactionManager::start_rollback(connection);
        }
    }
}

impl Deref for Transaction {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}

impl<'c> Executor<'c> for &'c mut Session {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        self.condition = Condition::Busy;
        let connection: &mut PgConnection = self.connection.as_mut().expect(HELD);
        Answers {
            inner: connection.fetch_many(query),
            condition: &mut self.condition,
            suspicion: &self.suspicion,
            limit: self.silence,
            timer: None,
        }
        .boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let mut steps = self.fetch_many(query);
        async move {
            let mut row = None;
            // To the end: what a deferred constraint says comes last.
            while let Some(step) = steps.try_next().await? {
                row = row.or(step.right());
            }
            Ok(row)
        }
        .boxed()
    }

    fn prepare_with<'e, 'q: 'e>(
        self,
        sql: &'q str,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement<'q>, Error>>
    where
        'c: 'e,
    {
        self.round_trip(|connection| connection.prepare_with(sql, parameters))
            .boxed()
    }

    fn describe<'e, 'q: 'e>(self, sql: &'q str) -> BoxFuture<'e, Result<Describe<Postgres>, Error>>
    where
        'c: 'e,
    {
        self.round_trip(|connection| connection.describe(sql)).boxed()
    }
}
