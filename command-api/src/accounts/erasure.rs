//! What is deleted when somebody deletes their account, and in which order.
//!
//! The account's row goes last: as long as it is there, deleting it again does what a crash left undone.

use domain::order::{Order, Status};
use domain::product_request::ProductRequestCommand;
use domain::{OwnerId, RequestId};
use event_store::Reader;
use event_store::contacts::Contacts;
use event_store::texts::Texts;
use uuid::Uuid;

use super::store::Account;
use super::{api_keys, store};
use crate::command_loop::{Caller, Command, Requesting};
use crate::email::keys_of;
use crate::error::Problem;
use crate::mails;
use crate::router::App;

/// Deletes everything personal. Orders stay; where one still has to arrive, its contact goes when it has.
pub async fn erase(app: &App, account: &Account) -> Result<(), Problem> {
    let pool = &app.accounts.pool;
    // From here on no session begins, and those that are there end.
    store::begin_epoch(pool, account.id).await?;
    app.sessions.end_all(account.id).await?;
    api_keys::revoke_all(pool, &app.api_keys, account.id, None).await?;
    let confirmed = if account.is_confirmed {
        keys_of(&account.email)
    } else {
        vec![]
    };
    let known = app.contacts.of_owner(account.id, &confirmed).await?;
    let (mut arrived, mut under_way) = (vec![], vec![]);
    for (order, _) in known {
        let is_over = is_over(&app.reader, order).await?;
        if is_over { &mut arrived } else { &mut under_way }.push(order);
    }
    app.contacts.erase(&arrived).await?;
    app.contacts.erase_with_order(&under_way).await?;
    telemetry::failpoint("erasure.contacts_erased");
    forget_in_requests(app, account.id).await?;
    let mut transaction = pool.begin().await?;
    store::lock(&mut transaction, account.id).await?;
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

/// Nothing has to be sent there any more.
async fn is_over(reader: &Reader, order: Uuid) -> Result<bool, Problem> {
    let (state, _) = reader.aggregate::<Order>(&order.to_string()).await?;
    Ok(match &state {
        Order::Unplaced => true,
        Order::Placed {
            status, shipments, ..
        } => match status {
            Status::Cancelled => true,
            Status::AwaitingPayment => false,
            Status::Confirmed => {
                state.left_to_ship().is_empty() && shipments.iter().all(|shipment| shipment.delivered)
            }
        },
    })
}
