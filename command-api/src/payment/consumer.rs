//! Kafka as an alarm clock: whatever happens to a payment wakes the worker for it.
//!
//! Nothing depends on it but speed. What it misses is swept from the deadlines, and what it says twice is nothing new.

use std::sync::Arc;
use std::time::Duration;

use domain::{AggregateType, OrderId};
use rdkafka::ClientConfig;
use rdkafka::Message;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::KafkaError;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::worker::Worker;
use crate::config::Kafka;
use crate::topics;

const GROUP: &str = "payment-worker";
const AFTER_AN_ERROR: Duration = Duration::from_secs(1);

/// # Errors
/// When the client cannot be made.
pub fn consumer(kafka: &Kafka) -> Result<StreamConsumer, KafkaError> {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", &kafka.kafka_brokers)
        .set("group.id", format!("{}.{GROUP}", kafka.topic_prefix))
        // Older ones are swept from the deadlines.
        .set("auto.offset.reset", "latest")
        .set("enable.auto.commit", "true")
        .set("session.timeout.ms", "10000")
        .set("fetch.wait.max.ms", "50")
        .create()?;
    consumer.subscribe(&[&topics::name(kafka, AggregateType::Payment)])?;
    Ok(consumer)
}

/// Wakes the worker until it is told to stop.
pub async fn run(consumer: StreamConsumer, worker: Arc<Worker>, token: CancellationToken) {
    loop {
        let message = tokio::select! {
            message = consumer.recv() => message,
            () = token.cancelled() => return,
        };
        match message {
            Ok(message) => {
                let key = message.key().and_then(|key| str::from_utf8(key).ok());
                if let Some(id) = key.and_then(|key| Uuid::parse_str(key).ok()) {
                    worker.wake(OrderId::new(id).payment(), None).await;
                } else {
                    tracing::error!(offset = message.offset(), "a message names no payment");
                }
            }
            Err(error) => {
                tracing::warn!(%error, "Kafka cannot be read; payments are found by their deadlines meanwhile");
                tokio::time::sleep(AFTER_AN_ERROR).await;
            }
        }
    }
}
