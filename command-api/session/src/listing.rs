//! Which sessions an account has: `sessions-of:{account}`, a hash from a session's handle to its id.
//!
//! The handle is what others may see: it names a session and opens nothing.

use redis::AsyncCommands;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::store::{LONGEST_LIFE, Session, Sessions, SessionsError};

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
    /// All of `account`'s, the latest used first. `cookies` says which one asks.
    pub async fn list(&self, account: Uuid, cookies: &str) -> Result<Vec<Listed>, SessionsError> {
        let own = self.id_of(cookies).map(handle);
        let mut listed = vec![];
        for (handle, id) in self.of(account).await? {
            let stored: Option<Vec<u8>> = self.redis.clone().get(self.key_of_id(&id)).await?;
            match stored.as_deref().and_then(Session::read) {
                Some(session) => listed.push(Listed {
                    is_current: own.as_ref() == Some(&handle),
                    handle,
                    created_at: session.created_at,
                    last_used_at: session.last_used_at(),
                    device: session.device,
                }),
                // It ended by itself.
                None => self.unindex(account, &id).await?,
            }
        }
        listed.sort_by_key(|session| std::cmp::Reverse(session.last_used_at));
        Ok(listed)
    }

    /// Ends one of `account`'s sessions. Whether there was one.
    pub async fn end_one(&self, account: Uuid, handle: &str) -> Result<bool, SessionsError> {
        let id: Option<String> = self.redis.clone().hget(self.place(account), handle).await?;
        match id {
            Some(id) => {
                self.end_by_id(&id).await?;
                self.unindex(account, &id).await?;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Ends all of `account`'s sessions.
    pub async fn end_all(&self, account: Uuid) -> Result<(), SessionsError> {
        for (_, id) in self.of(account).await? {
            self.end_by_id(&id).await?;
            self.unindex(account, &id).await?;
        }
        Ok(())
    }

    pub(crate) async fn index(&self, account: Uuid, id: &str) -> Result<(), SessionsError> {
        let place = self.place(account);
        let mut redis = self.redis.clone();
        let () = redis.hset(&place, handle(id), id).await?;
        Ok(redis.expire(&place, LONGEST_LIFE).await?)
    }

    pub(crate) async fn unindex(&self, account: Uuid, id: &str) -> Result<(), SessionsError> {
        Ok(self.redis.clone().hdel(self.place(account), handle(id)).await?)
    }

    async fn of(&self, account: Uuid) -> Result<Vec<(String, String)>, SessionsError> {
        Ok(self.redis.clone().hgetall(self.place(account)).await?)
    }

    fn place(&self, account: Uuid) -> String {
        self.key(&format!("sessions-of:{account}"))
    }
}

fn handle(id: &str) -> String {
    hex::encode(&Sha256::digest(id.as_bytes())[..8])
}
