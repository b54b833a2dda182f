//! Changing a password, and choosing a new one where it is forgotten.

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
use crate::accounts::links::{self, Purpose};
use crate::accounts::store::{self, Account};
use crate::accounts::{AccountError, Accounts};
use crate::email::subject_of;
use crate::error::Problem;
use crate::fields::{Fields, SentTypedEmail};
use crate::mails::Mail;
use crate::request::Received;
use crate::router::{App, set_cookies};
use crate::routes::Refused;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(change_password))
        .routes(routes!(ask_for_reset))
        .routes(routes!(reset_password))
}

/// Guesses at the password of one's own account.
pub(super) const GUESSES: Quota = Quota {
    name: "password",
    count: 10,
    window: Duration::from_mins(15),
};
/// Mails to one address, so that nobody's mailbox is filled by others.
pub(super) const MAILS: Quota = Quota {
    name: "mails",
    count: 5,
    window: Duration::from_hours(1),
};
/// Mails that one address on the network asks for.
pub(super) const MAILS_OF_ADDRESS: Quota = Quota {
    name: "mails-address",
    count: 50,
    window: Duration::from_hours(1),
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePassword {
    #[schema(value_type = String, format = Password, max_length = 128)]
    current: SecretString,
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 128)]
    new: SecretString,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ForgottenPassword {
    email: SentTypedEmail,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// From the link in the mail.
    #[schema(value_type = String, format = Password, max_length = 100)]
    token: SecretString,
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 128)]
    password: SecretString,
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
    let mut transaction = app.accounts.pool.begin().await?;
    store::set_password(&mut *transaction, account.id, &hash).await?;
    Mail::PasswordChanged
        .to(&mut transaction, account.id, &account.email)
        .await?;
    transaction.commit().await?;
    telemetry::failpoint("password.changed");
    app.sessions.end_all(account.id).await?;
    let account = store::by_id(&app.accounts.pool, account.id).await?;
    let cookies = begin_session(&app, &received, &account).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookies(response.headers_mut(), Some(cookies));
    Ok(response)
}

/// Ask for a link to choose a new password
///
/// The answer is the same whether there is an account or not.
#[utoipa::path(
    post,
    path = "/api/commands/password-resets",
    tag = "accounts",
    request_body = ForgottenPassword,
    responses(
        (status = 202, description = "If there is an account, a link that works for an hour is on its way to it"),
        Refused,
    )
)]
async fn ask_for_reset(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let ForgottenPassword { email } = received.json()?;
    let mut fields = Fields::default();
    let Some(email) = fields.take("email", &email) else {
        return Err(fields.refused());
    };
    count(&app, MAILS_OF_ADDRESS, &received.network().to_string()).await?;
    count(&app, MAILS, &subject_of(email.as_str())).await?;
    // Aside: how long it takes would tell whether there is an account.
    tokio::spawn(async move {
        if let Err(error) = send_reset(&app, email.as_str()).await {
            tracing::warn!(%error, "a link for a new password cannot be sent");
        }
    });
    Ok(StatusCode::ACCEPTED.into_response())
}

async fn send_reset(app: &App, email: &str) -> Result<(), AccountError> {
    let Accounts { pool, .. } = &app.accounts;
    let Some(account) = store::by_email(pool, email).await? else {
        return Ok(());
    };
    let mut transaction = pool.begin().await?;
    let secret = links::create(&mut *transaction, account.id, Purpose::ResetPassword, None).await?;
    let link = app.page(&format!("/account/reset#{secret}"));
    Mail::ResetPassword { link }
        .to(&mut transaction, account.id, &account.email)
        .await?;
    Ok(transaction.commit().await?)
}

/// Choose a new password by a link
///
/// Every session ends.
#[utoipa::path(
    post,
    path = "/api/commands/password-resets/redeem",
    tag = "accounts",
    request_body = NewPassword,
    responses(
        (status = 204, description = "The password is the new one; sign in with it"),
        Refused,
    )
)]
async fn reset_password(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    use secrecy::ExposeSecret;
    let NewPassword { token, password } = received.json()?;
    if let Some(violation) = objection(&password, "") {
        return Err(Problem::validation(vec![violation]));
    }
    count(&app, MAILS_OF_ADDRESS, &received.network().to_string()).await?;
    let hash = app.accounts.passwords.hash(password).await?;
    let mut transaction = app.accounts.pool.begin().await?;
    let used = links::consume(&mut *transaction, Purpose::ResetPassword, token.expose_secret()).await?;
    store::set_password(&mut *transaction, used.account_id, &hash).await?;
    let account = store::by_id(&mut *transaction, used.account_id).await?;
    Mail::PasswordChanged
        .to(&mut transaction, account.id, &account.email)
        .await?;
    transaction.commit().await?;
    app.sessions.end_all(used.account_id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
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
