//! Second factors that somebody set up before the owner of the address came: they keep nobody out, and are taken from nobody else.

use axum::http::StatusCode;
use serde_json::json;

use super::Shop;
use super::accounts::{Member, PASSWORD};
use crate::accounts::changing;

const NEW: &str = "another fine password";

impl Shop {
    /// By the link in a mail.
    async fn choose_password(&self, member: &Member) {
        changing::send_reset(&self.app, &member.email).await.unwrap();
        let redeem = json!({ "token": self.mailed(&member.email).await, "password": NEW });
        let reset = self.json("POST", "/password-resets/redeem", &[], &redeem).await;
        assert_eq!(reset.status, StatusCode::NO_CONTENT, "{}", reset.body);
    }

    async fn rows(&self, table: &str) -> i64 {
        sqlx::query_scalar(&format!("select count(*) from {table}"))
            .fetch_one(&self.app.accounts.pool)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_new_password_by_a_mail_removes_what_was_set_up_before_the_address_was_confirmed() {
    let shop = Shop::open().await;
    // Eve registers with the victim's address.
    let mut eve = shop.member().await;
    shop.set_up_app(&mut eve).await;
    shop.choose_password(&eve).await;
    let victim = shop.sign_in(&eve.email, NEW, "").await;
    assert_eq!(victim.status, StatusCode::OK, "{}", victim.body);
    assert_eq!(victim.body["account"]["has_second_factor"], json!(false));
    for table in ["second_factors", "recovery_codes"] {
        assert_eq!(shop.rows(table).await, 0, "{table}");
    }
    assert_eq!(shop.factor_news().await, ["added", "reset-by-link"]);
}

#[tokio::test]
async fn a_mailbox_alone_takes_no_factor_from_an_account_that_an_earlier_release_gave_a_role() {
    let shop = Shop::open().await;
    let mut grace = shop.member().await;
    shop.set_up_app(&mut grace).await;
    sqlx::query(
        "update accounts set roles = array['shopper', 'staff'], email_confirmed_at = null where id = $1",
    )
    .bind(grace.id)
    .execute(&shop.app.accounts.pool)
    .await
    .unwrap();
    shop.choose_password(&grace).await;
    let asked = shop.sign_in(&grace.email, NEW, "").await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
    assert_eq!(shop.rows("second_factors").await, 1);
}

#[tokio::test]
async fn a_new_password_by_a_mail_takes_no_factor_from_an_account_whose_address_was_confirmed() {
    let shop = Shop::open().await;
    let mut ada = shop.member().await;
    shop.mark_confirmed(&ada).await;
    shop.set_up_app(&mut ada).await;
    shop.choose_password(&ada).await;
    let asked = shop.sign_in(&ada.email, NEW, "").await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
    assert_eq!(
        (
            shop.rows("second_factors").await,
            shop.rows("recovery_codes").await
        ),
        (1, 10)
    );
    // Nor does one that comes with the link of a confirmation, which the account asked for once more.
    let pool = &shop.app.accounts.pool;
    let account = crate::accounts::store::by_id(pool, ada.id).await.unwrap();
    changing::ask_to_confirm(&shop.app, &account, &account.email)
        .await
        .unwrap();
    let token = shop.mailed(&ada.email).await;
    let confirmed = shop
        .confirm(json!({ "token": token, "password": PASSWORD }), "")
        .await;
    assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.body);
    let asked = shop.sign_in(&ada.email, PASSWORD, "").await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
}

#[tokio::test]
async fn an_account_with_a_second_factor_confirms_another_address_in_its_own_session_alone() {
    let shop = Shop::open().await;
    let mut eve = shop.member().await;
    shop.set_up_app(&mut eve).await;
    let change = json!({ "email": "victim@example.org", "password": PASSWORD });
    let asked = shop
        .json(
            "POST",
            "/account/email-change",
            &[("cookie", &eve.cookies)],
            &change,
        )
        .await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
    let token = shop.mailed("victim@example.org").await;
    shop.is_refused_elsewhere(&token).await;
    // The address is nobody's account, and the other one goes on as it was.
    let account = shop.get("/account", &eve.cookies).await.body;
    assert_eq!(account["email"], json!(eve.email));
    let own = shop.confirm(json!({ "token": token }), &eve.cookies).await;
    assert_eq!(own.status, StatusCode::OK, "{}", own.body);
    let account = shop.get("/account", &eve.cookies).await.body;
    assert_eq!(
        (&account["email"], &account["has_second_factor"]),
        (&json!("victim@example.org"), &json!(true))
    );
}
