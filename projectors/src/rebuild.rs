//! Makes the next generation of a view, beside the running one or in place of one that is lost.
//!
//! Notes Kafka's end offsets, then the log's head W; folds PostgreSQL up to W; consumes from the noted offsets, and
//! points readers to the result once it is not behind. An event that Kafka had before the noted offset was committed
//! before W was read, so nothing falls between the two; what is in both is dropped by its position and sequence.
//!
//! Both generations follow Kafka side by side, now one a message ahead and now the other. So that no reader goes back
//! at the switch, the old one is held for its last milliseconds, until the new one has all that the old one can hold.

use std::collections::HashMap;
use std::time::Duration;

use domain::{AggregateType, OwnerId};
use event_store::{DatabaseError, Reader};
use read_model::document::{Document, DocumentId};
use read_model::generation::Claim;
use read_model::in_carts::Counts;
use read_model::parked::Parked;
use read_model::record::{Move, Moved, PartitionOf};
use read_model::store::Store;
use read_model::{Generation, View};
use time::OffsetDateTime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::batch;
use crate::history::History;
use crate::kafka::{Offsets, TopicError, partition_of};
use crate::metric;
use crate::owners;
use crate::projector::ProjectError;
use crate::running::Running;
use crate::services::Services;
use crate::texts;

/// Documents in one pipeline. One is being written while the next is folded.
const DOCUMENTS_PER_PIPELINE: usize = 512;
/// People who are named in one, over all its documents. Each costs Redis some microseconds, and its answers have 5 s.
const PEOPLE_PER_PIPELINE: usize = 20_000;
const CLAIM_LASTS: Duration = Duration::from_secs(10);
const CLAIM_RENEWED: Duration = Duration::from_secs(2);
/// How long the old generation waits for the switch, and then for its projectors to follow the pointer.
const HELD: Duration = Duration::from_secs(4);
/// Of that, how long the new generation has to come past the old one; else the old one goes on, and it is tried again.
const OVERTAKES_WITHIN: Duration = Duration::from_secs(1);
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
    #[error("guests' current carts: {0}")]
    Owners(ProjectError),
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
    let of_log = |error: DatabaseError| RebuildError::Log(error.to_string());
    // Before the head: where it changes between the two, the view is made anew once more.
    let incarnation = services.identity.ask().await.map_err(of_log)?.current();
    let head = services.log.head().await.map_err(of_log)?;
    let discarded = discarded_before(services, claim, &noted).await?;

    let mut history = History::read(&services.log, view, head, discarded.clone());
    let owners = write_documents(&services.log, &store, claim, &mut history, head).await?;
    owners::keep(&mut store, &services.log, generation, &owners)
        .await
        .map_err(RebuildError::Owners)?;
    if view.counts_in_carts() {
        store.set_base_counts(generation, &history.counts).await?;
    }
    let parked = history.unreadable.into_iter().map(batch::park).collect();
    write_records(services, claim, &noted, head, parked, &discarded).await?;
    store.set_start(view, generation, head, incarnation).await?;
    tracing::info!(%view, generation, events = history.events_read, "folded; catching up with Kafka");

    let running = Running::start(services, view, generation);
    let caught_up = catch_up(services, claim, &running).await;
    let shown = match caught_up {
        Ok(()) => overtake_and_show(services, claim, &running).await,
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

/// Folds and writes at once: one pipeline is on its way to Redis while the next is read and folded. Gives the owners whose
/// entries have to outlive what they say themselves.
async fn write_documents(
    log: &Reader,
    store: &Store,
    claim: &Claim,
    history: &mut History,
    head: i64,
) -> Result<Vec<(OwnerId, OffsetDateTime)>, RebuildError> {
    let mut owners = vec![];
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
            return Ok(owners);
        }
        let is_needed = |(_, until): &(OwnerId, OffsetDateTime)| *until > OffsetDateTime::now_utc();
        let kept = documents
            .iter()
            .filter_map(|(_, document)| owners::kept_by(document));
        owners.extend(kept.filter(is_needed));
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
    let mut people = 0;
    while documents.len() < DOCUMENTS_PER_PIPELINE && people < PEOPLE_PER_PIPELINE {
        let Some((id, document)) = history.next().await? else {
            break;
        };
        people += document.people();
        documents.push((id, document));
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
        let of = partition_in(claim.view, generation, topic, *partition);
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
        let of = partition_in(claim.view, claim.generation, topic, *partition);
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
    let mut goal = services.kafka.bounds(services.kafka.topics(claim.view)).await?;
    if let Some(shown) = claim.shown {
        for ((topic, partition), bounds) in &mut goal {
            let of = partition_in(claim.view, shown, topic, *partition);
            if let Some(old) = store.record(&of).await? {
                bounds.end = bounds.end.min(old.offset);
            }
        }
    }
    reach(services, claim, running, goal).await
}

/// Points readers to the new generation while the old one is held. A batch that the old one began before that was in
/// Kafka before its ends were read: where the new one has come to these ends, no reader goes back.
async fn overtake_and_show(
    services: &Services,
    claim: &Claim,
    running: &Running,
) -> Result<bool, RebuildError> {
    let mut store = services.store.clone();
    let Some(shown) = claim.shown else {
        return Ok(store.show(claim).await?);
    };
    loop {
        store.hold(claim.view, shown, HELD).await?;
        let ends = services.kafka.bounds(services.kafka.topics(claim.view)).await?;
        let overtaken = reach(services, claim, running, ends);
        if let Ok(reached) = tokio::time::timeout(OVERTAKES_WITHIN, overtaken).await {
            reached?;
            return Ok(store.show(claim).await?);
        }
        store.release(claim.view, shown).await?;
        catch_up(services, claim, running).await?;
    }
}

/// Waits until every partition of the new generation is at least where `goal` ends.
async fn reach(
    services: &Services,
    claim: &Claim,
    running: &Running,
    mut goal: Offsets,
) -> Result<(), RebuildError> {
    let mut store = services.store.clone();
    loop {
        if running.has_ended() {
            return Err(RebuildError::Consumer("it ended by itself".to_owned()));
        }
        let mut behind = Offsets::new();
        for ((topic, partition), bounds) in goal {
            let of = partition_in(claim.view, claim.generation, &topic, partition);
            let new = store.record(&of).await?.ok_or(RebuildError::Lost)?;
            if new.offset < bounds.end {
                behind.insert((topic, partition), bounds);
            }
        }
        if behind.is_empty() {
            return Ok(());
        }
        goal = behind;
        tokio::time::sleep(LOOK).await;
    }
}

fn partition_in(view: View, generation: Generation, topic: &str, partition: i32) -> PartitionOf {
    PartitionOf {
        view,
        generation,
        topic: topic.to_owned(),
        partition,
    }
}
