//! What people write in product requests: kept beside the log and named in it by id.
//!
//! The `requests` role stores one before it appends; the projectors put it into views.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use database::{Pool, Session};
use sqlx::FromRow;
use uuid::Uuid;

use crate::pool::{self, Commits};
use crate::reading::Reader;
use crate::sweep;

#[derive(Clone, Default, PartialEq, Eq, FromRow)]
pub struct Text {
    pub title: Option<String>,
    pub body: Option<String>,
    pub link: Option<String>,
}

impl fmt::Debug for Text {
    /// People write their names and numbers into texts: they get into no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(personal data)")
    }
}

/// A text that somebody wrote, for their export.
#[derive(Debug, FromRow)]
pub struct Written {
    pub request_id: Uuid,
    #[sqlx(flatten)]
    pub text: Text,
}

/// Why a text was not stored.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    #[error("the account wrote {most} texts within a day")]
    TooMany { most: i64 },
    #[error("the account is not there any more")]
    NoAccount,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

#[derive(Clone)]
pub struct Texts {
    pool: Pool,
}

impl Texts {
    /// # Errors
    /// When PostgreSQL cannot be reached within ten seconds.
    pub async fn connect(url: &str) -> Result<Self, sqlx::Error> {
        // An event that names a text commits after it, and takes it to the disk: only orphans can be lost.
        let pool = pool::open(url, "texts", Commits::Follow).await?;
        Ok(Self { pool })
    }

    /// Stores what staff wrote, before the event that will name it.
    pub async fn keep(&self, id: Uuid, request: Uuid, text: &Text) -> Result<(), sqlx::Error> {
        insert(&self.pool, id, request, None, text).await
    }

    /// Stores what an account wrote, unless it wrote `most` texts within a day already.
    pub async fn keep_of(
        &self,
        owner: Uuid,
        id: Uuid,
        request: Uuid,
        text: &Text,
        most: i64,
    ) -> Result<(), KeepError> {
        let mut transaction = self.pool.begin().await?;
        // One at a time for each account: what is counted is all that there is, and an erasure that waits for the row deletes this too.
        let account: Option<Uuid> =
            sqlx::query_scalar("select id from accounts where id = $1 for no key update")
                .bind(owner)
                .fetch_optional(&mut *transaction)
                .await?;
        if account.is_none() {
            return Err(KeepError::NoAccount);
        }
        let written: i64 = sqlx::query_scalar(
            "select count(*) from texts where owner = $1 and created_at > now() - interval '1 day'",
        )
        .bind(owner)
        .fetch_one(&mut *transaction)
        .await?;
        if written >= most {
            return Err(KeepError::TooMany { most });
        }
        insert(&mut *transaction, id, request, Some(owner), text).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Deletes one that no event will name: its command was refused.
    pub async fn discard(&self, id: Uuid) -> Result<(), sqlx::Error> {
        sqlx::query("delete from texts where id = $1 and not is_named")
            .bind(id)
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// Those of `ids` that there are; an erased one is not.
    pub async fn find(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, Text>, sqlx::Error> {
        find(&self.pool, ids).await
    }

    /// All that an account wrote, the oldest first.
    pub async fn of_owner(&self, owner: Uuid) -> Result<Vec<Written>, sqlx::Error> {
        sqlx::query_as(
            "select request_id, title, body, link from texts where owner = $1 order by created_at, id",
        )
        .bind(owner)
        .fetch_all(&self.pool)
        .await
    }

    /// Deletes all that an account wrote, in the transaction that deletes the account and holds its row.
    pub async fn erase(connection: &mut Session, owner: Uuid) -> Result<(), sqlx::Error> {
        sqlx::query("delete from texts where owner = $1")
            .bind(owner)
            .execute(connection)
            .await
            .map(drop)
    }

    /// Deletes those that no event names: the command was refused, or never got that far. How many they were.
    ///
    /// `older_than` is longer than any command takes. One that an event names is looked at once, and not every time.
    pub async fn sweep_orphans(&self, older_than: Duration) -> Result<u64, sqlx::Error> {
        sweep::orphans(&self.pool, SWEEP, older_than).await
    }
}

const SWEEP: &str = "
with looked_at as materialized (
    select t.id, exists (
        select from events e
        where e.aggregate_id = t.request_id::text and e.aggregate_type = 'product-request'
          and (e.payload ->> 'text' = t.id::text or e.payload ->> 'reason' = t.id::text)) as is_named
    from texts t
    where not t.is_named and t.created_at < now() - $1::float8 * interval '1 second'
    order by t.created_at limit $2 for update skip locked
), kept as (
    update texts t set is_named = true from looked_at l where t.id = l.id and l.is_named
), deleted as (
    delete from texts t using looked_at l where t.id = l.id and not l.is_named returning 1
)
select (select count(*) from looked_at), (select count(*) from deleted)";

impl Reader {
    /// As [`Texts::find`], for those who read the log.
    pub async fn texts(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, Text>, sqlx::Error> {
        find(&self.pool, ids).await
    }
}

async fn find(executor: impl sqlx::PgExecutor<'_>, ids: &[Uuid]) -> Result<HashMap<Uuid, Text>, sqlx::Error> {
    #[derive(FromRow)]
    struct Found {
        id: Uuid,
        #[sqlx(flatten)]
        text: Text,
    }
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found: Vec<Found> = sqlx::query_as("select id, title, body, link from texts where id = any($1)")
        .bind(ids)
        .fetch_all(executor)
        .await?;
    Ok(found.into_iter().map(|found| (found.id, found.text)).collect())
}

async fn insert(
    executor: impl sqlx::PgExecutor<'_>,
    id: Uuid,
    request: Uuid,
    owner: Option<Uuid>,
    text: &Text,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into texts (id, request_id, owner, title, body, link) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id)
    .bind(request)
    .bind(owner)
    .bind(&text.title)
    .bind(&text.body)
    .bind(&text.link)
    .execute(executor)
    .await
    .map(drop)
}
