//! What librdkafka calls back: partitions that come and go, and errors. Shared between a member, its partitions' tasks and the watch.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Statistics, TopicPartitionList};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::TopicPartition;

/// librdkafka repeats an error many times a second.
const COMPLAIN_EVERY: Duration = Duration::from_secs(10);

/// A member's part of the group.
pub struct Membership {
    name: String,
    partitions: Mutex<Partitions>,
    /// Notified when partitions were handed over.
    handed_over: Notify,
    /// Whether the application is at work on messages just now, and cannot take others.
    busy: AtomicBool,
    /// For how many seconds the client has known no broker.
    seconds_without_brokers: AtomicU64,
    complained: Mutex<Option<Instant>>,
}

#[derive(Default)]
struct Partitions {
    owned: HashMap<TopicPartition, Owned>,
    /// Handed over by the group and not begun yet. Some, also where it is empty: librdkafka waits for an answer.
    waiting: Option<BTreeSet<TopicPartition>>,
    /// The member is being closed: nobody begins partitions any more.
    closed: bool,
}

struct Owned {
    revoked: CancellationToken,
    /// When a message of it was handed out last.
    delivered: Option<Instant>,
}

impl ClientContext for Membership {
    /// Once a second.
    fn stats(&self, statistics: Statistics) {
        let group = statistics.cgrp.as_ref().map_or("", |group| group.state.as_str());
        let brokers = statistics.brokers.values();
        let mut brokers = brokers.map(|broker| (broker.source.as_str(), broker.state.as_str()));
        if group == "up" || brokers.any(is_of_use) {
            self.seconds_without_brokers.store(0, Ordering::Relaxed);
        } else {
            self.seconds_without_brokers.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.complain(&error, reason);
    }
}

impl ConsumerContext for Membership {
    /// Assigned partitions are handed over to whoever asks [`crate::Member::assigned`], who assigns them once it has read their
    /// checkpoints; so no message arrives that has to be thrown away. Revoked ones stop here and now.
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        reason: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let named = names(partitions);
        let left = if reason == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            if self.hand_over(named) {
                return;
            }
            match consumer.rebalance_protocol() {
                RebalanceProtocol::Cooperative => consumer.incremental_assign(&TopicPartitionList::new()),
                RebalanceProtocol::Eager | RebalanceProtocol::None => consumer.unassign(),
            }
        } else {
            self.revoke(&named);
            match consumer.rebalance_protocol() {
                RebalanceProtocol::Cooperative => consumer.incremental_unassign(partitions),
                RebalanceProtocol::Eager | RebalanceProtocol::None => consumer.unassign(),
            }
        };
        if let Err(error) = left {
            tracing::warn!(consumer = self.name, %error, "partitions could not be given back");
        }
    }
}

/// Whether the client may get anywhere through a broker, by its source and state.
///
/// A Kafka of one broker that was paused names no broker for a moment when it comes back. librdkafka 2.12 strikes those off its list that
/// are not named, and may cancel the new beginning that would bring them back: what is left is a broker that stays at `INIT`, and a logical
/// one that waits for it, for good (`docs/decisions/0013-consumers-come-back.md`).
fn is_of_use((source, state): (&str, &str)) -> bool {
    matches!(source, "configured" | "learned") && state != "INIT"
}

fn names(partitions: &TopicPartitionList) -> Vec<TopicPartition> {
    partitions
        .elements()
        .iter()
        .map(|element| (element.topic().to_owned(), element.partition()))
        .collect()
}

impl Membership {
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            partitions: Mutex::default(),
            handed_over: Notify::new(),
            busy: AtomicBool::new(false),
            seconds_without_brokers: AtomicU64::new(0),
            complained: Mutex::default(),
        }
    }

    /// The token that ends when the partition is revoked; none where it is not ours.
    pub fn owned(&self, topic: &str, partition: i32) -> Option<CancellationToken> {
        let name = (topic.to_owned(), partition);
        self.lock().owned.get(&name).map(|owned| owned.revoked.clone())
    }

    /// A message of the partition was handed out: the member is alive, whether or not it can be applied.
    pub fn delivered(&self, topic: &str, partition: i32) {
        if let Some(owned) = self.lock().owned.get_mut(&(topic.to_owned(), partition)) {
            owned.delivered = Some(Instant::now());
        }
    }

    /// Whether the application is at work on messages: until it takes others, nothing that stands still is the member's fault.
    pub fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
    }

    /// Says an error of the client in the log, at most every ten seconds.
    pub fn complain(&self, error: &KafkaError, reason: &str) {
        let mut complained = self.complained.lock().unwrap_or_else(PoisonError::into_inner);
        if complained.is_none_or(|last| last.elapsed() >= COMPLAIN_EVERY) {
            *complained = Some(Instant::now());
            tracing::warn!(consumer = self.name, %error, reason, "Kafka");
        } else {
            tracing::debug!(consumer = self.name, %error, reason, "Kafka");
        }
    }

    /// For how many seconds the client has known no broker.
    pub(crate) fn seconds_without_brokers(&self) -> u64 {
        self.seconds_without_brokers.load(Ordering::Relaxed)
    }

    /// What is owned, and when a message of it was handed out last.
    pub(crate) fn deliveries(&self) -> HashMap<TopicPartition, Option<Instant>> {
        let now = self.busy.load(Ordering::Relaxed).then(Instant::now);
        let partitions = self.lock();
        let owned = partitions.owned.iter();
        owned
            .map(|(name, owned)| (name.clone(), now.or(owned.delivered)))
            .collect()
    }

    /// Waits for partitions that are to be begun. They stay owed until [`Membership::begun`].
    pub(crate) async fn assigned(&self) -> Vec<TopicPartition> {
        loop {
            let handed_over = self.handed_over.notified();
            if let Some(waiting) = self.lock().waiting.clone() {
                return waiting.into_iter().collect();
            }
            handed_over.await;
        }
    }

    /// The answer to librdkafka is given.
    pub(crate) fn begun(&self) {
        self.lock().waiting = None;
    }

    /// From now on partitions are not handed over any more, and all are revoked.
    pub(crate) fn close(&self) {
        let mut partitions = self.lock();
        partitions.closed = true;
        partitions.waiting = None;
        for (_, owned) in partitions.owned.drain() {
            owned.revoked.cancel();
        }
    }

    /// False: nobody is there to begin them.
    fn hand_over(&self, named: Vec<TopicPartition>) -> bool {
        let mut partitions = self.lock();
        if partitions.closed {
            return false;
        }
        for name in &named {
            let owned = Owned {
                revoked: CancellationToken::new(),
                delivered: None,
            };
            if let Some(before) = partitions.owned.insert(name.clone(), owned) {
                before.revoked.cancel();
            }
        }
        partitions.waiting.get_or_insert_default().extend(named);
        drop(partitions);
        self.handed_over.notify_one();
        true
    }

    fn revoke(&self, named: &[TopicPartition]) {
        let mut partitions = self.lock();
        for name in named {
            if let Some(waiting) = &mut partitions.waiting {
                waiting.remove(name);
            }
            if let Some(owned) = partitions.owned.remove(name) {
                owned.revoked.cancel();
                tracing::info!(
                    consumer = self.name,
                    topic = name.0,
                    partition = name.1,
                    "revoked"
                );
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Partitions> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_whose_last_broker_was_struck_off_gets_nowhere() {
        // As seen of one that never came back, and of one on its way back.
        let lost = [("logical", "TRY_CONNECT"), ("learned", "INIT")];
        assert!(!lost.into_iter().any(is_of_use));
        let connecting = [("logical", "TRY_CONNECT"), ("learned", "TRY_CONNECT")];
        assert!(connecting.into_iter().any(is_of_use));
        assert!(is_of_use(("configured", "UP")) && !is_of_use(("internal", "UP")));
    }
}
