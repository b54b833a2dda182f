//! What the alerts are about is there in a shop that has just been opened, before anything has gone wrong: a metric that only appears with
//! its first fault cannot be seen to rise. (What fires when is tried with promtool, by `./dev check`.)

use std::collections::BTreeSet;

use super::kafka_pauses::admin;
use super::services::{repository, wanted};
use super::shop::{Shop, sku};
use super::shopper::Shopper;
use super::waiting::until;

/// Made by Prometheus itself.
const OF_PROMETHEUS: [&str; 1] = ["up"];
/// What a rule is written with besides metrics.
const WORDS: [&str; 9] = [
    "time", "or", "unless", "offset", "absent", "increase", "outcome", "failed", "retried",
];

/// The metrics in the rules' expressions.
fn alerted() -> BTreeSet<String> {
    let path = repository().join("infra/prometheus/alerts.yml");
    let text = std::fs::read_to_string(path).expect("the rules are there");
    let expressions = text.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    expressions
        .flat_map(|expression| expression.split(|c| !is_of_a_name(c)))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()))
        .filter(|word| !WORDS.contains(word) && !OF_PROMETHEUS.contains(word))
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_that_an_alert_is_about_is_there_from_the_start() {
    let alerted = alerted();
    assert!(alerted.len() >= 15, "{alerted:?}");
    let shop = Shop::founded().await;
    let open = shop.open_with(&[("SMTP_URL", &wanted("TEST_SMTP_URL"))]).await;
    until("every metric is there", async || {
        let mut shown = BTreeSet::new();
        for service in [&open.command_api, &open.projectors, &open.query_api] {
            let (_, text) = admin(service, "/metrics").await;
            let names = text.lines().filter_map(|line| line.split(['{', ' ']).next());
            shown.extend(names.map(str::to_owned));
        }
        let missing: Vec<&String> = alerted.difference(&shown).collect();
        if !missing.is_empty() {
            println!("not there yet: {missing:?}");
        }
        missing.is_empty().then_some(())
    })
    .await;
    let mut shopper = Shopper::arrive(&open.command_api).await;
    shopper.add(&sku(0), 1).await;
    let acks = shopper.acks.clone();
    shop.close(open, &mut [shopper], &acks).await;
}
