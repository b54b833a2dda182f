//! Kafka stands still for a while instead of going away: requests hang, sessions end on both sides, and yet every consumer group is back
//! without a hand. And what a killed projector or a killed Kafka costs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use system_tests::http::{Door, Request};

use super::buyer::Buyer;
use super::kafka_log;
use super::machine;
use super::servers::{Kind, Server};
use super::shop::{Open, Service, Shop, sku};
use super::shopper::Shopper;
use super::waiting::until;

const SHOPPERS: usize = 3;
/// Longer than every session, and than a Kafka of one broker takes to believe itself gone.
const PAUSES: [u64; 5] = [20, 25, 22, 24, 21];
/// Messages that may be under way while shopping goes on.
const UNDER_WAY: f64 = 100.0;
/// Of views, of the tables for SQL, of the notifications and of the payment worker: what their names contain.
pub const GROUPS: [&str; 9] = [
    ".carts-",
    ".orders-",
    ".products-",
    ".requests-",
    ".reporting",
    ".webhooks",
    ".mails",
    ".request-news",
    ".payment-worker",
];

/// A shop whose Kafka is its own, and the folder of that.
async fn shop_with_kafka_of_its_own(name: &str) -> (Shop, Server, PathBuf) {
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", uuid::Uuid::new_v4().simple()));
    let machine = machine::shared().await;
    let kafka = Server::start(Kind::Kafka, &folder).await;
    let mut shop = Shop::founded_on(machine, &[("KAFKA_BROKERS", &kafka.address())]).await;
    shop.services.kafka_brokers = kafka.address();
    (shop, kafka, folder)
}

/// The lag of each group in messages, as the two processes show it that consume; only groups of which all is known.
async fn known_lags(open: &Open) -> BTreeMap<&'static str, f64> {
    let mut text = String::new();
    for service in [&open.projectors, &open.command_api] {
        text += &admin(service, "/metrics").await.1;
    }
    let of = |group: &'static str| {
        let lines = text.lines().filter(move |line| line.contains(group));
        let is_known = lines
            .clone()
            .any(|line| line.starts_with("consumer_lag_known") && line.ends_with(" 1"));
        let messages = lines.filter(|line| line.starts_with("consumer_lag_messages"));
        let messages = messages.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        let messages: Vec<f64> = messages.collect();
        (is_known && !messages.is_empty()).then(|| (group, messages.iter().sum()))
    };
    GROUPS.into_iter().filter_map(of).collect()
}

pub async fn admin(service: &Service, path: &str) -> (u16, String) {
    let mut door = Door::new(&format!("127.0.0.1:{}", service.admin_port));
    let answer = door
        .send(&Request::get(path))
        .await
        .expect("the admin port answers");
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

/// Every group has members in Kafka's eyes, its lag is known and no more than this, and the projectors say that they are ready.
async fn all_groups_are_back(shop: &Shop, open: &Open, most: f64) {
    until("every group has members and has caught up", async || {
        let groups = kafka_log::groups_if_told(&shop.services.kafka_brokers, &shop.name).await?;
        let lags = known_lags(open).await;
        let is_back = |name: &&str| {
            groups
                .iter()
                .any(|(group, _, members)| group.contains(name) && *members > 0)
                && lags.get(*name).is_some_and(|lag| *lag <= most)
        };
        let missing: Vec<&str> = GROUPS.iter().filter(|name| !is_back(name)).copied().collect();
        let (status, _) = admin(&open.projectors, "/readyz").await;
        (missing.is_empty() && status == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_group_is_back_after_each_of_five_pauses_of_kafka_under_load() {
    let (shop, kafka, folder) = shop_with_kafka_of_its_own("pauses").await;
    let open = shop.open().await;
    let done = Arc::new(AtomicBool::new(false));
    let mut shopping = vec![];
    for _ in 0..SHOPPERS {
        let shopper = Shopper::arrive(&open.command_api).await;
        shopping.push(tokio::spawn(shop_until(shopper, Arc::clone(&done))));
    }
    let buying = tokio::spawn(buy_until(open.command_api.address(), Arc::clone(&done)));
    all_groups_are_back(&shop, &open, UNDER_WAY).await;

    for (number, seconds) in PAUSES.into_iter().enumerate() {
        kafka.signal("STOP");
        let paused = Instant::now();
        if number == 0 {
            nobody_says_that_all_is_well(&open).await;
        }
        tokio::time::sleep(Duration::from_secs(seconds).saturating_sub(paused.elapsed())).await;
        kafka.signal("CONT");
        let resumed = Instant::now();
        all_groups_are_back(&shop, &open, UNDER_WAY).await;
        println!(
            "pause {number} of {seconds} s: back after {:?}",
            resumed.elapsed()
        );
    }

    done.store(true, Ordering::SeqCst);
    let mut shoppers = vec![];
    for shopper in shopping {
        shoppers.push(shopper.await.expect("a shopper goes home content"));
    }
    let bought = buying.await.expect("orders are paid all the while");
    assert!(bought > 0);
    all_groups_are_back(&shop, &open, 0.0).await;
    for shopper in &mut shoppers {
        shopper.sees_own_cart(&open.query_api).await;
    }
    shop.close_after_others_shopped(open).await;
    clear_away(kafka, &folder);
}

/// Once everything held; a test that fails leaves it for whoever looks why.
fn clear_away(kafka: Server, folder: &Path) {
    drop(kafka);
    let _ = std::fs::remove_dir_all(folder);
}

/// While nobody can know how far the consumers are behind, the gauges do not say 0, and readiness says why not.
async fn nobody_says_that_all_is_well(open: &Open) {
    until("no group's lag is said to be known", async || {
        known_lags(open).await.is_empty().then_some(())
    })
    .await;
    until("the projectors are not ready, and say why", async || {
        let (status, body) = admin(&open.projectors, "/readyz").await;
        let body: Value = serde_json::from_str(&body).expect("it is JSON");
        let says_why = |view: &str| {
            let why = body["checks"][view].as_str().unwrap_or_default();
            why.contains("Kafka does not answer")
        };
        let all = ["carts", "orders", "products", "requests", "reporting"];
        (status == 503 && all.into_iter().all(says_why)).then_some(())
    })
    .await;
}

async fn shop_until(mut shopper: Shopper, done: Arc<AtomicBool>) -> Shopper {
    for round in 0.. {
        if done.load(Ordering::SeqCst) {
            break;
        }
        let sku = sku(round);
        if shopper.lines.contains_key(&sku) {
            shopper.remove(&sku).await;
        } else {
            shopper.add(&sku, 1).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    shopper
}

/// How many orders were placed, and their payments taken in.
async fn buy_until(address: String, done: Arc<AtomicBool>) -> usize {
    let mut bought = 0;
    while !done.load(Ordering::SeqCst) {
        let mut buyer = Buyer::with_cart(&address, &[(sku(bought), 1)]).await;
        let quote = buyer.quote().await;
        let order = buyer
            .check_out(&quote)
            .await
            .expect("there is enough of everything");
        buyer.pay(&order.id, "pm_card_visa").await;
        bought += 1;
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    bought
}

/// A static member that restarts gets its partitions back at once; a dynamic one waits until Kafka misses the one that died.
#[tokio::test(flavor = "multi_thread")]
async fn a_projector_that_is_killed_and_started_again_does_not_wait_for_its_old_session() {
    let shop = Shop::founded_on(machine::alone().await, &[]).await;
    let named = [("GROUP_INSTANCE_ID", "projectors-1")];
    let command_api = shop.command_api("carts,catalog,relay", &[]).await;
    shop.list_products(&command_api).await;
    let projectors = shop.projectors(&named).await;
    let query_api = shop.query_api().await;
    let mut shopper = Shopper::arrive(&command_api).await;
    shopper.add(&sku(0), 1).await;
    shopper.sees_own_cart(&query_api).await;

    drop(projectors);
    shopper.add(&sku(1), 1).await;
    let projectors = shop.start("projectors", &["run", "--dev"], "UNUSED_PORT", &named);
    until("it listens", async || {
        let mut door = Door::new(&format!("127.0.0.1:{}", projectors.admin_port));
        door.send(&Request::get("/healthz")).await.ok().map(drop)
    })
    .await;
    let started = Instant::now();
    shopper.sees_own_cart(&query_api).await;
    let fresh = started.elapsed();
    println!("fresh {fresh:?} after the start");
    // Kafka misses a member after 10 s. The aim is 3; the machine that runs this may be slow.
    assert!(fresh < Duration::from_secs(8), "{fresh:?}");
    let acks = shopper.acks.clone();
    let open = Open {
        command_api,
        projectors,
        query_api,
    };
    shop.close(open, &mut [shopper], &acks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn views_are_fresh_soon_after_a_kafka_that_was_killed_is_back() {
    let (shop, mut kafka, folder) = shop_with_kafka_of_its_own("killed").await;
    let command_api = shop.command_api("carts,catalog,relay", &[]).await;
    shop.list_products(&command_api).await;
    let projectors = shop.projectors(&[]).await;
    let query_api = shop.query_api().await;
    let mut shopper = Shopper::arrive(&command_api).await;
    shopper.add(&sku(0), 1).await;
    shopper.sees_own_cart(&query_api).await;
    kafka.kill().await;
    shopper.add(&sku(1), 1).await;
    kafka.restart().await;
    let back = Instant::now();
    shopper.sees_own_cart(&query_api).await;
    println!("fresh {:?} after Kafka listens again", back.elapsed());
    let acks = shopper.acks.clone();
    let open = Open {
        command_api,
        projectors,
        query_api,
    };
    shop.close(open, &mut [shopper], &acks).await;
    clear_away(kafka, &folder);
}
