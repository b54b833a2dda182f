//! The gauges say how old the oldest unpublished event is, and when nobody knows.

use std::time::{Duration, Instant};

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use uuid::Uuid;

use super::super::lag::LagWatch;
use super::proxy::Proxy;
use super::{Log, PATIENCE, Running, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_cannot_publish_for_half_a_minute_shows_it() {
    let log = Log::new().await;
    let mut unreachable = log.settings();
    unreachable.kafka.kafka_brokers = "127.0.0.1:1".to_owned();
    let _relay = Running::start(unreachable);
    let cart = Uuid::now_v7().to_string();
    log.append_at(&cart, 10, "now() - interval '31 seconds'").await;
    log.append(&cart, 10).await;
    let shown = LagWatch::new(log.url.clone(), PATIENCE.postgres)
        .step(Instant::now)
        .await;
    assert!(shown.known && shown.seconds >= 31.0, "{shown:?}");
    assert!((shown.events - 2.0).abs() < f64::EPSILON, "{shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_is_not_behind() {
    let log = Log::new().await;
    let _relay = Running::start(log.settings());
    log.append(&Uuid::now_v7().to_string(), 10).await;
    let mut watch = LagWatch::new(log.url.clone(), PATIENCE.postgres);
    until("nothing is behind", async || {
        let shown = watch.step(Instant::now).await;
        (shown.known && shown.seconds == 0.0 && shown.events == 0.0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgresql_is_silent_the_lag_is_unknown_and_grows() {
    let log = Log::new().await;
    let (proxy, url) = before_postgres(&log.url).await;
    log.append_at(&Uuid::now_v7().to_string(), 10, "now() - interval '5 seconds'")
        .await;
    let mut watch = LagWatch::new(url, PATIENCE.postgres);
    let answered = watch.step(Instant::now).await;
    assert!(answered.known, "{answered:?}");

    proxy.fall_silent();
    for _ in 0..2 {
        let a_minute_later = Instant::now() + Duration::from_mins(1);
        let shown = watch.step(|| a_minute_later).await;
        assert!(!shown.known && shown.events.is_nan(), "{shown:?}");
        assert!(shown.seconds >= answered.seconds + 59.0, "{shown:?}");
    }

    proxy.speak();
    assert!(watch.step(Instant::now).await.known);
}

/// PostgreSQL by way of a proxy.
pub async fn before_postgres(url: &str) -> (Proxy, String) {
    let options: PgConnectOptions = url.parse().unwrap();
    let proxy = Proxy::to(&format!("{}:{}", options.get_host(), options.get_port())).await;
    let (host, port) = proxy.address.rsplit_once(':').unwrap();
    let options = options.host(host).port(port.parse().unwrap());
    let url = options.to_url_lossy().to_string();
    (proxy, url)
}
