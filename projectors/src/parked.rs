//! `projectors parked …`: what ops do about events that were set aside.
//!
//! Retrying folds the aggregate's stream from PostgreSQL, which has every event as it was stored; discarding does the
//! same and leaves out what cannot be read. Either moves the `parked` of the partition's record, which its task notices
//! within a second: it begins anew from the record and knows what is parked.

use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use domain::AggregateType;
use read_model::View;
use read_model::document::DocumentId;
use read_model::in_carts::{self, Counts};
use read_model::order::Listing;
use read_model::parked::{ParkedEvent, ParkedOf, Unpark};
use read_model::record::PartitionOf;
use read_model::store::Replacement;
use time::OffsetDateTime;

use crate::config::{self, Connections};
use crate::documents::{announcement, changed_line};
use crate::fold::fold_all;
use crate::services::Services;
use crate::texts;

/// Something moves all the time while the shop is open; this often it is looked at again.
const MOST_TRIES: usize = 50;

/// An aggregate whose events are parked, and where.
#[derive(Clone, Debug)]
pub struct Place {
    pub of: PartitionOf,
    /// `type/id`.
    pub aggregate: String,
    pub reason: String,
    /// Unix time in seconds.
    pub since: i64,
    pub events: Vec<ParkedEvent>,
}

pub async fn run(command: config::Parked, connections: &Connections) -> anyhow::Result<ExitCode> {
    let services = Services::connect(connections).await?;
    match command {
        config::Parked::List { view } => {
            let views = view.map_or(View::ALL.to_vec(), |view| vec![view]);
            for view in views {
                list(&places(&services, view).await?);
            }
        }
        config::Parked::Show { view, aggregate } => show(&place(&services, view, &aggregate).await?),
        config::Parked::Retry { view, aggregate } => {
            retry(&services, view, &aggregate).await?;
            println!("{view} {aggregate}: applied");
        }
        config::Parked::Discard { view, aggregate } => {
            discard(&services, view, &aggregate).await?;
            println!("{view} {aggregate}: unreadable events discarded, the others applied");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Everything that is parked in the generation that readers use.
pub async fn places(services: &Services, view: View) -> anyhow::Result<Vec<Place>> {
    let mut store = services.store.clone();
    let generation = store
        .shown(view)
        .await?
        .with_context(|| format!("the view {view} is not built"))?;
    let mut places = vec![];
    for (topic, partition) in services
        .kafka
        .bounds(services.kafka.topics(view))
        .await?
        .into_keys()
    {
        let of = PartitionOf {
            view,
            generation,
            topic,
            partition,
        };
        for (aggregate, why) in store.parked_of(&of).await?.aggregates {
            let events = store.parked_events(&of, &aggregate).await?;
            places.push(Place {
                of: of.clone(),
                aggregate,
                reason: why.reason,
                since: why.since,
                events,
            });
        }
    }
    places.sort_by_key(|place| place.since);
    Ok(places)
}

/// Applies the parked events of an aggregate, now that they can be read.
pub async fn retry(services: &Services, view: View, aggregate: &str) -> anyhow::Result<()> {
    end(services, view, aggregate, false).await
}

/// Does without the unreadable events of an aggregate, and applies the others.
pub async fn discard(services: &Services, view: View, aggregate: &str) -> anyhow::Result<()> {
    end(services, view, aggregate, true).await
}

async fn end(services: &Services, view: View, aggregate: &str, discard: bool) -> anyhow::Result<()> {
    for _ in 0..MOST_TRIES {
        let place = place(services, view, aggregate).await?;
        if try_end(services, &place, discard).await? {
            return Ok(());
        }
    }
    bail!("{aggregate} moved again and again; try once more");
}

/// False: something moved underneath, look again.
async fn try_end(services: &Services, place: &Place, discard: bool) -> anyhow::Result<bool> {
    let mut store = services.store.clone();
    let record = store
        .record(&place.of)
        .await?
        .context("the partition's record is gone")?;
    let mut known = store.parked_of(&place.of).await?;
    // Read after the record: if more is parked from here on, the record's `parked` tells.
    let events = store.parked_events(&place.of, &place.aggregate).await?;
    let last = events.iter().filter_map(|event| event.sequence).max();
    let through = last.filter(|_| discard);
    if let Some(through) = through {
        known.discarded.insert(place.aggregate.clone(), through);
    }
    let Some(aggregate_type) = aggregate_type(&place.aggregate) else {
        ensure!(
            discard,
            "{} is no aggregate of ours: its messages can only be discarded",
            place.aggregate
        );
        return unpark(services, place, record.parked, through, &Counts::new()).await;
    };
    if let Some(kind) = place.of.view.document_of(aggregate_type)
        && let Some(id) = DocumentId::parse(kind, aggregate_id(&place.aggregate))
        && !fold_document(services, place, &id, aggregate_type, &known).await?
    {
        return Ok(false);
    }
    let counts = count(services, place, aggregate_type, &events, &known).await?;
    unpark(services, place, record.parked, through, &counts).await
}

async fn unpark(
    services: &Services,
    place: &Place,
    parked: i64,
    discard_through: Option<i64>,
    counts: &Counts,
) -> anyhow::Result<bool> {
    let unpark = Unpark {
        parked,
        aggregate: &place.aggregate,
        discard_through,
        counts,
    };
    Ok(services.store.clone().unpark(&place.of, &unpark).await?)
}

/// Brings the document to where its stream is in PostgreSQL. False: it moved underneath.
async fn fold_document(
    services: &Services,
    place: &Place,
    id: &DocumentId,
    aggregate_type: AggregateType,
    known: &ParkedOf,
) -> anyhow::Result<bool> {
    let mut store = services.store.clone();
    let generation = place.of.generation;
    let mut loaded = store.load(generation, &[id]).await?.remove(0);
    let after = loaded.document.sequence(aggregate_type);
    let missing = services
        .log
        .read_stream(aggregate_type, &id.aggregate_id(), after)
        .await?;
    if let Some(unreadable) = fold_all(&mut loaded.document, id, &missing, known) {
        bail!(
            "{} still cannot be applied: {}",
            place.aggregate,
            unreadable.reason
        );
    }
    texts::dress(&services.log, [&mut loaded.document]).await?;
    let replacement = Replacement {
        id,
        folded_from: &loaded.fence,
        document: &loaded.document,
        lives_until: None,
    };
    if loaded.document.fence() == loaded.fence {
        return Ok(true);
    }
    let listing: Vec<Listing> = loaded.document.listing().into_iter().collect();
    let line = changed_line(id, &loaded.document).unwrap_or_default();
    let announced = announcement(place.of.view, &line);
    let replaced = store
        .replace(generation, &[replacement], &listing, announced)
        .await?;
    Ok(replaced == [true])
}

/// What the parked events of a cart add to the sums.
async fn count(
    services: &Services,
    place: &Place,
    aggregate_type: AggregateType,
    parked: &[ParkedEvent],
    known: &ParkedOf,
) -> anyhow::Result<Counts> {
    let mut counts = Counts::new();
    let view = place.of.view;
    let id = view
        .document_of(aggregate_type)
        .and_then(|kind| DocumentId::parse(kind, aggregate_id(&place.aggregate)));
    let Some(id) = id.filter(|_| view.counts_in_carts()) else {
        return Ok(counts);
    };
    let sequences: Vec<i64> = parked.iter().filter_map(|event| event.sequence).collect();
    let mut document = id.empty();
    for recorded in services
        .log
        .read_stream(aggregate_type, &id.aggregate_id(), 0)
        .await?
    {
        if let Some(unreadable) = fold_all(&mut document, &id, std::slice::from_ref(&recorded), known) {
            bail!(
                "{} still cannot be applied: {}",
                place.aggregate,
                unreadable.reason
            );
        }
        if sequences.contains(&recorded.sequence)
            && let Ok(event) = recorded.event()
        {
            in_carts::count(&mut counts, &document, &event);
        }
    }
    Ok(counts)
}

async fn place(services: &Services, view: View, aggregate: &str) -> anyhow::Result<Place> {
    let places = places(services, view).await?;
    let found = places.into_iter().find(|place| place.aggregate == aggregate);
    found.with_context(|| format!("nothing of {aggregate} is parked in {view}"))
}

fn aggregate_type(aggregate: &str) -> Option<AggregateType> {
    aggregate
        .split_once('/')
        .and_then(|(kind, _)| AggregateType::parse(kind))
}

fn aggregate_id(aggregate: &str) -> &str {
    aggregate.split_once('/').map_or("", |(_, id)| id)
}

fn list(places: &[Place]) {
    for Place {
        of,
        aggregate,
        reason,
        since,
        events,
    } in places
    {
        let age = OffsetDateTime::now_utc().unix_timestamp() - since;
        println!(
            "{} {aggregate}: {} events, for {age} s: {reason}",
            of.view,
            events.len()
        );
    }
}

fn show(place: &Place) {
    println!(
        "{} {} in {}/{}: {}",
        place.of.view, place.aggregate, place.of.topic, place.of.partition, place.reason
    );
    for event in &place.events {
        let number = |number: Option<i64>| number.map_or("?".to_owned(), |number| number.to_string());
        let name = event.event_type.as_deref().unwrap_or("?");
        println!(
            "{} at position {}: {name} {}",
            number(event.sequence),
            number(event.position),
            event.payload
        );
    }
}
