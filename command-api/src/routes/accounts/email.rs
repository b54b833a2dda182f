//! Confirming the address of an account, and changing it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use session::Shopper;
use session::security::{self, Event};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::guesses::confirm_password;
use super::passwords::{LINKS_OPENED, refuse_guessed};
use super::signing_in::objection;
use super::{count, count_mail, signed_in_by_cookie};
use crate::accounts::changing::{self, Confirmed};
use crate::accounts::links::Purpose;
use crate::accounts::passwords::Asker;
use crate::accounts::{AccountError, store, taking_over};
use crate::error::Problem;
use crate::fields::{Fields, SentEmail};
use crate::identity::Who;
use crate::request::Received;
use crate::router::App;
use crate::routes::Refused;
use crate::to_its_end::to_its_end;

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
    /// A new one for the account, where the link is not opened in the account's own session.
    #[schema(value_type = Option<String>, format = Password, min_length = 12, max_length = 128, nullable = false)]
    password: Option<SecretString>,
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
    confirm_password(&app, &received, &account, password).await?;
    let taken = store::by_email(&app.accounts.pool, email.as_str()).await?;
    if taken.is_some_and(|other| other.id != account.id) {
        return Err(AccountError::EmailTaken.into());
    }
    count_mail(&app, &received, email.as_str(), app.quotas.mails).await?;
    changing::ask_to_confirm(&app, &account, email.as_str()).await?;
    security::record(Event::EmailChangeAsked, Some(account.id), "");
    Ok(StatusCode::ACCEPTED.into_response())
}

/// Send the link that confirms the address once more
///
/// For whoever did not get the first one.
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
    count_mail(&app, &received, &account.email, app.quotas.mails).await?;
    changing::ask_to_confirm(&app, &account, &account.email).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// Confirm an address by a link
///
/// In a session of the account that is all. Elsewhere (a mail is often read on another device) whoever opens the link chooses a new password with it:
/// somebody else may have registered with this address, and confirming it would hand them what belongs to its owner. Every session and API key
/// of the account ends with that. Without a password the answer is 422 `new-password-needed`, and the link still works. Another address of an account
/// whose address is confirmed, or that has a second factor, is confirmed in a session of the account alone: elsewhere the answer is 422 `own-session-needed`, and the link still works.
#[utoipa::path(
    post,
    path = "/api/commands/email-confirmations",
    tag = "accounts",
    security(()),
    request_body = ConfirmEmail,
    responses(
        (status = 200, description = "It is the account's address", body = ConfirmedEmail),
        Refused,
    )
)]
async fn confirm_email(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let ConfirmEmail { token, password } = received.json()?;
    if let Some(violation) = password.as_ref().and_then(|password| objection(password, "")) {
        return Err(Problem::validation(vec![violation]));
    }
    count(&app, LINKS_OPENED, &received.network().to_string()).await?;
    let hash = match password {
        Some(password) => {
            let asker = Asker::stranger(received.network());
            refuse_guessed(
                &app,
                asker,
                Purpose::ConfirmEmail,
                token.expose_secret(),
                &password,
            )
            .await?;
            Some(app.accounts.passwords.hash(asker, password).await?)
        }
        None => None,
    };
    let opened_in = match app.shopper(received.cookies()).await? {
        Some(Shopper::SignedIn { account, epoch, .. }) => Some((account, epoch)),
        Some(Shopper::InSession(_) | Shopper::Guest(_)) | None => None,
    };
    let confirming = {
        let app = Arc::clone(&app);
        async move {
            let (pool, token) = (&app.accounts.pool, token.expose_secret());
            let confirmed = changing::confirm_email(pool, token, hash.as_deref(), opened_in).await?;
            record(&confirmed);
            if let Some(ended) = confirmed.ended {
                ended.tell_or_log(&app.sessions, &app.api_keys).await;
            }
            Ok::<_, AccountError>((confirmed.account, confirmed.email))
        }
    };
    let (account, email) = to_its_end(confirming).await?;
    bring_orders(&app, &received, account).await;
    Ok(Json(ConfirmedEmail { email }).into_response())
}

fn record(confirmed: &Confirmed) {
    let account = Some(confirmed.account);
    if confirmed.ended.is_some() {
        security::record(Event::PasswordReset, account, "");
    }
    if confirmed.has_lost_factors {
        security::record(Event::FactorsReset, account, "link");
    }
    let event = if confirmed.has_new_email {
        Event::EmailChanged
    } else {
        Event::EmailConfirmed
    };
    security::record(event, account, "");
}

/// What guests ordered with the address is the account's now. The link is used up: should it fail, the next sign-in does it.
async fn bring_orders(app: &App, received: &Received, account: Uuid) {
    let brought = async {
        let account = store::by_id(&app.accounts.pool, account).await?;
        let mut caller = received.caller(&Who::customer(account.id))?;
        caller.receipt = None;
        taking_over::take_over_by_address(app, &account, &caller).await
    };
    if let Err(problem) = brought.await {
        tracing::warn!(%account, problem.detail, "a guest's orders are not taken over yet");
    }
}
