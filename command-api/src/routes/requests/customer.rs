//! Who asked, for staff who answer: a quote is a letter to somebody.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::product_request::ProductRequest;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accounts::AccountError;
use crate::accounts::store;
use crate::command_loop::current_of;
use crate::error::Problem;
use crate::request::{Received, request_id};
use crate::router::App;
use crate::routes::Refused;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(customer))
}

/// Who submitted a request.
#[derive(Serialize, ToSchema)]
struct RequestCustomer {
    /// Of their account.
    email: String,
    /// Whether they have shown that the address is theirs.
    confirmed: bool,
}

/// Who asked
///
/// Personal data, for staff who answer a request.
#[utoipa::path(
    get,
    path = "/api/commands/requests/{id}/customer",
    tag = "requests",
    security(("session" = []), ("staff" = [])),
    params(("id" = Uuid, Path, description = "The request")),
    responses(
        (status = 200, description = "The customer's account", body = RequestCustomer),
        Refused,
    )
)]
async fn customer(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    received.require_staff(&app).await?;
    let request = request_id(&id)?;
    let (state, _version) = current_of(&app.reader, request.stream()).await?;
    let ProductRequest::Submitted(request) = state else {
        return Err(Problem::request_not_found());
    };
    match store::by_id(&app.accounts.pool, request.customer.uuid()).await {
        Ok(account) => Ok(Json(RequestCustomer {
            email: account.email,
            confirmed: account.is_confirmed,
        })
        .into_response()),
        Err(AccountError::NoAccount) => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "customer-erased",
            "The account is gone",
            "It was erased; the request stays.",
        )),
        Err(error) => Err(error.into()),
    }
}
