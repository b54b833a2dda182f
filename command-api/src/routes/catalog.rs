//! Staff's products.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use domain::product::{Details, MAX_PRICE, Picture, ProductCommand};
use domain::{Currency, Money};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Accepted, Conditional, Refused, Repeatable};
use crate::command_loop::Command;
use crate::error::{Problem, Violation};
use crate::identity::Who;
use crate::request::{Received, sku};
use crate::router::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(change_details))
        .routes(routes!(change_price))
        .routes(routes!(delist))
        .routes(routes!(relist))
}

const MAX_NAME: usize = 120;
const MAX_DESCRIPTION: usize = 4_000;
const MAX_SLUG: usize = 40;

/// An amount of money in minor units (cents for EUR, yen for JPY).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Price {
    #[schema(minimum = 1, maximum = 100_000_000, example = 1450)]
    minor: i64,
    /// ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
}

/// One of the shop's drawings, in one of its colours.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PictureNames {
    #[schema(example = "mug", max_length = 40)]
    drawing: String,
    #[schema(example = "stone", max_length = 40)]
    colour: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ListProduct {
    #[schema(example = "KIT-MUG-STONE")]
    sku: String,
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    #[schema(max_length = 4000)]
    description: String,
    /// Lower-case words joined by hyphens.
    #[schema(example = "kitchen")]
    category: String,
    price: Price,
    picture: Option<PictureNames>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeDetails {
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    #[schema(max_length = 4000)]
    description: String,
    #[schema(example = "kitchen")]
    category: String,
    picture: Option<PictureNames>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePrice {
    price: Price,
}

/// List a product
#[utoipa::path(
    post,
    path = "/api/commands/products",
    tag = "catalog",
    security(("staff" = [])),
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
    let mut violations = vec![];
    let price = price(&body.price, &mut violations);
    let details = details(
        body.name,
        body.description,
        body.category,
        body.picture,
        &mut violations,
    );
    let (Some(price), true) = (price, violations.is_empty()) else {
        return Err(Problem::validation(violations));
    };
    product(
        &app,
        &staff,
        received,
        &body.sku,
        ProductCommand::List { details, price },
    )
    .await
}

/// Change what people read about a product
#[utoipa::path(
    put,
    path = "/api/commands/products/{sku}/details",
    tag = "catalog",
    security(("staff" = [])),
    params(("sku" = String, Path, description = "The product"), Repeatable, Conditional),
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
    let mut violations = vec![];
    let details = details(
        body.name,
        body.description,
        body.category,
        body.picture,
        &mut violations,
    );
    if !violations.is_empty() {
        return Err(Problem::validation(violations));
    }
    product(
        &app,
        &staff,
        received,
        &sku,
        ProductCommand::ChangeDetails { details },
    )
    .await
}

/// Change a price
///
/// Open carts keep the price at which a line was added and show the difference.
#[utoipa::path(
    put,
    path = "/api/commands/products/{sku}/price",
    tag = "catalog",
    security(("staff" = [])),
    params(("sku" = String, Path, description = "The product"), Repeatable, Conditional),
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
    let mut violations = vec![];
    let Some(price) = price(&body.price, &mut violations) else {
        return Err(Problem::validation(violations));
    };
    product(
        &app,
        &staff,
        received,
        &sku,
        ProductCommand::ChangePrice { price },
    )
    .await
}

/// Take a product off the lists
#[utoipa::path(
    post,
    path = "/api/commands/products/{sku}/delist",
    tag = "catalog",
    security(("staff" = [])),
    params(("sku" = String, Path, description = "The product"), Repeatable, Conditional),
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
    product(&app, &staff, received, &sku, ProductCommand::Delist).await
}

/// Put a product back on the lists
#[utoipa::path(
    post,
    path = "/api/commands/products/{sku}/relist",
    tag = "catalog",
    security(("staff" = [])),
    params(("sku" = String, Path, description = "The product"), Repeatable, Conditional),
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
    product(&app, &staff, received, &sku, ProductCommand::Relist).await
}

async fn product(
    app: &App,
    staff: &Who,
    received: Received,
    text: &str,
    command: ProductCommand,
) -> Result<Response, Problem> {
    let sku = sku(text)?;
    app.execute(Command::Product { sku, command }, received.caller(staff)?, None)
        .await
}

fn price(sent: &Price, violations: &mut Vec<Violation>) -> Option<Money> {
    let mut wrong = |field: &str, message: String| {
        violations.push(Violation {
            field: format!("price.{field}"),
            message,
        });
        None
    };
    if !(1..=MAX_PRICE).contains(&sent.minor) {
        return wrong(
            "minor",
            format!("has to be between 1 and {MAX_PRICE}, it is {}", sent.minor),
        );
    }
    match Currency::parse(&sent.currency) {
        Some(currency) => Some(Money::new(sent.minor, currency)),
        None => wrong(
            "currency",
            "has to be the ISO 4217 code of a currency that the shop knows".to_owned(),
        ),
    }
}

fn details(
    name: String,
    description: String,
    category: String,
    picture: Option<PictureNames>,
    violations: &mut Vec<Violation>,
) -> Details {
    let mut check = |field: &str, fits: bool, rule: String| {
        if !fits {
            violations.push(Violation {
                field: field.to_owned(),
                message: format!("has to be {rule}"),
            });
        }
    };
    let is_text = |text: &str, least: usize, most: usize| {
        let length = text.chars().count();
        (least..=most).contains(&length) && text.trim() == text && !text.contains('\0')
    };
    check(
        "name",
        is_text(&name, 1, MAX_NAME),
        format!("1 to {MAX_NAME} characters without spaces around them"),
    );
    let rule = format!("at most {MAX_DESCRIPTION} characters without spaces around them");
    check("description", is_text(&description, 0, MAX_DESCRIPTION), rule);
    let slug = format!("1 to {MAX_SLUG} characters a-z, 0-9 and '-'");
    check("category", is_slug(&category), slug.clone());
    let picture = picture.map(|names| {
        check("picture.drawing", is_slug(&names.drawing), slug.clone());
        check("picture.colour", is_slug(&names.colour), slug);
        Picture {
            drawing: names.drawing,
            colour: names.colour,
        }
    });
    Details {
        name,
        description,
        category,
        picture,
    }
}

fn is_slug(text: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    !text.is_empty() && text.len() <= MAX_SLUG && text.bytes().all(allowed)
}
