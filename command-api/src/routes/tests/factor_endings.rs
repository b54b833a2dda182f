//! What ends when somebody removes a second factor or makes new recovery codes: what the stolen phone opened.

use axum::http::StatusCode;
use serde_json::json;
use session::Role;

use super::accounts::{Member, PASSWORD, session_cookie};
use super::second_factor::App;
use super::{Reply, Shop};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    LastFactor,
    OneOfTwo,
    NewCodes,
}

impl Shop {
    async fn change(&self, member: &Member, change: Change) -> Reply {
        let (cookie, again) = ([("cookie", &*member.cookies)], json!({ "password": PASSWORD }));
        if change == Change::NewCodes {
            let path = "/account/second-factors/recovery-codes";
            return self.json("POST", path, &cookie, &again).await;
        }
        if change == Change::OneOfTwo {
            self.add_further_app(member).await;
        }
        let id = self.factors(member).await["factors"][0]["id"].clone();
        let path = format!("/account/second-factors/{}", id.as_str().unwrap());
        self.json("DELETE", &path, &cookie, &again).await
    }

    async fn add_further_app(&self, member: &Member) {
        let (setup, totp) = self.begin_app(member).await;
        let added = self.confirm_app(member, &setup, &App::new(totp).shown).await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.body);
    }
}

#[tokio::test]
async fn a_factor_that_is_removed_and_new_recovery_codes_end_every_other_session_and_every_key() {
    let shop = Shop::open().await;
    for change in [Change::LastFactor, Change::OneOfTwo, Change::NewCodes] {
        let mut ada = shop.member().await;
        let app = shop.set_up_app(&mut ada).await;
        let code = json!({ "recovery_code": app.recovery_codes[0] });
        let on_the_stolen_phone = shop.sign_in_in_two_steps(&ada, &code).await;
        let key = shop.key(&ada, Role::Shopper).await;
        let changed = shop.change(&ada, change).await;
        assert!(changed.status.is_success(), "{change:?}: {}", changed.body);
        for ended in [&on_the_stolen_phone, &ada.cookies] {
            let refused = shop.get("/account", ended).await;
            assert_eq!(refused.problem(), (401, "no-session"), "{change:?}");
        }
        assert_eq!(shop.by(&key).await.problem(), (401, "bad-api-key"), "{change:?}");
        // Whoever asked goes on, as the account is now.
        let account = shop.get("/account", &session_cookie(&changed)).await;
        assert_eq!(account.status, StatusCode::OK, "{change:?}: {}", account.body);
        let expected = json!(change != Change::LastFactor);
        assert_eq!(account.body["has_second_factor"], expected, "{change:?}");
    }
}

#[tokio::test]
async fn staff_who_change_their_factors_go_on_as_staff() {
    let shop = Shop::open().await;
    let grace = shop.member_with(Role::Ops).await;
    let changed = shop.change(&grace, Change::NewCodes).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    let audit = shop.get("/audit", &session_cookie(&changed)).await;
    assert_eq!(audit.status, StatusCode::OK, "{}", audit.body);
}
