//! What a command comes to, before it is stored. Made by [`super::command`] and [`super::ordering`].

use domain::checkout::Quote;
use domain::{Event, StreamId};
use event_store::deadlines::DeadlineChange;

/// What a command does: events by stream, and whose id and version the client is answered with.
#[derive(Debug)]
pub struct Decision {
    pub subject: StreamId,
    /// Each stream once, see [`Self::write`].
    pub writes: Vec<(StreamId, Vec<Event>)>,
    pub deadlines: Vec<DeadlineChange>,
    /// Whether the subject came into being.
    pub created: bool,
    /// What was asked for, where something was.
    pub quote: Option<Box<Quote>>,
}

impl Decision {
    /// What is decided on one stream, which is also what the client is told of.
    pub fn on<E>(subject: StreamId, events: Vec<E>, event: impl Fn(E) -> Event) -> Self {
        let mut decision = Self {
            subject: subject.clone(),
            writes: vec![],
            deadlines: vec![],
            created: false,
            quote: None,
        };
        decision.write(subject, events, event);
        decision
    }

    pub fn write<E>(&mut self, stream: StreamId, events: Vec<E>, event: impl Fn(E) -> Event) {
        if events.is_empty() {
            return;
        }
        let events = events.into_iter().map(event);
        match self.writes.iter_mut().find(|(written, _)| *written == stream) {
            Some((_, before)) => before.extend(events),
            None => self.writes.push((stream, events.collect())),
        }
    }
}
