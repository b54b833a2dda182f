//! Loads long streams beside the loop, a page of each in turn.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::{StreamId, UnreadableEvent};
use event_store::loading::concerns_rows;
use event_store::{Connection, DatabaseError};
use futures::FutureExt;
use metrics::{counter, gauge};
use tokio::sync::mpsc;

use super::folding::{self, Folding, Progress};
use super::states::Held;

/// Streams that are loaded at the same time: a shorter one does not wait for the end of a longer one. Their states are in memory.
const AT_ONCE: usize = 8;

/// A stream to load.
pub(super) struct Load {
    pub stream: StreamId,
    pub epoch: u64,
}

/// What became of it.
pub(super) struct LoadEnd {
    pub stream: StreamId,
    pub epoch: u64,
    pub loading: Loading,
}

pub(super) enum Loading {
    Loaded(Held),
    /// It holds an event that this binary cannot read.
    Unreadable(UnreadableEvent),
    Failed,
    /// What was read may be of another log.
    Outdated,
}

pub(super) struct Loader {
    url: String,
    asked: mpsc::Receiver<Load>,
    ended: mpsc::Sender<LoadEnd>,
    /// What is read now counts only as long as it stays.
    epoch: Arc<AtomicU64>,
    connection: Option<Connection>,
    in_progress: VecDeque<(Load, Folding)>,
    #[cfg(test)]
    gate: Option<Gate>,
}

/// Lets so many steps be taken, and says how many were.
#[cfg(test)]
pub(super) struct Gate {
    pub allowed: tokio::sync::watch::Receiver<u64>,
    pub taken: tokio::sync::watch::Sender<u64>,
}

impl Loader {
    pub fn new(
        url: &str,
        asked: mpsc::Receiver<Load>,
        ended: mpsc::Sender<LoadEnd>,
        epoch: Arc<AtomicU64>,
    ) -> Self {
        folding::register();
        for outcome in ["loaded", "unreadable", "failed", "outdated"] {
            counter!("stream_loads_total", "outcome" => outcome).increment(0);
        }
        gauge!("stream_loads_running").set(0);
        Self {
            url: url.to_owned(),
            asked,
            ended,
            epoch,
            connection: None,
            in_progress: VecDeque::new(),
            #[cfg(test)]
            gate: None,
        }
    }

    /// Until nobody can ask any more.
    pub async fn run(mut self) {
        while self.take_in().await {
            let Some((load, folding)) = self.in_progress.pop_front() else {
                continue;
            };
            #[cfg(test)]
            if let Some(gate) = &mut self.gate {
                let taken = *gate.taken.borrow();
                let _ = gate.allowed.wait_for(|allowed| *allowed > taken).await;
            }
            self.turn(load, folding).await;
            #[cfg(test)]
            if let Some(gate) = &self.gate {
                gate.taken.send_modify(|taken| *taken += 1);
            }
        }
    }

    /// Takes in what was asked for, and waits where there is nothing to do. False when there never will be.
    async fn take_in(&mut self) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "there are a few")]
        gauge!("stream_loads_running").set(self.in_progress.len() as f64);
        if self.in_progress.is_empty() {
            let Some(load) = self.asked.recv().await else {
                return false;
            };
            self.begin(load);
        }
        while self.in_progress.len() < AT_ONCE
            && let Ok(load) = self.asked.try_recv()
        {
            self.begin(load);
        }
        !self.asked.is_closed()
    }

    fn begin(&mut self, load: Load) {
        let folding = Folding::of(load.stream.clone());
        self.in_progress.push_back((load, folding));
    }

    /// One page of one stream. A panic costs that stream alone.
    async fn turn(&mut self, load: Load, mut folding: Folding) {
        if load.epoch != self.epoch.load(Ordering::Acquire) {
            self.connection = None;
            self.begin_again_without_connection();
            return self.end(load, Loading::Outdated).await;
        }
        let step = AssertUnwindSafe(self.step(&mut folding)).catch_unwind().await;
        let loading = match step {
            Ok(Ok(Progress::GoesOn)) => {
                self.in_progress.push_back((load, folding));
                return self.begin_again_without_connection();
            }
            Ok(Ok(Progress::Done)) => Loading::Loaded(folding.into_held()),
            Ok(Ok(Progress::Unreadable(error))) => Loading::Unreadable(error),
            Ok(Err(error)) => {
                tracing::warn!(%error, stream = %load.stream, "a long stream cannot be loaded");
                Loading::Failed
            }
            Err(_) => {
                counter!("command_loop_panics_total").increment(1);
                tracing::error!(stream = %load.stream, "loading a long stream panicked");
                self.connection = None;
                Loading::Failed
            }
        };
        self.begin_again_without_connection();
        self.end(load, loading).await;
    }

    /// The next connection may lead to another server: what was begun on one that is lost begins again.
    fn begin_again_without_connection(&mut self) {
        if self.connection.is_none() {
            for (load, folding) in &mut self.in_progress {
                *folding = Folding::of(load.stream.clone());
            }
        }
    }

    /// Leaves no connection behind that may be broken.
    async fn step(&mut self, folding: &mut Folding) -> Result<Progress, DatabaseError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open_as(&self.url, "stream-loader").await?,
        };
        let progress = match folding.step(&mut connection).await {
            Ok(progress) => progress,
            Err(error) => {
                if concerns_rows(&error) {
                    self.connection = Some(connection);
                }
                return Err(error);
            }
        };
        let is_stored = match folding.snapshot_due(&progress) {
            Some(due) => due.store(&mut connection).await.is_ok(),
            None => true,
        };
        if is_stored {
            self.connection = Some(connection);
        }
        Ok(progress)
    }

    async fn end(&self, load: Load, loading: Loading) {
        let outcome = match &loading {
            Loading::Loaded(_) => "loaded",
            Loading::Unreadable(_) => "unreadable",
            Loading::Failed => "failed",
            Loading::Outdated => "outdated",
        };
        counter!("stream_loads_total", "outcome" => outcome).increment(1);
        let Load { stream, epoch } = load;
        let end = LoadEnd {
            stream,
            epoch,
            loading,
        };
        // The loop may have ended.
        let _ = self.ended.send(end).await;
    }

    #[cfg(test)]
    pub fn wait_at(&mut self, gate: Gate) {
        self.gate = Some(gate);
    }
}
