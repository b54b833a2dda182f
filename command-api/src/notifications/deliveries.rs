//! What is to be sent to whom, and what became of it: one row for each event and subscription.
//!
//! [`super::consumer`] adds rows, [`super::sender`] claims and records them. A claim is a committed lease: nobody holds a row while a
//! message is under way, and whoever dies is overtaken when the lease has passed. So a message arrives at least once, always under the
//! same id.

use std::time::Duration;

use database::Pool;
use event_store::deadlines::COUNTED;
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::announcement::Announcement;
use super::metric::Outcome;
use super::posting::Answer;
use super::signature::Secret;
use super::{backoff, subscriptions};

/// Far longer than an attempt may take.
pub const LEASE: Duration = Duration::from_mins(1);
/// Messages under way to one endpoint at a time, over all replicas: a slow one holds up nobody else. One that fails gets a single one.
pub const AT_ONCE: i64 = 4;
/// How long the log remembers. Events older than this are told to nobody, since it could not be known whether they were.
pub const REMEMBERED: Duration = Duration::from_hours(30 * 24);
/// Twice as many as the schedule has: whoever has this message in hand dies of it.
const MOST_ATTEMPTS: i32 = 20;
/// Of one statement that adds deliveries.
const MOST_ROWS: usize = 1_000;
const MOST_BYTES: usize = 4 << 20;
/// Signatures of one message, at most: the header must not grow with every rotation.
const MOST_SECRETS: i64 = 10;
/// As long as the answers to staff's commands on webhooks are kept.
const RECEIPTS_KEPT: Duration = Duration::from_hours(48);

/// A message that is ours to send, until its lease has passed.
#[derive(Clone, Debug, FromRow)]
pub struct Due {
    pub id: Uuid,
    #[sqlx(rename = "subscription_id")]
    pub subscription: Uuid,
    pub url: String,
    pub payload: String,
    /// The newest first.
    pub secrets: Vec<Secret>,
    /// Which attempt this is. Nobody else has the same number.
    #[sqlx(rename = "attempts")]
    attempt: i32,
    /// How many attempts of the current schedule were begun, this one included.
    of_schedule: i32,
}

impl Due {
    /// The schedule ends before: these attempts were begun and never ended.
    pub const fn is_abandoned(&self) -> bool {
        self.of_schedule > MOST_ATTEMPTS
    }
}

#[derive(Clone)]
pub struct Deliveries {
    pool: Pool,
}

/// Everybody who may be told of something.
#[derive(FromRow)]
struct Subscriber {
    id: Uuid,
    event_types: Vec<String>,
    created_at: OffsetDateTime,
}

impl Subscriber {
    fn is_told_of(&self, announcement: &Announcement) -> bool {
        let wants = self.event_types.is_empty() || self.event_types.contains(&announcement.event_type);
        wants && self.created_at <= announcement.recorded_at
    }
}

/// Deliveries that are added with one statement.
#[derive(Default)]
struct Rows<'a> {
    ids: Vec<Uuid>,
    subscriptions: Vec<Uuid>,
    events: Vec<Uuid>,
    types: Vec<&'a str>,
    payloads: Vec<&'a str>,
    bytes: usize,
}

impl<'a> Rows<'a> {
    fn push(&mut self, subscriber: &Subscriber, announcement: &'a Announcement) {
        self.ids.push(Uuid::now_v7());
        self.subscriptions.push(subscriber.id);
        self.events.push(announcement.event_id);
        self.types.push(&announcement.event_type);
        self.payloads.push(&announcement.payload);
        self.bytes += announcement.payload.len();
    }

    fn are_many(&self) -> bool {
        self.ids.len() >= MOST_ROWS || self.bytes >= MOST_BYTES
    }
}

impl Deliveries {
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Adds a pending delivery for everybody who is to be told and was not yet. Answers how many those are.
    pub async fn announce(
        &self,
        announcements: &[Announcement],
        now: OffsetDateTime,
    ) -> Result<u64, sqlx::Error> {
        let oldest = now - REMEMBERED;
        let recent = || announcements.iter().filter(|one| one.recorded_at >= oldest);
        if recent().next().is_none() {
            return Ok(0);
        }
        let subscribers: Vec<Subscriber> =
            sqlx::query_as("select id, event_types, created_at from webhook_subscriptions where enabled")
                .fetch_all(&self.pool)
                .await?;
        let mut added = 0;
        let mut rows = Rows::default();
        for announcement in recent() {
            for subscriber in subscribers.iter().filter(|one| one.is_told_of(announcement)) {
                rows.push(subscriber, announcement);
                if rows.are_many() {
                    added += self.insert(&std::mem::take(&mut rows), now).await?;
                }
            }
        }
        Ok(added + self.insert(&rows, now).await?)
    }

    async fn insert(&self, rows: &Rows<'_>, now: OffsetDateTime) -> Result<u64, sqlx::Error> {
        if rows.ids.is_empty() {
            return Ok(0);
        }
        // A subscription that is deleted meanwhile is waited for, and then not there.
        let inserted = sqlx::query(
            "insert into webhook_deliveries
                 (id, subscription_id, event_id, event_type, payload, next_attempt_at, created_at)
             select message.id, subscription.id, message.event_id, message.event_type, message.payload, $6, $6
             from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[])
                      as message (id, subscription_id, event_id, event_type, payload)
             join webhook_subscriptions subscription on subscription.id = message.subscription_id
             for key share of subscription
             on conflict (subscription_id, event_id) do nothing",
        )
        .bind(&rows.ids)
        .bind(&rows.subscriptions)
        .bind(&rows.events)
        .bind(&rows.types)
        .bind(&rows.payloads)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(inserted.rows_affected())
    }

    /// Takes up to `most` messages that are due, a few for each endpoint.
    pub async fn claim(&self, most: i64, now: OffsetDateTime) -> Result<Vec<Due>, sqlx::Error> {
        sqlx::query_as(
            "with due as (
                 select delivery.id, subscription.url, secrets.all_valid
                 from webhook_subscriptions subscription
                 cross join lateral (
                     select array(
                         select secret from webhook_secrets
                         where subscription_id = subscription.id and (valid_until is null or valid_until > $1)
                         order by created_at desc limit $5
                     ) as all_valid
                 ) secrets
                 cross join lateral (
                     select id, next_attempt_at from webhook_deliveries
                     where subscription_id = subscription.id and state = 'pending' and next_attempt_at <= $1
                       and (leased_until is null or leased_until <= $1)
                     order by next_attempt_at
                     limit greatest(0, case when subscription.failing_since is null then $3 else 1 end - (
                         select count(*) from webhook_deliveries
                         where subscription_id = subscription.id and leased_until > $1
                     ))
                     for update skip locked
                 ) delivery
                 where subscription.enabled and coalesce(subscription.paused_until <= $1, true)
                 order by delivery.next_attempt_at
                 limit $4
             )
             update webhook_deliveries delivery
             set leased_until = $2, attempts = attempts + 1
             from due where delivery.id = due.id
             returning delivery.id, delivery.subscription_id, due.url, delivery.payload, due.all_valid as secrets,
                       delivery.attempts, delivery.attempts - delivery.attempts_before as of_schedule",
        )
        .bind(now)
        .bind(now + LEASE)
        .bind(AT_ONCE)
        .bind(most)
        .bind(MOST_SECRETS)
        .fetch_all(&self.pool)
        .await
    }

    /// Keeps what became of an attempt that ended `at`, and what follows from it. `chance` lies between 0 and 1.
    pub async fn record(
        &self,
        due: &Due,
        answer: &Answer,
        at: OffsetDateTime,
        chance: f64,
    ) -> Result<(Outcome, Option<&'static str>), sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        // The subscription first, as whoever deletes one does: two who wait for each other would end with one of them failing.
        let (outcome, disabled) = if answer.is_success() {
            subscriptions::note_success(&mut transaction, due.subscription).await?;
            // A success is a success, whoever holds the lease by now.
            let delivered = sqlx::query(
                "update webhook_deliveries set state = 'delivered', delivered_at = $2, leased_until = null,
                        last_status = $3, last_error = null
                 where id = $1",
            )
            .bind(due.id)
            .bind(at)
            .bind(answer.status.map(i32::from))
            .execute(&mut *transaction)
            .await?;
            let is_there = delivered.rows_affected() > 0;
            (
                if is_there {
                    Outcome::Delivered
                } else {
                    Outcome::Overtaken
                },
                None,
            )
        } else {
            let pause = backoff::pause(answer.status, answer.retry_after);
            let is_gone = answer.status == Some(410);
            let disabled =
                subscriptions::note_failure(&mut transaction, due.subscription, at, pause, is_gone).await?;
            let delay = backoff::delay(due.of_schedule, answer.retry_after, chance);
            let failed = sqlx::query(
                "update webhook_deliveries
                 set state = case when $3::timestamptz is null then 'failed' else 'pending' end,
                     next_attempt_at = coalesce($3, next_attempt_at), leased_until = null,
                     last_status = $4, last_error = $5
                 where id = $1 and attempts = $2 and state = 'pending'",
            )
            .bind(due.id)
            .bind(due.attempt)
            .bind(delay.map(|delay| at + delay))
            .bind(answer.status.map(i32::from))
            .bind(&answer.error)
            .execute(&mut *transaction)
            .await?;
            let outcome = match delay {
                _ if failed.rows_affected() == 0 => Outcome::Overtaken,
                Some(_) => Outcome::Retried,
                None => Outcome::Failed,
            };
            (outcome, disabled)
        };
        sqlx::query(
            "insert into webhook_attempts (delivery_id, attempt, at, status, error, duration_ms, response)
             select id, $2, $3, $4, $5, $6, $7 from webhook_deliveries where id = $1",
        )
        .bind(due.id)
        .bind(due.attempt)
        .bind(at - answer.took)
        .bind(answer.status.map(i32::from))
        .bind(&answer.error)
        .bind(i32::try_from(answer.took.as_millis()).unwrap_or(i32::MAX))
        .bind(answer.status.map(|_| &answer.response))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok((outcome, disabled))
    }

    /// How many deliveries wait or are retried, of each subscription not counted further than to [`COUNTED`] of those that are due first,
    /// and the age of the oldest of them in seconds.
    pub async fn backlog(&self, now: OffsetDateTime) -> Result<(i64, f64), sqlx::Error> {
        sqlx::query_as(
            "select count(*), coalesce(extract(epoch from $1 - min(delivery.created_at))::float8, 0)
             from webhook_subscriptions subscription cross join lateral (
                 select created_at from webhook_deliveries
                 where subscription_id = subscription.id and state = 'pending' order by next_attempt_at limit $2
             ) delivery
             where subscription.enabled",
        )
        .bind(now)
        .bind(COUNTED)
        .fetch_one(&self.pool)
        .await
    }

    /// Forgets what is older than the log remembers.
    pub async fn prune(&self, now: OffsetDateTime) -> Result<u64, sqlx::Error> {
        let before = now - REMEMBERED;
        let pruned = self
            .delete(
                "delete from webhook_deliveries where id in (
                     select id from webhook_deliveries
                     where created_at < $1 and (state <> 'pending' or next_attempt_at < $1)
                     order by created_at limit $2 for update skip locked)",
                before,
            )
            .await?;
        self.delete(
            "delete from webhook_receipts where id in (
                 select id from webhook_receipts where recorded_at < $1 limit $2 for update skip locked)",
            now - RECEIPTS_KEPT,
        )
        .await?;
        self.delete(
            "delete from webhook_secrets where (subscription_id, created_at) in (
                 select subscription_id, created_at from webhook_secrets where valid_until < $1
                 limit $2 for update skip locked)",
            before,
        )
        .await?;
        Ok(pruned)
    }

    /// Repeats a statement that deletes what is older than `before`, so many at a time. How many those were.
    async fn delete(&self, statement: &'static str, before: OffsetDateTime) -> Result<u64, sqlx::Error> {
        database::in_portions(async |most| {
            let done = sqlx::query(statement)
                .bind(before)
                .bind(most)
                .execute(&self.pool)
                .await?;
            Ok(done.rows_affected())
        })
        .await
    }
}
