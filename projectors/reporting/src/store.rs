//! Reading the tables, and the transactions that write them: rows and Kafka's offset in one commit.

use std::collections::BTreeMap;

use database::{Limits, Pool, PoolSettings, Transaction};
use sqlx::Executor;
use uuid::Uuid;

use crate::row::{Key, Row};
use crate::tables;

#[derive(Clone)]
pub struct Store {
    pool: Pool,
    /// For what reads or writes a whole table.
    whole: Pool,
}

/// A stream that is not folded on, since one of its events could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// `type/id`.
    pub aggregate: String,
    pub sequence: Option<i64>,
    pub reason: String,
}

/// How far a partition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Of the next message.
    pub next_offset: i64,
    /// Of the newest event that is in the rows; none where nobody wrote it down yet.
    pub position: Option<i64>,
}

/// A transaction. Dropped before [`Writing::commit`], it leaves no trace.
pub struct Writing {
    transaction: Transaction,
}

impl Store {
    /// Connects when it is first used. Its commits wait for the disk: what a crash took back while a consumer believes it
    /// done, a quiet partition would never write again.
    pub fn new(url: &str) -> Result<Self, sqlx::Error> {
        let pool =
            |limits| PoolSettings::new(url, "reporting", limits).map(PoolSettings::without_statement_logging);
        Ok(Self {
            pool: pool(Limits::BACKGROUND)?.lazy(),
            whole: pool(Limits::STREAMING)?.connections(2).lazy(),
        })
    }

    /// Whether anybody has built the tables.
    pub async fn is_built(&self) -> Result<bool, sqlx::Error> {
        is_built(&self.pool).await
    }

    /// Where a partition is to be consumed from: at its beginning, where it came after the tables were built.
    /// None: they are not built.
    pub async fn progress(&self, topic: &str, partition: i32) -> Result<Option<Progress>, sqlx::Error> {
        if !self.is_built().await? {
            return Ok(None);
        }
        sqlx::query(
            "insert into reporting.progress (topic, partition, next_offset) values ($1, $2, 0) on conflict do nothing",
        )
        .bind(topic)
        .bind(partition)
        .execute(&self.pool)
        .await?;
        let row: Option<(i64, Option<i64>)> = sqlx::query_as(
            "select next_offset, position from reporting.progress where topic = $1 and partition = $2",
        )
        .bind(topic)
        .bind(partition)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|(next_offset, position)| Progress {
            next_offset,
            position,
        }))
    }

    /// The incarnation of the log that the rows were made from; none where an earlier release made them, or nobody did.
    pub async fn incarnation(&self) -> Result<Option<Uuid>, sqlx::Error> {
        sqlx::query_scalar("select incarnation from reporting.progress where incarnation is not null limit 1")
            .fetch_optional(&self.pool)
            .await
    }

    /// Where every partition is to be consumed from that anybody has begun.
    pub async fn next_offsets(&self) -> Result<BTreeMap<(String, i32), i64>, sqlx::Error> {
        let rows: Vec<(String, i32, i64)> =
            sqlx::query_as("select topic, partition, next_offset from reporting.progress")
                .fetch_all(&self.pool)
                .await?;
        let rows = rows.into_iter();
        Ok(rows
            .map(|(topic, partition, next)| ((topic, partition), next))
            .collect())
    }

    /// The position of every partition. None: the tables are not built, or were by a release that did not write positions down.
    pub async fn positions(&self) -> Result<Option<BTreeMap<(String, i32), i64>>, sqlx::Error> {
        let rows: Vec<(String, i32, Option<i64>)> =
            sqlx::query_as("select topic, partition, position from reporting.progress")
                .fetch_all(&self.pool)
                .await?;
        let is_built = !rows.is_empty();
        let rows = rows.into_iter();
        let positions: Option<BTreeMap<_, _>> = rows
            .map(|(topic, partition, position)| Some(((topic, partition), position?)))
            .collect();
        Ok(positions.filter(|_| is_built))
    }

    /// Begins a batch that moves the partition's offset. None: it is not where the caller left it, so that the partition
    /// is someone else's now, or the tables were rebuilt.
    ///
    /// Two of them wait here for each other; what is loaded in the transaction is what the winner committed.
    pub async fn begin_batch(
        &self,
        topic: &str,
        partition: i32,
        from: i64,
        to: Progress,
    ) -> Result<Option<Writing>, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let moved = sqlx::query(
            "update reporting.progress set next_offset = $4, position = $5
             where topic = $1 and partition = $2 and next_offset = $3",
        )
        .bind(topic)
        .bind(partition)
        .bind(from)
        .bind(to.next_offset)
        .bind(to.position)
        .execute(&mut *transaction)
        .await?;
        Ok((moved.rows_affected() == 1).then_some(Writing { transaction }))
    }

    /// Begins a transaction that waits for the batches under way, and that later ones wait for. Readers wait for nothing.
    pub async fn begin_rebuild(&self) -> Result<Writing, sqlx::Error> {
        let mut transaction = self.whole.begin().await?;
        transaction
            .execute("lock table reporting.progress in exclusive mode")
            .await?;
        Ok(Writing { transaction })
    }

    /// The rows of these streams as they are; an order with its lines. A stream without a row is left out.
    pub async fn load_whole(&self, keys: &[Key]) -> Result<BTreeMap<Key, Row>, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        let mut rows = tables::load(&mut connection, keys).await?;
        tables::load_lines(&mut connection, &mut rows).await?;
        Ok(rows)
    }

    /// Every stream that has a row, and what looks like one.
    pub async fn keys(&self) -> Result<Vec<Key>, sqlx::Error> {
        tables::keys(&self.whole).await
    }

    pub async fn parked(&self) -> Result<Vec<Parked>, sqlx::Error> {
        tables::parked(&self.pool).await
    }

    /// How many streams, and messages of nobody, are set aside.
    pub async fn count_parked(&self) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("select count(*) from reporting.parked")
            .fetch_one(&self.pool)
            .await
    }
}

impl Writing {
    /// Whether somebody else built the tables while this transaction waited.
    pub async fn is_built(&mut self) -> Result<bool, sqlx::Error> {
        is_built(&mut *self.transaction).await
    }

    /// Which of these streams are set aside, by name.
    pub async fn parked_among(&mut self, keys: &[Key]) -> Result<Vec<String>, sqlx::Error> {
        let names: Vec<String> = keys.iter().map(Key::to_string).collect();
        sqlx::query_scalar("select aggregate from reporting.parked where aggregate = any($1)")
            .bind(names)
            .fetch_all(&mut *self.transaction)
            .await
    }

    /// The rows of these streams, orders without their lines: to be folded on.
    pub async fn load(&mut self, keys: &[Key]) -> Result<BTreeMap<Key, Row>, sqlx::Error> {
        tables::load(&mut self.transaction, keys).await
    }

    /// Writes rows. One that is there already and as new, or newer, stays.
    pub async fn write(&mut self, rows: &BTreeMap<Key, Row>) -> Result<(), sqlx::Error> {
        tables::write(&mut self.transaction, rows).await
    }

    pub async fn park(&mut self, parked: &[Parked]) -> Result<(), sqlx::Error> {
        for Parked {
            aggregate,
            sequence,
            reason,
        } in parked
        {
            sqlx::query(
                "insert into reporting.parked (aggregate, sequence, reason) values ($1, $2, $3) on conflict do nothing",
            )
            .bind(aggregate)
            .bind(sequence)
            .bind(reason)
            .execute(&mut *self.transaction)
            .await?;
        }
        Ok(())
    }

    /// Removes everything, for this transaction: others see it until the commit. `truncate` would make them wait.
    pub async fn clear(&mut self) -> Result<(), sqlx::Error> {
        for table in [
            "orders",
            "order_lines",
            "payments",
            "products",
            "parked",
            "progress",
        ] {
            let statement = format!("delete from reporting.{table}");
            sqlx::query(&statement).execute(&mut *self.transaction).await?;
        }
        Ok(())
    }

    /// Where a partition is consumed from after a rebuild from an incarnation of the log.
    pub async fn set_progress(
        &mut self,
        topic: &str,
        partition: i32,
        at: Progress,
        incarnation: Uuid,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into reporting.progress (topic, partition, next_offset, position, incarnation)
             values ($1, $2, $3, $4, $5)",
        )
        .bind(topic)
        .bind(partition)
        .bind(at.next_offset)
        .bind(at.position)
        .bind(incarnation)
        .execute(&mut *self.transaction)
        .await
        .map(drop)
    }

    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.transaction.commit().await
    }
}

async fn is_built(executor: impl sqlx::PgExecutor<'_>) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from reporting.progress)")
        .fetch_one(executor)
        .await
}
