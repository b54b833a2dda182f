//! The rows of accounts.

use std::collections::BTreeMap;
use std::fmt;

use database::{Pool, Session};
use session::{Role, Roles};
use sqlx::postgres::{PgExecutor, PgRow};
use sqlx::{FromRow, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use super::AccountError;
use super::epoch::{self, Ended, Keys};
use crate::email::{Email, keys_of};

#[derive(Clone)]
pub struct Account {
    pub id: Uuid,
    pub email: String,
    pub password_hash: String,
    pub roles: Roles,
    pub is_confirmed: bool,
    pub epoch: i32,
    /// It signs in with one.
    pub has_second_factor: bool,
    pub created_at: OffsetDateTime,
}

impl Account {
    /// Under which keys somebody may have given the address, if it was confirmed to be the account's.
    pub fn confirmed_keys(&self) -> Vec<String> {
        if self.is_confirmed {
            keys_of(&self.email)
        } else {
            vec![]
        }
    }

    /// The roles that count, and those that count once there is a second factor.
    pub const fn counting_roles(&self) -> (Roles, Roles) {
        self.roles.counting(self.has_second_factor)
    }
}

impl fmt::Debug for Account {
    /// Personal data gets into no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({})", self.id)
    }
}

impl FromRow<'_, PgRow> for Account {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let roles: Vec<String> = row.try_get("roles")?;
        let confirmed: Option<OffsetDateTime> = row.try_get("email_confirmed_at")?;
        Ok(Self {
            id: row.try_get("id")?,
            email: row.try_get("email")?,
            password_hash: row.try_get("password_hash")?,
            roles: roles.iter().filter_map(|role| Role::parse(role)).collect(),
            is_confirmed: confirmed.is_some(),
            epoch: row.try_get("epoch")?,
            has_second_factor: row.try_get("has_second_factor")?,
            created_at: row.try_get("created_at")?,
        })
    }
}

const COLUMNS: &str = "id, email, password_hash, roles, email_confirmed_at, epoch, created_at,
    exists (select from second_factors f where f.account_id = accounts.id) as has_second_factor";

/// Under which an account of this address is stored from now on; one from before keeps the key that it has.
fn key_of(email: &str) -> String {
    Email::parse(email).map_or_else(|_| email.trim().to_lowercase(), |email| email.key())
}

/// None where somebody has this address already, however it was spelled then.
pub async fn create(
    connection: &mut Session,
    email: &Email,
    password_hash: &str,
) -> Result<Option<Account>, sqlx::Error> {
    if by_email(&mut *connection, email.as_str()).await?.is_some() {
        return Ok(None);
    }
    let sql = format!(
        "insert into accounts (id, email, email_key, password_hash, roles) values ($1, $2, $3, $4, array['shopper'])
         on conflict (email_key) do nothing returning {COLUMNS}"
    );
    sqlx::query_as(&sql)
        .bind(Uuid::now_v7())
        .bind(email.as_str())
        .bind(email.key())
        .bind(password_hash)
        .fetch_optional(connection)
        .await
}

/// The account of an address, under whichever key an earlier release stored it. Of several, the one that is spelled as it
/// is here.
pub async fn by_email(executor: impl PgExecutor<'_>, email: &str) -> Result<Option<Account>, sqlx::Error> {
    let sql = format!(
        "select {COLUMNS} from accounts where email_key = any($1) order by array_position($1, email_key) limit 1"
    );
    sqlx::query_as(&sql)
        .bind(keys_of(email))
        .fetch_optional(executor)
        .await
}

/// # Errors
/// [`AccountError::NoAccount`] where it was erased.
pub async fn by_id(executor: impl PgExecutor<'_>, id: Uuid) -> Result<Account, AccountError> {
    let sql = format!("select {COLUMNS} from accounts where id = $1");
    let found = sqlx::query_as(&sql).bind(id).fetch_optional(executor).await?;
    found.ok_or(AccountError::NoAccount)
}

/// A new password, and with it a new epoch.
///
/// # Errors
/// [`AccountError::NoAccount`] where the account was erased.
pub async fn set_password(
    connection: &mut Session,
    id: Uuid,
    password_hash: &str,
) -> Result<Ended, AccountError> {
    let ended = epoch::begin(&mut *connection, id, Keys::All).await?;
    sqlx::query("update accounts set password_hash = $2 where id = $1")
        .bind(id)
        .bind(password_hash)
        .execute(connection)
        .await?;
    Ok(ended)
}

/// The addresses of some accounts, of those that there are.
pub async fn emails(pool: &Pool, ids: &[Uuid]) -> Result<BTreeMap<Uuid, String>, sqlx::Error> {
    let rows: Vec<(Uuid, String)> = sqlx::query_as("select id, email from accounts where id = any($1)")
        .bind(ids)
        .fetch_all(pool)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The address of the account is this one, and it is confirmed. Links that went to the one before end.
///
/// # Errors
/// [`AccountError::EmailTaken`] where somebody else has it by now.
pub async fn confirm_email(connection: &mut Session, id: Uuid, email: &str) -> Result<(), AccountError> {
    let other = by_email(&mut *connection, email).await?;
    if other.is_some_and(|other| other.id != id) {
        return Err(AccountError::EmailTaken);
    }
    let done = sqlx::query(
        "with links as (delete from account_links where account_id = $1)
         update accounts set email = $2, email_key = $3, email_confirmed_at = now() where id = $1",
    )
    .bind(id)
    .bind(email)
    .bind(key_of(email))
    .execute(connection)
    .await;
    match done {
        Ok(_) => Ok(()),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Err(AccountError::EmailTaken),
        Err(error) => Err(error.into()),
    }
}

/// Keeps others from changing the account until the transaction ends, and says what it may do.
///
/// # Errors
/// [`AccountError::NoAccount`] where it was erased.
pub async fn lock(connection: &mut Session, id: Uuid) -> Result<Roles, AccountError> {
    Ok(locked(connection, id).await?.roles)
}

/// The same of an account that was read before, for whoever showed its password then and may have waited since.
///
/// # Errors
/// [`AccountError::Changed`] where it was taken back meanwhile, or has another address; [`AccountError::NoAccount`] where it was erased.
pub async fn lock_unchanged(connection: &mut Session, read: &Account) -> Result<Roles, AccountError> {
    let now = locked(connection, read.id).await?;
    // A password and a role change with the epoch only.
    if now.epoch == read.epoch && now.email == read.email {
        Ok(now.roles)
    } else {
        Err(AccountError::Changed)
    }
}

struct Locked {
    roles: Roles,
    epoch: i32,
    email: String,
}

async fn locked(connection: &mut Session, id: Uuid) -> Result<Locked, AccountError> {
    let found: Option<(Vec<String>, i32, String)> =
        sqlx::query_as("select roles, epoch, email from accounts where id = $1 for update")
            .bind(id)
            .fetch_optional(connection)
            .await?;
    let (roles, epoch, email) = found.ok_or(AccountError::NoAccount)?;
    Ok(Locked {
        roles: roles.iter().filter_map(|role| Role::parse(role)).collect(),
        epoch,
        email,
    })
}

/// Deletes the account and everything that hangs on it.
pub async fn erase(executor: impl PgExecutor<'_>, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("delete from accounts where id = $1")
        .bind(id)
        .execute(executor)
        .await
        .map(drop)
}
