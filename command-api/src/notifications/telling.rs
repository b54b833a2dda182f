//! What a consumer does with events, and what it means when it cannot.
//!
//! One event that cannot be told harms its own aggregate alone ([`super::parking`]); a server that is away is waited for.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use event_store::DatabaseError;
use event_store::aggregate::AggregateError;
use futures::FutureExt;
use session::SessionsError;
use time::OffsetDateTime;

use super::announcement::Announcement;
use crate::command_loop::CommandError;

/// Tells the events of one consumer group.
pub trait Teller {
    /// Tells events, which come in the order of their streams. After an error some of them may have been told; whatever is told again
    /// is told to nobody twice.
    async fn tell(&self, events: &[Announcement], now: OffsetDateTime) -> Result<(), NotTold>;

    /// Tells an event that was parked with those of `aggregate` at the time `since`: what was news then is told now.
    async fn tell_parked(
        &self,
        aggregate: &str,
        event: &Announcement,
        since: OffsetDateTime,
    ) -> Result<(), NotTold> {
        let _ = aggregate;
        self.tell(std::slice::from_ref(event), since).await
    }

    /// Does without an event that was parked with those of `aggregate` and cannot be told.
    async fn discard(&self, aggregate: &str, event: &Announcement) -> Result<(), NotTold> {
        let _ = (aggregate, event);
        Ok(())
    }
}

impl<T: Teller> Teller for Rc<T> {
    async fn tell(&self, events: &[Announcement], now: OffsetDateTime) -> Result<(), NotTold> {
        (**self).tell(events, now).await
    }

    async fn tell_parked(
        &self,
        aggregate: &str,
        event: &Announcement,
        since: OffsetDateTime,
    ) -> Result<(), NotTold> {
        (**self).tell_parked(aggregate, event, since).await
    }

    async fn discard(&self, aggregate: &str, event: &Announcement) -> Result<(), NotTold> {
        (**self).discard(aggregate, event).await
    }
}

/// Why events were not told.
#[derive(Debug, thiserror::Error)]
pub enum NotTold {
    /// PostgreSQL or the command loop is away, or busy. The same can be told later.
    #[error("{0}")]
    Away(String),
    /// Told again it fails again: something is wrong with an event, or with what it is about.
    #[error("{0}")]
    Never(String),
}

/// A panic harms the event that it happened at, and not the consumer.
pub async fn guarded<R>(telling: impl Future<Output = Result<R, NotTold>>) -> Result<R, NotTold> {
    let told = AssertUnwindSafe(telling).catch_unwind().await;
    told.unwrap_or_else(|_| Err(NotTold::Never("telling it panicked".to_owned())))
}

impl NotTold {
    fn of(error: &impl ToString, is_worth_repeating: bool) -> Self {
        if is_worth_repeating {
            Self::Away(error.to_string())
        } else {
            Self::Never(error.to_string())
        }
    }
}

impl From<DatabaseError> for NotTold {
    fn from(error: DatabaseError) -> Self {
        Self::of(&error, event_store::classify(&error).is_worth_repeating())
    }
}

impl From<AggregateError> for NotTold {
    fn from(error: AggregateError) -> Self {
        Self::of(&error, error.is_worth_repeating())
    }
}

impl From<CommandError> for NotTold {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Overloaded | CommandError::Unavailable => Self::Away(error.to_string()),
            CommandError::Refused(_)
            | CommandError::Conflict { .. }
            | CommandError::InProgress
            | CommandError::KeyReused
            | CommandError::Unreadable(_)
            | CommandError::Rejected(_)
            | CommandError::Panicked
            | CommandError::Endless => Self::Never(error.to_string()),
        }
    }
}

impl From<SessionsError> for NotTold {
    fn from(error: SessionsError) -> Self {
        Self::Away(error.to_string())
    }
}
