//! Second factors of an account: listing and removing them, new recovery codes. [`adding`] adds them, [`second_step`] is signing in
//! with one.
//!
//! Whoever changes them knows the password; an account that has one had to show it to be here at all.

mod adding;
mod problem;
pub mod second_step;

use std::sync::Arc;
use std::time::SystemTime;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use session::security::{self, Event};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::going_on::in_new_session;
use super::guesses::confirm_password;
use super::{may_be_told, signed_in_by_cookie};
use crate::accounts::second_factor::store::{self, Factor};
use crate::accounts::second_factor::{MAX_FACTORS, SecondFactorError, recovery_codes};
use crate::accounts::store::Account;
use crate::error::Problem;
use crate::request::Received;
use crate::router::App;
use crate::routes::Refused;
use crate::to_its_end::to_its_end;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list_second_factors))
        .routes(routes!(remove_second_factor))
        .routes(routes!(make_recovery_codes))
        .merge(adding::router())
        .merge(second_step::router())
}

/// The password once more, for what changes how one signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordAgain {
    #[schema(value_type = String, format = Password, max_length = 128)]
    password: SecretString,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SecondFactor)]
struct FactorOf {
    id: Uuid,
    /// `totp` or `passkey`.
    #[schema(example = "totp")]
    kind: String,
    #[schema(example = "My phone")]
    name: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    last_used_at: Option<OffsetDateTime>,
}

impl From<Factor> for FactorOf {
    fn from(factor: Factor) -> Self {
        Self {
            id: factor.id,
            kind: factor.kind,
            name: factor.name,
            created_at: factor.created_at,
            last_used_at: factor.last_used_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct SecondFactorList {
    /// The oldest first.
    factors: Vec<FactorOf>,
    /// As many as there may be.
    most: i64,
    /// Each works once.
    recovery_codes_left: i64,
    /// The account has a role that counts with a second factor alone: the last one cannot be removed.
    is_needed: bool,
    /// False where the shop has no domain, to which passkeys could be bound.
    takes_passkeys: bool,
}

/// Shown here and never again.
#[derive(Serialize, ToSchema)]
struct RecoveryCodes {
    #[schema(example = json!(["7m2k-q0zj-4tx9-a1vd"]))]
    recovery_codes: Vec<String>,
}

/// The second factors of the account
///
/// Without their secrets, the oldest first, and how many recovery codes are left.
#[utoipa::path(
    get,
    path = "/api/commands/account/second-factors",
    tag = "accounts",
    security(("session" = [])),
    responses(
        (status = 200, description = "Every second factor", body = SecondFactorList),
        Refused,
    )
)]
async fn list_second_factors(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let account = signed_in_by_cookie(&app, &received).await?;
    let pool = &app.accounts.pool;
    let factors = store::list(pool, account.id).await?;
    let body = SecondFactorList {
        factors: factors.into_iter().map(FactorOf::from).collect(),
        most: MAX_FACTORS,
        recovery_codes_left: recovery_codes::left(pool, account.id).await?,
        is_needed: account.roles.is_privileged(),
        takes_passkeys: app.second_factors.passkeys.is_some(),
    };
    Ok(Json(body).into_response())
}

/// Remove a second factor
///
/// Every other session ends, and every API key; this session goes on under a new id. The last one of an account with a role beyond the
/// shopper's stays. With the last one go the recovery codes.
#[utoipa::path(
    delete,
    path = "/api/commands/account/second-factors/{id}",
    tag = "accounts",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The second factor")),
    request_body = PasswordAgain,
    responses(
        (status = 204, description = "It opens nothing any more; a new cookie is set, and a mail says so"),
        Refused,
    )
)]
async fn remove_second_factor(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let PasswordAgain { password } = received.json()?;
    let account = signed_in_by_cookie(&app, &received).await?;
    confirm_password(&app, &received, &account, password).await?;
    let id = Uuid::parse_str(&id).map_err(|_| SecondFactorError::NoFactor)?;
    let is_told = may_be_told(&app, &account).await?;
    let removing = {
        let (app, account) = (Arc::clone(&app), account.clone());
        async move {
            let removed = store::remove(&app.accounts.pool, &account, id, is_told).await?;
            security::record(Event::FactorRemoved, Some(account.id), "");
            let told = removed.ended.tell_or_log(&app.sessions, &app.api_keys).await;
            Ok::<_, SecondFactorError>((removed.was_last, told))
        }
    };
    let (was_last, told) = to_its_end(removing).await?;
    let account = Account {
        has_second_factor: !was_last,
        ..account
    };
    let response = StatusCode::NO_CONTENT.into_response();
    Ok(in_new_session(&app, &received, account, told, response).await)
}

/// Make new recovery codes
///
/// Those from before do not work any more. Every other session ends, and every API key; this session goes on under a new id.
#[utoipa::path(
    post,
    path = "/api/commands/account/second-factors/recovery-codes",
    tag = "accounts",
    security(("session" = [])),
    request_body = PasswordAgain,
    responses(
        (status = 200, description = "Ten codes, once; a new cookie is set, and a mail says that there are new ones", body = RecoveryCodes),
        Refused,
    )
)]
async fn make_recovery_codes(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let PasswordAgain { password } = received.json()?;
    let account = signed_in_by_cookie(&app, &received).await?;
    confirm_password(&app, &received, &account, password).await?;
    let is_told = may_be_told(&app, &account).await?;
    let renewing = {
        let (app, account) = (Arc::clone(&app), account.clone());
        async move {
            let (recovery_codes, ended) = store::renew_codes(&app.accounts.pool, &account, is_told).await?;
            security::record(Event::RecoveryCodesMade, Some(account.id), "");
            let told = ended.tell_or_log(&app.sessions, &app.api_keys).await;
            Ok::<_, SecondFactorError>((recovery_codes, told))
        }
    };
    let (recovery_codes, told) = to_its_end(renewing).await?;
    let response = Json(RecoveryCodes { recovery_codes }).into_response();
    Ok(in_new_session(&app, &received, account, told, response).await)
}

/// In unix seconds.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
