//! What concerns too many people of a product request for one command: giving them streams of their own, moving them from a
//! duplicate to the original, telling those who wait. A portion each time, set in motion by a deadline until nothing is left.
//!
//! The rules are the domain's ([`domain::product_request`]); which streams take part is said here.

use domain::product_request::{
    Moved, Person, ProductRequest, ProductRequestCommand, ProductRequestError, ProductRequestEvent, Stage,
    mark_duplicate, move_members,
};
use domain::{Event, OwnerId, RequestId, StreamId};
use event_store::deadlines::{DeadlineChange, DeadlineKind};

use super::decision::Decision;
use super::policy::Context;
use super::refusal::Refusal;
use super::working::Working;

/// How many people one command deals with. Each is a stream to load and perhaps one to write; everybody else's commands
/// wait that long.
pub const PORTION: usize = 250;

/// The next portion of what there is to do with a request's people, if anything.
#[derive(Clone, Debug)]
pub struct GoOn {
    pub request: RequestId,
    /// Those who follow the request and have streams, as the log has them, who wait longest first.
    pub waiting: Vec<OwnerId>,
    /// Those who take part in it and were not moved to the original yet, who came first in front.
    pub to_move: Vec<OwnerId>,
}

/// What there is to do.
enum Task<'a> {
    Separate(Vec<OwnerId>),
    Move { of: RequestId, people: Vec<OwnerId> },
    Tell(&'a [OwnerId]),
}

impl GoOn {
    fn task<'a>(&'a self, state: &ProductRequest) -> Option<Task<'a>> {
        let ProductRequest::Submitted(request) = state else {
            return None;
        };
        let customers = request.members.to_separate(PORTION);
        if !customers.is_empty() {
            return Some(Task::Separate(customers));
        }
        if let Stage::Duplicate { of } = request.stage {
            let kept = request.members.kept_by_place().into_iter();
            let people = if request.members.separated {
                self.to_move.clone()
            } else {
                kept.map(|(customer, _)| customer).collect()
            };
            return Some(Task::Move { of, people });
        }
        request.restock.map(|_| Task::Tell(&self.waiting))
    }

    pub fn streams(&self, working: &Working) -> Vec<StreamId> {
        let mut streams = vec![self.request.stream()];
        let Some(state) = working.product_request(self.request) else {
            return streams;
        };
        let member = |customer: &OwnerId| StreamId::request_member(self.request, *customer);
        match self.task(state) {
            Some(Task::Separate(customers)) => streams.extend(customers.iter().map(member)),
            Some(Task::Move { of, people }) => {
                streams.push(of.stream());
                streams.extend(people.iter().map(member));
                streams.extend(
                    people
                        .iter()
                        .map(|customer| StreamId::request_member(of, *customer)),
                );
            }
            Some(Task::Tell(waiting)) => {
                streams.extend(waiting.iter().map(member));
                let product = state
                    .sku()
                    .map(|sku| [StreamId::product(sku), StreamId::stock_item(sku)]);
                streams.extend(product.into_iter().flatten());
            }
            None => {}
        }
        streams
    }

    pub fn decide(&self, working: &Working, context: Context) -> Result<Decision, Refusal> {
        let unsubmitted = ProductRequest::default();
        let state = working.product_request(self.request).unwrap_or(&unsubmitted);
        let mut decision = Decision::on(self.request.stream(), vec![], Event::ProductRequest);
        match self.task(state) {
            Some(Task::Separate(customers)) => self.separate(&mut decision, working, state, customers)?,
            Some(Task::Move { of, people }) => {
                let unsubmitted = ProductRequest::default();
                let original = working.product_request(of).unwrap_or(&unsubmitted);
                let moved = match known(working, self.request, of, &people) {
                    Some(people) => move_members((self.request, state), (of, original), &people),
                    None => Moved::default(),
                };
                write_moved(&mut decision, context, (self.request, of, original), moved);
            }
            Some(Task::Tell(waiting)) => self.tell(&mut decision, working, state, waiting)?,
            None => {}
        }
        // As long as there was something to do there may be more. Where there was nothing, whoever acts on the deadline ends
        // it, unless somebody has set it anew.
        let wrote = decision
            .writes
            .iter()
            .any(|(stream, _)| *stream == self.request.stream());
        if wrote {
            decision.deadlines.push(deadline(context, self.request));
        }
        Ok(decision)
    }

    fn separate(
        &self,
        decision: &mut Decision,
        working: &Working,
        state: &ProductRequest,
        mut customers: Vec<OwnerId>,
    ) -> Result<(), ProductRequestError> {
        let ProductRequest::Submitted(request) = state else {
            return Ok(());
        };
        // Whose stream was not named, because they came in between, is separated next time.
        customers.retain(|customer| working.request_member((self.request, *customer)).is_some());
        for customer in &customers {
            let (Some(member), Some(kept)) = (
                working.request_member((self.request, *customer)),
                request.members.kept.get(customer),
            ) else {
                continue;
            };
            let events = member.changed(*kept);
            decision.write(
                StreamId::request_member(self.request, *customer),
                events,
                Event::RequestMember,
            );
        }
        let events = state.decide(ProductRequestCommand::SeparateMembers { customers })?;
        decision.write(self.request.stream(), events, Event::ProductRequest);
        Ok(())
    }

    fn tell(
        &self,
        decision: &mut Decision,
        working: &Working,
        state: &ProductRequest,
        waiting: &[OwnerId],
    ) -> Result<(), ProductRequestError> {
        let available = state
            .sku()
            .and_then(|sku| super::requesting::on_sale(working, sku))
            .map_or(0, |(is_sold, available)| if is_sold { available } else { 0 });
        let waiting = waiting
            .iter()
            .map(|customer| {
                let member = working.request_member((self.request, *customer))?;
                Some((*customer, member.membership))
            })
            .collect::<Option<Vec<_>>>()
            .unwrap_or_default();
        let events = state.decide(ProductRequestCommand::TellWaiting { waiting, available })?;
        decision.write(self.request.stream(), events, Event::ProductRequest);
        Ok(())
    }
}

/// A request and the one that it is the same as, with the streams of those who move at once.
pub fn streams_of_duplicate(request: RequestId, of: RequestId, working: &Working) -> Vec<StreamId> {
    let mut streams = vec![request.stream(), of.stream()];
    if let Some(ProductRequest::Submitted(duplicate)) = working.product_request(request)
        && duplicate.members.to_separate(1).is_empty()
    {
        let kept = duplicate.members.kept.keys();
        streams.extend(kept.flat_map(|customer| {
            [
                StreamId::request_member(request, *customer),
                StreamId::request_member(of, *customer),
            ]
        }));
    }
    streams
}

/// Marks a duplicate, and moves its people at once where they are few.
pub fn duplicate(
    working: &Working,
    context: Context,
    request: RequestId,
    of: RequestId,
) -> Result<Decision, Refusal> {
    let unsubmitted = ProductRequest::default();
    let duplicate = working.product_request(request).unwrap_or(&unsubmitted);
    let original = working.product_request(of).unwrap_or(&unsubmitted);
    let people = match duplicate {
        // The same few as `streams_of_duplicate` names: what was not named is not to be asked for.
        ProductRequest::Submitted(state) if state.members.to_separate(1).is_empty() => {
            let kept: Vec<OwnerId> = state.members.kept.keys().copied().collect();
            known(working, request, of, &kept).unwrap_or_default()
        }
        ProductRequest::Submitted(_) | ProductRequest::Unsubmitted => vec![],
    };
    let marked = mark_duplicate((request, duplicate), (of, original), &people)?;
    let mut decision = Decision::on(request.stream(), vec![], Event::ProductRequest);
    write_moved(&mut decision, context, (request, of, original), marked.moved);
    if marked.goes_on {
        decision.deadlines.push(deadline(context, request));
    }
    Ok(decision)
}

/// All of them with what their streams say. None where one of these was not named, because something happened in between:
/// whoever is passed over would be left behind.
fn known(
    working: &Working,
    duplicate: RequestId,
    original: RequestId,
    people: &[OwnerId],
) -> Option<Vec<Person>> {
    let person = |customer: &OwnerId| {
        Some(Person {
            customer: *customer,
            in_duplicate: *working.request_member((duplicate, *customer))?,
            in_original: *working.request_member((original, *customer))?,
        })
    };
    people.iter().map(person).collect()
}

fn write_moved(
    decision: &mut Decision,
    context: Context,
    (request, of, original): (RequestId, RequestId, &ProductRequest),
    moved: Moved,
) {
    let came: usize = moved.original.iter().map(|event| event.changes().len()).sum();
    decision
        .deadlines
        .extend(arrived_with(context, of, original, came));
    decision.write(request.stream(), moved.duplicate, Event::ProductRequest);
    decision.write(of.stream(), moved.original, Event::ProductRequest);
    for (customer, events) in moved.members {
        decision.write(
            StreamId::request_member(of, customer),
            events,
            Event::RequestMember,
        );
    }
}

/// What more people mean to a request: it may have too many by now, or send them on itself.
fn arrived_with(
    context: Context,
    id: RequestId,
    before: &ProductRequest,
    came: usize,
) -> Option<DeadlineChange> {
    let ProductRequest::Submitted(request) = before else {
        return None;
    };
    let sends_on = matches!(request.stage, Stage::Duplicate { .. });
    let is_due = came > 0 && (sends_on || request.members.is_too_many(came));
    is_due.then(|| deadline(context, id))
}

/// What these events of a request lead to, where it has many people.
pub fn follow_up(
    context: Context,
    id: RequestId,
    before: &ProductRequest,
    events: &[ProductRequestEvent],
) -> Option<DeadlineChange> {
    let is_noted = |event: &ProductRequestEvent| matches!(event, ProductRequestEvent::RestockNoted { .. });
    if events.iter().any(is_noted) {
        return Some(deadline(context, id));
    }
    let came = events.iter().map(|event| event.changes().len()).sum();
    match before {
        ProductRequest::Submitted(request) if came > 0 && request.members.is_too_many(came) => {
            Some(deadline(context, id))
        }
        ProductRequest::Submitted(_) | ProductRequest::Unsubmitted => None,
    }
}

/// At once, but in a command of its own.
fn deadline(context: Context, request: RequestId) -> DeadlineChange {
    DeadlineChange::set(
        DeadlineKind::RequestMembers,
        request.stream().aggregate_id,
        context.at,
    )
}
