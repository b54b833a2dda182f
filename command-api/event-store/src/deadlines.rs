//! Deadlines: what has to happen later, should nothing else happen before.
//!
//! An append sets and clears them in its own commit ([`crate::Transaction::deadlines`]). The roles `deadlines` and
//! `payment-worker` claim those that are due by a lease, and hold no lock while they act.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions};
use time::OffsetDateTime;

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
}

impl DeadlineKind {
    pub const ALL: [Self; 4] = [
        Self::Reservation,
        Self::Cart,
        Self::Authorisation,
        Self::PaymentStep,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reservation => "reservation",
            Self::Cart => "cart",
            Self::Authorisation => "authorisation",
            Self::PaymentStep => "payment-step",
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

/// The deadlines, for those who act on them.
#[derive(Clone)]
pub struct Deadlines {
    pool: PgPool,
}

impl Deadlines {
    /// # Errors
    /// When PostgreSQL cannot be reached within ten seconds.
    pub async fn connect(url: &str) -> Result<Self, sqlx::Error> {
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(10))
            .connect(url)
            .await?;
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
        let names: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
        let rows: Vec<(String, String, OffsetDateTime, i32)> = sqlx::query_as(
            "update deadlines d set leased_until = clock_timestamp() + $2::float8 * interval '1 second',
                                    attempts = d.attempts + 1
             from (select kind, aggregate_id from deadlines
                   where kind = any ($1) and due_at <= clock_timestamp()
                     and (leased_until is null or leased_until <= clock_timestamp())
                   order by due_at limit $3 for update skip locked) due
             where d.kind = due.kind and d.aggregate_id = due.aggregate_id
             returning d.kind, d.aggregate_id, d.due_at, d.attempts",
        )
        .bind(&names)
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
        Ok(rows.into_iter().filter_map(due).collect())
    }

    /// Makes a claimed one due later, and anybody's again. False where it was set anew or cleared meanwhile.
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

    /// Ends a claimed one that led to nothing. False where it was set anew or cleared meanwhile.
    pub async fn end(&self, claimed: &Due) -> Result<bool, sqlx::Error> {
        let done = sqlx::query("delete from deadlines where kind = $1 and aggregate_id = $2 and due_at = $3")
            .bind(claimed.id.kind.as_str())
            .bind(&*claimed.id.aggregate_id)
            .bind(claimed.due_at)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Makes one due now, if there is one: somebody has a reason not to wait. Not one that is being worked on.
    pub async fn hasten(&self, id: &DeadlineId) -> Result<bool, sqlx::Error> {
        let done = sqlx::query(
            "update deadlines set due_at = least(due_at, clock_timestamp()), leased_until = null
             where kind = $1 and aggregate_id = $2",
        )
        .bind(id.kind.as_str())
        .bind(&*id.aggregate_id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// How many of a kind are due, and since when the oldest is, in seconds.
    pub async fn overdue(&self, kind: DeadlineKind) -> Result<(i64, f64), sqlx::Error> {
        sqlx::query_as(
            "select count(*), coalesce(extract(epoch from clock_timestamp() - min(due_at)), 0)::float8
             from deadlines where kind = $1 and due_at <= clock_timestamp()",
        )
        .bind(kind.as_str())
        .fetch_one(&self.pool)
        .await
    }
}
