//! Changing a password.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde::Deserialize;
use session::Quota;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::signing_in::{begin_session, objection};
use super::{count, signed_in_by_cookie};
use crate::accounts::AccountError;
use crate::accounts::store::{self, Account};
use crate::error::Problem;
use crate::request::Received;
use crate::router::{App, set_cookies};
use crate::routes::Refused;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(change_password))
}

/// Guesses at the password of one's own account.
pub(super) const GUESSES: Quota = Quota {
    name: "password",
    count: 10,
    window: Duration::from_mins(15),
};
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePassword {
    #[schema(value_type = String)]
    current: SecretString,
    #[schema(value_type = String, min_length = 12, max_length = 128)]
    new: SecretString,
}

/// Change the password
///
/// Every other session ends, and this one goes on under a new id.
#[utoipa::path(
    put,
    path = "/api/commands/account/password",
    tag = "accounts",
    security(("session" = [])),
    request_body = ChangePassword,
    responses(
        (status = 204, description = "The password is changed; a new cookie is set"),
        Refused,
    )
)]
async fn change_password(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let ChangePassword { current, new } = received.json()?;
    let account = signed_in_by_cookie(&app, &received).await?;
    if let Some(mut violation) = objection(&new, &account.email) {
        "new".clone_into(&mut violation.field);
        return Err(Problem::validation(vec![violation]));
    }
    confirm_password(&app, &account, current).await?;
    let hash = app.accounts.passwords.hash(new).await?;
    store::set_password(&app.accounts.pool, account.id, &hash).await?;
    telemetry::failpoint("password.changed");
    app.sessions.end_all(account.id).await?;
    let account = store::by_id(&app.accounts.pool, account.id).await?;
    let cookies = begin_session(&app, &received, &account).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookies(response.headers_mut(), Some(cookies));
    Ok(response)
}

/// Whoever sends this knows the account's password, and not only its session.
pub(super) async fn confirm_password(
    app: &App,
    account: &Account,
    password: SecretString,
) -> Result<(), Problem> {
    count(app, GUESSES, &account.id.to_string()).await?;
    let hash = Some(account.password_hash.clone());
    if app.accounts.passwords.verify(password, hash).await? {
        Ok(())
    } else {
        Err(AccountError::WrongPassword.into())
    }
}
