//! Where partitions are, as those ask who look from outside: the records of a view in Redis, the rows beside the tables for SQL.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use consumer_group::{Checkpoints, TopicPartition};
use domain::AggregateType;
use futures::future::try_join_all;
use read_model::record::{PartitionOf, Record};
use read_model::store::Store;
use read_model::{Generation, View};
use reporting::AGGREGATE_TYPES;

use crate::log_lag::{Positions, by_type};
use crate::services::Services;

/// Records that are asked for at once, where it is not known how many there are.
const PARTITIONS_AT_ONCE: usize = 16;

/// A generation's records, for its watch.
pub(crate) struct Records {
    pub store: Store,
    pub view: View,
    pub generation: Generation,
}

#[async_trait]
impl Checkpoints for Records {
    async fn next_offsets(
        &mut self,
        partitions: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, i64>, String> {
        let records = records(&self.store, self.view, self.generation, partitions).await?;
        let records = partitions.iter().cloned().zip(records);
        Ok(records
            .filter_map(|(name, record)| Some((name, record?.offset)))
            .collect())
    }
}

/// In the order of `partitions`, with one round trip: the connection sends the questions one behind the other.
async fn records(
    store: &Store,
    view: View,
    generation: Generation,
    partitions: &[TopicPartition],
) -> Result<Vec<Option<Record>>, String> {
    let records = partitions.iter().map(async |(topic, partition)| {
        let of = PartitionOf {
            view,
            generation,
            topic: topic.clone(),
            partition: *partition,
        };
        store.clone().record(&of).await
    });
    try_join_all(records)
        .await
        .map_err(|error| format!("Redis: {error}"))
}

/// Where the generation is that readers use. Kafka is not asked: a view's partitions are those that have a record.
pub struct OfView {
    pub services: Services,
    pub view: View,
}

#[async_trait]
impl Positions for OfView {
    async fn positions(&mut self) -> Result<Option<(u64, HashMap<AggregateType, Vec<i64>>)>, String> {
        let (view, mut store) = (self.view, self.services.store.clone());
        let shown = store
            .shown(view)
            .await
            .map_err(|error| format!("Redis: {error}"))?;
        let Some(generation) = shown else {
            return Ok(None);
        };
        let mut found = BTreeMap::new();
        for topic in self.services.kafka.topics(view) {
            for from in (0..).step_by(PARTITIONS_AT_ONCE) {
                let partitions = (from..).take(PARTITIONS_AT_ONCE);
                let names: Vec<TopicPartition> =
                    partitions.map(|partition| (topic.clone(), partition)).collect();
                let records = records(&store, view, generation, &names).await?;
                let there: Vec<_> = names
                    .into_iter()
                    .zip(records)
                    .map_while(|(name, record)| Some((name, record?.position)))
                    .collect();
                let is_last = there.len() < PARTITIONS_AT_ONCE;
                found.extend(there);
                if is_last {
                    break;
                }
            }
        }
        let topic = |name: &str| self.services.kafka.topic(name);
        Ok(Some((generation, by_type(view.aggregate_types(), topic, &found))))
    }
}

/// Where the tables for SQL are.
pub struct OfTables(pub Services);

#[async_trait]
impl Positions for OfTables {
    async fn positions(&mut self) -> Result<Option<(u64, HashMap<AggregateType, Vec<i64>>)>, String> {
        let positions = self.0.tables.positions().await;
        let positions = positions.map_err(|error| format!("PostgreSQL: {error}"))?;
        let topic = |name: &str| self.0.kafka.topic(name);
        Ok(positions.map(|found| (0, by_type(&AGGREGATE_TYPES, topic, &found))))
    }
}
