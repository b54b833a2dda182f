//! Folding one long stream, page by page and from its snapshot where that can be read.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use domain::{StreamId, UnreadableEvent};
use event_store::snapshots::{LONG, Snapshot};
use event_store::{Connection, DatabaseError};
use metrics::counter;
use uuid::Uuid;

use super::snapshots::Due;
use super::state::{CODE_VERSION, State};
use super::states::{Held, panicked};

/// Events that one step reads.
const PAGE: usize = 1_000;
/// A stream that takes long gets a snapshot on the way as often as that, so that what is interrupted goes on there.
const SNAPSHOT_ON_THE_WAY: i64 = 20_000;

pub(super) struct Folding {
    pub stream: StreamId,
    held: Option<Held>,
    last_event: Option<Uuid>,
}

pub(super) enum Progress {
    GoesOn,
    Done,
    Unreadable(UnreadableEvent),
}

/// Makes a metric that is about what is rare exist at zero.
pub(super) fn register() {
    counter!("snapshots_ignored_total").increment(0);
}

impl Folding {
    pub const fn of(stream: StreamId) -> Self {
        Self {
            stream,
            held: None,
            last_event: None,
        }
    }

    /// The snapshot, or the next page.
    pub async fn step(&mut self, connection: &mut Connection) -> Result<Progress, DatabaseError> {
        let Some(held) = &mut self.held else {
            self.held = Some(begin(connection, &self.stream).await?);
            return Ok(Progress::GoesOn);
        };
        let page = connection.page_of(&self.stream, held.version, PAGE).await?;
        if let Some(error) = page.loaded.unreadable {
            return Ok(Progress::Unreadable(error));
        }
        let applied = catch_unwind(AssertUnwindSafe(|| held.advance(&page.loaded.events)));
        if applied.is_err() {
            // Half a page of it may be applied.
            self.last_event = None;
            return Ok(Progress::Unreadable(panicked(&self.stream)));
        }
        self.last_event = page.last_event.or(self.last_event);
        Ok(if page.is_last {
            Progress::Done
        } else {
            Progress::GoesOn
        })
    }

    /// What was folded.
    pub fn into_held(self) -> Held {
        let kind = self.stream.aggregate_type;
        self.held.unwrap_or_else(|| Held::empty(kind))
    }

    /// What has been folded, when it is worth a snapshot: at the end, before an event that cannot be read, and now and then.
    pub fn snapshot_due(&mut self, progress: &Progress) -> Option<Due> {
        let (held, last_event) = (self.held.as_mut()?, self.last_event?);
        let least = match progress {
            Progress::GoesOn => SNAPSHOT_ON_THE_WAY,
            Progress::Done | Progress::Unreadable(_) => LONG,
        };
        if held.version - held.snapshot < least {
            return None;
        }
        held.snapshot = held.version;
        Some(Due {
            of: Snapshot {
                stream: self.stream.clone(),
                version: held.version,
                last_event,
            },
            state: Arc::clone(&held.state),
        })
    }
}

/// The state in the stream's snapshot. One that cannot be used is deleted: the events say the same, and a better one takes its place.
async fn begin(connection: &mut Connection, stream: &StreamId) -> Result<Held, DatabaseError> {
    let kind = stream.aggregate_type;
    let Some((version, json)) = connection.snapshot(stream, CODE_VERSION).await? else {
        return Ok(Held::empty(kind));
    };
    let parsed = catch_unwind(|| State::from_json(kind, &json));
    let why = match parsed {
        Ok(Ok(state)) => {
            if connection.has_version(stream, version).await? {
                return Ok(Held::of_snapshot(state, version));
            }
            "the stream is shorter than it says".to_owned()
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => "reading it panicked".to_owned(),
    };
    tracing::error!(%stream, version, code_version = CODE_VERSION, why, "a snapshot cannot be used, and is ignored");
    counter!("snapshots_ignored_total").increment(1);
    connection.discard_snapshot(stream, CODE_VERSION, version).await?;
    Ok(Held::empty(kind))
}
