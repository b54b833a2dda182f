//! One partition of one view: folds a batch into its documents, writes them, then moves the partition's record.
//!
//! Called by the partition's task, one batch after the other, and by tests one step at a time. Whatever fails in
//! between, the batch is done again from the record: documents drop what they hold, the record has not moved.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use event_store::Reader;
use lru::LruCache;
use read_model::View;
use read_model::document::{Document, DocumentId, Step};
use read_model::fields::Loaded;
use read_model::parked::{Parked, ParkedOf};
use read_model::record::{Move, Moved, PartitionOf, Record};
use read_model::store::{Replacement, Store};
use time::OffsetDateTime;

use crate::batch::{self, Batch, Group, Offer};
use crate::decode::{Incoming, Unreadable};
use crate::fold::fold_all;
use crate::metric;

/// Documents that a task keeps at hand, so that a busy cart is not read back for every batch. An outdated one is
/// noticed when it is written.
const DOCUMENTS_AT_HAND: NonZeroUsize = NonZeroUsize::new(2_048).expect("more than none");

/// Most events of carts change nothing among the products. The record follows those that do, or after this time.
const PASSED_FOR_LONG: Duration = Duration::from_millis(100);

/// How often a quiet partition's record is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// A document that moves underneath this often in one batch is not moving, something is broken.
const MOST_TRIES: usize = 20;

/// Why a batch was not finished. Nothing is lost: it is done again from the record.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error("Redis: {0}")]
    Redis(#[from] redis::RedisError),
    #[error("PostgreSQL: {0}")]
    Log(String),
    #[error(
        "the record of {topic}/{partition} is not where we left it: the partition is someone else's now, or Redis went back"
    )]
    Refused { topic: String, partition: i32 },
    #[error("the document {0:?} moved underneath again and again")]
    Restless(DocumentId),
    #[error("generation {0} is not there any more")]
    GenerationLost(u64),
}

pub struct Projector {
    of: PartitionOf,
    store: Store,
    log: Reader,
    record: Record,
    /// How far messages were looked at that changed nothing here; the record has not moved past them yet.
    passed: Option<Passed>,
    documents: LruCache<DocumentId, Loaded>,
    parked: ParkedOf,
}

#[derive(Clone, Copy)]
struct Passed {
    offset: i64,
    position: i64,
    since: Instant,
}

/// A batch whose documents are written, and whose record has not moved yet.
pub struct Written {
    batch: Batch,
    touched: bool,
}

/// What became of a group: the document to write, and whether anything in it is new.
struct Folded {
    id: DocumentId,
    loaded: Loaded,
    offers: Vec<Offer>,
    changed: bool,
}

impl Projector {
    /// Takes a partition over where its record says.
    pub async fn begin(of: PartitionOf, mut store: Store, log: Reader) -> Result<Self, ProjectError> {
        let record = match store.record(&of).await? {
            Some(record) => record,
            None => first_record(&of, &mut store).await?,
        };
        let parked = store.parked_of(&of).await?;
        metric::parked(&of, &parked);
        Ok(Self {
            of,
            store,
            log,
            record,
            passed: None,
            documents: LruCache::new(DOCUMENTS_AT_HAND),
            parked,
        })
    }

    pub const fn record(&self) -> Record {
        self.record
    }

    /// The offset of the next message to apply.
    pub fn next_offset(&self) -> i64 {
        self.passed.map_or(self.record.offset, |passed| passed.offset)
    }

    /// When [`Projector::look`] is to be called, if no batch comes before.
    pub fn look_at(&self) -> Instant {
        self.passed
            .map_or_else(|| Instant::now() + LOOK, |passed| passed.since + PASSED_FOR_LONG)
    }

    /// Moves the record past messages that changed nothing. Where there are none, makes sure that it is where we left it:
    /// Redis may have gone back while nobody wrote.
    pub async fn look(&mut self) -> Result<(), ProjectError> {
        if let Some(Passed { offset, position, .. }) = self.passed {
            return self
                .move_record(
                    &Batch {
                        offset,
                        position,
                        ..Batch::default()
                    },
                    false,
                )
                .await;
        }
        let found = self.store.record(&self.of).await?;
        if found == Some(self.record) {
            Ok(())
        } else {
            Err(self.refused())
        }
    }

    /// Folds and writes a batch, and moves the record past it.
    pub async fn apply(&mut self, incoming: Vec<Incoming>) -> Result<(), ProjectError> {
        let written = self.write(incoming).await?;
        telemetry::failpoint("projector.after_write");
        self.finish(written).await
    }

    /// The first step: every document of the batch is written.
    pub async fn write(&mut self, incoming: Vec<Incoming>) -> Result<Written, ProjectError> {
        let position = self.passed.map_or(self.record.position, |passed| passed.position);
        let mut batch = batch::sort(self.of.view, position, &self.parked, incoming);
        let touched = !batch.groups.is_empty();
        let mut waiting = std::mem::take(&mut batch.groups);
        metric::events(self.of.view, metric::Outcome::Applied, batch.counted);
        metric::events(self.of.view, metric::Outcome::Duplicate, batch.duplicates);
        for _ in 0..MOST_TRIES {
            let folded = self.fold(waiting, &mut batch.parked).await?;
            waiting = self.replace(folded).await?;
            if waiting.is_empty() {
                return Ok(Written { batch, touched });
            }
        }
        Err(ProjectError::Restless(waiting.swap_remove(0).id))
    }

    /// The second step: the record moves, with the sums and what is set aside.
    pub async fn finish(&mut self, written: Written) -> Result<(), ProjectError> {
        let Written { batch, touched } = written;
        let changes_nothing = !touched && batch.counts.is_empty() && batch.parked.is_empty();
        if changes_nothing {
            let since = self.passed.map_or_else(Instant::now, |passed| passed.since);
            self.passed = Some(Passed {
                offset: batch.offset,
                position: batch.position,
                since,
            });
            if since.elapsed() < PASSED_FOR_LONG {
                return Ok(());
            }
        }
        self.move_record(&batch, touched).await?;
        if !batch.parked.is_empty() {
            metric::events(self.of.view, metric::Outcome::Parked, batch.parked.len());
            for parked in batch.parked {
                let reason = &parked.why.reason;
                tracing::error!(view = %self.of.view, aggregate = parked.aggregate, reason, "an event is set aside");
                self.parked
                    .aggregates
                    .entry(parked.aggregate)
                    .or_insert(parked.why);
                self.parked.events += 1;
            }
            metric::parked(&self.of, &self.parked);
        }
        Ok(())
    }

    async fn move_record(&mut self, batch: &Batch, touched: bool) -> Result<(), ProjectError> {
        let step = Move {
            from: Some(self.record),
            offset: batch.offset,
            position: batch.position,
            counts: &batch.counts,
            parked: &batch.parked,
            publish: touched && self.of.view == View::Products,
        };
        match self.store.move_record(&self.of, &step).await? {
            Moved::To(record) => (self.record, self.passed) = (record, None),
            Moved::Refused => return Err(self.refused()),
        }
        Ok(())
    }

    fn refused(&self) -> ProjectError {
        ProjectError::Refused {
            topic: self.of.topic.clone(),
            partition: self.of.partition,
        }
    }

    async fn fold(
        &mut self,
        groups: Vec<Group>,
        parked: &mut Vec<Parked>,
    ) -> Result<Vec<Folded>, ProjectError> {
        let unknown: Vec<&DocumentId> = groups
            .iter()
            .map(|group| &group.id)
            .filter(|id| !self.documents.contains(id))
            .collect();
        let mut loaded = self.store.load(self.of.generation, &unknown).await?.into_iter();
        let mut folded = Vec::with_capacity(groups.len());
        for Group { id, offers } in groups {
            let loaded = match self.documents.pop(&id) {
                Some(at_hand) => at_hand,
                None => loaded.next().expect("one was read for each that is not at hand"),
            };
            folded.push(self.fold_group(id, offers, loaded, parked).await?);
        }
        Ok(folded)
    }

    async fn fold_group(
        &self,
        id: DocumentId,
        mut offers: Vec<Offer>,
        mut loaded: Loaded,
        parked: &mut Vec<Parked>,
    ) -> Result<Folded, ProjectError> {
        let document = &mut loaded.document;
        let (mut changed, mut end) = (false, offers.len());
        for (at, offer) in offers.iter().enumerate() {
            let mut step = offer.fold(document, &id);
            if let Step::Gap { after } = step {
                metric::gap(self.of.view);
                let poison = self.fill(document, &id, offer, after).await?;
                changed |= document.sequence(offer.aggregate_type()) > after;
                if let Some(poison) = poison {
                    parked.push(batch::park(poison));
                    end = at;
                    break;
                }
                step = offer.fold(document, &id);
            }
            match step {
                Step::Applied => changed = true,
                Step::Duplicate => metric::events(self.of.view, metric::Outcome::Duplicate, 1),
                Step::Gap { .. } => {
                    tracing::error!(?id, "an event came through Kafka that is not in PostgreSQL");
                }
            }
        }
        for behind in offers.drain(end..) {
            if let Offer::Event(readable) = behind {
                parked.push(batch::behind_another(&readable));
            }
        }
        Ok(Folded {
            id,
            loaded,
            offers,
            changed,
        })
    }

    /// Takes what is missing before an event from PostgreSQL. What comes back is an event there that cannot be read.
    async fn fill(
        &self,
        document: &mut Document,
        id: &DocumentId,
        before: &Offer,
        after: i64,
    ) -> Result<Option<Unreadable>, ProjectError> {
        let (aggregate_type, aggregate_id) = (before.aggregate_type(), id.aggregate_id());
        tracing::warn!(%aggregate_type, aggregate_id, after, "events are missing in Kafka; they are taken from PostgreSQL");
        let missing = self.log.read_stream(aggregate_type, &aggregate_id, after).await;
        let missing = missing.map_err(|error| ProjectError::Log(error.to_string()))?;
        Ok(fold_all(document, id, &missing, &self.parked))
    }

    /// Writes what changed; gives back the groups whose documents moved underneath.
    async fn replace(&mut self, folded: Vec<Folded>) -> Result<Vec<Group>, ProjectError> {
        let replacements: Vec<Replacement<'_>> = folded
            .iter()
            .filter(|folded| folded.changed)
            .map(Folded::replacement)
            .collect();
        let lines = (self.of.view == View::Carts && !folded.is_empty()).then(|| changed_lines(&folded));
        let replaced = self
            .store
            .replace(self.of.generation, &replacements, lines.as_deref())
            .await?;
        let now = OffsetDateTime::now_utc();
        let mut replaced = replaced.into_iter();
        let mut again = vec![];
        for Folded {
            id,
            mut loaded,
            offers,
            changed,
        } in folded
        {
            if changed && !replaced.next().unwrap_or(false) {
                again.push(Group { id, offers });
                continue;
            }
            if changed {
                loaded.fence = loaded.document.fence();
                metric::events(self.of.view, metric::Outcome::Applied, offers.len());
                let recorded_at = offers.iter().filter_map(Offer::recorded_at);
                metric::visible(self.of.view, recorded_at.map(|at| now - at));
            }
            self.documents.put(id, loaded);
        }
        Ok(again)
    }
}

impl Folded {
    fn replacement(&self) -> Replacement<'_> {
        Replacement {
            id: &self.id,
            folded_from: &self.loaded.fence,
            document: &self.loaded.document,
        }
    }
}

/// What is published about carts: see [`read_model::Keys::changed_channel`]. Said of unchanged ones too: it may be that
/// they were written before a crash, and nobody was told.
fn changed_lines(folded: &[Folded]) -> String {
    use std::fmt::Write;
    let mut lines = String::new();
    for Folded { id, loaded, .. } in folded {
        let written = match (id, &loaded.document) {
            (
                _,
                Document::Cart {
                    sequence,
                    cart: Some(cart),
                },
            ) => {
                writeln!(lines, "{} {sequence} {}", cart.id, cart.owner)
            }
            (DocumentId::CurrentCart(owner), Document::CurrentCart { cart: Some(cart), .. }) => {
                writeln!(lines, "{cart} 0 {owner}")
            }
            _ => Ok(()),
        };
        written.expect("writing to a String does not fail");
    }
    lines
}

/// The record of a partition that nobody has begun: Kafka got it after the view was built.
async fn first_record(of: &PartitionOf, store: &mut Store) -> Result<Record, ProjectError> {
    let lost = ProjectError::GenerationLost(of.generation);
    let position = store.start(of.view, of.generation).await?.ok_or(lost)?;
    let counts = read_model::in_carts::Counts::new();
    let step = Move {
        from: None,
        offset: 0,
        position,
        counts: &counts,
        parked: &[],
        publish: false,
    };
    match store.move_record(of, &step).await? {
        Moved::To(record) => Ok(record),
        Moved::Refused => store
            .record(of)
            .await?
            .ok_or(ProjectError::GenerationLost(of.generation)),
    }
}
