//! What people are told of the requests that they follow: a row for each person and transition, and a mail with it.
//!
//! Put by the notifications ([`crate::notifications`]), some thousand people at a time; shown by [`crate::routes::requests`]. A transition is told once,
//! however often its event is heard.

use database::{Limits, Pool, PoolSettings, Session};
use sqlx::FromRow;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::mails::Mail;

const CONNECTIONS: u32 = 4;
const SHOWN: i64 = 100;

/// Something that some people are to be told.
pub struct Notices<'a> {
    pub request: Uuid,
    /// `planned`; where it can happen again, with what tells one time from another: `quoted:{quote}`.
    pub transition: &'a str,
    pub happened_at: OffsetDateTime,
    /// Who is told. A thousand of them take a moment, more would take too long.
    pub owners: &'a [Uuid],
    /// What is put for those whose address is confirmed, where it is worth a mail.
    pub mail: Option<&'a Mail>,
}

/// Tells everybody who was not told before, in one statement with their mails. The newest notice of each of them.
pub async fn put(connection: &mut Session, notices: &Notices<'_>) -> Result<Vec<(Uuid, Uuid)>, sqlx::Error> {
    if notices.owners.is_empty() {
        return Ok(vec![]);
    }
    let ids: Vec<Uuid> = notices.owners.iter().map(|_| Uuid::now_v7()).collect();
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
    .bind(notices.request)
    .bind(notices.transition)
    .bind(notices.happened_at)
    .bind(&ids)
    .bind(notices.owners)
    .bind(notices.mail.map(Json))
    .fetch_all(connection)
    .await
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
    pool: Pool,
}

impl Inbox {
    /// Connects when it is first needed: not every process has the role.
    ///
    /// # Errors
    /// The address is none of PostgreSQL's.
    pub fn new(database_url: &str) -> Result<Self, sqlx::Error> {
        let settings = PoolSettings::new(database_url, "inbox", Limits::BACKGROUND)?;
        Ok(Self::over(settings.connections(CONNECTIONS).lazy()))
    }

    pub const fn over(pool: Pool) -> Self {
        Self { pool }
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
