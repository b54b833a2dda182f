//! `GET /api/commands/openapi.json`: the description of this process's routes, as `command-api openapi` prints that of all.

use std::sync::Arc;

use axum::Extension;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Refused;
use crate::router::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(openapi))
}

/// The description, written once: the router puts it beside its routes.
#[derive(Clone)]
pub struct Written(pub Arc<str>);

/// The description of this API (OpenAPI 3.1)
///
/// The same document as docs/openapi/command-api.json, but for the routes of roles that this process does not have.
#[utoipa::path(
    get,
    path = "/api/commands/openapi.json",
    tag = "description",
    security(()),
    responses(
        (status = 200, description = "OpenAPI", content_type = "application/json"),
        Refused,
    )
)]
async fn openapi(Extension(Written(text)): Extension<Written>) -> Response {
    // The same for everybody, and another one with the next release.
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=0, must-revalidate"),
    ];
    (headers, text.to_string()).into_response()
}
