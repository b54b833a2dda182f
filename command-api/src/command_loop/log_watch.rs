//! Notices that the log is another one than the cache was read from.
//!
//! A restore, or a failover behind a connection that survives, gives out versions for a second time: what is in memory would match what
//! somebody else stored since. Asked once a second, before a turn; a new connection begins with an empty cache anyway.

use std::time::{Duration, Instant};

use event_store::{Connection, DatabaseError};
use uuid::Uuid;

const LOOK: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct LogWatch {
    incarnation: Option<Uuid>,
    looked: Option<Instant>,
}

impl LogWatch {
    /// Whether the log's incarnation is another one than when it was last asked for.
    pub async fn is_another(&mut self, connection: &mut Connection) -> Result<bool, DatabaseError> {
        if self.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
            return Ok(false);
        }
        let now = connection.incarnation().await?;
        self.looked = Some(Instant::now());
        let before = self.incarnation.replace(now);
        Ok(before.is_some_and(|before| before != now))
    }

    /// As if the last look were long ago.
    #[cfg(test)]
    pub fn expire(&mut self) {
        self.looked = None;
    }
}
