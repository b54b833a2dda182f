//! Registering, signing in and out, and what of it is nobody else's.

use axum::http::StatusCode;
use database::{Limits, Pool, PoolSettings};
use domain::cart::Cart;
use event_store::Reader;
use serde_json::{Value, json};
use session::{ApiKeys, Role};
use uuid::Uuid;

use super::{Reply, Shop, lines};
use crate::accounts::granting;

pub const PASSWORD: &str = "lantern quarry violin";

/// Somebody who is signed in.
pub struct Member {
    pub email: String,
    pub cookies: String,
    pub id: Uuid,
}

impl Shop {
    #[expect(clippy::unused_async, reason = "as tests ask for everything else")]
    pub async fn pool(&self) -> Pool {
        PoolSettings::new(&self.url, "test", Limits::BACKGROUND)
            .unwrap()
            .lazy()
    }

    pub async fn register(&self, email: &str, guest: &str) -> Reply {
        let body = json!({ "email": email, "password": PASSWORD });
        self.json("POST", "/accounts", &[("cookie", guest)], &body).await
    }

    pub async fn sign_in(&self, email: &str, password: &str, guest: &str) -> Reply {
        let body = json!({ "email": email, "password": password });
        self.json("POST", "/session/sign-in", &[("cookie", guest)], &body)
            .await
    }

    pub async fn member(&self) -> Member {
        let email = format!("{}@example.org", Uuid::now_v7().simple());
        let reply = self.register(&email, "").await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        Member {
            cookies: session_cookie(&reply),
            id: reply.body["account"]["id"].as_str().unwrap().parse().unwrap(),
            email,
        }
    }

    /// Somebody with one more role, signed in with a second factor, so that it counts.
    pub async fn member_with(&self, role: Role) -> Member {
        let mut member = self.member().await;
        let app = self.set_up_app(&mut member).await;
        self.grant(&member, role).await;
        // The code that confirmed the app was shown already; the next one is good a step early.
        member.cookies = self
            .sign_in_in_two_steps(&member, &json!({ "code": app.code(30) }))
            .await;
        member
    }

    /// As the operator does, once the address is confirmed, to an account with a second factor.
    pub async fn grant(&self, member: &Member, role: Role) {
        self.mark_confirmed(member).await;
        let pool = &self.app.accounts.pool;
        let (_, ended) = granting::set_role(pool, &member.email, role, true).await.unwrap();
        ended
            .tell(&self.sessions, &ApiKeys::of(&self.sessions))
            .await
            .unwrap();
    }

    /// As if the link in the mail had been opened, which has tests of its own.
    pub async fn mark_confirmed(&self, member: &Member) {
        sqlx::query("update accounts set email_confirmed_at = now() where id = $1")
            .bind(member.id)
            .execute(&self.app.accounts.pool)
            .await
            .unwrap();
    }

    pub async fn get(&self, path: &str, cookies: &str) -> Reply {
        self.send("GET", path, &[("cookie", cookies)], "").await
    }

    async fn cart(&self, id: &str) -> Cart {
        let reader = Reader::connect(&self.url).await.unwrap();
        reader.aggregate::<Cart>(id).await.unwrap().0
    }

    /// The secret of the newest link that was put into a mail to `address`.
    pub async fn mailed(&self, address: &str) -> String {
        let link: Value = sqlx::query_scalar(
            "select mail from mails where address = $1 and mail::text like '%link%' order by id desc limit 1",
        )
        .bind(address)
        .fetch_one(&self.pool().await)
        .await
        .unwrap();
        let link = link["link"].as_str().unwrap();
        link.split('#').nth(1).unwrap().to_owned()
    }
}

/// The session alone, as the browser keeps it: what is set to nothing is forgotten.
pub fn session_cookie(reply: &Reply) -> String {
    let cookies = reply.cookies();
    let kept = cookies.split("; ").filter(|cookie| !cookie.ends_with('='));
    kept.collect::<Vec<_>>().join("; ")
}

fn quantities(cart: &Cart) -> Vec<(String, u32)> {
    match cart {
        Cart::Open(contents) => {
            let lines = contents.lines.iter();
            lines.map(|line| (line.sku.to_string(), line.quantity)).collect()
        }
        other => panic!("{other:?} is not open"),
    }
}

#[tokio::test]
async fn a_guest_who_registers_keeps_the_cart() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let (guest, cart) = shop.shopper().await;
    let path = format!("/carts/{cart}/lines");
    shop.json("POST", &path, &[("cookie", &guest)], &lines("MUG", 2))
        .await;
    let reply = shop.register("ada@example.org", &guest).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    let account = &reply.body["account"];
    assert_eq!(
        (&account["email"], &account["is_confirmed"]),
        (&json!("ada@example.org"), &json!(false))
    );
    assert_eq!(account["roles"], json!(["shopper"]));
    let merged = reply.body["merged"]["cart"].as_str().unwrap();
    assert_eq!(quantities(&shop.cart(merged).await), [("MUG".to_owned(), 2)]);
    let cookies = reply.cookies();
    assert!(
        cookies.contains("session=") && cookies.contains("; guest=; browser="),
        "{cookies}"
    );
    // The old session is nobody's any more, and the old cart says where its things are.
    let current = shop
        .json(
            "POST",
            "/carts",
            &[("cookie", &session_cookie(&reply))],
            &json!({}),
        )
        .await;
    assert_eq!(
        (current.status, current.body["id"].as_str()),
        (StatusCode::OK, Some(merged))
    );
    let late = shop
        .json("POST", &path, &[("cookie", &guest)], &lines("MUG", 1))
        .await;
    assert_eq!(late.problem(), (422, "cart-merged"));
}

#[tokio::test]
async fn one_mailbox_has_one_account_however_its_address_is_spelt() {
    let shop = Shop::open().await;
    shop.register("ada@b\u{fc}cher.example", "").await;
    for spelling in [
        "ada@xn--bcher-kva.example",
        "ADA@B\u{dc}CHER.example",
        "ada@bu\u{308}cher.example",
        " ada@b\u{fc}cher.example ",
        "ada@b\u{fc}cher\u{3002}example",
    ] {
        let body = json!({ "email": spelling, "password": "another fine password" });
        let other = shop.json("POST", "/accounts", &[], &body).await;
        assert_eq!(other.problem(), (422, "email-taken"), "{spelling}");
    }
}

#[tokio::test]
async fn what_is_no_address_or_easily_guessed_is_refused_by_field_and_a_second_account_is_none() {
    let shop = Shop::open().await;
    let body = json!({ "email": "ada", "password": "short" });
    let reply = shop.json("POST", "/accounts", &[], &body).await;
    assert_eq!(reply.violations(), ["email", "password"]);
    shop.register("ada@example.org", "").await;
    let body = json!({ "email": "ADA@example.org", "password": "another fine password" });
    let other = shop.json("POST", "/accounts", &[], &body).await;
    assert_eq!(other.problem(), (422, "email-taken"));
    // The answer was lost, and the same is sent again: that is signing in.
    let again = shop.register("ada@example.org", "").await;
    assert_eq!(again.status, StatusCode::OK);
}

#[tokio::test]
async fn a_common_password_is_refused_on_registering_and_on_changing_it() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    for password in [
        "password1234",
        "123456789012",
        "qwertyuiop12",
        "Password123!",
        "iloveyou1234",
        "cartwright12",
    ] {
        let new = json!({ "email": "grace@example.org", "password": password });
        let refused = shop.json("POST", "/accounts", &[], &new).await;
        assert_eq!(refused.problem(), (400, "validation"), "{password}");
        assert_eq!(refused.violations(), ["password"]);
        let change = json!({ "current": PASSWORD, "new": password });
        let cookie = [("cookie", &*ada.cookies)];
        let refused = shop.json("PUT", "/account/password", &cookie, &change).await;
        assert_eq!(refused.violations(), ["new"], "{password}");
        let said = refused.body["violations"][0]["message"].as_str().unwrap();
        assert!(said.contains("four or more words"), "{said}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_the_same() {
    let shop = Shop::open().await;
    shop.register("ada@example.org", "").await;
    let wrong = shop.sign_in("ada@example.org", "not this one, sorry", "").await;
    let unknown = shop.sign_in("eve@example.org", "not this one, sorry", "").await;
    assert_eq!(wrong.problem(), (401, "wrong-credentials"));
    assert_eq!(wrong.body, unknown.body);
    let names = |reply: &Reply| reply.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&wrong), names(&unknown));
}

#[tokio::test]
async fn guessing_is_told_when_to_come_again_and_how_one_stands() {
    let shop = Shop::open().await;
    shop.register("ada@example.org", "").await;
    let mut last = None;
    for _ in 0..11 {
        last = Some(shop.sign_in("ada@example.org", "not this one, sorry", "").await);
    }
    let last = last.unwrap();
    assert_eq!(last.problem(), (429, "rate-limited"));
    let wait: u64 = last.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((800..=901).contains(&wait), "{wait}");
    assert_eq!(last.headers["ratelimit-policy"], "\"sign-in\";q=10;w=900");
    // Also with the right password, and nobody else's account is touched.
    let right = shop.sign_in("ada@example.org", PASSWORD, "").await;
    assert_eq!(right.problem(), (429, "rate-limited"));
    shop.register("grace@example.org", "").await;
    let other = shop.sign_in("grace@example.org", PASSWORD, "").await;
    assert_eq!(other.status, StatusCode::OK);
}

#[tokio::test]
async fn registering_is_no_way_round_the_limits_of_signing_in() {
    let shop = Shop::open().await;
    shop.register("ada@example.org", "").await;
    let guess = json!({ "email": "ada@example.org", "password": "not this one, sorry" });
    for _ in 0..10 {
        let reply = shop.json("POST", "/accounts", &[], &guess).await;
        assert_eq!(reply.problem(), (422, "email-taken"));
    }
    let reply = shop.json("POST", "/accounts", &[], &guess).await;
    assert_eq!(reply.problem(), (429, "rate-limited"));
    let right = shop.register("ada@example.org", "").await;
    assert_eq!(
        right.problem(),
        (429, "rate-limited"),
        "nor with the right password"
    );
    // They are the same guesses.
    let right = shop.sign_in("ada@example.org", PASSWORD, "").await;
    assert_eq!(right.problem(), (429, "rate-limited"));
}

#[tokio::test]
async fn a_stranger_at_one_address_does_not_lock_somebody_out_at_another() {
    let shop = Shop::open().await;
    shop.register("ada@example.org", "").await;
    let body = |password: &str| json!({ "email": "ada@example.org", "password": password });
    let from = |address: &'static str| [("x-forwarded-for", address)];
    let mut last = None;
    for _ in 0..101 {
        let guess = body("not this one, sorry");
        last = Some(
            shop.json("POST", "/session/sign-in", &from("203.0.113.9"), &guess)
                .await,
        );
    }
    assert_eq!(last.unwrap().problem(), (429, "rate-limited"));
    let right = shop
        .json("POST", "/session/sign-in", &from("198.51.100.1"), &body(PASSWORD))
        .await;
    assert_eq!(right.status, StatusCode::OK, "{}", right.body);
    // All of a network of IPv6 are one.
    let mut last = None;
    for address in ["2001:db8::1", "2001:db8::2"] {
        for _ in 0..6 {
            let guess = body("not this one, sorry");
            last = Some(
                shop.json("POST", "/session/sign-in", &from(address), &guess)
                    .await,
            );
        }
    }
    assert_eq!(last.unwrap().problem(), (429, "rate-limited"));
}

#[tokio::test]
async fn signing_out_shows_an_empty_cart_and_signing_in_brings_it_back() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let ada = shop.member().await;
    let cart = shop
        .json("POST", "/carts", &[("cookie", &ada.cookies)], &json!({}))
        .await
        .body;
    let path = format!("/carts/{}/lines", cart["id"].as_str().unwrap());
    shop.json("POST", &path, &[("cookie", &ada.cookies)], &lines("MUG", 3))
        .await;
    let out = shop
        .send("POST", "/session/sign-out", &[("cookie", &ada.cookies)], "")
        .await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert_eq!(
        shop.get("/account", &ada.cookies).await.problem(),
        (401, "no-session")
    );
    let (guest, empty) = shop.shopper().await;
    assert!(quantities(&shop.cart(&empty).await).is_empty());
    let back = shop.sign_in(&ada.email, PASSWORD, &guest).await;
    assert_eq!(
        back.body["merged"],
        Value::Null,
        "there was nothing in the guest's cart"
    );
    let again = shop
        .json(
            "POST",
            "/carts",
            &[("cookie", &session_cookie(&back))],
            &json!({}),
        )
        .await;
    assert_eq!(again.body["id"], cart["id"]);
}

#[tokio::test]
async fn sign_ins_at_once_keep_the_union_once() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let ada = shop.member().await;
    let own = shop
        .json("POST", "/carts", &[("cookie", &ada.cookies)], &json!({}))
        .await
        .body;
    let own = own["id"].as_str().unwrap();
    shop.json(
        "POST",
        &format!("/carts/{own}/lines"),
        &[("cookie", &ada.cookies)],
        &lines("MUG", 1),
    )
    .await;
    let (guest, cart) = shop.shopper().await;
    shop.json(
        "POST",
        &format!("/carts/{cart}/lines"),
        &[("cookie", &guest)],
        &lines("MUG", 2),
    )
    .await;
    // As many as may wait from one network.
    let sign_ins = (0..5).map(|_| shop.sign_in(&ada.email, PASSWORD, &guest));
    let replies = futures::future::join_all(sign_ins).await;
    assert!(replies.iter().all(|reply| reply.status == StatusCode::OK));
    assert_eq!(quantities(&shop.cart(own).await), [("MUG".to_owned(), 3)]);
}
