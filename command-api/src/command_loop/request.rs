//! A command on its way through the loop, and what its client is answered.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use domain::checkout::Quote;
use domain::{StreamId, UnreadableEvent};
use time::OffsetDateTime;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::answers::Given;
use super::command::Command;
use super::heartbeat::Heartbeat;
use super::in_flight::{Keys, UntilDropped};
use super::refusal::Refusal;
use super::working::Working;
use crate::conditions::IfMatch;

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
    /// A command with a bug: whatever is loaded for it, it needs more.
    #[error("the command needs ever more streams")]
    Endless,
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
            Self::Endless => "endless",
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
    pub if_match: Option<IfMatch>,
}

pub(super) struct Request {
    pub command: Command,
    pub caller: Caller,
    /// When it came in: what time it is for its decision, however often that is taken.
    pub at: OffsetDateTime,
    /// The same, by a clock that only goes forward.
    pub arrived: Instant,
    /// Streams that turned out to be needed when it was to be decided, besides those that it names.
    also_needs: Vec<StreamId>,
    /// How often it was decided on something stale.
    pub refusals: u8,
    /// What was read for it under the append's lock, whatever was remembered.
    read_anew: HashSet<StreamId>,
    /// How often it was put off because a stream that it needs was not loaded.
    deferrals: u8,
    answer: oneshot::Sender<Result<Answer, CommandError>>,
    in_flight: Option<UntilDropped>,
}

/// How long a command waits for its answer, wherever it waits: then its client is told to come back. Less than clients are promised
/// (5 s), because a request has more to wait for than the loop.
const ANSWERED_WITHIN: Duration = Duration::from_secs(4);

/// A command names its streams in a few steps at most: an owner, then the cart, then what lies in it. While others change
/// what it is named from, it is put off now and then. One that is put off so often never ends.
const MOST_DEFERRALS: u8 = 16;

/// After so many refusals a command is loaded, decided and appended under the append's lock, so that no replica starves.
pub(super) const REFUSALS_BEFORE_LOCKING: u8 = 2;

impl Request {
    /// Whether a stream has still to be read under the append's lock, though it is remembered: something that is remembered was wrong twice.
    /// Once for each stream, so that a command that needs more than one turn reads gets there.
    pub fn has_to_read_anew(&mut self, stream: &StreamId) -> bool {
        self.refusals >= REFUSALS_BEFORE_LOCKING && self.read_anew.insert(stream.clone())
    }

    /// The streams that it needs as far as they can be named; some may be there twice.
    pub fn names(&self, working: &Working) -> Vec<StreamId> {
        let mut named = self.command.streams(working);
        named.extend(self.also_needs.iter().cloned());
        named
    }

    /// Whether what it needs can change with what is loaded.
    pub fn names_more_when_loaded(&self) -> bool {
        self.command.names_more_when_loaded()
    }

    /// Has more streams loaded before it is decided. False: it was put off so often that it is not going to end.
    pub fn defer(&mut self, missing: Vec<StreamId>) -> bool {
        for stream in missing {
            if !self.also_needs.contains(&stream) {
                self.also_needs.push(stream);
            }
        }
        self.deferrals += 1;
        self.deferrals < MOST_DEFERRALS
    }

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

    /// For how long its client still waits.
    pub fn time_left(&self) -> Duration {
        ANSWERED_WITHIN.saturating_sub(self.arrived.elapsed())
    }
}

/// Hands commands to the loop. When the last clone is dropped, the loop finishes what waits and ends.
#[derive(Clone)]
pub struct Handle {
    requests: mpsc::Sender<Request>,
    keys: Keys,
    heartbeat: Heartbeat,
}

impl Handle {
    pub(super) fn new(requests: mpsc::Sender<Request>, heartbeat: Heartbeat) -> Self {
        Self {
            requests,
            keys: Keys::default(),
            heartbeat,
        }
    }

    /// The loop's, for those who want to know whether it lives.
    pub fn heartbeat(&self) -> Heartbeat {
        self.heartbeat.clone()
    }

    /// Waits until the command is stored, or will not be, but only so long. A caller that stops waiting abandons it, unless it is
    /// being decided.
    pub async fn execute(&self, command: Command, mut caller: Caller) -> Result<Answer, CommandError> {
        if command.only_asks() {
            caller.receipt = None;
        }
        let (answer, answered) = oneshot::channel();
        let in_flight = match caller.receipt {
            None => None,
            Some(key) => Some(self.keys.take(key.id).ok_or(CommandError::InProgress)?),
        };
        let name = command.name();
        let request = Request {
            command,
            caller,
            at: OffsetDateTime::now_utc(),
            arrived: Instant::now(),
            also_needs: vec![],
            refusals: 0,
            read_anew: HashSet::new(),
            deferrals: 0,
            answer,
            in_flight: in_flight.clone().map(UntilDropped),
        };
        self.requests.try_send(request).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => CommandError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => CommandError::Unavailable,
        })?;
        if let Ok(answer) = tokio::time::timeout(ANSWERED_WITHIN, answered).await {
            return answer.unwrap_or(Err(CommandError::Unavailable));
        }
        // The loop drops it unless it is being stored just now. It may come again under its key, which finds out.
        if let Some(in_flight) = in_flight {
            in_flight.release();
        }
        super::running::count(name, CommandError::Unavailable.outcome());
        Err(CommandError::Unavailable)
    }
}
