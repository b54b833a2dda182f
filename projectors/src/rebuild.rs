//! Makes the next generation of a view, beside the running one or in place of one that is lost.
//!
//! Notes Kafka's end offsets, then the log's head W; folds PostgreSQL up to W; consumes from the noted offsets, and
//! points readers to the result once it is not behind. An event that Kafka had before the noted offset was committed
//! before W was read, so nothing falls between the two; what is in both is dropped by its position and sequence.

use std::collections::HashMap;
use std::time::Duration;

use domain::AggregateType;
use event_store::Reader;
use read_model::View;
use read_model::document::{Document, DocumentId};
use read_model::generation::Claim;
use read_model::in_carts::Counts;
use read_model::parked::Parked;
use read_model::record::{Move, Moved, PartitionOf};
use read_model::store::Store;
use time::OffsetDateTime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::batch;
use crate::history::History;
use crate::kafka::{Offsets, TopicError, partition_of};
use crate::metric;
use crate::running::Running;
use crate::services::Services;
use crate::texts;

/// Documents in one pipeline. One is being written while the next is folded.
const DOCUMENTS_PER_PIPELINE: usize = 512;
const CLAIM_LASTS: Duration = Duration::from_secs(10);
const CLAIM_RENEWED: Duration = Duration::from_secs(2);
/// How often is looked whether the new generation has caught up.
const LOOK: Duration = Duration::from_millis(10);

#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error("somebody else rebuilds {0}")]
    Claimed(View),
    #[error("the rebuild lost its claim: Redis was flushed, or did not answer for too long")]
    Lost,
    #[error(transparent)]
    Topic(#[from] TopicError),
    #[error("Redis: {0}")]
    Redis(#[from] redis::RedisError),
    #[error("PostgreSQL: {0}")]
    Log(String),
    #[error("the new generation's consumer ended: {0}")]
    Consumer(String),
    #[error("stopped before the rebuild was done")]
    Stopped,
}

/// Rebuilds `view` and shows it to readers; gives the consumer that keeps the new generation up to date.
pub async fn rebuild(
    services: &Services,
    view: View,
    stop: &CancellationToken,
) -> Result<Running, RebuildError> {
    let mut store = services.store.clone();
    let now = u64::try_from(OffsetDateTime::now_utc().unix_timestamp()).unwrap_or(0);
    let claim = store
        .claim(view, now, CLAIM_LASTS)
        .await?
        .ok_or(RebuildError::Claimed(view))?;
    tracing::info!(%view, generation = claim.generation, "rebuilding");
    let rebuilt = tokio::select! {
        rebuilt = build(services, &claim) => rebuilt,
        lost = keep_claim(store.clone(), &claim) => Err(lost),
        () = stop.cancelled() => Err(RebuildError::Stopped),
    };
    if rebuilt.is_err() {
        // Where this fails the claim ends by itself.
        let _ = store.abandon(&claim).await;
    }
    rebuilt
}

async fn keep_claim(mut store: Store, claim: &Claim) -> RebuildError {
    loop {
        tokio::time::sleep(CLAIM_RENEWED).await;
        match store.renew(claim, CLAIM_LASTS).await {
            Ok(true) => {}
            Ok(false) => return RebuildError::Lost,
            Err(error) => return error.into(),
        }
    }
}

async fn build(services: &Services, claim: &Claim) -> Result<Running, RebuildError> {
    let (view, generation) = (claim.view, claim.generation);
    let mut store = services.store.clone();
    let noted = services.kafka.bounds(services.kafka.topics(view)).await?;
    let head = services
        .log
        .head()
        .await
        .map_err(|error| RebuildError::Log(error.to_string()))?;
    let discarded = discarded_before(services, claim, &noted).await?;

    let mut history = History::read(&services.log, view, head, discarded.clone());
    write_documents(&services.log, &store, claim, &mut history, head).await?;
    if view.counts_in_carts() {
        store.set_base_counts(generation, &history.counts).await?;
    }
    let parked = history.unreadable.into_iter().map(batch::park).collect();
    write_records(services, claim, &noted, head, parked, &discarded).await?;
    store.set_start(view, generation, head).await?;
    tracing::info!(%view, generation, events = history.events_read, "folded; catching up with Kafka");

    let running = Running::start(services, view, generation);
    let caught_up = catch_up(services, claim, &running).await;
    let shown = match caught_up {
        Ok(()) => store.show(claim).await.map_err(RebuildError::from),
        Err(error) => Err(error),
    };
    match shown {
        Ok(true) => {
            metric::rebuild_progress(view, 1.0);
            tracing::info!(%view, generation, "rebuilt and shown");
            Ok(running)
        }
        Ok(false) => {
            running.finish().await;
            Err(RebuildError::Lost)
        }
        Err(error) => {
            running.finish().await;
            Err(error)
        }
    }
}

/// Folds and writes at once: one pipeline is on its way to Redis while the next is read and folded.
async fn write_documents(
    log: &Reader,
    store: &Store,
    claim: &Claim,
    history: &mut History,
    head: i64,
) -> Result<(), RebuildError> {
    let mut on_its_way: Option<JoinHandle<redis::RedisResult<bool>>> = None;
    loop {
        let mut documents = next_documents(history).await.map_err(RebuildError::Log)?;
        texts::dress(log, documents.iter_mut().map(|(_, document)| document))
            .await
            .map_err(|error| RebuildError::Log(error.to_string()))?;
        if let Some(writing) = on_its_way.take()
            && !writing.await.map_err(|_| RebuildError::Stopped)??
        {
            return Err(RebuildError::Lost);
        }
        if documents.is_empty() {
            return Ok(());
        }
        #[expect(clippy::cast_precision_loss, reason = "a ratio for a dashboard")]
        metric::rebuild_progress(
            claim.view,
            (history.events_read as f64 / head.max(1) as f64).min(0.99),
        );
        let (mut store, generation) = (store.clone(), claim.generation);
        on_its_way = Some(tokio::spawn(
            async move { store.insert(generation, &documents).await },
        ));
    }
}

async fn next_documents(history: &mut History) -> Result<Vec<(DocumentId, Document)>, String> {
    let mut documents = Vec::with_capacity(DOCUMENTS_PER_PIPELINE);
    while documents.len() < DOCUMENTS_PER_PIPELINE {
        match history.next().await? {
            Some(document) => documents.push(document),
            None => break,
        }
    }
    Ok(documents)
}

/// What ops discarded in the generation that is shown, over all its partitions.
async fn discarded_before(
    services: &Services,
    claim: &Claim,
    noted: &Offsets,
) -> Result<HashMap<String, i64>, RebuildError> {
    let mut discarded = HashMap::new();
    let Some(generation) = claim.shown else {
        return Ok(discarded);
    };
    let mut store = services.store.clone();
    for (topic, partition) in noted.keys() {
        let of = PartitionOf {
            view: claim.view,
            generation,
            topic: topic.clone(),
            partition: *partition,
        };
        discarded.extend(store.parked_of(&of).await?.discarded);
    }
    Ok(discarded)
}

/// Every partition begins at its noted offset, with what cannot be read set aside where it would have come from.
async fn write_records(
    services: &Services,
    claim: &Claim,
    noted: &Offsets,
    head: i64,
    parked: Vec<Parked>,
    discarded: &HashMap<String, i64>,
) -> Result<(), RebuildError> {
    let mut store = services.store.clone();
    let (counts, home) = (Counts::new(), |aggregate: &str| {
        home_of(services, noted, aggregate)
    });
    let mut parked_in: HashMap<(String, i32), Vec<Parked>> = HashMap::new();
    for parked in parked {
        parked_in.entry(home(&parked.aggregate)).or_default().push(parked);
    }
    for ((topic, partition), bounds) in noted {
        let of = PartitionOf {
            view: claim.view,
            generation: claim.generation,
            topic: topic.clone(),
            partition: *partition,
        };
        let name = (topic.clone(), *partition);
        let here = discarded.iter().filter(|(aggregate, _)| home(aggregate) == name);
        store
            .set_discarded(
                &of,
                &here
                    .map(|(aggregate, through)| (aggregate.clone(), *through))
                    .collect(),
            )
            .await?;
        let parked = parked_in.remove(&name).unwrap_or_default();
        let step = Move {
            from: None,
            offset: bounds.end,
            position: head,
            counts: &counts,
            parked: &parked,
            publish: false,
        };
        if store.move_record(&of, &step).await? == Moved::Refused {
            return Err(RebuildError::Lost);
        }
    }
    Ok(())
}

/// The partition in which an aggregate's (`type/id`) events travel.
fn home_of(services: &Services, noted: &Offsets, aggregate: &str) -> (String, i32) {
    let (kind, id) = aggregate.split_once('/').unwrap_or((aggregate, ""));
    let topic =
        AggregateType::parse(kind).map_or_else(|| kind.to_owned(), |kind| services.kafka.topic(kind.topic()));
    let partitions = noted.keys().filter(|(name, _)| *name == topic).count();
    (topic, partition_of(id, partitions))
}

/// Waits until no partition of the new generation is behind: behind the old one where there is one, else behind Kafka.
async fn catch_up(services: &Services, claim: &Claim, running: &Running) -> Result<(), RebuildError> {
    let mut store = services.store.clone();
    let mut behind = services.kafka.bounds(services.kafka.topics(claim.view)).await?;
    while !behind.is_empty() {
        if running.has_ended() {
            return Err(RebuildError::Consumer("it ended by itself".to_owned()));
        }
        let mut still = Offsets::new();
        for ((topic, partition), mut bounds) in behind {
            let of = |generation| PartitionOf {
                view: claim.view,
                generation,
                topic: topic.clone(),
                partition,
            };
            // The old one first: if the new one is as far a moment later, readers never go back.
            if let Some(shown) = claim.shown
                && let Some(old) = store.record(&of(shown)).await?
            {
                bounds.end = bounds.end.min(old.offset);
            }
            let new = store
                .record(&of(claim.generation))
                .await?
                .ok_or(RebuildError::Lost)?;
            if new.offset < bounds.end {
                still.insert((topic, partition), bounds);
            }
        }
        behind = still;
        if !behind.is_empty() {
            tokio::time::sleep(LOOK).await;
        }
    }
    Ok(())
}
