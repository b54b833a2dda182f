//! Sessions that end, addresses that are confirmed, and new passwords.

use axum::http::StatusCode;
use serde_json::json;
use session::security::Event;

use super::super::Shop;
use super::super::accounts::{Member, PASSWORD, session_cookie};
use super::Lines;

const NEW: &str = "one more fine password";

/// Returns what must not be in the log.
pub async fn end_and_passwords_change(lines: &Lines) -> Vec<String> {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let elsewhere = end_another_session(&shop, &ada, lines).await;
    let token = shop.mailed(&ada.email).await;
    let confirmed = shop.confirm(json!({ "token": token }), &ada.cookies).await;
    assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.body);
    assert_eq!(the_one(lines, Event::EmailConfirmed), ada.id.to_string());

    let change = json!({ "current": PASSWORD, "new": NEW });
    let cookie = [("cookie", &*ada.cookies)];
    let changed = shop.json("PUT", "/account/password", &cookie, &change).await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT, "{}", changed.body);
    assert_eq!(the_one(lines, Event::PasswordChanged), ada.id.to_string());

    // Nobody has confirmed this address: what was set up before goes with the link.
    let mut eve = shop.member().await;
    let app = shop.set_up_app(&mut eve).await;
    let opened = shop.reset_password(&eve).await;
    // Whether there is such an account is not for a line to say.
    assert_eq!(the_one(lines, Event::PasswordResetAsked), "");
    assert_eq!(the_one(lines, Event::PasswordReset), eve.id.to_string());
    assert_eq!(the_one(lines, Event::FactorsReset), eve.id.to_string());
    assert_eq!(lines.last(Event::FactorsReset)["detail"], "link");

    let name = |member: &Member| member.email.split('@').next().unwrap_or_default().to_owned();
    let session = |cookies: &str| cookies.split('=').nth(1).unwrap_or_default().to_owned();
    vec![
        name(&ada),
        name(&eve),
        session(&ada.cookies),
        session(&elsewhere),
        session(&eve.cookies),
        token,
        opened,
        app.shown,
        PASSWORD.to_owned(),
        NEW.to_owned(),
    ]
}

/// Returns the cookies of the session that ended, with which somebody has come again.
async fn end_another_session(shop: &Shop, ada: &Member, lines: &Lines) -> String {
    let elsewhere = session_cookie(&shop.sign_in(&ada.email, PASSWORD, "").await);
    let listed = shop.get("/account/sessions", &ada.cookies).await;
    let mut sessions = listed.body["sessions"].as_array().unwrap().iter();
    let other = sessions.find(|session| session["is_current"] == false).unwrap();
    let path = format!("/account/sessions/{}", other["handle"].as_str().unwrap());
    shop.json("DELETE", &path, &[("cookie", &ada.cookies)], &json!({}))
        .await;
    assert_eq!(the_one(lines, Event::SessionEnded), ada.id.to_string());

    // Of many at once not every one has a line, and other tests are refused in this process, too.
    for _ in 0..1000 {
        let refused = shop.get("/account", &elsewhere).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        if !lines.about(Event::NotAuthenticated).is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let line = lines.last(Event::NotAuthenticated);
    assert_eq!(
        (&line["level"], &line["route"]),
        (&json!("DEBUG"), &json!("GET /api/commands/account"))
    );
    elsewhere
}

/// Whose account the only line about this is about.
fn the_one(lines: &Lines, event: Event) -> String {
    let about = lines.about(event);
    assert_eq!(about.len(), 1, "{event:?}: {about:?}");
    about[0]["account"].as_str().unwrap().to_owned()
}
