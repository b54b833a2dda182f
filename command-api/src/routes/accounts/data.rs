//! A person's own data: all of it as a file, and none of it any more.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use session::security::{self, Event};
use session::{Leases, Quota, Taken};
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::addresses::AddressOf;
use super::guesses::confirm_password;
use super::{AccountOf, count, signed_in_by_cookie};
use crate::accounts::store::Account;
use crate::accounts::{addresses, api_keys, erasure, export, second_factor};
use crate::error::Problem;
use crate::request::Received;
use crate::router::{App, set_cookies};
use crate::routes::Refused;
use crate::to_its_end::to_its_end;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(export_account))
        .routes(routes!(erase_account))
}

/// Exports of one account.
const EXPORTS: Quota = Quota {
    name: "export",
    count: 5,
    window: Duration::from_hours(1),
};
/// nginx waits for 12 s: what takes longer reaches nobody.
const EXPORTED_WITHIN: Duration = Duration::from_secs(11);
/// An account has one export at a time. Longer than an export takes, since a client that hangs up does not give it back.
const EXPORT_LEASE: Duration = Duration::from_secs(15);
/// Exports that a process works on: each holds its file, and one batch of events, in memory.
static WORKED_ON: Semaphore = Semaphore::const_new(2);

/// Everything that the shop knows of a person.
#[derive(Serialize, ToSchema)]
struct Export {
    #[schema(inline)]
    account: AccountOf,
    #[schema(value_type = Vec<Object>)]
    addresses: Vec<AddressOf>,
    /// Null where there is none.
    #[schema(value_type = Object, nullable)]
    cart: Value,
    /// What was ordered, and what was paid for as a guest with the account's confirmed address: where it went, how it was paid and given
    /// back, and what happened to it.
    #[schema(value_type = Vec<Object>)]
    orders: Vec<Box<RawValue>>,
    /// What was written in product requests.
    #[schema(value_type = Vec<Object>)]
    texts: Vec<Value>,
    /// The product requests that the account submitted, supported or followed, and what it did there.
    #[schema(value_type = Vec<Object>)]
    requests: Vec<Value>,
    /// What it was told of them.
    #[schema(value_type = Vec<Object>)]
    inbox: Vec<Value>,
    /// Where the account is signed in.
    #[schema(value_type = Vec<Object>)]
    sessions: Vec<Value>,
    /// Without their secrets.
    #[schema(value_type = Vec<Object>)]
    second_factors: Vec<Value>,
    /// Without the keys themselves: nobody has those.
    #[schema(value_type = Vec<Object>)]
    api_keys: Vec<Value>,
    /// Links in mails that still work, without what opens them.
    #[schema(value_type = Vec<Object>)]
    links: Vec<Value>,
    /// Of the last 30 days. What a mail says is forgotten when it is sent.
    #[schema(value_type = Vec<Object>)]
    mails: Vec<Value>,
    /// What the account did as one of staff.
    #[schema(value_type = Vec<Object>)]
    done_as_staff: Vec<Value>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EraseAccount {
    #[schema(value_type = String, format = Password, max_length = 128)]
    password: SecretString,
}

/// Everything that the shop knows of me
///
/// The account, addresses, orders, texts, requests, sessions and keys, as one JSON file. Five an hour, one at a time.
#[utoipa::path(
    get,
    path = "/api/commands/account/export",
    tag = "accounts",
    security(("session" = [])),
    responses(
        (status = 200, description = "A JSON file", body = Export),
        Refused,
    )
)]
async fn export_account(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let account = signed_in_by_cookie(&app, &received).await?;
    let leases = Leases::of(&app.sessions);
    let lease = match leases
        .take(EXPORTS.name, &account.id.to_string(), EXPORT_LEASE)
        .await?
    {
        Taken::Yes(lease) => lease,
        Taken::ByOther(left) => {
            let seconds = u32::try_from(left.as_secs()).unwrap_or(u32::MAX);
            return Err(Problem::rate_limited(seconds.saturating_add(1)));
        }
    };
    let exported = tokio::time::timeout(EXPORTED_WITHIN, exported(&app, &received, &account)).await;
    if let Err(error) = leases.give_back(lease).await {
        tracing::warn!(%error, "the lease of an export cannot be given back, and ends by itself");
    }
    let json = exported.unwrap_or_else(|_| {
        Err(Problem::overloaded(
            "The export was not ready in time. Try again when the shop is less busy.",
        ))
    })?;
    security::record(Event::ExportTaken, Some(account.id), "");
    let mut response = json.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"my-data.json\""),
    );
    Ok(response)
}

/// The file. What cannot be had for a reason of ours is none of those that the account may take; one that takes too long is: it holds up others.
async fn exported(app: &App, received: &Received, account: &Account) -> Result<Vec<u8>, Problem> {
    let subject = account.id.to_string();
    count(app, EXPORTS, &subject).await?;
    let file = file_of(app, received, account).await;
    if file.as_ref().is_err_and(|problem| problem.status >= 500)
        && let Err(error) = app.attempts.take_back(EXPORTS, &subject).await
    {
        tracing::warn!(%error, "an export that failed stays counted");
    }
    file
}

async fn file_of(app: &App, received: &Received, account: &Account) -> Result<Vec<u8>, Problem> {
    // Never closed.
    let _worked_on = WORKED_ON.acquire().await.ok();
    let pool = &app.accounts.pool;
    let addresses = addresses::list(pool, account.id).await?;
    let keys = api_keys::list(pool, account.id).await?;
    let factors = second_factor::store::list(pool, account.id).await?;
    let sessions = app
        .sessions
        .list(account.id, account.epoch, received.cookies())
        .await?;
    let orders = export::orders(&app.reader, &app.contacts, account).await?;
    let export = Export {
        account: AccountOf::from(account),
        addresses: addresses.into_iter().map(AddressOf::from).collect(),
        cart: export::cart(app, account).await?,
        orders: orders.texts,
        texts: export::texts(app, account).await?,
        requests: export::requests(app, account).await?,
        inbox: export::inbox(app, account).await?,
        sessions: sessions
            .iter()
            .map(|session| {
                json!({
                    "device": session.device,
                    "created_at_unix": session.created_at,
                    "last_used_at_unix": session.last_used_at,
                })
            })
            .collect(),
        second_factors: factors
            .iter()
            .map(|factor| json!({ "kind": factor.kind, "name": factor.name }))
            .collect(),
        api_keys: keys
            .iter()
            .map(|key| {
                json!({
                    "name": key.name,
                    "role": key.role.name(),
                    "created_at": export::moment(key.created_at),
                    "expires_at": export::moment(key.expires_at),
                })
            })
            .collect(),
        links: export::links(app, account).await?,
        mails: export::mails(app, account, &orders.mail_reasons).await?,
        done_as_staff: export::done_as_staff(app, account).await?,
    };
    serde_json::to_vec_pretty(&export).map_err(|error| export::unwritable(&error))
}

/// Delete my account
///
/// Names, addresses, sessions and keys go at once. Orders stay, and nothing in them says whose they were. Where an order
/// still has to arrive, its address goes when it has.
#[utoipa::path(
    delete,
    path = "/api/commands/account",
    tag = "accounts",
    security(("session" = [])),
    request_body = EraseAccount,
    responses(
        (status = 204, description = "The account is gone; its cookies are too"),
        Refused,
    )
)]
async fn erase_account(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let EraseAccount { password } = received.json()?;
    let account = signed_in_by_cookie(&app, &received).await?;
    confirm_password(&app, &received, &account, password).await?;
    let shop = Arc::clone(&app);
    // Also where its client leaves: the session ends first, and nobody could ask again.
    to_its_end(async move {
        let erased = erasure::erase(&shop, &account).await;
        if let Err(problem) = &erased {
            // Its client may not be there to hear it.
            tracing::error!(account = %account.id, problem.detail, "an account is not erased");
        }
        erased
    })
    .await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookies(response.headers_mut(), Some(app.sessions.forget_cookies()));
    Ok(response)
}
