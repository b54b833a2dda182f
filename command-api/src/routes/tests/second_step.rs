//! Signing in with a second factor: what is asked after the password, what answers it, and how often.

use axum::http::StatusCode;
use serde_json::{Value, json};
use webauthn_authenticator_rs::WebauthnAuthenticator;
use webauthn_authenticator_rs::prelude::{CreationChallengeResponse, RequestChallengeResponse, Url};
use webauthn_authenticator_rs::softpasskey::SoftPasskey;

use super::accounts::{Member, PASSWORD, session_cookie};
use super::second_factor::App;
use super::{Reply, Shop, lines};

impl Shop {
    /// The password was right: the cookie that names what is asked.
    async fn first_step(&self, member: &Member) -> Reply {
        let asked = self.sign_in(&member.email, PASSWORD, "").await;
        assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
        asked
    }

    async fn second_step(&self, cookies: &str, shown: &Value) -> Reply {
        self.json(
            "POST",
            "/session/sign-in/second-step",
            &[("cookie", cookies)],
            shown,
        )
        .await
    }

    async fn with_app(&self) -> (Member, App) {
        let mut member = self.member().await;
        let app = self.set_up_app(&mut member).await;
        (member, app)
    }
}

fn code(code: &str) -> Value {
    json!({ "code": code })
}

fn recovery_code(code: &str) -> Value {
    json!({ "recovery_code": code })
}

#[tokio::test]
async fn nobody_is_signed_in_between_the_steps_and_after_them_with_the_guests_cart() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let (ada, app) = shop.with_app().await;
    let (guest, cart) = shop.shopper().await;
    let path = format!("/carts/{cart}/lines");
    shop.json("POST", &path, &[("cookie", &guest)], &lines("MUG", 2))
        .await;
    let asked = shop.sign_in(&ada.email, PASSWORD, &guest).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
    assert_eq!(asked.body["methods"], json!(["totp", "recovery-code"]));
    assert_eq!(asked.body["account"], Value::Null);
    let set = asked.headers["set-cookie"].to_str().unwrap();
    assert!(
        set.starts_with("second-step=") && set.contains("Max-Age=300; HttpOnly; SameSite=Strict"),
        "{set}"
    );
    let between = format!("{guest}; {}", asked.cookies());
    assert_eq!(
        shop.get("/account", &between).await.problem(),
        (401, "not-signed-in")
    );
    let signed_in = shop.second_step(&between, &code(&app.code(30))).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.body);
    assert!(signed_in.body["merged"]["cart"].is_string(), "{}", signed_in.body);
    let cookies = session_cookie(&signed_in);
    assert!(cookies.starts_with("session="), "{cookies}");
    assert_eq!(shop.get("/account", &cookies).await.status, StatusCode::OK);
    // Registering what there is already is signing in, and no way round.
    let again = shop.register(&ada.email, "").await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{}", again.body);
}

#[tokio::test]
async fn a_code_counts_once_and_so_does_what_was_asked() {
    let shop = Shop::open().await;
    let (ada, app) = shop.with_app().await;
    let (first, second) = (shop.first_step(&ada).await, shop.first_step(&ada).await);
    // The code that confirmed the app was shown already.
    let shown = shop.second_step(&first.cookies(), &code(&app.shown)).await;
    assert_eq!(shown.problem(), (422, "wrong-second-factor"));
    let next = code(&app.code(30));
    let right = shop.second_step(&first.cookies(), &next).await;
    assert_eq!(right.status, StatusCode::OK, "{}", right.body);
    let seen_by_somebody = shop.second_step(&second.cookies(), &next).await;
    assert_eq!(seen_by_somebody.problem(), (422, "wrong-second-factor"));
    let answered = shop
        .second_step(&first.cookies(), &recovery_code(&app.recovery_codes[0]))
        .await;
    assert_eq!(answered.problem(), (422, "second-step-expired"));
}

#[tokio::test]
async fn of_many_answers_at_once_one_signs_in() {
    let shop = Shop::open().await;
    let (ada, app) = shop.with_app().await;
    let asked = shop.first_step(&ada).await.cookies();
    let next = code(&app.code(30));
    let answers = (0..4).map(|_| shop.second_step(&asked, &next));
    let replies = futures::future::join_all(answers).await;
    let signed_in = replies.iter().filter(|reply| reply.status == StatusCode::OK);
    assert_eq!(signed_in.count(), 1);
}

#[tokio::test]
async fn there_are_five_tries_in_the_browser_that_knew_the_password() {
    let shop = Shop::open().await;
    let (ada, app) = shop.with_app().await;
    let asked = shop.first_step(&ada).await.cookies();
    let elsewhere = shop.second_step("", &code(&app.code(30))).await;
    assert_eq!(elsewhere.problem(), (422, "second-step-expired"));
    for wrong in ["000000", "letter", "1", "999999", "123 456"] {
        let reply = shop.second_step(&asked, &code(wrong)).await;
        assert_eq!(reply.problem(), (422, "wrong-second-factor"), "{wrong}");
    }
    let right = shop.second_step(&asked, &code(&app.code(30))).await;
    assert_eq!(right.problem(), (422, "second-step-expired"));
    let anew = shop.first_step(&ada).await.cookies();
    let right = shop.second_step(&anew, &code(&app.code(30))).await;
    assert_eq!(right.status, StatusCode::OK, "{}", right.body);
}

#[tokio::test]
async fn guessing_codes_is_limited_for_an_account_however_often_the_password_is_shown() {
    let shop = Shop::open().await;
    let (ada, app) = shop.with_app().await;
    let mut asked = String::new();
    for guess in 0..20 {
        if guess % 5 == 0 {
            asked = shop.first_step(&ada).await.cookies();
        }
        let reply = shop.second_step(&asked, &code("000000")).await;
        assert_eq!(reply.problem(), (422, "wrong-second-factor"), "{guess}");
    }
    let asked = shop.first_step(&ada).await.cookies();
    let right = shop.second_step(&asked, &code(&app.code(30))).await;
    assert_eq!(right.problem(), (429, "rate-limited"));
    assert_eq!(right.headers["ratelimit-policy"], "\"second-step\";q=20;w=3600");
}

#[tokio::test]
async fn a_recovery_code_works_once_and_new_ones_end_the_old() {
    let shop = Shop::open().await;
    let (mut ada, app) = shop.with_app().await;
    let enter = async |typed: &str| {
        let asked = shop.first_step(&ada).await.cookies();
        shop.second_step(&asked, &recovery_code(typed)).await
    };
    let loud = app.recovery_codes[0].to_uppercase().replace('-', " ");
    let signed_in = enter(&loud).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.body);
    let again = enter(&app.recovery_codes[0]).await;
    assert_eq!(again.problem(), (422, "wrong-second-factor"));
    let other = shop.with_app().await.1;
    let foreign = enter(&other.recovery_codes[0]).await;
    assert_eq!(foreign.problem(), (422, "wrong-second-factor"));
    ada.cookies = session_cookie(&signed_in);
    assert_eq!(shop.factors(&ada).await["recovery_codes_left"], json!(9));
    let renewed = shop
        .json(
            "POST",
            "/account/second-factors/recovery-codes",
            &[("cookie", &ada.cookies)],
            &json!({ "password": PASSWORD }),
        )
        .await;
    let codes = renewed.body["recovery_codes"].as_array().unwrap();
    assert_eq!(codes.len(), 10);
    let enter = async |typed: &str| {
        let asked = shop.first_step(&ada).await.cookies();
        shop.second_step(&asked, &recovery_code(typed)).await
    };
    let old = enter(&app.recovery_codes[1]).await;
    assert_eq!(old.problem(), (422, "wrong-second-factor"));
    assert_eq!(enter(codes[0].as_str().unwrap()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_new_password_ends_what_was_asked_and_takes_no_second_factor_away() {
    let shop = Shop::open().await;
    let (ada, app) = shop.with_app().await;
    shop.mark_confirmed(&ada).await;
    let asked = shop.first_step(&ada).await.cookies();
    shop.json("POST", "/password-resets", &[], &json!({ "email": ada.email }))
        .await;
    let pool = shop.pool().await;
    let sent = "select count(*) from mails where reason like 'reset-password:%'";
    while sqlx::query_scalar::<_, i64>(sent).fetch_one(&pool).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    let redeem = json!({ "token": shop.mailed(&ada.email).await, "password": "another fine password" });
    let reset = shop.json("POST", "/password-resets/redeem", &[], &redeem).await;
    assert_eq!(reset.status, StatusCode::NO_CONTENT, "{}", reset.body);
    let late = shop.second_step(&asked, &code(&app.code(30))).await;
    assert_eq!(late.problem(), (422, "second-step-expired"));
    let signed_in = shop.sign_in(&ada.email, "another fine password", "").await;
    assert_eq!(signed_in.status, StatusCode::ACCEPTED, "{}", signed_in.body);
}

#[tokio::test]
async fn what_was_asked_expires_and_is_forgotten() {
    let shop = Shop::open().await;
    let (ada, app) = shop.with_app().await;
    let asked = shop.first_step(&ada).await.cookies();
    let pool = crate::accounts::Accounts::new(&shop.url).unwrap().pool;
    sqlx::query("update second_factor_challenges set expires_at = now() - interval '1 second'")
        .execute(&pool)
        .await
        .unwrap();
    let late = shop.second_step(&asked, &code(&app.code(30))).await;
    assert_eq!(late.problem(), (422, "second-step-expired"));
    let swept = crate::accounts::second_factor::challenges::sweep(&pool)
        .await
        .unwrap();
    assert_eq!(swept, 1, "what confirmed the app went with it");
}

#[tokio::test]
async fn one_proof_is_shown_at_a_time_and_one_that_can_be_read() {
    let shop = Shop::open().await;
    for (shown, field) in [
        (json!({}), "code"),
        (json!({ "code": "123456", "recovery_code": "x" }), "code"),
        (json!({ "code": "" }), "code"),
        (json!({ "recovery_code": "x".repeat(65) }), "recovery_code"),
        (json!({ "passkey": { "id": 7 } }), "passkey"),
    ] {
        let reply = shop.second_step("", &shown).await;
        assert_eq!(reply.violations(), [field], "{shown}");
    }
}

#[tokio::test]
async fn a_passkey_that_cannot_be_read_keeps_nobody_from_signing_in_by_something_else() {
    let shop = Shop::open().await;
    let (ada, app) = shop.with_app().await;
    let broken = "insert into second_factors (id, account_id, kind, name, credential)
                  values (gen_random_uuid(), $1, 'passkey', 'Key', '{\"cred\": 7}'),
                         (gen_random_uuid(), $1, 'passkey', 'Key', null)";
    let pool = &shop.app.accounts.pool;
    sqlx::query(broken).bind(ada.id).execute(pool).await.unwrap();
    let asked = shop.first_step(&ada).await;
    assert_eq!(asked.body["methods"], json!(["totp", "recovery-code"]));
    let signed_in = shop.second_step(&asked.cookies(), &code(&app.code(30))).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.body);
}

/// A browser with an authenticator.
struct Browser {
    authenticator: WebauthnAuthenticator<SoftPasskey>,
    origin: Url,
}

impl Browser {
    fn at(origin: &str) -> Self {
        Self {
            authenticator: WebauthnAuthenticator::new(SoftPasskey::new(true)),
            origin: Url::parse(origin).unwrap(),
        }
    }

    fn create(&mut self, options: &Value) -> Value {
        let options: CreationChallengeResponse =
            serde_json::from_value(json!({ "publicKey": options })).unwrap();
        let made = self.authenticator.do_registration(self.origin.clone(), options);
        serde_json::to_value(made.unwrap()).unwrap()
    }

    fn get(&mut self, options: &Value) -> Value {
        let options: RequestChallengeResponse =
            serde_json::from_value(json!({ "publicKey": options })).unwrap();
        let shown = self.authenticator.do_authentication(self.origin.clone(), options);
        serde_json::to_value(shown.unwrap()).unwrap()
    }
}

impl Shop {
    async fn begin_passkey(&self, member: &Member) -> (String, Value) {
        let (cookie, again) = ([("cookie", &*member.cookies)], json!({ "password": PASSWORD }));
        let begun = self
            .json("POST", "/account/second-factors/passkeys", &cookie, &again)
            .await;
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.body);
        let setup = begun.body["setup"].as_str().unwrap().to_owned();
        (setup, begun.body["options"].clone())
    }

    async fn confirm_passkey(&self, member: &Member, setup: &str, credential: &Value) -> Reply {
        let path = "/account/second-factors/passkeys/confirmation";
        let body = json!({ "setup": setup, "credential": credential, "name": "Key" });
        self.json("POST", path, &[("cookie", &member.cookies)], &body)
            .await
    }
}

#[tokio::test]
async fn a_passkey_is_set_up_and_signs_in() {
    let shop = Shop::open().await;
    let mut ada = shop.member().await;
    let mut browser = Browser::at("http://localhost:7400");
    let (setup, options) = shop.begin_passkey(&ada).await;
    assert_eq!(options["rp"]["id"], json!("localhost"));
    assert_eq!(
        options["authenticatorSelection"]["userVerification"],
        json!("required")
    );
    let credential = browser.create(&options);
    let added = shop.confirm_passkey(&ada, &setup, &credential).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.body);
    ada.cookies = session_cookie(&added);
    let factors = shop.factors(&ada).await;
    assert_eq!(factors["factors"][0]["kind"], json!("passkey"));
    assert_eq!(factors["factors"][0]["last_used_at"], Value::Null);
    let again = shop.confirm_passkey(&ada, &setup, &credential).await;
    assert_eq!(again.problem(), (422, "second-step-expired"));
    let excluded = shop.begin_passkey(&ada).await.1["excludeCredentials"].clone();
    assert_eq!(excluded[0]["id"], credential["id"]);

    let asked = shop.first_step(&ada).await;
    assert_eq!(asked.body["methods"], json!(["passkey", "recovery-code"]));
    let shown = json!({ "passkey": browser.get(&asked.body["passkey"]) });
    // What was shown to one question answers no other.
    let other = shop.first_step(&ada).await;
    let replayed = shop.second_step(&other.cookies(), &shown).await;
    assert_eq!(replayed.problem(), (422, "wrong-second-factor"));
    let signed_in = shop.second_step(&asked.cookies(), &shown).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.body);
    ada.cookies = session_cookie(&signed_in);
    assert!(shop.factors(&ada).await["factors"][0]["last_used_at"].is_string());
}

#[tokio::test]
async fn a_passkey_of_another_page_or_of_another_account_is_none() {
    let shop = Shop::open().await;
    let (mut ada, eve) = (shop.member().await, shop.member().await);
    let mut elsewhere = Browser::at("http://localhost:9999");
    let (setup, options) = shop.begin_passkey(&ada).await;
    let refused = shop
        .confirm_passkey(&ada, &setup, &elsewhere.create(&options))
        .await;
    assert_eq!(refused.problem(), (422, "wrong-second-factor"));
    let mut browser = Browser::at("http://localhost:7400");
    let made = browser.create(&options);
    let added = shop.confirm_passkey(&ada, &setup, &made).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.body);
    ada.cookies = session_cookie(&added);
    // Eve answers her own question with Ada's passkey: it was made for another one.
    let (setup, _) = shop.begin_passkey(&eve).await;
    let taken = shop.confirm_passkey(&eve, &setup, &made).await;
    assert_eq!(taken.problem(), (422, "wrong-second-factor"));
    // A passkey that nobody asked for, of an account with an app alone.
    let (bob, _) = shop.with_app().await;
    let asked = shop.first_step(&ada).await;
    let shown = json!({ "passkey": browser.get(&asked.body["passkey"]) });
    let bobs = shop.first_step(&bob).await;
    let foreign = shop.second_step(&bobs.cookies(), &shown).await;
    assert_eq!(foreign.problem(), (422, "wrong-second-factor"));
}
