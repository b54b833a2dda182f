//! The whole log, folded document by document: what a view must look like at a position.
//!
//! A rebuild writes what comes out of it, `verify` compares it. Every entity is folded once, in constant memory.

use std::collections::HashMap;

use domain::{AggregateType, RecordedEvent};
use event_store::Reader;
use futures::StreamExt;
use futures::stream::BoxStream;
use read_model::View;
use read_model::document::{Document, DocumentId};
use read_model::in_carts::{self, Counts};

use crate::decode::Unreadable;

/// Reads the log ordered by entity, and gives one finished document after the other.
pub struct History {
    view: View,
    events: BoxStream<'static, Result<RecordedEvent, String>>,
    discarded: HashMap<String, i64>,
    /// The document whose events are being read.
    current: Option<Current>,
    /// What the carts' events add up to, over all that was read.
    pub counts: Counts,
    /// Events that cannot be read, and the later ones of their aggregates.
    pub unreadable: Vec<Unreadable>,
    pub events_read: u64,
}

struct Current {
    aggregate_type: AggregateType,
    aggregate_id: String,
    /// None: its id cannot be a document's.
    document: Option<(DocumentId, Document)>,
    /// The aggregate has an event that cannot be read: those after it wait.
    waits: bool,
}

impl History {
    /// Everything that `view` is folded from, up to a position. `discarded`: what ops told us to do without.
    pub fn read(log: &Reader, view: View, up_to_position: i64, discarded: HashMap<String, i64>) -> Self {
        let events = log.streams_by_id(view.aggregate_types(), up_to_position);
        Self {
            view,
            events: events
                .map(|event| event.map_err(|error| error.to_string()))
                .boxed(),
            discarded,
            current: None,
            counts: Counts::new(),
            unreadable: vec![],
            events_read: 0,
        }
    }

    /// The next document, or none when everything was read.
    pub async fn next(&mut self) -> Result<Option<(DocumentId, Document)>, String> {
        while let Some(recorded) = self.events.next().await {
            let recorded = recorded?;
            self.events_read += 1;
            let finished = if self.belongs_to_current(&recorded) {
                None
            } else {
                self.begin(&recorded)
            };
            self.fold(&recorded);
            if finished.is_some() {
                return Ok(finished);
            }
        }
        Ok(self.current.take().and_then(Current::finished))
    }

    fn belongs_to_current(&mut self, recorded: &RecordedEvent) -> bool {
        let Some(current) = &mut self.current else {
            return false;
        };
        if current.aggregate_id != recorded.aggregate_id {
            return false;
        }
        if current.aggregate_type == recorded.aggregate_type {
            return true;
        }
        // A product's two streams have one document, and so have an order's.
        let same = current.document.is_some()
            && self.view.document_of(current.aggregate_type)
                == self.view.document_of(recorded.aggregate_type);
        if same {
            current.aggregate_type = recorded.aggregate_type;
            current.waits = false;
        }
        same
    }

    /// Begins the event's document, and gives the one before it.
    fn begin(&mut self, recorded: &RecordedEvent) -> Option<(DocumentId, Document)> {
        let kind = self.view.document_of(recorded.aggregate_type);
        let id = kind.and_then(|kind| DocumentId::parse(kind, &recorded.aggregate_id));
        let impossible = kind.is_some() && id.is_none();
        let current = Current {
            aggregate_type: recorded.aggregate_type,
            aggregate_id: recorded.aggregate_id.clone(),
            document: id.map(|id| (id.clone(), id.empty())),
            waits: impossible,
        };
        self.current.replace(current).and_then(Current::finished)
    }

    fn fold(&mut self, recorded: &RecordedEvent) {
        let Some(current) = &mut self.current else { return };
        if current.waits {
            let reason = "an earlier event of the aggregate is parked, or its id is none".to_owned();
            self.unreadable.push(Unreadable::event(recorded, None, reason));
            return;
        }
        match (recorded.event(), &mut current.document) {
            (Ok(event), Some((id, document))) => {
                document.fold(id, recorded, &event);
                in_carts::count(&mut self.counts, document, &event);
            }
            (Ok(_), None) => {}
            (Err(error), document) => {
                let unreadable = Unreadable::event(recorded, None, error.to_string());
                let discarded = self.discarded.get(&unreadable.aggregate);
                if discarded.is_some_and(|through| recorded.sequence <= *through) {
                    if let Some((_, document)) = document {
                        document.skip(recorded.aggregate_type, recorded.sequence);
                    }
                } else {
                    current.waits = true;
                    self.unreadable.push(unreadable);
                }
            }
        }
    }
}

impl Current {
    fn finished(self) -> Option<(DocumentId, Document)> {
        self.document.filter(|(_, document)| !document.fence().is_empty())
    }
}
