//! What is deleted when somebody deletes their account, and in which order.
//!
//! The account's row goes last: as long as it is there, deleting it again does what a crash left undone.

use database::{PORTION, Session};
use domain::order::{Order, Status};
use domain::payment::{Payment, RefundState};
use domain::product_request::ProductRequestCommand;
use domain::{OwnerId, RecordedEvent, RequestId};
use event_store::Reader;
use event_store::aggregate::{AggregateError, folded};
use event_store::contacts::Contacts;
use event_store::texts::Texts;
use session::security::{self, Event};
use uuid::Uuid;

use super::epoch::{self, Keys};
use super::histories::{BATCH, Histories};
use super::store::{self, Account};
use crate::command_loop::{Caller, Command, Requesting};
use crate::error::Problem;
use crate::mails;
use crate::router::App;

/// Orders that an erasure looks at itself. What there is more of is the sweep's: nobody waits for it.
const LOOKED_AT: usize = 1_000;

/// Deletes everything personal. Orders stay; where one still has to arrive, its contact goes when it has.
///
/// To be called in [`crate::to_its_end`]: it ends every session first, and then nobody is there who could ask again.
///
/// # Errors
/// 401 where `account` was taken back since it was read. What may be tried again.
pub async fn erase(app: &App, account: &Account) -> Result<(), Problem> {
    let pool = &app.accounts.pool;
    // From here on no session begins, and those that are there end, with the keys.
    let mut transaction = pool.begin().await?;
    store::lock_unchanged(&mut transaction, account).await?;
    let ended = epoch::begin(&mut transaction, account.id, Keys::All).await?;
    transaction.commit().await?;
    ended.tell_or_log(&app.sessions, &app.api_keys).await;
    forget_in_requests(app, account.id).await?;
    let mut transaction = pool.begin().await?;
    // Whoever gives something in the account's name holds its row meanwhile: what was given until now is found, and nothing comes
    // any more.
    store::lock(&mut transaction, account.id).await?;
    let orders = mark_contacts(&mut transaction, account).await?;
    telemetry::failpoint("erasure.contacts_erased");
    Texts::erase(&mut transaction, account.id).await?;
    mails::erase(&mut transaction, account.id).await?;
    store::erase(&mut *transaction, account.id).await?;
    transaction.commit().await?;
    security::record(Event::AccountErased, Some(account.id), "");
    if let Err(error) = app.sessions.end_all(account.id).await {
        tracing::warn!(account = %account.id, %error, "sessions of an erased account go when they expire; nobody is let in by them");
    }
    erase_now(&app.reader, &app.contacts, &orders).await;
    Ok(())
}

/// Every contact goes with its order from now on: however many there are, no statement takes long. The first of these orders.
async fn mark_contacts(connection: &mut Session, account: &Account) -> Result<Vec<Uuid>, sqlx::Error> {
    let (confirmed, mut orders) = (account.confirmed_keys(), vec![]);
    loop {
        let marked = Contacts::erase_of_account(connection, account.id, &confirmed, PORTION).await?;
        if marked.is_empty() {
            return Ok(orders);
        }
        orders.extend(marked);
        orders.truncate(LOOKED_AT);
    }
}

/// Contacts of those of these orders that have arrived go at once. What cannot be looked at now, the sweep finds.
async fn erase_now(reader: &Reader, contacts: &Contacts, orders: &[Uuid]) {
    for batch in orders.chunks(usize::from(BATCH)) {
        if let Err(error) = erase_arrived(reader, contacts, batch).await {
            tracing::warn!(%error, "orders of an erased customer are left to the sweep");
            return;
        }
    }
}

/// Says so in every request that they took part in: views drop what they wrote, and they are told nothing more.
async fn forget_in_requests(app: &App, account: Uuid) -> Result<(), Problem> {
    let customer = OwnerId::new(account);
    for request in app.reader.requests_of(account).await? {
        let Ok(id) = Uuid::parse_str(&request) else {
            continue;
        };
        let requesting = Requesting::One {
            request: RequestId::new(id),
            command: ProductRequestCommand::EraseCustomer { customer },
        };
        let id = Uuid::now_v7();
        let caller = Caller {
            metadata: format!(r#"{{"correlation_id":"{id}","causation_id":"{id}","actor":"erasure"}}"#),
            ..Caller::default()
        };
        app.answer(Command::Requesting(requesting), caller).await?;
    }
    telemetry::failpoint("erasure.requests_told");
    Ok(())
}

/// Deletes the contacts of erased customers whose orders have arrived. How many they were.
pub async fn sweep(reader: &Reader, contacts: &Contacts) -> Result<u64, Problem> {
    let (mut erased, mut behind) = (0, Uuid::nil());
    loop {
        let orders = contacts.erased_with_order(behind, i64::from(BATCH)).await?;
        let Some(last) = orders.last() else {
            return Ok(erased);
        };
        behind = *last;
        erased += erase_arrived(reader, contacts, &orders).await?;
    }
}

/// Deletes the contacts of those of one batch of orders that have arrived. How many they were.
async fn erase_arrived(reader: &Reader, contacts: &Contacts, orders: &[Uuid]) -> Result<u64, sqlx::Error> {
    let arrived = match find_arrived(reader, orders).await {
        // One order that cannot be read keeps no other customer's address.
        Err(error) if !database::classify(&error).is_worth_repeating() => {
            tracing::warn!(%error, "orders of erased customers cannot be read together");
            find_arrived_one_by_one(reader, orders).await?
        }
        found => found?,
    };
    contacts.erase(&arrived).await
}

async fn find_arrived_one_by_one(reader: &Reader, orders: &[Uuid]) -> Result<Vec<Uuid>, sqlx::Error> {
    let mut arrived = vec![];
    for order in orders {
        match find_arrived(reader, std::slice::from_ref(order)).await {
            Ok(found) => arrived.extend(found),
            Err(error) if database::classify(&error).is_worth_repeating() => return Err(error),
            Err(error) => tracing::warn!(%order, %error, "an erased customer's order cannot be read"),
        }
    }
    Ok(arrived)
}

/// Those of one batch of orders to which nothing has to be sent any more.
async fn find_arrived(reader: &Reader, orders: &[Uuid]) -> Result<Vec<Uuid>, sqlx::Error> {
    let mut histories = Histories::of(reader, orders).await?;
    let mut arrived = vec![];
    for order in orders {
        let (ordered, paid) = histories.take(*order);
        match is_over(&ordered, &paid) {
            Ok(true) => arrived.push(*order),
            Ok(false) => {}
            Err(error) => tracing::warn!(%order, %error, "an erased customer's order cannot be read"),
        }
    }
    Ok(arrived)
}

/// Whether nothing has to be sent there any more, and what was sent has arrived. Of an order that was not placed (yet) nobody can say so:
/// should it never be, its contact is swept as every other that no order names.
fn is_over(ordered: &[RecordedEvent], paid: &[RecordedEvent]) -> Result<bool, AggregateError> {
    let state: Order = folded(ordered.iter().map(|event| Ok(event.event()?)))?;
    Ok(match &state {
        Order::Unplaced => false,
        Order::Placed {
            status, shipments, ..
        } => match status {
            Status::Cancelled => true,
            Status::AwaitingPayment => false,
            Status::Confirmed if !shipments.iter().all(|shipment| shipment.delivered) => false,
            Status::Confirmed if state.left_to_ship().is_empty() => true,
            Status::Confirmed => {
                let payment: Payment = folded(paid.iter().map(|event| Ok(event.event()?)))?;
                is_paid_back(&payment)
            }
        },
    })
}

/// The rest of an order whose money is back is not sent. Of money that is on its way nobody knows yet: a refund that fails makes the rest due.
fn is_paid_back(payment: &Payment) -> bool {
    match payment {
        Payment::Unrequested => false,
        Payment::Requested { refunds, .. } => {
            let is_settled = refunds
                .iter()
                .all(|refund| refund.state != RefundState::Requested);
            is_settled && payment.is_given_back()
        }
    }
}
