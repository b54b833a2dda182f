//! Asking for something, and what may be written about it.

use axum::http::StatusCode;
use event_store::Reader;
use event_store::texts::Texts;
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

use super::accounts::Member;
use super::{Reply, STAFF, Shop};

impl Shop {
    pub async fn ask(&self, member: &Member, body: &Value) -> Reply {
        self.json("POST", "/requests", &[("cookie", &member.cookies)], body)
            .await
    }

    /// Of what the shop does not have.
    pub async fn asked(&self, member: &Member) -> String {
        let asked = self
            .ask(
                member,
                &json!({ "kind": "missing_product", "title": "A teapot for two" }),
            )
            .await;
        assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.body);
        asked.body["id"].as_str().unwrap().to_owned()
    }

    pub async fn on_request(&self, member: &Member, method: &str, path: &str, body: &Value) -> Reply {
        self.json(
            method,
            &format!("/requests/{path}"),
            &[("cookie", &member.cookies)],
            body,
        )
        .await
    }

    pub async fn staff_on_request(&self, method: &str, path: &str, body: &Value) -> Reply {
        let staff = [("authorization", STAFF)];
        self.json(method, &format!("/requests/{path}"), &staff, body)
            .await
    }

    /// An account that is not new any more.
    pub async fn regular(&self) -> Member {
        let member = self.member().await;
        sqlx::query("update accounts set created_at = now() - interval '2 days', email_confirmed_at = now() where id = $1")
            .bind(member.id)
            .execute(&self.pool().await)
            .await
            .unwrap();
        member
    }

    async fn texts(&self) -> Vec<(Option<String>, Option<String>, Option<String>)> {
        sqlx::query_as("select title, body, link from texts order by created_at, id")
            .fetch_all(&self.pool().await)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn people_support_a_request_and_talk_about_it() {
    let shop = Shop::open().await;
    let (ada, eve) = (shop.regular().await, shop.regular().await);
    let request = shop.asked(&ada).await;
    for _ in 0..2 {
        let path = format!("{request}/support");
        let supported = shop.on_request(&eve, "PUT", &path, &json!({})).await;
        assert_eq!(
            (supported.status, &supported.body["version"]),
            (StatusCode::OK, &json!(2))
        );
    }
    let path = format!("{request}/comments");
    let said = shop
        .on_request(&eve, "POST", &path, &json!({ "text": " For four, please. " }))
        .await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    let path = format!("{request}/cancellation");
    let refused = shop.on_request(&ada, "POST", &path, &json!({})).await;
    assert_eq!(refused.problem(), (422, "request-supported"));
    assert_eq!(
        shop.texts().await,
        [
            (Some("A teapot for two".to_owned()), None, None),
            (None, Some("For four, please.".to_owned()), None)
        ]
    );
}

#[tokio::test]
async fn whoever_has_no_account_is_told_to_sign_in() {
    let shop = Shop::open().await;
    let guest = shop.send("POST", "/session", &[], "").await.cookies();
    let body = json!({ "kind": "missing_product", "title": "A teapot for two" });
    let refused = shop.json("POST", "/requests", &[("cookie", &guest)], &body).await;
    assert_eq!(refused.problem(), (401, "not-signed-in"));
    assert_eq!(shop.texts().await.len(), 0);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_named_and_nothing_of_it_is_stored() {
    let shop = Shop::open().await;
    let ada = shop.regular().await;
    let body = json!({ "kind": "quote", "title": "ab", "description": "x".repeat(2001), "link": "mug", "sku": "no sku",
                       "quantity": -1 });
    let refused = shop.ask(&ada, &body).await;
    assert_eq!(refused.problem(), (400, "validation"));
    assert_eq!(
        refused.violations(),
        ["title", "description", "link", "sku", "quantity"]
    );
    let nothing = shop.ask(&ada, &json!({ "kind": "missing_product" })).await;
    assert_eq!(nothing.violations(), ["title"]);
    let nothing = shop
        .ask(&ada, &json!({ "kind": "quote", "title": "Tea for all" }))
        .await;
    assert_eq!(nothing.problem(), (422, "request-quantity"));
    let unknown = shop
        .ask(&ada, &json!({ "kind": "back_in_stock", "sku": "NOTHING" }))
        .await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    let pool = shop.pool().await;
    let events: i64 = sqlx::query_scalar("select count(*) from events")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(events, 0);
}

#[tokio::test]
async fn an_account_writes_so_much_in_a_day_and_no_more_however_it_hurries() {
    let shop = Shop::open().await;
    let ada = shop.regular().await;
    let all = join_all((0..30).map(|number| {
        let (shop, ada) = (&shop, &ada);
        async move {
            let title = format!("A teapot for {number}");
            shop.ask(ada, &json!({ "kind": "missing_product", "title": title }))
                .await
        }
    }))
    .await;
    let (asked, refused): (Vec<&Reply>, Vec<&Reply>) =
        all.iter().partition(|reply| reply.status == StatusCode::CREATED);
    assert_eq!((asked.len(), refused.len()), (20, 10));
    for reply in refused {
        assert_eq!(reply.problem(), (429, "too-many-texts"));
        assert_eq!(reply.headers["retry-after"], "3600");
    }
}

#[tokio::test]
async fn a_new_account_writes_less_and_no_links() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let body = json!({ "kind": "missing_product", "title": "See www.spam.example now",
                       "description": "https://spam.example/tea", "link": "https://spam.example" });
    for _ in 0..3 {
        assert_eq!(shop.ask(&ada, &body).await.status, StatusCode::CREATED);
    }
    assert_eq!(shop.ask(&ada, &body).await.problem(), (429, "too-many-texts"));
    let stored = (Some("See [link] now".to_owned()), Some("[link]".to_owned()), None);
    assert_eq!(shop.texts().await, [stored.clone(), stored.clone(), stored]);
    // On the second day they stay.
    let regular = shop.regular().await;
    shop.ask(&regular, &body).await;
    assert_eq!(shop.texts().await[3].2.as_deref(), Some("https://spam.example"));
}

#[tokio::test]
async fn what_is_hidden_is_there_for_nobody_else() {
    let shop = Shop::open().await;
    let (ada, eve) = (shop.regular().await, shop.regular().await);
    let request = shop.asked(&ada).await;
    let (hiding, support) = (format!("{request}/hiding"), format!("{request}/support"));
    shop.staff_on_request("PUT", &hiding, &json!({})).await;
    let refused = shop.on_request(&eve, "PUT", &support, &json!({})).await;
    assert_eq!(refused.problem(), (404, "request-not-found"));
    shop.staff_on_request("DELETE", &hiding, &json!({})).await;
    let supported = shop.on_request(&eve, "PUT", &support, &json!({})).await;
    assert_eq!(supported.status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_supports_a_duplicate_goes_on_with_the_original() {
    let shop = Shop::open().await;
    let (ada, eve) = (shop.regular().await, shop.regular().await);
    let (first, second) = (shop.asked(&ada).await, shop.asked(&eve).await);
    let path = format!("{second}/duplicate-of");
    let merged = shop
        .staff_on_request("PUT", &path, &json!({ "request": first }))
        .await;
    assert_eq!(merged.status, StatusCode::OK, "{}", merged.body);
    let path = format!("{second}/support");
    let refused = shop.on_request(&ada, "PUT", &path, &json!({})).await;
    assert_eq!(refused.problem(), (422, "request-is-duplicate"));
    // Supports it already: nothing is stored.
    let path = format!("{first}/support");
    let supported = shop.on_request(&eve, "PUT", &path, &json!({})).await;
    // Submitted, merged, and who came with that.
    assert_eq!(supported.body["version"], 3);
}

#[tokio::test]
async fn a_text_that_no_event_names_is_swept_and_no_other() {
    let shop = Shop::open().await;
    let (ada, eve) = (shop.regular().await, shop.regular().await);
    let request = shop.asked(&ada).await;
    shop.staff_on_request("PUT", &format!("{request}/hiding"), &json!({}))
        .await;
    // Stored, and then the process ended.
    sqlx::query("insert into texts (id, request_id, owner, body) values ($1, $2, $3, 'Me too.')")
        .bind(Uuid::now_v7())
        .bind(Uuid::parse_str(&request).unwrap())
        .bind(eve.id)
        .execute(&shop.pool().await)
        .await
        .unwrap();
    let path = format!("{request}/decline");
    let reason = json!({ "reason": "Nobody makes it." });
    assert_eq!(
        shop.staff_on_request("POST", &path, &reason).await.status,
        StatusCode::OK
    );
    let texts = Texts::connect(&shop.url).await.unwrap();
    assert_eq!(texts.sweep_orphans(Duration::from_hours(1)).await.unwrap(), 0);
    assert_eq!(texts.sweep_orphans(Duration::ZERO).await.unwrap(), 1);
    assert_eq!(texts.sweep_orphans(Duration::ZERO).await.unwrap(), 0);
    let left: Vec<_> = shop.texts().await;
    assert_eq!(left.len(), 2);
    assert_eq!(left[1].1.as_deref(), Some("Nobody makes it."));
}

#[tokio::test]
async fn what_is_refused_or_repeated_counts_for_no_day_and_nothing_of_it_is_kept() {
    let shop = Shop::open().await;
    let (ada, eve) = (shop.regular().await, shop.member().await);
    let (hidden, request) = (shop.asked(&ada).await, shop.asked(&ada).await);
    shop.staff_on_request("PUT", &format!("{hidden}/hiding"), &json!({}))
        .await;
    let said = json!({ "text": "Me too." });
    // A new account writes three texts a day.
    for _ in 0..3 {
        let path = format!("{hidden}/comments");
        let refused = shop.on_request(&eve, "POST", &path, &said).await;
        assert_eq!(refused.problem(), (404, "request-not-found"));
        let nobodys = json!({ "kind": "quote", "title": "Tea for all" });
        let refused = shop.ask(&eve, &nobodys).await;
        assert_eq!(refused.problem(), (422, "request-quantity"));
    }
    let path = format!("/requests/{request}/comments");
    let again = [("cookie", &*eve.cookies), ("idempotency-key", "once")];
    for _ in 0..3 {
        let reply = shop.json("POST", &path, &again, &said).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    }
    let stale = [("cookie", &*eve.cookies), ("if-match", "\"1\"")];
    let reply = shop.json("POST", &path, &stale, &said).await;
    assert_eq!(reply.problem(), (412, "conflict"));
    // Two requests of ada's and one comment: nothing else was kept.
    assert_eq!(shop.texts().await.len(), 3);
    for _ in 0..2 {
        let reply = shop
            .on_request(&eve, "POST", &format!("{request}/comments"), &said)
            .await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    }
}

#[tokio::test]
async fn whoever_deletes_their_account_takes_what_they_wrote_along() {
    let shop = Shop::open().await;
    let (ada, eve) = (shop.regular().await, shop.regular().await);
    let request = shop.asked(&ada).await;
    let path = format!("{request}/comments");
    shop.on_request(&ada, "POST", &path, &json!({ "text": "Soon?" }))
        .await;
    shop.on_request(&eve, "POST", &path, &json!({ "text": "Me too." }))
        .await;
    let export = shop.get("/account/export", &ada.cookies).await.body;
    assert_eq!(
        export["texts"],
        json!([
            { "request": request, "title": "A teapot for two", "text": null, "link": null },
            { "request": request, "title": null, "text": "Soon?", "link": null },
        ])
    );
    let took_part = &export["requests"][0];
    assert_eq!(took_part["id"], json!(request));
    let done: Vec<&Value> = took_part["done"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["what"])
        .collect();
    assert_eq!(done, [&json!("RequestSubmitted"), &json!("RequestCommented")]);
    let gone = shop
        .json(
            "DELETE",
            "/account",
            &[("cookie", &ada.cookies)],
            &json!({ "password": super::accounts::PASSWORD }),
        )
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.body);
    assert_eq!(shop.texts().await, [(None, Some("Me too.".to_owned()), None)]);
    let reader = Reader::connect(&shop.url).await.unwrap();
    let kind = domain::AggregateType::ProductRequest;
    let history = reader.read_stream(kind, &request, 0).await.unwrap();
    let last = history.last().unwrap();
    assert_eq!(last.event_type, "CustomerErased");
    assert!(last.payload.get().contains(&ada.id.to_string()));
}
