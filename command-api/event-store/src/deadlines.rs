//! Deadlines: what has to happen later, should nothing else happen before.
//!
//! An append sets and clears them in its own commit ([`crate::Transaction::deadlines`]). The roles `deadlines` and
//! `payment-worker` claim those that are due by a lease, and hold no lock while they act.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgPool;
use time::OffsetDateTime;

use crate::pool::{self, Commits};

/// What is to be done when the time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeadlineKind {
    /// An unpaid order gives its stock back. The id is the order's.
    Reservation,
    /// A cart that nobody touches is closed.
    Cart,
    /// A card network soon lets go of the money that it holds. The id is the payment's.
    Authorisation,
    /// Something is to be asked of the payment gateway. The id is the payment's.
    PaymentStep,
    /// A quote that nobody answers expires. The id is the request's.
    Quote,
}

impl DeadlineKind {
    pub const ALL: [Self; 5] = [
        Self::Reservation,
        Self::Cart,
        Self::Authorisation,
        Self::PaymentStep,
        Self::Quote,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reservation => "reservation",
            Self::Cart => "cart",
            Self::Authorisation => "authorisation",
            Self::PaymentStep => "payment-step",
            Self::Quote => "quote",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeadlineId {
    pub kind: DeadlineKind,
    pub aggregate_id: Arc<str>,
}

/// What an append does to a deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadlineChange {
    pub id: DeadlineId,
    /// When it is due from now on; `None` clears it.
    pub due: Option<OffsetDateTime>,
}

impl DeadlineChange {
    pub const fn set(kind: DeadlineKind, aggregate_id: Arc<str>, due: OffsetDateTime) -> Self {
        Self {
            id: DeadlineId { kind, aggregate_id },
            due: Some(due),
        }
    }

    pub const fn clear(kind: DeadlineKind, aggregate_id: Arc<str>) -> Self {
        Self {
            id: DeadlineId { kind, aggregate_id },
            due: None,
        }
    }
}

/// A deadline that was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub id: DeadlineId,
    pub due_at: OffsetDateTime,
    /// How often it was claimed since it was set, this time included.
    pub attempts: i32,
}

/// `now()`, which stands still within a statement: PostgreSQL compares no index with the clock, and would read every
/// deadline there is. Materialized, so that no plan goes through it twice and claims more than the limit.
const CLAIM: &str = "
with due as materialized (
    select kind, aggregate_id from deadlines
    where kind = any ($1) and due_at <= now() and (leased_until is null or leased_until <= now())
    order by due_at limit $3 for update skip locked
)
update deadlines d set leased_until = now() + $2::float8 * interval '1 second', attempts = d.attempts + 1
from due where d.kind = due.kind and d.aggregate_id = due.aggregate_id
returning d.kind, d.aggregate_id, d.due_at, d.attempts";

/// The deadlines, for those who act on them.
#[derive(Clone)]
pub struct Deadlines {
    pool: PgPool,
}

impl Deadlines {
    /// # Errors
    /// When PostgreSQL cannot be reached within ten seconds.
    pub async fn connect(url: &str) -> Result<Self, sqlx::Error> {
        // A lease or an end that PostgreSQL forgets in a crash is taken again, and leads to nothing. So no append ever
        // waits for the disk because of a row that was just claimed.
        let pool = pool::open(url, "deadlines", Commits::Follow).await?;
        Ok(Self { pool })
    }

    /// Takes up to `limit` that are due and nobody's, the oldest first, for the time of the lease.
    ///
    /// One statement, committed at once. It skips what an append is just changing, so it never waits for one.
    pub async fn claim(
        &self,
        kinds: &[DeadlineKind],
        lease: Duration,
        limit: i64,
    ) -> Result<Vec<Due>, sqlx::Error> {
        let rows: Vec<(String, String, OffsetDateTime, i32)> = sqlx::query_as(CLAIM)
            .bind(names(kinds))
            .bind(lease.as_secs_f64())
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        let due = |(kind, id, due_at, attempts): (String, String, _, _)| {
            let kind = DeadlineKind::parse(&kind)?;
            let id = DeadlineId {
                kind,
                aggregate_id: id.into(),
            };
            Some(Due { id, due_at, attempts })
        };
        let mut claimed: Vec<Due> = rows.into_iter().filter_map(due).collect();
        claimed.sort_by_key(|due| due.due_at);
        Ok(claimed)
    }

    /// Makes a claimed one due later, and anybody's again. False where it was set anew, cleared or hastened meanwhile.
    pub async fn put_off(&self, claimed: &Due, due: OffsetDateTime) -> Result<bool, sqlx::Error> {
        let done = sqlx::query(
            "update deadlines set due_at = $4, leased_until = null
             where kind = $1 and aggregate_id = $2 and due_at = $3",
        )
        .bind(claimed.id.kind.as_str())
        .bind(&*claimed.id.aggregate_id)
        .bind(claimed.due_at)
        .bind(due)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Ends a claimed one that led to nothing. False where it was set anew, cleared or hastened meanwhile.
    pub async fn end(&self, claimed: &Due) -> Result<bool, sqlx::Error> {
        let done = sqlx::query("delete from deadlines where kind = $1 and aggregate_id = $2 and due_at = $3")
            .bind(claimed.id.kind.as_str())
            .bind(&*claimed.id.aggregate_id)
            .bind(claimed.due_at)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Makes one due now, if there is one: somebody has a reason not to wait.
    ///
    /// One that is claimed moves as well. Whoever has it may have looked before there was anything to see; so they can
    /// neither end it nor put it off any more, and it is claimed once more.
    pub async fn hasten(&self, id: &DeadlineId) -> Result<bool, sqlx::Error> {
        let done = sqlx::query(
            "update deadlines
             set due_at = case when leased_until is null then least(due_at, clock_timestamp()) else clock_timestamp() end,
                 leased_until = null
             where kind = $1 and aggregate_id = $2",
        )
        .bind(id.kind.as_str())
        .bind(&*id.aggregate_id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// When there will be one to claim, should nobody change anything; in the past where there is one. None where none is set.
    pub async fn next_due(&self, kinds: &[DeadlineKind]) -> Result<Option<OffsetDateTime>, sqlx::Error> {
        sqlx::query_scalar(
            "select min(d.at) from unnest($1::text[]) k(kind) cross join lateral (
                 (select due_at as at from deadlines where kind = k.kind and due_at > now() order by due_at limit 1)
                 union all
                 select min(greatest(due_at, leased_until)) from deadlines where kind = k.kind and due_at <= now()
             ) d",
        )
        .bind(names(kinds))
        .fetch_one(&self.pool)
        .await
    }

    /// How many of a kind are due, claimed ones too, and since when the oldest is, in seconds.
    pub async fn overdue(&self, kind: DeadlineKind) -> Result<(i64, f64), sqlx::Error> {
        sqlx::query_as(
            "select count(*), coalesce(extract(epoch from now() - min(due_at)), 0)::float8
             from deadlines where kind = $1 and due_at <= now()",
        )
        .bind(kind.as_str())
        .fetch_one(&self.pool)
        .await
    }

    /// How many payments have something outstanding, due or not, and how long that is so for the one of which nothing new
    /// was stored for the longest, in seconds.
    pub async fn unsettled_payments(&self) -> Result<(i64, f64), sqlx::Error> {
        sqlx::query_as(
            "select count(*), coalesce(extract(epoch from now() - min(last.recorded_at)), 0)::float8
             from deadlines d cross join lateral (
                 select recorded_at from events where aggregate_type = 'payment' and aggregate_id = d.aggregate_id
                 order by sequence desc limit 1
             ) last
             where d.kind = $1",
        )
        .bind(DeadlineKind::PaymentStep.as_str())
        .fetch_one(&self.pool)
        .await
    }
}

fn names(kinds: &[DeadlineKind]) -> Vec<&'static str> {
    kinds.iter().map(|kind| kind.as_str()).collect()
}
