//! What one subject does once at a time, in whichever replica. Kept in Redis.
//!
//! `leases:{what}:{subject}` holds a secret of whoever has the lease, and goes when its time is over, should nobody give it back.

use std::time::Duration;

use redis::Script;
use redis_connection::Connection;
use uuid::Uuid;

use crate::store::{Sessions, SessionsError};

#[derive(Clone)]
pub struct Leases {
    redis: Connection,
    prefix: String,
}

/// To be given back.
#[derive(Debug)]
pub struct Lease {
    key: String,
    holder: String,
}

#[derive(Debug)]
pub enum Taken {
    Yes(Lease),
    /// Somebody has it, for so long at most.
    ByOther(Duration),
}

impl Leases {
    /// Over the connection of the sessions.
    pub fn of(sessions: &Sessions) -> Self {
        Self {
            redis: sessions.connection(),
            prefix: sessions.key("leases:"),
        }
    }

    /// For as long as `life` at most. `subject` is no personal data: an account's id.
    ///
    /// # Errors
    /// Redis does not answer: then nothing may begin.
    pub async fn take(&self, what: &str, subject: &str, life: Duration) -> Result<Taken, SessionsError> {
        let script = Script::new(
            "if redis.call('set', KEYS[1], ARGV[1], 'nx', 'px', ARGV[2]) then return -1 end
             return redis.call('pttl', KEYS[1])",
        );
        let key = format!("{}{what}:{subject}", self.prefix);
        let holder = Uuid::now_v7().to_string();
        let left: i64 = script
            .key(&key)
            .arg(&holder)
            .arg(u64::try_from(life.as_millis()).unwrap_or(u64::MAX))
            .invoke_async(&mut self.redis.clone())
            .await?;
        Ok(match u64::try_from(left) {
            Ok(left) => Taken::ByOther(Duration::from_millis(left)),
            Err(_) => Taken::Yes(Lease { key, holder }),
        })
    }

    /// Nothing where it ended before, and somebody else has it.
    ///
    /// # Errors
    /// Redis does not answer: it ends by itself.
    pub async fn give_back(&self, lease: Lease) -> Result<(), SessionsError> {
        let script =
            Script::new("if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end");
        let Lease { key, holder } = lease;
        let _: () = script
            .key(key)
            .arg(holder)
            .invoke_async(&mut self.redis.clone())
            .await?;
        Ok(())
    }
}
