//! PostgreSQL or Kafka falls silent without closing its connections.

use std::sync::atomic::Ordering;

use uuid::Uuid;

use super::lag::before_postgres;
use super::proxy::Proxy;
use super::{Log, Running, are_in_order, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_postgresql_costs_one_time_out_and_another_connection() {
    let log = Log::new().await;
    let (proxy, url) = before_postgres(&log.url).await;
    let mut settings = log.settings();
    settings.database_url = url;
    let leads = std::sync::Arc::clone(&settings.leads);
    let _relay = Running::start(settings);
    let cart = Uuid::now_v7().to_string();
    let first = log.append(&cart, 10).await;
    log.published(&[first]).await;

    proxy.fall_silent();
    let second = log.append(&cart, 10).await;
    until("the leader gave up", async || {
        (!leads.load(Ordering::Acquire)).then_some(())
    })
    .await;
    proxy.speak();
    let messages = log.published(&[first, second]).await;
    assert!(are_in_order(&messages), "{messages:?}");
    until("it leads again", async || {
        leads.load(Ordering::Acquire).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_kafka_costs_one_time_out_and_another_producer() {
    let log = Log::new().await;
    let proxy = Proxy::to_kafka(&log.kafka.kafka_brokers).await;
    let mut settings = log.settings();
    settings.kafka.kafka_brokers.clone_from(&proxy.address);
    let _relay = Running::start(settings);
    let cart = Uuid::now_v7().to_string();
    let first = log.append(&cart, 10).await;
    log.published(&[first]).await;

    let before = proxy.connections();
    proxy.fall_silent();
    let second = log.append(&cart, 10).await;
    until("another producer tried", async || {
        (proxy.connections() > before).then_some(())
    })
    .await;
    proxy.speak();
    let third = log.append(&cart, 10).await;
    let messages = log.published(&[first, second, third]).await;
    assert!(are_in_order(&messages), "{messages:?}");
}
