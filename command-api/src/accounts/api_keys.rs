//! Keys of REST clients: kept by hash, worth one role, until they expire, are revoked, or end with the account's epoch ([`super::epoch`]).
//!
//! Both APIs look keys up in Redis ([`session::ApiKeys`]). [`publish_all`] puts them there, again and again.

use std::collections::HashSet;
use std::time::Duration;

use database::Pool;
use session::{ApiKeys, PublishedKey, Role};
use sqlx::postgres::{PgExecutor, PgRow};
use sqlx::{FromRow, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use super::AccountError;
use super::store::{self, Account};
use crate::mails::Mail;

pub const MAX_API_KEYS: i64 = 20;

/// For how many days at most a key is good: whoever has one that may do more than shop has less time.
pub const fn max_life_days(role: Role) -> u64 {
    match role {
        Role::Shopper => 365,
        Role::Staff | Role::Analyst | Role::Ops => 30,
    }
}

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

/// Makes a key of `role`, which the account has to have, and tells the account by mail if it may (`is_told`). The key itself is returned
/// here and never again, so also where Redis does not hear of it yet: it opens something once it is published, within a minute.
///
/// # Errors
/// [`AccountError::RoleNotHeld`], [`AccountError::TooManyApiKeys`]; [`AccountError::Changed`] where `account` was taken back since it
/// was read.
pub async fn create(
    pool: &Pool,
    published: &ApiKeys,
    account: &Account,
    name: &str,
    role: Role,
    life: Duration,
    is_told: bool,
) -> Result<(ApiKey, String), AccountError> {
    let (key, hash) = ApiKeys::generate()?;
    let mut transaction = pool.begin().await?;
    // Also so that a role which is taken away meanwhile takes this key with it.
    let held = store::lock_unchanged(&mut transaction, account).await?;
    if !held.has(role) {
        return Err(AccountError::RoleNotHeld);
    }
    let count: i64 =
        sqlx::query_scalar("select count(*) from api_keys where account_id = $1 and expires_at > now()")
            .bind(account.id)
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
        .bind(account.id)
        .bind(name)
        .bind(role.name())
        .bind(life.as_secs_f64())
        .fetch_one(&mut *transaction)
        .await?;
    let mail = Mail::ApiKeyMade {
        // Words of the account's own are mailed to nobody who may not be its owner.
        name: if account.is_confirmed {
            stored.name.clone()
        } else {
            String::new()
        },
        role,
        until: stored.expires_at.date().to_string(),
    };
    if is_told {
        mail.to(&mut transaction, account.id, &account.email).await?;
    }
    transaction.commit().await?;
    if let Err(error) = published.publish([stored.published()]).await {
        tracing::warn!(key = %stored.id, %error, "a new API key cannot be published yet");
    }
    Ok((stored, key))
}

/// From now on the key opens nothing.
///
/// # Errors
/// [`AccountError::NoApiKey`] where the account has none of this id; [`AccountError::Sessions`] where Redis does not answer: then it can be
/// tried again.
pub async fn revoke(pool: &Pool, published: &ApiKeys, account: Uuid, id: Uuid) -> Result<(), AccountError> {
    let sql = format!("select {COLUMNS} from api_keys where id = $1 and account_id = $2");
    let key: Option<ApiKey> = sqlx::query_as(&sql)
        .bind(id)
        .bind(account)
        .fetch_optional(pool)
        .await?;
    let key = key.ok_or(AccountError::NoApiKey)?;
    // As long as Redis was not told, the row stays, and the key is in the list of those that can be revoked.
    published.forget(key.hash).await?;
    sqlx::query("delete from api_keys where id = $1")
        .bind(id)
        .execute(pool)
        .await?;
    // It may have been published in between. What has no row is forgotten by whoever publishes, too.
    if let Err(error) = published.forget(key.hash).await {
        tracing::warn!(key = %key.id, %error, "a revoked API key cannot be forgotten yet");
    }
    Ok(())
}

/// Publishes every key that is good, deletes what has expired, and forgets again what Redis may still hold of keys that ended.
pub async fn publish_all(pool: &Pool, published: &ApiKeys) -> Result<usize, AccountError> {
    // Not those that end with their account at this moment: whoever ends them holds the account's row.
    sqlx::query(
        "delete from api_keys where id in (
             select id from api_keys where expires_at < now() for update skip locked)",
    )
    .execute(pool)
    .await?;
    let sql = format!("select {COLUMNS} from api_keys");
    let keys: Vec<ApiKey> = sqlx::query_as(&sql).fetch_all(pool).await?;
    published.publish(keys.iter().map(ApiKey::published)).await?;
    forget_ended(pool, published).await?;
    published.say_published().await?;
    Ok(keys.len())
}

/// A key ends in PostgreSQL first. Whoever ended it may have been killed before Redis was told, and whoever publishes may have read
/// it before it ended.
async fn forget_ended(pool: &Pool, published: &ApiKeys) -> Result<(), AccountError> {
    // In this order: a key is stored before it is published.
    let listed = published.published().await?;
    let hashes: Vec<&[u8]> = listed.iter().map(<[u8; 32]>::as_slice).collect();
    let good: Vec<Vec<u8>> = sqlx::query_scalar("select hash from api_keys where hash = any($1)")
        .bind(&hashes)
        .fetch_all(pool)
        .await?;
    let good: HashSet<Vec<u8>> = good.into_iter().collect();
    for hash in listed.into_iter().filter(|hash| !good.contains(hash.as_slice())) {
        published.forget(hash).await?;
    }
    Ok(())
}
