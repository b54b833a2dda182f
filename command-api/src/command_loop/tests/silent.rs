//! PostgreSQL says nothing, or somebody holds the append's lock: everybody is told so in time, and it ends with its cause.

use std::process::Command as Program;
use std::time::Duration;

use super::super::testing::loop_over;
use super::*;

/// What clients are promised.
const TOLD_WITHIN: Duration = Duration::from_secs(5);

/// A loop that turns by itself, by way of the proxy, and a cart.
async fn open_shop(proxy: &Proxy) -> (Handle, CartId) {
    let handle = loop_over(&proxy.url);
    handle.execute(list(&mug(), "Mug"), caller()).await.unwrap();
    let cart = CartId::new(Uuid::now_v7());
    let open = Command::OpenCart {
        owner: owner(),
        cart,
        currency: Currency::EUR,
    };
    handle.execute(open, caller()).await.unwrap();
    (handle, cart)
}

async fn ask(handle: &Handle, cart: CartId, key: u128) -> Result<Answer, CommandError> {
    let answer = handle.execute(add(cart), keyed(key));
    let answer = tokio::time::timeout(TOLD_WITHIN, answer).await;
    answer.unwrap_or_else(|_| panic!("command {key} is not answered in time"))
}

/// Commands at once, commands that come while those wait, and one that is sent again under its key.
async fn everybody_is_told(handle: &Handle, cart: CartId) {
    let late = async |key| {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        ask(handle, cart, key).await
    };
    let (first, second, third, fourth) =
        tokio::join!(ask(handle, cart, 1), ask(handle, cart, 2), late(3), late(4));
    for answer in [first, second, third, fourth, ask(handle, cart, 1).await] {
        assert!(matches!(answer, Err(CommandError::Unavailable)), "{answer:?}");
    }
}

/// It ended: commands are carried out again, each of them once, whatever became of their first try.
async fn everybody_is_served(url: &str, handle: &Handle, cart: CartId) {
    let first = async { while ask(handle, cart, 1).await.is_err() {} };
    tokio::time::timeout(Duration::from_secs(5), first)
        .await
        .expect("it is served soon");
    for key in 2..=4 {
        ask(handle, cart, key).await.unwrap();
    }
    assert_eq!(quantity(url, cart).await, 4);
    handle
        .heartbeat()
        .check(super::super::READY_WITHIN)
        .expect("it lived all the time");
}

#[tokio::test]
async fn answers_that_never_come_are_waited_for_so_long_and_no_longer() {
    let url = database().await;
    let proxy = Proxy::before(&url).await;
    let (handle, cart) = open_shop(&proxy).await;
    let silenced = proxy.keep_answers();
    everybody_is_told(&handle, cart).await;
    silenced.cut();
    everybody_is_served(&url, &handle, cart).await;
}

#[tokio::test]
async fn questions_that_are_swallowed_cost_one_time_out() {
    let url = database().await;
    let proxy = Proxy::before(&url).await;
    let (handle, cart) = open_shop(&proxy).await;
    let silenced = proxy.swallow_questions();
    everybody_is_told(&handle, cart).await;
    // Nobody closes the connections that are silent.
    silenced.end();
    everybody_is_served(&url, &handle, cart).await;
}

#[tokio::test]
async fn while_somebody_holds_the_appends_lock_nobody_waits_for_long() {
    let url = database().await;
    let proxy = Proxy::before(&url).await;
    let (handle, cart) = open_shop(&proxy).await;
    let mut holder = PgConnection::connect(&url).await.unwrap();
    holder
        .execute("select pg_advisory_lock(1128354388)")
        .await
        .unwrap();
    everybody_is_told(&handle, cart).await;
    holder.close().await.unwrap();
    everybody_is_served(&url, &handle, cart).await;
}

/// The backend of a database's only loop. Only on the machine where PostgreSQL runs.
async fn backend(url: &str) -> String {
    let mut sql = PgConnection::connect(url).await.unwrap();
    let pid: i32 = sqlx::query_scalar(
        "select pid from pg_stat_activity where datname = current_database() and application_name = 'command-loop'",
    )
    .fetch_one(&mut sql)
    .await
    .unwrap();
    let title = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let (_, name) = url.rsplit_once('/').unwrap();
    let name = name.split('?').next().unwrap();
    assert!(
        title.contains(name),
        "{pid} is {title:?}, and no backend of {name}"
    );
    pid.to_string()
}

fn signal(pid: &str, signal: &str) {
    let sent = Program::new("kill").args([signal, pid]).status().unwrap();
    assert!(sent.success());
}

#[tokio::test]
async fn a_backend_that_stands_still_costs_one_time_out() {
    let url = database().await;
    let proxy = Proxy::before(&url).await;
    let (handle, cart) = open_shop(&proxy).await;
    let backend = backend(&url).await;
    signal(&backend, "-STOP");
    let told = ask(&handle, cart, 1).await;
    // Another backend answers while that one stands.
    let served = ask(&handle, cart, 2).await;
    signal(&backend, "-CONT");
    assert!(
        told.as_ref().map_or_else(
            |error| matches!(error, CommandError::Unavailable),
            |answer| !answer.replayed
        ),
        "{told:?}"
    );
    served.unwrap();
    everybody_is_served(&url, &handle, cart).await;
}
