//! A batch as the parallel arrays that the SQL functions of the append take. [`crate::append`] binds them.

use std::collections::HashMap;

use domain::StreamId;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::append::{MAX_PAYLOAD, StreamUse, Transaction};

/// The batch as the function's parallel arrays.
#[derive(Default)]
pub(crate) struct Arrays<'a> {
    pub heads: Vec<&'a StreamId>,
    pub head_types: Vec<&'a str>,
    pub head_ids: Vec<&'a str>,
    pub head_versions: Vec<i64>,
    pub use_transactions: Vec<i32>,
    pub use_heads: Vec<i32>,
    pub use_writes: Vec<bool>,
    pub event_transactions: Vec<i32>,
    pub event_aggregate_types: Vec<&'a str>,
    pub event_aggregate_ids: Vec<&'a str>,
    pub event_sequences: Vec<i64>,
    pub event_types: Vec<&'a str>,
    pub event_versions: Vec<&'a str>,
    pub event_payloads: Vec<String>,
    pub event_metadata: Vec<&'a str>,
    pub event_ids: Vec<Uuid>,
    pub receipt_transactions: Vec<i32>,
    pub receipt_ids: Vec<Uuid>,
    pub receipt_fingerprints: Vec<Uuid>,
    pub receipt_statuses: Vec<Option<i16>>,
    pub receipt_subjects: Vec<Option<&'a str>>,
    pub receipt_versions: Vec<Option<i64>>,
    pub receipt_last_events: Vec<i32>,
    pub deadline_transactions: Vec<i32>,
    pub deadline_kinds: Vec<&'a str>,
    pub deadline_ids: Vec<&'a str>,
    pub deadline_dues: Vec<Option<OffsetDateTime>>,
}

impl<'a> Arrays<'a> {
    pub fn of(batch: &'a [Transaction]) -> Self {
        let mut arrays = Self::default();
        let mut heads: HashMap<&StreamId, i32> = HashMap::with_capacity(batch.len());
        for (transaction, number) in batch.iter().zip(1..) {
            let before = arrays.event_ids.len();
            for used in &transaction.streams {
                let next = number_of(heads.len() + 1);
                let head = *heads.entry(&used.stream).or_insert_with(|| {
                    arrays.heads.push(&used.stream);
                    arrays.head_types.push(used.stream.aggregate_type.as_str());
                    arrays.head_ids.push(&used.stream.aggregate_id);
                    arrays.head_versions.push(used.expected_version);
                    next
                });
                arrays.use_transactions.push(number);
                arrays.use_heads.push(head);
                arrays.use_writes.push(!used.events.is_empty());
                arrays.push_events(number, used, &transaction.metadata);
            }
            for change in &transaction.deadlines {
                arrays.deadline_transactions.push(number);
                arrays.deadline_kinds.push(change.id.kind.as_str());
                arrays.deadline_ids.push(&change.id.aggregate_id);
                arrays.deadline_dues.push(change.due);
            }
            if let Some(receipt) = &transaction.receipt {
                arrays.receipt_transactions.push(number);
                arrays.receipt_ids.push(receipt.id);
                arrays.receipt_fingerprints.push(receipt.fingerprint);
                let answer = receipt.answer.as_ref();
                arrays.receipt_statuses.push(answer.map(|answer| answer.status));
                arrays
                    .receipt_subjects
                    .push(answer.map(|answer| answer.subject.as_str()));
                arrays.receipt_versions.push(answer.map(|answer| answer.version));
                let wrote = arrays.event_ids.len() > before;
                arrays.receipt_last_events.push(if wrote {
                    number_of(arrays.event_ids.len())
                } else {
                    0
                });
            }
        }
        arrays
    }

    /// # Errors
    /// [`sqlx::Error::Encode`], which names an event whose payload is larger than [`MAX_PAYLOAD`].
    pub fn check_sizes(&self) -> Result<(), sqlx::Error> {
        let sizes = self.event_payloads.iter().map(String::len);
        let mut events = self
            .event_aggregate_types
            .iter()
            .zip(&self.event_types)
            .zip(sizes);
        match events.find(|(_, size)| *size > MAX_PAYLOAD) {
            None => Ok(()),
            Some(((aggregate_type, event_type), size)) => {
                let message = format!(
                    "the event {aggregate_type} {event_type} has {size} bytes, {MAX_PAYLOAD} are allowed"
                );
                Err(sqlx::Error::Encode(message.into()))
            }
        }
    }

    fn push_events(&mut self, transaction: i32, used: &'a StreamUse, metadata: &'a str) {
        for (new, sequence) in used.events.iter().zip(used.expected_version + 1..) {
            self.event_transactions.push(transaction);
            self.event_aggregate_types
                .push(used.stream.aggregate_type.as_str());
            self.event_aggregate_ids.push(&used.stream.aggregate_id);
            self.event_sequences.push(sequence);
            self.event_types.push(new.event.name());
            self.event_versions.push(new.event.version());
            self.event_payloads.push(new.event.payload());
            self.event_metadata.push(metadata);
            self.event_ids.push(new.event_id);
        }
    }
}

pub(crate) fn number_of(count: usize) -> i32 {
    i32::try_from(count).expect("a batch is bounded far below two thousand million entries")
}
