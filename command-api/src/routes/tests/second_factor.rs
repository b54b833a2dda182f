//! Setting second factors up and removing them, and the roles that count with one alone.

use axum::http::StatusCode;
use serde_json::{Value, json};
use session::{ApiKeys, Role};
use totp_rs::{Builder, Secret, Totp};

use super::accounts::{Member, PASSWORD, session_cookie};
use super::{Reply, Shop};
use crate::accounts::Accounts;
use crate::accounts::granting::{self, GrantError};
use crate::accounts::second_factor::resetting::{self, Reset};

/// An app that shows codes, and the recovery codes that came with it.
pub struct App {
    totp: Totp,
    /// The code that confirmed it.
    pub shown: String,
    pub recovery_codes: Vec<String>,
}

impl App {
    pub fn new(totp: Totp) -> Self {
        let mut app = Self {
            totp,
            shown: String::new(),
            recovery_codes: vec![],
        };
        app.shown = app.code(0);
        app
    }

    /// Of now, or of another time in seconds from now.
    pub fn code(&self, from_now: i64) -> String {
        let now = u64::try_from(time::OffsetDateTime::now_utc().unix_timestamp()).unwrap();
        self.totp
            .generate(now.saturating_add_signed(from_now))
            .to_string()
    }
}

impl Shop {
    pub async fn begin_app(&self, member: &Member) -> (String, Totp) {
        let cookie = [("cookie", &*member.cookies)];
        let again = json!({ "password": PASSWORD });
        let begun = self
            .json("POST", "/account/second-factors/totp", &cookie, &again)
            .await;
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.body);
        let typed = begun.body["secret"].as_str().unwrap().replace(' ', "");
        let secret = Secret::try_from_base32(typed).unwrap();
        let totp = Builder::new().with_secret(secret).build().unwrap();
        (begun.body["setup"].as_str().unwrap().to_owned(), totp)
    }

    pub async fn confirm_app(&self, member: &Member, setup: &str, code: &str) -> Reply {
        let cookie = [("cookie", &*member.cookies)];
        let body = json!({ "setup": setup, "code": code, "name": "My phone" });
        self.json(
            "POST",
            "/account/second-factors/totp/confirmation",
            &cookie,
            &body,
        )
        .await
    }

    /// The first second factor: the member goes on with the new session.
    pub async fn set_up_app(&self, member: &mut Member) -> App {
        let (setup, totp) = self.begin_app(member).await;
        let mut app = App::new(totp);
        let added = self.confirm_app(member, &setup, &app.shown).await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.body);
        let codes = added.body["recovery_codes"].as_array().unwrap();
        app.recovery_codes = codes
            .iter()
            .map(|code| code.as_str().unwrap().to_owned())
            .collect();
        member.cookies = session_cookie(&added);
        app
    }

    /// With the password, and then with what `shown` shows. The session's cookies.
    pub async fn sign_in_in_two_steps(&self, member: &Member, shown: &Value) -> String {
        let asked = self.sign_in(&member.email, PASSWORD, "").await;
        assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
        let cookie = [("cookie", &*asked.cookies())];
        let signed_in = self
            .json("POST", "/session/sign-in/second-step", &cookie, shown)
            .await;
        assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.body);
        session_cookie(&signed_in)
    }

    /// As earlier releases gave a role, also to an account without a second factor.
    pub async fn give_role_as_before(&self, member: &Member) {
        sqlx::query(
            "update accounts set roles = array['shopper', 'staff'], email_confirmed_at = now() where id = $1",
        )
        .bind(member.id)
        .execute(&self.app.accounts.pool)
        .await
        .unwrap();
    }

    pub async fn factors(&self, member: &Member) -> Value {
        self.get("/account/second-factors", &member.cookies).await.body
    }

    /// What the mails about second factors say, the oldest first.
    pub async fn factor_news(&self) -> Vec<String> {
        let sql = "select mail ->> 'news' from mails where reason like 'second-factor:%' order by id";
        sqlx::query_scalar(sql)
            .fetch_all(&self.pool().await)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn an_app_is_set_up_by_the_password_and_a_code_and_every_other_session_ends() {
    let shop = Shop::open().await;
    let mut ada = shop.member().await;
    let elsewhere = session_cookie(&shop.sign_in(&ada.email, PASSWORD, "").await);
    let before = ada.cookies.clone();
    let cookie = [("cookie", &*before)];
    let wrong = json!({ "password": "not this one, sorry" });
    let refused = shop
        .json("POST", "/account/second-factors/totp", &cookie, &wrong)
        .await;
    assert_eq!(refused.problem(), (422, "wrong-password"));
    let (setup, _) = shop.begin_app(&ada).await;
    let refused = shop.confirm_app(&ada, &setup, "000000").await;
    assert_eq!(refused.problem(), (422, "wrong-second-factor"));
    assert_eq!(shop.factors(&ada).await["factors"], json!([]));

    let app = shop.set_up_app(&mut ada).await;
    assert_eq!(app.recovery_codes.len(), 10);
    for ended in [&before, &elsewhere] {
        assert_eq!(shop.get("/account", ended).await.problem(), (401, "no-session"));
    }
    let account = shop.get("/account", &ada.cookies).await.body;
    assert_eq!(account["has_second_factor"], json!(true));
    let factors = shop.factors(&ada).await;
    assert_eq!(
        (
            &factors["factors"][0]["kind"],
            &factors["factors"][0]["name"],
            &factors["recovery_codes_left"],
            &factors["is_needed"]
        ),
        (&json!("totp"), &json!("My phone"), &json!(10), &json!(false))
    );
    assert_eq!(shop.factor_news().await, ["added"]);
}

#[tokio::test]
async fn what_is_stored_of_an_app_and_of_codes_opens_nothing_by_itself() {
    let shop = Shop::open().await;
    let mut ada = shop.member().await;
    let app = shop.set_up_app(&mut ada).await;
    let pool = shop.pool().await;
    let stored: Vec<u8> = sqlx::query_scalar("select secret from second_factors")
        .fetch_one(&pool)
        .await
        .unwrap();
    let secret = app.totp.secret().as_ref();
    assert!(!stored.windows(secret.len()).any(|part| part == secret));
    let hashes: Vec<Vec<u8>> = sqlx::query_scalar("select hash from recovery_codes")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(hashes.len(), 10);
    for code in &app.recovery_codes {
        assert!(hashes.iter().all(|hash| hash != code.as_bytes()));
    }
}

#[tokio::test]
async fn what_was_begun_for_one_account_or_before_a_new_password_is_confirmed_by_nobody() {
    let shop = Shop::open().await;
    let (mut ada, eve) = (shop.member().await, shop.member().await);
    let (setup, totp) = shop.begin_app(&ada).await;
    let app = App::new(totp);
    let foreign = shop.confirm_app(&eve, &setup, &app.code(0)).await;
    assert_eq!(foreign.problem(), (422, "second-step-expired"));
    let new = json!({ "current": PASSWORD, "new": "another fine password" });
    let changed = shop
        .json("PUT", "/account/password", &[("cookie", &ada.cookies)], &new)
        .await;
    ada.cookies = session_cookie(&changed);
    let late = shop.confirm_app(&ada, &setup, &app.code(0)).await;
    assert_eq!(late.problem(), (422, "second-step-expired"));
}

#[tokio::test]
async fn a_role_counts_only_in_a_session_that_was_begun_with_a_second_factor() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let mut grace = shop.member().await;
    shop.give_role_as_before(&grace).await;
    grace.cookies = session_cookie(&shop.sign_in(&grace.email, PASSWORD, "").await);
    let stock = async |member: &Member| shop.get("/stock/MUG", &member.cookies).await;
    let refused = stock(&grace).await;
    assert_eq!(refused.problem(), (403, "second-factor-required"));
    assert!(
        refused.body["detail"]
            .as_str()
            .unwrap()
            .contains("/account/security"),
        "{}",
        refused.body
    );
    let key = json!({ "name": "Import", "role": "staff", "expires_in_days": 30, "password": PASSWORD });
    let make_key = async |member: &Member| {
        let cookie = [("cookie", &*member.cookies)];
        shop.json("POST", "/account/api-keys", &cookie, &key).await
    };
    assert_eq!(make_key(&grace).await.problem(), (403, "second-factor-required"));
    // She shops like everybody else, and is told what is missing.
    let opened = shop
        .json("POST", "/carts", &[("cookie", &grace.cookies)], &json!({}))
        .await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
    let told = async |member: &Member| {
        let account = shop.get("/account", &member.cookies).await.body;
        let session = shop
            .send("POST", "/session", &[("cookie", &member.cookies)], "")
            .await
            .body;
        for field in ["roles", "withheld_roles"] {
            assert_eq!(account[field], session["account"][field], "{field}");
        }
        (account["roles"].clone(), account["withheld_roles"].clone())
    };
    assert_eq!(told(&grace).await, (json!(["shopper"]), json!(["staff"])));

    // Whoever reads her mails would have her password, and could set up an app as she does.
    let app = shop.set_up_app(&mut grace).await;
    assert_eq!(told(&grace).await, (json!(["shopper"]), json!([])));
    assert_eq!(stock(&grace).await.problem(), (403, "forbidden"));
    shop.grant(&grace, Role::Staff).await;
    grace.cookies = shop
        .sign_in_in_two_steps(&grace, &json!({ "code": app.code(30) }))
        .await;
    assert_eq!(stock(&grace).await.status, StatusCode::OK);
    assert_eq!(told(&grace).await, (json!(["shopper", "staff"]), json!([])));
    assert_eq!(make_key(&grace).await.status, StatusCode::CREATED);
    // A new password changes nothing about it.
    let new = json!({ "current": PASSWORD, "new": "another fine password" });
    let changed = shop
        .json("PUT", "/account/password", &[("cookie", &grace.cookies)], &new)
        .await;
    grace.cookies = session_cookie(&changed);
    assert_eq!(stock(&grace).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_role_is_given_to_nobody_whose_address_is_not_confirmed() {
    let shop = Shop::open().await;
    // Anybody registers with the address of somebody who is about to be hired.
    let mut eve = shop.member().await;
    shop.set_up_app(&mut eve).await;
    let pool = &shop.app.accounts.pool;
    let refused = granting::set_role(pool, &eve.email, Role::Staff, true).await;
    assert!(matches!(refused, Err(GrantError::Unconfirmed)));
    let account = shop.get("/account", &eve.cookies).await.body;
    assert_eq!(
        (&account["roles"], &account["withheld_roles"]),
        (&json!(["shopper"]), &json!([])),
        "nothing was changed, and nobody is signed out"
    );
    shop.grant(&eve, Role::Staff).await;
    // Taking a role away is refused to nobody.
    sqlx::query("update accounts set email_confirmed_at = null")
        .execute(pool)
        .await
        .unwrap();
    let taken = granting::set_role(pool, &eve.email, Role::Staff, false).await;
    let (account, _ended) = taken.unwrap();
    assert!(!account.roles.has(Role::Staff));
}

#[tokio::test]
async fn a_role_is_given_to_nobody_without_a_second_factor() {
    let shop = Shop::open().await;
    let mut grace = shop.member().await;
    shop.mark_confirmed(&grace).await;
    let pool = &shop.app.accounts.pool;
    let refused = granting::set_role(pool, &grace.email, Role::Staff, true).await;
    assert!(matches!(refused, Err(GrantError::NoSecondFactor)));
    let account = shop.get("/account", &grace.cookies).await.body;
    assert_eq!(
        (&account["roles"], &account["withheld_roles"]),
        (&json!(["shopper"]), &json!([])),
        "nothing was changed, and nobody is signed out"
    );
    shop.set_up_app(&mut grace).await;
    let granted = granting::set_role(pool, &grace.email, Role::Staff, true).await;
    assert!(granted.unwrap().0.roles.has(Role::Staff));
}

#[tokio::test]
async fn the_last_second_factor_is_removed_where_no_role_needs_it() {
    let shop = Shop::open().await;
    let mut ada = shop.member().await;
    let mut grace = shop.member_with(Role::Ops).await;
    shop.set_up_app(&mut ada).await;
    let remove = async |member: &Member, password: &str| {
        let id = shop.factors(member).await["factors"][0]["id"].clone();
        let path = format!("/account/second-factors/{}", id.as_str().unwrap());
        let (cookie, body) = ([("cookie", &*member.cookies)], json!({ "password": password }));
        shop.json("DELETE", &path, &cookie, &body).await
    };
    let refused = remove(&ada, "not this one, sorry").await;
    assert_eq!(refused.problem(), (422, "wrong-password"));
    let removed = remove(&ada, PASSWORD).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{}", removed.body);
    ada.cookies = session_cookie(&removed);
    let left = shop.factors(&ada).await;
    assert_eq!(
        (&left["factors"], &left["recovery_codes_left"]),
        (&json!([]), &json!(0))
    );
    let alone = shop.sign_in(&ada.email, PASSWORD, "").await;
    assert_eq!(alone.status, StatusCode::OK, "{}", alone.body);

    assert_eq!(
        remove(&grace, PASSWORD).await.problem(),
        (422, "second-factor-needed")
    );
    assert_eq!(shop.factors(&grace).await["factors"].as_array().unwrap().len(), 1);
    // With another one she changes her phone.
    let (setup, totp) = shop.begin_app(&grace).await;
    let second = App::new(totp);
    let added = shop.confirm_app(&grace, &setup, &second.code(0)).await;
    assert_eq!(
        (added.status, &added.body["recovery_codes"]),
        (StatusCode::CREATED, &Value::Null)
    );
    assert_eq!(added.cookies(), "", "the session goes on as it is");
    let removed = remove(&grace, PASSWORD).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{}", removed.body);
    grace.cookies = session_cookie(&removed);
    assert_eq!(shop.get("/audit", &grace.cookies).await.status, StatusCode::OK);
    grace.cookies = session_cookie(&shop.sign_in(&grace.email, PASSWORD, "").await);
    assert_eq!(grace.cookies.split('=').next(), Some("second-step"));
    assert_eq!(
        shop.factor_news().await,
        ["added", "added", "removed", "added", "removed"]
    );
}

#[tokio::test]
async fn there_may_be_ten_second_factors_and_no_more() {
    let shop = Shop::open().await;
    let mut ada = shop.member().await;
    shop.set_up_app(&mut ada).await;
    let sql = "insert into second_factors (id, account_id, kind, name)
               select gen_random_uuid(), $1, 'passkey', 'Key' from generate_series(1, 9)";
    let pool = shop.pool().await;
    sqlx::query(sql).bind(ada.id).execute(&pool).await.unwrap();
    let (setup, totp) = shop.begin_app(&ada).await;
    let app = App::new(totp);
    let refused = shop.confirm_app(&ada, &setup, &app.code(0)).await;
    assert_eq!(refused.problem(), (422, "second-factor-limit"));
}

#[tokio::test]
async fn whoever_runs_the_shop_resets_factors_that_are_lost_and_ends_what_they_opened() {
    let shop = Shop::open().await;
    let grace = shop.member_with(Role::Staff).await;
    let cookie = [("cookie", &*grace.cookies)];
    let key = async |role: &str| {
        let body = json!({ "name": "Import", "role": role, "expires_in_days": 30, "password": PASSWORD });
        let made = shop.json("POST", "/account/api-keys", &cookie, &body).await;
        format!("Bearer {}", made.body["key"].as_str().unwrap())
    };
    let (staff, shopper) = (key("staff").await, key("shopper").await);
    let pool = Accounts::new(&shop.url).unwrap().pool;
    let reset = async |email: &str| resetting::reset(&pool, email).await;
    assert!(reset("nobody@example.org").await.is_err());
    let Reset { ended, revoked, .. } = reset(&grace.email).await.unwrap();
    assert!(revoked.has(Role::Staff));
    let keys = ApiKeys::of(&shop.sessions);
    ended.tell(&shop.sessions, &keys).await.unwrap();
    for (path, key) in [("/stock/MUG", &staff), ("/account", &shopper)] {
        let by_key = shop.send("GET", path, &[("authorization", key)], "").await;
        assert_eq!(by_key.problem(), (401, "bad-api-key"));
    }
    assert_eq!(
        shop.get("/account", &grace.cookies).await.problem(),
        (401, "no-session")
    );
    let alone = session_cookie(&shop.sign_in(&grace.email, PASSWORD, "").await);
    assert_eq!(
        shop.get("/stock/MUG", &alone).await.problem(),
        (403, "forbidden"),
        "the role went with the factors: the next one is set up by the password alone"
    );
    let account = shop.get("/account", &alone).await.body;
    assert_eq!(account["withheld_roles"], json!([]));
    assert_eq!(shop.factor_news().await, ["added", "reset"]);
    assert!(
        reset(&grace.email).await.is_err(),
        "there is nothing left to reset"
    );
}
