//! What staff do about a request: how far it is, what it is about, that it is the same as another.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use domain::product_request::ProductRequestCommand;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::texts::keep_words;
use super::{by_staff, execute, execute_with_text};
use crate::command_loop::{Command, Requesting};
use crate::error::Problem;
use crate::fields::{Fields, SentParagraph, SentSku};
use crate::request::{Received, request_id};
use crate::router::App;
use crate::routes::{Accepted, Conditional, Refused, Repeatable};

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(move_request))
        .routes(routes!(decline_request))
        .routes(routes!(link_product))
        .routes(routes!(mark_duplicate))
        .routes(routes!(hide_request, restore_request))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MoveRequest {
    stage: StageName,
}

/// How far staff may say that a request is.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StageName {
    /// It was read.
    Triaged,
    /// The shop wants to have it.
    Planned,
    /// It is there.
    Fulfilled,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeclineRequest {
    /// Told to everybody who follows the request.
    reason: SentParagraph<2000>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LinkProduct {
    sku: SentSku,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MarkDuplicate {
    /// The one that goes on.
    request: Uuid,
}

/// Say how far a request is
///
/// Whoever follows it is told.
#[utoipa::path(
    put,
    path = "/api/commands/requests/{id}/stage",
    tag = "requests",
    security(("session" = []), ("staff" = [])),
    params(("id" = Uuid, Path, description = "The request"), Repeatable, Conditional),
    request_body = MoveRequest,
    responses(
        (status = 200, description = "It is that far", body = Accepted),
        Refused,
    )
)]
async fn move_request(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let staff = received.require_staff(&app).await?;
    let MoveRequest { stage } = received.json()?;
    let command = match stage {
        StageName::Triaged => ProductRequestCommand::Triage,
        StageName::Planned => ProductRequestCommand::Plan,
        StageName::Fulfilled => ProductRequestCommand::Fulfil,
    };
    execute(&app, &received, &staff, request_id(&id)?, command).await
}

/// Decline a request
///
/// It ends with a reason, which whoever follows it is told.
#[utoipa::path(
    post,
    path = "/api/commands/requests/{id}/decline",
    tag = "requests",
    security(("session" = []), ("staff" = [])),
    params(("id" = Uuid, Path, description = "The request"), Repeatable, Conditional),
    request_body = DeclineRequest,
    responses(
        (status = 200, description = "It is declined", body = Accepted),
        Refused,
    )
)]
async fn decline_request(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let staff = received.require_staff(&app).await?;
    let DeclineRequest { reason } = received.json()?;
    let mut fields = Fields::default();
    let Some(reason) = fields.take("reason", &reason) else {
        return Err(fields.refused());
    };
    let request = request_id(&id)?;
    // What is wrong with the request itself is said before anything is stored.
    received.caller(&staff)?;
    let (_, reason) = keep_words(&app, None, request, reason).await?;
    let command = ProductRequestCommand::Decline { reason };
    execute_with_text(&app, &received, &staff, request, command, reason).await
}

/// Say which product a request is about
///
/// When it is for sale, the request is fulfilled.
#[utoipa::path(
    put,
    path = "/api/commands/requests/{id}/product",
    tag = "requests",
    security(("session" = []), ("staff" = [])),
    params(("id" = Uuid, Path, description = "The request"), Repeatable, Conditional),
    request_body = LinkProduct,
    responses(
        (status = 200, description = "It is about this product", body = Accepted),
        Refused,
    )
)]
async fn link_product(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let staff = received.require_staff(&app).await?;
    let LinkProduct { sku } = received.json()?;
    let mut fields = Fields::default();
    let Some(sku) = fields.take("sku", &sku) else {
        return Err(fields.refused());
    };
    let requesting = Requesting::Link {
        request: request_id(&id)?,
        sku,
    };
    let caller = received.caller(&staff)?;
    app.execute(Command::Requesting(requesting), caller).await
}

/// Say that a request is the same as another
///
/// Whoever supports and follows it does so there, and counts once.
#[utoipa::path(
    put,
    path = "/api/commands/requests/{id}/duplicate-of",
    tag = "requests",
    security(("session" = []), ("staff" = [])),
    params(("id" = Uuid, Path, description = "The request that ends"), Repeatable, Conditional),
    request_body = MarkDuplicate,
    responses(
        (status = 200, description = "It goes on as the other one", body = Accepted),
        Refused,
    )
)]
async fn mark_duplicate(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let staff = received.require_staff(&app).await?;
    let MarkDuplicate { request: of } = received.json()?;
    let requesting = Requesting::Duplicate {
        request: request_id(&id)?,
        of: domain::RequestId::new(of),
    };
    let caller = received.caller(&staff)?;
    app.execute(Command::Requesting(requesting), caller).await
}

/// Take a request out of sight
///
/// Its own customer still sees it.
#[utoipa::path(
    put,
    path = "/api/commands/requests/{id}/hiding",
    tag = "requests",
    security(("session" = []), ("staff" = [])),
    params(("id" = Uuid, Path, description = "The request"), Repeatable, Conditional),
    responses(
        (status = 200, description = "Nobody else sees it", body = Accepted),
        Refused,
    )
)]
async fn hide_request(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    by_staff(&app, received, &id, ProductRequestCommand::Hide).await
}

/// Show a request again
///
/// As it was before it was hidden.
#[utoipa::path(
    delete,
    path = "/api/commands/requests/{id}/hiding",
    tag = "requests",
    security(("session" = []), ("staff" = [])),
    params(("id" = Uuid, Path, description = "The request"), Repeatable, Conditional),
    responses(
        (status = 200, description = "Everybody sees it", body = Accepted),
        Refused,
    )
)]
async fn restore_request(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    by_staff(&app, received, &id, ProductRequestCommand::Restore).await
}
