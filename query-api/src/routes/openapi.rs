//! `GET /api/queries/openapi.json`: the description of this API, as `query-api openapi` prints it.

use axum::body::Bytes;
use axum::response::Response;
use std::sync::OnceLock;

use crate::problem::Problem;
use crate::{answer, router};

/// The description of this API (OpenAPI 3.1)
#[utoipa::path(get, path = "/api/queries/openapi.json", tag = "description",
    responses((status = 200, description = "OpenAPI", content_type = "application/json")))]
pub async fn openapi() -> Result<Response, Problem> {
    static WRITTEN: OnceLock<Bytes> = OnceLock::new();
    if WRITTEN.get().is_none() {
        let text = router::description()
            .to_json()
            .map_err(|error| Problem::Internal(error.to_string()))?;
        let _ = WRITTEN.set(text.into());
    }
    Ok(answer::json(
        answer::PUBLIC,
        WRITTEN.get().cloned().unwrap_or_default(),
    ))
}
