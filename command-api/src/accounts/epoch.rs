//! What ends when somebody takes an account back: with a new epoch end its links in mails, its API keys and its sessions.
//!
//! The one place that says so. A new password, a reset, signing out everywhere, an address that is confirmed by whoever reads its mails, a first second
//! factor, one that is removed, new recovery codes, a changed role and the end of the account all begin an epoch here. PostgreSQL is told first, in the transaction of the reason; then
//! Redis, by [`Ended::tell`] and again by [`super::publishing`], should that not have come about.

use std::time::Duration;

use database::{Pool, Session};
use session::{ApiKeys, Claim, Role, Sessions, SessionsError, Shopper};
use sqlx::Row;
use uuid::Uuid;

use super::{AccountError, ended_sessions, store};
use crate::to_its_end::to_its_end;

/// How long an answer waits until Redis is told. Telling goes on.
const TOLD_WITHIN: Duration = Duration::from_secs(3);

/// What has ended in PostgreSQL, and has to end in Redis once the transaction is committed.
#[must_use = "Redis has to be told"]
pub struct Ended {
    account: Uuid,
    epoch: i32,
    keys: Vec<[u8; 32]>,
}

/// What came of telling Redis.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// The new one.
    pub epoch: i32,
    /// False: it is told again before long, and until then may let in what has ended.
    pub is_in_redis: bool,
}

impl Ended {
    /// From now on neither API lets in anybody by what has ended, also where whoever asked for it does not wait for the answer.
    ///
    /// # Errors
    /// Redis does not answer. It is told again before long.
    pub async fn tell(self, sessions: &Sessions, keys: &ApiKeys) -> Result<(), SessionsError> {
        let (sessions, keys) = (sessions.clone(), keys.clone());
        to_its_end(async move { self.tell_all(&sessions, &keys).await }).await
    }

    /// The same for what is answered as done, since it is committed: where Redis does not answer, the log says so.
    pub async fn tell_or_log(self, sessions: &Sessions, keys: &ApiKeys) -> Told {
        let (account, epoch) = (self.account, self.epoch);
        let told = tokio::time::timeout(TOLD_WITHIN, self.tell(sessions, keys)).await;
        match &told {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%account, %error, "Redis cannot be told what has ended, and is told again");
            }
            Err(_) => tracing::warn!(%account, "Redis is not told yet what has ended"),
        }
        Told {
            epoch,
            is_in_redis: matches!(told, Ok(Ok(()))),
        }
    }

    /// Everything, whatever becomes of the rest of it. The first error.
    async fn tell_all(self, sessions: &Sessions, keys: &ApiKeys) -> Result<(), SessionsError> {
        // The epoch first: it ends also the sessions that Redis does not list.
        let mut told = sessions.publish_epochs(&[(self.account, self.epoch)]).await;
        for hash in self.keys {
            told = told.and(keys.forget(hash).await);
        }
        told.and(sessions.end_all(self.account).await)
    }
}

/// Which API keys end with an epoch.
#[derive(Clone, Copy, Debug)]
pub enum Keys {
    All,
    /// Those that have a role which the account loses.
    Of(Role),
    None,
}

/// Begins a new epoch of an account.
///
/// # Errors
/// [`AccountError::NoAccount`] where it was erased.
pub async fn begin(connection: &mut Session, account: Uuid, keys: Keys) -> Result<Ended, AccountError> {
    // Whoever makes a key or begins a session of this account at the moment has either done so, and it ends here, or finds the new epoch.
    store::lock(&mut *connection, account).await?;
    let (ends_keys, role) = match keys {
        Keys::All => (true, None),
        Keys::Of(role) => (true, Some(role.name())),
        Keys::None => (false, None),
    };
    let row = sqlx::query(
        "with links as (delete from account_links where account_id = $1),
              ended as (delete from ended_sessions where account_id = $1),
              keys as (
                  delete from api_keys where account_id = $1 and $2 and ($3::text is null or role = $3) returning hash
              ),
              begun as (
                  update accounts set epoch = epoch + 1, epoch_began_at = now() where id = $1 returning epoch
              )
         select begun.epoch, array(select hash from keys) as hashes from begun",
    )
    .bind(account)
    .bind(ends_keys)
    .bind(role)
    .fetch_one(connection)
    .await?;
    let hashes: Vec<Vec<u8>> = row.try_get("hashes")?;
    Ok(Ended {
        account,
        epoch: row.try_get("epoch")?,
        keys: hashes
            .into_iter()
            .filter_map(|hash| hash.try_into().ok())
            .collect(),
    })
}

/// Compares what a session says of itself with the account, and tells Redis if it is so.
///
/// # Errors
/// PostgreSQL or Redis does not answer: then nobody is let in.
pub async fn confirm(
    pool: &Pool,
    sessions: &Sessions,
    claim: Claim,
) -> Result<Option<Shopper>, AccountError> {
    let account = match store::by_id(pool, claim.account).await {
        Ok(account) => account,
        Err(AccountError::NoAccount) => return Ok(None),
        Err(error) => return Err(error),
    };
    let ended = ended_sessions::end_again(pool, sessions, &[account.id]).await?;
    // Later epochs that were published meanwhile stay.
    sessions.publish_epochs(&[(account.id, account.epoch)]).await?;
    let goes_on = account.epoch == claim.epoch && ended.iter().all(|session| session.hash != claim.hash);
    Ok(goes_on.then(|| claim.shopper()))
}
