//! Who follows which product request, kept in tables of the notifications' own and folded on from the log where Kafka tells of something
//! new: whom an event concerns is known without reading the whole stream, however many follow.
//!
//! [`super::request_news`] hears of versions and calls [`Following::step`] until nothing is left to fold. What people are to be told
//! becomes a row of `request_news`, in the transaction that folds its event; [`super::news`] works those off.

pub mod known;
mod portion;

use database::{Pool, Session};
use std::collections::HashMap;
use std::time::Duration;

use domain::product_request::ProductRequestEvent;
use domain::{AggregateType, RecordedEvent};
use event_store::Reader;
use time::OffsetDateTime;
use uuid::Uuid;

use super::parking::Parking;
use super::telling::{NotTold, guarded};
use known::Known;
use portion::{Portion, Writes};

/// What is older is no news, as with [`crate::mails`].
pub const NEWS_FOR: Duration = Duration::from_hours(3 * 24);
/// Requests that are folded on in one transaction, and the events of all of them.
const REQUESTS: usize = 50;
const EVENTS: i64 = 1_000;
/// Events of a request that are folded by themselves, where one of many cannot be.
const ONE_BY_ONE: usize = 100;

const COLUMNS: &str = "request, heard, version, customer, kind, sku, text, ended";

#[derive(Clone)]
pub struct Following {
    pub pool: Pool,
    pub log: Reader,
    pub parking: Parking,
}

impl Following {
    /// There are events of these requests, up to these versions.
    pub async fn hear(&self, versions: &HashMap<Uuid, i64>) -> Result<(), NotTold> {
        // In one order, so that nobody waits for somebody who waits for them.
        let mut heard: Vec<(Uuid, i64)> = versions.iter().map(|(id, version)| (*id, *version)).collect();
        heard.sort_unstable();
        let (requests, versions): (Vec<Uuid>, Vec<i64>) = heard.into_iter().unzip();
        sqlx::query(
            "insert into followed_requests as known (request, heard) select * from unnest($1::uuid[], $2::bigint[])
             on conflict (request) do update set heard = excluded.heard where known.heard < excluded.heard",
        )
        .bind(&requests)
        .bind(&versions)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Folds on those requests that have waited longest. Returns how many.
    pub async fn step(&self, now: OffsetDateTime) -> Result<usize, NotTold> {
        let mut transaction = self.pool.begin().await?;
        let claimed = self.claim(&mut transaction).await?;
        let requests: Vec<Uuid> = claimed.iter().map(|known| known.request).collect();
        if requests.is_empty() {
            return Ok(0);
        }
        let most = (EVENTS / i64::try_from(requests.len()).unwrap_or(EVENTS)).max(1);
        match guarded(self.fold(&mut transaction, claimed, most, now)).await {
            Ok(()) => transaction.commit().await?,
            Err(NotTold::Never(_)) => {
                transaction.rollback().await?;
                for request in &requests {
                    self.one_by_one(*request, now).await?;
                }
            }
            Err(away @ NotTold::Away(_)) => return Err(away),
        }
        Ok(requests.len())
    }

    /// Folds one request on, whether or not it is parked, up to a version.
    pub async fn fold_to(&self, request: Uuid, version: i64, now: OffsetDateTime) -> Result<(), NotTold> {
        self.hear(&HashMap::from([(request, version)])).await?;
        loop {
            let mut transaction = self.pool.begin().await?;
            let mut known = lock(&mut transaction, request).await?;
            if known.version >= version {
                return Ok(());
            }
            known.heard = version;
            let portions = self.portions(vec![known], EVENTS, now).await?;
            Writes::of(&portions).execute(&mut transaction).await?;
            transaction.commit().await?;
            for portion in portions {
                if let Some(reason) = portion.poison {
                    return Err(NotTold::Never(reason));
                }
                if portion.is_empty() {
                    return Err(NotTold::Never(format!("the log does not have version {version}")));
                }
            }
        }
    }

    /// Does without the event that made a request this version.
    pub async fn skip(&self, request: Uuid, version: i64) -> Result<(), NotTold> {
        sqlx::query("update followed_requests set version = $2 where request = $1 and version = $2 - 1")
            .bind(request)
            .bind(version)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// What an event of a request says, which was folded before, is told again.
    pub async fn put_again(
        &self,
        request: Uuid,
        recorded: &RecordedEvent,
        event: &ProductRequestEvent,
    ) -> Result<(), NotTold> {
        let mut transaction = self.pool.begin().await?;
        let known = lock(&mut transaction, request).await?;
        if let Some(told) = known.told(event, recorded.sequence) {
            portion::put_news(&mut transaction, request, recorded, &told).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Which of these requests nothing that comes to the stock can concern any more.
    pub async fn settled(&self, requests: &[Uuid]) -> Result<Vec<Uuid>, NotTold> {
        let settled = sqlx::query_scalar(
            "select request from followed_requests where request = any($1) and (ended or kind = $2)",
        )
        .bind(requests)
        .bind(known::QUOTE)
        .fetch_all(&self.pool)
        .await?;
        Ok(settled)
    }

    /// Forgets who stopped following requests of which nobody is still to be told anything. How many rows those were.
    pub async fn prune(&self) -> Result<u64, NotTold> {
        let pruned = database::in_portions(async |most| {
            let done = sqlx::query(
                "delete from request_followers where (request, owner, since) in (
                     select request, owner, since from request_followers follower
                     where until is not null
                       and not exists (select from request_news news where news.request = follower.request)
                     limit $1 for update skip locked
                 )",
            )
            .bind(most)
            .execute(&self.pool)
            .await?;
            Ok(done.rows_affected())
        });
        Ok(pruned.await?)
    }

    /// Locks some requests of which something newer was heard, less those that are parked.
    async fn claim(&self, connection: &mut Session) -> Result<Vec<Known>, NotTold> {
        let sql = format!(
            "select {COLUMNS} from followed_requests known
             where version < heard and not exists (
                 select from parked_notifications parked
                 where parked.consumer = $1 and parked.aggregate = '{}/' || known.request
             )
             order by worked_at limit $2 for update of known skip locked",
            AggregateType::ProductRequest
        );
        let claimed = sqlx::query_as(&sql)
            .bind(self.parking.audience().as_str())
            .bind(i64::try_from(REQUESTS).unwrap_or(i64::MAX))
            .fetch_all(connection)
            .await?;
        Ok(claimed)
    }

    async fn portions(
        &self,
        known: Vec<Known>,
        most: i64,
        now: OffsetDateTime,
    ) -> Result<Vec<Portion>, NotTold> {
        let wanted: Vec<(String, i64, i64)> = known
            .iter()
            .map(|known| {
                let through = known.heard.min(known.version + most);
                (known.request.to_string(), known.version, through)
            })
            .collect();
        let events = self
            .log
            .read_parts(AggregateType::ProductRequest, &wanted)
            .await?;
        let mut by_request: HashMap<String, Vec<RecordedEvent>> = HashMap::new();
        for event in events {
            by_request
                .entry(event.aggregate_id.clone())
                .or_default()
                .push(event);
        }
        let folded = known.into_iter().map(|known| {
            let events = by_request.remove(&known.request.to_string());
            Portion::fold(known, events.unwrap_or_default(), now)
        });
        Ok(folded.collect())
    }

    /// Folds requests on that are locked; an event that cannot be read is parked.
    async fn fold(
        &self,
        connection: &mut Session,
        known: Vec<Known>,
        most: i64,
        now: OffsetDateTime,
    ) -> Result<(), NotTold> {
        let portions = self.portions(known, most, now).await?;
        Writes::of(&portions).execute(connection).await?;
        for portion in &portions {
            if let Some(reason) = &portion.poison {
                self.park(connection, &portion.after, reason).await?;
            }
        }
        Ok(())
    }

    /// Finds the event that cannot be stored or read, and parks it.
    async fn one_by_one(&self, request: Uuid, now: OffsetDateTime) -> Result<(), NotTold> {
        for _ in 0..ONE_BY_ONE {
            let mut transaction = self.pool.begin().await?;
            let known = lock(&mut transaction, request).await?;
            if known.version >= known.heard {
                break;
            }
            match guarded(self.fold(&mut transaction, vec![known.clone()], 1, now)).await {
                Ok(()) => transaction.commit().await?,
                Err(NotTold::Never(reason)) => {
                    transaction.rollback().await?;
                    let mut transaction = self.pool.begin().await?;
                    self.park(&mut transaction, &known, &reason).await?;
                    transaction.commit().await?;
                    break;
                }
                Err(away @ NotTold::Away(_)) => return Err(away),
            }
        }
        Ok(())
    }

    /// Sets the event behind what is known aside, with the later ones that were heard of.
    async fn park(&self, connection: &mut Session, known: &Known, reason: &str) -> Result<(), NotTold> {
        let (request, version) = (known.request, known.version);
        self.parking
            .park_request(connection, request, version + 1, known.heard, reason)
            .await?;
        sqlx::query(
            "update followed_requests set heard = $2, version = $2 where request = $1 and version = $2",
        )
        .bind(request)
        .bind(version)
        .execute(connection)
        .await?;
        Ok(())
    }
}

async fn lock(connection: &mut Session, request: Uuid) -> Result<Known, NotTold> {
    let sql = format!("select {COLUMNS} from followed_requests where request = $1 for update");
    Ok(sqlx::query_as(&sql).bind(request).fetch_one(connection).await?)
}
