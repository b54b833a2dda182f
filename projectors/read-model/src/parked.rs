//! Events that are set aside because one of them cannot be applied, with the later ones of the same aggregate.
//!
//! Written with the record of the partition that they came from; listed, retried and discarded by ops with a command.

use std::collections::HashMap;

use redis::{AsyncCommands, RedisResult};
use serde::{Deserialize, Serialize};

use crate::in_carts::Counts;
use crate::record::PartitionOf;
use crate::store::Store;

/// One event to set aside.
#[derive(Clone, Debug)]
pub struct Parked {
    /// `type/id`.
    pub aggregate: String,
    pub why: Why,
    pub event: ParkedEvent,
}

/// Why an aggregate's events are parked, as it was when the first one was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    pub reason: String,
    /// Unix time in seconds.
    pub since: i64,
}

/// An event as it was found: what could be read of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedEvent {
    /// Where it was in Kafka; none for an event that a rebuild found in PostgreSQL.
    pub offset: Option<i64>,
    pub position: Option<i64>,
    pub sequence: Option<i64>,
    pub event_type: Option<String>,
    /// The message's value; what is not UTF-8 is replaced.
    pub payload: String,
}

/// What is parked of one partition, and what ops discarded there.
#[derive(Clone, Debug, Default)]
pub struct ParkedOf {
    pub aggregates: HashMap<String, Why>,
    /// Sequence up to which an aggregate's unreadable events are left out.
    pub discarded: HashMap<String, i64>,
    /// How many events are set aside in all.
    pub events: usize,
}

/// What to do when an aggregate is taken out of the parked ones.
pub struct Unpark<'a> {
    /// The record's `parked` as it was when the events were read.
    pub parked: i64,
    pub aggregate: &'a str,
    /// Leave out unreadable events up to this sequence from now on.
    pub discard_through: Option<i64>,
    /// What applying the events adds to the sums.
    pub counts: &'a Counts,
}

impl Store {
    /// Everything that is parked or discarded in a partition.
    pub async fn parked_of(&mut self, of: &PartitionOf) -> RedisResult<ParkedOf> {
        let whys: HashMap<String, String> = self.connection.hgetall(of.parked(self.keys())).await?;
        let discarded = self.connection.hgetall(of.discarded(self.keys())).await?;
        let mut events = 0;
        for aggregate in whys.keys() {
            let length: usize = self
                .connection
                .llen(of.parked_events(self.keys(), aggregate))
                .await?;
            events += length;
        }
        let aggregates = whys
            .into_iter()
            .map(|(aggregate, json)| (aggregate, why(&json)))
            .collect();
        Ok(ParkedOf {
            aggregates,
            discarded,
            events,
        })
    }

    /// The parked events of one aggregate, oldest first.
    pub async fn parked_events(
        &mut self,
        of: &PartitionOf,
        aggregate: &str,
    ) -> RedisResult<Vec<ParkedEvent>> {
        let key = of.parked_events(self.keys(), aggregate);
        let events: Vec<String> = self.connection.lrange(key, 0, -1).await?;
        Ok(events
            .iter()
            .filter_map(|json| serde_json::from_str(json).ok())
            .collect())
    }

    /// Ends an aggregate's being parked. False: something changed since it was read, look again.
    pub async fn unpark(&mut self, of: &PartitionOf, unpark: &Unpark<'_>) -> RedisResult<bool> {
        let mut pipeline = redis::pipe();
        let keys = self.keys().clone();
        let call = self.scripts.unpark.call(&mut pipeline, 5);
        call.arg(of.record(&keys))
            .arg(of.parked(&keys))
            .arg(of.parked_events(&keys, unpark.aggregate))
            .arg(of.discarded(&keys));
        call.arg(match of.view {
            crate::View::Carts => of.counts(&keys),
            // Has no sums: the record stands in, so that the script's keys share its slot.
            crate::View::Products | crate::View::Orders | crate::View::Requests => of.record(&keys),
        });
        call.arg(unpark.parked).arg(unpark.aggregate);
        call.arg(
            unpark
                .discard_through
                .map_or(String::new(), |sequence| sequence.to_string()),
        );
        for (sku, change) in unpark.counts {
            call.arg(sku).arg(change);
        }
        let answer: RedisResult<(u8,)> = pipeline.query_async(&mut self.connection).await;
        let (done,) = self.reloading_scripts(answer).await?;
        Ok(done == 1)
    }
}

fn why(json: &str) -> Why {
    serde_json::from_str(json).unwrap_or_else(|_| Why {
        reason: json.to_owned(),
        since: 0,
    })
}
