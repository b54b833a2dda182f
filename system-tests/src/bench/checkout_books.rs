//! What `checkout` is checked against: the log, and the sandbox gateway's own books.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::time::{Instant, sleep};

use super::Bench;

/// How long the gateway may go on sending webhooks after the last order was confirmed.
const TOLD_WITHIN: Duration = Duration::from_mins(2);
const SPELLED_OUT: usize = 3;

pub struct Books {
    pool: PgPool,
    /// Orders that were placed up to here are somebody else's.
    after: i64,
}

/// An order that was placed: what it comes to, and what was taken for it, which must be the same.
#[derive(Debug, sqlx::FromRow)]
struct Entry {
    id: String,
    total: i64,
    confirmed: i64,
    /// By the log.
    captures: i64,
    captured: i64,
    /// By the gateway's books.
    charges: i64,
    charged: i64,
    /// Units that left the stock.
    committed: i64,
}

/// Every order past a position, with what the log and the gateway know of its money.
const ENTRIES: &str = "
with placed as (
    select aggregate_id as id, (payload -> 'totals' -> 'total' ->> 'minor')::bigint as total
    from events where global_position > $1 and aggregate_type = 'order' and event_type = 'OrderPlaced'
), confirmed as (
    select aggregate_id as id, count(*) as times from events
    where global_position > $1 and aggregate_type = 'order' and event_type = 'OrderConfirmed' group by 1
), captured as (
    select aggregate_id as id, count(*) as times, sum((payload -> 'amount' ->> 'minor')::bigint)::bigint as minor
    from events where global_position > $1 and aggregate_type = 'payment' and event_type = 'PaymentCaptured' group by 1
), charged as (
    select payment::text as id, count(*) as times, sum(captured)::bigint as minor
    from sandbox_gateway.intents where captured > 0 group by 1
), committed as (
    select payload ->> 'order' as id, sum((payload ->> 'quantity')::bigint)::bigint as units
    from events where global_position > $1 and aggregate_type = 'stock-item' and event_type = 'ReservationCommitted'
    group by 1
)
select placed.id, placed.total, coalesce(confirmed.times, 0) as confirmed,
       coalesce(captured.times, 0) as captures, coalesce(captured.minor, 0) as captured,
       coalesce(charged.times, 0) as charges, coalesce(charged.minor, 0) as charged,
       coalesce(committed.units, 0) as committed
from placed left join confirmed using (id) left join captured using (id) left join charged using (id)
     left join committed using (id)";

impl Books {
    pub async fn begin(bench: &Bench) -> Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect(&bench.database_url)
            .await?;
        let kept: bool = sqlx::query_scalar("select to_regclass('sandbox_gateway.intents') is not null")
            .fetch_one(&pool)
            .await?;
        ensure!(
            kept,
            "the copy has no sandbox gateway; checkout charges nobody's real card"
        );
        let after = sqlx::query_scalar("select coalesce(max(global_position), 0) from events")
            .fetch_one(&pool)
            .await?;
        Ok(Self { pool, after })
    }

    /// Waits until the gateway has delivered what it has to tell.
    pub async fn gateway_has_told_everything(&self) -> Result<()> {
        let until = Instant::now() + TOLD_WITHIN;
        loop {
            let waiting: i64 = sqlx::query_scalar("select count(*) from sandbox_gateway.webhooks")
                .fetch_one(&self.pool)
                .await?;
            if waiting == 0 {
                return Ok(());
            }
            ensure!(
                Instant::now() < until,
                "{waiting} webhooks of the gateway are not taken"
            );
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// How many orders are not confirmed once, captured once for their total, charged the same, and out of the stock; or
    /// are not as their guests agreed.
    pub async fn differences(&self, agreed: &[(String, i64)]) -> Result<u64> {
        let entries: Vec<Entry> = sqlx::query_as(ENTRIES)
            .bind(self.after)
            .fetch_all(&self.pool)
            .await
            .context("the log and the gateway's books cannot be compared")?;
        let agreed: BTreeMap<&str, i64> = agreed.iter().map(|(id, total)| (id.as_str(), *total)).collect();
        let wrong: Vec<&Entry> = entries
            .iter()
            .filter(|entry| !entry.is_right(agreed.get(entry.id.as_str()).copied()))
            .collect();
        for entry in wrong.iter().take(SPELLED_OUT) {
            eprintln!("an order is not as it was agreed: {entry:?}");
        }
        let missing = agreed.len().saturating_sub(entries.len());
        let (totals, charged): (i64, i64) = (
            sum(&entries, |entry| entry.total),
            sum(&entries, |entry| entry.charged),
        );
        eprintln!(
            "checkout: {} orders come to {totals}, the gateway took {charged}",
            entries.len()
        );
        Ok(wrong.len() as u64 + missing as u64)
    }
}

impl Entry {
    /// An order whose guest nobody heard of again was counted as failed already.
    fn is_right(&self, agreed: Option<i64>) -> bool {
        let once_for_the_total = (1, self.total);
        agreed.is_none_or(|agreed| agreed == self.total)
            && (self.confirmed, self.committed) == (1, 1)
            && (self.captures, self.captured) == once_for_the_total
            && (self.charges, self.charged) == once_for_the_total
    }
}

fn sum(entries: &[Entry], of: impl Fn(&Entry) -> i64) -> i64 {
    entries.iter().map(of).sum()
}
