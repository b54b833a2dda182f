//! Real baskets, through `load` as people run it.

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use sqlx::PgPool;
use tokio::process::Command;

use super::books;
use super::front_door::FrontDoor;
use super::oracle;
use super::services::repository;
use super::shop::{STAFF_TOKEN, Shop};
use super::waiting::until;

async fn load(origin: &str, file: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_load"));
    command
        .arg("--baskets")
        .arg(file)
        .args(["--origin", origin])
        .args(more)
        .env("STAFF_TOKEN", STAFF_TOKEN);
    command.output().await.expect("load can be run")
}

fn report(output: &Output) -> Value {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "load ended with {}: {said}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout)
    );
    serde_json::from_slice(&output.stdout).expect("one line of JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_baskets_come_out_as_they_went_in() {
    let shop = Shop::founded().await;
    let open = shop.open().await;
    let door = FrontDoor::open(&shop, &open).await;
    let file = repository().join("system-tests/data/baskets.csv");

    let first = report(&load(&door.origin, &file, &["--json"]).await);
    assert_eq!(
        (&first["carts"], &first["failed"], &first["mismatches"]),
        (&60.into(), &0.into(), &0.into()),
        "{first}"
    );
    let paced = report(
        &load(
            &door.origin,
            &file,
            &["--json", "--rate", "150", "--concurrency", "8"],
        )
        .await,
    );
    assert_eq!(paced["commands"], first["commands"]);
    let rate = paced["commands_per_s"].as_f64().unwrap();
    assert!(
        rate <= 160.0,
        "no more than 150 commands a second were meant to start: {paced}"
    );

    let table = load(&door.origin, &file, &[]).await;
    let text = String::from_utf8_lossy(&table.stdout);
    assert!(table.status.success() && text.contains("open carts"), "{text}");
    oracle::streams_have_no_holes(&shop.pool).await;
    shop.close_after_others_shopped(open).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_baskets_become_orders_that_are_paid_once() {
    let shop = Shop::founded().await;
    let open = shop.open().await;
    let door = FrontDoor::open(&shop, &open).await;
    let file = repository().join("system-tests/data/baskets.csv");
    let checkout = report(&load(&door.origin, &file, &["--checkout", "--json"]).await);
    assert_eq!(
        (&checkout["carts"], &checkout["failed"], &checkout["mismatches"]),
        (&60.into(), &0.into(), &0.into()),
        "{checkout}"
    );
    // Every command adds a line, but for the one that opens a cart.
    let lines = checkout["commands"].as_i64().unwrap() - 60;
    orders_are_captures_are_totals(&shop.pool, &checkout, 60, lines).await;
    nothing_was_asked_twice_at_once(&shop);
    let text = std::fs::read_to_string(&file).unwrap();
    let with_penne = text
        .lines()
        .filter(|basket| basket.split(',').any(|name| name == "penne"));
    let with_penne = i64::try_from(with_penne.count()).unwrap();
    assert_eq!(orders_with(&shop.pool, &["GRO-PENNE"]).await, [with_penne]);

    let options = ["--checkout", "--json", "--rate", "150", "--concurrency", "8"];
    let paced = report(&load(&door.origin, &file, &options).await);
    let rate = paced["orders_per_s"].as_f64().unwrap();
    assert!(
        rate <= 53.0,
        "a checkout is three commands, of which no more than 150 a second were meant to start: {paced}"
    );
    let table = load(&door.origin, &file, &["--checkout"]).await;
    let text = String::from_utf8_lossy(&table.stdout);
    assert!(
        table.status.success() && text.contains("orders per second"),
        "{text}"
    );
    books::stock_never_promises_more_than_there_is(&shop.pool).await;
    shop.close_after_others_shopped(open).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_checks_out_where_real_cards_are_charged() {
    let shop = Shop::founded_with(&[
        ("PAYMENT_GATEWAY", "stripe"),
        ("STRIPE_SECRET_KEY", "sk_test_of_nobody"),
        ("STRIPE_API_BASE", "http://127.0.0.1:9"),
        ("PAYMENT_WEBHOOK_SECRETS", "whsec_of_nobody_at_all"),
    ])
    .await;
    let open = shop.open().await;
    let door = FrontDoor::open(&shop, &open).await;
    let file = repository().join("system-tests/data/baskets.csv");
    let refused = load(&door.origin, &file, &["--checkout"]).await;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(
        said.contains("the payment gateway of this shop is stripe"),
        "{said}"
    );
    let carts: i64 = sqlx::query_scalar("select count(*) from events where aggregate_type = 'cart'")
        .fetch_one(&shop.pool)
        .await
        .unwrap();
    assert_eq!(carts, 0, "carts of guests who cannot pay");
    report(&load(&door.origin, &file, &["--json"]).await);
    shop.close_after_others_shopped(open).await;
}

/// By `load`'s own report, the log, the gateway's books and the tables for people who know SQL.
async fn orders_are_captures_are_totals(pool: &PgPool, report: &Value, orders: i64, lines: i64) {
    let captured = books::captures_are_the_totals_of_confirmed_orders(pool).await;
    assert_eq!(
        (&report["orders"], &report["captured_minor"]),
        (&orders.into(), &captured.into()),
        "{report}"
    );
    let charges: i64 = sqlx::query_scalar(
        "select count(distinct payment) from sandbox_gateway.intents where status = 'succeeded' and captured = amount",
    )
    .fetch_one(pool)
    .await
    .expect("the gateway's books can be read");
    assert_eq!(charges, orders, "orders that the gateway was paid for in full");
    // They are not written before a query shows an order, but a moment later.
    let expected = (orders, captured, orders, captured, lines);
    until("the tables for SQL show every order as paid", async || {
        (reported(pool).await == expected).then_some(())
    })
    .await;
}

/// Kafka, webhooks and the sweep wake one worker for the same payment, and one of them has it ask. The gateway refuses a key
/// that it is just being asked under.
fn nothing_was_asked_twice_at_once(shop: &Shop) {
    let log =
        std::fs::read_to_string(shop.logs.join("command-api.log")).expect("the command API's log is there");
    let twice: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("key is in use by another request"))
        .collect();
    assert_eq!(twice, [""; 0]);
}

/// Confirmed orders and what they come to, paid payments and what was captured, order lines.
async fn reported(pool: &PgPool) -> (i64, i64, i64, i64, i64) {
    sqlx::query_as(
        "select (select count(*) from reporting.orders where state = 'confirmed'),
                (select coalesce(sum(total_minor), 0)::bigint from reporting.orders where state = 'confirmed'),
                (select count(*) from reporting.payments where state = 'paid'),
                (select coalesce(sum(captured_minor), 0)::bigint from reporting.payments),
                (select count(*) from reporting.order_lines)",
    )
    .fetch_one(pool)
    .await
    .expect("the tables can be read")
}

/// In how many orders each of these is.
async fn orders_with(pool: &PgPool, skus: &[&str]) -> Vec<i64> {
    sqlx::query_scalar(
        "select count(distinct l.order_id) from unnest($1::text[]) with ordinality wanted (sku, number)
         left join reporting.order_lines l using (sku) group by number order by number",
    )
    .bind(skus)
    .fetch_all(pool)
    .await
    .expect("the tables can be read")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_basket_file_that_cannot_be_used_is_refused_with_line_and_rule() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let nowhere = "http://127.0.0.1:9";
    for (name, text, rule) in [
        ("empty", "", "it is empty"),
        (
            "nameless",
            "milk\nmilk,!?\n",
            "line 2: the product \"!?\" cannot get a SKU",
        ),
    ] {
        let file = folder.join(format!("{name}.csv"));
        std::fs::write(&file, text).unwrap();
        let output = load(nowhere, &file, &[]).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(rule), "{said}");
    }
    let missing = load(nowhere, &folder.join("missing.csv"), &[]).await;
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("missing.csv cannot be read"));
    let nobody = load(nowhere, &repository().join("system-tests/data/baskets.csv"), &[]).await;
    assert_eq!(nobody.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("nothing answers"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_counts_of_the_groceries_come_out() {
    let file = repository()
        .parent()
        .expect("the repository is in a folder")
        .join("shared/data/groceries.csv");
    if !file.exists() {
        println!(
            "not compared with the published counts: {} is not there (it is no part of the repository)",
            file.display()
        );
        return;
    }
    let shop = Shop::founded().await;
    let open = shop.open().await;
    let door = FrontDoor::open(&shop, &open).await;
    let loaded = report(&load(&door.origin, &file, &["--json"]).await);
    println!("{loaded}");
    assert_eq!(
        (&loaded["carts"], &loaded["failed"], &loaded["mismatches"]),
        (&9835.into(), &0.into(), &0.into())
    );
    for (sku, carts) in PUBLISHED {
        let path = format!("/api/queries/products/{sku}/open-carts");
        let answer = open
            .query_api
            .door()
            .send(&system_tests::http::Request::get(&path))
            .await
            .unwrap();
        assert_eq!(answer.json::<Value>().unwrap()["carts"], carts, "{sku}");
    }

    let ordered = report(&load(&door.origin, &file, &["--checkout", "--json"]).await);
    println!("{ordered}");
    assert_eq!(
        (&ordered["carts"], &ordered["failed"], &ordered["mismatches"]),
        (&9835.into(), &0.into(), &0.into())
    );
    orders_are_captures_are_totals(&shop.pool, &ordered, 9835, 43_367).await;
    nothing_was_asked_twice_at_once(&shop);
    let (skus, published): (Vec<&str>, Vec<i64>) = PUBLISHED.into_iter().unzip();
    assert_eq!(orders_with(&shop.pool, &skus).await, published, "{skus:?}");
    books::stock_never_promises_more_than_there_is(&shop.pool).await;
    shop.close_after_others_shopped(open).await;
}

/// In how many baskets of the published file the commonest products are.
const PUBLISHED: [(&str, i64); 5] = [
    ("GRO-WHOLE-MILK", 2513),
    ("GRO-OTHER-VEGETABLES", 1903),
    ("GRO-ROLLS-BUNS", 1809),
    ("GRO-SODA", 1715),
    ("GRO-YOGURT", 1372),
];
