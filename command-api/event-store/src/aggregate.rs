//! One aggregate from its own stream, read the way `cqrs_es` reads it: an independent second opinion on a state.
//!
//! The command loop loads in bulk with its own statement instead. `cqrs_es`'s snapshot modes apply new events twice, so
//! only its plain reading is used here.

use cqrs_es::Aggregate;
use cqrs_es::persist::{PersistedEventRepository, PersistenceError, SerializedEvent};
use domain::{AggregateType, Event, UnreadableEvent};
use postgres_es::PostgresEventRepository;

use crate::reading::Reader;

#[derive(Debug, thiserror::Error)]
pub enum AggregateError {
    #[error("the stream cannot be read: {0}")]
    Store(#[from] PersistenceError),
    #[error(transparent)]
    Unreadable(#[from] UnreadableEvent),
    #[error("{0} is no aggregate type of the log")]
    UnknownType(String),
}

impl Reader {
    /// The state of the aggregate `id` after all of its events, and its version; the default and 0 where it has none.
    pub async fn aggregate<A: Aggregate<Event: TryFrom<Event>>>(
        &self,
        id: &str,
    ) -> Result<(A, u64), AggregateError> {
        let stored = PostgresEventRepository::new(self.pool.clone())
            .get_events::<A>(id)
            .await?;
        let (mut state, mut version) = (A::default(), 0);
        for event in &stored {
            // The type parameter says which events its stream holds.
            if let Ok(event) = A::Event::try_from(parse(event)?) {
                state.apply(event);
            }
            version += 1;
        }
        Ok((state, version))
    }
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
