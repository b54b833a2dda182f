//! A person's own data: all of it as a file, and none of it any more.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use session::security::{self, Event};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::addresses::AddressOf;
use super::guesses::confirm_password;
use super::{AccountOf, signed_in_by_cookie};
use crate::accounts::{addresses, api_keys, erasure, export, second_factor};
use crate::error::Problem;
use crate::request::Received;
use crate::router::{App, set_cookies};
use crate::routes::Refused;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(export_account))
        .routes(routes!(erase_account))
}

/// Everything that the shop knows of a person.
#[derive(Serialize, ToSchema)]
struct Export {
    #[schema(inline)]
    account: AccountOf,
    #[schema(value_type = Vec<Object>)]
    addresses: Vec<AddressOf>,
    /// Null where there is none.
    #[schema(value_type = Object, nullable)]
    cart: Value,
    /// What was ordered, also as a guest with the account's confirmed address: where it went, how it was paid and given back,
    /// and what happened to it.
    #[schema(value_type = Vec<Object>)]
    orders: Vec<Value>,
    /// What was written in product requests.
    #[schema(value_type = Vec<Object>)]
    texts: Vec<Value>,
    /// The product requests that the account submitted, supported or followed, and what it did there.
    #[schema(value_type = Vec<Object>)]
    requests: Vec<Value>,
    /// What it was told of them.
    #[schema(value_type = Vec<Object>)]
    inbox: Vec<Value>,
    /// Where the account is signed in.
    #[schema(value_type = Vec<Object>)]
    sessions: Vec<Value>,
    /// Without their secrets.
    #[schema(value_type = Vec<Object>)]
    second_factors: Vec<Value>,
    /// Without the keys themselves: nobody has those.
    #[schema(value_type = Vec<Object>)]
    api_keys: Vec<Value>,
    /// Links in mails that still work, without what opens them.
    #[schema(value_type = Vec<Object>)]
    links: Vec<Value>,
    /// Of the last 30 days. What a mail says is forgotten when it is sent.
    #[schema(value_type = Vec<Object>)]
    mails: Vec<Value>,
    /// What the account did as one of staff.
    #[schema(value_type = Vec<Object>)]
    done_as_staff: Vec<Value>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EraseAccount {
    #[schema(value_type = String, format = Password, max_length = 128)]
    password: SecretString,
}

/// Everything that the shop knows of me
///
/// The account, addresses, orders, texts, requests, sessions and keys, as one JSON file.
#[utoipa::path(
    get,
    path = "/api/commands/account/export",
    tag = "accounts",
    security(("session" = [])),
    responses(
        (status = 200, description = "A JSON file", body = Export),
        Refused,
    )
)]
async fn export_account(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let account = signed_in_by_cookie(&app, &received).await?;
    let pool = &app.accounts.pool;
    let addresses = addresses::list(pool, account.id).await?;
    let keys = api_keys::list(pool, account.id).await?;
    let factors = second_factor::store::list(pool, account.id).await?;
    let sessions = app
        .sessions
        .list(account.id, account.epoch, received.cookies())
        .await?;
    let (orders, reasons) = export::orders(&app, &account).await?;
    let export = Export {
        account: AccountOf::from(&account),
        addresses: addresses.into_iter().map(AddressOf::from).collect(),
        cart: export::cart(&app, &account).await?,
        orders,
        texts: export::texts(&app, &account).await?,
        requests: export::requests(&app, &account).await?,
        inbox: export::inbox(&app, &account).await?,
        sessions: sessions
            .iter()
            .map(|session| {
                json!({
                    "device": session.device,
                    "created_at_unix": session.created_at,
                    "last_used_at_unix": session.last_used_at,
                })
            })
            .collect(),
        second_factors: factors
            .iter()
            .map(|factor| json!({ "kind": factor.kind, "name": factor.name }))
            .collect(),
        api_keys: keys
            .iter()
            .map(|key| {
                json!({
                    "name": key.name,
                    "role": key.role.name(),
                    "created_at": export::moment(key.created_at),
                    "expires_at": export::moment(key.expires_at),
                })
            })
            .collect(),
        links: export::links(&app, &account).await?,
        mails: export::mails(&app, &account, &reasons).await?,
        done_as_staff: export::done_as_staff(&app, &account).await?,
    };
    security::record(Event::ExportTaken, Some(account.id), "");
    let json = serde_json::to_vec_pretty(&export).unwrap_or_default();
    let mut response = json.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"my-data.json\""),
    );
    Ok(response)
}

/// Delete my account
///
/// Names, addresses, sessions and keys go at once. Orders stay, and nothing in them says whose they were. Where an order
/// still has to arrive, its address goes when it has.
#[utoipa::path(
    delete,
    path = "/api/commands/account",
    tag = "accounts",
    security(("session" = [])),
    request_body = EraseAccount,
    responses(
        (status = 204, description = "The account is gone; its cookies are too"),
        Refused,
    )
)]
async fn erase_account(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let EraseAccount { password } = received.json()?;
    let account = signed_in_by_cookie(&app, &received).await?;
    confirm_password(&app, &received, &account, password).await?;
    erasure::erase(&app, &account).await?;
    security::record(Event::AccountErased, Some(account.id), "");
    let cookies = app.sessions.end(received.cookies()).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookies(response.headers_mut(), Some(cookies));
    Ok(response)
}
