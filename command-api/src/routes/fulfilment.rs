//! Staff's side of orders: sending, delivering, giving money back.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use domain::order::{OrderCommand, ShippedLine};
use domain::{RefundId, ShipmentId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::checkout::{Amount, amount};
use super::{Accepted, Conditional, Refused, Repeatable, RepeatableOnly};
use crate::command_loop::{By, Command, Paying};
use crate::error::Problem;
use crate::fields::{Fields, SentLine, SentQuoted, SentSku};
use crate::identity::Who;
use crate::request::{Received, order_id};
use crate::router::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(ship))
        .routes(routes!(deliver))
        .routes(routes!(refund))
        .routes(routes!(decline_return))
}

/// More than any order has.
const MOST_LINES: usize = 200;
const _: () = assert!(MOST_LINES >= domain::cart::MAX_LINES);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Ship {
    /// Everything that was not sent yet, where it is left out.
    #[schema(min_items = 1, max_items = 200)]
    lines: Option<Vec<ShipLine>>,
    /// Such as DHL.
    carrier: SentLine<64>,
    /// The carrier's tracking number.
    tracking: Option<SentLine<64>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ShipLine {
    sku: SentSku,
    /// As many as a quote may be for.
    quantity: SentQuoted,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Refund {
    /// All that is left of the payment, where it is left out.
    amount: Option<Amount>,
}

/// Send an order, or a part of it
///
/// What is left out was not sent yet and can follow in another shipment.
#[utoipa::path(
    post,
    path = "/api/commands/orders/{id}/shipments",
    tag = "fulfilment",
    security(("session" = []), ("staff" = [])),
    params(("id" = Uuid, Path, description = "The order"), Repeatable, Conditional),
    request_body = Ship,
    responses(
        (status = 201, description = "It is on its way", body = Accepted),
        Refused,
    )
)]
async fn ship(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let staff = received.require_staff(&app).await?;
    let body: Ship = received.json()?;
    let mut fields = Fields::default();
    let lines = body.lines.map(|lines| shipped_lines(&lines, &mut fields));
    let carrier = fields.take("carrier", &body.carrier);
    let tracking = fields.take_optional("tracking", body.tracking.as_ref());
    let (Some(carrier), true) = (carrier, fields.is_right()) else {
        return Err(fields.refused());
    };
    let command = OrderCommand::Ship {
        shipment: ShipmentId::new(Uuid::now_v7()),
        lines,
        carrier,
        tracking,
    };
    order(&app, &staff, received, &id, command).await
}

/// Say that a shipment arrived
///
/// When all shipments of an order have arrived, the order is delivered.
#[utoipa::path(
    post,
    path = "/api/commands/orders/{id}/shipments/{shipment}/delivery",
    tag = "fulfilment",
    security(("session" = []), ("staff" = [])),
    params(
        ("id" = Uuid, Path, description = "The order"),
        ("shipment" = Uuid, Path, description = "From the order's document"),
        Repeatable,
        Conditional,
    ),
    responses(
        (status = 200, description = "It is delivered", body = Accepted),
        Refused,
    )
)]
async fn deliver(
    State(app): State<Arc<App>>,
    Path((id, shipment)): Path<(String, String)>,
    received: Received,
) -> Result<Response, Problem> {
    let staff = received.require_staff(&app).await?;
    // What cannot be the id of a shipment names none.
    let shipment = ShipmentId::new(Uuid::parse_str(&shipment).unwrap_or_default());
    order(&app, &staff, received, &id, OrderCommand::Deliver { shipment }).await
}

/// Give money back, all of it or a part
///
/// Ends a customer's asking for a return.
#[utoipa::path(
    post,
    path = "/api/commands/orders/{id}/refunds",
    tag = "fulfilment",
    security(("session" = []), ("staff" = [])),
    params(("id" = Uuid, Path, description = "The order"), RepeatableOnly, Conditional),
    request_body = Refund,
    responses(
        (status = 201, description = "The gateway is asked; the version is the payment's", body = Accepted),
        Refused,
    )
)]
async fn refund(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let staff = received.require_staff(&app).await?;
    let body: Refund = received.json()?;
    let mut fields = Fields::default();
    let amount = body.amount.and_then(|sent| amount(&sent, "amount", &mut fields));
    fields.done()?;
    let order = order_id(&id)?;
    let caller = received.caller_with_key(&staff)?;
    let refund = RefundId::new(Uuid::now_v7());
    let paying = Paying::Refund { refund, amount };
    app.execute(Command::Paying { order, paying }, caller).await
}

/// Decline a return
///
/// The customer's asking ends, and nothing is given back.
#[utoipa::path(
    post,
    path = "/api/commands/orders/{id}/return-decline",
    tag = "fulfilment",
    security(("session" = []), ("staff" = [])),
    params(("id" = Uuid, Path, description = "The order"), Repeatable, Conditional),
    responses(
        (status = 200, description = "The return is declined", body = Accepted),
        Refused,
    )
)]
async fn decline_return(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let staff = received.require_staff(&app).await?;
    order(&app, &staff, received, &id, OrderCommand::DeclineReturn).await
}

async fn order(
    app: &App,
    staff: &Who,
    received: Received,
    id: &str,
    command: OrderCommand,
) -> Result<Response, Problem> {
    let order = order_id(id)?;
    let caller = received.caller(staff)?;
    let by = By::Admitted;
    app.execute(Command::Order { order, by, command }, caller).await
}

fn shipped_lines(lines: &[ShipLine], fields: &mut Fields) -> Vec<ShippedLine> {
    if !(1..=MOST_LINES).contains(&lines.len()) {
        fields.note(
            "lines",
            format!("has to have 1 to {MOST_LINES} lines, it has {}", lines.len()),
        );
        return vec![];
    }
    let parsed = lines.iter().zip(0..).filter_map(|(line, number)| {
        let sku = fields.take(&format!("lines[{number}].sku"), &line.sku);
        let quantity = fields.number(&format!("lines[{number}].quantity"), line.quantity);
        Some(ShippedLine {
            sku: sku?,
            quantity: u32::try_from(quantity?).ok()?,
        })
    });
    parsed.collect()
}
