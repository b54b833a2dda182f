//! Reading the log: by position for the relay and replays, by stream where one is asked for, by entity for rebuilds.

use std::collections::HashMap;

use database::{Limits, Pool, PoolSettings};
use domain::{AggregateType, RecordedEvent, StreamId};
use futures::stream::{BoxStream, StreamExt};
use sqlx::postgres::{PgExecutor, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::row::{COLUMNS, page, recorded_event};

/// Events of a stream that one statement reads.
const EVENTS_PER_PAGE: usize = 5_000;
/// A page of the log, or of a stream.
pub(crate) const LIMITS: Limits = Limits::SERVING;

/// Small pools of its own, so that readers never wait for the command loop's connection, nor it for them.
#[derive(Clone)]
pub struct Reader {
    pub(crate) pool: Pool,
    /// For those who read the whole log.
    whole: Pool,
    /// For `postgres-es`, which takes no other.
    pub(crate) repository: PgPool,
}

/// Which events the log has at these positions, by their ids: one statement for a batch.
pub async fn ids_at(
    executor: impl PgExecutor<'_>,
    positions: &[i64],
) -> Result<HashMap<i64, Uuid>, sqlx::Error> {
    let found: Vec<(i64, Uuid)> =
        sqlx::query_as("select global_position, event_id from events where global_position = any($1)")
            .bind(positions)
            .fetch_all(executor)
            .await?;
    Ok(found.into_iter().collect())
}

/// Where an event is, and of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub position: i64,
    pub aggregate_type: AggregateType,
    pub aggregate_id: String,
    pub recorded_at: OffsetDateTime,
}

impl Reader {
    /// # Errors
    /// When PostgreSQL cannot be reached within ten seconds.
    pub async fn connect(url: &str) -> Result<Self, sqlx::Error> {
        // Reading a long log takes its time: that is no news.
        let settings =
            |limits| PoolSettings::new(url, "reader", limits).map(PoolSettings::without_statement_logging);
        Ok(Self {
            pool: settings(LIMITS)?.open().await?,
            whole: settings(Limits::STREAMING)?.lazy(),
            repository: settings(LIMITS)?.lazy_for_library(),
        })
    }

    /// Up to `limit` events past `position`, in the order in which they were committed.
    ///
    /// Whoever reads on from the last position it got never misses an event (`docs/architecture.md`, the append).
    pub async fn read_all(&self, after_position: i64, limit: i64) -> Result<Vec<RecordedEvent>, sqlx::Error> {
        page(&self.pool, after_position, limit).await
    }

    /// The events of one stream past `after_sequence`, in order.
    pub async fn read_stream(
        &self,
        aggregate_type: AggregateType,
        aggregate_id: &str,
        after_sequence: i64,
    ) -> Result<Vec<RecordedEvent>, sqlx::Error> {
        self.part_of_stream(aggregate_type, aggregate_id, after_sequence, i64::MAX)
            .await
    }

    /// The events of one stream up to `last_sequence`, in order.
    pub async fn read_stream_up_to(
        &self,
        aggregate_type: AggregateType,
        aggregate_id: &str,
        last_sequence: i64,
    ) -> Result<Vec<RecordedEvent>, sqlx::Error> {
        self.part_of_stream(aggregate_type, aggregate_id, 0, last_sequence)
            .await
    }

    /// Parts of several streams of one type: for each id the events past one sequence and up to another, in order.
    pub async fn read_parts(
        &self,
        aggregate_type: AggregateType,
        parts: &[(String, i64, i64)],
    ) -> Result<Vec<RecordedEvent>, sqlx::Error> {
        let (mut ids, mut after, mut through) = (vec![], vec![], vec![]);
        for (id, past, last) in parts {
            ids.push(id.as_str());
            after.push(*past);
            through.push(*last);
        }
        let sql = format!(
            "select event.* from unnest($1::text[], $2::bigint[], $3::bigint[]) as part (id, past, last)
             cross join lateral (
                 select {COLUMNS} from events
                 where aggregate_id = part.id and aggregate_type = $4 and sequence > part.past and sequence <= part.last
             ) event
             order by event.aggregate_id, event.sequence"
        );
        let rows = sqlx::query(&sql)
            .bind(&ids)
            .bind(&after)
            .bind(&through)
            .bind(aggregate_type.as_str())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(recorded_event).collect()
    }

    /// The last event of a stream that is one of these.
    pub async fn last_of(
        &self,
        aggregate_type: AggregateType,
        aggregate_id: &str,
        event_types: &[&str],
    ) -> Result<Option<RecordedEvent>, sqlx::Error> {
        let sql = format!(
            "select {COLUMNS} from events
             where aggregate_id = $1 and aggregate_type = $2 and event_type = any($3) order by sequence desc limit 1"
        );
        let row = sqlx::query(&sql)
            .bind(aggregate_id)
            .bind(aggregate_type.as_str())
            .bind(event_types)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(recorded_event).transpose()
    }

    async fn part_of_stream(
        &self,
        aggregate_type: AggregateType,
        aggregate_id: &str,
        after_sequence: i64,
        last_sequence: i64,
    ) -> Result<Vec<RecordedEvent>, sqlx::Error> {
        let sql = format!(
            "select {COLUMNS} from events
             where aggregate_id = $1 and aggregate_type = $2 and sequence > $3 and sequence <= $4
             order by sequence limit {EVENTS_PER_PAGE}"
        );
        let (mut events, mut after): (Vec<RecordedEvent>, i64) = (vec![], after_sequence);
        // By pages: a statement that needs longer than the limits allow would fail however often it is repeated.
        loop {
            let rows = sqlx::query(&sql)
                .bind(aggregate_id)
                .bind(aggregate_type.as_str())
                .bind(after)
                .bind(last_sequence)
                .fetch_all(&self.pool)
                .await?;
            for row in &rows {
                events.push(recorded_event(row)?);
            }
            match events.last() {
                Some(last) if rows.len() == EVENTS_PER_PAGE => after = last.sequence,
                _ => return Ok(events),
            }
        }
    }

    /// When the last event of a stream was stored; none where it has none.
    pub async fn last_recorded_at(
        &self,
        aggregate_type: AggregateType,
        aggregate_id: &str,
    ) -> Result<Option<OffsetDateTime>, sqlx::Error> {
        sqlx::query_scalar(
            "select recorded_at from events where aggregate_id = $1 and aggregate_type = $2
             order by sequence desc limit 1",
        )
        .bind(aggregate_id)
        .bind(aggregate_type.as_str())
        .fetch_optional(&self.pool)
        .await
    }

    /// The ids of all aggregates of a type, the newest first. Quick for discount codes and payments only: there is an
    /// index for those.
    pub async fn ids_of(&self, aggregate_type: AggregateType) -> Result<Vec<String>, sqlx::Error> {
        sqlx::query_scalar(&format!(
            "select aggregate_id from events where aggregate_type = '{aggregate_type}' and sequence = 1
             order by global_position desc"
        ))
        .fetch_all(&self.pool)
        .await
    }

    /// The product requests that named one of these products, with the product, the oldest first.
    pub async fn requests_about(&self, skus: &[&str]) -> Result<Vec<(String, String)>, sqlx::Error> {
        // As the index `events_request_sku` has it, to the letter.
        sqlx::query_as(
            "select aggregate_id, payload ->> 'sku' from events
             where aggregate_type = 'product-request' and payload ->> 'sku' = any($1)
             group by 1, 2 order by min(global_position)",
        )
        .bind(skus)
        .fetch_all(&self.pool)
        .await
    }

    /// Where events of these types are, past one position and up to another, in order and without what they say. Up to `limit`.
    pub async fn places(
        &self,
        types: &[AggregateType],
        after_position: i64,
        up_to_position: i64,
        limit: i64,
    ) -> Result<Vec<Place>, sqlx::Error> {
        let names: Vec<&str> = types.iter().map(|kind| kind.as_str()).collect();
        let rows: Vec<(i64, String, String, OffsetDateTime)> = sqlx::query_as(
            "select global_position, aggregate_type, aggregate_id, recorded_at from events
             where global_position > $1 and global_position <= $2 and aggregate_type = any($3)
             order by global_position limit $4",
        )
        .bind(after_position)
        .bind(up_to_position)
        .bind(names)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        let place = |(position, kind, aggregate_id, recorded_at): (_, String, _, _)| {
            Ok(Place {
                position,
                aggregate_type: crate::row::aggregate_type(&kind)?,
                aggregate_id,
                recorded_at,
            })
        };
        rows.into_iter().map(place).collect()
    }

    /// The event at a position, whatever number somebody claims to be one.
    pub async fn at(&self, position: i64) -> Result<Option<RecordedEvent>, sqlx::Error> {
        if position < 1 {
            return Ok(None);
        }
        let found = self.read_all(position - 1, 1).await?.pop();
        Ok(found.filter(|recorded| recorded.position == position))
    }

    /// Which events the log has at these positions, by their ids.
    pub async fn ids_at(&self, positions: &[i64]) -> Result<HashMap<i64, Uuid>, sqlx::Error> {
        ids_at(&self.pool, positions).await
    }

    /// The position of the last event, 0 where there is none.
    pub async fn head(&self) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("select coalesce(max(global_position), 0) from events")
            .fetch_one(&self.pool)
            .await
    }

    /// Every event of these types up to a position, ordered by aggregate id, type and sequence: the whole history of
    /// one entity arrives together, so that it can be folded once and forgotten. Streams in constant memory.
    pub fn streams_by_id(
        &self,
        types: &[AggregateType],
        up_to_position: i64,
    ) -> BoxStream<'static, Result<RecordedEvent, sqlx::Error>> {
        let names: Vec<String> = types.iter().map(|kind| kind.as_str().to_owned()).collect();
        let rows = async_rows(self.whole.clone(), names, up_to_position);
        rows.boxed()
    }

    /// Streams whose sequences are not 1, 2, 3, … or that hold an event id twice. There are none unless the log is damaged.
    pub async fn broken_streams(&self) -> Result<Vec<StreamId>, sqlx::Error> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "select aggregate_type, aggregate_id from events group by aggregate_type, aggregate_id
             having min(sequence) <> 1 or max(sequence) <> count(*) or count(distinct event_id) <> count(*)",
        )
        .fetch_all(&self.whole)
        .await?;
        rows.into_iter()
            .map(|(kind, id)| Ok(StreamId::new(crate::row::aggregate_type(&kind)?, id)))
            .collect()
    }

    /// Whether PostgreSQL answers.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        sqlx::query("select 1").execute(&self.pool).await.map(drop)
    }
}

fn async_rows(
    pool: Pool,
    names: Vec<String>,
    up_to_position: i64,
) -> impl futures::Stream<Item = Result<RecordedEvent, sqlx::Error>> + Send {
    // The rows borrow their connection, so a task holds both and hands over pages.
    let (pages, receiver) = futures::channel::mpsc::channel(4);
    let task = read_pages(pool, names, up_to_position, pages);
    futures::stream::select(
        futures::stream::once(task).filter_map(|()| futures::future::ready(None)),
        receiver.flat_map(futures::stream::iter),
    )
}

const PAGE: usize = 1_000;
type Page = Vec<Result<RecordedEvent, sqlx::Error>>;

async fn read_pages(
    pool: Pool,
    names: Vec<String>,
    up_to_position: i64,
    mut pages: futures::channel::mpsc::Sender<Page>,
) {
    use futures::SinkExt;
    let sql = format!(
        "select {COLUMNS} from events where aggregate_type = any($1) and global_position <= $2
         order by aggregate_id, aggregate_type, sequence"
    );
    let mut session = match pool.acquire().await {
        Ok(session) => session,
        Err(error) => {
            // Nobody listens any more where this fails.
            let _ = pages.send(vec![Err(error)]).await;
            return;
        }
    };
    let mut rows = sqlx::query(&sql)
        .bind(names)
        .bind(up_to_position)
        .fetch(&mut session);
    let mut page = Vec::with_capacity(PAGE);
    while let Some(row) = rows.next().await {
        let event = row.and_then(|row| recorded_event(&row));
        let failed = event.is_err();
        page.push(event);
        if (page.len() == PAGE || failed) && pages.send(std::mem::take(&mut page)).await.is_err() {
            return;
        }
        if failed {
            return;
        }
    }
    // Nobody listens any more where this fails.
    let _ = pages.send(page).await;
}
