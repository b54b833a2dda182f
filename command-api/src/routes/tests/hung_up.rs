//! What takes an account back although whoever asked for it hangs up: it comes to its end, and what ends with it ends in Redis, too.

use std::time::Duration;

use serde_json::{Value, json};
use session::Resolved;
use session::security::Event;

use super::Shop;
use super::accounts::{Member, PASSWORD};
use super::second_factor::App;
use super::security_events::capture;
use crate::accounts::{changing, store};

const NEW: &str = "another fine password";

impl Shop {
    /// Asks, hangs up while somebody else holds the account, and waits until its session has ended.
    async fn hang_up(&self, member: &Member, cookies: &str, (method, path): (&str, &str), body: &Value) {
        let mut held = self.app.accounts.pool.begin().await.unwrap();
        store::lock(&mut held, member.id).await.unwrap();
        let cookie = [("cookie", cookies)];
        tokio::select! {
            reply = self.json(method, path, &cookie, body) => panic!("{method} {path}: {}", reply.body),
            () = self.waiting(1) => {}
        }
        held.commit().await.unwrap();
        let ended = async {
            while self.sessions.look(&member.cookies).await.unwrap() != Resolved::Known(None) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(20), ended).await;
        assert!(ended.is_ok(), "{method} {path}: the session goes on");
    }
}

#[tokio::test]
async fn what_takes_an_account_back_comes_to_its_end_though_whoever_is_signed_in_hangs_up() {
    let shop = Shop::open().await;
    let (lines, _capturing) = capture();
    let again = json!({ "password": PASSWORD });
    for (method, path, body, event) in [
        (
            "PUT",
            "/account/password",
            json!({ "current": PASSWORD, "new": NEW }),
            Event::PasswordChanged,
        ),
        (
            "DELETE",
            "/account/sessions",
            json!({}),
            Event::SignedOutEverywhere,
        ),
        (
            "POST",
            "/account/second-factors/recovery-codes",
            again.clone(),
            Event::RecoveryCodesMade,
        ),
        (
            "DELETE",
            "/account/second-factors/{id}",
            again,
            Event::FactorRemoved,
        ),
    ] {
        let mut ada = shop.member().await;
        shop.set_up_app(&mut ada).await;
        let factor = shop.factors(&ada).await["factors"][0]["id"].clone();
        let path = path.replace("{id}", factor.as_str().unwrap());
        shop.hang_up(&ada, &ada.cookies, (method, &path), &body).await;
        let (line, id) = (lines.last(event), ada.id.to_string());
        assert_eq!((&line["account"], &line["by"]), (&json!(id), &json!(id)));
    }
}

#[tokio::test]
async fn a_first_factor_comes_to_its_end_though_whoever_confirms_it_hangs_up() {
    let shop = Shop::open().await;
    let (lines, _capturing) = capture();
    let ada = shop.member().await;
    let (setup, totp) = shop.begin_app(&ada).await;
    let body = json!({ "setup": setup, "code": App::new(totp).shown, "name": "My phone" });
    let path = "/account/second-factors/totp/confirmation";
    shop.hang_up(&ada, &ada.cookies, ("POST", path), &body).await;
    assert_eq!(lines.last(Event::FactorAdded)["account"], *ada.id.to_string());
}

#[tokio::test]
async fn a_password_by_a_link_comes_to_its_end_though_whoever_chooses_it_hangs_up() {
    let shop = Shop::open().await;
    let (lines, _capturing) = capture();
    for path in ["/password-resets/redeem", "/email-confirmations"] {
        let ada = shop.member().await;
        if path == "/password-resets/redeem" {
            changing::send_reset(&shop.app, &ada.email).await.unwrap();
        }
        // The newest link: registering sent the one that confirms the address.
        let body = json!({ "token": shop.mailed(&ada.email).await, "password": NEW });
        shop.hang_up(&ada, "", ("POST", path), &body).await;
        let reset = lines.last(Event::PasswordReset);
        assert_eq!(reset["account"], *ada.id.to_string(), "{path}");
    }
}
