//! The address book of an account.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::Country;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::signed_in;
use crate::accounts::AccountError;
use crate::accounts::addresses::{self, Address};
use crate::error::{Problem, Violation};
use crate::request::Received;
use crate::router::App;
use crate::routes::Refused;
use crate::routes::contact::Lines;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list_addresses, add_address))
        .routes(routes!(change_address, remove_address))
}

/// Where somebody has things sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AddressBody {
    #[schema(max_length = 120)]
    name: String,
    /// Street and number.
    #[schema(max_length = 120)]
    line1: String,
    #[schema(max_length = 120)]
    line2: Option<String>,
    #[schema(max_length = 16)]
    postal_code: String,
    #[schema(max_length = 80)]
    city: String,
    #[schema(max_length = 80)]
    region: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[schema(example = "DE")]
    country: String,
    #[schema(max_length = 32)]
    phone: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Address)]
pub(super) struct AddressOf {
    id: Uuid,
    name: String,
    line1: String,
    line2: Option<String>,
    postal_code: String,
    city: String,
    region: Option<String>,
    /// ISO 3166-1 alpha-2.
    country: String,
    phone: Option<String>,
}

/// The newest first.
#[derive(Serialize, ToSchema)]
struct AddressBook {
    addresses: Vec<AddressOf>,
}

impl From<Address> for AddressOf {
    fn from(address: Address) -> Self {
        Self {
            id: address.id,
            name: address.name,
            line1: address.line1,
            line2: address.line2,
            postal_code: address.postal_code,
            city: address.city,
            region: address.region,
            country: address.country,
            phone: address.phone,
        }
    }
}

/// Trimmed and checked.
fn parse(body: AddressBody, id: Uuid) -> Result<Address, Problem> {
    let mut checked = Lines::named("");
    let address = Address {
        id,
        name: checked.required("name", &body.name, 120),
        line1: checked.required("line1", &body.line1, 120),
        line2: checked.optional("line2", body.line2, 120),
        postal_code: checked.required("postal_code", &body.postal_code, 16),
        city: checked.required("city", &body.city, 80),
        region: checked.optional("region", body.region, 80),
        phone: checked.optional("phone", body.phone, 32),
        country: body.country,
    };
    if let Err(rule) = Country::parse(&address.country) {
        checked.violations.push(Violation {
            field: "country".to_owned(),
            message: format!("has to be {rule}"),
        });
    }
    if checked.violations.is_empty() {
        Ok(address)
    } else {
        Err(Problem::validation(checked.violations))
    }
}

fn address_id(text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| AccountError::NoAddress.into())
}

/// The address book
#[utoipa::path(
    get,
    path = "/api/commands/account/addresses",
    tag = "accounts",
    security(("session" = []), ("api_key" = [])),
    responses(
        (status = 200, description = "Every address", body = AddressBook),
        Refused,
    )
)]
async fn list_addresses(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let account = signed_in(&app, &received).await?;
    let found = addresses::list(&app.accounts.pool, account.id).await?;
    let addresses = found.into_iter().map(AddressOf::from).collect();
    Ok(Json(AddressBook { addresses }).into_response())
}

/// Add an address
#[utoipa::path(
    post,
    path = "/api/commands/account/addresses",
    tag = "accounts",
    security(("session" = []), ("api_key" = [])),
    request_body = AddressBody,
    responses(
        (status = 201, description = "The address is in the book", body = AddressOf),
        Refused,
    )
)]
async fn add_address(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let body: AddressBody = received.json()?;
    let account = signed_in(&app, &received).await?;
    let address = parse(body, Uuid::now_v7())?;
    addresses::add(&app.accounts.pool, account.id, &address).await?;
    Ok((StatusCode::CREATED, Json(AddressOf::from(address))).into_response())
}

/// Change an address
///
/// Orders that were sent there stay as they were.
#[utoipa::path(
    put,
    path = "/api/commands/account/addresses/{id}",
    tag = "accounts",
    security(("session" = []), ("api_key" = [])),
    params(("id" = Uuid, Path, description = "The address")),
    request_body = AddressBody,
    responses(
        (status = 200, description = "The address is this", body = AddressOf),
        Refused,
    )
)]
async fn change_address(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let body: AddressBody = received.json()?;
    let account = signed_in(&app, &received).await?;
    let address = parse(body, address_id(&id)?)?;
    addresses::change(&app.accounts.pool, account.id, &address).await?;
    Ok(Json(AddressOf::from(address)).into_response())
}

/// Remove an address
#[utoipa::path(
    delete,
    path = "/api/commands/account/addresses/{id}",
    tag = "accounts",
    security(("session" = []), ("api_key" = [])),
    params(("id" = Uuid, Path, description = "The address")),
    responses(
        (status = 204, description = "The address is gone"),
        Refused,
    )
)]
async fn remove_address(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let account = signed_in(&app, &received).await?;
    addresses::remove(&app.accounts.pool, account.id, address_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
