//! Which sessions an account has: `account-sessions:{account}`, a sorted set of the hashes of their ids by when they began.
//!
//! The handle is what others may see, the beginning of the hash: it names a session and opens nothing.

use std::time::{SystemTime, UNIX_EPOCH};

use redis::AsyncCommands;
use uuid::Uuid;

use crate::store::{LONGEST_LIFE, Session, Sessions, SessionsError, hash};

/// Of one account at the same time. Somebody with as many browsers and phones does not exist; somebody who signs in over and over does.
pub const MOST_SESSIONS: usize = 50;
const HANDLE_LETTERS: usize = 16;

/// One of an account's sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub handle: String,
    pub device: String,
    /// Unix seconds.
    pub created_at: u64,
    /// Unix seconds, no more than five minutes behind.
    pub last_used_at: u64,
    pub is_current: bool,
}

impl Sessions {
    /// All of `account`'s in its present `epoch`, the latest used first. `cookies` says which one asks.
    pub async fn list(&self, account: Uuid, epoch: i32, cookies: &str) -> Result<Vec<Listed>, SessionsError> {
        let own = self.id_of(cookies).map(hash);
        let mut listed = vec![];
        for hash in self.of(account).await? {
            let stored: Option<Vec<u8>> = self.redis.clone().get(self.key_of_hash(&hash)).await?;
            match stored.as_deref().and_then(Session::read) {
                Some(session) if session.epoch == Some(epoch) => listed.push(Listed {
                    is_current: own.as_ref() == Some(&hash),
                    handle: handle(&hash).to_owned(),
                    created_at: session.created_at,
                    last_used_at: session.last_used_at(),
                    device: session.device,
                }),
                // It ended by itself, or Redis forgot that it was ended.
                _ => self.forget(account, &hash).await?,
            }
        }
        listed.sort_by_key(|session| std::cmp::Reverse(session.last_used_at));
        Ok(listed)
    }

    /// Ends all of `account`'s sessions. Its epoch has ended, too, or they could come back.
    pub async fn end_all(&self, account: Uuid) -> Result<(), SessionsError> {
        for hash in self.of(account).await? {
            self.forget(account, &hash).await?;
        }
        Ok(())
    }

    /// Lists a session that begins now.
    pub(crate) async fn index(&self, account: Uuid, hash: &str) -> Result<(), SessionsError> {
        let place = self.place(account);
        let mut redis = self.redis.clone();
        let life = i64::try_from(LONGEST_LIFE).unwrap_or(i64::MAX);
        let (known,): (usize,) = redis::pipe()
            .zadd(&place, hash, milliseconds())
            .ignore()
            .expire(&place, life)
            .ignore()
            .zcard(&place)
            .query_async(&mut redis)
            .await?;
        if known > MOST_SESSIONS {
            // Those that ended by themselves are the oldest as well.
            let oldest = self.of(account).await?;
            let too_many = oldest.len().saturating_sub(MOST_SESSIONS);
            for ended in oldest.iter().filter(|other| *other != hash).take(too_many) {
                self.forget(account, ended).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn unindex(&self, account: Uuid, hash: &str) -> Result<(), SessionsError> {
        Ok(self.redis.clone().zrem(self.place(account), hash).await?)
    }

    async fn forget(&self, account: Uuid, hash: &str) -> Result<(), SessionsError> {
        let () = self.redis.clone().del(self.key_of_hash(hash)).await?;
        self.unindex(account, hash).await
    }

    /// The oldest first.
    pub(crate) async fn of(&self, account: Uuid) -> Result<Vec<String>, SessionsError> {
        Ok(self.redis.clone().zrange(self.place(account), 0, -1).await?)
    }

    pub(crate) fn place(&self, account: Uuid) -> String {
        self.key(&format!("account-sessions:{account}"))
    }
}

/// Several may begin in one second.
fn milliseconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

pub(crate) fn handle(hash: &str) -> &str {
    hash.get(..HANDLE_LETTERS).unwrap_or(hash)
}
