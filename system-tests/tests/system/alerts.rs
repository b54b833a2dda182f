//! What the alerts are about is there in a shop that has just been opened, before anything has gone wrong: a metric that only appears with
//! its first fault cannot be seen to rise. (What fires when is tried with promtool, by `./dev check`.)

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::kafka_pauses::{GROUPS, admin};
use super::services::{repository, wanted};
use super::shop::{Shop, sku};
use super::shopper::Shopper;
use super::waiting::until;

/// Made by Prometheus itself.
const OF_PROMETHEUS: [&str; 1] = ["up"];
/// What a rule is written with besides metrics.
const WORDS: [&str; 7] = ["time", "or", "unless", "offset", "absent", "increase", "sum"];

/// The metrics in the rules' expressions.
fn alerted() -> BTreeSet<String> {
    let path = repository().join("infra/prometheus/alerts.yml");
    let text = std::fs::read_to_string(path).expect("the rules are there");
    let expressions = text.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut metrics = BTreeSet::new();
    for expression in expressions {
        // Without what stands in braces: labels and their values.
        let outside: Vec<&str> = expression
            .split('{')
            .map(|part| part.split_once('}').map_or(part, |(_, behind)| behind))
            .collect();
        let joined = outside.join(" ");
        let names = joined
            .split(|c| !is_of_a_name(c))
            .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()))
            .filter(|word| !WORDS.contains(word) && !OF_PROMETHEUS.contains(word));
        metrics.extend(names.map(str::to_owned));
    }
    metrics
}

#[test]
fn what_stands_in_braces_is_no_metric() {
    let metrics = alerted();
    assert!(metrics.contains("security_events_total"), "{metrics:?}");
    assert!(
        !metrics.contains("outcome") && !metrics.contains("second"),
        "{metrics:?}"
    );
}

/// Metrics that nobody says the meaning of.
fn riddles(text: &str) -> Vec<&str> {
    let described: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# HELP ")?.split(' ').next())
        .collect();
    let families = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    families.filter(|family| !described.contains(family)).collect()
}

/// What Prometheus's own checker complains of. `./dev check` needs it anyway; where it is not installed, nothing is said.
fn promtool(text: &str) -> String {
    let started = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut checker) = started else {
        return String::new();
    };
    let mut input = checker.stdin.take().expect("its input is a pipe");
    let text = text.to_owned();
    let writing = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let said = checker.wait_with_output().expect("promtool ends");
    writing
        .join()
        .expect("writing does not panic")
        .expect("promtool reads all of it");
    String::from_utf8_lossy(&said.stderr).into_owned() + &String::from_utf8_lossy(&said.stdout)
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
    for service in [&open.command_api, &open.projectors, &open.query_api] {
        let (_, text) = admin(service, "/metrics").await;
        assert_eq!(riddles(&text), Vec::<&str>::new());
        assert_eq!(promtool(&text), "");
    }
    until("the lag of every group is known", async || {
        let mut shown = String::new();
        for service in [&open.command_api, &open.projectors] {
            shown += &admin(service, "/metrics").await.1;
        }
        let is_known = |group: &&str| {
            let mut known = shown
                .lines()
                .filter(|line| line.starts_with("consumer_lag_known{"));
            known.any(|line| line.contains(*group) && line.ends_with(" 1"))
        };
        GROUPS.iter().all(is_known).then_some(())
    })
    .await;
    let mut shopper = Shopper::arrive(&open.command_api).await;
    shopper.add(&sku(0), 1).await;
    let acks = shopper.acks.clone();
    shop.close(open, &mut [shopper], &acks).await;
}
