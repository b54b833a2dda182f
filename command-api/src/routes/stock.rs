//! Staff's stock.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::stock::{AdjustmentReason, MAX_ON_HAND, StockCommand, StockItem};
use domain::{OrderId, StreamId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Accepted, Conditional, Refused, Repeatable};
use crate::command_loop::{Command, current_of};
use crate::error::Problem;
use crate::fields::{Fields, SentDifference, SentNumber, SentSku};
use crate::identity::Who;
use crate::request::{Received, sku};
use crate::router::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(receive))
        .routes(routes!(adjust))
        .routes(routes!(see))
}

type SentUnits = SentNumber<1, MAX_ON_HAND>;
type SentMoreOrFewer = SentDifference<MAX_ON_HAND>;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReceiveStock {
    /// Units that arrived.
    quantity: SentUnits,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AdjustStock {
    /// Units more (positive) or fewer (negative) than were on hand.
    delta: SentMoreOrFewer,
    reason: ReasonName,
}

/// Why staff say that there are more or fewer.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AdjustmentReason)]
enum ReasonName {
    Damaged,
    Lost,
    Found,
    Counted,
}

impl From<ReasonName> for AdjustmentReason {
    fn from(name: ReasonName) -> Self {
        match name {
            ReasonName::Damaged => Self::Damaged,
            ReasonName::Lost => Self::Lost,
            ReasonName::Found => Self::Found,
            ReasonName::Counted => Self::Counted,
        }
    }
}

/// What lies in the warehouse, and what of it is promised to whom.
#[derive(Serialize, ToSchema)]
struct StockOf {
    sku: String,
    version: u64,
    on_hand: i64,
    reserved: i64,
    available: i64,
    /// The oldest order first.
    reservations: Vec<ReservationOf>,
}

#[derive(Serialize, ToSchema)]
struct ReservationOf {
    #[schema(value_type = uuid::Uuid)]
    order: OrderId,
    quantity: i64,
}

/// See stock and its reservations
///
/// What is on hand, what of that is promised, and to which orders.
#[utoipa::path(
    get,
    path = "/api/commands/stock/{sku}",
    tag = "stock",
    security(("session" = []), ("staff" = []), ("analyst" = [])),
    params(("sku" = inline(SentSku), Path, description = "The product")),
    responses(
        (status = 200, description = "As it is now", body = StockOf),
        Refused,
    )
)]
async fn see(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    received.require_reader(&app).await?;
    let sku = sku(&text)?;
    let (item, version): (StockItem, u64) = current_of(&app.reader, StreamId::stock_item(&sku)).await?;
    let reservations = item.reservations.iter().map(|(order, quantity)| ReservationOf {
        order: *order,
        quantity: *quantity,
    });
    let stock = StockOf {
        sku: sku.to_string(),
        version,
        on_hand: item.on_hand,
        reserved: item.reserved,
        available: item.available(),
        reservations: reservations.collect(),
    };
    Ok(Json(stock).into_response())
}

/// Receive stock
///
/// Whoever waits for the product is told.
#[utoipa::path(
    post,
    path = "/api/commands/stock/{sku}/receipts",
    tag = "stock",
    security(("session" = []), ("staff" = [])),
    params(
        ("sku" = inline(SentSku), Path, description = "The product"),
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
    let staff = received.require_staff(&app).await?;
    let body: ReceiveStock = received.json()?;
    let mut fields = Fields::default();
    let Some(quantity) = fields.number("quantity", body.quantity) else {
        return Err(fields.refused());
    };
    stock(&app, &staff, received, &sku, StockCommand::Receive { quantity }).await
}

/// Adjust stock
///
/// For what was counted, found, lost or damaged. What arrives is received instead.
#[utoipa::path(
    post,
    path = "/api/commands/stock/{sku}/adjustments",
    tag = "stock",
    security(("session" = []), ("staff" = [])),
    params(
        ("sku" = inline(SentSku), Path, description = "The product"),
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
    let staff = received.require_staff(&app).await?;
    let body: AdjustStock = received.json()?;
    let mut fields = Fields::default();
    let Some(delta) = fields.difference("delta", body.delta) else {
        return Err(fields.refused());
    };
    let reason = body.reason.into();
    stock(
        &app,
        &staff,
        received,
        &sku,
        StockCommand::Adjust { delta, reason },
    )
    .await
}

async fn stock(
    app: &App,
    staff: &Who,
    received: Received,
    text: &str,
    command: StockCommand,
) -> Result<Response, Problem> {
    let sku = sku(text)?;
    app.execute(Command::Stock { sku, command }, received.caller(staff)?)
        .await
}
