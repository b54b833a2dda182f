//! Loading streams from their snapshots where they have one: many short ones with one statement, a long one page by page.

use domain::{Event, StreamId, UnreadableEvent};
use sqlx::Row;
use sqlx::postgres::{PgExecutor, PgRow};
use uuid::Uuid;

use crate::connection::{Connection, ROUND_TRIP, within};
use crate::reading::Reader;

/// A stream, and the version from which its events are wanted.
pub struct Wanted {
    pub stream: StreamId,
    pub after_version: i64,
}

/// How many events one statement may load.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    pub in_all: i64,
    /// Of one stream, past its snapshot. One that has more is long.
    pub of_one: i64,
}

/// What became of a wanted stream.
pub enum Found {
    Loaded(Loaded),
    /// It has more events than one stream may have here; nothing of it was loaded.
    Long,
    /// There was no room left for it; nothing of it was loaded.
    Later,
}

/// What is stored of one stream.
pub struct Loaded {
    pub stream: StreamId,
    /// A state to begin with, as JSON, and its version.
    pub snapshot: Option<(i64, String)>,
    /// The events past the snapshot, or past `after_version`.
    pub events: Vec<Event>,
    /// The version after the last of them, or what it was before.
    pub version: i64,
    /// An event of it that this binary cannot read: the stream cannot be used here.
    pub unreadable: Option<UnreadableEvent>,
}

/// Some events of one stream.
pub struct Page {
    pub loaded: Loaded,
    /// The id of the last event.
    pub last_event: Option<Uuid>,
    /// Whether the stream ended with it.
    pub is_last: bool,
}

const LONG: i16 = 0;
const LATER: i16 = 1;
const SNAPSHOT: i16 = 2;

/// A snapshot past the stream's end belongs to a log that was restored since, and is passed over. There is one at most: the limit keeps
/// PostgreSQL to looking it up by its key, also under a plan that was made while the table was small.
const LOAD: &str = r"
with wanted as materialized (
    select w.n, w.type, w.id, s.version as snapshot, s.state, coalesce(s.version, w.after) as past,
           greatest(coalesce(h.sequence, 0) - coalesce(s.version, w.after), 0) as size
    from unnest($1::text[], $2::text[], $3::bigint[]) with ordinality w(type, id, after, n)
    left join lateral (
        select e.sequence from events e
        where e.aggregate_id = w.id and e.aggregate_type = w.type order by e.sequence desc limit 1) h on true
    left join lateral (
        select s.version, s.state from stream_snapshots s
        where s.aggregate_id = w.id and s.aggregate_type = w.type and s.code_version = $4
          and s.version > w.after and s.version <= h.sequence
        limit 1) s on true
), placed as materialized (
    select n, type, id, snapshot, state, past, size > $5 as is_long,
           sum(case when size > $5 then 0 else size end) over (order by n) > $6 as is_later
    from wanted
)
select n, case when is_long then 0::smallint else 1::smallint end as kind, 0::bigint as sequence,
       null as event_type, null as event_version, null as payload
from placed where is_long or is_later
union all
select n, 2::smallint, snapshot, null, null, state::text
from placed where snapshot is not null and not is_long and not is_later
union all
select p.n, 3::smallint, e.sequence, e.event_type, e.event_version, e.payload::text
from placed p
join events e on e.aggregate_id = p.id and e.aggregate_type = p.type and e.sequence > p.past
where not p.is_long and not p.is_later
order by 1, 2, 3";

const PAGE: &str = "select sequence, event_type, event_version, payload::text, event_id from events
    where aggregate_id = $1 and aggregate_type = $2 and sequence > $3 order by sequence limit $4";

impl Connection {
    /// Loads what is stored of each wanted stream, in their order, as far as there is room. Snapshots written by other code are
    /// passed over.
    pub async fn load(
        &mut self,
        wanted: Vec<Wanted>,
        code_version: i32,
        room: Room,
    ) -> Result<Vec<Found>, sqlx::Error> {
        within(ROUND_TRIP, load(&mut self.inner, wanted, code_version, room)).await
    }

    /// Up to `most` events of a stream past a version.
    pub async fn page_of(
        &mut self,
        stream: &StreamId,
        after_version: i64,
        most: usize,
    ) -> Result<Page, sqlx::Error> {
        within(ROUND_TRIP, page_of(&mut self.inner, stream, after_version, most)).await
    }
}

impl Reader {
    /// As [`Connection::load`] does, for whoever only looks.
    pub async fn load(
        &self,
        wanted: Vec<Wanted>,
        code_version: i32,
        room: Room,
    ) -> Result<Vec<Found>, sqlx::Error> {
        load(&self.pool, wanted, code_version, room).await
    }

    /// As [`Connection::page_of`] does, for whoever only looks.
    pub async fn page_of(
        &self,
        stream: &StreamId,
        after_version: i64,
        most: usize,
    ) -> Result<Page, sqlx::Error> {
        page_of(&self.pool, stream, after_version, most).await
    }
}

async fn load(
    executor: impl PgExecutor<'_>,
    wanted: Vec<Wanted>,
    code_version: i32,
    room: Room,
) -> Result<Vec<Found>, sqlx::Error> {
    let types: Vec<&str> = wanted.iter().map(|w| w.stream.aggregate_type.as_str()).collect();
    let ids: Vec<&str> = wanted.iter().map(|w| &*w.stream.aggregate_id).collect();
    let after: Vec<i64> = wanted.iter().map(|w| w.after_version).collect();
    let query = sqlx::query(LOAD)
        .bind(types)
        .bind(ids)
        .bind(after)
        .bind(code_version)
        .bind(room.of_one)
        .bind(room.in_all);
    let rows = query.fetch_all(executor).await?;
    let mut found: Vec<Found> = wanted
        .into_iter()
        .map(|w| Found::Loaded(Loaded::empty(w.stream, w.after_version)))
        .collect();
    for row in rows {
        let number: i64 = row.try_get(0)?;
        let Some(found) = usize::try_from(number - 1).ok().and_then(|n| found.get_mut(n)) else {
            continue;
        };
        found.read(&row)?;
    }
    Ok(found)
}

async fn page_of(
    executor: impl PgExecutor<'_>,
    stream: &StreamId,
    after_version: i64,
    most: usize,
) -> Result<Page, sqlx::Error> {
    let query = sqlx::query(PAGE)
        .bind(&*stream.aggregate_id)
        .bind(stream.aggregate_type.as_str())
        .bind(after_version)
        .bind(i64::try_from(most).unwrap_or(i64::MAX));
    let rows = query.fetch_all(executor).await?;
    let mut page = Page {
        loaded: Loaded::empty(stream.clone(), after_version),
        last_event: None,
        is_last: rows.len() < most,
    };
    for row in &rows {
        let sequence: i64 = row.try_get(0)?;
        if sequence != page.loaded.version + 1 {
            let gap = format!(
                "{stream} has no event {} before {sequence}",
                page.loaded.version + 1
            );
            return Err(sqlx::Error::Decode(gap.into()));
        }
        let payload: String = row.try_get(3)?;
        page.loaded.push(row.try_get(1)?, row.try_get(2)?, &payload);
        page.loaded.version = sequence;
        page.last_event = row.try_get(4)?;
    }
    Ok(page)
}

/// Whether an error is about what was to be read, and neither about the connection nor about a server that is away or busy.
pub fn concerns_rows(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    // Of the class of internal errors, among them that a row is damaged.
    let is_internal = code.is_some_and(|code| code.starts_with("XX"));
    is_internal || !database::classify(error).is_worth_repeating()
}

impl Found {
    /// How many events were loaded.
    pub fn events(&self) -> i64 {
        match self {
            Self::Loaded(loaded) => i64::try_from(loaded.events.len()).unwrap_or(i64::MAX),
            Self::Long | Self::Later => 0,
        }
    }

    fn read(&mut self, row: &PgRow) -> Result<(), sqlx::Error> {
        let kind: i16 = row.try_get(1)?;
        if kind == LONG || kind == LATER {
            *self = if kind == LONG { Self::Long } else { Self::Later };
            return Ok(());
        }
        let Self::Loaded(stream) = self else {
            return Ok(());
        };
        let sequence: i64 = row.try_get(2)?;
        let payload: String = row.try_get(5)?;
        if kind == SNAPSHOT {
            stream.snapshot = Some((sequence, payload));
        } else {
            stream.push(row.try_get(3)?, row.try_get(4)?, &payload);
        }
        stream.version = sequence;
        Ok(())
    }
}

impl Loaded {
    pub fn empty(stream: StreamId, version: i64) -> Self {
        Self {
            stream,
            snapshot: None,
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
