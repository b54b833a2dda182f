//! API keys of an account, for its REST clients.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::text::{Parsed, Rule};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use session::Role;
use session::security::{self, Event};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::guesses::confirm_password;
use super::{may_be_told, signed_in_by_cookie};
use crate::accounts::AccountError;
use crate::accounts::api_keys::{self, ApiKey, max_life_days};
use crate::error::Problem;
use crate::fields::{Fields, Sent, SentLine, SentNumber};
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
type SentDays = SentNumber<1, { max_life_days(Role::Shopper).cast_signed() }>;

impl Parsed for KeyRole {
    fn rule() -> Rule {
        Rule {
            one_of: Role::NAMES,
            example: Some("shopper"),
            ..Rule::new("Role", "A role that an account can have.")
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        Role::parse(text)
            .map(Self)
            .ok_or_else(|| format!("has to be one of {}", Role::NAMES.join(", ")))
    }
}

/// A key for a REST client. It can do what its role can, in the name of the account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewApiKey {
    /// For the list, so that it is known what it is for.
    name: SentLine<60>,
    /// One of the account's own roles: `shopper`, or `staff`, `analyst`, `ops` where it has a second factor.
    role: SentRole,
    /// At most 365 for `shopper`, and 30 for every other role.
    expires_in_days: SentDays,
    /// The account's: with a session alone nobody makes a key that outlives it.
    #[schema(value_type = String, format = Password, max_length = 128)]
    password: SecretString,
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
///
/// Without the keys themselves, which are shown once, when they are made.
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
///
/// The account is told of it by mail. A new password and signing out everywhere end every key, and losing a role those that have it.
/// It can do what its role can, in the name of the account, until it expires or is revoked.
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
        password,
    } = received.json()?;
    let account = signed_in_by_cookie(&app, &received).await?;
    let mut fields = Fields::default();
    let name = fields.take("name", &name);
    let role = fields.take("role", &role);
    let days = fields.number("expires_in_days", expires_in_days);
    let days = days.and_then(|days| u64::try_from(days).ok());
    if let (Some(KeyRole(role)), Some(days)) = (&role, days) {
        let most = max_life_days(*role);
        if days > most {
            let message = format!("has to be between 1 and {most} for a key as {role}, it is {days}");
            fields.note("expires_in_days", message);
        }
    }
    let (Some(name), Some(KeyRole(role)), Some(days), true) = (name, role, days, fields.is_right()) else {
        return Err(fields.refused());
    };
    if account.counting_roles().1.has(role) {
        return Err(Problem::second_factor_required(role));
    }
    confirm_password(&app, &received, &account, password).await?;
    let is_told = may_be_told(&app, &account).await?;
    let life = Duration::from_hours(24 * days);
    let (pool, keys) = (&app.accounts.pool, &app.api_keys);
    let (stored, key) = api_keys::create(pool, keys, &account, name.as_str(), role, life, is_told).await?;
    security::record(Event::ApiKeyMade, Some(account.id), role.name());
    let body = CreatedApiKey {
        about: ApiKeyOf::from(&stored),
        key,
    };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// Revoke an API key
///
/// At once, in both APIs.
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
    security::record(Event::ApiKeyRevoked, Some(account.id), "");
    Ok(StatusCode::NO_CONTENT.into_response())
}
