//! What may be tried a few times only: signing in, asking for mails. Counted in Redis, so that replicas share it.
//!
//! A fixed window for each subject: `attempts:{what}:{hash of the subject}` counts, and goes when the window is over.

use std::time::Duration;

use redis::Script;
use redis_connection::Connection;
use sha2::{Digest, Sha256};

use crate::store::{Sessions, SessionsError};

/// So many in a window.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    pub name: &'static str,
    pub count: u32,
    pub window: Duration,
}

/// How a subject stands after an attempt was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub is_allowed: bool,
    pub remaining: u32,
    /// Until the window is over.
    pub resets_in: Duration,
}

#[derive(Clone)]
pub struct Attempts {
    redis: Connection,
    prefix: String,
}

impl Attempts {
    /// Over the connection of the sessions.
    pub fn of(sessions: &Sessions) -> Self {
        Self {
            redis: sessions.connection(),
            prefix: sessions.key("attempts:"),
        }
    }

    /// Takes one attempt back that turned out to be none.
    ///
    /// # Errors
    /// Redis does not answer: then it stays counted.
    pub async fn take_back(&self, quota: Quota, subject: &str) -> Result<(), SessionsError> {
        // Not below zero, and nothing of a window that is over.
        let script = Script::new(
            "local count = redis.call('get', KEYS[1])
             if count and tonumber(count) > 0 then redis.call('decr', KEYS[1]) end",
        );
        let mut redis = self.redis.clone();
        let _: () = script
            .key(self.key(quota, subject))
            .invoke_async(&mut redis)
            .await?;
        Ok(())
    }

    fn key(&self, quota: Quota, subject: &str) -> String {
        let digest = hex::encode(Sha256::digest(subject.as_bytes()));
        format!("{}{}:{digest}", self.prefix, quota.name)
    }

    /// Counts one attempt of `subject`. What it is called is not stored, only a hash of it.
    ///
    /// # Errors
    /// Redis does not answer: then nothing may be tried.
    pub async fn count(&self, quota: Quota, subject: &str) -> Result<Standing, SessionsError> {
        let key = self.key(quota, subject);
        let script = Script::new(
            "local count = redis.call('incr', KEYS[1])
             if count == 1 then redis.call('pexpire', KEYS[1], ARGV[1]) end
             return {count, redis.call('pttl', KEYS[1])}",
        );
        let milliseconds = u64::try_from(quota.window.as_millis()).unwrap_or(u64::MAX);
        let (count, left): (u32, i64) = script
            .key(key)
            .arg(milliseconds)
            .invoke_async(&mut self.redis.clone())
            .await?;
        Ok(Standing {
            is_allowed: count <= quota.count,
            remaining: quota.count.saturating_sub(count),
            resets_in: Duration::from_millis(u64::try_from(left).unwrap_or(0)),
        })
    }
}
