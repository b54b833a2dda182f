//! Accounts: registering, signing in and out, passwords, addresses, sessions, API keys, and a person's own data.
//!
//! Commands here append nothing to the log, but for the cart that is merged when somebody signs in.

mod addresses;
mod api_keys;
mod data;
mod email;
mod passwords;
mod problem;
mod sessions;
mod signing_in;

use std::sync::Arc;

use serde::Serialize;
use session::Quota;
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use crate::accounts::store::{self, Account};
use crate::error::Problem;
use crate::request::Received;
use crate::router::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    signing_in::router()
        .merge(passwords::router())
        .merge(email::router())
        .merge(sessions::router())
        .merge(addresses::router())
        .merge(api_keys::router())
        .merge(data::router())
}

/// An account, as it is shown to whoever's it is.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
struct AccountOf {
    id: Uuid,
    email: String,
    /// Whether a link that was sent there was opened.
    is_confirmed: bool,
    /// `shopper`, `staff`, `analyst`, `ops`.
    roles: Vec<&'static str>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl From<&Account> for AccountOf {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id,
            email: account.email.clone(),
            is_confirmed: account.is_confirmed,
            roles: account.roles.iter().map(session::Role::name).collect(),
            created_at: account.created_at,
        }
    }
}

/// The account whose session or API key this is.
pub async fn signed_in(app: &App, received: &Received) -> Result<Account, Problem> {
    let identity = received.shopper(app).await?;
    app.limits.check_shopper(identity.owner.uuid())?;
    let id = identity.account.ok_or_else(Problem::not_signed_in)?;
    match store::by_id(&app.accounts.pool, id).await {
        // Erased, and the session is about to go.
        Err(crate::accounts::AccountError::NoAccount) => Err(Problem::not_signed_in()),
        found => Ok(found?),
    }
}

/// The same, in a browser: what an API key must not do to the account that it belongs to.
async fn signed_in_by_cookie(app: &App, received: &Received) -> Result<Account, Problem> {
    if received.text(&axum::http::header::AUTHORIZATION).is_some() {
        return Err(Problem::not_signed_in());
    }
    signed_in(app, received).await
}

/// Counts an attempt of `subject`.
///
/// # Errors
/// There were too many in a while.
async fn count(app: &App, quota: Quota, subject: &str) -> Result<(), Problem> {
    let standing = app.attempts.count(quota, subject).await?;
    telemetry::rate_limit::tell(telemetry::rate_limit::Standing {
        policy: quota.name,
        quota: quota.count,
        window: quota.window,
        remaining: standing.remaining,
        resets_in: standing.resets_in,
    });
    if standing.is_allowed {
        return Ok(());
    }
    let seconds = u32::try_from(standing.resets_in.as_secs()).unwrap_or(u32::MAX);
    Err(Problem::rate_limited(seconds.saturating_add(1)))
}
