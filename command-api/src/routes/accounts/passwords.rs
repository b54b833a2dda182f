//! Changing a password, and choosing a new one where it is forgotten.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde::Deserialize;
use session::Quota;
use session::security::{self, Event};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::going_on::in_new_session;
use super::guesses::confirm_password;
use super::signing_in::{objection, refuse_weak};
use super::{count, count_mail, may_be_told, signed_in_by_cookie};
use crate::accounts::links::{self, Purpose};
use crate::accounts::passwords::Asker;
use crate::accounts::{AccountError, changing, store};
use crate::error::Problem;
use crate::fields::{Fields, SentTypedEmail};
use crate::request::Received;
use crate::router::App;
use crate::routes::Refused;
use crate::to_its_end::to_its_end;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(change_password))
        .routes(routes!(ask_for_reset))
        .routes(routes!(reset_password))
}

/// Links that are opened from one network. Nobody guesses one; each costs the shop a look, and a new password a hash.
pub(super) const LINKS_OPENED: Quota = Quota {
    name: "links",
    count: 200,
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
/// Every other session ends, and every API key; this session goes on under a new id.
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
    let asker = confirm_password(&app, &received, &account, current).await?;
    refuse_weak(&app, asker, &new, &account.email, "new").await?;
    let hash = app.accounts.passwords.hash(asker, new).await?;
    let is_told = may_be_told(&app, &account).await?;
    let change = {
        let (app, account) = (Arc::clone(&app), account.clone());
        async move {
            let ended = changing::change_password(&app.accounts.pool, &account, &hash, is_told).await?;
            telemetry::failpoint("password.changed");
            security::record(Event::PasswordChanged, Some(account.id), "");
            Ok::<_, AccountError>(ended.tell_or_log(&app.sessions, &app.api_keys).await)
        }
    };
    let told = to_its_end(change).await?;
    let response = StatusCode::NO_CONTENT.into_response();
    Ok(in_new_session(&app, &received, account, told, response).await)
}

/// Ask for a link to choose a new password
///
/// The answer is the same whether there is an account or not.
#[utoipa::path(
    post,
    path = "/api/commands/password-resets",
    tag = "accounts",
    security(()),
    request_body = ForgottenPassword,
    responses(
        (status = 202, description = "If there is an account, a link that works for half an hour is on its way to it"),
        Refused,
    )
)]
async fn ask_for_reset(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let ForgottenPassword { email } = received.json()?;
    let mut fields = Fields::default();
    let Some(email) = fields.take("email", &email) else {
        return Err(fields.refused());
    };
    count_mail(&app, &received, email.as_str(), app.quotas.resets).await?;
    security::record(Event::PasswordResetAsked, None, "");
    // Aside: how long it takes would tell whether there is an account.
    tokio::spawn(async move {
        if let Err(error) = changing::send_reset(&app, email.as_str()).await {
            tracing::warn!(%error, "a link for a new password cannot be sent");
        }
    });
    Ok(StatusCode::ACCEPTED.into_response())
}

/// Choose a new password by a link
///
/// Every session ends, and every API key.
#[utoipa::path(
    post,
    path = "/api/commands/password-resets/redeem",
    tag = "accounts",
    security(()),
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
    count(&app, LINKS_OPENED, &received.network().to_string()).await?;
    let asker = Asker::stranger(received.network());
    refuse_guessed(
        &app,
        asker,
        Purpose::ResetPassword,
        token.expose_secret(),
        &password,
    )
    .await?;
    let hash = app.accounts.passwords.hash(asker, password).await?;
    let resetting = async move {
        let reset = changing::reset_password(&app.accounts.pool, token.expose_secret(), &hash).await?;
        security::record(Event::PasswordReset, Some(reset.account), "");
        if reset.has_lost_factors {
            security::record(Event::FactorsReset, Some(reset.account), "link");
        }
        reset.ended.tell_or_log(&app.sessions, &app.api_keys).await;
        Ok::<_, AccountError>(())
    };
    to_its_end(resetting).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Looks at a new password with the address of the account whose link this is. The link stays as it is: whoever chooses a password
/// that is refused chooses another by the same one.
pub(super) async fn refuse_guessed(
    app: &App,
    asker: Asker,
    purpose: Purpose,
    token: &str,
    password: &SecretString,
) -> Result<(), Problem> {
    let account = links::account_of(&app.accounts.pool, purpose, token).await?;
    let account = store::by_id(&app.accounts.pool, account).await?;
    if let Some(violation) = objection(password, &account.email) {
        return Err(Problem::validation(vec![violation]));
    }
    refuse_weak(app, asker, password, &account.email, "password").await
}
