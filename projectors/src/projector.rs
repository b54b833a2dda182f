//! One partition of one view: folds a batch into its documents, writes them, then moves the partition's record.
//!
//! Called by the partition's task, one batch after the other, and by tests one step at a time. Whatever fails in
//! between, the batch is done again from the record: documents drop what they hold, the record has not moved.

use event_store::Reader;
use read_model::View;
use read_model::document::DocumentId;
use read_model::in_carts::Counts;
use read_model::parked::{Parked, ParkedOf};
use read_model::record::{Move, Moved, PartitionOf, Record};
use read_model::store::Store;

use crate::batch::{self, Batch};
use crate::decode::Incoming;
use crate::documents::{Applied, Documents};
use crate::metric;

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
    documents: Documents,
    parked: ParkedOf,
}

/// A batch whose documents are written, and whose record has not moved yet.
pub struct Written {
    batch: Batch,
    counts: Counts,
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
            documents,
            parked,
        })
    }

    pub const fn record(&self) -> Record {
        self.record
    }

    /// Makes sure that the record is where we left it: Redis may have gone back while nobody wrote.
    pub async fn look(&mut self) -> Result<(), ProjectError> {
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
        let mut batch = batch::sort(self.of.view, self.record.position, &self.parked, incoming);
        let touched = !batch.groups.is_empty();
        metric::events(self.of.view, metric::Outcome::Duplicate, batch.duplicates);
        let groups = std::mem::take(&mut batch.groups);
        let Applied { parked, counts } = self.documents.write(groups, &self.parked).await?;
        batch.parked.extend(parked);
        Ok(Written {
            batch,
            counts,
            touched,
        })
    }

    /// The second step: the record moves, with the sums and what is set aside.
    pub async fn finish(&mut self, written: Written) -> Result<(), ProjectError> {
        let Written {
            batch,
            counts,
            touched,
        } = written;
        let step = Move {
            from: Some(self.record),
            offset: batch.offset,
            position: batch.position,
            counts: &counts,
            parked: &batch.parked,
            publish: touched && matches!(self.of.view, View::Products | View::Requests),
        };
        match self.store.move_record(&self.of, &step).await? {
            Moved::To(record) => self.record = record,
            Moved::Refused => return Err(self.refused()),
        }
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
    let counts = Counts::new();
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
