//! API keys of an account, for its REST clients.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::text::{Parsed, Rule};
use serde::{Deserialize, Serialize};
use session::Role;
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::signed_in_by_cookie;
use crate::accounts::AccountError;
use crate::accounts::api_keys::{self, ApiKey, MAX_LIFE_DAYS};
use crate::error::Problem;
use crate::fields::{Fields, Sent, SentLine};
use crate::request::Received;
use crate::router::App;
use crate::routes::Refused;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list_api_keys, create_api_key))
        .routes(routes!(revoke_api_key))
}

/// What a key may do.
struct KeyRole(Role);

type SentRole = Sent<KeyRole>;

impl Parsed for KeyRole {
    fn rule() -> Rule {
        Rule {
            max_length: Some(20),
            pattern: Some("^[a-z]+$"),
            example: Some("shopper"),
            ..Rule::new("Role", "A role that an account can have.")
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        Role::parse(text).map(Self).ok_or_else(|| {
            let known: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
            format!("has to be one of {}", known.join(", "))
        })
    }
}

/// A key for a REST client. It can do what its role can, in the name of the account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewApiKey {
    /// For the list, so that it is known what it is for.
    name: SentLine<60>,
    /// One of the account's own roles: `shopper`, `staff`, `analyst`, `ops`.
    role: SentRole,
    #[schema(minimum = 1, maximum = 365)]
    expires_in_days: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
struct ApiKeyOf {
    id: Uuid,
    name: String,
    role: &'static str,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// The newest first.
#[derive(Serialize, ToSchema)]
struct ApiKeyList {
    api_keys: Vec<ApiKeyOf>,
}

/// The key itself is shown here and never again.
#[derive(Serialize, ToSchema)]
struct CreatedApiKey {
    #[serde(flatten)]
    about: ApiKeyOf,
    /// Goes into `Authorization: Bearer …`.
    #[schema(example = "cw_q3zZ0Jp0P0VY9m3bXv8l2cFQ5m1o7t9wq6dD4eR8yTs")]
    key: String,
}

impl From<&ApiKey> for ApiKeyOf {
    fn from(key: &ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name.clone(),
            role: key.role.name(),
            created_at: key.created_at,
            expires_at: key.expires_at,
        }
    }
}

/// The API keys of the account
#[utoipa::path(
    get,
    path = "/api/commands/account/api-keys",
    tag = "accounts",
    security(("session" = [])),
    responses(
        (status = 200, description = "Every key that is good", body = ApiKeyList),
        Refused,
    )
)]
async fn list_api_keys(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let account = signed_in_by_cookie(&app, &received).await?;
    let keys = api_keys::list(&app.accounts.pool, account.id).await?;
    let api_keys = keys.iter().map(ApiKeyOf::from).collect();
    Ok(Json(ApiKeyList { api_keys }).into_response())
}

/// Make an API key
#[utoipa::path(
    post,
    path = "/api/commands/account/api-keys",
    tag = "accounts",
    security(("session" = [])),
    request_body = NewApiKey,
    responses(
        (status = 201, description = "The key, once", body = CreatedApiKey),
        Refused,
    )
)]
async fn create_api_key(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let NewApiKey {
        name,
        role,
        expires_in_days,
    } = received.json()?;
    let account = signed_in_by_cookie(&app, &received).await?;
    let mut fields = Fields::default();
    let name = fields.take("name", &name);
    let role = fields.take("role", &role);
    if !(1..=MAX_LIFE_DAYS).contains(&expires_in_days) {
        let message = format!("has to be between 1 and {MAX_LIFE_DAYS}, it is {expires_in_days}");
        fields.note("expires_in_days", message);
    }
    let (Some(name), Some(KeyRole(role)), true) = (name, role, fields.is_right()) else {
        return Err(fields.refused());
    };
    let life = Duration::from_hours(24 * expires_in_days);
    let pool = &app.accounts.pool;
    let (stored, key) = api_keys::create(pool, &app.api_keys, account.id, name.as_str(), role, life).await?;
    let body = CreatedApiKey {
        about: ApiKeyOf::from(&stored),
        key,
    };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// Revoke an API key
#[utoipa::path(
    delete,
    path = "/api/commands/account/api-keys/{id}",
    tag = "accounts",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The key")),
    responses(
        (status = 204, description = "The key opens nothing any more"),
        Refused,
    )
)]
async fn revoke_api_key(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let account = signed_in_by_cookie(&app, &received).await?;
    let id = Uuid::parse_str(&id).map_err(|_| AccountError::NoApiKey)?;
    api_keys::revoke(&app.accounts.pool, &app.api_keys, account.id, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
