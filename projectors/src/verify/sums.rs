//! In how many open carts each product is, against the carts' events: every partition as far as its record says.

use std::collections::{BTreeSet, HashMap};

use domain::AggregateType;
use futures::StreamExt;
use read_model::document::{Document, DocumentId};
use read_model::in_carts::{self, Counts};
use read_model::parked::ParkedOf;
use read_model::record::PartitionOf;
use read_model::view::Kind;
use read_model::{Generation, View};
use redis::AsyncCommands;

use super::Report;
use crate::fold::fold_all;
use crate::kafka::partition_of;
use crate::services::Services;

pub async fn compare(services: &Services, report: &mut Report) -> anyhow::Result<()> {
    let Some(generation) = services.store.clone().shown(View::Carts).await? else {
        return Ok(());
    };
    let topic = services.kafka.topic(AggregateType::Cart.topic());
    let partitions = services.kafka.bounds(vec![topic.clone()]).await?.len();
    let stored = stored(services, generation, &topic, partitions).await?;
    let expected = expected(services, generation, &topic, &stored.positions).await?;
    let skus: BTreeSet<&String> = stored.counts.keys().chain(expected.keys()).collect();
    for sku in skus {
        let count = |counts: &Counts| counts.get(sku).copied().unwrap_or(0);
        if count(&stored.counts) != count(&expected) {
            let name = format!("carts in-carts {sku}");
            report.differ(
                name,
                count(&expected).to_string(),
                count(&stored.counts).to_string(),
            );
        }
    }
    Ok(())
}

struct Stored {
    /// How far each partition is that the counts come from.
    positions: Vec<i64>,
    counts: Counts,
}

/// Each partition's counts and record of one moment: they share a slot, so that one transaction reads them.
async fn stored(
    services: &Services,
    generation: Generation,
    topic: &str,
    partitions: usize,
) -> anyhow::Result<Stored> {
    let (keys, mut connection) = (services.store.keys(), services.store.connection());
    let mut counts: Counts = connection
        .hgetall(keys.in_carts(generation, in_carts::BASE))
        .await?;
    let mut positions = vec![];
    for partition in 0..i32::try_from(partitions)? {
        let (changes, position): (Counts, Option<i64>) = redis::pipe()
            .atomic()
            .hgetall(keys.in_carts(generation, &in_carts::part(topic, partition)))
            .hget(keys.record(View::Carts, generation, topic, partition), "position")
            .query_async(&mut connection)
            .await?;
        for (sku, change) in changes {
            *counts.entry(sku).or_default() += change;
        }
        positions.push(position.unwrap_or(0));
    }
    Ok(Stored { positions, counts })
}

async fn expected(
    services: &Services,
    generation: Generation,
    topic: &str,
    positions: &[i64],
) -> anyhow::Result<Counts> {
    let set_aside = set_aside(services, generation, topic, positions.len()).await?;
    // Read after the records, and so at least as far as they are.
    let head = services.log.head().await?;
    let mut events = services.log.streams_by_id(&[AggregateType::Cart], head);
    let (mut counts, mut cart): (Counts, Option<Cart>) = (Counts::new(), None);
    while let Some(recorded) = events.next().await.transpose()? {
        if cart
            .as_ref()
            .is_none_or(|cart| cart.name != recorded.aggregate_id)
        {
            cart = Cart::begin(&recorded.aggregate_id, positions);
        }
        let Some(cart) = &mut cart else { continue };
        let is_parked = set_aside
            .parked_from
            .get(&cart.name)
            .is_some_and(|from| recorded.sequence >= *from);
        if is_parked || recorded.position > cart.position {
            continue;
        }
        let event = std::slice::from_ref(&recorded);
        let unreadable = fold_all(&mut cart.document, &cart.id, event, &set_aside.known);
        if let (None, Ok(event)) = (unreadable, recorded.event()) {
            in_carts::count(&mut counts, &cart.document, &event);
        }
    }
    Ok(counts)
}

/// A cart whose events are being counted.
struct Cart {
    name: String,
    id: DocumentId,
    document: Document,
    /// How far its partition is.
    position: i64,
}

impl Cart {
    fn begin(name: &str, positions: &[i64]) -> Option<Self> {
        let id = DocumentId::parse(Kind::Cart, name)?;
        let partition = usize::try_from(partition_of(name, positions.len())).ok()?;
        Some(Self {
            name: name.to_owned(),
            document: id.empty(),
            id,
            position: *positions.get(partition)?,
        })
    }
}

/// Events that are in no count.
#[derive(Default)]
struct SetAside {
    /// From which sequence on the events of a cart are parked.
    parked_from: HashMap<String, i64>,
    /// With what ops discarded.
    known: ParkedOf,
}

async fn set_aside(
    services: &Services,
    generation: Generation,
    topic: &str,
    partitions: usize,
) -> anyhow::Result<SetAside> {
    let (mut store, mut set_aside) = (services.store.clone(), SetAside::default());
    for partition in 0..i32::try_from(partitions)? {
        let of = PartitionOf {
            view: View::Carts,
            generation,
            topic: topic.to_owned(),
            partition,
        };
        let parked = store.parked_of(&of).await?;
        for aggregate in parked.aggregates.into_keys() {
            // A message of nobody is parked, too, and no cart waits behind it.
            let Some((kind, cart)) = aggregate.split_once('/') else {
                continue;
            };
            if kind != AggregateType::Cart.as_str() {
                continue;
            }
            let events = store.parked_events(&of, &aggregate).await?;
            let first = events
                .iter()
                .filter_map(|event| event.sequence)
                .min()
                .unwrap_or(0);
            set_aside.parked_from.insert(cart.to_owned(), first);
        }
        set_aside.known.discarded.extend(parked.discarded);
    }
    Ok(set_aside)
}
