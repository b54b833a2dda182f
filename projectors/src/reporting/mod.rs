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

use consumer_group::Trouble;
use reporting::{AGGREGATE_TYPES, DatabaseError, Parked};
use thiserror::Error;

use crate::admission::NotAdmitted;
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
    #[error(transparent)]
    Trouble(#[from] Trouble),
    #[error("the tables: {0}")]
    NotAdmitted(NotAdmitted),
}

impl From<NotAdmitted> for ReportingError {
    fn from(error: NotAdmitted) -> Self {
        match error {
            NotAdmitted::Log(error) => Self::Database(error),
            NotAdmitted::OtherIncarnation | NotAdmitted::Hole { .. } | NotAdmitted::Unknown { .. } => {
                Self::NotAdmitted(error)
            }
        }
    }
}

impl ReportingError {
    /// Whether Kafka has forgotten what the tables still need, or the log is another one than they were made from, so that another consumer
    /// is no use.
    pub fn needs_rebuild(&self) -> bool {
        matches!(
            self,
            Self::OffsetLost
                | Self::NotAdmitted(NotAdmitted::OtherIncarnation | NotAdmitted::Hole { .. })
                | Self::Trouble(Trouble::OffsetLost { .. })
        )
    }

    /// Whether it is what is in the batch that cannot be stored, however often it is tried, and not that the database is away.
    fn is_of_data(&self) -> bool {
        let Self::Database(error) = self else {
            return false;
        };
        !event_store::classify(error).is_worth_repeating()
    }
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

/// What a name or a reason may have. The name of a message of nobody is whatever its key says; those that begin alike are one.
const LONGEST_NAME: usize = 200;
const LONGEST_REASON: usize = 1_000;

/// A text as far as a column can hold it: what is set aside must not be set aside again for what it says.
fn storable(text: &str, longest: usize) -> String {
    let characters = text.chars().take(longest);
    characters
        .map(|character| if character == '\0' { '\u{fffd}' } else { character })
        .collect()
}

/// What is kept of an event that cannot be read.
fn park(unreadable: &Unreadable) -> Parked {
    tracing::error!(
        aggregate = unreadable.aggregate,
        reason = unreadable.reason,
        "an event is set aside, and with it the later ones of its aggregate until reporting is rebuilt"
    );
    Parked {
        aggregate: storable(&unreadable.aggregate, LONGEST_NAME),
        sequence: unreadable.event.sequence,
        reason: storable(&unreadable.reason, LONGEST_REASON),
    }
}
