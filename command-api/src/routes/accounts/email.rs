//! Confirming the address of an account, and changing it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use database::Session;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::passwords::{MAILS, MAILS_OF_ADDRESS, confirm_password};
use super::{count, signed_in_by_cookie};
use crate::accounts::AccountError;
use crate::accounts::links::{self, Purpose};
use crate::accounts::store::{self, Account};
use crate::email::subject_of;
use crate::error::Problem;
use crate::fields::{Fields, SentEmail};
use crate::mails::Mail;
use crate::request::Received;
use crate::router::App;
use crate::routes::Refused;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(change_email))
        .routes(routes!(send_confirmation_again))
        .routes(routes!(confirm_email))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeEmail {
    /// The new one.
    email: SentEmail,
    #[schema(value_type = String, format = Password, max_length = 128)]
    password: SecretString,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConfirmEmail {
    /// From the link in the mail.
    #[schema(value_type = String, format = Password, max_length = 100)]
    token: SecretString,
}

/// The account's address from now on.
#[derive(Serialize, ToSchema)]
struct ConfirmedEmail {
    email: String,
}

/// Change the e-mail address
///
/// A link goes to the new address; until it is opened, the old one stays.
#[utoipa::path(
    post,
    path = "/api/commands/account/email-change",
    tag = "accounts",
    security(("session" = [])),
    request_body = ChangeEmail,
    responses(
        (status = 202, description = "A link that works for a day is on its way to the new address"),
        Refused,
    )
)]
async fn change_email(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let ChangeEmail { email, password } = received.json()?;
    let account = signed_in_by_cookie(&app, &received).await?;
    let mut fields = Fields::default();
    let Some(email) = fields.take("email", &email) else {
        return Err(fields.refused());
    };
    confirm_password(&app, &account, password).await?;
    count(&app, MAILS, &email.key()).await?;
    let taken = store::by_email(&app.accounts.pool, email.as_str()).await?;
    if taken.is_some_and(|other| other.id != account.id) {
        return Err(AccountError::EmailTaken.into());
    }
    let mut transaction = app.accounts.pool.begin().await?;
    send_confirmation(&app, &mut transaction, &account, email.as_str()).await?;
    transaction.commit().await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// Send the link that confirms the address once more
#[utoipa::path(
    post,
    path = "/api/commands/account/confirmation-mail",
    tag = "accounts",
    security(("session" = [])),
    responses(
        (status = 202, description = "A link that works for a day is on its way"),
        Refused,
    )
)]
async fn send_confirmation_again(
    State(app): State<Arc<App>>,
    received: Received,
) -> Result<Response, Problem> {
    let account = signed_in_by_cookie(&app, &received).await?;
    count(&app, MAILS, &subject_of(&account.email)).await?;
    let mut transaction = app.accounts.pool.begin().await?;
    let email = account.email.clone();
    send_confirmation(&app, &mut transaction, &account, &email).await?;
    transaction.commit().await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// Confirm an address by a link
///
/// Works without being signed in: a mail is often read elsewhere.
#[utoipa::path(
    post,
    path = "/api/commands/email-confirmations",
    tag = "accounts",
    request_body = ConfirmEmail,
    responses(
        (status = 200, description = "It is the account's address", body = ConfirmedEmail),
        Refused,
    )
)]
async fn confirm_email(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let ConfirmEmail { token } = received.json()?;
    count(&app, MAILS_OF_ADDRESS, &received.network().to_string()).await?;
    let mut transaction = app.accounts.pool.begin().await?;
    let used = links::consume(&mut *transaction, Purpose::ConfirmEmail, token.expose_secret()).await?;
    let before = store::by_id(&mut *transaction, used.account_id).await?;
    let email = used.email.unwrap_or_else(|| before.email.clone());
    store::confirm_email(&mut transaction, used.account_id, &email).await?;
    if before.email != email {
        // Whoever did not mean this hears of it where they can still be reached.
        Mail::EmailChanged
            .to(&mut transaction, before.id, &before.email)
            .await?;
    }
    transaction.commit().await?;
    Ok(Json(ConfirmedEmail { email }).into_response())
}

pub(super) async fn send_confirmation(
    app: &App,
    connection: &mut Session,
    account: &Account,
    email: &str,
) -> Result<(), AccountError> {
    let secret = links::create(&mut *connection, account.id, Purpose::ConfirmEmail, Some(email)).await?;
    let link = app.page(&format!("/account/confirm#{secret}"));
    Ok(Mail::ConfirmEmail { link }
        .to(connection, account.id, email)
        .await?)
}
