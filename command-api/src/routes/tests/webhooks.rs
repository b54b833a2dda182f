//! Staff's webhook subscriptions over HTTP.

use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Reply, STAFF, Shop};

const SUBSCRIPTIONS: &str = "/webhook-subscriptions";

impl Shop {
    async fn staff(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.json(method, path, &[("authorization", STAFF)], body).await
    }

    async fn read(&self, path: &str) -> Reply {
        self.send("GET", path, &[("authorization", STAFF)], "").await
    }

    /// A new subscription's path and secret.
    async fn subscribed(&self) -> (String, String) {
        let reply = self.staff("POST", SUBSCRIPTIONS, &subscription()).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        let text = |field: &str| reply.body[field].as_str().unwrap().to_owned();
        (format!("{SUBSCRIPTIONS}/{}", text("id")), text("secret"))
    }
}

fn subscription() -> Value {
    json!({ "url": "https://example.com/hooks?for=us", "event_types": ["cart.ItemRemoved", "cart.ItemAdded"] })
}

#[tokio::test]
async fn webhooks_belong_to_staff() {
    let shop = Shop::open().await;
    let (path, _) = shop.subscribed().await;
    let test = shop
        .staff("POST", &format!("{path}/test-delivery"), &json!({}))
        .await;
    assert_eq!(test.status, StatusCode::ACCEPTED);
    let delivery = format!("/webhook-deliveries/{}", test.body["id"].as_str().unwrap());
    let (cookies, _) = shop.shopper().await;
    let routes = [
        ("POST", SUBSCRIPTIONS.to_owned()),
        ("GET", SUBSCRIPTIONS.to_owned()),
        ("GET", path.clone()),
        ("POST", format!("{path}/enable")),
        ("POST", format!("{path}/secret-rotation")),
        ("POST", format!("{path}/test-delivery")),
        ("GET", format!("{path}/deliveries")),
        ("GET", delivery.clone()),
        ("POST", format!("{delivery}/redelivery")),
        ("DELETE", path.clone()),
    ];
    let described = crate::router::routes(&[crate::roles::Role::Notifications]).1;
    let described = described.paths.paths.iter();
    let described = described.filter(|(path, _)| path.contains("webhook"));
    let operations = described.map(|(_, item)| {
        [&item.get, &item.post, &item.put, &item.delete, &item.patch]
            .into_iter()
            .flatten()
            .count()
    });
    assert_eq!(
        operations.sum::<usize>(),
        routes.len(),
        "every route is in this list"
    );
    for (method, path) in &routes {
        for (headers, refused) in [
            (&[][..], (401, "not-signed-in")),
            (&[("cookie", &*cookies)], (403, "forbidden")),
            (&[("authorization", "Bearer wrong")], (401, "bad-credentials")),
        ] {
            let reply = shop.json(method, path, headers, &json!({})).await;
            assert_eq!(reply.problem(), refused, "{method} {path}");
        }
    }
    for (method, path) in &routes[1..] {
        let reply = shop.staff(method, path, &json!({})).await;
        assert!(reply.status.is_success(), "{method} {path}: {}", reply.body);
    }
}

#[tokio::test]
async fn a_subscription_is_shown_without_its_secret_and_ends_when_it_is_deleted() {
    let shop = Shop::open().await;
    let (path, secret) = shop.subscribed().await;
    assert!(secret.starts_with("whsec_"));
    let shown = shop.read(&path).await;
    assert_eq!(shown.headers["cache-control"], "no-store");
    assert_eq!(shown.body["url"], "https://example.com/hooks?for=us");
    assert_eq!(
        shown.body["event_types"],
        json!(["cart.ItemAdded", "cart.ItemRemoved"])
    );
    assert_eq!(shown.body["enabled"], json!(true));
    let listed = shop.read(SUBSCRIPTIONS).await;
    assert_eq!(listed.body["subscriptions"], json!([shown.body]));
    assert!(
        listed.body["event_types"]
            .as_array()
            .unwrap()
            .contains(&json!("cart.CartCleared"))
    );
    for reply in [&shown, &listed] {
        assert!(!reply.body.to_string().contains("whsec_"), "{}", reply.body);
    }
    let deleted = shop.staff("DELETE", &path, &json!({})).await;
    assert_eq!(
        (deleted.status, deleted.body),
        (StatusCode::NO_CONTENT, Value::Null)
    );
    assert_eq!(
        shop.read(&path).await.problem(),
        (404, "webhook-subscription-not-found")
    );
}

#[tokio::test]
async fn a_subscription_that_cannot_be_is_refused_with_what_is_allowed() {
    let shop = Shop::open().await;
    for url in [
        "",
        "example.com",
        "http://example.com/",
        "https://127.0.0.1/",
        "https://user:word@example.com/",
    ] {
        let reply = shop.staff("POST", SUBSCRIPTIONS, &json!({ "url": url })).await;
        assert_eq!(
            (reply.problem(), reply.violations()),
            ((400, "validation"), vec!["url"]),
            "{url}"
        );
    }
    let unknown = json!({ "url": "http://example.com/", "event_types": ["cart.ItemAdded", "cart.Nonsense"] });
    let reply = shop.staff("POST", SUBSCRIPTIONS, &unknown).await;
    assert_eq!(reply.violations(), ["url", "event_types[1]"]);
    let allowed = reply.body["violations"][1]["message"].as_str().unwrap();
    assert!(allowed.contains("cart.CartOpened, "), "{allowed}");
    for wrong in [
        json!({}),
        json!({ "url": 7 }),
        json!({ "url": "https://example.com/", "secret": "mine" }),
    ] {
        let reply = shop.staff("POST", SUBSCRIPTIONS, &wrong).await;
        assert_eq!(reply.problem(), (400, "validation"), "{wrong}");
    }
    assert_eq!(shop.read(SUBSCRIPTIONS).await.body["subscriptions"], json!([]));
}

#[tokio::test]
async fn there_are_so_many_subscriptions_and_no_more() {
    let shop = Shop::open().await;
    for _ in 0..crate::notifications::subscriptions::MAX_SUBSCRIPTIONS {
        shop.subscribed().await;
    }
    let reply = shop.staff("POST", SUBSCRIPTIONS, &subscription()).await;
    assert_eq!(reply.problem(), (422, "webhook-subscription-limit"));
}

#[tokio::test]
async fn a_command_that_is_repeated_with_its_key_has_no_second_effect() {
    let shop = Shop::open().await;
    let keyed = [("authorization", STAFF), ("idempotency-key", "once")];
    let first = shop.json("POST", SUBSCRIPTIONS, &keyed, &subscription()).await;
    let again = shop.json("POST", SUBSCRIPTIONS, &keyed, &subscription()).await;
    assert_eq!(
        (first.status, again.status),
        (StatusCode::CREATED, StatusCode::CREATED)
    );
    assert_eq!(first.body, again.body, "the secret, too");
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert!(!first.headers.contains_key("idempotency-replayed"));
    let listed = shop.read(SUBSCRIPTIONS).await;
    assert_eq!(listed.body["subscriptions"].as_array().unwrap().len(), 1);

    let other = shop
        .json(
            "POST",
            SUBSCRIPTIONS,
            &keyed,
            &json!({ "url": "https://example.org/" }),
        )
        .await;
    assert_eq!(other.problem(), (422, "idempotency-mismatch"));
    // A refusal is kept under no key.
    let refused = [("authorization", STAFF), ("idempotency-key", "refused")];
    let path = format!("{SUBSCRIPTIONS}/{}", Uuid::now_v7());
    for _ in 0..2 {
        let reply = shop.send("DELETE", &path, &refused, "").await;
        assert_eq!(reply.problem(), (404, "webhook-subscription-not-found"));
    }
    // Two at once: one of them waits for the other.
    let path = format!(
        "{SUBSCRIPTIONS}/{}/secret-rotation",
        first.body["id"].as_str().unwrap()
    );
    let keyed = [("authorization", STAFF), ("idempotency-key", "rotate")];
    let no_body = json!({});
    let rotate = || shop.json("POST", &path, &keyed, &no_body);
    let (one, other) = tokio::join!(rotate(), rotate());
    assert_eq!((one.status, &one.body), (StatusCode::OK, &other.body));
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let shop = Shop::open().await;
    for id in [Uuid::now_v7().to_string(), "seven".to_owned()] {
        for (method, path) in [
            ("GET", String::new()),
            ("DELETE", String::new()),
            ("POST", "/enable".to_owned()),
            ("POST", "/secret-rotation".to_owned()),
            ("POST", "/test-delivery".to_owned()),
            ("GET", "/deliveries".to_owned()),
        ] {
            let reply = shop
                .staff(method, &format!("{SUBSCRIPTIONS}/{id}{path}"), &json!({}))
                .await;
            assert_eq!(
                reply.problem(),
                (404, "webhook-subscription-not-found"),
                "{method} {path}"
            );
        }
        for (method, path) in [("GET", ""), ("POST", "/redelivery")] {
            let reply = shop
                .staff(method, &format!("/webhook-deliveries/{id}{path}"), &json!({}))
                .await;
            assert_eq!(
                reply.problem(),
                (404, "webhook-delivery-not-found"),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn a_secret_is_rotated_for_as_long_as_staff_say() {
    let shop = Shop::open().await;
    let (path, secret) = shop.subscribed().await;
    let rotation = format!("{path}/secret-rotation");
    for wrong in [-1, 604_801] {
        let body = json!({ "keep_previous_for_seconds": wrong });
        let reply = shop.staff("POST", &rotation, &body).await;
        assert_eq!(reply.violations(), ["keep_previous_for_seconds"], "{wrong}");
    }
    let rotated = shop
        .staff("POST", &rotation, &json!({ "keep_previous_for_seconds": 60 }))
        .await;
    assert_eq!(rotated.status, StatusCode::OK);
    let new = rotated.body["secret"].as_str().unwrap();
    assert!(new.starts_with("whsec_") && new != secret);
}

#[tokio::test]
async fn the_log_is_read_page_by_page_and_by_state() {
    let shop = Shop::open().await;
    let (path, _) = shop.subscribed().await;
    let mut sent = vec![];
    for _ in 0..53 {
        let reply = shop
            .staff("POST", &format!("{path}/test-delivery"), &json!({}))
            .await;
        sent.insert(0, reply.body["id"].clone());
    }
    let page = async |query: &str| shop.read(&format!("{path}/deliveries{query}")).await.body;
    let ids = |page: &Value| -> Vec<Value> {
        page["deliveries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].clone())
            .collect()
    };
    let first = page("?state=pending").await;
    let second = page(&format!("?after={}", first["next"].as_str().unwrap())).await;
    assert_eq!([ids(&first), ids(&second)].concat(), sent);
    assert_eq!((ids(&first).len(), second.get("next")), (50, None));
    assert_eq!(ids(&page("?state=failed").await), Vec::<Value>::new());

    for (query, field) in [
        ("?state=lost", "state"),
        ("?after=7", "after"),
        ("?limit=7", "limit"),
    ] {
        let reply = shop.read(&format!("{path}/deliveries{query}")).await;
        assert_eq!(
            (reply.problem(), reply.violations()),
            ((400, "validation"), vec![field])
        );
    }
}

#[tokio::test]
async fn a_delivery_is_shown_with_what_is_sent() {
    let shop = Shop::open().await;
    let (path, _) = shop.subscribed().await;
    let sent = shop
        .staff("POST", &format!("{path}/test-delivery"), &json!({}))
        .await;
    let delivery = format!("/webhook-deliveries/{}", sent.body["id"].as_str().unwrap());
    let shown = shop.read(&delivery).await.body;
    assert_eq!(shown["payload"]["type"], "webhook.test");
    assert_eq!(
        (&shown["state"], &shown["attempts"]),
        (&json!("pending"), &json!(0))
    );
    assert_eq!(shown["log"], json!([]));
    let again = shop
        .staff("POST", &format!("{delivery}/redelivery"), &json!({}))
        .await;
    assert_eq!(
        (again.status, &again.body["id"]),
        (StatusCode::ACCEPTED, &sent.body["id"])
    );
}

#[test]
fn what_may_be_subscribed_to_is_what_this_release_knows_of_orders_and_payments() {
    let offered = crate::notifications::event_types(&crate::notifications::TOPICS);
    for name in ["order", "payment"] {
        // Where the domain has none yet, there is nothing to offer.
        let Some(kind) = domain::AggregateType::parse(name) else {
            continue;
        };
        for event in domain::Event::names(kind) {
            assert!(offered.contains(&format!("{name}.{event}")), "{event}");
        }
    }
}
