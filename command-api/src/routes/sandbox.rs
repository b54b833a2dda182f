//! The sandbox gateway's bank: where a developer plays the shopper who confirms a payment. Only with `--dev`.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use serde::Deserialize;

use crate::error::Problem;
use crate::payment::gateway::GatewayError;
use crate::request::Received;
use crate::router::App;

pub const AUTHENTICATION: &str = "/api/commands/sandbox/charges/{reference}/authentication";

/// Not described: it is no part of the shop.
pub fn router() -> Router<Arc<App>> {
    Router::new().route(AUTHENTICATION, post(authenticate))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authentication {
    passed: bool,
}

async fn authenticate(
    State(app): State<Arc<App>>,
    Path(reference): Path<String>,
    received: Received,
) -> Result<StatusCode, Problem> {
    let Authentication { passed } = received.json()?;
    let no_charge = || {
        Problem::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "There is nothing here",
            "The sandbox has no charge that waits for this.",
        )
    };
    let sandbox = app.payments.sandbox.as_ref().ok_or_else(no_charge)?;
    match sandbox.authenticate(&reference, passed).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(GatewayError::Rejected { .. }) => Err(no_charge()),
        Err(error @ GatewayError::Unavailable(_)) => Err(error.into()),
    }
}
