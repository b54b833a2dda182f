//! A contact is stored before the order that names it, and goes at once where there is no such order.

use domain::{ContactId, OrderId};
use event_store::contacts::{Contact, Owner};

use crate::command_loop::{Answer, Caller, Command};
use crate::error::Problem;
use crate::router::App;

/// What is given with an order that is yet to be placed, and the ids that both will have.
pub struct Given {
    pub order: OrderId,
    pub contact: ContactId,
    pub owner: Owner,
    pub sent_to: Contact,
    /// What all spellings of its address have in common.
    pub email_key: String,
}

/// Stores the contact, and hands the command over that places its order. Anybody can type anybody's address: what is refused leaves nothing
/// of it. Whether there is an order may not be known: then the sweep finds out.
///
/// To be called in [`crate::to_its_end`]: a client that hangs up would leave the contact behind.
///
/// # Errors
/// What the command is answered; 401 where the account was erased.
pub async fn place(app: &App, given: &Given, command: Command, caller: Caller) -> Result<Answer, Problem> {
    app.contacts
        .keep(
            given.contact.uuid(),
            given.order.uuid(),
            given.owner,
            &given.sent_to,
            &given.email_key,
        )
        .await?;
    telemetry::failpoint("checkout.contact_kept");
    let answered = app.answer(command, caller).await;
    if !may_be_there(given.order, &answered)
        && let Err(error) = app.contacts.discard(given.contact.uuid()).await
    {
        tracing::warn!(%error, "a contact that no order names stays until it is swept");
    }
    answered
}

/// Whether there may be this order after such an answer. One that was placed before has another id.
pub fn may_be_there(order: OrderId, answered: &Result<Answer, Problem>) -> bool {
    match answered {
        Ok(answer) => answer.id == order.to_string(),
        Err(problem) => !problem.is_refusal(),
    }
}
