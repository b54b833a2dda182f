//! A shopper's own cart.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use domain::cart::{CartCommand, MAX_LINES_PER_COMMAND};
use domain::{CartId, Currency, OwnerId, Sku};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Accepted, Conditional, Refused, Repeatable};
use crate::command_loop::Command;
use crate::error::Problem;
use crate::fields::{Fields, SentCurrency, SentQuantity, SentSku};
use crate::request::{Received, cart_id, sku};
use crate::router::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(open))
        .routes(routes!(add_lines, clear))
        .routes(routes!(set_quantity, remove))
}

/// A new cart.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OpenCart {
    /// EUR where it is left out.
    currency: Option<SentCurrency>,
}

/// Lines to add: all of them or none.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AddLines {
    #[schema(min_items = 1, max_items = 50)]
    lines: Vec<AddLine>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AddLine {
    sku: SentSku,
    quantity: SentQuantity,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetQuantity {
    quantity: SentQuantity,
}

/// Open a cart
///
/// A shopper has one current cart: while it is open, asking again answers with that one.
#[utoipa::path(
    post,
    path = "/api/commands/carts",
    tag = "carts",
    security(("session" = []), ("api_key" = [])),
    params(Repeatable),
    request_body = OpenCart,
    responses(
        (status = 201, description = "A cart was opened", body = Accepted),
        (status = 200, description = "The current cart", body = Accepted),
        Refused,
    )
)]
async fn open(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let body: OpenCart = received.json()?;
    let mut fields = Fields::default();
    let currency = fields.take_optional("currency", body.currency.as_ref());
    fields.done()?;
    let currency = currency.unwrap_or(Currency::EUR);
    let cart = CartId::new(Uuid::now_v7());
    shop(&app, received, |owner| {
        Ok(Command::OpenCart {
            owner,
            cart,
            currency,
        })
    })
    .await
}

/// Add lines to a cart
///
/// All of them or none. A product that is in the cart already gets more.
#[utoipa::path(
    post,
    path = "/api/commands/carts/{id}/lines",
    tag = "carts",
    security(("session" = []), ("api_key" = [])),
    params(
        ("id" = Uuid, Path, description = "The cart"),
        Repeatable,
        Conditional,
    ),
    request_body = AddLines,
    responses(
        (status = 200, description = "All lines were added", body = Accepted),
        Refused,
    )
)]
async fn add_lines(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let body: AddLines = received.json()?;
    let lines = parse_lines(&body.lines)?;
    shop(&app, received, |by| {
        Ok(Command::AddItems {
            cart: cart_id(&id)?,
            by,
            lines,
        })
    })
    .await
}

/// Set the quantity of a line
///
/// The price stays the one at which the line was added.
#[utoipa::path(
    put,
    path = "/api/commands/carts/{id}/lines/{sku}",
    tag = "carts",
    security(("session" = []), ("api_key" = [])),
    params(
        ("id" = Uuid, Path, description = "The cart"),
        ("sku" = inline(SentSku), Path, description = "The product"),
        Repeatable,
        Conditional,
    ),
    request_body = SetQuantity,
    responses(
        (status = 200, description = "The line has this quantity", body = Accepted),
        Refused,
    )
)]
async fn set_quantity(
    State(app): State<Arc<App>>,
    Path((id, text)): Path<(String, String)>,
    received: Received,
) -> Result<Response, Problem> {
    let body: SetQuantity = received.json()?;
    let mut fields = Fields::default();
    let Some(quantity) = quantity("quantity", body.quantity, &mut fields) else {
        return Err(fields.refused());
    };
    shop(&app, received, |by| {
        let (cart, sku) = (cart_id(&id)?, sku(&text)?);
        Ok(Command::Cart {
            cart,
            command: CartCommand::SetQuantity { by, sku, quantity },
        })
    })
    .await
}

/// Remove a line
///
/// A line that is not there stays so: this can be repeated.
#[utoipa::path(
    delete,
    path = "/api/commands/carts/{id}/lines/{sku}",
    tag = "carts",
    security(("session" = []), ("api_key" = [])),
    params(
        ("id" = Uuid, Path, description = "The cart"),
        ("sku" = inline(SentSku), Path, description = "The product"),
        Repeatable,
        Conditional,
    ),
    responses(
        (status = 200, description = "The line is not in the cart", body = Accepted),
        Refused,
    )
)]
async fn remove(
    State(app): State<Arc<App>>,
    Path((id, text)): Path<(String, String)>,
    received: Received,
) -> Result<Response, Problem> {
    shop(&app, received, |by| {
        let (cart, sku) = (cart_id(&id)?, sku(&text)?);
        Ok(Command::Cart {
            cart,
            command: CartCommand::RemoveItem { by, sku },
        })
    })
    .await
}

/// Remove all lines
///
/// The cart stays open.
#[utoipa::path(
    delete,
    path = "/api/commands/carts/{id}/lines",
    tag = "carts",
    security(("session" = []), ("api_key" = [])),
    params(
        ("id" = Uuid, Path, description = "The cart"),
        Repeatable,
        Conditional,
    ),
    responses(
        (status = 200, description = "The cart is empty", body = Accepted),
        Refused,
    )
)]
async fn clear(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    shop(&app, received, |by| {
        Ok(Command::Cart {
            cart: cart_id(&id)?,
            command: CartCommand::Clear { by },
        })
    })
    .await
}

/// A command in the name of whoever's session it is.
pub async fn shop(
    app: &App,
    received: Received,
    command: impl FnOnce(OwnerId) -> Result<Command, Problem>,
) -> Result<Response, Problem> {
    let shopper = received.shopper(app).await?;
    let caller = received.caller(&shopper.who())?;
    app.execute(command(shopper.owner)?, caller).await
}

fn parse_lines(lines: &[AddLine]) -> Result<Vec<(Sku, u32)>, Problem> {
    if lines.is_empty() || lines.len() > MAX_LINES_PER_COMMAND {
        let message = format!(
            "has to have 1 to {MAX_LINES_PER_COMMAND} lines, it has {}",
            lines.len()
        );
        return Err(Problem::violation("lines", message));
    }
    let mut fields = Fields::default();
    let mut parsed = Vec::with_capacity(lines.len());
    for (line, number) in lines.iter().zip(0..) {
        let sku = fields.take(&format!("lines[{number}].sku"), &line.sku);
        let quantity = quantity(&format!("lines[{number}].quantity"), line.quantity, &mut fields);
        parsed.extend(sku.zip(quantity));
    }
    fields.done()?;
    Ok(parsed)
}

fn quantity(field: &str, sent: SentQuantity, fields: &mut Fields) -> Option<u32> {
    u32::try_from(fields.number(field, sent)?).ok()
}
