//! Keeps `reporting.*` in PostgreSQL, for people who know SQL: rows and Kafka's offset in one transaction.
//!
//! `main` runs [`keeper`] beside the views' followers. A view in Redis has generations and records; here the database
//! does what those are for, so that this is its own, smaller way from Kafka to rows. What a row is, is the crate `reporting`.

pub mod apply;
pub mod consumer;
pub mod history;
pub mod keeper;
pub mod metric;
pub mod rebuild;
pub mod verify;

use reporting::{AGGREGATE_TYPES, DatabaseError, Parked};
use thiserror::Error;

use crate::decode::Unreadable;
use crate::kafka::{Kafka, TopicError};

/// Under which `run`, `rebuild` and the metrics know the tables.
pub const NAME: &str = "reporting";

/// Why the tables are not kept up to date for the moment. Nothing is lost: it begins again where the tables are.
#[derive(Debug, Error)]
pub enum ReportingError {
    #[error("PostgreSQL: {0}")]
    Database(#[from] DatabaseError),
    #[error("Kafka: {0}")]
    Kafka(#[from] rdkafka::error::KafkaError),
    #[error(transparent)]
    Topic(#[from] TopicError),
    #[error(
        "{topic}/{partition}: the offset moved; the partition is someone else's now, or the tables were rebuilt"
    )]
    Refused { topic: String, partition: i32 },
    #[error("the tables are not built")]
    NotBuilt,
    #[error("Kafka does not have what comes next any more; the tables have to be rebuilt")]
    OffsetLost,
    #[error("the consumer did not end: {0}")]
    Task(#[from] tokio::task::JoinError),
}

pub fn topics(kafka: &Kafka) -> Vec<String> {
    AGGREGATE_TYPES
        .into_iter()
        .map(|kind| kafka.topic(kind.topic()))
        .collect()
}

pub fn group(kafka: &Kafka) -> String {
    kafka.topic(NAME)
}

/// What is kept of an event that cannot be read.
fn park(unreadable: &Unreadable) -> Parked {
    tracing::error!(
        aggregate = unreadable.aggregate,
        reason = unreadable.reason,
        "an event is set aside, and with it the later ones of its aggregate until reporting is rebuilt"
    );
    Parked {
        aggregate: unreadable.aggregate.clone(),
        sequence: unreadable.event.sequence,
        reason: unreadable.reason.clone(),
    }
}
