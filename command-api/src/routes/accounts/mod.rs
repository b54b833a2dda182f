//! Accounts: registering, signing in and out, passwords, second factors, addresses, sessions, API keys, and a person's own data.
//!
//! Commands here append nothing to the log, but for the cart that is merged when somebody signs in.

mod addresses;
mod api_keys;
mod data;
mod email;
mod going_on;
mod guesses;
mod passwords;
mod problem;
mod second_factor;
mod sessions;
mod signing_in;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use session::Quota;
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use crate::accounts::store::{self, Account};
use crate::email::mailbox_of;
use crate::error::Problem;
use crate::identity::Identity;
use crate::request::Received;
use crate::router::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    signing_in::router()
        .merge(passwords::router())
        .merge(second_factor::router())
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
    /// Those that count: `shopper`, `staff`, `analyst`, `ops`.
    roles: Vec<&'static str>,
    /// Those that the account has, and that count once it has a second factor.
    withheld_roles: Vec<&'static str>,
    has_second_factor: bool,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl From<&Account> for AccountOf {
    fn from(account: &Account) -> Self {
        let (roles, withheld) = account.counting_roles();
        Self {
            id: account.id,
            email: account.email.clone(),
            is_confirmed: account.is_confirmed,
            roles: roles.iter().map(session::Role::name).collect(),
            withheld_roles: withheld.iter().map(session::Role::name).collect(),
            has_second_factor: account.has_second_factor,
            created_at: account.created_at,
        }
    }
}

/// The account whose session or API key this is.
pub async fn signed_in(app: &App, received: &Received) -> Result<Account, Problem> {
    account_of(app, &received.shopper(app).await?).await
}

/// The account of whoever was let in.
///
/// # Errors
/// 401 where there is none.
pub async fn account_of(app: &App, identity: &Identity) -> Result<Account, Problem> {
    let id = identity.account.ok_or_else(Problem::not_signed_in)?;
    // None where it was erased, and the session is about to go: that is the same answer.
    let account = store::by_id(&app.accounts.pool, id).await?;
    // It has ended, and Redis is about to be told. What it was worth cannot be read off an account that has changed since.
    if identity.epoch.is_some_and(|epoch| epoch != account.epoch) {
        return Err(Problem::not_signed_in());
    }
    Ok(account)
}

/// The same, in a browser: what an API key must not do to the account that it belongs to.
async fn signed_in_by_cookie(app: &App, received: &Received) -> Result<Account, Problem> {
    if received.credentials().is_some() {
        return Err(Problem::not_signed_in());
    }
    signed_in(app, received).await
}

/// Counts an attempt of `subject`.
///
/// # Errors
/// There were too many in a while.
pub async fn count(app: &App, quota: Quota, subject: &str) -> Result<(), Problem> {
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

/// The same of what is left out, and refused to nobody, where there was too much of it. Whether there was not.
///
/// # Errors
/// It cannot be counted.
async fn is_within(app: &App, quota: Quota, subject: &str) -> Result<bool, Problem> {
    match count(app, quota, subject).await {
        Ok(()) => Ok(true),
        Err(problem) if problem.is_rate_limited() => Ok(false),
        Err(problem) => Err(problem),
    }
}

/// Mails to one mailbox that tell of what was done with accounts whose address nobody has confirmed.
const UNCONFIRMED: Quota = Quota {
    name: "unconfirmed",
    count: 30,
    window: Duration::from_hours(1),
};

/// Counts a mail that tells an account what was done with it, and whether it still gets one. Anybody may have registered with an address that
/// nobody has confirmed, and with every spelling of it: its mailbox is not filled. What is done is done all the same, or a stranger's accounts
/// would keep its owner from theirs.
///
/// # Errors
/// It cannot be counted.
async fn may_be_told(app: &App, account: &Account) -> Result<bool, Problem> {
    if account.is_confirmed {
        return Ok(true);
    }
    let mailbox = mailbox_of(&account.email);
    // Not told in headers: nothing is refused, and how many mails somebody's mailbox gets is their business.
    Ok(app.attempts.count(UNCONFIRMED, &mailbox).await?.is_allowed)
}

/// Counts a mail with a link, before it is sent: by the mailbox that it fills (`of_mailbox`), and by the network that asks for it.
///
/// # Errors
/// There were too many in an hour.
async fn count_mail(app: &App, received: &Received, email: &str, of_mailbox: Quota) -> Result<(), Problem> {
    let network = received.network().to_string();
    count(app, app.quotas.mails_of_network, &network).await?;
    count(app, of_mailbox, &mailbox_of(email)).await
}
