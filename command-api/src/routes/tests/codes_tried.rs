//! Tries at discount codes when Redis counts them and cannot take one back.

use axum::http::StatusCode;
use reqwest::Url;
use serde_json::json;

use super::security_events::capture;
use super::{Allowed, Shop};

/// The URL of a user of Redis who may do all but `command`. Always the same one: users stay as long as Redis does.
async fn redis_without(command: &str) -> String {
    let mut url = Url::parse(&std::env::var("TEST_REDIS_URL").unwrap()).unwrap();
    let client = redis::Client::open(url.as_str()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let (name, password) = (format!("tests-without-{command}"), "a-password-of-the-tests");
    let rules = format!("on >{password} ~* &* +@all -{command}");
    let () = redis::cmd("ACL")
        .arg("SETUSER")
        .arg(&name)
        .arg(rules.split(' ').collect::<Vec<_>>())
        .query_async(&mut redis)
        .await
        .unwrap();
    url.set_username(&name).unwrap();
    url.set_password(Some(password)).unwrap();
    url.into()
}

#[tokio::test]
async fn a_try_that_cannot_be_taken_back_stays_counted_and_its_code_is_applied() {
    let redis = redis_without("decr").await;
    let shop = Shop::that_allows(Allowed {
        redis,
        ..Allowed::default()
    })
    .await;
    shop.get_mugs(50).await;
    shop.create_code(json!({ "code": "TEN", "discount": { "percent": 10 } }))
        .await;
    let (cookies, cart) = shop.with_cart(2).await;
    let (lines, _capturing) = capture();
    let path = format!("/carts/{cart}/discount-code");
    let code = json!({ "code": "TEN" });
    for _ in 0..20 {
        let applied = shop.json("PUT", &path, &[("cookie", &cookies)], &code).await;
        assert_eq!(applied.status, StatusCode::OK, "{}", applied.body);
    }
    let refused = shop.json("PUT", &path, &[("cookie", &cookies)], &code).await;
    assert_eq!(refused.problem(), (429, "rate-limited"));
    let log = lines.text();
    for quota in ["unknown-codes", "unknown-codes-network"] {
        let said = log.lines().filter(|line| {
            line.contains("a try at a discount code stays counted")
                && line.contains(&format!("\"quota\":\"{quota}\""))
        });
        assert!(said.count() >= 20, "{quota}: {log}");
    }
}
