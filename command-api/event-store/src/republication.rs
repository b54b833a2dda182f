//! Topics that are to be filled again from the log: asked for by `command-api republish`, done by the relay's leader.
//!
//! Page by page, each after the other, so that a leader that dies is followed by one that goes on.

use std::time::Duration;

use database::within;
use sqlx::{Connection as _, PgConnection};

use crate::relay_cursor::{CursorError, Leadership, Logged, PAGE_BYTES, columns, sized};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Republication {
    /// Without its prefix.
    pub topic: String,
    /// How far it got; none before it begins.
    pub position: Option<i64>,
    /// Where it ends: what lies behind is published as ever.
    pub until: i64,
}

type Row = (String, Option<i64>, Option<i64>);

impl Republication {
    fn of((topic, position, until): Row) -> Self {
        let until = until.unwrap_or(0);
        Self {
            topic,
            position,
            until,
        }
    }
}

impl Leadership {
    /// The one that was asked for first.
    pub async fn republication(&mut self) -> Result<Option<Republication>, CursorError> {
        let found = sqlx::query_as(
            "select topic, position, until from relay_republications order by requested_at, topic limit 1",
        )
        .fetch_optional(&mut self.connection);
        let found: Option<Row> = within(self.limit, found).await?;
        Ok(found.map(Republication::of))
    }

    /// Says that it is this leader's affair from now on: nobody takes it back.
    pub async fn mark_republication(&mut self, topic: &str) -> Result<(), CursorError> {
        let marked =
            sqlx::query("update relay_republications set until = $2 where topic = $1 and position is null")
                .bind(topic)
                .bind(self.position)
                .execute(&mut self.connection);
        changed_one(within(self.limit, marked).await?.rows_affected())
    }

    /// Begins at the log's beginning and ends at the cursor, which does not move meanwhile: this leader moves it.
    pub async fn begin_republication(&mut self, topic: &str) -> Result<(), CursorError> {
        let begun = sqlx::query(
            "update relay_republications set position = 0, until = $2 where topic = $1 and position is null",
        )
        .bind(topic)
        .bind(self.position)
        .execute(&mut self.connection);
        changed_one(within(self.limit, begun).await?.rows_affected())
    }

    /// The next events of these aggregate types, in commit order, as [`Leadership::next_page`] gives them.
    pub async fn republication_page(
        &mut self,
        republication: &Republication,
        aggregate_types: &[&str],
        events: i64,
        largest: usize,
    ) -> Result<Vec<Logged>, CursorError> {
        let page = sized(
            "select * from events where global_position > $1 and global_position <= $5 and aggregate_type = any($6)
             order by global_position limit $2",
        );
        let sql = format!("select {} from ({page}) page order by global_position", columns());
        let read = sqlx::query(&sql)
            .bind(republication.position.unwrap_or(0))
            .bind(events)
            .bind(PAGE_BYTES)
            .bind(i64::try_from(largest).unwrap_or(i64::MAX))
            .bind(republication.until)
            .bind(aggregate_types)
            .fetch_all(&mut self.connection);
        let rows = within(self.limit, read).await?;
        let events: Result<_, sqlx::Error> = rows.iter().map(Logged::of).collect();
        Ok(events?)
    }

    pub async fn move_republication(&mut self, topic: &str, from: i64, to: i64) -> Result<(), CursorError> {
        let moved =
            sqlx::query("update relay_republications set position = $3 where topic = $1 and position = $2")
                .bind(topic)
                .bind(from)
                .bind(to)
                .execute(&mut self.connection);
        changed_one(within(self.limit, moved).await?.rows_affected())
    }

    pub async fn end_republication(&mut self, topic: &str) -> Result<(), CursorError> {
        let ended = sqlx::query("delete from relay_republications where topic = $1")
            .bind(topic)
            .execute(&mut self.connection);
        within(self.limit, ended).await?;
        Ok(())
    }
}

fn changed_one(rows: u64) -> Result<(), CursorError> {
    (rows == 1).then_some(()).ok_or(CursorError::Moved)
}

/// Those who ask for republications, and watch them.
pub struct Republications {
    connection: PgConnection,
    limit: Duration,
}

impl Republications {
    pub async fn connect(url: &str, limit: Duration) -> Result<Self, sqlx::Error> {
        let connection = within(limit, PgConnection::connect(url)).await?;
        Ok(Self { connection, limit })
    }

    /// One that is under way goes on.
    pub async fn request(&mut self, topics: &[String]) -> Result<(), sqlx::Error> {
        let asked = sqlx::query(
            "insert into relay_republications (topic) select unnest($1::text[]) on conflict do nothing",
        )
        .bind(topics)
        .execute(&mut self.connection);
        within(self.limit, asked).await.map(drop)
    }

    /// Takes back what nobody has begun.
    pub async fn withdraw(&mut self, topics: &[String]) -> Result<(), sqlx::Error> {
        let withdrawn =
            sqlx::query("delete from relay_republications where topic = any($1) and until is null")
                .bind(topics)
                .execute(&mut self.connection);
        within(self.limit, withdrawn).await.map(drop)
    }

    /// Those of these topics that are not done.
    pub async fn pending(&mut self, topics: &[String]) -> Result<Vec<Republication>, sqlx::Error> {
        let found = sqlx::query_as(
            "select topic, position, until from relay_republications where topic = any($1) order by topic",
        )
        .bind(topics)
        .fetch_all(&mut self.connection);
        let found: Vec<Row> = within(self.limit, found).await?;
        Ok(found.into_iter().map(Republication::of).collect())
    }
}
