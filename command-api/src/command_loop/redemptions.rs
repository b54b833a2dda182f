//! Handing the redemptions of a code that many use over to streams of its customers, a portion each time.
//!
//! Set in motion by a deadline, until the code keeps none. The rules are the domain's ([`domain::discount_code`]).

use std::collections::BTreeMap;

use domain::discount_code::customer::CodeCustomerCommand;
use domain::discount_code::{DiscountCode, DiscountCodeCommand, DiscountCodeEvent};
use domain::{Code, Event, OrderId, OwnerId, StreamId};
use event_store::deadlines::{DeadlineChange, DeadlineKind};

use super::decision::Decision;
use super::members::PORTION;
use super::policy::Context;
use super::refusal::Refusal;
use super::working::Working;

fn portion(code: &Code, working: &Working) -> Vec<(OrderId, OwnerId)> {
    match working.discount_code(code) {
        Some(DiscountCode::Known { redemptions, .. }) => redemptions.to_separate(PORTION),
        Some(DiscountCode::Unknown) | None => vec![],
    }
}

pub fn streams(code: &Code, working: &Working) -> Vec<StreamId> {
    let mut customers: Vec<OwnerId> = portion(code, working)
        .into_iter()
        .map(|(_, customer)| customer)
        .collect();
    customers.sort_unstable();
    customers.dedup();
    let customers = customers
        .into_iter()
        .map(|customer| StreamId::code_customer(code, customer));
    std::iter::once(StreamId::discount_code(code))
        .chain(customers)
        .collect()
}

pub fn separate(working: &Working, context: Context, code: &Code) -> Result<Decision, Refusal> {
    let mut of_customers: BTreeMap<OwnerId, Vec<OrderId>> = BTreeMap::new();
    for (order, customer) in portion(code, working) {
        of_customers.entry(customer).or_default().push(order);
    }
    // Whose stream was not named, because they came in between, is for the next time.
    of_customers.retain(|customer, _| working.code_customer((code, *customer)).is_some());
    let (unknown, orders) = (
        DiscountCode::default(),
        of_customers.values().flatten().copied().collect(),
    );
    let state = working.discount_code(code).unwrap_or(&unknown);
    let events = state.decide(DiscountCodeCommand::Separate { orders })?;
    let mut decision = Decision::on(StreamId::discount_code(code), vec![], Event::DiscountCode);
    if !events.is_empty() {
        // There may be more of them. Where there is none, whoever acts on the deadline ends it.
        decision.deadlines.push(deadline(context, code));
    }
    decision.write(StreamId::discount_code(code), events, Event::DiscountCode);
    for (customer, orders) in of_customers {
        let known = working
            .code_customer((code, customer))
            .cloned()
            .unwrap_or_default();
        let Ok(events) = known.decide(CodeCustomerCommand::Keep { orders });
        decision.write(
            StreamId::code_customer(code, customer),
            events,
            Event::CodeCustomer,
        );
    }
    Ok(decision)
}

/// What these events of a code lead to, where it has many redemptions.
pub fn follow_up(
    working: &Working,
    context: Context,
    code: &Code,
    events: &[DiscountCodeEvent],
) -> Option<DeadlineChange> {
    match working.discount_code(code) {
        Some(DiscountCode::Known { redemptions, .. }) if redemptions.is_too_many(events.len()) => {
            Some(deadline(context, code))
        }
        Some(_) | None => None,
    }
}

/// At once, but in a command of its own.
fn deadline(context: Context, code: &Code) -> DeadlineChange {
    let id = StreamId::discount_code(code).aggregate_id;
    DeadlineChange::set(DeadlineKind::CodeRedemptions, id, context.at)
}
