//! Registering, signing in, signing out.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::cart::{Cart, LeftOut};
use domain::cart_owner::CartOwner;
use domain::{CartId, OwnerId};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use session::Quota;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{AccountOf, count, email, signed_in};
use crate::accounts::device::device;
use crate::accounts::store::{self, Account};
use crate::accounts::{AccountError, passwords};
use crate::command_loop::{Command, Merge, current_of};
use crate::email::{Email, subject_of};
use crate::error::{Problem, Violation};
use crate::fields::{Fields, SentEmail, SentTypedEmail};
use crate::identity::Identity;
use crate::request::Received;
use crate::router::{App, set_cookies};
use crate::routes::Refused;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(see_account))
}

/// Guesses at one account from one address.
const SIGN_INS: Quota = Quota {
    name: "sign-in",
    count: 10,
    window: Duration::from_mins(15),
};
/// At one account from everywhere. More, so that a stranger hardly locks somebody out.
const SIGN_INS_OF_ACCOUNT: Quota = Quota {
    name: "sign-in-account",
    count: 100,
    window: Duration::from_mins(15),
};
/// From one address at any account. It may be a whole office.
const SIGN_INS_OF_ADDRESS: Quota = Quota {
    name: "sign-in-address",
    count: 200,
    window: Duration::from_mins(15),
};

/// What somebody will sign in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCredentials {
    email: SentEmail,
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 128)]
    password: SecretString,
}

/// What somebody signs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Credentials {
    email: SentTypedEmail,
    #[schema(value_type = String, format = Password, max_length = 128)]
    password: SecretString,
}

/// Somebody is signed in.
#[derive(Serialize, ToSchema)]
struct SignedIn {
    /// Of the carts and orders from now on.
    owner: Uuid,
    #[schema(inline)]
    account: AccountOf,
    /// What became of the guest's cart. None where there was nothing in it.
    merged: Option<MergedCart>,
}

/// The guest's cart is in the account's.
#[derive(Serialize, ToSchema)]
struct MergedCart {
    /// The account's cart.
    cart: Uuid,
    /// What did not fit into it.
    left_out: Vec<LeftOutLine>,
}

#[derive(Serialize, ToSchema)]
struct LeftOutLine {
    sku: String,
    quantity: u32,
}

/// Register
///
/// A new account is signed in at once, with what is in the guest's cart. A link to confirm the address is sent there.
#[utoipa::path(
    post,
    path = "/api/commands/accounts",
    tag = "accounts",
    request_body = NewCredentials,
    responses(
        (status = 201, description = "The account is there and signed in; its cookies are set", body = SignedIn),
        Refused,
    )
)]
async fn register(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let NewCredentials { email, password } = received.json()?;
    let mut fields = Fields::default();
    let email = fields.take("email", &email);
    fields.extend(objection(&password, email.as_ref().map_or("", Email::as_str)));
    let (Some(email), true) = (email, fields.is_right()) else {
        return Err(fields.refused());
    };
    let guest = received.cookie_identity(&app).await?;
    count(&app, SIGN_INS_OF_ADDRESS, &received.network().to_string()).await?;
    let hash = app.accounts.passwords.hash(password.clone()).await?;
    let mut transaction = app.accounts.pool.begin().await?;
    let Some(account) = store::create(&mut transaction, &email, &hash).await? else {
        drop(transaction);
        // The same once more, after an answer that was lost, is signing in: with its limits, or it were a way round them.
        guessed(&app, &received, email.as_str()).await?;
        return match check(&app, email.as_str(), password).await {
            Ok(account) => signed(&app, &received, guest, account, StatusCode::OK).await,
            Err(AccountError::WrongCredentials) => Err(AccountError::EmailTaken.into()),
            Err(error) => Err(error.into()),
        };
    };
    email::send_confirmation(&app, &mut transaction, &account, email.as_str()).await?;
    transaction.commit().await?;
    signed(&app, &received, guest, account, StatusCode::CREATED).await
}

/// Sign in
///
/// The answer to a wrong password and to an address without an account is the same, and takes as long.
#[utoipa::path(
    post,
    path = "/api/commands/session/sign-in",
    tag = "accounts",
    request_body = Credentials,
    responses(
        (status = 200, description = "Signed in; its cookies are set", body = SignedIn),
        Refused,
    )
)]
async fn sign_in(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let Credentials { email, password } = received.json()?;
    let mut fields = Fields::default();
    let Some(email) = fields.take("email", &email) else {
        return Err(fields.refused());
    };
    let guest = received.cookie_identity(&app).await?;
    limited(&app, &received, email.as_str()).await?;
    let account = check(&app, email.as_str(), password).await?;
    signed(&app, &received, guest, account, StatusCode::OK).await
}

/// Sign out
///
/// Ends the session. The cart stays with the account.
#[utoipa::path(
    post,
    path = "/api/commands/session/sign-out",
    tag = "accounts",
    responses(
        (status = 204, description = "Nobody is signed in; the cookies are gone"),
        Refused,
    )
)]
async fn sign_out(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let cookies = app.sessions.end(received.cookies()).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookies(response.headers_mut(), Some(cookies));
    Ok(response)
}

/// Who is signed in
#[utoipa::path(
    get,
    path = "/api/commands/account",
    tag = "accounts",
    security(("session" = []), ("api_key" = [])),
    responses(
        (status = 200, description = "The account", body = AccountOf),
        Refused,
    )
)]
async fn see_account(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let account = signed_in(&app, &received).await?;
    Ok(Json(AccountOf::from(&account)).into_response())
}

pub(super) fn objection(password: &SecretString, email: &str) -> Option<Violation> {
    use secrecy::ExposeSecret;
    passwords::objection(password.expose_secret(), email).map(|message| Violation {
        field: "password".to_owned(),
        message,
    })
}

async fn limited(app: &App, received: &Received, email: &str) -> Result<(), Problem> {
    count(app, SIGN_INS_OF_ADDRESS, &received.network().to_string()).await?;
    guessed(app, received, email).await
}

/// Counts a guess at an account. Its own quota last: what is refused from one address takes nothing from the others.
async fn guessed(app: &App, received: &Received, email: &str) -> Result<(), Problem> {
    let (address, email) = (received.network(), subject_of(email));
    count(app, SIGN_INS, &format!("{address} {email}")).await?;
    count(app, SIGN_INS_OF_ACCOUNT, &email).await
}

async fn check(app: &App, email: &str, password: SecretString) -> Result<Account, AccountError> {
    let accounts = &app.accounts;
    let found = store::by_email(&accounts.pool, email).await?;
    let hash = found.as_ref().map(|account| account.password_hash.clone());
    let fits = accounts.passwords.verify(password, hash).await?;
    found.filter(|_| fits).ok_or(AccountError::WrongCredentials)
}

/// First the guest's cart, then the session: whatever fails in between, the guest is still there and tries again.
async fn signed(
    app: &App,
    received: &Received,
    guest: Option<Identity>,
    account: Account,
    status: StatusCode,
) -> Result<Response, Problem> {
    let guest = guest.filter(|guest| guest.account.is_none());
    let merged = match &guest {
        Some(guest) => merge(app, received, guest, account.id).await?,
        None => None,
    };
    telemetry::failpoint("sign-in.merged");
    let cookies = begin_session(app, received, &account).await?;
    let body = SignedIn {
        owner: account.id,
        account: AccountOf::from(&account),
        merged,
    };
    let mut response = (status, Json(body)).into_response();
    set_cookies(response.headers_mut(), Some(cookies));
    Ok(response)
}

/// A session of an account that is still as it was when its password was checked.
pub(super) async fn begin_session(
    app: &App,
    received: &Received,
    account: &Account,
) -> Result<[String; 2], Problem> {
    let device = device(received.text(&header::USER_AGENT).unwrap_or_default());
    let cookies = app
        .sessions
        .sign_in(received.cookies(), account.id, account.roles, &device)
        .await?;
    // All sessions may have been ended between the check and now: then this one ends too, whichever came first.
    telemetry::failpoint("sign-in.session_begun");
    let now = store::by_id(&app.accounts.pool, account.id).await?;
    if now.epoch != account.epoch {
        app.sessions.end_all(account.id).await?;
        return Err(AccountError::WrongCredentials.into());
    }
    Ok(cookies)
}

async fn merge(
    app: &App,
    received: &Received,
    guest: &Identity,
    account: Uuid,
) -> Result<Option<MergedCart>, Problem> {
    let (owner, _): (CartOwner, u64) = current_of(&app.reader, guest.owner.stream()).await?;
    let given_up = owner.current;
    let Some(given_up) = given_up else {
        return Ok(None);
    };
    let command = Command::MergeCarts(Merge {
        guest: guest.owner,
        account: OwnerId::new(account),
        cart: CartId::new(Uuid::now_v7()),
    });
    // A replay is a no-op by what is stored; an idempotency key would only say so a second time.
    let mut caller = received.caller(&guest.who())?;
    caller.receipt = None;
    app.answer(command, caller).await?;
    let (cart, _): (Cart, u64) = current_of(&app.reader, given_up.stream()).await?;
    Ok(match cart {
        Cart::Merged { into, left_out, .. } => Some(MergedCart {
            cart: into.uuid(),
            left_out: left_out.into_iter().map(LeftOutLine::from).collect(),
        }),
        Cart::Unopened | Cart::Open(_) | Cart::CheckedOut { .. } | Cart::Expired(_) => None,
    })
}

impl From<LeftOut> for LeftOutLine {
    fn from(left: LeftOut) -> Self {
        Self {
            sku: left.sku.to_string(),
            quantity: left.quantity,
        }
    }
}
