//! From Kafka to rows by the workers themselves, as `projectors run` has them.

use std::process::Stdio;

use projectors::reporting::keeper;
use telemetry::admin::Checks;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::shopping::*;
use super::*;

struct Worker {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Worker {
    fn start(shop: &Shop) -> Self {
        let token = CancellationToken::new();
        let readiness = Checks::default().reported("reporting");
        let task = tokio::spawn(keeper::run(shop.services.clone(), readiness, token.clone()));
        Self { stop: token, task }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

async fn sell(shop: &mut Shop, orders: u32) {
    for _ in 0..orders {
        let order = order_id();
        shop.store(&order.stream(), [placed(2), confirmed()]).await;
        shop.store(
            &order.payment().stream(),
            [requested(order, 5_390), started(1), captured(5_390)],
        )
        .await;
    }
    shop.relay().await;
}

/// Not everything is in Kafka any more when they begin: they are built from the log, and go on from Kafka's end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_that_are_not_there_are_built_and_kept_by_several_workers() {
    let mut shop = Shop::open().await;
    sell(&mut shop, 5).await;
    let (one, other) = (Worker::start(&shop), Worker::start(&shop));
    assert_verified(&shop).await;
    sell(&mut shop, 20).await;
    assert_verified(&shop).await;
    one.stop().await;
    sell(&mut shop, 5).await;
    assert_verified(&shop).await;
    let paid = "select count(*), sum(captured_minor) from reporting.payments where state = 'paid'";
    assert_eq!(ask(&shop, paid), "30|161700");
    // The relay sends all of it again.
    for event in shop.events_after(0).await {
        shop.send(&event).await;
    }
    sell(&mut shop, 1).await;
    assert_verified(&shop).await;
    other.stop().await;
    assert_eq!(ask(&shop, paid), "31|167090");
}

/// Somebody rebuilds under a worker that is up to date, and somebody else under one that has a batch in its hands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_goes_on_after_a_rebuild() {
    let mut shop = shop().await;
    let worker = Worker::start(&shop);
    for _ in 0..3 {
        sell(&mut shop, 10).await;
        rebuild(&shop.services).await.unwrap();
        sell(&mut shop, 10).await;
        assert_verified(&shop).await;
    }
    worker.stop().await;
    assert_eq!(ask(&shop, "select count(*) from reporting.orders"), "60");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_before_its_commit_changes_nothing() {
    let mut shop = shop().await;
    let of = &shop.connections;
    let mut doomed = Command::new(env!("CARGO_BIN_EXE_projectors"))
        .args(["run", "--dev", "--views", "reporting", "--admin-port", "0"])
        .env("DATABASE_URL", of.database_url.expose_secret())
        .env("REDIS_URL", of.redis_url.expose_secret())
        .env("KAFKA_BROKERS", &of.kafka_brokers)
        .env("TOPIC_PREFIX", &of.topic_prefix)
        .env("FAILPOINTS", "reporting.before_commit=exit")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    sell(&mut shop, 3).await;
    let ended = tokio::task::spawn_blocking(move || doomed.wait().unwrap());
    assert_eq!(ended.await.unwrap().code(), Some(137));
    assert_eq!(ask(&shop, "select count(*) from reporting.orders"), "0");
    assert_eq!(ask(&shop, "select sum(next_offset) from reporting.progress"), "0");

    let heir = Worker::start(&shop);
    assert_verified(&shop).await;
    heir.stop().await;
    assert_eq!(ask(&shop, "select count(*) from reporting.orders"), "3");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_are_rebuilt_by_themselves_when_a_topic_is_made_anew_while_they_follow_it() {
    let mut shop = Shop::open().await;
    let worker = Worker::start(&shop);
    sell(&mut shop, 20).await;
    assert_verified(&shop).await;
    shop.remake_topics().await;
    sell(&mut shop, 5).await;
    assert_verified(&shop).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_are_rebuilt_by_themselves_when_a_topic_was_made_anew_and_is_longer_than_before() {
    let mut shop = Shop::open().await;
    let place = async |shop: &mut Shop, orders: u32| {
        // One event each: what is skipped shows with no later one.
        for _ in 0..orders {
            shop.store(&order_id().stream(), [placed(2)]).await;
        }
        shop.relay().await;
    };
    let worker = Worker::start(&shop);
    place(&mut shop, 10).await;
    assert_verified(&shop).await;
    worker.stop().await;
    shop.remake_topics().await;
    place(&mut shop, 60).await;
    let worker = Worker::start(&shop);
    assert_verified(&shop).await;
    worker.stop().await;
}

/// A value that a column does not take harms the row of its own order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_database_refuses_is_parked_alone() {
    let mut shop = Shop::open().await;
    let worker = Worker::start(&shop);
    let (sick, well) = (order_id(), order_id());
    shop.store(&sick.stream(), [placed(2)]).await;
    shop.relay().await;
    assert_verified(&shop).await;
    // As a constraint that a release forgot.
    shop.sql(&format!(
        "alter table reporting.orders add check (id <> '{sick}' or state = 'awaiting-payment')"
    ));
    shop.store(&sick.stream(), [confirmed()]).await;
    shop.store(&well.stream(), [placed(2), confirmed()]).await;
    shop.relay().await;
    let states = "select string_agg(state, ',' order by state) from reporting.orders";
    until("the other order is there", || async {
        ask(&shop, states) == "awaiting-payment,confirmed"
    })
    .await;
    let parked = "select aggregate, sequence from reporting.parked";
    until("the sick one is parked", || async {
        ask(&shop, parked) == format!("order/{sick}|2")
    })
    .await;
    worker.stop().await;
}
