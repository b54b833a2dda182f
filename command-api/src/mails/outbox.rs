//! Whose turn it is, and what became of it: the table `mails` as [`super::sender`] sees it.
//!
//! A claim is a committed lease: nobody holds a row while a mail is under way, and whoever dies is overtaken when the lease has
//! passed. Two senders never have the same mail in hand.

use std::time::Duration;

use database::Pool;
use event_store::deadlines::COUNTED;
use serde::Deserialize;
use sqlx::FromRow;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Mail;
use crate::notifications::backoff;

/// Far longer than an attempt may take.
pub const LEASE: Duration = Duration::from_mins(1);
/// Twice as many as the schedule has: whoever has this mail in hand dies of it.
const MOST_ATTEMPTS: i32 = 20;
/// That a mail was sent is known for so long. Longer than news stays news ([`super::news`]): what is told again is known.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// A mail that is ours to send, until its lease has passed.
#[derive(FromRow)]
pub struct Due {
    pub id: Uuid,
    /// None where the order knows it.
    pub address: Option<String>,
    mail: Json<serde_json::Value>,
    pub created_at: OffsetDateTime,
    /// How many attempts were begun, this one included.
    pub attempts: i32,
}

impl Due {
    /// One row that this release cannot read must not keep all others from being claimed.
    pub fn mail(&self) -> Result<Mail, serde_json::Error> {
        Mail::deserialize(&self.mail.0)
    }

    /// For log lines.
    pub fn kind(&self) -> &str {
        self.mail.0["kind"].as_str().unwrap_or("?")
    }

    /// The schedule ends before: these attempts were begun and never ended.
    pub const fn is_abandoned(&self) -> bool {
        self.attempts > MOST_ATTEMPTS
    }
}

#[derive(Clone)]
pub struct Outbox {
    pool: Pool,
}

impl Outbox {
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Takes up to `most` mails that are due.
    pub async fn claim(&self, most: i64, now: OffsetDateTime) -> Result<Vec<Due>, sqlx::Error> {
        sqlx::query_as(
            "update mails set due_at = $2, attempts = attempts + 1
             where id in (
                 select id from mails where ended_at is null and due_at <= $1
                 order by due_at limit $3 for update skip locked
             )
             returning id, address, mail, created_at, attempts",
        )
        .bind(now)
        .bind(now + LEASE)
        .bind(most)
        .fetch_all(&self.pool)
        .await
    }

    /// It was sent (`failure` is none), or nobody tries any more. What was personal about it is forgotten.
    pub async fn end(
        &self,
        due: &Due,
        failure: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "update mails set ended_at = $2, failure = $3, address = null, mail = null
             where id = $1 and ended_at is null",
        )
        .bind(due.id)
        .bind(now)
        .bind(failure)
        .execute(&self.pool)
        .await
        .map(drop)
    }

    /// It is tried again later, or not at all. Whether it is. `chance` lies between 0 and 1.
    pub async fn put_back(
        &self,
        due: &Due,
        failure: &str,
        now: OffsetDateTime,
        chance: f64,
    ) -> Result<bool, sqlx::Error> {
        let Some(delay) = backoff::delay(due.attempts, None, chance) else {
            self.end(due, Some(failure), now).await?;
            return Ok(false);
        };
        // Unless somebody else took it meanwhile.
        sqlx::query("update mails set due_at = $3 where id = $1 and attempts = $2 and ended_at is null")
            .bind(due.id)
            .bind(due.attempts)
            .bind(now + delay)
            .execute(&self.pool)
            .await?;
        Ok(true)
    }

    /// Mails that wait, not counted further than to [`COUNTED`], and for how many seconds the first of them is overdue.
    pub async fn backlog(&self, now: OffsetDateTime) -> Result<(i64, f64), sqlx::Error> {
        sqlx::query_as(
            "select count(*), coalesce(extract(epoch from $1 - min(due_at)), 0)::float8
             from (select due_at from mails where ended_at is null order by due_at limit $2) waiting",
        )
        .bind(now)
        .bind(COUNTED)
        .fetch_one(&self.pool)
        .await
    }

    /// Forgets what ended long ago. How many those were.
    pub async fn prune(&self, now: OffsetDateTime) -> Result<u64, sqlx::Error> {
        database::in_portions(async |most| {
            let done = sqlx::query(
                "delete from mails where id in (
                     select id from mails where ended_at < $1 order by ended_at limit $2 for update skip locked)",
            )
            .bind(now - KEPT)
            .bind(most)
            .execute(&self.pool)
            .await?;
            Ok(done.rows_affected())
        })
        .await
    }
}
