//! Snapshots of streams: a state as JSON and the version that it is of, from which a long stream is loaded.
//!
//! Each version of the code has its own, so processes of two releases do not replace each other's. A snapshot is only ever worth the
//! time that it saves: whatever is wrong with one, the events say the same.

use std::time::Duration;

use domain::StreamId;
use sqlx::Row;
use sqlx::postgres::PgExecutor;
use uuid::Uuid;

use crate::connection::{Connection, ROUND_TRIP, within};
use crate::reading::Reader;

/// A stream with as many events is long: it has a snapshot, and a new one whenever it has grown by as many. The index
/// `events_long_streams` has the same number.
pub const LONG: i64 = 500;

/// What a snapshot is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub stream: StreamId,
    pub version: i64,
    /// The id of the event with which the stream came to this version: a log that was restored since has another one there.
    pub last_event: Uuid,
}

/// So many events past its snapshot a stream is loaded at once.
pub const RECENT: i64 = 2 * LONG;

const SEEN: &str = "insert into snapshot_code_versions (code_version, seen_at) values ($1, now())
    on conflict (code_version) do update set seen_at = excluded.seen_at";

impl Connection {
    /// Notes that this version of the code was seen, before it writes snapshots: also of one that never serves they are swept away.
    pub async fn note_code_version(&mut self, code_version: i32) -> Result<(), sqlx::Error> {
        let query = sqlx::query(SEEN).bind(code_version);
        within(ROUND_TRIP, query.execute(&mut self.inner)).await.map(drop)
    }

    /// The snapshot of a stream and its version, whatever is in it.
    pub async fn snapshot(
        &mut self,
        stream: &StreamId,
        code_version: i32,
    ) -> Result<Option<(i64, String)>, sqlx::Error> {
        within(ROUND_TRIP, snapshot(&mut self.inner, stream, code_version)).await
    }

    /// Whether the stream has come to a version.
    pub async fn has_version(&mut self, stream: &StreamId, version: i64) -> Result<bool, sqlx::Error> {
        let query = sqlx::query_scalar(
            "select exists (select from events where aggregate_id = $1 and aggregate_type = $2 and sequence = $3)",
        )
        .bind(&*stream.aggregate_id)
        .bind(stream.aggregate_type.as_str())
        .bind(version);
        within(ROUND_TRIP, query.fetch_one(&mut self.inner)).await
    }

    /// Keeps `state` as the snapshot of a stream, unless a newer one is kept, or the log does not have its last event. Whether it
    /// is kept.
    pub async fn keep_snapshot(
        &mut self,
        of: &Snapshot,
        code_version: i32,
        state: &str,
    ) -> Result<bool, sqlx::Error> {
        let query = sqlx::query(
            "insert into stream_snapshots (aggregate_type, aggregate_id, code_version, version, state)
             select e.aggregate_type, e.aggregate_id, $4, e.sequence, $5::json from events e
             where e.aggregate_id = $1 and e.aggregate_type = $2 and e.sequence = $3 and e.event_id = $6
             on conflict (aggregate_id, aggregate_type, code_version) do update
             set version = excluded.version, state = excluded.state
             where stream_snapshots.version < excluded.version",
        )
        .bind(&*of.stream.aggregate_id)
        .bind(of.stream.aggregate_type.as_str())
        .bind(of.version)
        .bind(code_version)
        .bind(state)
        .bind(of.last_event);
        let kept = within(ROUND_TRIP, query.execute(&mut self.inner)).await?;
        Ok(kept.rows_affected() > 0)
    }

    /// Deletes a snapshot that is of no use.
    pub async fn discard_snapshot(
        &mut self,
        stream: &StreamId,
        code_version: i32,
        version: i64,
    ) -> Result<(), sqlx::Error> {
        let query = sqlx::query(
            "delete from stream_snapshots
             where aggregate_id = $1 and aggregate_type = $2 and code_version = $3 and version = $4",
        )
        .bind(&*stream.aggregate_id)
        .bind(stream.aggregate_type.as_str())
        .bind(code_version)
        .bind(version);
        within(ROUND_TRIP, query.execute(&mut self.inner)).await.map(drop)
    }

    /// Up to `most` long streams past one without a recent snapshot of this version of the code, in their order. One that was begun and not
    /// ended has snapshots on the way.
    pub async fn long_without_snapshot(
        &mut self,
        code_version: i32,
        after: Option<&StreamId>,
        most: usize,
    ) -> Result<Vec<StreamId>, sqlx::Error> {
        // As the index `events_long_streams` has it, to the letter.
        let query = sqlx::query(
            "select e.aggregate_type, e.aggregate_id from events e
             where e.sequence = 500 and (e.aggregate_id, e.aggregate_type) > ($1, $2)
               and not exists (
                   select from stream_snapshots s
                   where s.aggregate_id = e.aggregate_id and s.aggregate_type = e.aggregate_type and s.code_version = $3
                     and s.version + $5 > (
                         select max(l.sequence) from events l
                         where l.aggregate_type = e.aggregate_type and l.aggregate_id = e.aggregate_id))
             order by e.aggregate_id, e.aggregate_type limit $4",
        )
        .bind(after.map_or("", |stream| &*stream.aggregate_id))
        .bind(after.map_or("", |stream| stream.aggregate_type.as_str()))
        .bind(code_version)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .bind(RECENT);
        let rows = within(ROUND_TRIP, query.fetch_all(&mut self.inner)).await?;
        rows.iter()
            .map(|row| {
                let kind = crate::row::aggregate_type(row.try_get(0)?)?;
                Ok(StreamId::new(kind, row.try_get::<String, _>(1)?))
            })
            .collect()
    }
}

async fn snapshot(
    executor: impl PgExecutor<'_>,
    stream: &StreamId,
    code_version: i32,
) -> Result<Option<(i64, String)>, sqlx::Error> {
    sqlx::query_as(
        "select version, state::text from stream_snapshots
         where aggregate_id = $1 and aggregate_type = $2 and code_version = $3",
    )
    .bind(&*stream.aggregate_id)
    .bind(stream.aggregate_type.as_str())
    .bind(code_version)
    .fetch_optional(executor)
    .await
}

impl Reader {
    /// As [`Connection::snapshot`] does, for whoever only looks. None where the stream has not come as far: it was restored since.
    pub async fn snapshot(
        &self,
        stream: &StreamId,
        code_version: i32,
    ) -> Result<Option<(i64, String)>, sqlx::Error> {
        let found = snapshot(&self.pool, stream, code_version).await?;
        let Some((version, state)) = found else {
            return Ok(None);
        };
        let last = self
            .read_parts(
                stream.aggregate_type,
                &[(stream.aggregate_id.to_string(), version - 1, version)],
            )
            .await?;
        Ok((!last.is_empty()).then_some((version, state)))
    }

    /// Notes that a process with this version of the code runs, and deletes the snapshots of earlier versions with which none was
    /// seen for so long. How many were deleted.
    pub async fn sweep_snapshots(&self, code_version: i32, unseen_for: Duration) -> Result<u64, sqlx::Error> {
        sqlx::query(SEEN).bind(code_version).execute(&self.pool).await?;
        let unused: Vec<i32> = sqlx::query_scalar(
            "select code_version from snapshot_code_versions
             where code_version < $1 and seen_at < now() - make_interval(secs => $2)",
        )
        .bind(code_version)
        .bind(unseen_for.as_secs_f64())
        .fetch_all(&self.pool)
        .await?;
        let mut deleted = 0;
        for unused in unused {
            deleted += self.delete_snapshots(unused).await?;
            sqlx::query("delete from snapshot_code_versions where code_version = $1")
                .bind(unused)
                .execute(&self.pool)
                .await?;
        }
        Ok(deleted)
    }

    async fn delete_snapshots(&self, code_version: i32) -> Result<u64, sqlx::Error> {
        database::in_portions(|most| async move {
            let deleted = sqlx::query(
                "delete from stream_snapshots where ctid = any (array(
                     select ctid from stream_snapshots where code_version = $1 limit $2))",
            )
            .bind(code_version)
            .bind(most)
            .execute(&self.pool)
            .await?;
            Ok(deleted.rows_affected())
        })
        .await
    }
}
