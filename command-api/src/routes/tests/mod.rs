//! The routes over HTTP, on a real PostgreSQL and Redis: what clients send, and what they are told.

mod access;
mod access_matrix;
mod access_rows;
mod account_endings;
mod account_links;
mod account_mails;
mod account_pages;
mod accounts;
mod audit;
mod carts;
mod checkout;
mod checkout_settings;
mod codes_tried;
mod credentials;
mod customer;
mod documents;
mod ended_sessions;
mod erasures;
mod exports;
mod factor_endings;
mod fuzz;
mod guests_limits;
mod guests_orders;
mod headers;
mod hung_up;
mod if_match;
mod in_flight;
mod internal_errors;
mod known_browsers;
mod no_questions;
mod orders;
mod personal_data;
mod refused_checkouts;
mod request_news;
mod request_quotes;
mod requests;
mod rights;
mod second_factor;
mod second_step;
mod security_events;
mod seller;
mod stale_tags;
mod strangers_factors;
mod texts;
mod unpaid;
mod untold;
mod webhooks;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde_json::{Value, json};
use session::{ApiKeys, Attempts, CookieKind, Guesses, GuestKey, Sessions};
use telemetry::client::TrustedProxies;
use tokio::sync::Notify;
use tower::ServiceExt;
use uuid::Uuid;

use crate::accounts::Accounts;
use crate::accounts::second_factor::{SecondFactors, sealing};
use crate::command_loop::{self, Policy, testing::database};
use crate::limits::Quotas;
use crate::notifications::{self, Reach, Webhooks};
use crate::opening;
use crate::payment::Payments;
use crate::payment::sandbox::{self, Sandbox};
use crate::payment::webhook::WebhookSecrets;
use crate::roles::Role;
use crate::router::{App, Limits, router};
use crate::seller::SellerArgs;
use crate::unpaid_orders::{UnpaidLimits, UnpaidOrders};

const WEBHOOK_SECRET: &str = "whsec_of_the_tests";
const STAFF: &str = "Bearer staff-token-for-the-tests";

/// What a shop allows. As in production of one shopper and one mailbox; everybody in a test comes from one network.
struct Allowed {
    limits: Limits,
    quotas: Quotas,
    unpaid: UnpaidLimits,
    /// Where sessions are, and as whom: what Redis lets its user do.
    redis: String,
}

impl Default for Allowed {
    fn default() -> Self {
        Self {
            limits: Limits::per_second(1000, 10_000, 1000),
            quotas: Quotas::per_hour(10_000, 5, 10_000),
            unpaid: UnpaidLimits {
                unpaid_orders: 5,
                unpaid_units: 1000,
                unpaid_orders_per_network: 10_000,
                unpaid_units_per_network: 100_000,
            },
            redis: std::env::var("TEST_REDIS_URL")
                .expect("TEST_REDIS_URL names no Redis: run the tests with ./dev test"),
        }
    }
}

/// As in production.
const PUBLIC: Reach = Reach {
    plain_http: false,
    private: false,
};

struct Shop {
    router: Router,
    app: Arc<App>,
    url: String,
    redis_prefix: String,
    sessions: Sessions,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    /// Status and the last part of the problem's type. A 401 says how to do better (RFC 9110 §11.6.1).
    fn problem(&self) -> (u16, &str) {
        let kind = self.body["type"].as_str().unwrap_or_default();
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let challenge = self.headers.get("www-authenticate").map(HeaderValue::as_bytes);
        let is_challenged = self.status == StatusCode::UNAUTHORIZED;
        assert_eq!(
            challenge,
            is_challenged.then_some(&b"Bearer"[..]),
            "{}",
            self.body
        );
        (
            self.status.as_u16(),
            kind.strip_prefix("/problems/").unwrap_or(kind),
        )
    }

    fn violations(&self) -> Vec<&str> {
        let violations = self.body["violations"].as_array().map_or(&[][..], Vec::as_slice);
        violations
            .iter()
            .filter_map(|violation| violation["field"].as_str())
            .collect()
    }

    fn cookies(&self) -> String {
        let set = self
            .headers
            .get_all("set-cookie")
            .iter()
            .filter_map(|cookie| cookie.to_str().ok());
        set.filter_map(|cookie| cookie.split(';').next())
            .collect::<Vec<_>>()
            .join("; ")
    }
}

/// The sandbox, without webhooks: they have tests of their own.
async fn payments(url: &str, stores: &opening::Stores) -> Payments {
    let settings = sandbox::Settings {
        database_url: url.to_owned(),
        webhook_url: None,
        webhook_secrets: WebhookSecrets::new(vec![WEBHOOK_SECRET.to_owned().into()]),
        refund_settles_after: Duration::ZERO,
        page_size: 10,
    };
    let sandbox = Arc::new(Sandbox::connect(settings).await.unwrap());
    Payments {
        gateway: Arc::<Sandbox>::clone(&sandbox),
        gateway_name: "sandbox",
        publishable_key: None,
        sandbox: Some(sandbox),
        deadlines: stores.deadlines.clone(),
        notices: stores.notices.clone(),
        hastened: Arc::new(Notify::new()),
    }
}

impl Shop {
    async fn open() -> Self {
        Self::that_allows(Allowed::default()).await
    }

    async fn that_allows(
        Allowed {
            limits,
            quotas,
            unpaid,
            redis,
        }: Allowed,
    ) -> Self {
        let (url, policy) = (database().await, Arc::new(Policy::default()));
        // What may be subscribed to is told from outside: here it is what this shop has.
        let event_types = notifications::event_types(&["cart"]);
        let webhooks = Webhooks::new(&url, PUBLIC, event_types).unwrap();
        let settings = command_loop::Settings {
            database_url: url.clone(),
            queue: 64,
            batch: 64,
            cache: NonZeroUsize::MIN.saturating_add(1000),
            appended: Arc::new(Notify::new()),
            leads: Arc::default(),
            policy: Arc::clone(&policy),
        };
        let (commands, _) = command_loop::spawn(settings, || {}).unwrap();
        let key = GuestKey::parse(&"a-key-of-the-tests-that-is-long-enough".to_owned().into()).unwrap();
        let prefix = format!("{}:", Uuid::now_v7());
        let sessions = Sessions::connect(&redis, &prefix, CookieKind::Development, key.clone()).unwrap();
        let stores = opening::stores(&url).await.unwrap();
        let payments = payments(&url, &stores).await;
        // Where browsers let a passkey be made without TLS.
        let local = ["http://localhost:7400".to_owned()];
        let second_factors = SecondFactors::new(&sealing::DEVELOPMENT_KEY.into(), &local).unwrap();
        let app = App {
            commands,
            accounts: Accounts::new(&url).unwrap(),
            second_factors,
            api_keys: ApiKeys::of(&sessions),
            attempts: Attempts::of(&sessions),
            sessions: sessions.clone(),
            staff_token: "staff-token-for-the-tests".to_owned().into(),
            guesses: Guesses::default(),
            public_origins: ["http://shop.test".to_owned()].into(),
            limits: Arc::new(limits),
            quotas,
            unpaid: UnpaidOrders::new(&unpaid, &stores, &sessions, &key, &policy),
            trusted_proxies: TrustedProxies::loopback(),
            policy,
            guest_key: key,
            reader: stores.reader,
            contacts: stores.contacts,
            texts: stores.texts,
            inbox: stores.inbox,
            payments,
            webhooks,
            seller: SellerArgs::default().read(true, true).unwrap(),
        };
        let app = Arc::new(app);
        Self {
            router: router(Arc::clone(&app), &Role::ALL),
            app,
            url,
            redis_prefix: prefix,
            sessions,
        }
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/commands{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(body.into()).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    async fn json(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        let headers = [&[("content-type", "application/json")], headers].concat();
        self.send(method, path, &headers, body.to_string()).await
    }

    /// A shopper's cookies and open cart.
    async fn shopper(&self) -> (String, String) {
        let cookies = self.send("POST", "/session", &[], "").await.cookies();
        let opened = self
            .json("POST", "/carts", &[("cookie", &cookies)], &json!({}))
            .await;
        assert_eq!(opened.status, StatusCode::CREATED);
        (cookies, opened.body["id"].as_str().unwrap().to_owned())
    }

    async fn list_mug(&self) {
        let listed = self
            .json("POST", "/products", &[("authorization", STAFF)], &mug())
            .await;
        assert_eq!(listed.status, StatusCode::CREATED, "{}", listed.body);
    }
}

fn mug() -> Value {
    json!({
        "sku": "MUG", "name": "Mug", "description": "Holds tea.", "category": "kitchen",
        "price": { "minor": 1450, "currency": "EUR" }, "picture": { "drawing": "mug", "colour": "stone" },
    })
}

fn lines(sku: &str, quantity: i64) -> Value {
    json!({ "lines": [{ "sku": sku, "quantity": quantity }] })
}
