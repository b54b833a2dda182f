//! What is deleted when somebody deletes their account, and in which order.
//!
//! The account's row goes last: as long as it is there, deleting it again does what a crash left undone.

use domain::order::{Order, Status};
use domain::payment::{Payment, RefundState};
use domain::product_request::ProductRequestCommand;
use domain::{OwnerId, RequestId};
use event_store::Reader;
use event_store::contacts::Contacts;
use event_store::texts::Texts;
use uuid::Uuid;

use super::epoch::{self, Keys};
use super::store::{self, Account};
use crate::command_loop::{Caller, Command, Requesting};
use crate::error::Problem;
use crate::mails;
use crate::router::App;

/// Deletes everything personal. Orders stay; where one still has to arrive, its contact goes when it has.
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
    ended.tell(&app.sessions, &app.api_keys).await?;
    let confirmed = account.confirmed_keys();
    let mut arrived = vec![];
    for (order, _) in app.contacts.of_account(account.id, &confirmed).await? {
        if is_over(&app.reader, order).await? {
            arrived.push(order);
        }
    }
    forget_in_requests(app, account.id).await?;
    let mut transaction = pool.begin().await?;
    // Whoever gives something in the account's name holds its row meanwhile: what came since it was looked at is found now,
    // and nothing comes any more.
    store::lock(&mut transaction, account.id).await?;
    Contacts::erase_of_account(&mut transaction, account.id, &confirmed, &arrived).await?;
    telemetry::failpoint("erasure.contacts_erased");
    Texts::erase(&mut transaction, account.id).await?;
    mails::erase(&mut transaction, account.id).await?;
    store::erase(&mut *transaction, account.id).await?;
    transaction.commit().await?;
    app.sessions.end_all(account.id).await?;
    Ok(())
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

/// Deletes the contacts of erased customers whose orders have arrived. How many orders they were.
pub async fn sweep(reader: &Reader, contacts: &Contacts) -> Result<u64, Problem> {
    let mut arrived = 0;
    for order in contacts.erased_with_order().await? {
        match is_over(reader, order).await {
            Ok(true) => {
                contacts.erase(&[order]).await?;
                arrived += 1;
            }
            Ok(false) => {}
            // One order that cannot be read keeps no other customer's address.
            Err(problem) => {
                tracing::warn!(%order, problem.detail, "an erased customer's order cannot be read");
            }
        }
    }
    Ok(arrived)
}

/// Whether nothing has to be sent there any more, and what was sent has arrived. Of an order that was not placed (yet) nobody can say so:
/// should it never be, its contact is swept as every other that no order names.
async fn is_over(reader: &Reader, order: Uuid) -> Result<bool, Problem> {
    let id = order.to_string();
    let (state, _) = reader.aggregate::<Order>(&id).await?;
    Ok(match &state {
        Order::Unplaced => false,
        Order::Placed {
            status, shipments, ..
        } => match status {
            Status::Cancelled => true,
            Status::AwaitingPayment => false,
            Status::Confirmed if !shipments.iter().all(|shipment| shipment.delivered) => false,
            Status::Confirmed if state.left_to_ship().is_empty() => true,
            Status::Confirmed => is_paid_back(&reader.aggregate::<Payment>(&id).await?.0),
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
