//! `command-api grant ada@example.org staff`: gives somebody a role, or takes it away.

use database::{Pool, Session};
use session::{Role, Roles};
use uuid::Uuid;

use super::AccountError;
use super::epoch::{self, Ended, Keys};
use super::store::{self, Account};

/// Why nobody got a role.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    #[error(transparent)]
    Account(#[from] AccountError),
    /// Anybody can register with the address of somebody who is about to get a role.
    #[error("nobody has confirmed the address of the account")]
    Unconfirmed,
    /// Whoever knows the password could set the first one up, and a mailbox gives a password.
    #[error("the account has no second factor")]
    NoSecondFactor,
}

impl From<sqlx::Error> for GrantError {
    fn from(error: sqlx::Error) -> Self {
        Self::Account(error.into())
    }
}

/// Gives or takes a role; a new epoch, since sessions know what they may do. API keys of a role that is taken end.
///
/// # Errors
/// [`AccountError::NoAccount`] where nobody has this address; [`GrantError::Unconfirmed`] and
/// [`GrantError::NoSecondFactor`] where a role is to be given.
pub async fn set_role(
    pool: &Pool,
    email: &str,
    role: Role,
    has: bool,
) -> Result<(Account, Ended), GrantError> {
    let account = store::by_email(pool, email).await?;
    let account = account.ok_or(AccountError::NoAccount)?;
    let mut transaction = pool.begin().await?;
    let keys = if has { Keys::None } else { Keys::Of(role) };
    let ended = epoch::begin(&mut transaction, account.id, keys).await?;
    sqlx::query(
        "update accounts set roles = case
             when $3 then array(select distinct unnest(roles || $2::text) order by 1)
             else array_remove(roles, $2::text) end
         where id = $1",
    )
    .bind(account.id)
    .bind(role.name())
    .bind(has)
    .execute(&mut *transaction)
    .await?;
    let changed = store::by_id(&mut *transaction, account.id).await?;
    // The role is the address's: by now the account may have another one.
    if has && !(changed.is_confirmed && changed.email == account.email) {
        return Err(GrantError::Unconfirmed);
    }
    if has && role != Role::Shopper && !changed.has_second_factor {
        return Err(GrantError::NoSecondFactor);
    }
    transaction.commit().await?;
    Ok((changed, ended))
}

/// Takes every role beyond the shopper's from an account that is locked. Which ones of `roles` that were. The epoch is the caller's.
pub async fn revoke_all(connection: &mut Session, account: Uuid, roles: Roles) -> Result<Roles, sqlx::Error> {
    if roles.is_privileged() {
        sqlx::query("update accounts set roles = array[$2] where id = $1")
            .bind(account)
            .bind(Role::Shopper.name())
            .execute(connection)
            .await?;
    }
    Ok(roles.without(Role::Shopper))
}
