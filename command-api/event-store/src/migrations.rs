//! The schema, as a list of steps that are applied once each and never edited afterwards.

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{Connection as _, PgConnection};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Brings the database at `url` to this binary's schema, and makes today's partitions. Safe to repeat and to run twice at once.
///
/// # Errors
/// When PostgreSQL cannot be reached, or its schema is newer than this binary's.
pub async fn run(url: &str) -> Result<(), MigrateError> {
    let mut connection = PgConnection::connect(url).await?;
    MIGRATIONS.run(&mut connection).await?;
    tend_receipt_partitions(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Makes tomorrow's partition of the receipts and drops those older than two days. The command API calls it every hour.
pub async fn tend(url: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    tend_receipt_partitions(&mut connection).await?;
    connection.close().await
}

async fn tend_receipt_partitions(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("select tend_receipt_partitions()")
        .execute(connection)
        .await
        .map(drop)
}
