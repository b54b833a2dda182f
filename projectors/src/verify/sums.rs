//! In how many open carts each product is, against the carts' events: every partition as far as its record says.

use std::collections::{BTreeSet, HashMap};

use domain::{AggregateType, Event};
use futures::StreamExt;
use read_model::in_carts::{self, Counts};
use read_model::record::PartitionOf;
use read_model::{Generation, View};
use redis::AsyncCommands;

use super::Report;
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
    let parked_from = parked_from(services, generation, topic, positions.len()).await?;
    // Read after the records, and so at least as far as they are.
    let head = services.log.head().await?;
    let mut events = services.log.streams_by_id(&[AggregateType::Cart], head);
    let (mut counts, mut cart, mut position) = (Counts::new(), String::new(), 0);
    while let Some(recorded) = events.next().await.transpose()? {
        if recorded.aggregate_id != cart {
            cart.clone_from(&recorded.aggregate_id);
            let partition = usize::try_from(partition_of(&cart, positions.len()))?;
            position = positions[partition];
        }
        let is_parked = parked_from
            .get(&cart)
            .is_some_and(|from| recorded.sequence >= *from);
        if let (Ok(Event::Cart(event)), false, true) =
            (recorded.event(), is_parked, recorded.position <= position)
        {
            in_carts::count(&mut counts, &event);
        }
    }
    Ok(counts)
}

/// From which sequence on the events of a cart are parked, and so in no count.
async fn parked_from(
    services: &Services,
    generation: Generation,
    topic: &str,
    partitions: usize,
) -> anyhow::Result<HashMap<String, i64>> {
    let (mut store, mut from) = (services.store.clone(), HashMap::new());
    for partition in 0..i32::try_from(partitions)? {
        let of = PartitionOf {
            view: View::Carts,
            generation,
            topic: topic.to_owned(),
            partition,
        };
        for aggregate in store.parked_of(&of).await?.aggregates.into_keys() {
            let events = store.parked_events(&of, &aggregate).await?;
            let first = events
                .iter()
                .filter_map(|event| event.sequence)
                .min()
                .unwrap_or(0);
            let cart = aggregate.split_once('/').map_or("", |(_, id)| id);
            from.insert(cart.to_owned(), first);
        }
    }
    Ok(from)
}
