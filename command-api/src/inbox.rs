//! What people are told of the requests that they follow: a row for each person and transition, and a mail with it.
//!
//! Put by the notifications' consumer ([`crate::notifications`]), shown by [`crate::routes::requests`]. A transition is told once,
//! however often its event is heard.

use std::time::Duration;

use sqlx::FromRow;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::mails::Mail;

const CONNECTIONS: u32 = 4;
const SHOWN: i64 = 100;

/// Something that people are to be told.
#[derive(Clone, Debug)]
pub struct News {
    pub request: Uuid,
    /// `planned`; where it can happen again, with what tells one time from another: `quoted:{quote}`.
    pub transition: String,
    pub happened_at: OffsetDateTime,
    /// Who is told.
    pub owners: Vec<Uuid>,
    /// What is put for those whose address is confirmed, where it is worth a mail.
    pub mail: Option<Mail>,
}

#[derive(FromRow)]
pub struct Notice {
    pub id: Uuid,
    pub request_id: Uuid,
    pub title: Option<String>,
    pub sku: Option<String>,
    pub transition: String,
    pub happened_at: OffsetDateTime,
    pub is_read: bool,
}

#[derive(Clone)]
pub struct Inbox {
    pool: PgPool,
}

impl Inbox {
    /// Connects when it is first needed: not every process has the role.
    ///
    /// # Errors
    /// The address is none of PostgreSQL's.
    pub fn new(database_url: &str) -> Result<Self, sqlx::Error> {
        let options: PgConnectOptions = database_url.parse()?;
        let options = options
            .application_name("inbox")
            .options([("statement_timeout", "10s")]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(Duration::from_secs(5))
            .connect_lazy_with(options);
        Ok(Self::over(pool))
    }

    pub const fn over(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Tells everybody who was not told before, in one statement with their mails. The newest notice of each of them.
    pub async fn put(&self, news: &News) -> Result<Vec<(Uuid, Uuid)>, sqlx::Error> {
        let ids: Vec<Uuid> = news.owners.iter().map(|_| Uuid::now_v7()).collect();
        sqlx::query_as(
            "with told as (
                 insert into request_notices (id, request_id, owner, transition, happened_at)
                 select person.id, $1, person.owner, $2, $3 from unnest($4::uuid[], $5::uuid[]) as person (id, owner)
                 join accounts on accounts.id = person.owner
                 on conflict on constraint request_notices_key do nothing
                 returning id, owner
             ), mailed as (
                 insert into mails (id, reason, owner, address, mail)
                 select told.id, 'request:' || $1::text || ':' || told.owner::text || ':' || $2, told.owner, accounts.email, $6
                 from told join accounts on accounts.id = told.owner
                 where $6::jsonb is not null and accounts.email_confirmed_at is not null
                 on conflict (reason) do nothing
             )
             select owner, id from told",
        )
        .bind(news.request)
        .bind(&news.transition)
        .bind(news.happened_at)
        .bind(&ids)
        .bind(&news.owners)
        .bind(news.mail.as_ref().map(Json))
        .fetch_all(&self.pool)
        .await
    }

    /// How many notices somebody has not read, and the newest.
    pub async fn of(&self, owner: Uuid) -> Result<(i64, Vec<Notice>), sqlx::Error> {
        let unread: i64 =
            sqlx::query_scalar("select count(*) from request_notices where owner = $1 and read_at is null")
                .bind(owner)
                .fetch_one(&self.pool)
                .await?;
        let notices = sqlx::query_as(
            "select n.id, n.request_id, n.transition, n.happened_at, n.read_at is not null as is_read,
                 (select t.title from texts t where t.request_id = n.request_id and t.title is not null
                  order by t.created_at, t.id limit 1) as title,
                 (select e.payload ->> 'sku' from events e
                  where e.aggregate_id = n.request_id::text and e.aggregate_type = 'product-request'
                    and e.payload ->> 'sku' is not null order by e.sequence desc limit 1) as sku
             from request_notices n where n.owner = $1 order by n.id desc limit $2",
        )
        .bind(owner)
        .bind(SHOWN)
        .fetch_all(&self.pool)
        .await?;
        Ok((unread, notices))
    }

    /// This notice of somebody's and all older ones are read.
    pub async fn read(&self, owner: Uuid, up_to: Uuid) -> Result<(), sqlx::Error> {
        sqlx::query(
            "update request_notices set read_at = now() where owner = $1 and id <= $2 and read_at is null",
        )
        .bind(owner)
        .bind(up_to)
        .execute(&self.pool)
        .await
        .map(drop)
    }
}
