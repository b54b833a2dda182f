//! The whole log, folded row by row: what the tables must look like at a position.
//!
//! A rebuild writes what comes out of it, `verify` compares it. Every stream is folded once, in constant memory.

use domain::RecordedEvent;
use event_store::{DatabaseError, Reader};
use futures::StreamExt;
use futures::stream::BoxStream;
use reporting::{AGGREGATE_TYPES, Key, Row};

use crate::decode::Unreadable;
use crate::panics::{failpoint_at, guarded};

pub struct History {
    events: BoxStream<'static, Result<RecordedEvent, DatabaseError>>,
    /// Read, and of the stream after the one that was given out last.
    next: Option<RecordedEvent>,
    pub events_read: u64,
}

/// A stream, folded as far as it can be read.
pub struct Folded {
    /// None: its id cannot be that of a row.
    pub row: Option<(Key, Row)>,
    /// The event at which it stops.
    pub poison: Option<Unreadable>,
}

impl History {
    pub fn read(log: &Reader, up_to_position: i64) -> Self {
        Self {
            events: log.streams_by_id(&AGGREGATE_TYPES, up_to_position),
            next: None,
            events_read: 0,
        }
    }

    /// The next streams, up to so many; none when everything was read.
    pub async fn page(&mut self, streams: usize) -> Result<Vec<Folded>, DatabaseError> {
        let mut page = Vec::with_capacity(streams);
        while page.len() < streams {
            match self.next().await? {
                Some(folded) => page.push(folded),
                None => break,
            }
        }
        Ok(page)
    }

    async fn next(&mut self) -> Result<Option<Folded>, DatabaseError> {
        let first = match self.next.take() {
            Some(first) => first,
            None => match self.pull().await? {
                Some(first) => first,
                None => return Ok(None),
            },
        };
        let mut folded = Folded::begin(&first);
        folded.take(&first);
        while let Some(recorded) = self.pull().await? {
            if recorded.aggregate_id != first.aggregate_id || recorded.aggregate_type != first.aggregate_type
            {
                self.next = Some(recorded);
                break;
            }
            folded.take(&recorded);
        }
        Ok(Some(folded))
    }

    async fn pull(&mut self) -> Result<Option<RecordedEvent>, DatabaseError> {
        let recorded = self.events.next().await.transpose()?;
        self.events_read += u64::from(recorded.is_some());
        Ok(recorded)
    }
}

impl Folded {
    fn begin(first: &RecordedEvent) -> Self {
        let key = Key::of(first.aggregate_type, &first.aggregate_id);
        let poison = key.is_none().then(|| {
            let reason = "its id cannot be that of a row".to_owned();
            Unreadable::event(first, None, reason)
        });
        let row = key.map(|key| (key.clone(), key.empty()));
        Self { row, poison }
    }

    fn take(&mut self, recorded: &RecordedEvent) {
        let (Some((_, row)), None) = (&mut self.row, &self.poison) else {
            return;
        };
        let before = row.clone();
        let folded = match recorded.event() {
            Ok(event) => guarded(|| {
                failpoint_at("reporting.fold", recorded);
                row.fold(recorded, &event)
            })
            .map(|_| ()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = folded {
            *row = before;
            self.poison = Some(Unreadable::event(recorded, None, why));
        }
    }

    /// What there is to write: nothing where already the first event cannot be read.
    pub fn row(self) -> Option<(Key, Row)> {
        self.row.filter(|(_, row)| row.sequence() > 0)
    }
}
