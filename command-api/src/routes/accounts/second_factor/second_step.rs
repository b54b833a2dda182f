//! The second step of signing in: the password was right, and the account has a second factor.
//!
//! Nobody is signed in between the steps. What is asked is bound to the browser by a cookie of its own, for five minutes.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use session::Quota;
use session::security::{self, Event};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use webauthn_rs::prelude::PublicKeyCredential;

use super::now;
use crate::accounts::second_factor::challenges::{self, Purpose};
use crate::accounts::second_factor::proof::{self, Proof};
use crate::accounts::second_factor::{SecondFactorError, passkeys, store};
use crate::accounts::store::{self as accounts, Account};
use crate::error::Problem;
use crate::fields::{Fields, SentLine};
use crate::request::Received;
use crate::router::App;
use crate::routes::Refused;
use crate::routes::accounts::guesses::count_address;
use crate::routes::accounts::signing_in::{SignedIn, signed};
use crate::routes::accounts::{count, may_be_told};

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(second_step))
}

/// Second steps of one account from everywhere. Fewer than of passwords: whoever gets here knows the password, and three of a million
/// codes are right at any time.
const SECOND_STEPS: Quota = Quota {
    name: "second-step",
    count: 20,
    window: Duration::from_hours(1),
};

/// The password was right. Nobody is signed in yet.
#[derive(Serialize, ToSchema)]
pub struct SecondStep {
    /// What can be shown: `totp`, `passkey`, `recovery-code`.
    #[schema(example = json!(["totp", "recovery-code"]))]
    methods: Vec<&'static str>,
    /// `PublicKeyCredentialRequestOptions` as JSON, for `navigator.credentials.get`. None where there is no passkey.
    #[schema(value_type = Option<Object>)]
    passkey: Option<Value>,
    expires_in_seconds: u64,
}

/// One of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ShownFactor {
    /// Six digits that the app shows.
    code: Option<SentLine<32>>,
    recovery_code: Option<SentLine<64>>,
    /// What `navigator.credentials.get` answered, as JSON.
    #[schema(value_type = Option<Object>)]
    passkey: Option<Value>,
}

impl ShownFactor {
    fn proof(&self) -> Result<Proof, Problem> {
        let mut fields = Fields::default();
        let proof = match (&self.code, &self.recovery_code, &self.passkey) {
            (Some(code), None, None) => fields.take("code", code).map(|code| Proof::Code(code.into())),
            (None, Some(code), None) => {
                let code = fields.take("recovery_code", code);
                code.map(|code| Proof::RecoveryCode(code.into()))
            }
            (None, None, Some(answer)) => {
                let answer = PublicKeyCredential::deserialize(answer).ok();
                if answer.is_none() {
                    let rule = "has to be what navigator.credentials.get answered, as JSON";
                    fields.note("passkey", rule);
                }
                answer.map(|answer| Proof::Passkey(Box::new(answer)))
            }
            _ => {
                fields.note(
                    "code",
                    "or recovery_code or passkey has to be there, and one of them alone",
                );
                None
            }
        };
        proof.ok_or_else(|| fields.refused())
    }
}

/// Asks an account whose password was right for its second factor.
pub async fn ask(app: &App, account: &Account) -> Result<Response, Problem> {
    let pool = &app.accounts.pool;
    let mut methods = vec![];
    if !store::secrets(pool, account.id).await?.is_empty() {
        methods.push("totp");
    }
    let known = store::passkeys(pool, account.id).await?;
    let (mut state, mut options) = (Value::Null, None);
    if let Some(party) = app.second_factors.passkeys.as_ref().filter(|_| !known.is_empty()) {
        let asked = passkeys::ask_for_proof(party, &known)?;
        methods.push("passkey");
        (state, options) = (asked.state, Some(asked.options));
    }
    methods.push("recovery-code");
    let secret = challenges::create(pool, account, Purpose::SignIn, &state).await?;
    let life = Purpose::SignIn.life();
    let body = SecondStep {
        methods,
        passkey: options,
        expires_in_seconds: life.as_secs(),
    };
    let mut response = (StatusCode::ACCEPTED, Json(body)).into_response();
    set_cookie(&mut response, &app.sessions.set_second_step(&secret, life));
    Ok(response)
}

/// Sign in: the second step
///
/// Follows a 202 of signing in, in the same browser. A code works once, and there are five tries.
#[utoipa::path(
    post,
    path = "/api/commands/session/sign-in/second-step",
    tag = "accounts",
    security(()),
    request_body = ShownFactor,
    responses(
        (status = 200, description = "Signed in; its cookies are set", body = SignedIn),
        Refused,
    )
)]
async fn second_step(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let shown: ShownFactor = received.json()?;
    let proof = shown.proof()?;
    let guest = received.cookie_identity(&app).await?;
    count_address(&app, &received).await?;
    let pool = &app.accounts.pool;
    let secret = app.sessions.second_step(received.cookies());
    let secret = secret.ok_or(SecondFactorError::ChallengeOver)?;
    let asked = challenges::attempt(pool, Purpose::SignIn, secret).await?;
    count(&app, SECOND_STEPS, &asked.account_id.to_string()).await?;
    // Here, since nobody waits for Redis while they hold the account.
    let is_told = match proof {
        Proof::RecoveryCode(_) => {
            let account = accounts::by_id(pool, asked.account_id).await?;
            may_be_told(&app, &account).await?
        }
        // No mail tells of one.
        Proof::Code(_) | Proof::Passkey(_) => false,
    };
    let mut transaction = pool.begin().await?;
    // Before what hangs on it, as everywhere; and so that nobody takes it back before the answer counts.
    accounts::lock(&mut transaction, asked.account_id).await?;
    let account = accounts::by_id(&mut *transaction, asked.account_id).await?;
    asked.check(&account)?;
    let factors = &app.second_factors;
    let state = &asked.state.0;
    let checked = proof::check(&mut transaction, factors, &account, state, &proof, now(), is_told).await;
    if matches!(checked, Err(SecondFactorError::WrongProof)) {
        security::record(Event::FactorRefused, Some(account.id), "");
    }
    checked?;
    challenges::answered(&mut *transaction, secret).await?;
    transaction.commit().await?;
    if matches!(proof, Proof::RecoveryCode(_)) {
        security::record(Event::RecoveryCodeUsed, Some(account.id), "");
    }
    telemetry::failpoint("second_step.taken");
    let mut response = signed(&app, &received, guest, account, StatusCode::OK).await?;
    set_cookie(&mut response, &app.sessions.forget_second_step());
    Ok(response)
}

fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
