//! The address book of an account.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::signed_in;
use crate::accounts::AccountError;
use crate::accounts::addresses::{self, Address};
use crate::error::Problem;
use crate::fields::{Fields, SentCountry, SentLine, SentPhone};
use crate::request::Received;
use crate::router::App;
use crate::routes::Refused;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list_addresses, add_address))
        .routes(routes!(change_address, remove_address))
}

/// Where somebody has things sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AddressBody {
    name: SentLine<120>,
    /// Street and number.
    line1: SentLine<120>,
    line2: Option<SentLine<120>>,
    postal_code: SentLine<16>,
    city: SentLine<80>,
    region: Option<SentLine<80>>,
    country: SentCountry,
    phone: Option<SentPhone>,
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

/// # Errors
/// Every field that is not as it has to be.
fn parse(body: &AddressBody, id: Uuid) -> Result<Address, Problem> {
    let mut fields = Fields::default();
    let name = fields.take("name", &body.name);
    let line1 = fields.take("line1", &body.line1);
    let line2 = fields.take_optional("line2", body.line2.as_ref());
    let postal_code = fields.take("postal_code", &body.postal_code);
    let city = fields.take("city", &body.city);
    let region = fields.take_optional("region", body.region.as_ref());
    let phone = fields.take_optional("phone", body.phone.as_ref());
    let country = fields.take("country", &body.country);
    let (Some(name), Some(line1), Some(postal_code), Some(city), Some(country), true) =
        (name, line1, postal_code, city, country, fields.is_right())
    else {
        return Err(fields.refused());
    };
    Ok(Address {
        id,
        name: name.into(),
        line1: line1.into(),
        line2: line2.map(String::from),
        postal_code: postal_code.into(),
        city: city.into(),
        region: region.map(String::from),
        country: country.to_string(),
        phone: phone.map(String::from),
    })
}

fn address_id(text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| AccountError::NoAddress.into())
}

/// The address book
///
/// Every address that the account keeps, the newest first.
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
///
/// An account keeps a limited number of them; they are offered at checkout.
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
    let address = parse(&body, Uuid::now_v7())?;
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
    let address = parse(&body, address_id(&id)?)?;
    addresses::change(&app.accounts.pool, account.id, &address).await?;
    Ok(Json(AddressOf::from(address)).into_response())
}

/// Remove an address
///
/// Orders that were sent there stay as they were.
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
