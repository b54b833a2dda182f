//! Deadlines: what has to happen later, should nothing else happen before.
//!
//! An append sets and clears them in its own commit ([`crate::Transaction::deadlines`]). The roles `deadlines` and
//! `payment-worker` claim those that are due by a lease, and hold no lock while they act.

use std::sync::Arc;
use std::time::Duration;

use database::Pool;
use domain::AggregateType;
use time::OffsetDateTime;
use uuid::Uuid;

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
    /// What concerns too many people of a request for one command goes on. The id is the request's.
    RequestMembers,
    /// The redemptions of a code that many use are handed over to its customers' streams. The id is the code.
    CodeRedemptions,
}

impl DeadlineKind {
    pub const ALL: [Self; 7] = [
        Self::Reservation,
        Self::Cart,
        Self::Authorisation,
        Self::PaymentStep,
        Self::Quote,
        Self::RequestMembers,
        Self::CodeRedemptions,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reservation => "reservation",
            Self::Cart => "cart",
            Self::Authorisation => "authorisation",
            Self::PaymentStep => "payment-step",
            Self::Quote => "quote",
            Self::RequestMembers => "request-members",
            Self::CodeRedemptions => "code-redemptions",
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

/// The last event of a stream, as the stream was while its deadline stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LastEvent {
    pub version: i64,
    /// None where the stream has no event.
    pub recorded_at: Option<OffsetDateTime>,
}

/// An order that is not paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Unpaid {
    pub order_id: Uuid,
    /// Else its checkout is still under way, or came to nothing.
    pub is_placed: bool,
}

/// How much of a kind should have happened, and has not.
#[derive(Clone, Copy, Debug, Default, PartialEq, sqlx::FromRow)]
pub struct Overdue {
    /// Those that are claimed too; not counted further than to [`COUNTED`].
    pub count: i64,
    /// Since when the first of them is due.
    pub oldest_seconds: f64,
    /// How many of them were claimed again and again, and are still there: somebody has to look at those.
    pub failing: i64,
}

/// Nobody needs to know a backlog more exactly, and counting all of a large one every few seconds would make it larger.
pub const COUNTED: i64 = 10_000;
/// Claimed so often, one is not just unlucky.
const FAILING: i32 = 3;

/// Each kind for itself, so that a backlog of one holds up no other: in the order in which they can be claimed, which is also where those
/// that failed stand back behind the others of their kind. As the index `deadlines_claimable` has it, to the letter.
///
/// `now()`, which stands still within a statement: PostgreSQL compares no index with the clock, and would read every
/// deadline there is. Materialized, so that no plan goes through it twice and claims more than the limit.
const CLAIM: &str = "
with due as materialized (
    select claimable.kind, claimable.aggregate_id
    from unnest($1::text[]) of_kind(kind) cross join lateral (
        select d.kind, d.aggregate_id from deadlines d
        where d.kind = of_kind.kind and greatest(d.due_at, d.leased_until) <= now()
        order by greatest(d.due_at, d.leased_until) limit $3 for update skip locked
    ) claimable
)
update deadlines d set leased_until = now() + $2::float8 * interval '1 second', attempts = d.attempts + 1
from due where d.kind = due.kind and d.aggregate_id = due.aggregate_id
returning d.kind, d.aggregate_id, d.due_at, d.attempts";

/// The deadlines, for those who act on them.
#[derive(Clone)]
pub struct Deadlines {
    pool: Pool,
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

    /// Takes up to `limit` of each kind that are due and nobody's, for the time of the lease.
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

    /// How far a stream of the aggregate is, as long as the deadline is as it was claimed; none where it moved. Both are looked at at the
    /// same moment, so that an append which changed both is seen whole or not at all.
    pub async fn last_event(
        &self,
        claimed: &Due,
        aggregate_type: AggregateType,
    ) -> Result<Option<LastEvent>, sqlx::Error> {
        sqlx::query_as(
            "select coalesce(last.sequence, 0) as version, last.recorded_at
             from deadlines d left join lateral (
                 select e.sequence, e.recorded_at from events e
                 where e.aggregate_id = d.aggregate_id and e.aggregate_type = $5
                 order by e.sequence desc limit 1
             ) last on true
             where d.kind = $1 and d.aggregate_id = $2 and d.due_at = $3 and d.attempts = $4",
        )
        .bind(claimed.id.kind.as_str())
        .bind(&*claimed.id.aggregate_id)
        .bind(claimed.due_at)
        .bind(claimed.attempts)
        .bind(aggregate_type.as_str())
        .fetch_optional(&self.pool)
        .await
    }

    /// Makes a claimed one due later, and anybody's again. False where it was set anew, cleared or hastened meanwhile, or is somebody
    /// else's by now.
    pub async fn put_off(&self, claimed: &Due, due: OffsetDateTime) -> Result<bool, sqlx::Error> {
        let done = sqlx::query(
            "update deadlines set due_at = $5, leased_until = null
             where kind = $1 and aggregate_id = $2 and due_at = $3 and attempts = $4",
        );
        self.changed(done, claimed, |query| query.bind(due)).await
    }

    /// Leaves a claimed one alone for a while, which stays due: what could not be done now stands back behind the others of its kind.
    /// False as with [`Self::put_off`].
    pub async fn back_off(&self, claimed: &Due, pause: Duration) -> Result<bool, sqlx::Error> {
        let done = sqlx::query(
            "update deadlines set leased_until = now() + $5::float8 * interval '1 second'
             where kind = $1 and aggregate_id = $2 and due_at = $3 and attempts = $4",
        );
        let seconds = pause.as_secs_f64();
        self.changed(done, claimed, |query| query.bind(seconds)).await
    }

    /// Ends a claimed one that led to nothing. False as with [`Self::put_off`].
    pub async fn end(&self, claimed: &Due) -> Result<bool, sqlx::Error> {
        let done = sqlx::query(
            "delete from deadlines where kind = $1 and aggregate_id = $2 and due_at = $3 and attempts = $4",
        );
        self.changed(done, claimed, |query| query).await
    }

    /// Changes a claimed one, if it still is as it was claimed: one that is set anew begins at no attempts.
    async fn changed<'q>(
        &self,
        statement: Statement<'q>,
        claimed: &'q Due,
        more: impl FnOnce(Statement<'q>) -> Statement<'q>,
    ) -> Result<bool, sqlx::Error> {
        let statement = statement
            .bind(claimed.id.kind.as_str())
            .bind(&*claimed.id.aggregate_id)
            .bind(claimed.due_at)
            .bind(claimed.attempts);
        let done = more(statement).execute(&self.pool).await?;
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

    /// Of orders, those that still hold stock: a reservation waits for its end, or nothing of the order is stored yet, which is told.
    pub async fn unpaid(&self, orders: &[Uuid]) -> Result<Vec<Unpaid>, sqlx::Error> {
        sqlx::query_as(
            // Joined one by one, so that no plan reads all orders there are.
            "select asked.order_id, placed.known is not null as is_placed
             from unnest($1::uuid[]) asked(order_id)
             left join lateral (
                 select true as known from events e
                 where e.aggregate_type = $2 and e.aggregate_id = asked.order_id::text and e.sequence = 1 limit 1
             ) placed on true
             left join lateral (
                 select true as waits from deadlines d
                 where d.kind = $3 and d.aggregate_id = asked.order_id::text limit 1
             ) reservation on true
             where placed.known is null or reservation.waits",
        )
        .bind(orders)
        .bind(AggregateType::Order.as_str())
        .bind(DeadlineKind::Reservation.as_str())
        .fetch_all(&self.pool)
        .await
    }

    /// When there will be one to claim, should nobody change anything; in the past where there is one. None where none is set.
    pub async fn next_due(&self, kinds: &[DeadlineKind]) -> Result<Option<OffsetDateTime>, sqlx::Error> {
        sqlx::query_scalar(
            "select min(next.at) from unnest($1::text[]) of_kind(kind) cross join lateral (
                 select greatest(d.due_at, d.leased_until) as at from deadlines d where d.kind = of_kind.kind
                 order by greatest(d.due_at, d.leased_until) limit 1
             ) next",
        )
        .bind(names(kinds))
        .fetch_one(&self.pool)
        .await
    }

    /// How much of a kind is due.
    pub async fn overdue(&self, kind: DeadlineKind) -> Result<Overdue, sqlx::Error> {
        sqlx::query_as(
            "select count(*) as count, count(*) filter (where attempts >= $2) as failing,
                    coalesce(extract(epoch from now() - min(due_at)), 0)::float8 as oldest_seconds
             from (select due_at, attempts from deadlines where kind = $1 and due_at <= now()
                   order by due_at limit $3) of_kind",
        )
        .bind(kind.as_str())
        .bind(FAILING)
        .bind(COUNTED)
        .fetch_one(&self.pool)
        .await
    }

    /// How many payments have something outstanding, due or not, up to [`COUNTED`], and how long that is so for the one of which nothing
    /// new was stored for the longest, in seconds.
    pub async fn unsettled_payments(&self) -> Result<(i64, f64), sqlx::Error> {
        // Whatever is stored of a payment sets its deadline anew, or clears it.
        sqlx::query_as(
            "select count(*), coalesce(extract(epoch from now() - min(set_at)), 0)::float8
             from (select set_at from deadlines where kind = $1 order by due_at limit $2) steps",
        )
        .bind(DeadlineKind::PaymentStep.as_str())
        .bind(COUNTED)
        .fetch_one(&self.pool)
        .await
    }
}

type Statement<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn names(kinds: &[DeadlineKind]) -> Vec<&'static str> {
    kinds.iter().map(|kind| kind.as_str()).collect()
}
