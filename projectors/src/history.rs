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
use read_model::parked::ParkedOf;

use crate::decode::Unreadable;
use crate::fold::fold_all;
use crate::panics::{failpoint_at, guarded};

/// Reads the log ordered by entity, and gives one finished document after the other.
pub struct History {
    log: Reader,
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
            log: log.clone(),
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
            if let Err(why) = self.fold(&recorded) {
                self.set_aside(&recorded, why).await?;
            }
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

    /// An error: applying the event panicked, and the document is half changed.
    fn fold(&mut self, recorded: &RecordedEvent) -> Result<(), String> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        if current.waits {
            let reason = "an earlier event of the aggregate is parked, or its id is none".to_owned();
            self.unreadable.push(Unreadable::event(recorded, None, reason));
            return Ok(());
        }
        match (recorded.event(), &mut current.document) {
            (Ok(event), Some((id, document))) => {
                guarded(|| {
                    failpoint_at("projector.fold", recorded);
                    document.fold(id, recorded, &event);
                    in_carts::count(&mut self.counts, document, &event);
                })?;
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
        Ok(())
    }

    /// Sets an event aside that panicked, with the later ones of its aggregate. The document is folded once more, up to there.
    async fn set_aside(&mut self, poison: &RecordedEvent, why: String) -> Result<(), String> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        current.waits = true;
        self.unreadable.push(Unreadable::event(poison, None, why));
        let Some((id, document)) = &mut current.document else {
            return Ok(());
        };
        *document = id.empty();
        let known = ParkedOf {
            discarded: self.discarded.clone(),
            ..ParkedOf::default()
        };
        // Those before it in the order in which they are read here: by type.
        let types = id.sources().iter().copied();
        for kind in types.filter(|kind| kind.as_str() <= poison.aggregate_type.as_str()) {
            let mut stream = self
                .log
                .read_stream(kind, &poison.aggregate_id, 0)
                .await
                .map_err(|error| error.to_string())?;
            stream.retain(|event| kind != poison.aggregate_type || event.sequence < poison.sequence);
            // What stops it is in the list already.
            fold_all(document, id, &stream, &known);
        }
        Ok(())
    }
}

impl Current {
    fn finished(self) -> Option<(DocumentId, Document)> {
        self.document.filter(|(_, document)| !document.fence().is_empty())
    }
}
