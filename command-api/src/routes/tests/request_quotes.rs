//! A price for many: offered, looked at, accepted once.

use axum::http::StatusCode;
use domain::order::Order;
use event_store::Reader;
use serde_json::{Value, json};
use session::Role;

use super::accounts::Member;
use super::customer::checkout;
use super::{Reply, Shop};

struct Quoted {
    shop: Shop,
    ada: Member,
    request: String,
    quote: String,
}

/// 20 mugs for 9.90 EUR each.
async fn quoted() -> Quoted {
    let shop = Shop::with_mugs(20).await;
    let ada = shop.regular().await;
    let body = json!({ "kind": "quote", "sku": "MUG", "quantity": 20 });
    let asked = shop.ask(&ada, &body).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.body);
    let request = asked.body["id"].as_str().unwrap().to_owned();
    let quote = shop.offer(&request, 990).await;
    Quoted {
        shop,
        ada,
        request,
        quote,
    }
}

impl Shop {
    /// The id of the quote.
    pub async fn offer(&self, request: &str, price: i64) -> String {
        let offer = json!({ "unit_price": { "minor": price, "currency": "EUR" }, "quantity": 20, "days": 7 });
        let path = format!("{request}/quotes");
        let offered = self.staff_on_request("POST", &path, &offer).await;
        assert_eq!(offered.status, StatusCode::OK, "{}", offered.body);
        let pool = self.pool().await;
        sqlx::query_scalar(
            "select payload ->> 'quote' from events where aggregate_id = $1 and event_type = 'QuoteOffered'
             order by sequence desc limit 1",
        )
        .bind(request)
        .fetch_one(&pool)
        .await
        .unwrap()
    }
}

impl Quoted {
    async fn accept(&self, member: &Member, key: &str, total: i64) -> Reply {
        let path = format!("/requests/{}/quotes/{}/acceptance", self.request, self.quote);
        let headers = [("cookie", &*member.cookies), ("idempotency-key", key)];
        self.shop.json("POST", &path, &headers, &checkout(total)).await
    }

    async fn answer(&self, member: &Member, answer: &str, body: &Value) -> Reply {
        let path = format!("{}/quotes/{}/{answer}", self.request, self.quote);
        self.shop.on_request(member, "POST", &path, body).await
    }
}

#[tokio::test]
async fn a_quote_is_looked_at_and_becomes_one_order_at_the_quoted_price() {
    let quoted = quoted().await;
    let country = json!({ "country": "DE" });
    let total = quoted.answer(&quoted.ada, "total", &country).await;
    assert_eq!(total.status, StatusCode::OK, "{}", total.body);
    let line = &total.body["lines"][0];
    assert_eq!(
        (&line["unit_price"]["minor"], &line["name"]),
        (&json!(990), &json!("Mug"))
    );
    let agreed = total.body["totals"]["total"]["minor"].as_i64().unwrap();
    let changed = quoted.accept(&quoted.ada, "k0", agreed - 1).await;
    assert_eq!(changed.problem(), (422, "total-changed"));
    // Two tabs.
    let (first, second) = tokio::join!(
        quoted.accept(&quoted.ada, "k1", agreed),
        quoted.accept(&quoted.ada, "k2", agreed)
    );
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(
        statuses,
        [StatusCode::OK, StatusCode::CREATED],
        "{} {}",
        first.body,
        second.body
    );
    assert_eq!(first.body["id"], second.body["id"]);
    assert_eq!(first.body["link"], second.body["link"]);
    let order = first.body["id"].as_str().unwrap();
    let reader = Reader::connect(&quoted.shop.url).await.unwrap();
    let (order, _) = reader.aggregate::<Order>(order).await.unwrap();
    let Order::Placed { placement, .. } = order else {
        panic!("it was placed");
    };
    assert_eq!(placement.lines[0].unit_price.minor, 990);
    assert_eq!(placement.totals.total.minor, agreed);
}

#[tokio::test]
async fn a_quote_that_is_not_accepted_leaves_no_contact() {
    let quoted = quoted().await;
    let refused = quoted.accept(&quoted.ada, "k", 1).await;
    assert_eq!(refused.problem(), (422, "total-changed"));
    assert!(quoted.shop.contacts().await.is_empty());
}

#[tokio::test]
async fn what_a_quote_comes_to_is_answered_again_under_the_same_key() {
    let quoted = quoted().await;
    let path = format!("/requests/{}/quotes/{}/total", quoted.request, quoted.quote);
    let headers = [("cookie", &*quoted.ada.cookies), ("idempotency-key", "one")];
    let germany = json!({ "country": "DE" });
    let first = quoted.shop.json("POST", &path, &headers, &germany).await;
    let again = quoted.shop.json("POST", &path, &headers, &germany).await;
    assert_eq!((again.status, &again.body), (StatusCode::OK, &first.body));
    assert_eq!(again.body["lines"][0]["unit_price"]["minor"], 990);
}

#[tokio::test]
async fn a_quote_is_its_customers_alone() {
    let quoted = quoted().await;
    let eve = quoted.shop.regular().await;
    for (answer, body) in [
        ("total", json!({ "country": "DE" })),
        ("decline", json!({})),
        ("renegotiation", json!({ "text": "Less?" })),
    ] {
        let refused = quoted.answer(&eve, answer, &body).await;
        assert_eq!(refused.problem(), (404, "request-not-found"), "{answer}");
    }
    let refused = quoted.accept(&eve, "k", 19_800).await;
    assert_eq!(refused.problem(), (404, "request-not-found"));
    let path = format!("{}/support", quoted.request);
    let refused = quoted.shop.on_request(&eve, "PUT", &path, &json!({})).await;
    assert_eq!(refused.problem(), (404, "request-not-found"));
}

#[tokio::test]
async fn a_quote_is_negotiated_and_the_newest_one_counts() {
    let mut quoted = quoted().await;
    let asked = json!({ "text": "For 9 EUR?" });
    let again = quoted.answer(&quoted.ada, "renegotiation", &asked).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.body);
    let refused = quoted.accept(&quoted.ada, "k", 19_800).await;
    assert_eq!(refused.problem(), (422, "quote-not-found"));
    quoted.quote = quoted.shop.offer(&quoted.request, 900).await;
    let accepted = quoted.accept(&quoted.ada, "k", 18_000).await;
    assert_eq!(accepted.status, StatusCode::CREATED, "{}", accepted.body);
}

#[tokio::test]
async fn a_quote_that_cannot_be_delivered_is_not_accepted() {
    let quoted = quoted().await;
    let staff = [("authorization", super::STAFF)];
    let body = json!({ "delta": -1, "reason": "damaged" });
    quoted
        .shop
        .json("POST", "/stock/MUG/adjustments", &staff, &body)
        .await;
    let refused = quoted.accept(&quoted.ada, "k", 19_800).await;
    assert_eq!(refused.problem(), (422, "out-of-stock"));
    let declined = quoted.answer(&quoted.ada, "decline", &json!({})).await;
    assert_eq!(declined.status, StatusCode::OK);
}

#[tokio::test]
async fn a_quote_says_what_is_wrong_with_it() {
    let quoted = quoted().await;
    let offer = |days: i64, currency: &str| json!({ "unit_price": { "minor": 990, "currency": currency }, "quantity": 20, "days": days });
    let path = format!("{}/quotes", quoted.request);
    for (wrong, field) in [
        (offer(0, "EUR"), "days"),
        (offer(91, "EUR"), "days"),
        (offer(7, "XXX"), "unit_price.currency"),
    ] {
        let refused = quoted.shop.staff_on_request("POST", &path, &wrong).await;
        assert_eq!(refused.violations(), [field]);
    }
    let missing = quoted.shop.asked(&quoted.ada).await;
    let refused = quoted
        .shop
        .staff_on_request("POST", &format!("{missing}/quotes"), &offer(7, "EUR"))
        .await;
    assert_eq!(refused.problem(), (422, "request-not-for-quotes"));
}

#[tokio::test]
async fn staff_see_who_asks_and_nobody_else_does() {
    let Quoted {
        shop, ada, request, ..
    } = quoted().await;
    let path = format!("/requests/{request}/customer");
    let staff = shop.member_with(Role::Staff).await;
    let asked = shop.get(&path, &staff.cookies).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
    assert_eq!(asked.body, json!({ "email": ada.email, "confirmed": true }));
    for (cookies, problem) in [
        (&ada.cookies, (403, "forbidden")),
        (&shop.member_with(Role::Analyst).await.cookies, (403, "forbidden")),
    ] {
        assert_eq!(shop.get(&path, cookies).await.problem(), problem);
    }
    let unknown = format!("/requests/{}/customer", uuid::Uuid::now_v7());
    let nobody = shop.get(&unknown, &staff.cookies).await;
    assert_eq!(nobody.problem(), (404, "request-not-found"));
    sqlx::query("delete from accounts where id = $1")
        .bind(ada.id)
        .execute(&shop.pool().await)
        .await
        .unwrap();
    let gone = shop.get(&path, &staff.cookies).await;
    assert_eq!(gone.problem(), (404, "customer-erased"));
}
