//! One partition of one view: folds a batch into its documents, writes them, then moves the partition's record.
//!
//! Called by the partition's task, one batch after the other, and by tests one step at a time. Whatever fails in
//! between, the batch is done again from the record: documents drop what they hold, the record has not moved.

use std::time::{Duration, Instant};

use event_store::Reader;
use read_model::View;
use read_model::document::DocumentId;
use read_model::parked::{Parked, ParkedOf};
use read_model::record::{Move, Moved, PartitionOf, Record};
use read_model::store::Store;

use crate::batch::{self, Batch};
use crate::decode::Incoming;
use crate::documents::Documents;
use crate::metric;

/// Most events of carts change nothing among the products. The record follows those that do, or after this time.
const PASSED_FOR_LONG: Duration = Duration::from_millis(100);

/// How often a quiet partition's record is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Why a batch was not finished. Nothing is lost: it is done again from the record.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error("Redis: {0}")]
    Redis(#[from] redis::RedisError),
    #[error("PostgreSQL: {0}")]
    Log(String),
    #[error("{topic}/{partition}: the record moved; the partition is someone else's now, or Redis went back")]
    Refused { topic: String, partition: i32 },
    #[error("the document {0:?} moved underneath again and again")]
    Restless(DocumentId),
    #[error("generation {0} is not there any more")]
    GenerationLost(u64),
}

pub struct Projector {
    of: PartitionOf,
    store: Store,
    record: Record,
    /// How far messages were looked at that changed nothing here; the record has not moved past them yet.
    passed: Option<Passed>,
    documents: Documents,
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

impl Projector {
    /// Takes a partition over where its record says.
    pub async fn begin(of: PartitionOf, mut store: Store, log: Reader) -> Result<Self, ProjectError> {
        let record = match store.record(&of).await? {
            Some(record) => record,
            None => first_record(&of, &mut store).await?,
        };
        let parked = store.parked_of(&of).await?;
        metric::parked(&of, &parked);
        let documents = Documents::new(of.view, of.generation, store.clone(), log);
        Ok(Self {
            of,
            store,
            record,
            passed: None,
            documents,
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

    /// Moves the record past messages that changed nothing. Where there are none, makes sure that it is where we left
    /// it: Redis may have gone back while nobody wrote.
    pub async fn look(&mut self) -> Result<(), ProjectError> {
        if let Some(Passed { offset, position, .. }) = self.passed {
            let nothing = Batch {
                offset,
                position,
                ..Batch::default()
            };
            return self.move_record(&nothing, false).await;
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
        metric::events(self.of.view, metric::Outcome::Applied, batch.counted);
        metric::events(self.of.view, metric::Outcome::Duplicate, batch.duplicates);
        let groups = std::mem::take(&mut batch.groups);
        batch
            .parked
            .extend(self.documents.write(groups, &self.parked).await?);
        Ok(Written { batch, touched })
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
            self.remember(batch.parked);
        }
        Ok(())
    }

    fn remember(&mut self, parked: Vec<Parked>) {
        let view = self.of.view;
        metric::events(view, metric::Outcome::Parked, parked.len());
        for Parked { aggregate, why, .. } in parked {
            tracing::error!(%view, aggregate, reason = why.reason, "an event is set aside");
            self.parked.aggregates.entry(aggregate).or_insert(why);
            self.parked.events += 1;
        }
        metric::parked(&self.of, &self.parked);
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
