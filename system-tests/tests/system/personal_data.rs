//! Somebody recognisable does everything that a customer can do. Then all that the shop keeps, sends and logs is searched
//! for them, before and after they are erased.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use system_tests::commands::{self, of_staff};
use system_tests::factors::confirmation;
use system_tests::http::{Door, Request, Response};
use system_tests::ordering::Quote;
use uuid::Uuid;

use super::buyer::{Buyer, refund};
use super::services::wanted;
use super::shop::{Open, STAFF_TOKEN, Shop, sku};
use super::waiting::until;
use super::{kafka_log, redis_server};

const PASSWORD: &str = "mostly harmless towel";

/// Tables that may know who somebody is. Every other one may not.
const PERSONAL: [&str; 8] = [
    "public.account_links",
    "public.accounts",
    "public.addresses",
    "public.api_keys",
    "public.contacts",
    "public.mails",
    "public.second_factors",
    "public.texts",
];

/// Somebody whose every word contains the same few letters.
struct Person {
    marker: String,
    buyer: Buyer,
    order: String,
}

impl Person {
    fn email(&self) -> String {
        format!("{}@example.org", self.marker)
    }

    fn address(&self) -> Value {
        json!({
            "name": format!("Zaphod {}", self.marker),
            "line1": format!("{} Street 42", self.marker),
            "line2": format!("c/o {}", self.marker),
            "postal_code": "10115",
            "city": format!("{}ville", self.marker),
            "country": "DE",
            "phone": "+49 30 4242 4242 42",
        })
    }

    /// What the command API answers; the cookies are kept.
    async fn ask(&mut self, method: &str, path: &str, body: &Value) -> Response {
        let request = Request::new(method, &format!("/api/commands{path}")).json(body);
        self.buyer.send(request).await.last.expect("an answer")
    }

    async fn does(&mut self, method: &str, path: &str, body: &Value) -> Response {
        let answer = self.ask(method, path, body).await;
        assert!(answer.is_success(), "{method} {path}: {answer}");
        answer
    }

    async fn is_refused(&mut self, method: &str, path: &str, body: &Value) {
        let answer = self.ask(method, path, body).await;
        assert!(!answer.is_success(), "{method} {path}: {answer}");
    }

    async fn registers(address: &str) -> Self {
        let mut person = Self {
            marker: format!("zq{}", &Uuid::new_v4().simple().to_string()[..12]),
            buyer: Buyer::with_cart(address, &[(sku(0), 2)]).await,
            order: String::new(),
        };
        let body = json!({ "email": person.email(), "password": PASSWORD });
        person.does("POST", "/accounts", &body).await;
        let opened = person.buyer.send(commands::open_cart()).await;
        person.buyer.cart = opened.stored().expect("the account's cart").id;
        person
    }

    async fn fills_in_everything(&mut self) {
        let home = self.address();
        self.does("POST", "/account/addresses", &home).await;
        let begun = self
            .does(
                "POST",
                "/account/second-factors/totp",
                &json!({ "password": PASSWORD }),
            )
            .await;
        let shown = confirmation(&begun.json().expect("JSON"), &format!("{}'s phone", self.marker));
        self.does("POST", "/account/second-factors/totp/confirmation", &shown)
            .await;
        let key = json!({
            "name": format!("{}'s import", self.marker), "role": "shopper", "expires_in_days": 3, "password": PASSWORD,
        });
        self.does("POST", "/account/api-keys", &key).await;
        let other = format!("other-{}@example.org", self.marker);
        let change = json!({ "email": other, "password": PASSWORD });
        self.does("POST", "/account/email-change", &change).await;
        self.does("POST", "/password-resets", &json!({ "email": self.email() }))
            .await;
        self.does("GET", "/account/export", &json!({})).await;
        self.does("GET", "/account/sessions", &json!({})).await;
    }

    /// Each of these is a sentence in somebody's log, if anything is.
    async fn makes_mistakes(&mut self) {
        let marker = self.marker.clone();
        let wrong = json!({ "email": self.email(), "password": format!("wrong {marker}") });
        self.is_refused("POST", "/session/sign-in", &wrong).await;
        self.is_refused("POST", "/accounts", &wrong).await;
        let no_address = json!({ "email": format!("{marker} at example"), "password": PASSWORD });
        self.is_refused("POST", "/accounts", &no_address).await;
        let unknown = json!({ "name": marker, marker.clone(): marker });
        self.is_refused("POST", "/account/addresses", &unknown).await;
        let path = format!("/carts/{marker}/lines");
        self.is_refused("POST", &path, &json!({ "sku": marker })).await;
        self.is_refused("DELETE", "/account", &json!({ "password": marker }))
            .await;
    }

    /// What people write in requests is theirs as well.
    async fn asks_for_something(&mut self) {
        let marker = self.marker.clone();
        let asked = json!({
            "kind": "missing_product",
            "title": format!("A towel for {marker}"),
            "description": format!("{marker} would like to know where it is."),
        });
        let asked: Value = self
            .does("POST", "/requests", &asked)
            .await
            .json()
            .expect("a request");
        let request = asked["id"].as_str().expect("an id").to_owned();
        let said = json!({ "text": format!("{marker} still wants it.") });
        self.does("POST", &format!("/requests/{request}/comments"), &said)
            .await;
        let nonsense = json!({ "kind": marker, "title": marker });
        self.is_refused("POST", "/requests", &nonsense).await;
    }

    async fn buys(&mut self) {
        let quote: Quote = self.buyer.quote().await;
        let mut contact = self.address();
        contact["email"] = json!(self.email());
        let country = contact
            .as_object_mut()
            .and_then(|contact| contact.remove("country"));
        let body = json!({
            "contact": contact,
            "country": country,
            "shipping_option": quote.shipping_option,
            "total": quote.totals.total,
        });
        let path = format!("/carts/{}/checkout", self.buyer.cart);
        let ordered: Value = self.does("POST", &path, &body).await.json().expect("an order");
        ordered["id"].as_str().expect("an id").clone_into(&mut self.order);
        let order = self.order.clone();
        self.buyer.pay(&order, "pm_card_visa").await;
    }

    /// Where the marker is, of all that the shop keeps, sends and logs.
    async fn found_in(&self, shop: &Shop, open: &Open) -> BTreeSet<String> {
        let is_here = |text: &str| text.to_lowercase().contains(&self.marker);
        let mut found = BTreeSet::new();
        for table in tables(shop).await {
            let count: i64 = sqlx::query_scalar(&format!(
                "select count(*) from {table} entry where entry::text ilike '%{}%'",
                self.marker
            ))
            .fetch_one(&shop.pool)
            .await
            .expect("a table can be read");
            if count > 0 {
                found.insert(table);
            }
        }
        for message in kafka_log::read(&shop.services.kafka_brokers, &shop.name).await {
            if is_here(&format!("{message:?}")) {
                found.insert(format!("Kafka: {}", message.aggregate_type));
            }
        }
        for (key, content) in redis_server::everything(&shop.services.redis_url, &shop.name).await {
            if is_here(&key) || is_here(&content) {
                found.insert(format!("Redis: {key}"));
            }
        }
        for log in std::fs::read_dir(&shop.logs).expect("there are logs") {
            let path = log.expect("a log").path();
            let text = std::fs::read(&path).expect("a log can be read");
            assert!(!text.is_empty(), "{} is empty", path.display());
            if is_here(&String::from_utf8_lossy(&text)) {
                found.insert(format!("log: {}", path.display()));
            }
        }
        for service in [&open.command_api, &open.projectors, &open.query_api] {
            let mut admin = Door::new(&format!("127.0.0.1:{}", service.admin_port));
            let metrics = admin.send(&Request::get("/metrics")).await.expect("metrics");
            assert!(!metrics.body.is_empty());
            if is_here(&String::from_utf8_lossy(&metrics.body)) {
                found.insert(format!("metrics at {}", service.admin_port));
            }
        }
        found
    }
}

async fn tables(shop: &Shop) -> Vec<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select table_schema || '.' || table_name from information_schema.tables
         where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
    )
    .fetch_all(&shop.pool)
    .await
    .expect("tables can be listed");
    for known in PERSONAL.into_iter().chain(["public.events", "reporting.orders"]) {
        assert!(
            tables.iter().any(|table| table == known),
            "{known} is not in {tables:?}"
        );
    }
    tables
}

async fn by_staff(address: &str, path: &str, body: &Value) -> Value {
    let request = of_staff(STAFF_TOKEN, path, body).header("Idempotency-Key", &Uuid::new_v4().to_string());
    let answer = Door::new(address).send(&request).await.expect("an answer");
    assert!(answer.is_success(), "{path}: {answer}");
    answer.json().expect("JSON")
}

async fn has_happened(shop: &Shop, event: &str) {
    until(event, async || {
        let count: i64 = sqlx::query_scalar("select count(*) from events where event_type = $1")
            .bind(event)
            .fetch_one(&shop.pool)
            .await
            .ok()?;
        (count > 0).then_some(())
    })
    .await;
}

/// Nothing waits for anybody: mails are sent, and the views and tables know all that was published.
async fn is_quiet(shop: &Shop) {
    until("every mail is sent", async || {
        let waiting: i64 = sqlx::query_scalar("select count(*) from mails where ended_at is null")
            .fetch_one(&shop.pool)
            .await
            .ok()?;
        (waiting == 0).then_some(())
    })
    .await;
    until("reporting has read the orders", async || {
        let group = format!("{}.reporting", shop.name);
        let topic = format!("{}.order", shop.name);
        kafka_log::has_read_all(&shop.services.kafka_brokers, &group, &topic)
            .await
            .then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_somebody_is_stays_in_its_tables_and_leaves_them_when_they_are_erased() {
    let shop = Shop::founded().await;
    let smtp_url = wanted("TEST_SMTP_URL");
    // What they log when they log a lot.
    let given = [("SMTP_URL", smtp_url.as_str()), ("RUST_LOG", "debug")];
    let open = shop.open_with(&given).await;
    let address = open.command_api.address();
    let hook = json!({ "url": format!("http://127.0.0.1:{}/hook", super::ports::free()) });
    by_staff(&address, "/webhook-subscriptions", &hook).await;

    let mut person = Person::registers(&address).await;
    person.fills_in_everything().await;
    person.asks_for_something().await;
    person.makes_mistakes().await;
    person.buys().await;
    has_happened(&shop, "OrderConfirmed").await;
    let order = person.order.clone();
    let shipped = by_staff(
        &address,
        &format!("/orders/{order}/shipments"),
        &json!({ "carrier": "Post" }),
    )
    .await;
    let shipment: String =
        sqlx::query_scalar("select payload ->> 'shipment' from events where event_type = 'OrderShipped'")
            .fetch_one(&shop.pool)
            .await
            .unwrap_or_else(|error| panic!("{error}: {shipped}"));
    by_staff(
        &address,
        &format!("/orders/{order}/shipments/{shipment}/delivery"),
        &json!({}),
    )
    .await;
    person
        .does(
            "POST",
            &format!("/orders/{order}/return-requests"),
            &json!({ "reason": "damaged" }),
        )
        .await;
    refund(&address, &order, "a-part", 100).await;
    has_happened(&shop, "PaymentRefunded").await;
    is_quiet(&shop).await;

    let mut before = person.found_in(&shop, &open).await;
    // What people write in requests is for everybody to read, until it is erased.
    let in_views = before.len();
    before.retain(|place| !place.contains("view:requests:"));
    assert!(before.len() < in_views, "the request is shown");
    let allowed: BTreeSet<String> = PERSONAL.map(str::to_owned).into();
    assert!(before.is_subset(&allowed), "{before:?}");
    // Whoever finds nothing anywhere has searched for the wrong thing.
    for table in [
        "public.accounts",
        "public.addresses",
        "public.api_keys",
        "public.contacts",
        "public.second_factors",
        "public.texts",
    ] {
        assert!(before.contains(table), "{table} is not in {before:?}");
    }

    person
        .does("DELETE", "/account", &json!({ "password": PASSWORD }))
        .await;
    until("the view has dropped what they wrote", async || {
        let found = person.found_in(&shop, &open).await;
        let is_shown = found.iter().any(|place| place.contains("view:requests:"));
        (!is_shown).then_some(())
    })
    .await;
    let after = person.found_in(&shop, &open).await;
    assert!(after.is_empty(), "{after:?}");
    let staff = Request::get(&format!("/api/queries/orders/{order}"))
        .header("Authorization", &format!("Bearer {STAFF_TOKEN}"));
    let seen = open.query_api.door().send(&staff).await.expect("an answer");
    assert!(seen.is_success(), "the order is still there: {seen}");
    shop.close_after_others_shopped(open).await;
}
