//! Guesses at a password in browsers that signed in before: for how long they are known, and how many there are of one account.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;
use session::{Attempts, Quota, Roles};

use super::accounts::{Member, PASSWORD, session_cookie};
use super::{Reply, Shop};

const WRONG: &str = "not this one, sorry";
const NEW: &str = "another fine password";

/// Out of which quota the answer says that it was.
fn policy(reply: &Reply) -> &str {
    reply.headers["ratelimit-policy"].to_str().unwrap()
}

impl Shop {
    /// To `NEW`, by the link in a mail, whose secret it returns.
    pub async fn reset_password(&self, member: &Member) -> String {
        let body = json!({ "email": member.email });
        self.json("POST", "/password-resets", &[], &body).await;
        let pool = self.pool().await;
        let is_mailed = async || {
            sqlx::query_scalar::<_, bool>(
                "select exists (select from mails where address = $1 and reason like 'reset-password:%')",
            )
            .bind(&member.email)
            .fetch_one(&pool)
            .await
            .unwrap()
        };
        while !is_mailed().await {
            tokio::task::yield_now().await;
        }
        let token = self.mailed(&member.email).await;
        let body = json!({ "token": token, "password": NEW });
        let done = self.json("POST", "/password-resets/redeem", &[], &body).await;
        assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.body);
        token
    }
}

#[tokio::test]
async fn a_browser_from_before_a_reset_is_a_strangers_and_one_from_after_it_is_known() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let guess = async |cookies: &str| shop.sign_in(&ada.email, WRONG, cookies).await;
    let known = guess(&ada.cookies).await;
    assert_eq!(policy(&known), "\"sign-in-browser\";q=10;w=900");
    shop.reset_password(&ada).await;
    let stranger = guess(&ada.cookies).await;
    assert!(!policy(&stranger).contains("browser"), "{}", policy(&stranger));
    let back = session_cookie(&shop.sign_in(&ada.email, NEW, "").await);
    assert_eq!(policy(&guess(&back).await), "\"sign-in-browser\";q=10;w=900");
    // The quota that it takes from is the one that ends.
    let mut last = None;
    for _ in 0..10 {
        last = Some(guess(&ada.cookies).await);
    }
    let last = last.unwrap();
    assert_eq!(last.problem(), (429, "rate-limited"));
    assert_eq!(policy(&last), "\"sign-in\";q=10;w=900");
}

#[tokio::test]
async fn the_browsers_of_an_account_guess_fifty_times_together_however_many_cookies_there_are() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    // Forty guesses before, in whichever browsers.
    let (attempts, together) = (
        Attempts::of(&shop.sessions),
        Quota {
            name: "sign-in-browsers",
            count: 50,
            window: Duration::from_mins(15),
        },
    );
    for _ in 0..40 {
        attempts.count(together, &ada.id.to_string()).await.unwrap();
    }
    let mut answers = vec![];
    for _ in 0..11 {
        let member = session::Member {
            account: ada.id,
            roles: Roles::SHOPPER,
            epoch: 0,
            second_factor: false,
        };
        let [_, _, browser] = shop.sessions.sign_in("", member, "").await.unwrap();
        let browser = browser.split(';').next().unwrap();
        answers.push(shop.sign_in(&ada.email, WRONG, browser).await);
    }
    let (last, answers) = answers.split_last().unwrap();
    for answer in answers {
        assert_eq!(answer.problem(), (401, "wrong-credentials"));
    }
    assert_eq!(last.problem(), (429, "rate-limited"));
    assert_eq!(policy(last), "\"sign-in-browsers\";q=50;w=900");
    // It is no stranger's quota.
    let elsewhere = shop.sign_in(&ada.email, PASSWORD, "").await;
    assert_eq!(elsewhere.status, StatusCode::OK, "{}", elsewhere.body);
}
