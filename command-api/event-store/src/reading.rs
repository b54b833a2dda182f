//! Reading the log: by position for the relay and replays, by stream where one is asked for, by entity for rebuilds.

use domain::{AggregateType, RecordedEvent, StreamId};
use futures::stream::{BoxStream, StreamExt};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::row::{COLUMNS, page, recorded_event};

/// A small pool of its own, so that readers never wait for the command loop's connection, nor it for them.
#[derive(Clone)]
pub struct Reader {
    pub(crate) pool: PgPool,
}

impl Reader {
    /// # Errors
    /// When PostgreSQL cannot be reached within ten seconds.
    pub async fn connect(url: &str) -> Result<Self, sqlx::Error> {
        // Reading a long log takes its time: that is no news.
        let options: PgConnectOptions = url.parse()?;
        let options = options.disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(std::time::Duration::from_secs(10))
            .connect_with(options)
            .await?;
        Ok(Self { pool })
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

    async fn part_of_stream(
        &self,
        aggregate_type: AggregateType,
        aggregate_id: &str,
        after_sequence: i64,
        last_sequence: i64,
    ) -> Result<Vec<RecordedEvent>, sqlx::Error> {
        let sql = format!(
            "select {COLUMNS} from events
             where aggregate_id = $1 and aggregate_type = $2 and sequence > $3 and sequence <= $4 order by sequence"
        );
        let rows = sqlx::query(&sql)
            .bind(aggregate_id)
            .bind(aggregate_type.as_str())
            .bind(after_sequence)
            .bind(last_sequence)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(recorded_event).collect()
    }

    /// Up to `limit` events before a position that staff brought about, the newest first.
    pub async fn read_by_staff(
        &self,
        before_position: i64,
        limit: i64,
    ) -> Result<Vec<RecordedEvent>, sqlx::Error> {
        // As the index `events_by_staff` has it, to the letter.
        let sql = format!(
            "select {COLUMNS} from events where metadata ->> 'actor' like 'staff%' and global_position < $1
             order by global_position desc limit $2"
        );
        let rows = sqlx::query(&sql)
            .bind(before_position)
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(recorded_event).collect()
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

    /// The product requests in which a customer took part, the oldest first.
    pub async fn requests_of(&self, customer: Uuid) -> Result<Vec<String>, sqlx::Error> {
        // As the index `events_request_customer` has it, to the letter.
        sqlx::query_scalar(
            "select aggregate_id from events
             where aggregate_type = 'product-request' and payload ->> 'customer' = $1
             group by 1 order by min(global_position)",
        )
        .bind(customer.to_string())
        .fetch_all(&self.pool)
        .await
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
        let pool = self.pool.clone();
        let rows = async_rows(pool, names, up_to_position);
        rows.boxed()
    }

    /// Streams whose sequences are not 1, 2, 3, … or that hold an event id twice. There are none unless the log is damaged.
    pub async fn broken_streams(&self) -> Result<Vec<StreamId>, sqlx::Error> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "select aggregate_type, aggregate_id from events group by aggregate_type, aggregate_id
             having min(sequence) <> 1 or max(sequence) <> count(*) or count(distinct event_id) <> count(*)",
        )
        .fetch_all(&self.pool)
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
    pool: PgPool,
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
    pool: PgPool,
    names: Vec<String>,
    up_to_position: i64,
    mut pages: futures::channel::mpsc::Sender<Page>,
) {
    use futures::SinkExt;
    let sql = format!(
        "select {COLUMNS} from events where aggregate_type = any($1) and global_position <= $2
         order by aggregate_id, aggregate_type, sequence"
    );
    let mut rows = sqlx::query(&sql).bind(names).bind(up_to_position).fetch(&pool);
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
