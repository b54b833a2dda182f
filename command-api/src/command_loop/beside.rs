//! What takes long, on a thread beside the loop: loading long streams, and storing snapshots.
//!
//! Commands wait here for the streams that are being loaded, while the loop goes on with all others.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::StreamId;
use futures::FutureExt;
use metrics::counter;
use tokio::sync::mpsc;

use super::loader::{Load, LoadEnd, Loader, Loading};
use super::request::Request;
use super::snapshots::{self, Keeper};

/// Streams that may wait to be loaded. A command that needs one more is told to come back.
const MOST_STREAMS: usize = 64;
/// Commands that may wait for streams.
const MOST_COMMANDS: usize = 1_024;

pub(super) struct Beside {
    asked: mpsc::Sender<Load>,
    ended: mpsc::Receiver<LoadEnd>,
    pub snapshots: Keeper,
    waiting: HashMap<StreamId, Vec<Request>>,
    commands: usize,
    /// Counts up when what was read before does not count any more.
    epoch: Arc<AtomicU64>,
    /// How many steps the loader may take, and how many it took.
    #[cfg(test)]
    pub allowed: tokio::sync::watch::Sender<u64>,
    #[cfg(test)]
    pub taken: tokio::sync::watch::Receiver<u64>,
}

/// A stream that was being loaded, and the commands that waited for it.
pub(super) struct Arrived {
    pub stream: StreamId,
    pub requests: Vec<Request>,
    pub loading: Loading,
}

impl Beside {
    /// Starts the thread. It ends when this is dropped.
    pub fn start(url: &str) -> std::io::Result<Self> {
        let (asked, loads) = mpsc::channel(MOST_STREAMS);
        // The loop takes in what has ended before it asks for more: there is room for all of it.
        let (end, ended) = mpsc::channel(2 * MOST_STREAMS);
        let (snapshots, due) = Keeper::new();
        let epoch = Arc::<AtomicU64>::default();
        #[cfg(test)]
        let (allowed, is_allowed) = tokio::sync::watch::channel(u64::MAX);
        #[cfg(test)]
        let (steps, taken) = tokio::sync::watch::channel(0);
        #[cfg_attr(not(test), expect(unused_mut, reason = "tests change it"))]
        let mut loader = Loader::new(url, loads, end, Arc::clone(&epoch));
        #[cfg(test)]
        loader.wait_at(super::loader::Gate {
            allowed: is_allowed,
            taken: steps,
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let url = url.to_owned();
        std::thread::Builder::new()
            .name("beside-the-loop".to_owned())
            .spawn(move || runtime.block_on(async { tokio::join!(loader.run(), keep_guarded(&url, due)) }))?;
        Ok(Self {
            asked,
            ended,
            snapshots,
            waiting: HashMap::new(),
            commands: 0,
            epoch,
            #[cfg(test)]
            allowed,
            #[cfg(test)]
            taken,
        })
    }

    pub fn is_loading(&self, stream: &StreamId) -> bool {
        self.waiting.contains_key(stream)
    }

    /// Has a stream loaded that a command needs, and keeps the command until then.
    ///
    /// # Errors
    /// The command, where too many wait already.
    pub fn wait_for(&mut self, stream: &StreamId, request: Request) -> Result<(), Box<Request>> {
        if self.commands >= MOST_COMMANDS {
            return Err(Box::new(request));
        }
        if !self.is_loading(stream) {
            let load = Load {
                stream: stream.clone(),
                epoch: self.epoch.load(Ordering::Acquire),
            };
            if self.asked.try_send(load).is_err() {
                return Err(Box::new(request));
            }
        }
        self.waiting.entry(stream.clone()).or_default().push(request);
        self.commands += 1;
        Ok(())
    }

    /// The next stream that was loaded, or was not.
    pub async fn arrived(&mut self) -> Option<Arrived> {
        let end = self.ended.recv().await?;
        Some(self.arrive(end))
    }

    /// The same where one is there already.
    pub fn arrived_by_now(&mut self) -> Option<Arrived> {
        let end = self.ended.try_recv().ok()?;
        Some(self.arrive(end))
    }

    fn arrive(&mut self, end: LoadEnd) -> Arrived {
        let requests = self.waiting.remove(&end.stream).unwrap_or_default();
        self.commands -= requests.len();
        let is_of_now = end.epoch == self.epoch.load(Ordering::Acquire);
        Arrived {
            stream: end.stream,
            requests,
            loading: if is_of_now { end.loading } else { Loading::Outdated },
        }
    }

    /// Lets go of commands whose clients have gone. Their streams are loaded all the same, for the next time.
    pub fn forget_abandoned(&mut self) {
        if self.commands == 0 {
            return;
        }
        for requests in self.waiting.values_mut() {
            requests.retain(|request| !request.is_abandoned());
        }
        self.commands = self.waiting.values().map(Vec::len).sum();
    }

    /// What is being read may come from another log than what is read from now on.
    pub fn begin_anew(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }
}

/// A panic costs what was waiting, and not the thread.
async fn keep_guarded(url: &str, mut due: mpsc::Receiver<snapshots::Due>) {
    while AssertUnwindSafe(snapshots::keep(url, &mut due))
        .catch_unwind()
        .await
        .is_err()
    {
        counter!("command_loop_panics_total").increment(1);
        tracing::error!("storing a snapshot panicked");
    }
}
