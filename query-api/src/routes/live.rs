//! `GET /api/queries/live`: the shopper's cart and what becomes of its products, as server-sent events.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::app::App;
use crate::asked::Asked;
use crate::live;
use crate::params::Params;
use crate::problem::{Problem, ProblemDetails};

/// The shopper's cart as it changes
///
/// Server-sent events. `cart`: the cart's document. `offers`: `{"products": […]}` with price and
/// availability of each product in the cart. On every connection the current ones come first, then each
/// change; a shopper without a cart hears nothing until there is one. Comments are a heartbeat.
#[utoipa::path(get, path = "/api/queries/live", tag = "live",
    responses(
        (status = 200, description = "Events until either side ends them", content_type = "text/event-stream", body = live::Offers<'_>),
        (status = 401, description = "`no-session`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`overloaded`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
    ))]
pub async fn live(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    Params::of(asked.uri())?.finish()?;
    let owner = app.shopper(&asked).await?;
    live::open(app, owner)
}
