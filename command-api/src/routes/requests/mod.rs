//! Product requests: what shoppers ask for, what staff answer, quotes, and the inbox in which people hear of it.
//!
//! Whoever asks has an account: support counts once for each person, and an answer needs somebody to go to.

mod answering;
mod customer;
mod following;
mod inbox;
mod quotes;
mod submitting;
mod texts;

use std::sync::Arc;

use axum::response::Response;
use domain::product_request::ProductRequestCommand;
use domain::{OwnerId, RequestId, TextId};
use utoipa_axum::router::OpenApiRouter;

use crate::command_loop::{Command, Requesting};
use crate::error::Problem;
use crate::identity::Who;
use crate::request::{Received, request_id};
use crate::router::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    submitting::router()
        .merge(following::router())
        .merge(answering::router())
        .merge(customer::router())
        .merge(quotes::router())
        .merge(inbox::router())
}

/// Whoever has an account, by session or API key.
///
/// # Errors
/// Nobody, and guests.
async fn customer(app: &App, received: &Received) -> Result<(OwnerId, Who), Problem> {
    let shopper = received.shopper(app).await?;
    if shopper.account.is_none() {
        return Err(Problem::not_signed_in());
    }
    Ok((shopper.owner, shopper.who()))
}

/// A command of a customer on one request.
async fn by_customer(
    app: &App,
    received: Received,
    id: &str,
    command: impl FnOnce(OwnerId) -> ProductRequestCommand,
) -> Result<Response, Problem> {
    let (customer, who) = customer(app, &received).await?;
    execute(app, &received, &who, request_id(id)?, command(customer)).await
}

/// A command of staff on one request.
async fn by_staff(
    app: &App,
    received: Received,
    id: &str,
    command: ProductRequestCommand,
) -> Result<Response, Problem> {
    let staff = received.require_staff(app).await?;
    execute(app, &received, &staff, request_id(id)?, command).await
}

/// A command whose event names a text that was stored before it. Where there will be no such event, because the command was refused or
/// is a repetition, the text goes again: it counts for no day, and nothing of it is kept.
async fn execute_with_text(
    app: &App,
    received: &Received,
    who: &Who,
    request: RequestId,
    command: ProductRequestCommand,
    text: TextId,
) -> Result<Response, Problem> {
    let answered = execute(app, received, who, request, command).await;
    let is_named_by_nothing = match &answered {
        Ok(response) => response.headers().contains_key("idempotency-replayed"),
        Err(problem) => problem.is_refusal(),
    };
    if is_named_by_nothing && let Err(error) = app.texts.discard(text.uuid()).await {
        tracing::warn!(%error, "a text that nothing names stays until it is swept");
    }
    answered
}

async fn execute(
    app: &App,
    received: &Received,
    who: &Who,
    request: RequestId,
    command: ProductRequestCommand,
) -> Result<Response, Problem> {
    let caller = received.caller(who)?;
    let requesting = Requesting::One { request, command };
    app.execute(Command::Requesting(requesting), caller).await
}
