//! The address book.

use database::Pool;
use sqlx::postgres::PgExecutor;
use uuid::Uuid;

use super::AccountError;

pub const MAX_ADDRESSES: i64 = 20;

/// Where somebody has things sent.
#[derive(Clone, sqlx::FromRow)]
pub struct Address {
    pub id: Uuid,
    pub name: String,
    pub line1: String,
    pub line2: Option<String>,
    pub postal_code: String,
    pub city: String,
    pub region: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub phone: Option<String>,
}

const COLUMNS: &str = "id, name, line1, line2, postal_code, city, region, country, phone";

/// The newest first.
pub async fn list(executor: impl PgExecutor<'_>, account: Uuid) -> Result<Vec<Address>, sqlx::Error> {
    let sql =
        format!("select {COLUMNS} from addresses where account_id = $1 order by created_at desc, id desc");
    sqlx::query_as(&sql).bind(account).fetch_all(executor).await
}

/// # Errors
/// [`AccountError::TooManyAddresses`] where there are as many as there may be.
pub async fn add(pool: &Pool, account: Uuid, address: &Address) -> Result<(), AccountError> {
    let mut transaction = pool.begin().await?;
    // One after the other: two at once would both find room for one.
    super::store::lock(&mut transaction, account).await?;
    let count: i64 = sqlx::query_scalar("select count(*) from addresses where account_id = $1")
        .bind(account)
        .fetch_one(&mut *transaction)
        .await?;
    if count >= MAX_ADDRESSES {
        return Err(AccountError::TooManyAddresses);
    }
    sqlx::query(
        "insert into addresses (id, name, line1, line2, postal_code, city, region, country, phone, account_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(address.id)
    .bind(&address.name)
    .bind(&address.line1)
    .bind(&address.line2)
    .bind(&address.postal_code)
    .bind(&address.city)
    .bind(&address.region)
    .bind(&address.country)
    .bind(&address.phone)
    .bind(account)
    .execute(&mut *transaction)
    .await?;
    Ok(transaction.commit().await?)
}

/// # Errors
/// [`AccountError::NoAddress`] where the account has none of this id.
pub async fn change(
    executor: impl PgExecutor<'_>,
    account: Uuid,
    address: &Address,
) -> Result<(), AccountError> {
    let done = sqlx::query(
        "update addresses set name = $3, line1 = $4, line2 = $5, postal_code = $6, city = $7, region = $8, country = $9,
             phone = $10
         where id = $1 and account_id = $2",
    )
    .bind(address.id)
    .bind(account)
    .bind(&address.name)
    .bind(&address.line1)
    .bind(&address.line2)
    .bind(&address.postal_code)
    .bind(&address.city)
    .bind(&address.region)
    .bind(&address.country)
    .bind(&address.phone)
    .execute(executor)
    .await?;
    found(done.rows_affected())
}

/// # Errors
/// [`AccountError::NoAddress`] where the account has none of this id.
pub async fn remove(executor: impl PgExecutor<'_>, account: Uuid, id: Uuid) -> Result<(), AccountError> {
    let done = sqlx::query("delete from addresses where id = $1 and account_id = $2")
        .bind(id)
        .bind(account)
        .execute(executor)
        .await?;
    found(done.rows_affected())
}

fn found(rows: u64) -> Result<(), AccountError> {
    if rows == 0 {
        Err(AccountError::NoAddress)
    } else {
        Ok(())
    }
}
