//! Says that somebody's inbox has something new, so that a live stream can tell them. Put by the command API, read by the query API.
//!
//! It only says so: what is in the inbox is in PostgreSQL. Lost with Redis, it costs a page that is open a moment.

use redis::AsyncCommands;
use uuid::Uuid;

use crate::{Sessions, SessionsError};

/// As long as a stream may be open, and then some.
const KEPT: u64 = 24 * 60 * 60;
/// Commands that are sent together.
const PIPELINED: usize = 250;

impl Sessions {
    /// Of many people, each with their newest notice.
    pub async fn put_newest_notices(&self, notices: &[(Uuid, Uuid)]) -> Result<(), SessionsError> {
        for some in notices.chunks(PIPELINED) {
            let mut pipeline = redis::pipe();
            for (owner, notice) in some {
                let key = self.key_of_inbox(*owner);
                pipeline.set_ex(key, notice.to_string(), KEPT).ignore();
            }
            pipeline.query_async::<()>(&mut self.redis.clone()).await?;
        }
        Ok(())
    }

    /// The newest notice of the last day, where Redis knows of one.
    pub async fn newest_notice(&self, owner: Uuid) -> Result<Option<Uuid>, SessionsError> {
        let notice: Option<String> = self.redis.clone().get(self.key_of_inbox(owner)).await?;
        Ok(notice.and_then(|notice| Uuid::parse_str(&notice).ok()))
    }

    fn key_of_inbox(&self, owner: Uuid) -> String {
        format!("{}inbox:{{{owner}}}", self.prefix)
    }
}
