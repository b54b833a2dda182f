//! How long anything of PostgreSQL is waited for, on this side of the connection.
//!
//! `statement_timeout` lives on the server: where its host is gone, or its process stopped, nobody is there to keep it. The kernel
//! helps little: what a dead host acknowledged is never sent again, and a stopped process acknowledges everything.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures::Stream;
use futures::stream::BoxStream;
use sqlx::Error;
use tokio::time::Sleep;

use crate::session::{Condition, after};

/// The time limits of a pool.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For a connection, whether it has to be made or to be given back by somebody else.
    pub acquire: Duration,
    /// For a whole statement, kept by the server. None: as long as rows keep coming.
    pub statement: Option<Duration>,
    /// For the next that PostgreSQL says, kept here: longer than `statement`, whose end is something that it says.
    pub silence: Duration,
    /// How long a transaction may lie idle before the server ends it: a process that stopped in its middle holds its locks no longer.
    pub idle: Duration,
}

impl Limits {
    /// Somebody waits for an answer over HTTP: acquiring and one silent statement end within five seconds.
    pub const SERVING: Self = Self {
        acquire: Duration::from_millis(1_500),
        statement: Some(Duration::from_secs(3)),
        silence: Duration::from_millis(3_400),
        idle: Duration::from_secs(10),
    };
    /// Nobody waits: consumers, senders, sweeps.
    pub const BACKGROUND: Self = Self {
        acquire: Duration::from_secs(3),
        statement: Some(Duration::from_secs(10)),
        silence: Duration::from_secs(12),
        idle: Duration::from_mins(1),
    };
    /// Long reads of the log, and what is made of them: they take what they take, but PostgreSQL may sort for minutes only before it
    /// says something.
    pub const STREAMING: Self = Self {
        acquire: Duration::from_secs(3),
        statement: None,
        silence: Duration::from_mins(5),
        idle: Duration::from_mins(10),
    };
}

/// One round trip, ended after `limit`. The connection must not be used again then: its answer may still come.
///
/// # Errors
/// What the round trip says; [`Error::Io`] of the kind `TimedOut` where it says nothing.
pub async fn within<T>(
    limit: Duration,
    round_trip: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    tokio::time::timeout(limit, round_trip)
        .await
        .unwrap_or_else(|_elapsed| Err(silent(limit)))
}

pub(crate) fn silent(limit: Duration) -> Error {
    let message = format!("PostgreSQL said nothing for {limit:?}");
    Error::Io(io::Error::new(io::ErrorKind::TimedOut, message))
}

/// When PostgreSQL was last found silent by a connection of a pool: the others that lay idle then are not worth asking.
#[derive(Clone, Debug, Default)]
pub(crate) struct Suspicion(Arc<Mutex<Option<Instant>>>);

impl Suspicion {
    pub(crate) fn raise(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection that was idle for so long was so already when PostgreSQL went silent.
    pub(crate) fn covers(&self, idle_for: Duration) -> bool {
        let raised = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        raised.is_some_and(|raised| raised.elapsed() <= idle_for)
    }
}

/// What a statement says, until it says nothing for too long.
pub(crate) struct Answers<'a, T> {
    pub(crate) inner: BoxStream<'a, Result<T, Error>>,
    /// Of the connection, once the statement is over.
    pub(crate) condition: &'a mut Condition,
    pub(crate) suspicion: &'a Suspicion,
    pub(crate) limit: Duration,
    pub(crate) timer: Option<Pin<Box<Sleep>>>,
}

impl<T> Stream for Answers<'_, T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let answers = &mut *self;
        if let Poll::Ready(answer) = answers.inner.as_mut().poll_next(context) {
            answers.timer = None;
            match &answer {
                None => *answers.condition = Condition::Ready,
                Some(Err(error)) => *answers.condition = after(Some(error)),
                Some(Ok(_)) => {}
            }
            return Poll::Ready(answer);
        }
        let limit = answers.limit;
        let timer = answers
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        ready!(timer.as_mut().poll(context));
        *answers.condition = Condition::Lost;
        answers.suspicion.raise();
        Poll::Ready(Some(Err(silent(limit))))
    }
}
