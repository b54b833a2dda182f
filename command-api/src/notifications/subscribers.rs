//! The consumer group `webhooks`: one delivery of every event for each of its subscribers.

use std::sync::Arc;

use time::OffsetDateTime;
use tokio::sync::Notify;

use super::announcement::Announcement;
use super::deliveries::Deliveries;
use super::telling::{NotTold, Teller};

pub struct Subscribers {
    pub deliveries: Deliveries,
    /// Notified when there is something to send.
    pub announced: Arc<Notify>,
}

impl Teller for Subscribers {
    async fn tell(&self, events: &[Announcement], now: OffsetDateTime) -> Result<(), NotTold> {
        if self.deliveries.announce(events, now).await? > 0 {
            self.announced.notify_one();
        }
        Ok(())
    }
}
