//! Keeping snapshots: beside the loop for streams that have grown, and by `migrate` for long ones before a release serves.

use std::sync::Arc;
use std::time::Duration;

use domain::StreamId;
use event_store::loading::concerns_rows;
use event_store::snapshots::Snapshot;
use event_store::{Connection, DatabaseError, maintenance};
use metrics::counter;
use tokio::sync::mpsc;

use super::folding::{Folding, Progress};
use super::state::{CODE_VERSION, State};

/// Snapshots that may wait to be stored. While as many do, none is due: the next event of the stream asks again.
const MOST_WAITING: usize = 64;
/// Streams that `migrate` looks up at a time.
const PORTION: usize = 100;
/// How often in a row it may fail, and the pauses in between.
const MOST_FAILURES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);

/// A state that is to become its stream's snapshot.
pub(super) struct Due {
    pub of: Snapshot,
    /// Shared with the cache: it is serialised where nobody waits.
    pub state: Arc<State>,
}

impl Due {
    /// Serialises and stores it. A stream without a snapshot loads more slowly and no less rightly, so what is wrong with the state
    /// itself is only logged.
    ///
    /// # Errors
    /// When PostgreSQL does not store it. The connection is to be dropped.
    pub async fn store(self, connection: &mut Connection) -> Result<(), DatabaseError> {
        let (stream, version) = (&self.of.stream, self.of.version);
        let state = match self.state.to_json() {
            Ok(state) => state,
            Err(error) => {
                tracing::error!(%error, %stream, version, "a state cannot be serialised");
                count("failed");
                return Ok(());
            }
        };
        match connection.keep_snapshot(&self.of, CODE_VERSION, &state).await {
            Ok(true) => count("stored"),
            // A newer one is there, or the log is another one by now.
            Ok(false) => count("superfluous"),
            Err(error) => {
                tracing::warn!(%error, %stream, version, "a snapshot cannot be stored");
                count("failed");
                return Err(error);
            }
        }
        Ok(())
    }
}

fn count(outcome: &'static str) {
    counter!("snapshots_total", "outcome" => outcome).increment(1);
}

/// The loop's end of the way to [`keep`].
pub(super) struct Keeper(mpsc::Sender<Due>);

impl Keeper {
    pub fn new() -> (Self, mpsc::Receiver<Due>) {
        for outcome in ["stored", "superfluous", "failed", "no_room"] {
            counter!("snapshots_total", "outcome" => outcome).increment(0);
        }
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        (Self(sender), receiver)
    }

    /// Hands over what `due` gives, unless too many wait already.
    pub fn offer(&self, due: impl FnOnce() -> Option<Due>) {
        match self.0.try_reserve() {
            Ok(place) => {
                if let Some(due) = due() {
                    place.send(due);
                }
            }
            Err(_) if due().is_some() => count("no_room"),
            Err(_) => {}
        }
    }
}

/// Stores what is handed over, until nobody can hand over any more. One that fails is not tried again: the next is not far.
pub(super) async fn keep(url: &str, due: &mut mpsc::Receiver<Due>) {
    let mut connection: Option<Connection> = None;
    while let Some(due) = due.recv().await {
        let mut open = match connection.take() {
            Some(open) => open,
            None => match Connection::open_as(url, "snapshots").await {
                Ok(open) => open,
                Err(error) => {
                    tracing::warn!(%error, stream = %due.of.stream, "a snapshot cannot be stored");
                    count("failed");
                    continue;
                }
            },
        };
        if due.store(&mut open).await.is_ok() {
            connection = Some(open);
        }
    }
}

/// Writes snapshots of this version of the code for all long streams that have none, a stream at a time. What it has written stays
/// when it fails: the next call goes on there. How many were written.
///
/// # Errors
/// When PostgreSQL fails several times in a row.
pub async fn write_missing(url: &str) -> Result<u64, DatabaseError> {
    // On a log that has grown, looking for long streams without it takes longer than a statement may.
    maintenance::until_built(url, "events_long_streams").await?;
    let (mut written, mut failures) = (0, 0);
    let mut after = None;
    loop {
        match write_portion(url, &mut after).await {
            Ok(0) => return Ok(written),
            Ok(more) => {
                (written, failures) = (written + more, 0);
                tracing::info!(written, "long streams have snapshots");
            }
            Err(error) => {
                failures += 1;
                if failures == MOST_FAILURES {
                    return Err(error);
                }
                tracing::warn!(%error, "snapshots cannot be written, and are tried again");
                tokio::time::sleep(PAUSE * failures).await;
            }
        }
    }
}

/// The next of them. 0 when there are no more.
async fn write_portion(url: &str, after: &mut Option<StreamId>) -> Result<u64, DatabaseError> {
    let mut connection = Connection::open_as(url, "migrate").await?;
    connection.note_code_version(CODE_VERSION).await?;
    let mut written = 0;
    loop {
        let streams = connection
            .long_without_snapshot(CODE_VERSION, after.as_ref(), PORTION)
            .await?;
        if streams.is_empty() {
            return Ok(written);
        }
        for stream in streams {
            match fold(&mut connection, &stream).await {
                Ok(()) => written += 1,
                // The loop says so to those who need it; the others' snapshots are not to wait for it.
                Err(error) if concerns_rows(&error) => {
                    tracing::warn!(%error, %stream, "a stream cannot be read");
                }
                Err(error) => return Err(error),
            }
            *after = Some(stream);
        }
        if written > 0 {
            return Ok(written);
        }
    }
}

/// A whole stream, with its snapshots.
async fn fold(connection: &mut Connection, stream: &StreamId) -> Result<(), DatabaseError> {
    let mut folding = Folding::of(stream.clone());
    loop {
        let progress = folding.step(connection).await?;
        if let Some(due) = folding.snapshot_due(&progress) {
            due.store(connection).await?;
        }
        match progress {
            Progress::GoesOn => {}
            Progress::Done => return Ok(()),
            Progress::Unreadable(error) => {
                tracing::warn!(%error, %stream, "a stream holds an event that this release cannot read");
                return Ok(());
            }
        }
    }
}
