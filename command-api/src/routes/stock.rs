//! Staff's stock.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use domain::stock::{AdjustmentReason, MAX_ON_HAND, StockCommand};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Accepted, Conditional, Refused, Repeatable, STAFF};
use crate::command_loop::Command;
use crate::error::{Problem, Violation};
use crate::request::{Received, sku};
use crate::router::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(receive))
        .routes(routes!(adjust))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReceiveStock {
    /// Units that arrived.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    quantity: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AdjustStock {
    /// Units more (positive) or fewer (negative) than were on hand.
    delta: i64,
    /// `damaged`, `lost`, `found` or `counted`.
    #[schema(value_type = String, example = "damaged")]
    reason: AdjustmentReason,
}

/// Receive stock
#[utoipa::path(
    post,
    path = "/api/commands/stock/{sku}/receipts",
    tag = "stock",
    security(("staff" = [])),
    params(
        ("sku" = String, Path, description = "The product"),
        Repeatable,
        Conditional,
    ),
    request_body = ReceiveStock,
    responses(
        (status = 200, description = "The units are on hand", body = Accepted),
        Refused,
    )
)]
async fn receive(
    State(app): State<Arc<App>>,
    Path(sku): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    received.require_staff(&app)?;
    let body: ReceiveStock = received.json()?;
    if !(1..=MAX_ON_HAND).contains(&body.quantity) {
        return Err(one(
            "quantity",
            format!("has to be between 1 and {MAX_ON_HAND}, it is {}", body.quantity),
        ));
    }
    stock(
        &app,
        received,
        &sku,
        StockCommand::Receive {
            quantity: body.quantity,
        },
    )
    .await
}

/// Adjust stock
#[utoipa::path(
    post,
    path = "/api/commands/stock/{sku}/adjustments",
    tag = "stock",
    security(("staff" = [])),
    params(
        ("sku" = String, Path, description = "The product"),
        Repeatable,
        Conditional,
    ),
    request_body = AdjustStock,
    responses(
        (status = 200, description = "The stock is adjusted", body = Accepted),
        Refused,
    )
)]
async fn adjust(
    State(app): State<Arc<App>>,
    Path(sku): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    received.require_staff(&app)?;
    let body: AdjustStock = received.json()?;
    if body.delta == 0 || !(-MAX_ON_HAND..=MAX_ON_HAND).contains(&body.delta) {
        let message = format!(
            "has to be between 1 and {MAX_ON_HAND}, up or down; it is {}",
            body.delta
        );
        return Err(one("delta", message));
    }
    stock(
        &app,
        received,
        &sku,
        StockCommand::Adjust {
            delta: body.delta,
            reason: body.reason,
        },
    )
    .await
}

async fn stock(
    app: &App,
    received: Received,
    text: &str,
    command: StockCommand,
) -> Result<Response, Problem> {
    let sku = sku(text)?;
    app.execute(
        Command::Stock { sku, command },
        received.caller(STAFF, "staff")?,
        None,
    )
    .await
}

fn one(field: &str, message: String) -> Problem {
    Problem::validation(vec![Violation {
        field: field.to_owned(),
        message,
    }])
}
