//! Keys of REST clients: kept by hash, worth one role, until they expire or are revoked.
//!
//! Both APIs look keys up in Redis ([`session::ApiKeys`]). [`publish_all`] puts them there, again and again.

use std::time::{Duration, Instant};

use database::Pool;
use session::{ApiKeys, PublishedKey, Role};
use sqlx::postgres::{PgExecutor, PgRow};
use sqlx::{FromRow, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{AccountError, store};

pub const MAX_API_KEYS: i64 = 20;
pub const MAX_LIFE_DAYS: u64 = 365;

/// All that is shown of a key once it was given out.
pub struct ApiKey {
    pub id: Uuid,
    pub name: String,
    pub role: Role,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    account: Uuid,
    hash: [u8; 32],
}

impl ApiKey {
    fn published(&self) -> ([u8; 32], PublishedKey) {
        let key = PublishedKey {
            id: self.id,
            account: self.account,
            role: self.role,
            expires_at: self.expires_at.unix_timestamp(),
        };
        (self.hash, key)
    }
}

impl FromRow<'_, PgRow> for ApiKey {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let unreadable = |column: &str| sqlx::Error::ColumnDecode {
            index: column.to_owned(),
            source: "it is none that this release writes".into(),
        };
        let hash: Vec<u8> = row.try_get("hash")?;
        let role: String = row.try_get("role")?;
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            role: Role::parse(&role).ok_or_else(|| unreadable("role"))?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
            account: row.try_get("account_id")?,
            hash: hash.try_into().map_err(|_| unreadable("hash"))?,
        })
    }
}

const COLUMNS: &str = "id, name, role, created_at, expires_at, account_id, hash";

/// The newest first. Those that expired are deleted before long.
pub async fn list(executor: impl PgExecutor<'_>, account: Uuid) -> Result<Vec<ApiKey>, sqlx::Error> {
    let sql =
        format!("select {COLUMNS} from api_keys where account_id = $1 order by created_at desc, id desc");
    sqlx::query_as(&sql).bind(account).fetch_all(executor).await
}

/// Makes a key of `role`, which the account has to have. The key itself is returned here and never again.
///
/// # Errors
/// [`AccountError::RoleNotHeld`], [`AccountError::TooManyApiKeys`].
pub async fn create(
    pool: &Pool,
    published: &ApiKeys,
    account: Uuid,
    name: &str,
    role: Role,
    life: Duration,
) -> Result<(ApiKey, String), AccountError> {
    let (key, hash) = ApiKeys::generate()?;
    let mut transaction = pool.begin().await?;
    // Also so that a role which is taken away meanwhile takes this key with it.
    let held = store::lock(&mut transaction, account).await?;
    if !held.has(role) {
        return Err(AccountError::RoleNotHeld);
    }
    let count: i64 =
        sqlx::query_scalar("select count(*) from api_keys where account_id = $1 and expires_at > now()")
            .bind(account)
            .fetch_one(&mut *transaction)
            .await?;
    if count >= MAX_API_KEYS {
        return Err(AccountError::TooManyApiKeys);
    }
    let sql = format!(
        "insert into api_keys (id, hash, account_id, name, role, expires_at)
         values ($1, $2, $3, $4, $5, now() + $6::float8 * interval '1 second') returning {COLUMNS}"
    );
    let stored: ApiKey = sqlx::query_as(&sql)
        .bind(Uuid::now_v7())
        .bind(hash.as_slice())
        .bind(account)
        .bind(name)
        .bind(role.name())
        .bind(life.as_secs_f64())
        .fetch_one(&mut *transaction)
        .await?;
    transaction.commit().await?;
    published.publish([stored.published()]).await?;
    Ok((stored, key))
}

/// From now on the key opens nothing.
///
/// # Errors
/// [`AccountError::NoApiKey`] where the account has none of this id.
pub async fn revoke(
    executor: impl PgExecutor<'_>,
    published: &ApiKeys,
    account: Uuid,
    id: Uuid,
) -> Result<(), AccountError> {
    let sql = format!("delete from api_keys where id = $1 and account_id = $2 returning {COLUMNS}");
    let revoked: Option<ApiKey> = sqlx::query_as(&sql)
        .bind(id)
        .bind(account)
        .fetch_optional(executor)
        .await?;
    let revoked = revoked.ok_or(AccountError::NoApiKey)?;
    Ok(published.forget(revoked.hash).await?)
}

/// Revokes all of an account's, or those of one role.
pub async fn revoke_all(
    executor: impl PgExecutor<'_>,
    published: &ApiKeys,
    account: Uuid,
    role: Option<Role>,
) -> Result<(), AccountError> {
    let sql = format!(
        "delete from api_keys where account_id = $1 and ($2::text is null or role = $2) returning {COLUMNS}"
    );
    let revoked: Vec<ApiKey> = sqlx::query_as(&sql)
        .bind(account)
        .bind(role.map(Role::name))
        .fetch_all(executor)
        .await?;
    for key in revoked {
        published.forget(key.hash).await?;
    }
    Ok(())
}

/// Publishes every key that is good, and deletes what has expired.
///
/// One that is revoked in the middle of it may be published once more, and is worth something for ten minutes at most:
/// what was published is looked at again afterwards.
pub async fn publish_all(pool: &Pool, published: &ApiKeys) -> Result<usize, AccountError> {
    sqlx::query("delete from api_keys where expires_at < now()")
        .execute(pool)
        .await?;
    let sql = format!("select {COLUMNS} from api_keys");
    let keys: Vec<ApiKey> = sqlx::query_as(&sql).fetch_all(pool).await?;
    published.publish(keys.iter().map(ApiKey::published)).await?;
    let hashes: Vec<&[u8]> = keys.iter().map(|key| key.hash.as_slice()).collect();
    let still: Vec<Vec<u8>> = sqlx::query_scalar("select hash from api_keys where hash = any($1)")
        .bind(&hashes)
        .fetch_all(pool)
        .await?;
    for key in &keys {
        if !still.iter().any(|hash| hash.as_slice() == key.hash) {
            published.forget(key.hash).await?;
        }
    }
    published.say_published().await?;
    Ok(keys.len())
}

/// How often: long before what was published is forgotten.
const PUBLISHED_EVERY: Duration = Duration::from_mins(1);
/// How often is looked whether Redis has lost everything.
const LOOK: Duration = Duration::from_secs(1);

/// Publishes until the process ends.
pub async fn keep_published(pool: Pool, published: ApiKeys) {
    let mut last: Option<Instant> = None;
    loop {
        let is_due = last.is_none_or(|last| last.elapsed() >= PUBLISHED_EVERY);
        // A Redis that does not answer cannot be told either.
        if is_due || !published.are_published().await.unwrap_or(true) {
            last = Some(Instant::now());
            if let Err(error) = publish_all(&pool, &published).await {
                tracing::warn!(%error, "API keys cannot be published");
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}
