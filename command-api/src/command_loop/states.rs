//! The states that the loop keeps between turns.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use domain::{AggregateType, Event, StreamId, UnreadableEvent};
use event_store::loading::Loaded;
use event_store::snapshots::{LONG, Snapshot};
use lru::LruCache;
use uuid::Uuid;

use super::snapshots::Due;
use super::state::{CODE_VERSION, State};

#[derive(Clone, Debug)]
pub struct Held {
    /// Shared, so that a turn works on a copy only of what it writes.
    pub state: Arc<State>,
    pub version: i64,
    /// The version of its newest snapshot, as far as this process knows.
    pub snapshot: i64,
}

/// What was stored, as far as this process knows. The append checks every version, so being behind is never wrong.
pub struct Cache(LruCache<StreamId, Held>);

/// What one turn needs of a stream.
#[derive(Clone, Debug)]
pub enum Known {
    Held(Held),
    /// It holds an event that this binary cannot read.
    Unreadable(UnreadableEvent),
}

impl Known {
    pub const fn version(&self) -> i64 {
        match self {
            Self::Held(held) => held.version,
            Self::Unreadable(_) => 0,
        }
    }
}

impl Cache {
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self(LruCache::new(capacity))
    }

    pub fn get(&mut self, stream: &StreamId) -> Option<Held> {
        self.0.get(stream).cloned()
    }

    /// Everything: what it holds may not be what is stored.
    pub fn forget_all(&mut self) {
        self.0.clear();
    }

    pub fn forget(&mut self, stream: &StreamId) {
        self.0.pop(stream);
    }

    /// Takes in what was loaded of a stream. None where it begins with a snapshot that cannot be read.
    pub fn take_in(&mut self, loaded: &Loaded) -> Option<Known> {
        let begin = catch_unwind(AssertUnwindSafe(|| Held::begin(loaded)));
        let held = begin.ok().flatten()?;
        let loading = catch_unwind(AssertUnwindSafe(|| held.load(loaded)));
        let known = loading.unwrap_or_else(|_| Known::Unreadable(panicked(&loaded.stream)));
        match &known {
            Known::Held(held) => self.keep(loaded.stream.clone(), held.clone()),
            Known::Unreadable(_) => self.forget(&loaded.stream),
        }
        Some(known)
    }

    /// Moves a held state past events that are stored, the first of them after version `from`.
    pub fn advance(&mut self, stream: &StreamId, from: i64, events: impl IntoIterator<Item = Event>) {
        let Some(mut held) = self.0.pop(stream).filter(|held| held.version == from) else {
            return;
        };
        let events: Vec<Event> = events.into_iter().collect();
        let advancing = catch_unwind(AssertUnwindSafe(|| held.advance(&events)));
        if advancing.is_ok() {
            self.0.put(stream.clone(), held);
        }
    }

    /// Keeps what is newer than what it holds of a stream.
    pub fn keep_newer(&mut self, stream: StreamId, held: Held) {
        if self
            .0
            .peek(&stream)
            .is_none_or(|known| known.version < held.version)
        {
            self.keep(stream, held);
        }
    }

    /// Keeps what a turn worked out, once all of it is stored.
    pub fn keep(&mut self, stream: StreamId, held: Held) {
        self.0.put(stream, held);
    }

    /// The state to keep as the stream's snapshot, when it is time for one: at a version to which the stream came with `last_event`.
    pub fn snapshot_due(&mut self, stream: &StreamId, version: i64, last_event: Uuid) -> Option<Due> {
        let held = self.0.peek_mut(stream)?;
        if held.version != version || version - held.snapshot < LONG {
            return None;
        }
        held.snapshot = version;
        Some(Due {
            of: Snapshot {
                stream: stream.clone(),
                version,
                last_event,
            },
            state: Arc::clone(&held.state),
        })
    }
}

impl Held {
    pub fn empty(kind: AggregateType) -> Self {
        Self {
            state: Arc::new(State::new(kind)),
            version: 0,
            snapshot: 0,
        }
    }

    pub fn of_snapshot(state: State, version: i64) -> Self {
        Self {
            state: Arc::new(state),
            version,
            snapshot: version,
        }
    }

    /// What the events of a loaded stream are applied to. None where its snapshot cannot be read.
    pub fn begin(loaded: &Loaded) -> Option<Self> {
        let kind = loaded.stream.aggregate_type;
        let Some((version, json)) = &loaded.snapshot else {
            return Some(Self::empty(kind));
        };
        let state = State::from_json(kind, json).ok()?;
        Some(Self::of_snapshot(state, *version))
    }

    pub fn load(mut self, loaded: &Loaded) -> Known {
        if let Some(error) = &loaded.unreadable {
            return Known::Unreadable(error.clone());
        }
        self.advance(&loaded.events);
        Known::Held(self)
    }

    pub fn advance(&mut self, events: &[Event]) {
        if events.is_empty() {
            return;
        }
        let state = Arc::make_mut(&mut self.state);
        for event in events {
            state.evolve(event);
            self.version += 1;
        }
    }
}

/// A stream that holds an event which this binary cannot apply is as good as one that it cannot read.
pub fn panicked(stream: &StreamId) -> UnreadableEvent {
    UnreadableEvent {
        aggregate_type: stream.aggregate_type,
        event_type: "any".to_owned(),
        event_version: CODE_VERSION.to_string(),
        reason: "applying its events panicked".to_owned(),
    }
}
