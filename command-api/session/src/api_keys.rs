//! API keys of REST clients, as both APIs look them up: `api-key:{sha-256 of the key}` in Redis.
//!
//! They are kept, hashed, in PostgreSQL. The command API publishes them here again and again: what is revoked there, or
//! is not published any more, is worth nothing within moments. A Redis that was started again believes none before it is told anew
//! ([`crate::told`]). `api-key:listed` says which were published of late, so that those that ended can be forgotten again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redis::AsyncCommands;
use redis_connection::Connection;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::role::Role;
use crate::store::{Sessions, SessionsError};
use crate::told;

/// Every key begins so: a secret that turns up somewhere is known for what it is.
const BEGINNING: &str = "cw_";
/// Published again long before.
const PUBLISHED_FOR: Duration = Duration::from_mins(10);
/// Listed for longer: the clocks of processes differ.
const LISTED_FOR: Duration = Duration::from_mins(15);
/// Keys that are listed together.
const AT_ONCE: usize = 250;

/// What a key stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedKey {
    pub id: Uuid,
    pub account: Uuid,
    pub role: Role,
    /// Unix seconds.
    pub expires_at: i64,
}

impl PublishedKey {
    fn to_json(self) -> String {
        serde_json::to_string(&self).expect("a key has nothing that JSON cannot hold")
    }
}

#[derive(Clone)]
pub struct ApiKeys {
    redis: Connection,
    prefix: String,
}

impl ApiKeys {
    /// Over the connection of the sessions.
    pub fn of(sessions: &Sessions) -> Self {
        Self {
            redis: sessions.connection(),
            prefix: sessions.key("api-key:"),
        }
    }

    /// A new key, and the hash under which it is kept.
    ///
    /// # Errors
    /// The operating system has no random bytes.
    pub fn generate() -> Result<(String, [u8; 32]), SessionsError> {
        let key = format!("{BEGINNING}{}", crate::secret()?);
        let hash = Self::hash(&key);
        Ok((key, hash))
    }

    fn hash(key: &str) -> [u8; 32] {
        Sha256::digest(key.as_bytes()).into()
    }

    /// Whether somebody who bears this means an API key.
    pub fn is_one(bearer: &str) -> bool {
        bearer.starts_with(BEGINNING)
    }

    /// Makes keys known to both APIs for the next ten minutes.
    pub async fn publish(
        &self,
        keys: impl IntoIterator<Item = ([u8; 32], PublishedKey)>,
    ) -> Result<(), SessionsError> {
        let keys: Vec<([u8; 32], PublishedKey)> = keys.into_iter().collect();
        // First: whatever is published is on the list, also where the process is killed in between.
        self.list(&keys).await?;
        let keys: Vec<(String, String)> = keys
            .into_iter()
            .map(|(hash, key)| (self.place(hash), key.to_json()))
            .collect();
        told::tell(&self.redis, &keys, PUBLISHED_FOR.as_secs()).await
    }

    async fn list(&self, keys: &[([u8; 32], PublishedKey)]) -> Result<(), SessionsError> {
        let life = i64::try_from(LISTED_FOR.as_secs()).unwrap_or(i64::MAX);
        let (place, now) = (self.list_of_published(), now());
        for some in keys.chunks(AT_ONCE) {
            let listed: Vec<(i64, String)> = some
                .iter()
                .map(|(hash, _)| (now.saturating_add(life), hex::encode(hash)))
                .collect();
            let () = redis::pipe()
                .zadd_multiple(&place, &listed)
                .ignore()
                .zrembyscore(&place, "-inf", now)
                .ignore()
                .expire(&place, life)
                .ignore()
                .query_async(&mut self.redis.clone())
                .await?;
        }
        Ok(())
    }

    /// The hashes of all keys that Redis may still hold, those that were forgotten of late too.
    pub async fn published(&self) -> Result<Vec<[u8; 32]>, SessionsError> {
        let listed: Vec<String> = self.redis.clone().zrange(self.list_of_published(), 0, -1).await?;
        let hash = |listed: &String| hex::decode(listed).ok()?.try_into().ok();
        Ok(listed.iter().filter_map(hash).collect())
    }

    /// Leaves a sign beside the keys, which is lost with them.
    pub async fn say_published(&self) -> Result<(), SessionsError> {
        let sign = [(self.sign(), "all".to_owned())];
        told::tell(&self.redis, &sign, PUBLISHED_FOR.as_secs()).await
    }

    /// False: Redis has lost what was published, or is another one than it was published to.
    pub async fn are_published(&self) -> Result<bool, SessionsError> {
        let sign = told::believed(&self.redis, &self.sign()).await?;
        Ok(sign.is_some())
    }

    /// From now on it opens nothing.
    pub async fn forget(&self, hash: [u8; 32]) -> Result<(), SessionsError> {
        Ok(self.redis.clone().del(self.place(hash)).await?)
    }

    /// What somebody bears, if it is a key that is still good.
    pub async fn find(&self, bearer: &str) -> Result<Option<PublishedKey>, SessionsError> {
        if !Self::is_one(bearer) {
            return Ok(None);
        }
        let stored = told::believed(&self.redis, &self.place(Self::hash(bearer))).await?;
        let key = stored.and_then(|json| serde_json::from_str::<PublishedKey>(&json).ok());
        Ok(key.filter(|key| key.expires_at > now()))
    }

    fn list_of_published(&self) -> String {
        format!("{}listed", self.prefix)
    }

    fn sign(&self) -> String {
        format!("{}published", self.prefix)
    }

    fn place(&self, hash: [u8; 32]) -> String {
        format!("{}{}", self.prefix, hex::encode(hash))
    }
}

fn now() -> i64 {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
