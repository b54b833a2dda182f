//! The atomic append: many transactions in one call, each stored whole or refused whole.
//!
//! The command loop calls it; the SQL is in `migrations/0002_append.sql` and, where deadlines change, `0003_deadlines.sql`.

use std::collections::HashMap;

use domain::{Event, StreamId};
use serde::Deserialize;
use serde_json::value::RawValue;
use sqlx::postgres::{PgDatabaseError, PgSeverity};
use sqlx::types::Json;
use uuid::Uuid;

use crate::arrays::{Arrays, number_of};
use crate::connection::{Connection, ROUND_TRIP, within};
use crate::deadlines::DeadlineChange;
use crate::loading::Loaded;

/// How large an event's payload may be, in bytes. Everybody who reads the log has to take it, and Kafka takes no more than a little over
/// a megabyte in one message. `0013_maintenance.sql` knows it as well.
pub const MAX_PAYLOAD: usize = 256 * 1024;

/// What is stored whole or not at all.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// Every stream that was decided on, those that were only read too.
    pub streams: Vec<StreamUse>,
    /// The events' metadata, as JSON.
    pub metadata: String,
    /// Kept when the transaction is stored; where it is kept already, the transaction is not stored again.
    pub receipt: Option<Receipt>,
    /// Set and cleared when the transaction is stored, in the same commit. Of aggregates only whose streams it used:
    /// what was decided on something stale then changes no deadline either.
    pub deadlines: Vec<DeadlineChange>,
}

#[derive(Clone, Debug)]
pub struct StreamUse {
    pub stream: StreamId,
    /// The version it was decided on. The first transaction of a batch on a stream names the stored version, a later
    /// one the version that the earlier ones leave.
    pub expected_version: i64,
    /// Empty where it was only read.
    pub events: Vec<NewEvent>,
}

#[derive(Clone, Debug)]
pub struct NewEvent {
    pub event_id: Uuid,
    pub event: Event,
}

/// What is kept under an idempotency key, less what only the append knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// A hash of the owner and the key.
    pub id: Uuid,
    /// A hash of the request.
    pub fingerprint: Uuid,
    /// `None` for a refusal: it keeps no receipt, but finds out whether there is one.
    pub answer: Option<ReceiptAnswer>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptAnswer {
    /// The HTTP status.
    pub status: i16,
    /// The id in the answer.
    pub subject: String,
    /// The version in the answer.
    pub version: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct StoredReceipt {
    #[serde(skip)]
    pub id: Uuid,
    pub fingerprint: Uuid,
    pub status: i16,
    pub subject: String,
    pub version: i64,
    pub position: i64,
}

/// What became of one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Stored. The position is that of its last event; where it has none, the log's at the time.
    Stored { position: i64 },
    /// Its receipt was there already: it was stored before.
    Replayed(StoredReceipt),
    /// Decided on something stale, by itself or through an earlier one of the batch.
    Refused,
}

/// What became of a batch.
pub struct Appended {
    /// One for each transaction, in their order.
    pub outcomes: Vec<Outcome>,
    /// What the refused ones had not seen. A stream that is stale without being here has to be loaded anew.
    pub unseen: Vec<Loaded>,
}

#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// PostgreSQL rejected a value; nothing of the batch is stored.
    #[error("PostgreSQL rejected a value: {0}")]
    Data(#[source] sqlx::Error),
    /// PostgreSQL could not store it now (a lock that was not granted in time, a full disk, a server that only reads): nothing of
    /// the batch is stored.
    #[error("PostgreSQL does not store now: {0}")]
    NotNow(#[source] sqlx::Error),
    /// The answer was lost. The batch may be stored, see [`Connection::append_once`].
    #[error("the answer to an append was lost: {0}")]
    Lost(#[source] sqlx::Error),
}

#[derive(Deserialize)]
struct Replay {
    transaction: usize,
    #[serde(flatten)]
    receipt: StoredReceipt,
}

#[derive(Deserialize)]
struct Unseen<'a> {
    head: usize,
    sequence: i64,
    event_type: &'a str,
    event_version: &'a str,
    #[serde(borrow)]
    payload: &'a RawValue,
}

const APPEND: &str = "select head_position, refused, replayed, unseen::text from append($1, $2, $3, $4, $5, $6, $7, \
                      $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)";
const APPEND_WITH_DEADLINES: &str = "select head_position, refused, replayed, unseen::text from append_with_deadlines($1, $2, $3, $4, $5, $6, $7, $8, \
     $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)";

type AppendRow = (i64, Option<Vec<i32>>, Option<Json<Vec<Replay>>>, Option<String>);

impl Connection {
    /// Appends a batch with one statement and one commit.
    ///
    /// # Errors
    /// [`AppendError::Data`] when PostgreSQL rejects a value, [`AppendError::NotNow`] when it stores nothing at the moment,
    /// [`AppendError::Lost`] when it is not known whether the batch is stored.
    pub async fn append(&mut self, batch: &[Transaction]) -> Result<Appended, AppendError> {
        let arrays = Arrays::of(batch);
        arrays.check_sizes().map_err(AppendError::Data)?;
        let has_deadlines = !arrays.deadline_transactions.is_empty();
        let query = sqlx::query_as(if has_deadlines {
            APPEND_WITH_DEADLINES
        } else {
            APPEND
        });
        let query = query
            .bind(&arrays.head_types)
            .bind(&arrays.head_ids)
            .bind(&arrays.head_versions)
            .bind(&arrays.use_transactions)
            .bind(&arrays.use_heads)
            .bind(&arrays.use_writes)
            .bind(&arrays.event_transactions)
            .bind(&arrays.event_aggregate_types)
            .bind(&arrays.event_aggregate_ids)
            .bind(&arrays.event_sequences)
            .bind(&arrays.event_types)
            .bind(&arrays.event_versions)
            .bind(&arrays.event_payloads)
            .bind(&arrays.event_metadata)
            .bind(&arrays.event_ids)
            .bind(&arrays.receipt_transactions)
            .bind(&arrays.receipt_ids)
            .bind(&arrays.receipt_fingerprints)
            .bind(&arrays.receipt_statuses)
            .bind(&arrays.receipt_subjects)
            .bind(&arrays.receipt_versions)
            .bind(&arrays.receipt_last_events);
        let query = if has_deadlines {
            query
                .bind(&arrays.deadline_transactions)
                .bind(&arrays.deadline_kinds)
                .bind(&arrays.deadline_ids)
                .bind(&arrays.deadline_dues)
        } else {
            query
        };
        let row: AppendRow = within(ROUND_TRIP, query.fetch_one(&mut self.inner))
            .await
            .map_err(classify)?;
        outcomes(batch, &arrays, row).map_err(AppendError::Lost)
    }

    /// Repeats an append whose answer was lost: under the lock it first looks which events are stored.
    ///
    /// On a new connection the old statement may still be waiting for the lock; it finds the versions moved and is refused.
    pub async fn append_once(&mut self, batch: &[Transaction]) -> Result<Appended, AppendError> {
        self.begin_locked().await.map_err(AppendError::Lost)?;
        let appended = self.append_missing(batch).await;
        match &appended {
            Ok(_) => self.commit().await.map_err(AppendError::Lost)?,
            // A lost connection has rolled back by itself.
            Err(_) => drop(self.roll_back().await),
        }
        appended
    }

    async fn append_missing(&mut self, batch: &[Transaction]) -> Result<Appended, AppendError> {
        let stored = self.positions_of(batch).await.map_err(AppendError::Lost)?;
        let writes =
            |transaction: &Transaction| transaction.streams.iter().any(|used| !used.events.is_empty());
        let is_stored = |transaction: &Transaction| {
            let mut events = transaction.streams.iter().flat_map(|used| &used.events);
            writes(transaction) && events.all(|event| stored.contains_key(&event.event_id))
        };
        // What builds on a stored transaction names the versions that it left, and those are the stored ones now.
        let mut missing: Vec<Transaction> = batch
            .iter()
            .filter(|transaction| !is_stored(transaction))
            .cloned()
            .collect();
        // Whoever only read left no trace. A batch commits as one, so where others of it are stored, its deadlines are too,
        // and setting them again would undo what those others, or somebody since, did to them.
        if !stored.is_empty() {
            for transaction in missing.iter_mut().filter(|transaction| !writes(transaction)) {
                transaction.deadlines.clear();
            }
        }
        let appended = self.append(&missing).await?;
        let mut rest = appended.outcomes.into_iter();
        let outcomes = batch
            .iter()
            .map(|transaction| {
                if !is_stored(transaction) {
                    return rest.next().unwrap_or(Outcome::Refused);
                }
                let events = transaction.streams.iter().flat_map(|used| &used.events);
                let position = events
                    .filter_map(|event| stored.get(&event.event_id))
                    .max()
                    .copied();
                Outcome::Stored {
                    position: position.unwrap_or_default(),
                }
            })
            .collect();
        Ok(Appended {
            outcomes,
            unseen: appended.unseen,
        })
    }

    /// The positions of those events of a batch that are stored, by event id.
    async fn positions_of(&mut self, batch: &[Transaction]) -> Result<HashMap<Uuid, i64>, sqlx::Error> {
        let arrays = Arrays::of(batch);
        let query = sqlx::query_as(
            "select e.event_id, e.global_position
             from unnest($1::text[], $2::text[], $3::bigint[], $4::uuid[]) w(type, id, sequence, event_id)
             join events e on e.aggregate_id = w.id and e.aggregate_type = w.type and e.sequence = w.sequence
             where e.event_id = w.event_id",
        )
        .bind(&arrays.event_aggregate_types)
        .bind(&arrays.event_aggregate_ids)
        .bind(&arrays.event_sequences)
        .bind(&arrays.event_ids);
        let rows: Vec<(Uuid, i64)> = within(ROUND_TRIP, query.fetch_all(&mut self.inner)).await?;
        Ok(rows.into_iter().collect())
    }
}

/// Reads what the function says. The positions of what was stored follow the head without holes.
fn outcomes(batch: &[Transaction], arrays: &Arrays, row: AppendRow) -> Result<Appended, sqlx::Error> {
    let (head_position, refused, replayed, unseen) = row;
    let mut replayed: HashMap<usize, StoredReceipt> = replayed
        .map(|Json(replays)| {
            replays
                .into_iter()
                .map(|replay| (replay.transaction, replay.receipt))
                .collect()
        })
        .unwrap_or_default();
    let refused: Vec<usize> = refused
        .unwrap_or_default()
        .into_iter()
        .filter_map(|number| usize::try_from(number).ok())
        .collect();
    let mut position = head_position;
    let outcomes = batch
        .iter()
        .zip(1..)
        .map(|(transaction, number)| {
            if let Some(mut receipt) = replayed.remove(&number) {
                receipt.id = transaction.receipt.as_ref().map_or_else(Uuid::nil, |own| own.id);
                return Outcome::Replayed(receipt);
            }
            if refused.contains(&number) {
                return Outcome::Refused;
            }
            let events: usize = transaction.streams.iter().map(|used| used.events.len()).sum();
            position += i64::from(number_of(events));
            Outcome::Stored {
                position: if events == 0 { head_position } else { position },
            }
        })
        .collect();
    let unseen = match unseen {
        Some(text) => unseen_streams(arrays, &text)?,
        None => vec![],
    };
    Ok(Appended { outcomes, unseen })
}

fn unseen_streams(arrays: &Arrays, text: &str) -> Result<Vec<Loaded>, sqlx::Error> {
    let events: Vec<Unseen> =
        serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let mut streams: HashMap<usize, Loaded> = HashMap::new();
    for event in events {
        let Some(&stream) = arrays.heads.get(event.head - 1) else {
            continue;
        };
        let loaded = streams
            .entry(event.head)
            .or_insert_with(|| Loaded::empty(stream.clone(), event.sequence - 1));
        loaded.push(event.event_type, event.event_version, event.payload.get());
        loaded.version = event.sequence;
    }
    Ok(streams.into_values().collect())
}

/// What PostgreSQL rejected as data or as a statement is the batch's fault. Any other error that ends a statement, and not the
/// connection, says that its transaction was rolled back. After anything else it is unknown whether the batch is stored.
fn classify(error: sqlx::Error) -> AppendError {
    let is_ours = !database::classify(&error).is_worth_repeating() && !has_no_partition(&error);
    if is_ours && matches!(error, sqlx::Error::Encode(_)) {
        return AppendError::Data(error);
    }
    let Some(reported) = error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<PgDatabaseError>())
    else {
        return AppendError::Lost(error);
    };
    match reported.severity() {
        _ if is_ours => AppendError::Data(error),
        PgSeverity::Error => AppendError::NotNow(error),
        PgSeverity::Panic
        | PgSeverity::Fatal
        | PgSeverity::Warning
        | PgSeverity::Notice
        | PgSeverity::Debug
        | PgSeverity::Info
        | PgSeverity::Log => AppendError::Lost(error),
    }
}

/// A receipt of a day without a partition: nobody has tended them for days (`partitions.rs`). No command is to blame.
fn has_no_partition(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else {
        return false;
    };
    error.code().as_deref() == Some("23514")
        && error.constraint().is_none()
        && error.table() == Some("receipts")
}
