//! A person's own data: all of it as a file, and none of it any more.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::order::Order;
use event_store::texts::Written;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::addresses::AddressOf;
use super::passwords::confirm_password;
use super::{AccountOf, signed_in_by_cookie};
use crate::accounts::store::Account;
use crate::accounts::{addresses, api_keys, erasure};
use crate::email::keys_of;
use crate::error::Problem;
use crate::request::Received;
use crate::router::{App, set_cookies};
use crate::routes::Refused;
use crate::routes::contact::ContactOf;

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
    /// What was ordered, and where it went.
    #[schema(value_type = Vec<Object>)]
    orders: Vec<Value>,
    /// What was written in product requests.
    #[schema(value_type = Vec<Object>)]
    texts: Vec<Value>,
    /// The product requests that the account submitted, supported or followed.
    requests: Vec<String>,
    /// Where the account is signed in.
    #[schema(value_type = Vec<Object>)]
    sessions: Vec<Value>,
    /// Without the keys themselves: nobody has those.
    #[schema(value_type = Vec<Object>)]
    api_keys: Vec<Value>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EraseAccount {
    #[schema(value_type = String, format = Password, max_length = 128)]
    password: SecretString,
}

/// Everything that the shop knows of me
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
    let sessions = app.sessions.list(account.id, received.cookies()).await?;
    let export = Export {
        account: AccountOf::from(&account),
        addresses: addresses.into_iter().map(AddressOf::from).collect(),
        orders: orders(&app, &account).await?,
        texts: texts(&app, &account).await?,
        requests: app.reader.requests_of(account.id).await?,
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
        api_keys: keys
            .iter()
            .map(|key| json!({ "name": key.name, "role": key.role.name() }))
            .collect(),
    };
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

async fn texts(app: &App, account: &Account) -> Result<Vec<Value>, Problem> {
    let written = app.texts.of_owner(account.id).await?;
    let texts = written.into_iter().map(|Written { request_id, text }| {
        json!({ "request": request_id, "title": text.title, "text": text.body, "link": text.link })
    });
    Ok(texts.collect())
}

async fn orders(app: &App, account: &Account) -> Result<Vec<Value>, Problem> {
    let confirmed = if account.is_confirmed {
        keys_of(&account.email)
    } else {
        vec![]
    };
    let mut orders = vec![];
    for (id, contact) in app.contacts.of_owner(account.id, &confirmed).await? {
        let (order, _) = app.reader.aggregate::<Order>(&id.to_string()).await?;
        // A checkout that was refused left the contact for a while; its order is none.
        if let Order::Placed {
            placement,
            status,
            shipments,
            ..
        } = order
        {
            orders.push(json!({
                "id": id,
                "status": status,
                "lines": placement.lines,
                "totals": placement.totals,
                "shipments": shipments,
                "sent_to": ContactOf::from(contact),
            }));
        }
    }
    Ok(orders)
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
    confirm_password(&app, &account, password).await?;
    erasure::erase(&app, &account).await?;
    let cookies = app.sessions.end(received.cookies()).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookies(response.headers_mut(), Some(cookies));
    Ok(response)
}
