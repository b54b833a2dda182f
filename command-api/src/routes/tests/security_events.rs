//! What is recorded of who signs in and who is refused, and what must never be in it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use serde_json::{Value, json};
use session::Role;
use session::security::Event;
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

use super::accounts::{PASSWORD, session_cookie};
use super::{STAFF, Shop};

/// The lines that this thread logs.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn events(&self) -> Vec<Value> {
        let all = self.text();
        let lines = all
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["target"] == "security").collect()
    }

    /// The last line about this.
    fn last(&self, event: Event) -> Value {
        let (kind, outcome) = event.labels();
        let events = self.events();
        let found = events
            .iter()
            .rev()
            .find(|line| line["kind"] == kind && line["outcome"] == outcome);
        found
            .cloned()
            .unwrap_or_else(|| panic!("no line says {kind} {outcome}: {}", self.text()))
    }
}

/// Sees everything that this thread logs until the guard is dropped.
fn capture() -> (Lines, tracing::subscriber::DefaultGuard) {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(Level::DEBUG)
        .with_writer(lines.clone())
        .finish();
    (lines, tracing::subscriber::set_default(subscriber))
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT: (&str, &str) = (
    "traceparent",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
);
const NETWORK: (&str, &str) = ("x-forwarded-for", "203.0.113.77");

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one log, in which all of it must not be")]
async fn each_security_event_has_a_line_and_no_line_has_personal_data_or_a_secret() {
    let shop = Shop::open().await;
    let (lines, _capturing) = capture();
    let ada = shop.member().await;
    let id = ada.id.to_string();
    assert_eq!(lines.last(Event::Registered)["account"], *id);
    let cookie = ("cookie", &*ada.cookies);

    let wrong = json!({ "email": ada.email, "password": "not this one, sorry" });
    let asked = [NETWORK, TRACEPARENT];
    shop.json("POST", "/session/sign-in", &asked, &wrong).await;
    let failed = lines.last(Event::SignInFailed);
    assert_eq!(
        (&failed["account"], &failed["trace_id"]),
        (&json!(id), &json!(TRACE))
    );
    assert_eq!(failed["route"], "POST /api/commands/session/sign-in");
    assert_eq!(failed["network"].as_str().unwrap().len(), 16, "{failed}");
    let unknown = json!({ "email": "eve.nobody@example.org", "password": "not this one, sorry" });
    shop.json("POST", "/session/sign-in", &asked, &unknown).await;
    assert_eq!(lines.last(Event::SignInFailed)["account"], "");
    for _ in 0..10 {
        shop.json("POST", "/session/sign-in", &asked, &wrong).await;
    }
    assert_eq!(lines.last(Event::LimitReached)["detail"], "sign-in");

    let signed_in = shop.sign_in(&ada.email, PASSWORD, "").await;
    assert_eq!(lines.last(Event::SignedIn)["account"], *id);
    let elsewhere = session_cookie(&signed_in);
    let key = json!({
        "name": "Ada's cash register", "role": "shopper", "expires_in_days": 1, "password": PASSWORD
    });
    let made = shop.json("POST", "/account/api-keys", &[cookie], &key).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let line = lines.last(Event::ApiKeyMade);
    assert_eq!(
        (&line["account"], &line["detail"]),
        (&json!(id), &json!("shopper"))
    );
    let key_id = made.body["id"].as_str().unwrap();
    shop.json(
        "DELETE",
        &format!("/account/api-keys/{key_id}"),
        &[cookie],
        &json!({}),
    )
    .await;
    lines.last(Event::ApiKeyRevoked);
    let secret = made.body["key"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {secret}");
    shop.send("GET", "/account", &[("authorization", &bearer)], "")
        .await;
    lines.last(Event::ApiKeyRefused);

    let other = json!({ "email": "countess@example.org", "password": PASSWORD });
    shop.json("POST", "/account/email-change", &[cookie], &other)
        .await;
    lines.last(Event::EmailChangeAsked);
    let token = shop.mailed("countess@example.org").await;
    shop.json(
        "POST",
        "/email-confirmations",
        &[cookie],
        &json!({ "token": token }),
    )
    .await;
    lines.last(Event::EmailChanged);
    let change = json!({ "current": "not this one, sorry", "new": "another fine password" });
    shop.json("PUT", "/account/password", &[cookie], &change).await;
    lines.last(Event::PasswordRefused);
    shop.get("/account/export", &ada.cookies).await;
    lines.last(Event::ExportTaken);
    shop.get("/stock/MUG", &ada.cookies).await;
    let kept_out = lines.last(Event::NotAllowed);
    assert_eq!(
        (&kept_out["route"], &kept_out["actor"], &kept_out["by"]),
        (
            &json!("GET /api/commands/stock/{sku}"),
            &json!("account"),
            &json!(id)
        )
    );
    shop.json("POST", "/session/sign-out", &[("cookie", &elsewhere)], &json!({}))
        .await;
    assert_eq!(lines.last(Event::SignedOut)["account"], *id);
    shop.json("DELETE", "/account/sessions", &[cookie], &json!({}))
        .await;
    lines.last(Event::SignedOutEverywhere);

    let foreign = [("origin", "https://evil.example"), NETWORK];
    shop.json("POST", "/carts", &foreign, &json!({})).await;
    lines.last(Event::CrossSite);
    let guess = ("authorization", "Bearer guessed-at-the-staff-token");
    shop.json("POST", "/products", &[guess], &json!({})).await;
    lines.last(Event::StaffTokenRefused);
    shop.json(
        "POST",
        "/payment-webhooks",
        &[("stripe-signature", "t=1,v1=00")],
        &json!({}),
    )
    .await;
    lines.last(Event::PaymentWebhookRefused);
    let order = uuid::Uuid::now_v7();
    let guessed = [("order-key", "a-guessed-key")];
    let path = format!("/orders/{order}/contact");
    shop.send("GET", &path, &guessed, "").await;
    lines.last(Event::OrderKeyRefused);
    let back = shop.sign_in("countess@example.org", PASSWORD, "").await;
    let cookies = session_cookie(&back);
    let goodbye = json!({ "password": PASSWORD });
    shop.json("DELETE", "/account", &[("cookie", &cookies)], &goodbye)
        .await;
    lines.last(Event::AccountErased);

    let all = lines.text();
    let own_name = ada.email.split('@').next().unwrap();
    let session = |cookies: &str| cookies.split('=').nth(1).unwrap_or_default().to_owned();
    let sessions = [&ada.cookies, &elsewhere, &cookies].map(|cookies| session(cookies));
    let never = [
        own_name,
        "countess",
        "eve.nobody",
        "203.0.113.77",
        PASSWORD,
        "not this one, sorry",
        "cash register",
        &secret,
        &token,
        "guessed-at-the-staff-token",
        "a-guessed-key",
        STAFF.strip_prefix("Bearer ").unwrap(),
        &sessions[0],
        &sessions[1],
        &sessions[2],
    ];
    for word in never {
        assert!(
            word.len() > 5 && !all.contains(word),
            "{word} is in the log: {all}"
        );
    }
}

#[tokio::test]
async fn second_factors_are_recorded_and_no_code_of_them() {
    let shop = Shop::open().await;
    let (lines, _capturing) = capture();
    let mut ada = shop.member().await;
    let id = ada.id.to_string();
    let app = shop.set_up_app(&mut ada).await;
    let added = lines.last(Event::FactorAdded);
    assert_eq!(
        (&added["account"], &added["detail"]),
        (&json!(id), &json!("totp"))
    );

    let asked = shop.sign_in(&ada.email, PASSWORD, "").await.cookies();
    let second_step = async |shown: Value| {
        let cookie = [("cookie", &*asked)];
        shop.json("POST", "/session/sign-in/second-step", &cookie, &shown)
            .await
    };
    second_step(json!({ "code": app.shown })).await;
    let refused = lines.last(Event::FactorRefused);
    assert_eq!(
        (&refused["account"], &refused["level"]),
        (&json!(id), &json!("WARN"))
    );
    let code = &app.recovery_codes[0];
    let signed_in = second_step(json!({ "recovery_code": code })).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.body);
    assert_eq!(lines.last(Event::RecoveryCodeUsed)["account"], *id);

    let cookie = [("cookie", &*ada.cookies)];
    let again = json!({ "password": PASSWORD });
    shop.json("POST", "/account/second-factors/recovery-codes", &cookie, &again)
        .await;
    assert_eq!(lines.last(Event::RecoveryCodesMade)["account"], *id);
    let factor = shop.factors(&ada).await["factors"][0]["id"].clone();
    let path = format!("/account/second-factors/{}", factor.as_str().unwrap());
    shop.json("DELETE", &path, &cookie, &again).await;
    assert_eq!(lines.last(Event::FactorRemoved)["account"], *id);

    let all = lines.text();
    assert!(!all.contains(&app.shown) && !all.contains(code.as_str()), "{all}");
}

#[tokio::test]
async fn an_account_that_takes_no_more_guesses_is_recorded_as_locked() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let (lines, _capturing) = capture();
    let wrong = json!({ "email": ada.email, "password": "not this one, sorry" });
    // Ten from each network are counted for the account, which takes a hundred.
    for number in 0..101 {
        let network = format!("198.51.{}.1", number / 10);
        let from = [("x-forwarded-for", &*network)];
        shop.json("POST", "/session/sign-in", &from, &wrong).await;
    }
    lines.last(Event::SignInLocked);
}

#[tokio::test]
async fn events_are_counted_from_zero() {
    telemetry::init("command-api-test").unwrap();
    let shop = Shop::open().await;
    let text = telemetry::metric::render();
    for event in Event::ALL {
        let (kind, outcome) = event.labels();
        let series = format!("security_events_total{{kind=\"{kind}\",outcome=\"{outcome}\"}} ");
        assert!(text.contains(&series), "{series} is not in {text}");
    }
    drop(shop);
}

#[tokio::test]
async fn whoever_guesses_at_the_staff_token_is_not_told_when_it_was_right_and_others_go_on() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let stock = async |bearer: &str, network: &str| {
        let headers = [("authorization", bearer), ("x-forwarded-for", network)];
        shop.send("GET", "/stock/MUG", &headers, "").await
    };
    for _ in 0..20 {
        let refused = stock("Bearer not-the-token", "192.0.2.1").await;
        assert_eq!(refused.problem(), (401, "bad-credentials"));
    }
    let blocked = stock(STAFF, "192.0.2.1").await;
    assert_eq!(blocked.problem(), (429, "rate-limited"));
    assert!(blocked.headers.contains_key("retry-after"));
    assert_eq!(stock(STAFF, "192.0.2.2").await.status, StatusCode::OK);
    // Nor are sessions from there in the way.
    let staff = shop.member_with(Role::Staff).await;
    let headers = [("cookie", &*staff.cookies), ("x-forwarded-for", "192.0.2.1")];
    let reply = shop.send("GET", "/stock/MUG", &headers, "").await;
    assert_eq!(reply.status, StatusCode::OK);
}
