//! `GET /api/queries/openapi.json`: the description of this API, as `query-api openapi` prints it.

use axum::body::Bytes;
use axum::response::Response;
use std::sync::OnceLock;

use crate::answer::{self, Audience};
use crate::problem::{Problem, Refused};
use crate::router;

/// The description of this API (OpenAPI 3.1)
///
/// The same document as docs/openapi/query-api.json.
#[utoipa::path(get, path = "/api/queries/openapi.json", tag = "description",
    security(()),
    responses(
        (status = 200, description = "OpenAPI", content_type = "application/json"),
        Refused,
    ))]
pub async fn openapi() -> Result<Response, Problem> {
    static WRITTEN: OnceLock<Bytes> = OnceLock::new();
    if WRITTEN.get().is_none() {
        let text = router::description()
            .to_json()
            .map_err(|error| Problem::Internal(error.to_string()))?;
        let _ = WRITTEN.set(text.into());
    }
    Ok(answer::json(
        Audience::Everybody,
        WRITTEN.get().cloned().unwrap_or_default(),
    ))
}
