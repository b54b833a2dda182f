//! The loop's thread: it drains what waits, and turns.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use event_store::Connection;
use metrics::{Counter, Histogram, counter, histogram};
use tokio::sync::{Notify, mpsc};

use super::answers::Answers;
use super::policy::Policy;
use super::request::{CommandError, Handle, Request};
use super::states::Cache;
use super::turn::Turn;

/// How long the loop tries to reach PostgreSQL before it answers those who wait.
const RECONNECT_WITHIN: Duration = Duration::from_secs(3);

#[derive(Clone)]
pub struct Settings {
    pub database_url: String,
    /// Commands that may wait; one more is answered 503.
    pub queue: usize,
    /// Commands of one turn. Never below the number that waits on a busy day: it costs half the throughput.
    pub batch: usize,
    /// Streams whose state is kept between turns.
    pub cache: NonZeroUsize,
    /// Woken after every commit: the relay of this process.
    pub appended: Arc<Notify>,
    /// Whether to tell relays of other processes.
    pub notify_others: bool,
    pub policy: Arc<Policy>,
}

/// Starts the loop on a thread of its own; its answers are handed out on the runtime that this is called on.
///
/// # Errors
/// When the operating system has no thread left.
pub fn spawn(settings: Settings) -> std::io::Result<(Handle, JoinHandle<()>)> {
    let (sender, receiver) = mpsc::channel(settings.queue);
    let (answers, handing_out) = Answers::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let thread = std::thread::Builder::new()
        .name("command-loop".to_owned())
        .spawn(move || runtime.block_on(CommandLoop::new(settings, receiver, answers).run()))?;
    tokio::spawn(handing_out);
    Ok((Handle::new(sender), thread))
}

pub(super) fn count(command: &'static str, outcome: &'static str) {
    thread_local! {
        /// Looked up by their labels once: that costs as much as deciding on a command.
        static COUNTERS: RefCell<HashMap<(&'static str, &'static str), Counter>> = RefCell::default();
    }
    COUNTERS.with_borrow_mut(|counters| {
        let counter = counters.entry((command, outcome)).or_insert_with(
            || counter!("command_outcomes_total", "command" => command, "outcome" => outcome),
        );
        counter.increment(1);
    });
}

pub(super) struct CommandLoop {
    settings: Settings,
    incoming: mpsc::Receiver<Request>,
    /// Decided on something stale: first in the next turn.
    again: VecDeque<Request>,
    answers: Answers,
    connection: Option<Connection>,
    cache: Cache,
    batch_size: Histogram,
    turn_seconds: Histogram,
}

impl CommandLoop {
    pub fn new(settings: Settings, incoming: mpsc::Receiver<Request>, answers: Answers) -> Self {
        Self {
            cache: Cache::new(settings.cache),
            settings,
            incoming,
            again: VecDeque::new(),
            answers,
            connection: None,
            batch_size: histogram!("command_loop_batch_size"),
            turn_seconds: histogram!("command_loop_turn_seconds"),
        }
    }

    async fn run(mut self) {
        while self.step().await {}
    }

    /// One turn. False when nobody can send a command any more and none waits.
    pub async fn step(&mut self) -> bool {
        let Some(batch) = self.drain().await else {
            return false;
        };
        if batch.is_empty() {
            return true;
        }
        let began = Instant::now();
        #[expect(clippy::cast_precision_loss, reason = "a batch is far smaller than 2^52")]
        self.batch_size.record(batch.len() as f64);
        self.turn(batch).await;
        self.answers.deliver();
        self.turn_seconds.record(began.elapsed());
        true
    }

    /// How often each command that is to be decided again was refused.
    #[cfg(test)]
    pub fn waiting_refusals(&self) -> Vec<u8> {
        self.again.iter().map(|request| request.refusals).collect()
    }

    /// What waits, without those whose client has gone. Never waits to fill a batch.
    async fn drain(&mut self) -> Option<Vec<Request>> {
        let mut batch: Vec<Request> = self.again.drain(..).collect();
        if batch.is_empty() {
            batch.push(self.incoming.recv().await?);
        }
        while batch.len() < self.settings.batch
            && let Ok(request) = self.incoming.try_recv()
        {
            batch.push(request);
        }
        batch.retain(|request| !request.is_abandoned());
        Some(batch)
    }

    async fn turn(&mut self, batch: Vec<Request>) {
        let Some(mut connection) = self.connect().await else {
            return self.answers.give_all(batch, || CommandError::Unavailable);
        };
        let turn = Turn {
            connection: &mut connection,
            cache: &mut self.cache,
            answers: &mut self.answers,
            database_url: &self.settings.database_url,
            policy: &self.settings.policy,
        };
        let end = turn.run(batch).await;
        self.again.extend(end.again);
        if end.appended {
            self.settings.appended.notify_one();
            if self.settings.notify_others && connection.notify().await.is_err() {
                return;
            }
        }
        if end.connection_is_good {
            self.connection = Some(connection);
        }
    }

    async fn connect(&mut self) -> Option<Connection> {
        match self.connection.take() {
            Some(connection) => Some(connection),
            None => connect(&self.settings.database_url).await,
        }
    }
}

/// Reaches PostgreSQL within a few seconds, or gives up.
pub(super) async fn connect(url: &str) -> Option<Connection> {
    let began = Instant::now();
    let mut pause = Duration::from_millis(20);
    loop {
        match tokio::time::timeout(RECONNECT_WITHIN, Connection::open(url)).await {
            Ok(Ok(connection)) => return Some(connection),
            Ok(Err(error)) => tracing::warn!(%error, "the event store cannot be reached"),
            Err(_) => tracing::warn!("the event store does not answer"),
        }
        if began.elapsed() + pause > RECONNECT_WITHIN {
            return None;
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}
