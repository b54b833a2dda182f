//! Supporting and following a request, and talking about it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use domain::product_request::ProductRequestCommand;
use serde::Deserialize;
use session::Role;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::texts::keep_words;
use super::{by_customer, execute_with_text};
use crate::error::Problem;
use crate::fields::{Fields, SentParagraph};
use crate::request::{Received, request_id};
use crate::router::App;
use crate::routes::accounts::account_of;
use crate::routes::{Accepted, Conditional, Refused, Repeatable};

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(support_request, withdraw_support))
        .routes(routes!(follow_request, unfollow_request))
        .routes(routes!(comment_request))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CommentRequest {
    text: SentParagraph<2000>,
}

/// Support a request
///
/// Counts once for each account, however often it is said.
#[utoipa::path(
    put,
    path = "/api/commands/requests/{id}/support",
    tag = "requests",
    security(("session" = []), ("api_key" = [])),
    params(("id" = Uuid, Path, description = "The request"), Repeatable, Conditional),
    responses(
        (status = 200, description = "The account supports it", body = Accepted),
        Refused,
    )
)]
async fn support_request(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    by_customer(&app, received, &id, |customer| ProductRequestCommand::Support {
        customer,
    })
    .await
}

/// Support a request no more
///
/// It counts one less.
#[utoipa::path(
    delete,
    path = "/api/commands/requests/{id}/support",
    tag = "requests",
    security(("session" = []), ("api_key" = [])),
    params(("id" = Uuid, Path, description = "The request"), Repeatable, Conditional),
    responses(
        (status = 200, description = "The account does not support it", body = Accepted),
        Refused,
    )
)]
async fn withdraw_support(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    by_customer(&app, received, &id, |customer| {
        ProductRequestCommand::WithdrawSupport { customer }
    })
    .await
}

/// Follow a request
///
/// Whoever follows it is told what becomes of it, in their inbox and by mail.
#[utoipa::path(
    put,
    path = "/api/commands/requests/{id}/subscription",
    tag = "requests",
    security(("session" = []), ("api_key" = [])),
    params(("id" = Uuid, Path, description = "The request"), Repeatable, Conditional),
    responses(
        (status = 200, description = "The account follows it", body = Accepted),
        Refused,
    )
)]
async fn follow_request(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    by_customer(&app, received, &id, |customer| ProductRequestCommand::Subscribe {
        customer,
    })
    .await
}

/// Follow a request no more
///
/// Nothing is told of it any more.
#[utoipa::path(
    delete,
    path = "/api/commands/requests/{id}/subscription",
    tag = "requests",
    security(("session" = []), ("api_key" = [])),
    params(("id" = Uuid, Path, description = "The request"), Repeatable, Conditional),
    responses(
        (status = 200, description = "The account does not follow it", body = Accepted),
        Refused,
    )
)]
async fn unfollow_request(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    by_customer(&app, received, &id, |customer| {
        ProductRequestCommand::Unsubscribe { customer }
    })
    .await
}

/// Say something about a request
///
/// Customers in their own name, staff in the shop's.
#[utoipa::path(
    post,
    path = "/api/commands/requests/{id}/comments",
    tag = "requests",
    security(("session" = []), ("api_key" = []), ("staff" = [])),
    params(("id" = Uuid, Path, description = "The request"), Repeatable, Conditional),
    request_body = CommentRequest,
    responses(
        (status = 200, description = "It is said", body = Accepted),
        Refused,
    )
)]
async fn comment_request(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let identity = received
        .identity(&app)
        .await?
        .ok_or_else(Problem::not_signed_in)?;
    let request = request_id(&id)?;
    let staff = identity.acting_as(Role::Staff);
    let account = if staff.is_some() {
        None
    } else {
        app.count_of_shopper(&identity)?;
        Some(account_of(&app, &identity).await?)
    };
    let CommentRequest { text } = received.json()?;
    let mut fields = Fields::default();
    let Some(words) = fields.take("text", &text) else {
        return Err(fields.refused());
    };
    let who = staff.unwrap_or_else(|| identity.who());
    // What is wrong with the request itself is said before anything is stored.
    received.caller(&who)?;
    let (customer, text) = keep_words(&app, account.as_ref(), request, words).await?;
    let command = ProductRequestCommand::Comment { customer, text };
    execute_with_text(&app, &received, &who, request, command, text).await
}
