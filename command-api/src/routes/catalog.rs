//! Staff's products.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use domain::product::{NewDetails, NewPicture, ProductCommand};
use domain::{Money, Sku};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Accepted, Conditional, Refused, Repeatable};
use crate::command_loop::Command;
use crate::error::Problem;
use crate::fields::{Fields, SentCurrency, SentLine, SentNumber, SentParagraph, SentSku, SentSlug};
use crate::identity::Who;
use crate::request::{self, Received};
use crate::router::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(change_details))
        .routes(routes!(change_price))
        .routes(routes!(delist))
        .routes(routes!(relist))
}

type SentPrice = SentNumber<1, { domain::product::MAX_PRICE }>;

/// An amount of money in minor units (cents for EUR, yen for JPY). In currencies of three decimals it ends in 0: cards are charged no
/// other amounts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Price {
    minor: SentPrice,
    currency: SentCurrency,
}

/// One of the shop's drawings, in one of its colours.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PictureNames {
    drawing: SentSlug,
    colour: SentSlug,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ListProduct {
    sku: SentSku,
    name: SentLine<120>,
    description: SentParagraph<4000, 0>,
    category: SentSlug,
    price: Price,
    picture: Option<PictureNames>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeDetails {
    name: SentLine<120>,
    description: SentParagraph<4000, 0>,
    category: SentSlug,
    picture: Option<PictureNames>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePrice {
    price: Price,
}

/// List a product
///
/// It is sold from now on, as soon as it has stock.
#[utoipa::path(
    post,
    path = "/api/commands/products",
    tag = "catalog",
    security(("session" = []), ("staff" = [])),
    params(Repeatable),
    request_body = ListProduct,
    responses(
        (status = 201, description = "The product is listed", body = Accepted),
        Refused,
    )
)]
async fn list(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let staff = received.require_staff(&app).await?;
    let body: ListProduct = received.json()?;
    let mut fields = Fields::default();
    let sku = fields.take("sku", &body.sku);
    let price = price(&body.price, &mut fields);
    let details = details(
        &body.name,
        &body.description,
        &body.category,
        body.picture.as_ref(),
        &mut fields,
    );
    let (Some(sku), Some(price), Some(details), true) = (sku, price, details, fields.is_right()) else {
        return Err(fields.refused());
    };
    let command = ProductCommand::List { details, price };
    product(&app, &staff, received, sku, command).await
}

/// Change what people read about a product
///
/// Name, description, category and picture; the price is changed apart.
#[utoipa::path(
    put,
    path = "/api/commands/products/{sku}/details",
    tag = "catalog",
    security(("session" = []), ("staff" = [])),
    params(("sku" = inline(SentSku), Path, description = "The product"), Repeatable, Conditional),
    request_body = ChangeDetails,
    responses(
        (status = 200, description = "The details are these", body = Accepted),
        Refused,
    )
)]
async fn change_details(
    State(app): State<Arc<App>>,
    Path(sku): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let staff = received.require_staff(&app).await?;
    let body: ChangeDetails = received.json()?;
    let mut fields = Fields::default();
    let details = details(
        &body.name,
        &body.description,
        &body.category,
        body.picture.as_ref(),
        &mut fields,
    );
    let (Some(details), true) = (details, fields.is_right()) else {
        return Err(fields.refused());
    };
    let command = ProductCommand::ChangeDetails { details };
    product(&app, &staff, received, request::sku(&sku)?, command).await
}

/// Change a price
///
/// Open carts keep the price at which a line was added and show the difference.
#[utoipa::path(
    put,
    path = "/api/commands/products/{sku}/price",
    tag = "catalog",
    security(("session" = []), ("staff" = [])),
    params(("sku" = inline(SentSku), Path, description = "The product"), Repeatable, Conditional),
    request_body = ChangePrice,
    responses(
        (status = 200, description = "The price is this", body = Accepted),
        Refused,
    )
)]
async fn change_price(
    State(app): State<Arc<App>>,
    Path(sku): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let staff = received.require_staff(&app).await?;
    let body: ChangePrice = received.json()?;
    let mut fields = Fields::default();
    let Some(price) = price(&body.price, &mut fields) else {
        return Err(fields.refused());
    };
    let command = ProductCommand::ChangePrice { price };
    product(&app, &staff, received, request::sku(&sku)?, command).await
}

/// Take a product off the lists
///
/// Carts that have it keep it, and cannot be checked out with it.
#[utoipa::path(
    post,
    path = "/api/commands/products/{sku}/delist",
    tag = "catalog",
    security(("session" = []), ("staff" = [])),
    params(("sku" = inline(SentSku), Path, description = "The product"), Repeatable, Conditional),
    responses(
        (status = 200, description = "It is not sold any more", body = Accepted),
        Refused,
    )
)]
async fn delist(
    State(app): State<Arc<App>>,
    Path(sku): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let staff = received.require_staff(&app).await?;
    product(
        &app,
        &staff,
        received,
        request::sku(&sku)?,
        ProductCommand::Delist,
    )
    .await
}

/// Put a product back on the lists
///
/// As it was before it was taken off, at the price that it has.
#[utoipa::path(
    post,
    path = "/api/commands/products/{sku}/relist",
    tag = "catalog",
    security(("session" = []), ("staff" = [])),
    params(("sku" = inline(SentSku), Path, description = "The product"), Repeatable, Conditional),
    responses(
        (status = 200, description = "It is sold again", body = Accepted),
        Refused,
    )
)]
async fn relist(
    State(app): State<Arc<App>>,
    Path(sku): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let staff = received.require_staff(&app).await?;
    product(
        &app,
        &staff,
        received,
        request::sku(&sku)?,
        ProductCommand::Relist,
    )
    .await
}

async fn product(
    app: &App,
    staff: &Who,
    received: Received,
    sku: Sku,
    command: ProductCommand,
) -> Result<Response, Problem> {
    app.execute(Command::Product { sku, command }, received.caller(staff)?)
        .await
}

/// In steps that cards can be charged, and not more.
fn price(sent: &Price, fields: &mut Fields) -> Option<Money> {
    let minor = fields.number("price.minor", sent.minor);
    let currency = fields.take("price.currency", &sent.currency);
    let price = Money::new(minor?, currency?);
    match price.payable_in_parts() {
        Ok(()) => Some(price),
        Err(why) => {
            fields.note("price.minor", format!("{price} cannot be paid: {why}"));
            None
        }
    }
}

fn details(
    name: &SentLine<120>,
    description: &SentParagraph<4000, 0>,
    category: &SentSlug,
    picture: Option<&PictureNames>,
    fields: &mut Fields,
) -> Option<NewDetails> {
    let name = fields.take("name", name);
    let description = fields.take("description", description);
    let category = fields.take("category", category);
    let picture = picture.and_then(|names| {
        let drawing = fields.take("picture.drawing", &names.drawing);
        let colour = fields.take("picture.colour", &names.colour);
        Some(NewPicture {
            drawing: drawing?,
            colour: colour?,
        })
    });
    Some(NewDetails {
        name: name?,
        description: description?,
        category: category?,
        picture,
    })
}
