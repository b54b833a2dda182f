//! The consumer group `mails`: a mail where an event is news to the customer of an order ([`crate::mails`]).

use database::Pool;
use time::OffsetDateTime;

use super::announcement::Announcement;
use super::telling::{NotTold, Teller};
use crate::mails::{self, NewsError, Told};

pub struct Customers {
    /// Where mails are put.
    pub pool: Pool,
}

impl Teller for Customers {
    async fn tell(&self, events: &[Announcement], now: OffsetDateTime) -> Result<(), NotTold> {
        let told: Vec<Told<'_>> = events.iter().map(Announcement::told).collect();
        mails::put_news(&self.pool, &told, now).await?;
        Ok(())
    }
}

impl From<NewsError> for NotTold {
    fn from(error: NewsError) -> Self {
        match error {
            NewsError::Unreadable { .. } => Self::Never(error.to_string()),
            NewsError::Database(error) => error.into(),
        }
    }
}
