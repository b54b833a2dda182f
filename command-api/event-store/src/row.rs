//! A row of `events` as a recorded event, and a page of them.

use std::borrow::Cow;

use domain::{AggregateType, Metadata, RecordedEvent};
use serde_json::value::RawValue;
use sqlx::postgres::{PgExecutor, PgRow};
use sqlx::types::Json;
use sqlx::{Error, Row};

/// The columns that [`recorded_event`] reads, in its order.
pub(crate) const COLUMNS: &str = "global_position, aggregate_type, aggregate_id, sequence, event_type, event_version, \
                                  payload::text, metadata, event_id, recorded_at";

pub(crate) fn recorded_event(row: &PgRow) -> Result<RecordedEvent, Error> {
    let payload: String = row.try_get(6)?;
    let Json(metadata): Json<Metadata> = row.try_get(7)?;
    Ok(RecordedEvent {
        position: row.try_get(0)?,
        aggregate_type: aggregate_type(row.try_get(1)?)?,
        aggregate_id: row.try_get(2)?,
        sequence: row.try_get(3)?,
        event_type: Cow::Owned(row.try_get(4)?),
        event_version: Cow::Owned(row.try_get(5)?),
        payload: RawValue::from_string(payload).map_err(|error| Error::Decode(error.into()))?,
        metadata,
        event_id: row.try_get(8)?,
        recorded_at: row.try_get(9)?,
    })
}

/// Up to `limit` events past `after_position`, in the order in which they were committed.
pub(crate) async fn page(
    executor: impl PgExecutor<'_>,
    after_position: i64,
    limit: i64,
) -> Result<Vec<RecordedEvent>, Error> {
    let sql =
        format!("select {COLUMNS} from events where global_position > $1 order by global_position limit $2");
    let rows = sqlx::query(&sql)
        .bind(after_position)
        .bind(limit)
        .fetch_all(executor)
        .await?;
    rows.iter().map(recorded_event).collect()
}

pub(crate) fn aggregate_type(name: &str) -> Result<AggregateType, Error> {
    AggregateType::parse(name).ok_or_else(|| {
        Error::Decode(format!("the aggregate type {name:?} is not known to this binary").into())
    })
}
