//! Registering, signing in, signing out.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::cart::{Cart, LeftOut};
use domain::cart_owner::CartOwner;
use domain::{CartId, OwnerId};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use session::security::{self, Event};
use session::{Member, Shopper};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::guesses::{count_address, count_further_guess, count_guess};
use super::second_factor::second_step::{self, SecondStep};
use super::{AccountOf, count, is_within, signed_in};
use crate::accounts::device::device;
use crate::accounts::passwords::Asker;
use crate::accounts::store::{self, Account};
use crate::accounts::{AccountError, changing, ended_sessions, passwords, taking_over};
use crate::command_loop::{Command, Merge, current_of};
use crate::email::{Email, mailbox_of};
use crate::error::{Problem, Violation};
use crate::fields::{Fields, SentEmail, SentTypedEmail};
use crate::identity::{Identity, Who};
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
pub(super) struct SignedIn {
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
    security(()),
    request_body = NewCredentials,
    responses(
        (status = 201, description = "The account is there and signed in; its cookies are set", body = SignedIn),
        (status = 200, description = "It was there, and the password is its own: signed in; its cookies are set", body = SignedIn),
        (status = 202, description = "It was there, the password is its own, and it has a second factor", body = SecondStep),
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
    count_address(&app, &received).await?;
    let asker = Asker::stranger(received.network());
    refuse_weak(&app, asker, &password, email.as_str(), "password").await?;
    let hash = app.accounts.passwords.hash(asker, password.clone()).await?;
    let mut transaction = app.accounts.pool.begin().await?;
    let Some(account) = store::create(&mut transaction, &email, &hash).await? else {
        drop(transaction);
        // The same once more, after an answer that was lost, is signing in: with its limits, or it were a way round them.
        let asker = count_further_guess(&app, &received, email.as_str()).await?;
        return match check(&app, asker, email.as_str(), password).await {
            Ok(account) => entered(&app, &received, guest, account).await,
            Err(AccountError::WrongCredentials) => Err(AccountError::EmailTaken.into()),
            Err(error) => Err(error.into()),
        };
    };
    // Only now: what makes no account and sends no mail is no reason to refuse somebody who does.
    count(&app, app.quotas.sign_ups, &received.network().to_string()).await?;
    count(&app, app.quotas.mails_of_network, &received.network().to_string()).await?;
    if may_get_mail(&app, &email).await? {
        changing::put_confirmation(&app, &mut transaction, &account, email.as_str()).await?;
    }
    transaction.commit().await?;
    security::record(Event::Registered, Some(account.id), "");
    signed(&app, &received, guest, account, StatusCode::CREATED).await
}

/// Counts a mail to a mailbox, and whether it still gets one. Strangers can use up what a mailbox gets in an hour, and would keep its owner
/// from registering with that; whoever has the account asks for the mail once more later.
async fn may_get_mail(app: &App, email: &Email) -> Result<bool, Problem> {
    is_within(app, app.quotas.mails, &mailbox_of(email.as_str())).await
}

/// Sign in
///
/// The answer to a wrong password and to an address without an account is the same, and takes as long.
#[utoipa::path(
    post,
    path = "/api/commands/session/sign-in",
    tag = "accounts",
    security(()),
    request_body = Credentials,
    responses(
        (status = 200, description = "Signed in; its cookies are set", body = SignedIn),
        (status = 202, description = "The password is right, and a second step is needed; its cookie is set", body = SecondStep),
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
    let asker = count_guess(&app, &received, email.as_str()).await?;
    let account = check(&app, asker, email.as_str(), password).await?;
    entered(&app, &received, guest, account).await
}

/// Sign out
///
/// Ends the session. The cart stays with the account.
#[utoipa::path(
    post,
    path = "/api/commands/session/sign-out",
    tag = "accounts",
    security(()),
    responses(
        (status = 204, description = "Nobody is signed in; the cookies are gone"),
        Refused,
    )
)]
async fn sign_out(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let who = app.shopper(received.cookies()).await?;
    let cookies = ended_sessions::sign_out(&app.accounts.pool, &app.sessions, received.cookies()).await?;
    if let Some(Shopper::SignedIn { account, .. }) = who {
        security::record(Event::SignedOut, Some(account), "");
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookies(response.headers_mut(), Some(cookies));
    Ok(response)
}

/// Who is signed in
///
/// Its address, whether that is confirmed, and its roles.
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

/// Refuses what is guessed too easily. It costs as much as a hash, so it comes behind what is limited.
pub(super) async fn refuse_weak(
    app: &App,
    asker: Asker,
    password: &SecretString,
    email: &str,
    field: &str,
) -> Result<(), Problem> {
    let passwords = &app.accounts.passwords;
    match passwords
        .weakness(asker, password.clone(), email.to_owned())
        .await?
    {
        Some(message) => Err(Problem::violation(field, message)),
        None => Ok(()),
    }
}

async fn check(
    app: &App,
    asker: Asker,
    email: &str,
    password: SecretString,
) -> Result<Account, AccountError> {
    let accounts = &app.accounts;
    let found = store::by_email(&accounts.pool, email).await?;
    let hash = found.as_ref().map(|account| account.password_hash.clone());
    let fits = accounts.passwords.verify(asker, password, hash).await?;
    if !fits {
        security::record(Event::SignInFailed, found.as_ref().map(|account| account.id), "");
    }
    found.filter(|_| fits).ok_or(AccountError::WrongCredentials)
}

/// Somebody knows the password: they are signed in, or asked for the second factor that the account has.
async fn entered(
    app: &App,
    received: &Received,
    guest: Option<Identity>,
    account: Account,
) -> Result<Response, Problem> {
    if account.has_second_factor {
        return second_step::ask(app, &account).await;
    }
    signed(app, received, guest, account, StatusCode::OK).await
}

/// First the guest's cart and orders, then the session: whatever fails in between, the guest is still there and tries again.
pub(super) async fn signed(
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
    take_over_orders(app, received, guest.as_ref(), &account).await?;
    telemetry::failpoint("sign-in.merged");
    let cookies = begin_session(app, received, &account).await?;
    security::record(Event::SignedIn, Some(account.id), "");
    let body = SignedIn {
        owner: account.id,
        account: AccountOf::from(&account),
        merged,
    };
    let mut response = (status, Json(body)).into_response();
    set_cookies(response.headers_mut(), Some(cookies));
    Ok(response)
}

/// A session of an account that is still as it was when its password was checked, and its second factor where it has one: every
/// caller has seen to that.
pub(super) async fn begin_session(
    app: &App,
    received: &Received,
    account: &Account,
) -> Result<[String; 3], Problem> {
    let device = device(received.text(&header::USER_AGENT).unwrap_or_default());
    let member = Member {
        account: account.id,
        roles: account.roles,
        epoch: account.epoch,
        second_factor: account.has_second_factor,
    };
    ended_sessions::before_sign_in(&app.accounts.pool, &app.sessions, account.id, received.cookies()).await?;
    let cookies = app.sessions.sign_in(received.cookies(), member, &device).await?;
    // All sessions may have been ended between the check and now: then this one ends too, whichever came first.
    telemetry::failpoint("sign-in.session_begun");
    let now = store::by_id(&app.accounts.pool, account.id).await?;
    if now.epoch != account.epoch {
        app.sessions.publish_epochs(&[(now.id, now.epoch)]).await?;
        app.sessions.end_all(account.id).await?;
        return Err(AccountError::WrongCredentials.into());
    }
    Ok(cookies)
}

async fn take_over_orders(
    app: &App,
    received: &Received,
    guest: Option<&Identity>,
    account: &Account,
) -> Result<(), Problem> {
    let who = guest.map_or_else(|| Who::customer(account.id), Identity::who);
    let mut caller = received.caller(&who)?;
    caller.receipt = None;
    if let Some(guest) = guest {
        taking_over::take_over_of_guest(app, account, guest.owner.uuid(), &caller).await?;
    }
    // Anybody can order with this address, and keeps nobody from signing in with it. The next sign-in does what this one cannot.
    if let Err(problem) = taking_over::take_over_by_address(app, account, &caller).await {
        tracing::warn!(account = %account.id, problem.detail, "a guest's orders are not taken over yet");
    }
    Ok(())
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
