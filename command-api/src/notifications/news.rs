//! What many are to be told of a request, worked off in portions: a notice in their inbox, a mail where it is worth one, and a sign to
//! whoever has the shop open. A portion is short, whatever the number of followers, and the next one begins behind it.
//!
//! The rows are put by [`super::following`]. News of one request is told in the order of its events.

use database::{Pool, Session};
use std::time::Duration;

use domain::AggregateType;
use event_store::Reader;
use event_store::texts::Texts;
use serde::Deserialize;
use session::Sessions;
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::following::known::Whom;
use super::parking::{Parking, aggregate_of_request};
use super::telling::{NotTold, guarded};
use crate::inbox::{self, Notices};
use crate::mails::{Mail, RequestNews};

/// People who are told in one transaction.
const PORTION: i64 = 1_000;
/// Portions of one event that somebody asked for.
const PORTIONS: usize = 10_000;
/// For all signs of a portion. Whoever misses one sees what is new with the next page.
const SIGNS_WITHIN: Duration = Duration::from_secs(2);

pub struct News {
    pub pool: Pool,
    pub log: Reader,
    pub texts: Texts,
    /// Whoever has the shop open sees that there is something new.
    pub sessions: Sessions,
    pub parking: Parking,
}

/// A row that is to be worked off, with what is known of its request.
#[derive(FromRow)]
struct Due {
    request: Uuid,
    version: i64,
    position: i64,
    event_type: String,
    transition: String,
    happened_at: OffsetDateTime,
    whom: String,
    mail: Option<String>,
    cursor: Uuid,
    customer: Option<Uuid>,
    sku: Option<String>,
    text: Option<Uuid>,
}

/// Of an event of a product that has them.
#[derive(Deserialize)]
struct Details {
    name: String,
}

const SELECT: &str = "select news.request, news.version, news.position, news.event_type, news.transition,
         news.happened_at, news.whom, news.mail, news.cursor, known.customer, known.sku, known.text
     from request_news news join followed_requests known on known.request = news.request";

impl News {
    /// Tells the next portion of people. False: nobody is to be told of anything.
    pub async fn step(&self) -> Result<bool, NotTold> {
        let mut transaction = self.pool.begin().await?;
        let Some(due) = self.claim(&mut transaction).await? else {
            return Ok(false);
        };
        match guarded(self.tell(&mut transaction, &due)).await {
            Ok(told) => {
                transaction.commit().await?;
                self.sign(&told).await;
            }
            Err(NotTold::Never(reason)) => {
                transaction.rollback().await?;
                self.park(&due, &reason).await?;
            }
            Err(away @ NotTold::Away(_)) => return Err(away),
        }
        Ok(true)
    }

    /// Tells everybody of the event that made a request this version.
    pub async fn tell_all(&self, request: Uuid, version: i64) -> Result<(), NotTold> {
        let sql = format!("{SELECT} where news.request = $1 and news.version = $2 for update of news");
        for _ in 0..PORTIONS {
            let mut transaction = self.pool.begin().await?;
            let due: Option<Due> = sqlx::query_as(&sql)
                .bind(request)
                .bind(version)
                .fetch_optional(&mut *transaction)
                .await?;
            let Some(due) = due else {
                break;
            };
            let told = self.tell(&mut transaction, &due).await?;
            transaction.commit().await?;
            self.sign(&told).await;
        }
        Ok(())
    }

    /// Nobody is told of the event that made a request this version.
    pub async fn forget(&self, request: Uuid, version: i64) -> Result<(), NotTold> {
        sqlx::query("delete from request_news where request = $1 and version = $2")
            .bind(request)
            .bind(version)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn claim(&self, connection: &mut Session) -> Result<Option<Due>, NotTold> {
        let sql = format!(
            "{SELECT}
             where not exists (
                 select from request_news earlier
                 where earlier.request = news.request and earlier.version < news.version
             ) and not exists (
                 select from parked_notifications parked
                 where parked.consumer = $1 and parked.aggregate = '{}/' || news.request
                   and coalesce(parked.position, 0) <= news.position
             )
             order by news.worked_at limit 1 for update of news skip locked",
            AggregateType::ProductRequest
        );
        let due = sqlx::query_as(&sql)
            .bind(self.parking.audience().as_str())
            .fetch_optional(connection)
            .await?;
        Ok(due)
    }

    /// Tells the next portion, and moves the cursor behind it.
    async fn tell(&self, connection: &mut Session, due: &Due) -> Result<Vec<(Uuid, Uuid)>, NotTold> {
        let owners = owners(connection, due).await?;
        let mail = match &due.mail {
            Some(name) => Some(self.mail(due, name).await?),
            None => None,
        };
        let notices = Notices {
            request: due.request,
            transition: &due.transition,
            happened_at: due.happened_at,
            owners: &owners,
            mail: mail.as_ref(),
        };
        let told = inbox::put(connection, &notices).await?;
        let last = usize::try_from(PORTION).map_or(None, |portion| owners.get(portion - 1));
        if let Some(last) = last {
            sqlx::query(
                "update request_news set cursor = $3, worked_at = now() where request = $1 and version = $2",
            )
            .bind(due.request)
            .bind(due.version)
            .bind(last)
            .execute(connection)
            .await?;
        } else {
            sqlx::query("delete from request_news where request = $1 and version = $2")
                .bind(due.request)
                .bind(due.version)
                .execute(connection)
                .await?;
        }
        Ok(told)
    }

    async fn sign(&self, told: &[(Uuid, Uuid)]) {
        let signed = tokio::time::timeout(SIGNS_WITHIN, self.sessions.put_newest_notices(told)).await;
        match signed {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "open pages are not told of notices"),
            Err(_) => tracing::debug!("Redis does not answer: open pages are not told of notices"),
        }
    }

    async fn park(&self, due: &Due, reason: &str) -> Result<(), NotTold> {
        let mut transaction = self.pool.begin().await?;
        self.parking
            .park_request(&mut transaction, due.request, due.version, due.version, reason)
            .await?;
        sqlx::query("delete from request_news where request = $1 and version = $2")
            .bind(due.request)
            .bind(due.version)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        tracing::error!(
            aggregate = aggregate_of_request(due.request),
            position = due.position,
            event_type = due.event_type,
            "news of a request is parked"
        );
        Ok(())
    }

    async fn mail(&self, due: &Due, name: &str) -> Result<Mail, NotTold> {
        let what = RequestNews::parse(name)
            .ok_or_else(|| NotTold::Never(format!("this release knows no mail {name:?}")))?;
        let page = match (what, &due.sku) {
            (RequestNews::BackInStock, Some(sku)) => format!("/products/{sku}"),
            _ => format!("/requests/{}", due.request),
        };
        let about = self.about(due).await?;
        Ok(Mail::Request { page, what, about })
    }

    /// What it is called: by its own title, or by its product's name.
    async fn about(&self, due: &Due) -> Result<String, NotTold> {
        if let Some(text) = due.text {
            let found = self.texts.find(&[text]).await?.remove(&text);
            if let Some(title) = found.and_then(|text| text.title) {
                return Ok(title);
            }
        }
        if let Some(sku) = &due.sku {
            let named = ["ProductListed", "DetailsChanged"];
            let last = self.log.last_of(AggregateType::Product, sku, &named).await?;
            if let Some(last) = last {
                let details = serde_json::from_str(last.payload.get());
                let Details { name } = details.map_err(|error| NotTold::Never(error.to_string()))?;
                return Ok(name);
            }
        }
        Ok("your request".to_owned())
    }
}

async fn owners(connection: &mut Session, due: &Due) -> Result<Vec<Uuid>, NotTold> {
    let sql = match Whom::parse(&due.whom) {
        Some(Whom::Customer) => return Ok(due.customer.into_iter().collect()),
        Some(Whom::Followers) => {
            "select distinct owner from request_followers
             where request = $1 and owner > $3 and since <= $2 and (until is null or until > $2)
             order by owner limit $4"
        }
        Some(Whom::Leaving) => {
            "select distinct owner from request_followers
             where request = $1 and owner > $3 and until = $2 order by owner limit $4"
        }
        None => {
            let whom = &due.whom;
            return Err(NotTold::Never(format!("this release knows nobody as {whom:?}")));
        }
    };
    let owners = sqlx::query_scalar(sql)
        .bind(due.request)
        .bind(due.version)
        .bind(due.cursor)
        .bind(PORTION)
        .fetch_all(connection)
        .await?;
    Ok(owners)
}
