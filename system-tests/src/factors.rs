//! A second factor, as somebody sets one up with an app.

use serde_json::{Value, json};
use time::OffsetDateTime;
use totp_rs::{Builder, Secret, Totp};

use crate::guest::Guest;
use crate::http::{Door, Request};

const FACTORS: &str = "/api/commands/account/second-factors";

/// The guest is signed in, without a second factor so far, and goes on with the session that comes with it.
pub async fn set_up_app(door: &mut Door, guest: &mut Guest, password: &str) -> Totp {
    let begun = send(door, guest, "totp", &json!({ "password": password })).await;
    send(door, guest, "totp/confirmation", &confirmation(&begun, "Phone")).await;
    app_of(&begun)
}

/// What an app shows in so many seconds.
pub fn code_of(app: &Totp, in_seconds: u64) -> String {
    let now = u64::try_from(OffsetDateTime::now_utc().unix_timestamp()).unwrap_or_default();
    app.generate(now + in_seconds).to_string()
}

/// What confirms an app that was begun to be set up: the code that it shows now.
///
/// # Panics
/// Nothing was begun.
pub fn confirmation(begun: &Value, name: &str) -> Value {
    json!({ "setup": begun["setup"], "code": code_of(&app_of(begun), 0), "name": name })
}

fn app_of(begun: &Value) -> Totp {
    let typed = begun["secret"].as_str().unwrap_or_default().replace(' ', "");
    let secret = Secret::try_from_base32(typed).expect("a secret in base 32");
    Builder::new()
        .with_secret(secret)
        .build()
        .expect("a secret of an app")
}

async fn send(door: &mut Door, guest: &mut Guest, path: &str, body: &Value) -> Value {
    let request = Request::new("POST", &format!("{FACTORS}/{path}")).json(body);
    let answer = door.send(&guest.sign(request)).await.expect("an answer");
    assert!(answer.is_success(), "{path}: {answer}");
    guest.keep_cookies(&answer);
    answer.json().expect("JSON")
}
