//! What somebody ordered as a guest is their account's.
//!
//! At once for the guest who registers or signs in, in the same browser; by address for the account that the address was
//! confirmed to be of, when it is confirmed and at every sign-in after, and only what was paid for once: anybody can order with
//! somebody else's address. Events say so, one for each order ([`domain::order::OrderEvent::OrderTakenOver`]): lists, rights and live
//! streams follow from them.

use std::time::Duration;

use domain::order::OrderCommand;
use domain::{OrderId, OwnerId};
use event_store::contacts::{Contacts, GuestOrder};
use futures::{StreamExt, stream};
use uuid::Uuid;

use super::store::Account;
use crate::command_loop::{By, Caller, Command, Handle};
use crate::error::Problem;
use crate::router::App;
use crate::to_its_end::to_its_end;

/// Orders that are read, and then decided on, at a time.
const PAGE: i64 = 100;
/// Nobody waits for more. What is left comes with the next sign-in, if its address is the account's.
const MOST_PAGES: usize = 10;
/// Commands under way at a time.
const AT_ONCE: usize = 16;
/// How far back [`sweep`] looks. It runs every hour.
const SWEPT: Duration = Duration::from_hours(30 * 24);

/// The account gets the orders of `guest`.
///
/// # Errors
/// What may be tried again, after everything that can be taken over is. An order that cannot be taken over stays where it is.
pub async fn take_over_of_guest(
    app: &App,
    account: &Account,
    guest: Uuid,
    caller: &Caller,
) -> Result<(), Problem> {
    take_over(app, account, Some(guest), &[], caller).await
}

/// The account gets the orders that guests placed with its address, if that was confirmed.
///
/// # Errors
/// As [`take_over_of_guest`].
pub async fn take_over_by_address(app: &App, account: &Account, caller: &Caller) -> Result<(), Problem> {
    let keys = account.confirmed_keys();
    if keys.is_empty() {
        return Ok(());
    }
    take_over(app, account, None, &keys, caller).await
}

async fn take_over(
    app: &App,
    account: &Account,
    guest: Option<Uuid>,
    keys: &[String],
    caller: &Caller,
) -> Result<(), Problem> {
    let mut behind = Uuid::nil();
    for _ in 0..MOST_PAGES {
        let page = app.contacts.of_guests(guest, keys, behind, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        behind = last.contact;
        let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        let (commands, contacts) = (app.commands.clone(), app.contacts.clone());
        let (account, caller) = (account.id, caller.clone());
        // Half of it would part the orders from their contacts.
        to_its_end(async move { take_over_page(&commands, &contacts, page, account, &caller).await }).await?;
        if is_last {
            return Ok(());
        }
    }
    tracing::warn!(account = %account.id, "a guest has more orders than are taken over at once");
    Ok(())
}

/// These orders, and then their contacts.
async fn take_over_page(
    commands: &Handle,
    contacts: &Contacts,
    page: Vec<GuestOrder>,
    account: Uuid,
    caller: &Caller,
) -> Result<(), Problem> {
    let results: Vec<Result<Option<Uuid>, Problem>> = stream::iter(page)
        .map(|order| async move {
            let taken = take_over_one(commands, order, account, caller.clone()).await?;
            Ok::<_, Problem>(taken.then_some(order.contact))
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let (taken, failed) = separate(results);
    // The event first: what a crash leaves behind is found again by the sweep, and by the next sign-in.
    telemetry::failpoint("taking-over.decided");
    contacts.take_over(&taken, account).await?;
    failed
}

/// The contacts of the orders that are the account's now, and the first error of the others.
fn separate(results: Vec<Result<Option<Uuid>, Problem>>) -> (Vec<Uuid>, Result<(), Problem>) {
    let (mut taken, mut failed) = (vec![], Ok(()));
    for result in results {
        match result {
            Ok(contact) => taken.extend(contact),
            Err(problem) => failed = failed.and(Err(problem)),
        }
    }
    (taken, failed)
}

/// Gives accounts the contacts of orders that are theirs already, where a process ended between the two. How many they were.
///
/// # Errors
/// PostgreSQL does not answer.
pub async fn sweep(contacts: &Contacts) -> Result<u64, sqlx::Error> {
    contacts.sweep_taken_over(SWEPT).await
}

async fn take_over_one(
    commands: &Handle,
    GuestOrder { order, guest, .. }: GuestOrder,
    account: Uuid,
    caller: Caller,
) -> Result<bool, Problem> {
    let command = Command::Order {
        order: OrderId::new(order),
        by: By::Admitted,
        command: OrderCommand::TakeOver {
            from: OwnerId::new(guest),
            to: OwnerId::new(account),
        },
    };
    match commands.execute(command, caller).await.map_err(Problem::from) {
        Ok(_) => Ok(true),
        // A checkout that was refused, or one that is under way still.
        Err(problem) if problem.status == 404 => Ok(false),
        Err(problem) if problem.status == 500 || problem.r#type == "/problems/unreadable" => {
            tracing::error!(%order, problem.detail, "an order cannot be taken over");
            Ok(false)
        }
        Err(problem) => Err(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_taken_over_is_although_something_else_could_not() {
        let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
        let (taken, failed) = separate(vec![
            Ok(Some(one)),
            Err(Problem::overloaded("first")),
            Ok(None),
            Err(Problem::overloaded("second")),
            Ok(Some(other)),
        ]);
        assert_eq!(taken, [one, other]);
        assert_eq!(failed.unwrap_err().detail, "first");
        assert!(separate(vec![Ok(Some(one)), Ok(None)]).1.is_ok());
    }
}
