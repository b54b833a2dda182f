//! A query API over a real Redis, under a prefix of its own: the tests write what projectors would, and
//! ask what shoppers would.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

pub mod orders;
pub mod requests;
pub mod stream;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::request::Request;
use axum::http::response::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use clap::Parser;
use http_body_util::BodyExt;
use query_api::config::{Cli, Command, Config};
use query_api::{App, router};
use read_model::{Generation, Keys, View};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use session::{ApiKeys, CookieKind, DEVELOPMENT_KEY, GuestKey, Member, PublishedKey, Role, Roles, Sessions};
use telemetry::admin::Checks;
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt;
use uuid::Uuid;

pub const FIRST: Generation = 1_700_000_000;

/// What staff send to a shop of a developer.
pub const STAFF: (&str, &str) = ("authorization", "Bearer the-staff-token-for-development-alone");

pub struct Shop {
    pub app: Arc<App>,
    pub checks: Checks,
    pub redis: MultiplexedConnection,
    pub keys: Keys,
    pub stop: CancellationToken,
    prefix: String,
    router: Router,
    pub sessions: Sessions,
    _ends_with_the_test: DropGuard,
}

/// A shopper with the cookies of a browser.
pub struct Browser {
    pub owner: Uuid,
    pub cookies: String,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Panics unless this is problem details of that kind. A 401 says how to do better (RFC 9110 §11.6.1).
    pub fn assert_problem(&self, status: u16, slug: &str) {
        assert_eq!(
            (self.status.as_u16(), self.header("content-type")),
            (status, "application/problem+json")
        );
        assert_challenge(self.status, &self.headers);
        let details = self.json();
        assert_eq!(details["type"], format!("/problems/{slug}"), "{details}");
        assert_eq!(details["status"], status);
    }
}

/// Panics unless a 401, and nothing else, names what may be borne.
fn assert_challenge(status: StatusCode, headers: &HeaderMap) {
    let challenge = headers.get("www-authenticate").map(HeaderValue::as_bytes);
    let is_challenged = status == StatusCode::UNAUTHORIZED;
    assert_eq!(challenge, is_challenged.then_some(&b"Bearer"[..]));
}

pub fn redis_url() -> String {
    std::env::var("TEST_REDIS_URL").expect("TEST_REDIS_URL is not set: start the services with ./dev test")
}

/// With all views built and empty.
pub async fn shop() -> Shop {
    let shop = unbuilt(&redis_url(), &[]).await;
    shop.build_all().await;
    shop
}

/// Before any view is built; the API reads Redis through `url`.
pub async fn unbuilt(url: &str, options: &[&str]) -> Shop {
    let prefix = format!("test:{}:", Uuid::new_v4());
    let direct = redis_url();
    let redis = redis::Client::open(direct.as_str())
        .unwrap()
        .get_multiplexed_async_connection()
        .await;
    let redis = redis.unwrap_or_else(|error| panic!("no Redis at {direct}: {error}; use ./dev test"));
    let key = GuestKey::parse(&DEVELOPMENT_KEY.into()).unwrap();
    let sessions = Sessions::connect(&direct, &prefix, CookieKind::Development, key).unwrap();

    let mut words = vec![
        "query-api",
        "serve",
        "--dev",
        "--redis-url",
        url,
        "--redis-prefix",
        &prefix,
    ];
    words.extend(options);
    let config = configuration(&words);
    let (checks, stop) = (Checks::default(), CancellationToken::new());
    let app = App::build(&config, &checks, stop.clone()).unwrap();
    Shop {
        router: router::of(Arc::clone(&app)),
        app,
        checks,
        redis,
        keys: Keys::new(&prefix).unwrap(),
        _ends_with_the_test: stop.clone().drop_guard(),
        stop,
        prefix,
        sessions,
    }
}

fn configuration(words: &[&str]) -> Config {
    match Cli::parse_from(words).command {
        Command::Serve(config) => config,
        Command::Openapi => unreachable!("the words say serve"),
    }
}

impl Shop {
    pub async fn browser(&self) -> Browser {
        let owner = Sessions::new_guest();
        let cookies = self.sessions.issue(owner).await.unwrap();
        let pairs: Vec<_> = cookies
            .iter()
            .map(|cookie| cookie.split(';').next().unwrap())
            .collect();
        Browser {
            owner,
            cookies: pairs.join("; "),
        }
    }

    /// Somebody who is signed in.
    pub async fn member(&self, roles: Roles) -> Browser {
        let owner = Uuid::now_v7();
        let member = Member {
            account: owner,
            roles,
            epoch: 1,
            second_factor: true,
        };
        let cookies = self.sessions.sign_in("", member, "").await.unwrap();
        Browser {
            owner,
            cookies: cookies[0].split(';').next().unwrap().to_owned(),
        }
    }

    pub async fn end_session(&self, cookies: &str) {
        self.sessions.end(cookies).await.unwrap();
    }

    /// Ends an account's sessions as the command API does: a new epoch, whatever Redis still has.
    pub async fn end_epoch(&self, account: Uuid) {
        self.sessions.publish_epochs(&[(account, 2)]).await.unwrap();
    }

    /// A key that never expires by itself.
    pub async fn api_key(&self, account: Uuid, role: Role) -> String {
        self.api_key_until(account, role, i64::MAX).await.0
    }

    /// A key, and the hash by which it is revoked.
    pub async fn api_key_until(&self, account: Uuid, role: Role, expires_at: i64) -> (String, [u8; 32]) {
        let (key, hash) = ApiKeys::generate().unwrap();
        let published = PublishedKey {
            id: Uuid::now_v7(),
            account,
            role,
            expires_at,
        };
        let keys = ApiKeys::of(&self.sessions);
        keys.publish([(hash, published)]).await.unwrap();
        (key, hash)
    }

    /// What is said of a key again, say that it expires sooner.
    pub async fn republish(&self, hash: [u8; 32], key: PublishedKey) {
        ApiKeys::of(&self.sessions).publish([(hash, key)]).await.unwrap();
    }

    pub async fn revoke(&self, hash: [u8; 32]) {
        ApiKeys::of(&self.sessions).forget(hash).await.unwrap();
    }

    /// The status of an answer, and the kind of problem if it is one. A stream is not waited for.
    pub async fn head_of(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        if head.status.is_success() {
            return (head.status.as_u16(), String::new());
        }
        assert_challenge(head.status, &head.headers);
        let body = body.collect().await.unwrap().to_bytes();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let kind = problem["type"].as_str().unwrap_or_default();
        (
            head.status.as_u16(),
            kind.trim_start_matches("/problems/").to_owned(),
        )
    }

    /// Status and problem where a request is refused, which has to be said as problem details. A stream is not waited for.
    pub async fn refusal(
        &self,
        path: &str,
        headers: &[(&str, HeaderValue)],
    ) -> Option<(u16, serde_json::Value)> {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Body::empty()).unwrap();
        let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        if head.status.is_success() || head.status == StatusCode::NOT_MODIFIED {
            return None;
        }
        assert_eq!(head.headers["content-type"], "application/problem+json", "{path}");
        assert_challenge(head.status, &head.headers);
        let body = body.collect().await.unwrap().to_bytes();
        Some((head.status.as_u16(), serde_json::from_slice(&body).unwrap()))
    }

    /// Makes a generation the one that readers use.
    pub async fn build(&self, view: View, generation: Generation) {
        let pointer = format!(r#"{{"generation":{generation},"built":true}}"#);
        let () = self
            .redis
            .clone()
            .set(self.keys.pointer(view), pointer)
            .await
            .unwrap();
    }

    /// Makes every view one that is built, and waits until the API knows.
    pub async fn build_all(&self) {
        for view in View::ALL {
            self.build(view, FIRST).await;
        }
        self.ready().await;
    }

    /// Waits until the API knows what was built.
    pub async fn ready(&self) {
        eventually("the API is ready", async || self.checks.report().await.0).await;
    }

    pub async fn write_cart(&self, generation: Generation, id: Uuid, version: i64, owner: Uuid, body: &str) {
        let fields = [
            ("body", body),
            ("version", &version.to_string()),
            ("owner", &owner.to_string()),
        ];
        let () = self
            .redis
            .clone()
            .hset_multiple(self.keys.cart(generation, id), &fields)
            .await
            .unwrap();
    }

    pub async fn name_cart(&self, generation: Generation, owner: Uuid, id: Uuid) {
        let fields = [("cart", id.to_string()), ("version", "1".to_owned())];
        let key = self.keys.current_cart(generation, owner);
        let () = self.redis.clone().hset_multiple(key, &fields).await.unwrap();
    }

    pub async fn announce_cart(&self, id: Uuid, version: i64, owner: Uuid) {
        let channel = self.keys.changed_channel(View::Carts);
        let () = self
            .redis
            .clone()
            .publish(channel, format!("{id} {version} {owner}\n"))
            .await
            .unwrap();
    }

    /// Writes a product as the projector does: document, place in the changes, revision.
    pub async fn write_product(&self, generation: Generation, product: &Product) {
        let mut redis = self.redis.clone();
        let newest = self.keys.products_revision(generation);
        let held: Option<u64> = redis.get(&newest).await.unwrap();
        let revision = held.unwrap_or(0) + 1;
        let fields = [
            ("body", product.body()),
            (
                "versions",
                format!(r#"{{"product":{},"stock-item":1}}"#, product.version),
            ),
            ("rev", revision.to_string()),
        ];
        let changed = self.keys.products_changed(generation);
        // At once, as the script does it: whoever reads the revision finds the change.
        let () = redis::pipe()
            .atomic()
            .set(newest, revision)
            .hset_multiple(self.keys.product(generation, product.sku), &fields)
            .zadd(changed, product.sku, revision)
            .query_async(&mut redis)
            .await
            .unwrap();
    }

    pub async fn announce_products(&self) {
        let () = self
            .redis
            .clone()
            .publish(self.keys.changed_channel(View::Products), "1")
            .await
            .unwrap();
    }

    /// What FLUSHALL would do to this test's part of Redis. Returns how many keys there were.
    pub async fn flush(&self, pattern: &str) -> usize {
        let mut redis = self.redis.clone();
        let keys: Vec<String> = redis.keys(format!("{}{pattern}", self.prefix)).await.unwrap();
        let tagged: Vec<String> = redis.keys(format!("{{{}{pattern}", self.prefix)).await.unwrap();
        let all: Vec<String> = keys.into_iter().chain(tagged).collect();
        if !all.is_empty() {
            let () = redis.del(&all).await.unwrap();
        }
        all.len()
    }

    pub async fn get(&self, path: &str, cookies: &str) -> Answer {
        self.ask(path, &[("cookie", cookies)]).await
    }

    pub async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// An answer whose body may be no text.
    pub async fn bytes_of(&self, path: &str, headers: &[(&str, &str)]) -> (Parts, Vec<u8>) {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        (head, body.collect().await.unwrap().to_bytes().to_vec())
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Answer {
            status: head.status,
            headers: head.headers,
            body,
        }
    }
}

#[derive(Clone, Copy)]
pub struct Product {
    pub sku: &'static str,
    pub name: &'static str,
    pub category: &'static str,
    pub price: i64,
    pub available: i64,
    pub listed: bool,
    pub version: i64,
}

pub const MUG: Product = Product {
    sku: "KIT-MUG",
    name: "Stoneware mug",
    category: "kitchen",
    price: 1_450,
    available: 12,
    listed: true,
    version: 1,
};

impl Product {
    pub fn body(&self) -> String {
        let Self {
            sku,
            name,
            category,
            price,
            available,
            listed,
            version,
        } = self;
        let availability = match available {
            0 => "out-of-stock",
            1..=5 => "low",
            _ => "in-stock",
        };
        format!(
            r#"{{"sku":"{sku}","version":{version},"name":"{name}","description":"","category":"{category}","picture":null,"price":{{"minor":{price},"currency":"EUR"}},"previous_price":null,"listed":{listed},"available":{available},"availability":"{availability}","listed_at":"2026-01-01T00:00:00Z","back_in_stock_at":null,"updated_at":"2026-01-01T00:00:00Z"}}"#
        )
    }
}

pub fn cart_body(id: Uuid, version: i64, skus: &[&str]) -> String {
    let lines: Vec<String> = skus
        .iter()
        .map(|sku| format!(r#"{{"sku":"{sku}","quantity":1}}"#))
        .collect();
    format!(
        r#"{{"id":"{id}","version":{version},"lines":[{}]}}"#,
        lines.join(",")
    )
}

/// Waits for what happens in the background; panics when it does not.
pub async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let outcome = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    assert!(outcome.is_ok(), "in vain: {what}");
}
