//! What is recorded of who signs in and who is refused, and what must never be in it.

mod factors;
mod lines;
mod sessions;

use std::collections::HashMap;

use axum::http::StatusCode;
use serde_json::json;
use session::Role;
use session::security::Event;

use super::accounts::{PASSWORD, session_cookie};
use super::{STAFF, Shop};
use lines::is_said;
pub use lines::{Lines, capture};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT: (&str, &str) = (
    "traceparent",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
);
const NETWORK: (&str, &str) = ("x-forwarded-for", "203.0.113.77");

/// What `command-api grant` alone records, a process of its own. Its lines are looked at by `system-tests/tests/system/grant.rs`.
const BY_GRANT: [Event; 1] = [Event::RoleGranted];

#[tokio::test]
async fn each_security_event_has_a_line_and_no_line_has_personal_data_or_a_secret() {
    telemetry::init("command-api-test").unwrap();
    let before = counts();
    let (lines, _capturing) = capture();
    let mut never = an_account_and_a_stranger(&lines).await;
    never.extend(sessions::end_and_passwords_change(&lines).await);
    never.extend(factors::are_set_up_shown_and_removed(&lines).await);
    never.extend(factors::take_a_role_away(&lines).await);
    never.extend(factors::are_guessed_at(&lines).await);

    let mut unseen = Event::ALL.to_vec();
    unseen.retain(|event| lines.about(*event).is_empty());
    assert_eq!(unseen, BY_GRANT, "of these there is no line");
    let after = counts();
    for event in Event::ALL {
        let series = series(event);
        let has_risen = after[&series] > before.get(&series).copied().unwrap_or(0);
        assert!(has_risen || BY_GRANT.contains(&event), "{series} was not counted");
    }
    let all = lines.text();
    for word in never {
        assert!(
            word.len() > 5 && !is_said(&all, &word),
            "{word} is in the log: {all}"
        );
    }
}

/// Returns what must not be in the log.
#[expect(
    clippy::too_many_lines,
    reason = "one account, from its first day to its last"
)]
async fn an_account_and_a_stranger(lines: &Lines) -> Vec<String> {
    let shop = Shop::open().await;
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

    let own_name = ada.email.split('@').next().unwrap_or_default();
    let session = |cookies: &str| cookies.split('=').nth(1).unwrap_or_default().to_owned();
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
    ];
    let sessions = [&ada.cookies, &elsewhere, &cookies].map(|cookies| session(cookies));
    never.map(str::to_owned).into_iter().chain(sessions).collect()
}

fn series(event: Event) -> String {
    let (kind, outcome) = event.labels();
    format!("security_events_total{{kind=\"{kind}\",outcome=\"{outcome}\"}}")
}

/// Everything that this process has counted, by series.
fn counts() -> HashMap<String, u64> {
    let text = telemetry::metric::render();
    let series = text.lines().filter_map(|line| line.rsplit_once(' '));
    series
        .filter_map(|(series, count)| Some((series.to_owned(), count.parse().ok()?)))
        .collect()
}

#[tokio::test]
async fn events_are_counted_from_zero() {
    telemetry::init("command-api-test").unwrap();
    let shop = Shop::open().await;
    let counts = counts();
    for event in Event::ALL {
        assert!(counts.contains_key(&series(event)), "{event:?}");
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
