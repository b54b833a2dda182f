//! The loop's thread: it drains what waits, and turns.

use std::cell::RefCell;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use event_store::Connection;
use futures::FutureExt;
use metrics::{Counter, Histogram, counter, histogram};
use tokio::sync::{Notify, mpsc};

use super::answers::Answers;
use super::beside::{Arrived, Beside};
use super::heartbeat::{BEAT_EVERY, Heartbeat};
use super::loader::Loading;
use super::log_watch::LogWatch;
use super::policy::Policy;
use super::request::{CommandError, Handle, Request};
use super::states::Cache;
use super::turn::Turn;

/// How long the loop tries to reach PostgreSQL before it answers those who wait.
const RECONNECT_WITHIN: Duration = Duration::from_secs(3);
/// How long one attempt waits: when a silent server is back, the next attempt finds it.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

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
    /// Whether the relay of this process is the one that publishes. Otherwise the one that does is notified.
    pub leads: Arc<AtomicBool>,
    pub policy: Arc<Policy>,
}

/// Starts the loop on a thread of its own; its answers are handed out on the runtime that this is called on.
///
/// Without the loop nothing works, so `at_unexpected_end` is called should its thread end before the last [`Handle`] is gone.
///
/// # Errors
/// When the operating system has no thread left.
pub fn spawn(
    settings: Settings,
    at_unexpected_end: impl FnOnce() + Send + 'static,
) -> std::io::Result<(Handle, JoinHandle<()>)> {
    counter!("command_loop_panics_total").increment(0);
    let (sender, receiver) = mpsc::channel(settings.queue);
    let (answers, handing_out) = Answers::new();
    let heartbeat = Heartbeat::new();
    let handle = Handle::new(sender, heartbeat.clone());
    let beside = Beside::start(&settings.database_url)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let thread = std::thread::Builder::new()
        .name("command-loop".to_owned())
        .spawn(move || {
            let turning = CommandLoop::new(settings, receiver, answers, heartbeat.clone(), beside).run();
            run_guarded(&heartbeat, || runtime.block_on(turning), at_unexpected_end);
        })?;
    tokio::spawn(handing_out);
    Ok((handle, thread))
}

pub(super) fn run_guarded(heartbeat: &Heartbeat, run: impl FnOnce(), at_unexpected_end: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(run)).is_err() {
        tracing::error!("the command loop has ended: this process cannot go on");
        heartbeat.end();
        at_unexpected_end();
    }
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
    again: Vec<Request>,
    answers: Answers,
    heartbeat: Heartbeat,
    connection: Option<Connection>,
    log: LogWatch,
    cache: Cache,
    pub beside: Beside,
    batch_size: Histogram,
    turn_seconds: Histogram,
}

impl CommandLoop {
    pub fn new(
        settings: Settings,
        incoming: mpsc::Receiver<Request>,
        answers: Answers,
        heartbeat: Heartbeat,
        beside: Beside,
    ) -> Self {
        Self {
            beside,
            cache: Cache::new(settings.cache),
            settings,
            incoming,
            again: vec![],
            answers,
            heartbeat,
            connection: None,
            log: LogWatch::default(),
            batch_size: histogram!("command_loop_batch_size"),
            turn_seconds: histogram!("command_loop_turn_seconds"),
        }
    }

    async fn run(mut self) {
        while self.step().await {
            telemetry::failpoint("command_loop.turned");
        }
    }

    /// One turn. False when nobody can send a command any more and none waits.
    pub async fn step(&mut self) -> bool {
        let Some(batch) = self.drain().await else {
            return false;
        };
        if batch.is_empty() {
            return true;
        }
        self.heartbeat.beat();
        let began = Instant::now();
        #[expect(clippy::cast_precision_loss, reason = "a batch is far smaller than 2^52")]
        self.batch_size.record(batch.len() as f64);
        self.turn(batch).await;
        self.answers.deliver();
        self.turn_seconds.record(began.elapsed());
        true
    }

    /// The next turn asks which log it is.
    #[cfg(test)]
    pub fn look_at_the_log(&mut self) {
        self.log.expire();
    }

    /// How often each command that is to be decided again was refused.
    #[cfg(test)]
    pub fn waiting_refusals(&self) -> Vec<u8> {
        self.again.iter().map(|request| request.refusals).collect()
    }

    /// What waits, without those whose client has gone. Never waits to fill a batch.
    async fn drain(&mut self) -> Option<Vec<Request>> {
        self.beside.forget_abandoned();
        let mut batch = std::mem::take(&mut self.again);
        while let Some(arrived) = self.beside.arrived_by_now() {
            batch.extend(self.take_in(arrived));
        }
        while batch.is_empty() {
            tokio::select! {
                request = self.incoming.recv() => batch.push(request?),
                Some(arrived) = self.beside.arrived() => batch.extend(self.take_in(arrived)),
                () = tokio::time::sleep(BEAT_EVERY) => {
                    self.heartbeat.beat();
                    self.beside.forget_abandoned();
                }
            }
        }
        // What waited for streams that were loaded beside the loop comes in the order in which it arrived.
        batch.sort_by_key(|request| request.arrived);
        if batch.len() > self.settings.batch {
            self.again = batch.split_off(self.settings.batch);
        }
        while batch.len() < self.settings.batch
            && let Ok(request) = self.incoming.try_recv()
        {
            batch.push(request);
        }
        batch.retain(|request| !request.is_abandoned());
        Some(batch)
    }

    /// Takes in a stream that was loaded beside the loop. The commands that can be decided on by now.
    fn take_in(&mut self, arrived: Arrived) -> Vec<Request> {
        let Arrived {
            stream,
            requests,
            loading,
        } = arrived;
        match loading {
            Loading::Loaded(held) => {
                self.cache.keep_newer(stream, held);
                return requests;
            }
            Loading::Outdated => return requests,
            Loading::Unreadable(error) => self
                .answers
                .give_all(requests, || CommandError::Unreadable(error.clone())),
            Loading::Failed => self.answers.give_all(requests, || CommandError::Unavailable),
        }
        self.answers.deliver();
        vec![]
    }

    /// What was read so far may be of another log than what is read from now on.
    fn forget_all(&mut self) {
        self.cache.forget_all();
        self.beside.begin_anew();
    }

    /// A panic in a turn, outside of any one command, costs its batch: whether that was stored is not known here.
    async fn turn(&mut self, batch: Vec<Request>) {
        if AssertUnwindSafe(self.guarded_turn(batch))
            .catch_unwind()
            .await
            .is_err()
        {
            counter!("command_loop_panics_total").increment(1);
            tracing::error!("a turn of the command loop panicked; its commands are answered 503");
            self.cache.forget_all();
            self.connection = None;
        }
    }

    async fn guarded_turn(&mut self, batch: Vec<Request>) {
        let Some(mut connection) = self.connect().await else {
            return self.answer_all(batch);
        };
        match self.log.is_another(&mut connection).await {
            Ok(false) => {}
            Ok(true) => {
                tracing::warn!("the log is another one than before: what was read of it is forgotten");
                self.forget_all();
            }
            Err(error) => {
                tracing::warn!(%error, "the log does not say which one it is");
                return self.answers.give_all(batch, || CommandError::Unavailable);
            }
        }
        let turn = Turn {
            connection: &mut connection,
            cache: &mut self.cache,
            beside: &mut self.beside,
            answers: &mut self.answers,
            heartbeat: &self.heartbeat,
            database_url: &self.settings.database_url,
            policy: &self.settings.policy,
        };
        let end = turn.run(batch).await;
        self.again.extend(end.again);
        // In the order in which they came, whatever put them off.
        self.again.sort_by_key(|request| request.arrived);
        if end.appended {
            self.settings.appended.notify_one();
            let leads = self.settings.leads.load(Ordering::Acquire);
            if !leads && connection.notify().await.is_err() {
                return;
            }
        }
        if end.connection_is_good {
            self.connection = Some(connection);
        }
    }

    /// On a new connection nothing that is remembered counts: it may lead to another server, or to a log that was restored.
    async fn connect(&mut self) -> Option<Connection> {
        if let Some(connection) = self.connection.take() {
            return Some(connection);
        }
        self.forget_all();
        connect(&self.settings.database_url, RECONNECT_WITHIN, &self.heartbeat).await
    }

    /// PostgreSQL cannot be reached: whoever waits is told now, and not one batch after the other.
    fn answer_all(&mut self, batch: Vec<Request>) {
        self.answers.give_all(batch, || CommandError::Unavailable);
        while let Ok(request) = self.incoming.try_recv() {
            self.answers.give(request, Err(CommandError::Unavailable));
        }
    }
}

/// Reaches PostgreSQL within so long, or gives up.
pub(super) async fn connect(url: &str, limit: Duration, heartbeat: &Heartbeat) -> Option<Connection> {
    let began = Instant::now();
    let mut pause = Duration::from_millis(20);
    loop {
        heartbeat.beat();
        let left = limit.saturating_sub(began.elapsed());
        match tokio::time::timeout(left.min(CONNECT_WITHIN), Connection::open(url)).await {
            Ok(Ok(connection)) => return Some(connection),
            Ok(Err(error)) => tracing::warn!(%error, "the event store cannot be reached"),
            Err(_) => tracing::warn!("the event store does not answer"),
        }
        if began.elapsed() + pause > limit {
            return None;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
