//! One aggregate from its own stream, read the way `cqrs_es` reads it: an independent second opinion on a state.
//!
//! The command loop loads in bulk with its own statement instead. `cqrs_es`'s snapshot modes apply new events twice, so
//! only its plain reading is used here.

use cqrs_es::Aggregate;
use cqrs_es::persist::{PersistedEventRepository, PersistenceError, SerializedEvent};
use domain::{AggregateType, Event, UnreadableEvent};
use postgres_es::PostgresEventRepository;

use crate::reading::{LIMITS, Reader};

#[derive(Debug, thiserror::Error)]
pub enum AggregateError {
    #[error("the stream cannot be read: {0}")]
    Database(#[from] sqlx::Error),
    #[error("what is stored of the stream cannot be read: {0}")]
    Stored(PersistenceError),
    #[error(transparent)]
    Unreadable(#[from] UnreadableEvent),
    #[error("{0} is no aggregate type of the log")]
    UnknownType(String),
}

impl AggregateError {
    /// Whether the same aggregate can be read later, without anybody changing it.
    pub fn is_worth_repeating(&self) -> bool {
        match self {
            Self::Database(error) => database::classify(error).is_worth_repeating(),
            Self::Stored(_) | Self::Unreadable(_) | Self::UnknownType(_) => false,
        }
    }

    /// `cqrs_es` wraps what the client of PostgreSQL said.
    fn of(error: PersistenceError) -> Self {
        match error {
            PersistenceError::ConnectionError(cause) | PersistenceError::UnknownError(cause) => {
                match cause.downcast::<sqlx::Error>() {
                    Ok(error) => Self::Database(*error),
                    Err(cause) => Self::Stored(PersistenceError::UnknownError(cause)),
                }
            }
            PersistenceError::DeserializationError(_) | PersistenceError::OptimisticLockError => {
                Self::Stored(error)
            }
        }
    }
}

impl Reader {
    /// The state of the aggregate `id` after all of its events, and its version; the default and 0 where it has none.
    pub async fn aggregate<A: Aggregate<Event: TryFrom<Event>>>(
        &self,
        id: &str,
    ) -> Result<(A, u64), AggregateError> {
        let repository = PostgresEventRepository::new(self.repository.clone());
        let reading = repository.get_events::<A>(id);
        let limit = LIMITS.acquire + LIMITS.silence;
        let stored = database::within(limit, async { Ok(reading.await) })
            .await?
            .map_err(AggregateError::of)?;
        let version = u64::try_from(stored.len()).unwrap_or(u64::MAX);
        Ok((folded(stored.iter().map(parse))?, version))
    }
}

/// The state after these events of one stream. The type parameter says which events its stream holds.
///
/// # Errors
/// The first event that cannot be read.
pub fn folded<A: Aggregate<Event: TryFrom<Event>>>(
    events: impl IntoIterator<Item = Result<Event, AggregateError>>,
) -> Result<A, AggregateError> {
    let mut state = A::default();
    for event in events {
        if let Ok(event) = A::Event::try_from(event?) {
            state.apply(event);
        }
    }
    Ok(state)
}

fn parse(stored: &SerializedEvent) -> Result<Event, AggregateError> {
    let kind = AggregateType::parse(&stored.aggregate_type)
        .ok_or_else(|| AggregateError::UnknownType(stored.aggregate_type.clone()))?;
    let payload = stored.payload.to_string();
    Ok(Event::parse(
        kind,
        &stored.event_type,
        &stored.event_version,
        &payload,
    )?)
}
