//! Loading many streams with one statement, from their baselines where they have one.

use domain::{Event, StreamId, UnreadableEvent};
use sqlx::Row;

use crate::connection::Connection;

/// A stream, and the version from which its events are wanted.
pub struct Wanted {
    pub stream: StreamId,
    pub after_version: i64,
}

/// What is stored of one stream.
pub struct Loaded {
    pub stream: StreamId,
    /// A state to begin with, as JSON, and its version.
    pub baseline: Option<(i64, String)>,
    /// The events past the baseline, or past `after_version`.
    pub events: Vec<Event>,
    /// The version after the last of them, or what it was before.
    pub version: i64,
    /// An event of it that this binary cannot read: the stream cannot be used here.
    pub unreadable: Option<UnreadableEvent>,
}

const LOAD: &str = r"
with wanted as materialized (
    select w.n, w.type, w.id, w.after, s.version as baseline, s.state::text as state
    from unnest($1::text[], $2::text[], $3::bigint[]) with ordinality w(type, id, after, n)
    left join snapshots s
        on s.aggregate_id = w.id and s.aggregate_type = w.type and s.code_version = $4 and s.version > w.after
)
select w.n, w.baseline as sequence, null as event_type, null as event_version, w.state as payload
from wanted w where w.baseline is not null
union all
select w.n, e.sequence, e.event_type, e.event_version, e.payload::text
from wanted w
join events e on e.aggregate_id = w.id and e.aggregate_type = w.type and e.sequence > coalesce(w.baseline, w.after)
order by 1, 2, 3 nulls first";

impl Connection {
    /// Loads what is stored of each wanted stream, in their order. Baselines written by other code are passed over.
    pub async fn load(&mut self, wanted: Vec<Wanted>, code_version: i32) -> Result<Vec<Loaded>, sqlx::Error> {
        let types: Vec<&str> = wanted.iter().map(|w| w.stream.aggregate_type.as_str()).collect();
        let ids: Vec<&str> = wanted.iter().map(|w| &*w.stream.aggregate_id).collect();
        let after: Vec<i64> = wanted.iter().map(|w| w.after_version).collect();
        let rows = sqlx::query(LOAD)
            .bind(types)
            .bind(ids)
            .bind(after)
            .bind(code_version)
            .fetch_all(&mut self.inner)
            .await?;
        let mut loaded: Vec<Loaded> = wanted
            .into_iter()
            .map(|w| Loaded::empty(w.stream, w.after_version))
            .collect();
        for row in rows {
            let number: i64 = row.try_get(0)?;
            let Some(stream) = usize::try_from(number - 1).ok().and_then(|n| loaded.get_mut(n)) else {
                continue;
            };
            let sequence: i64 = row.try_get(1)?;
            let payload: String = row.try_get(4)?;
            match row.try_get::<Option<&str>, _>(2)? {
                None => stream.baseline = Some((sequence, payload)),
                Some(event_type) => stream.push(event_type, row.try_get(3)?, &payload),
            }
            stream.version = sequence;
        }
        Ok(loaded)
    }

    /// Keeps `state` as the baseline of a stream, unless a newer one is kept.
    pub async fn keep_baseline(
        &mut self,
        stream: &StreamId,
        version: i64,
        code_version: i32,
        state: &str,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into snapshots (aggregate_type, aggregate_id, version, code_version, state)
             values ($1, $2, $3, $4, $5::json)
             on conflict (aggregate_id, aggregate_type) do update
             set version = excluded.version, code_version = excluded.code_version, state = excluded.state
             where snapshots.version < excluded.version or snapshots.code_version <> excluded.code_version",
        )
        .bind(stream.aggregate_type.as_str())
        .bind(&*stream.aggregate_id)
        .bind(version)
        .bind(code_version)
        .bind(state)
        .execute(&mut self.inner)
        .await
        .map(drop)
    }
}

impl Loaded {
    pub(crate) fn empty(stream: StreamId, version: i64) -> Self {
        Self {
            stream,
            baseline: None,
            events: vec![],
            version,
            unreadable: None,
        }
    }

    pub(crate) fn push(&mut self, event_type: &str, event_version: &str, payload: &str) {
        match Event::parse(self.stream.aggregate_type, event_type, event_version, payload) {
            Ok(event) => self.events.push(event),
            Err(error) => self.unreadable = self.unreadable.take().or(Some(error)),
        }
    }
}
