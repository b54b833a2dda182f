//! Adding a second factor: first the password, then the proof that the factor works.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Line;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use session::Roles;
use session::security::{self, Event};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use webauthn_rs::prelude::RegisterPublicKeyCredential;

use super::{FactorOf, PasswordAgain, now};
use crate::accounts::epoch::Told;
use crate::accounts::second_factor::challenges::{self, Challenge, Purpose};
use crate::accounts::second_factor::store::{self, Factor, First, NewFactor};
use crate::accounts::second_factor::{SecondFactorError, passkeys, totp};
use crate::accounts::store::Account;
use crate::error::Problem;
use crate::fields::{Fields, SentLine};
use crate::request::Received;
use crate::router::App;
use crate::routes::Refused;
use crate::routes::accounts::going_on::in_new_session;
use crate::routes::accounts::guesses::confirm_password;
use crate::routes::accounts::{may_be_told, signed_in_by_cookie};
use crate::to_its_end::to_its_end;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(begin_totp))
        .routes(routes!(confirm_totp))
        .routes(routes!(begin_passkey))
        .routes(routes!(confirm_passkey))
}

/// What an app is to be told. It is shown here and never again.
#[derive(Serialize, ToSchema)]
struct TotpSetup {
    /// Names what was begun here, for its confirmation.
    setup: String,
    /// For whoever types it into the app.
    #[schema(example = "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ")]
    secret: String,
    /// For an app on the same device.
    #[schema(
        example = "otpauth://totp/Cartwright:ada%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    )]
    uri: String,
    qr: QrPicture,
    expires_in_seconds: u64,
}

/// The address as a QR code: one path of SVG, in modules. It needs a light margin of four modules.
#[derive(Serialize, ToSchema)]
struct QrPicture {
    size: usize,
    path: String,
}

/// What a browser is to be asked.
#[derive(Serialize, ToSchema)]
struct PasskeySetup {
    /// Names what was begun here, for its confirmation.
    setup: String,
    /// `PublicKeyCredentialCreationOptions` as JSON, for `navigator.credentials.create`.
    #[schema(value_type = Object)]
    options: Value,
    expires_in_seconds: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TotpConfirmation {
    #[schema(value_type = String, format = Password, max_length = 100)]
    setup: SecretString,
    /// Six digits that the app shows.
    code: SentLine<32>,
    /// For the list, so that it is known which one it is.
    name: SentLine<60>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasskeyConfirmation {
    #[schema(value_type = String, format = Password, max_length = 100)]
    setup: SecretString,
    /// What `navigator.credentials.create` answered, as JSON.
    #[schema(value_type = Object)]
    credential: Value,
    /// For the list, so that it is known which one it is.
    name: SentLine<60>,
}

#[derive(Serialize, ToSchema)]
struct AddedFactor {
    factor: FactorOf,
    /// With the first factor, shown here and never again. None with a further one: those from before go on working.
    recovery_codes: Option<Vec<String>>,
}

/// Begin to set up an app
///
/// Nothing is changed before a code of it is confirmed.
#[utoipa::path(
    post,
    path = "/api/commands/account/second-factors/totp",
    tag = "accounts",
    security(("session" = [])),
    request_body = PasswordAgain,
    responses(
        (status = 200, description = "What the app is to be told", body = TotpSetup),
        Refused,
    )
)]
async fn begin_totp(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let PasswordAgain { password } = received.json()?;
    let account = signed_in_by_cookie(&app, &received).await?;
    confirm_password(&app, &received, &account, password).await?;
    let secret = totp::new_secret()?;
    let told = totp::invitation(&secret, &account.email)?;
    let sealed = app.second_factors.keys.seal(account.id, &secret)?;
    let state = json!({ "sealed": STANDARD.encode(sealed) });
    let setup = challenges::create(&app.accounts.pool, &account, Purpose::Totp, &state).await?;
    let body = TotpSetup {
        setup,
        secret: told.typed,
        uri: told.uri,
        qr: QrPicture {
            size: told.qr.size,
            path: told.qr.path,
        },
        expires_in_seconds: Purpose::Totp.life().as_secs(),
    };
    Ok(Json(body).into_response())
}

/// Confirm an app by a code
///
/// With the first second factor the session goes on under a new id; every other session ends. Roles that the account has without one, from
/// before a role needed it, are taken away, and can be granted again.
#[utoipa::path(
    post,
    path = "/api/commands/account/second-factors/totp/confirmation",
    tag = "accounts",
    security(("session" = [])),
    request_body = TotpConfirmation,
    responses(
        (status = 201, description = "It is asked for from now on; a mail says so", body = AddedFactor),
        Refused,
    )
)]
async fn confirm_totp(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let TotpConfirmation { setup, code, name } = received.json()?;
    let account = signed_in_by_cookie(&app, &received).await?;
    let mut fields = Fields::default();
    let (Some(code), Some(name)) = (fields.take("code", &code), fields.take("name", &name)) else {
        return Err(fields.refused());
    };
    let asked = begun(&app, &account, Purpose::Totp, &setup).await?;
    let sealed = asked.state.0["sealed"].as_str().unwrap_or_default();
    let sealed = STANDARD
        .decode(sealed)
        .map_err(|error| SecondFactorError::Unreadable(error.to_string()))?;
    let opened = app.second_factors.keys.open(account.id, &sealed)?;
    let step = totp::step_of(&opened.secret, code.as_str(), now())?;
    let step = step.ok_or(SecondFactorError::WrongProof)?;
    let factor = NewFactor::Totp { secret: sealed, step };
    added(&app, &received, &account, &setup, &name, factor).await
}

/// Begin to set up a passkey
///
/// Nothing is changed before the browser's answer is confirmed.
#[utoipa::path(
    post,
    path = "/api/commands/account/second-factors/passkeys",
    tag = "accounts",
    security(("session" = [])),
    request_body = PasswordAgain,
    responses(
        (status = 200, description = "What the browser is to be asked", body = PasskeySetup),
        Refused,
    )
)]
async fn begin_passkey(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let PasswordAgain { password } = received.json()?;
    let account = signed_in_by_cookie(&app, &received).await?;
    let party = app.second_factors.passkeys.as_ref();
    let party = party.ok_or(SecondFactorError::NoPasskeys)?;
    confirm_password(&app, &received, &account, password).await?;
    let pool = &app.accounts.pool;
    let known = store::passkeys(pool, account.id).await?;
    let known = known.iter().map(|passkey| passkey.cred_id().clone()).collect();
    let asked = passkeys::ask_for_new(party, &account, known)?;
    let setup = challenges::create(pool, &account, Purpose::Passkey, &asked.state).await?;
    let body = PasskeySetup {
        setup,
        options: asked.options,
        expires_in_seconds: Purpose::Passkey.life().as_secs(),
    };
    Ok(Json(body).into_response())
}

/// Confirm a passkey by the browser's answer
///
/// With the first second factor the session goes on under a new id; every other session ends. Roles that the account has without one, from
/// before a role needed it, are taken away, and can be granted again.
#[utoipa::path(
    post,
    path = "/api/commands/account/second-factors/passkeys/confirmation",
    tag = "accounts",
    security(("session" = [])),
    request_body = PasskeyConfirmation,
    responses(
        (status = 201, description = "It is asked for from now on; a mail says so", body = AddedFactor),
        Refused,
    )
)]
async fn confirm_passkey(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let PasskeyConfirmation {
        setup,
        credential,
        name,
    } = received.json()?;
    let account = signed_in_by_cookie(&app, &received).await?;
    let mut fields = Fields::default();
    let name = fields.take("name", &name);
    let answer = RegisterPublicKeyCredential::deserialize(&credential);
    if answer.is_err() {
        fields.note(
            "credential",
            "has to be what navigator.credentials.create answered, as JSON",
        );
    }
    let (Some(name), Ok(answer)) = (name, answer) else {
        return Err(fields.refused());
    };
    let party = app.second_factors.passkeys.as_ref();
    let party = party.ok_or(SecondFactorError::NoPasskeys)?;
    let asked = begun(&app, &account, Purpose::Passkey, &setup).await?;
    let passkey = passkeys::made(party, &asked.state.0, &answer)?;
    let factor = NewFactor::Passkey(Box::new(passkey));
    added(&app, &received, &account, &setup, &name, factor).await
}

/// What this account was asked.
async fn begun(
    app: &App,
    account: &Account,
    purpose: Purpose,
    setup: &SecretString,
) -> Result<Challenge, SecondFactorError> {
    let asked = challenges::attempt(&app.accounts.pool, purpose, setup.expose_secret()).await?;
    asked.check(account)?;
    Ok(asked)
}

/// The factor is the account's. With the first one its session goes on as a shopper's: a role is granted behind it.
async fn added<const MOST: usize>(
    app: &Arc<App>,
    received: &Received,
    account: &Account,
    setup: &SecretString,
    name: &Line<MOST>,
    factor: NewFactor,
) -> Result<Response, Problem> {
    let is_told = may_be_told(app, account).await?;
    let adding = {
        let (app, account) = (Arc::clone(app), account.clone());
        let (setup, name) = (setup.clone(), name.as_str().to_owned());
        async move { store_new(&app, &account, &setup, &name, factor, is_told).await }
    };
    let Stored {
        factor,
        recovery_codes,
        told,
    } = to_its_end(adding).await?;
    let body = AddedFactor {
        factor: factor.into(),
        recovery_codes,
    };
    let response = (StatusCode::CREATED, Json(body)).into_response();
    let Some(told) = told else {
        return Ok(response);
    };
    let account = Account {
        has_second_factor: true,
        roles: Roles::SHOPPER,
        ..account.clone()
    };
    Ok(in_new_session(app, received, account, told, response).await)
}

/// A factor that is the account's.
struct Stored {
    factor: Factor,
    /// With the first one: shown once.
    recovery_codes: Option<Vec<String>>,
    /// With the first one: of what there was without it.
    told: Option<Told>,
}

async fn store_new(
    app: &App,
    account: &Account,
    setup: &SecretString,
    name: &str,
    factor: NewFactor,
    is_told: bool,
) -> Result<Stored, SecondFactorError> {
    let mut transaction = app.accounts.pool.begin().await?;
    let added = store::add(&mut transaction, account, name, factor, is_told).await?;
    // Behind it, since the account is locked first everywhere.
    challenges::answered(&mut *transaction, setup.expose_secret()).await?;
    transaction.commit().await?;
    security::record(Event::FactorAdded, Some(account.id), &added.factor.kind);
    telemetry::failpoint("second_factor.added");
    let mut stored = Stored {
        factor: added.factor,
        recovery_codes: None,
        told: None,
    };
    if let Some(First {
        codes,
        ended,
        revoked,
    }) = added.first
    {
        for role in revoked.iter() {
            security::record(Event::RoleRevoked, Some(account.id), role.name());
        }
        stored.recovery_codes = Some(codes);
        stored.told = Some(ended.tell_or_log(&app.sessions, &app.api_keys).await);
    }
    Ok(stored)
}
