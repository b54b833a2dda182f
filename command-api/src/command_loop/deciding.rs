//! Deciding on one command: what is to be stored of it, and what its client is answered once it is.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::checkout::Quote;
use domain::{Event, StreamId, UnreadableEvent};
use event_store::{NewEvent, Receipt, ReceiptAnswer, StoredReceipt, StreamUse, Transaction};
use uuid::Uuid;

use super::decision::Decision;
use super::policy::{Context, Policy};
use super::request::{Answer, CommandError, Request};
use super::states::{Known, Working};

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

pub(super) fn decide(mut request: Request, working: &mut Working, policy: &Policy) -> Decided {
    let decision = match catch_unwind(AssertUnwindSafe(|| decision(&request, working, policy))) {
        Ok(decision) => decision,
        Err(_) => Err(CommandError::Panicked),
    };
    // Refusals are stored too, as transactions that only read: one that came of a stale state is decided again. What
    // could not be decided at all has nothing to check.
    let undecided = matches!(
        decision,
        Err(CommandError::Panicked | CommandError::Unreadable(_))
    );
    let streams = if undecided {
        vec![]
    } else {
        std::mem::take(&mut request.streams)
    };
    let mut streams: Vec<StreamUse> = streams
        .into_iter()
        .map(|stream| StreamUse {
            expected_version: working.version(&stream),
            stream,
            events: vec![],
        })
        .collect();
    let mut deadlines = vec![];
    let answer = decision.map(|decision| {
        deadlines = decision.deadlines;
        for (stream, events) in decision.writes {
            working.advance(&stream, &events);
            let new = events.into_iter().map(new_event).collect();
            match streams.iter_mut().find(|used| used.stream == stream) {
                Some(used) => used.events = new,
                None => unreachable!("{stream} was written without being named"),
            }
        }
        Subject {
            status: if decision.created { 201 } else { 200 },
            version: working.version(&decision.subject),
            id: decision.subject.aggregate_id.to_string(),
            quote: decision.quote,
        }
    });
    let receipt = request.caller.receipt.filter(|_| !undecided).map(|key| Receipt {
        id: key.id,
        fingerprint: key.fingerprint,
        answer: answer.as_ref().ok().map(Subject::receipt),
    });
    let metadata = request.caller.metadata.clone();
    Decided {
        transaction: Transaction {
            streams,
            metadata,
            receipt,
            deadlines,
        },
        answer,
        request,
    }
}

fn decision(request: &Request, working: &Working, policy: &Policy) -> Result<Decision, CommandError> {
    if let Some(error) = request
        .streams
        .iter()
        .find_map(|stream| unreadable(working, stream))
    {
        return Err(CommandError::Unreadable(error));
    }
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
        .expected_version
        .is_some_and(|expected| expected != current_version)
    {
        return Err(CommandError::Conflict { current_version });
    }
    Ok(decision)
}

fn unreadable(working: &Working, stream: &StreamId) -> Option<UnreadableEvent> {
    match working.get(stream)? {
        Known::Unreadable(error) => Some(error.clone()),
        Known::Held(_) => None,
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
