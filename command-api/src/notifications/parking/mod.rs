//! Events that cannot be told are set aside with the later ones of their aggregate, as the projectors do; everything else flows.
//!
//! [`super::consumer`] parks, [`retrying`] tries again with growing pauses and when somebody asks, [`command`] is what ops ask with.

pub mod command;
pub mod retrying;

use database::{Pool, Session};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::AggregateType;
use event_store::deadlines::COUNTED;
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::announcement::Announcement;
use super::audience::Audience;
use super::backoff;
use retrying::Asked;

/// Why later events of an aggregate are parked.
const BEHIND_ANOTHER: &str = "an earlier event of the aggregate is parked";
/// What is parked behind others is tried by then, should those have been told in this very moment.
const BEHIND_ANOTHER_FOR: Duration = Duration::from_secs(5);
/// Reasons come from servers and payloads; nobody reads more of one.
const LONGEST_REASON: usize = 1_000;

/// A message of Kafka that is no event, with what could be made out of it.
#[derive(Clone, Debug)]
pub struct Damaged {
    /// `type/id`, as far as the message says.
    pub aggregate: String,
    /// `topic/partition@offset`.
    pub message: String,
    pub content: String,
    pub reason: String,
}

/// What is parked of one aggregate.
#[derive(Clone, Debug, FromRow)]
pub struct Place {
    pub consumer: String,
    pub aggregate: String,
    /// Why the first of its events is parked.
    pub reason: String,
    pub since: OffsetDateTime,
    pub events: i64,
}

/// A parked event, or a message that is none.
#[derive(Clone, Debug, FromRow)]
pub struct Parked {
    pub id: i64,
    pub position: Option<i64>,
    pub message: Option<String>,
    pub content: Option<String>,
    pub event_type: Option<String>,
    pub reason: String,
    pub since: OffsetDateTime,
    pub attempts: i32,
    pub asked: Option<Asked>,
}

/// What one consumer group has parked.
#[derive(Clone)]
pub struct Parking {
    pool: Pool,
    audience: Audience,
}

impl Parking {
    pub const fn new(pool: Pool, audience: Audience) -> Self {
        Self { pool, audience }
    }

    pub const fn audience(&self) -> Audience {
        self.audience
    }

    const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Which events the log has at these positions.
    pub async fn ids_at(&self, positions: &[i64]) -> Result<HashMap<i64, Uuid>, sqlx::Error> {
        event_store::ids_at(&self.pool, positions).await
    }

    /// Which of these aggregates have events that are parked.
    pub async fn parked_among(&self, aggregates: &[&str]) -> Result<HashSet<String>, sqlx::Error> {
        let found: Vec<String> = sqlx::query_scalar(
            "select distinct aggregate from parked_notifications where consumer = $1 and aggregate = any($2)",
        )
        .bind(self.audience.as_str())
        .bind(aggregates)
        .fetch_all(&self.pool)
        .await?;
        Ok(found.into_iter().collect())
    }

    /// Sets an event aside that cannot be told.
    pub async fn park(
        &self,
        aggregate: &str,
        event: &Announcement,
        reason: &str,
        now: OffsetDateTime,
    ) -> Result<(), sqlx::Error> {
        let due_at = now + due_first();
        sqlx::query(
            "insert into parked_notifications (consumer, aggregate, position, event_type, reason, due_at)
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        )
        .bind(self.audience.as_str())
        .bind(aggregate)
        .bind(event.position)
        .bind(&event.event_type)
        .bind(storable(reason))
        .bind(due_at)
        .execute(&self.pool)
        .await?;
        tracing::error!(
            consumer = self.audience.as_str(),
            aggregate,
            position = event.position,
            event_type = event.event_type,
            reason,
            "an event is parked: it cannot be told"
        );
        Ok(())
    }

    /// Sets events aside whose aggregates have earlier ones that are parked.
    pub async fn park_behind(
        &self,
        events: &[(&str, &Announcement)],
        now: OffsetDateTime,
    ) -> Result<(), sqlx::Error> {
        if events.is_empty() {
            return Ok(());
        }
        let (mut aggregates, mut positions, mut types) = (vec![], vec![], vec![]);
        for (aggregate, event) in events {
            aggregates.push(*aggregate);
            positions.push(event.position);
            types.push(event.event_type.as_str());
        }
        sqlx::query(
            "insert into parked_notifications (consumer, aggregate, position, event_type, reason, due_at)
             select $1, event.aggregate, event.position, event.type, $5, $6
             from unnest($2::text[], $3::bigint[], $4::text[]) with ordinality as event (aggregate, position, type, number)
             order by event.number
             on conflict do nothing",
        )
        .bind(self.audience.as_str())
        .bind(&aggregates)
        .bind(&positions)
        .bind(&types)
        .bind(BEHIND_ANOTHER)
        .bind(now + BEHIND_ANOTHER_FOR)
        .execute(&self.pool)
        .await
        .map(drop)
    }

    /// Sets an event of a request aside, and those behind it up to a version, as the log has them.
    pub async fn park_request(
        &self,
        connection: &mut Session,
        request: Uuid,
        version: i64,
        through: i64,
        reason: &str,
    ) -> Result<(), sqlx::Error> {
        let aggregate = aggregate_of_request(request);
        let due_at = OffsetDateTime::now_utc() + due_first();
        sqlx::query(
            "insert into parked_notifications (consumer, aggregate, position, event_type, reason, due_at)
             select $1, $2, global_position, aggregate_type || '.' || event_type,
                 case when sequence = $5 then $7 else $8 end, case when sequence = $5 then $9::timestamptz end
             from events
             where aggregate_id = $3 and aggregate_type = $4 and sequence between $5 and $6 order by sequence
             on conflict do nothing",
        )
        .bind(self.audience.as_str())
        .bind(&aggregate)
        .bind(request.to_string())
        .bind(AggregateType::ProductRequest.as_str())
        .bind(version)
        .bind(through)
        .bind(storable(reason))
        .bind(BEHIND_ANOTHER)
        .bind(due_at)
        .execute(connection)
        .await?;
        tracing::error!(
            consumer = self.audience.as_str(),
            aggregate,
            version,
            reason,
            "an event is parked: it cannot be told"
        );
        Ok(())
    }

    /// Sets a message aside that is no event. Nothing but a look at it helps: it is not tried again.
    pub async fn park_damaged(&self, damaged: &Damaged) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into parked_notifications (consumer, aggregate, message, content, reason)
             values ($1, $2, $3, $4, $5) on conflict do nothing",
        )
        .bind(self.audience.as_str())
        .bind(&damaged.aggregate)
        .bind(&damaged.message)
        .bind(&damaged.content)
        .bind(storable(&damaged.reason))
        .execute(&self.pool)
        .await
        .map(drop)
    }

    /// What is parked, by aggregate, the oldest first.
    pub async fn places(&self) -> Result<Vec<Place>, sqlx::Error> {
        sqlx::query_as(
            "select consumer, aggregate, min(since) as since, count(*) as events,
                 (array_agg(reason order by coalesce(position, 0), id))[1] as reason
             from parked_notifications where consumer = $1 group by consumer, aggregate order by min(since)",
        )
        .bind(self.audience.as_str())
        .fetch_all(&self.pool)
        .await
    }

    /// The first events of an aggregate in the order of the log. Messages that are no events come first.
    pub async fn events_of(&self, aggregate: &str, most: i64) -> Result<Vec<Parked>, sqlx::Error> {
        sqlx::query_as(
            "select id, position, message, content, event_type, reason, since, attempts, asked from parked_notifications
             where consumer = $1 and aggregate = $2 order by coalesce(position, 0), id limit $3",
        )
        .bind(self.audience.as_str())
        .bind(aggregate)
        .bind(most)
        .fetch_all(&self.pool)
        .await
    }

    /// Has an aggregate told anew by whoever has the role. False: nothing of it is parked.
    pub async fn ask(&self, aggregate: &str, asked: Asked) -> Result<bool, sqlx::Error> {
        let done = sqlx::query(
            "update parked_notifications set asked = $3, due_at = now() where id = (
                 select id from parked_notifications where consumer = $1 and aggregate = $2
                 order by coalesce(position, 0), id limit 1
             )",
        )
        .bind(self.audience.as_str())
        .bind(aggregate)
        .bind(asked)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// How many events are parked, not counted further than to [`COUNTED`], and for how many seconds the oldest of them is.
    pub async fn count(&self, now: OffsetDateTime) -> Result<(i64, f64), sqlx::Error> {
        // The oldest have the lowest ids.
        sqlx::query_as(
            "select count(*), coalesce(extract(epoch from $2 - min(since))::float8, 0)
             from (select since from parked_notifications where consumer = $1 order by id limit $3) parked",
        )
        .bind(self.audience.as_str())
        .bind(now)
        .bind(COUNTED)
        .fetch_one(&self.pool)
        .await
    }
}

/// As [`Announcement::aggregate`] has it.
pub fn aggregate_of_request(request: Uuid) -> String {
    format!("{}/{request}", AggregateType::ProductRequest)
}

/// How long after it was parked an event is tried again for the first time.
fn due_first() -> Duration {
    backoff::delay(1, None, fastrand::f64()).unwrap_or(BEHIND_ANOTHER_FOR)
}

/// PostgreSQL stores no NUL, and nobody reads a megabyte.
pub fn storable(text: &str) -> String {
    text.chars()
        .take(LONGEST_REASON)
        .map(|character| if character == '\0' { '\u{fffd}' } else { character })
        .collect()
}
