//! Who is told what became of a request: once each, the oldest first, and only of what can be had.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::accounts::Member;
use super::{STAFF, Shop};
use crate::notifications::testing::Hearing;

impl Shop {
    async fn inbox(&self, member: &Member) -> Vec<(String, bool)> {
        let inbox = self.get("/inbox", &member.cookies).await.body;
        let notices = inbox["notices"].as_array().unwrap();
        notices
            .iter()
            .map(|notice| {
                let transition = notice["transition"].as_str().unwrap();
                (transition.to_owned(), notice["read"].as_bool().unwrap())
            })
            .collect()
    }

    async fn mails_to(&self, member: &Member) -> Vec<Value> {
        sqlx::query_scalar(
            "select mail from mails where owner = $1 and mail ->> 'kind' = 'request' order by created_at",
        )
        .bind(member.id)
        .fetch_all(&self.pool().await)
        .await
        .unwrap()
    }

    async fn receive(&self, units: i64) {
        let staff = [("authorization", STAFF)];
        let body = json!({ "quantity": units });
        let received = self.json("POST", "/stock/MUG/receipts", &staff, &body).await;
        assert_eq!(received.status, StatusCode::OK, "{}", received.body);
    }

    async fn wait_for_mugs(&self, member: &Member) -> StatusCode {
        let body = json!({ "kind": "back_in_stock", "sku": "MUG" });
        let reply = self.ask(member, &body).await;
        reply.status
    }
}

fn unread(transition: &str) -> Vec<(String, bool)> {
    vec![(transition.to_owned(), false)]
}

#[tokio::test]
async fn those_who_waited_longest_are_told_as_many_as_units_came() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let (ada, eve, bob) = (shop.regular().await, shop.regular().await, shop.regular().await);
    // The later somebody registered, the earlier they asked.
    assert_eq!(shop.wait_for_mugs(&bob).await, StatusCode::CREATED);
    assert_eq!(shop.wait_for_mugs(&eve).await, StatusCode::OK);
    assert_eq!(shop.wait_for_mugs(&ada).await, StatusCode::OK);
    let followers = Hearing::over(&shop.url).await;
    shop.receive(2).await;
    // Kafka tells it at least once.
    followers.hear_all().await;
    followers.hear_all().await;
    assert_eq!(shop.inbox(&bob).await, unread("back_in_stock"));
    assert_eq!(shop.inbox(&eve).await, unread("back_in_stock"));
    assert_eq!(shop.inbox(&ada).await, []);
    let mails = shop.mails_to(&bob).await;
    assert_eq!(
        mails,
        [json!({ "kind": "request", "page": "/products/MUG", "what": "back-in-stock", "about": "Mug" })]
    );
    shop.receive(1).await;
    followers.hear_all().await;
    // What was announced is an event itself.
    followers.hear_all().await;
    assert_eq!(shop.inbox(&ada).await, unread("back_in_stock"));
    assert_eq!(shop.inbox(&bob).await.len(), 1);
    assert_eq!(shop.mails_to(&bob).await.len(), 1);
}

#[tokio::test]
async fn nobody_waits_for_what_can_be_had_and_nobody_is_told_of_what_is_gone_again() {
    let shop = Shop::with_mugs(2).await;
    let ada = shop.regular().await;
    let body = json!({ "kind": "back_in_stock", "sku": "MUG" });
    assert_eq!(shop.ask(&ada, &body).await.problem(), (422, "request-in-stock"));
    let staff = [("authorization", STAFF)];
    let adjust = async |delta: i64| {
        let body = json!({ "delta": delta, "reason": "counted" });
        shop.json("POST", "/stock/MUG/adjustments", &staff, &body).await;
    };
    adjust(-2).await;
    assert_eq!(shop.wait_for_mugs(&ada).await, StatusCode::CREATED);
    let followers = Hearing::over(&shop.url).await;
    // They come and are gone before anybody has heard of it.
    adjust(3).await;
    adjust(-3).await;
    followers.hear_all().await;
    assert_eq!(shop.inbox(&ada).await, []);
    adjust(1).await;
    followers.hear_all().await;
    // What was announced is an event itself.
    followers.hear_all().await;
    assert_eq!(shop.inbox(&ada).await, unread("back_in_stock"));
}

#[tokio::test]
async fn a_product_that_is_listed_again_is_back() {
    let shop = Shop::with_mugs(2).await;
    let ada = shop.regular().await;
    let staff = [("authorization", STAFF)];
    shop.json("POST", "/products/MUG/delist", &staff, &json!({}))
        .await;
    assert_eq!(shop.wait_for_mugs(&ada).await, StatusCode::CREATED);
    let followers = Hearing::over(&shop.url).await;
    followers.hear_all().await;
    assert_eq!(shop.inbox(&ada).await, []);
    shop.json("POST", "/products/MUG/relist", &staff, &json!({}))
        .await;
    followers.hear_all().await;
    // What was announced is an event itself.
    followers.hear_all().await;
    assert_eq!(shop.inbox(&ada).await, unread("back_in_stock"));
}

#[tokio::test]
async fn a_missing_product_that_staff_link_is_there_once_it_can_be_had() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let (ada, eve) = (shop.regular().await, shop.regular().await);
    let request = shop.asked(&ada).await;
    shop.on_request(&eve, "PUT", &format!("{request}/subscription"), &json!({}))
        .await;
    let path = format!("{request}/product");
    let linked = shop
        .staff_on_request("PUT", &path, &json!({ "sku": "MUG" }))
        .await;
    assert_eq!(linked.status, StatusCode::OK, "{}", linked.body);
    let followers = Hearing::over(&shop.url).await;
    followers.hear_all().await;
    assert_eq!(shop.inbox(&ada).await, []);
    shop.receive(1).await;
    followers.hear_all().await;
    // The first time it was told to the request, the second time by it.
    followers.hear_all().await;
    for member in [&ada, &eve] {
        assert_eq!(shop.inbox(member).await, unread("fulfilled"));
        assert_eq!(shop.mails_to(member).await.len(), 1);
    }
}

#[tokio::test]
async fn a_transition_is_told_once_and_read_once() {
    let shop = Shop::open().await;
    let ada = shop.regular().await;
    let request = shop.asked(&ada).await;
    let followers = Hearing::over(&shop.url).await;
    let path = format!("{request}/stage");
    shop.staff_on_request("PUT", &path, &json!({ "stage": "planned" }))
        .await;
    followers.hear_all().await;
    let path = format!("{request}/comments");
    shop.staff_on_request("POST", &path, &json!({ "text": "In June." }))
        .await;
    tokio::join!(followers.hear_all(), followers.hear_all());
    let inbox = shop.inbox(&ada).await;
    assert_eq!(
        inbox,
        [("commented".to_owned(), false), ("planned".to_owned(), false)]
    );
    let whats: Vec<Value> = shop
        .mails_to(&ada)
        .await
        .into_iter()
        .map(|mail| mail["what"].clone())
        .collect();
    assert_eq!(whats, ["planned", "commented"]);
    let newest = shop.get("/inbox", &ada.cookies).await.body;
    assert_eq!(newest["unread"], 2);
    assert_eq!(newest["notices"][0]["title"], "A teapot for two");
    let up_to = json!({ "up_to": newest["notices"][1]["id"] });
    let read = shop
        .json("PUT", "/inbox/read", &[("cookie", &ada.cookies)], &up_to)
        .await;
    assert_eq!(read.status, StatusCode::NO_CONTENT);
    let left = shop.get("/inbox", &ada.cookies).await.body;
    assert_eq!(left["unread"], 1);
    assert_eq!(left["notices"][1]["read"], true);
}

#[tokio::test]
async fn an_address_that_was_never_confirmed_gets_a_notice_and_no_mail() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let request = shop.asked(&ada).await;
    let path = format!("{request}/decline");
    let reason = json!({ "reason": "Nobody makes it." });
    shop.staff_on_request("POST", &path, &reason).await;
    Hearing::over(&shop.url).await.hear_all().await;
    assert_eq!(shop.inbox(&ada).await, unread("declined"));
    assert_eq!(shop.mails_to(&ada).await.len(), 0);
}
