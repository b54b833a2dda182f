//! Deciding on one command: what is to be stored of it, and what its client is answered once it is.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::checkout::Quote;
use domain::{Event, StreamId};
use event_store::deadlines::DeadlineChange;
use event_store::{NewEvent, Receipt, ReceiptAnswer, StoredReceipt, StreamUse, Transaction};
use uuid::Uuid;

use super::decision::Decision;
use super::policy::{Context, Policy};
use super::request::{Answer, CommandError, Request};
use super::states::Held;
use super::working::{TurnStates, Working};

/// A request with what was decided on it: stored with the others, and only then answered.
pub(super) struct Decided {
    pub request: Request,
    pub transaction: Transaction,
    pub answer: Result<Subject, CommandError>,
}

/// Whose id and version the client is answered with.
pub(super) struct Subject {
    status: u16,
    id: String,
    version: i64,
    quote: Option<Box<Quote>>,
}

/// What became of a command in one turn.
pub(super) enum Step {
    Decided(Box<Decided>),
    /// It needs these streams, too. Nothing is decided.
    Missing(Box<Request>, Vec<StreamId>),
}

/// What a command comes to, on the streams that it named.
struct Settled {
    streams: Vec<StreamUse>,
    /// The states that its events leave, out of the turn until all of it has succeeded.
    written: Vec<(StreamId, Held)>,
    deadlines: Vec<DeadlineChange>,
    answer: Result<Subject, CommandError>,
}

/// Decides on one command, and applies its events to the states of the turn.
///
/// All of it is guarded: a panic fails its own command alone, and the states that it had begun to change are dropped, to be
/// loaded anew by those who need them.
pub(super) fn decide(request: Request, states: &mut TurnStates, policy: &Policy) -> Step {
    let settled = match catch_unwind(AssertUnwindSafe(|| settle(&request, states, policy))) {
        Ok(Ok(settled)) => settled,
        Ok(Err(missing)) => return Step::Missing(Box::new(request), missing),
        Err(_) => {
            tracing::error!(command = request.command.name(), "deciding on a command panicked");
            Settled::undecided(CommandError::Panicked)
        }
    };
    let Settled {
        streams,
        written,
        deadlines,
        answer,
    } = settled;
    for (stream, held) in written {
        states.put_back(stream, held);
    }
    let is_undecided = matches!(answer, Err(CommandError::Panicked | CommandError::Unreadable(_)));
    let receipt = request
        .caller
        .receipt
        .filter(|_| !is_undecided)
        .map(|key| Receipt {
            id: key.id,
            fingerprint: key.fingerprint,
            answer: answer.as_ref().ok().map(Subject::receipt),
        });
    let metadata = request.caller.metadata.clone();
    Step::Decided(Box::new(Decided {
        transaction: Transaction {
            streams,
            metadata,
            receipt,
            deadlines,
        },
        answer,
        request,
    }))
}

/// # Errors
/// Streams that it needs and that are not loaded, or that it did not name.
fn settle(request: &Request, states: &mut TurnStates, policy: &Policy) -> Result<Settled, Vec<StreamId>> {
    // Again, although they were named before they were loaded: earlier commands of the turn may have changed the
    // states that they are named from.
    let named = request.names(&Working::while_naming(states));
    let named = states.name(named)?;
    if let Some(error) = named.iter().find_map(|stream| states.unreadable(stream)) {
        return Ok(Settled::undecided(CommandError::Unreadable(error)));
    }
    let mut streams: Vec<StreamUse> = named
        .into_iter()
        .map(|stream| StreamUse {
            expected_version: states.version(&stream),
            stream,
            events: vec![],
        })
        .collect();
    let working = Working::while_deciding(states);
    let decision = decision(request, &working, policy);
    let unnamed = working.into_unnamed();
    if !unnamed.is_empty() {
        return Err(unnamed);
    }
    let decision = match decision {
        Ok(decision) => decision,
        // Stored too, as a transaction that only reads: a refusal that came of a stale state is decided again.
        Err(error) => {
            return Ok(Settled {
                streams,
                ..Settled::undecided(error)
            });
        }
    };
    let written = write(decision.writes, &mut streams, states)?;
    #[cfg(test)]
    request.command.break_at(super::tests::odd::Stage::Written);
    let of_subject = written.iter().find(|(stream, _)| *stream == decision.subject);
    let subject = Subject {
        status: if decision.created { 201 } else { 200 },
        version: of_subject.map_or_else(|| states.version(&decision.subject), |(_, held)| held.version),
        id: decision.subject.aggregate_id.to_string(),
        quote: decision.quote,
    };
    Ok(Settled {
        streams,
        written,
        deadlines: decision.deadlines,
        answer: Ok(subject),
    })
}

fn decision(request: &Request, working: &Working, policy: &Policy) -> Result<Decision, CommandError> {
    let context = Context {
        at: request.at,
        policy,
    };
    let decision = request
        .command
        .decide(working, context)
        .map_err(CommandError::Refused)?;
    let current_version = working.version(&decision.subject);
    if request
        .caller
        .if_match
        .as_ref()
        .is_some_and(|tags| !tags.holds(decision.subject.aggregate_type, current_version))
    {
        return Err(CommandError::Conflict { current_version });
    }
    Ok(decision)
}

/// Takes the states that a decision changes out of the turn, and applies its events to them.
///
/// # Errors
/// Streams that are written without having been named.
fn write(
    writes: Vec<(StreamId, Vec<Event>)>,
    streams: &mut [StreamUse],
    states: &mut TurnStates,
) -> Result<Vec<(StreamId, Held)>, Vec<StreamId>> {
    let is_named = |stream: &StreamId| streams.iter().any(|used| used.stream == *stream);
    let unnamed: Vec<StreamId> = writes
        .iter()
        .filter(|(stream, _)| !is_named(stream))
        .map(|(stream, _)| stream.clone())
        .collect();
    if !unnamed.is_empty() {
        return Err(unnamed);
    }
    let mut written = Vec::with_capacity(writes.len());
    for (stream, events) in writes {
        let Some(mut held) = states.take(&stream) else {
            return Err(vec![stream]);
        };
        held.advance(&events);
        if let Some(used) = streams.iter_mut().find(|used| used.stream == stream) {
            used.events = events.into_iter().map(new_event).collect();
        }
        written.push((stream, held));
    }
    Ok(written)
}

impl Settled {
    /// What could not be decided at all has nothing to check.
    const fn undecided(error: CommandError) -> Self {
        Self {
            streams: vec![],
            written: vec![],
            deadlines: vec![],
            answer: Err(error),
        }
    }
}

fn new_event(event: Event) -> NewEvent {
    NewEvent {
        event_id: Uuid::now_v7(),
        event,
    }
}

/// The answer that was given before, unless the key was used for something else.
pub(super) fn replay(request: &Request, receipt: StoredReceipt) -> Result<Answer, CommandError> {
    if request
        .caller
        .receipt
        .is_some_and(|key| key.fingerprint != receipt.fingerprint)
    {
        return Err(CommandError::KeyReused);
    }
    Ok(Answer {
        status: u16::try_from(receipt.status).unwrap_or(200),
        id: receipt.subject,
        version: receipt.version,
        position: receipt.position,
        replayed: true,
        quote: None,
    })
}

impl Subject {
    /// The answer, once it is known where its last event is.
    pub fn at(self, position: i64) -> Answer {
        Answer {
            status: self.status,
            id: self.id,
            version: self.version,
            position,
            replayed: false,
            quote: self.quote,
        }
    }

    fn receipt(&self) -> ReceiptAnswer {
        let status = i16::try_from(self.status).unwrap_or(200);
        ReceiptAnswer {
            status,
            subject: self.id.clone(),
            version: self.version,
        }
    }
}
