//! A command on its way through the loop, and what its client is answered.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain::checkout::Quote;
use domain::{StreamId, UnreadableEvent};
use time::OffsetDateTime;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::answers::Given;
use super::command::Command;
use super::refusal::Refusal;

/// The answer to a command that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status: 201 where something came into being.
    pub status: u16,
    pub id: String,
    pub version: i64,
    pub position: i64,
    /// It was carried out before, under the same idempotency key.
    pub replayed: bool,
    /// What was asked for, where something was.
    pub quote: Option<Box<Quote>>,
}

#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Refused(Refusal),
    #[error("the version is {current_version} by now")]
    Conflict { current_version: i64 },
    #[error("a command with this idempotency key is being carried out")]
    InProgress,
    #[error("this idempotency key was used for another request")]
    KeyReused,
    #[error("too many commands are waiting")]
    Overloaded,
    /// An event that this binary cannot read stands in the way: a newer release wrote it.
    #[error(transparent)]
    Unreadable(UnreadableEvent),
    #[error("the database rejected a value of the command: {0}")]
    Rejected(String),
    #[error("deciding on the command failed")]
    Panicked,
    /// The command may have been carried out; the same idempotency key finds out.
    #[error("the event store cannot be reached")]
    Unavailable,
}

impl CommandError {
    /// The label in metrics.
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Conflict { .. } => "conflict",
            Self::InProgress => "in_progress",
            Self::KeyReused => "key_reused",
            Self::Overloaded => "overloaded",
            Self::Unreadable(_) => "unreadable",
            Self::Rejected(_) => "rejected",
            Self::Panicked => "panicked",
            Self::Unavailable => "unavailable",
        }
    }
}

/// An idempotency key, hashed with its owner, and what it was used for.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptKey {
    pub id: Uuid,
    pub fingerprint: Uuid,
}

/// Who sends a command, and under which conditions.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The events' metadata, as JSON.
    pub metadata: String,
    pub receipt: Option<ReceiptKey>,
    /// From `If-Match`.
    pub expected_version: Option<i64>,
}

pub(super) struct Request {
    pub command: Command,
    pub caller: Caller,
    /// When it came in: what time it is for its decision, however often that is taken.
    pub at: OffsetDateTime,
    /// The streams it needs, once they are loaded.
    pub streams: Vec<StreamId>,
    /// How often it was decided on something stale.
    pub refusals: u8,
    answer: oneshot::Sender<Result<Answer, CommandError>>,
    in_flight: Option<InFlight>,
}

impl Request {
    /// Ends it with its answer, which is still to be handed over.
    pub fn answered(self, answer: Result<Answer, CommandError>) -> Given {
        // Before the answer, so that a client which repeats itself at once is not told to wait.
        drop(self.in_flight);
        let outcome = answer.as_ref().map_or_else(CommandError::outcome, |_| "accepted");
        super::running::count(self.command.name(), outcome);
        Given {
            to: self.answer,
            answer,
        }
    }

    pub fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }
}

type Keys = Arc<Mutex<HashSet<Uuid>>>;

/// Holds an idempotency key while its command is in this process's hands, also when the client has gone.
struct InFlight {
    id: Uuid,
    keys: Keys,
}

impl InFlight {
    fn take(keys: &Keys, id: Uuid) -> Option<Self> {
        let is_free = keys.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        is_free.then(|| Self {
            id,
            keys: Arc::clone(keys),
        })
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.id);
    }
}

/// Hands commands to the loop. When the last clone is dropped, the loop finishes what waits and ends.
#[derive(Clone)]
pub struct Handle {
    requests: mpsc::Sender<Request>,
    keys: Keys,
}

impl Handle {
    pub(super) fn new(requests: mpsc::Sender<Request>) -> Self {
        Self {
            requests,
            keys: Keys::default(),
        }
    }

    /// Waits until the command is stored, or will not be. A caller that stops waiting abandons it, unless it is being decided.
    pub async fn execute(&self, command: Command, caller: Caller) -> Result<Answer, CommandError> {
        let (answer, answered) = oneshot::channel();
        let in_flight = match caller.receipt {
            None => None,
            Some(key) => Some(InFlight::take(&self.keys, key.id).ok_or(CommandError::InProgress)?),
        };
        let request = Request {
            command,
            caller,
            at: OffsetDateTime::now_utc(),
            streams: vec![],
            refusals: 0,
            answer,
            in_flight,
        };
        self.requests.try_send(request).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => CommandError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => CommandError::Unavailable,
        })?;
        answered.await.unwrap_or(Err(CommandError::Unavailable))
    }
}
