//! Kafka as an alarm clock: whatever happens to a payment wakes the worker for it.
//!
//! Nothing depends on it but speed. What it misses is swept from the deadlines, and what it says twice is nothing new.

use std::sync::Arc;

use consumer_group::{Begin, CLOSE_LIMIT, Group, Settings};
use domain::{AggregateType, OrderId};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::worker::Worker;
use crate::config::Kafka;
use crate::topics;

const GROUP: &str = "payment-worker";
/// Payments that are woken before they are done with.
const BATCH: usize = 100;

/// # Errors
/// When the client cannot be made.
pub fn consumer(kafka: &Kafka) -> Result<Group, KafkaError> {
    let group = format!("{}.{GROUP}", kafka.topic_prefix);
    let topics = vec![topics::name(kafka, AggregateType::Payment)];
    // Older ones are swept from the deadlines.
    let settings = Settings::new(&kafka.kafka_brokers, GROUP, group, topics, Begin::Newest)
        .instance(kafka.group_instance_id.clone());
    Group::join(settings)
}

/// Wakes the worker until it is told to stop.
pub async fn run(mut group: Group, worker: Arc<Worker>, token: CancellationToken) {
    'waking: loop {
        let messages = tokio::select! {
            messages = group.next(BATCH) => messages,
            () = token.cancelled() => break 'waking,
        };
        for message in &messages {
            let key = message.key().and_then(|key| str::from_utf8(key).ok());
            if let Some(id) = key.and_then(|key| Uuid::parse_str(key).ok()) {
                tokio::select! {
                    () = worker.wake(OrderId::new(id).payment(), None) => {}
                    // The others are handed out to the next worker.
                    () = token.cancelled() => break 'waking,
                }
            } else {
                tracing::error!(offset = message.offset(), "a message names no payment");
            }
        }
        group.done(&messages);
    }
    group.close(CLOSE_LIMIT).await;
}
