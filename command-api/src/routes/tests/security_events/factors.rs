//! Second factors, and accounts that take no more guesses.

use axum::http::StatusCode;
use serde_json::{Value, json};
use session::security::Event;

use super::super::Shop;
use super::super::accounts::{PASSWORD, session_cookie};
use super::Lines;

/// Returns what must not be in the log.
pub async fn are_set_up_shown_and_removed(lines: &Lines) -> Vec<String> {
    let shop = Shop::open().await;
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

    let again = json!({ "password": PASSWORD });
    let cookie = [("cookie", &*ada.cookies)];
    let made = shop
        .json("POST", "/account/second-factors/recovery-codes", &cookie, &again)
        .await;
    assert_eq!(lines.last(Event::RecoveryCodesMade)["account"], *id);
    // It goes on under a new id.
    ada.cookies = session_cookie(&made);
    let factor = shop.factors(&ada).await["factors"][0]["id"].clone();
    let path = format!("/account/second-factors/{}", factor.as_str().unwrap());
    shop.json("DELETE", &path, &[("cookie", &*ada.cookies)], &again)
        .await;
    assert_eq!(lines.last(Event::FactorRemoved)["account"], *id);
    let name = ada.email.split('@').next().unwrap_or_default();
    vec![name.to_owned(), app.shown.clone(), code.clone()]
}

/// As [`are_set_up_shown_and_removed`], of an account that an earlier release gave a role without a factor.
pub async fn take_a_role_away(lines: &Lines) -> Vec<String> {
    let shop = Shop::open().await;
    let mut grace = shop.member().await;
    shop.give_role_as_before(&grace).await;
    let app = shop.set_up_app(&mut grace).await;
    let revoked = lines.about(Event::RoleRevoked);
    assert_eq!(revoked.len(), 1, "{revoked:?}");
    let id = grace.id.to_string();
    assert_eq!(
        (&revoked[0]["account"], &revoked[0]["detail"], &revoked[0]["by"]),
        (&json!(id), &json!("staff"), &json!(id))
    );
    let name = grace.email.split('@').next().unwrap_or_default();
    vec![name.to_owned(), app.shown]
}

/// As [`are_set_up_shown_and_removed`], of an account that takes no more guesses.
pub async fn are_guessed_at(lines: &Lines) -> Vec<String> {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let wrong = json!({ "email": ada.email, "password": "not this one, sorry" });
    // Ten from each network are counted for the account, which takes a hundred.
    for number in 0..101 {
        let network = format!("198.51.{}.1", number / 10);
        let from = [("x-forwarded-for", &*network)];
        shop.json("POST", "/session/sign-in", &from, &wrong).await;
    }
    assert_eq!(lines.about(Event::SignInLocked).len(), 1);
    let name = ada.email.split('@').next().unwrap_or_default();
    vec![name.to_owned(), "198.51.".to_owned()]
}
