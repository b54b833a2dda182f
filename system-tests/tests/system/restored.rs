//! The log is restored from a dump while the shop is open. What was sold since the dump is gone, positions and versions are given out
//! again, and nobody says a word to any process: relay, loop, views and tables notice by themselves.

use std::process::Command;

use sqlx::{Connection as _, Executor as _, PgConnection};
use system_tests::http::Request;

use super::books;
use super::buyer::Buyer;
use super::oracle;
use super::servers::postgres_bin;
use super::shop::{Open, Shop, sku};
use super::waiting::until;

#[tokio::test(flavor = "multi_thread")]
async fn after_a_dump_is_restored_the_shop_sells_on_and_everything_agrees_with_the_log() {
    let shop = Shop::founded().await;
    let open = shop.open().await;
    let kept = sell(&shop, &open, 0).await;
    let dump = shop.logs.join("dump");
    pg(
        "pg_dump",
        &["--format=custom", "--file"],
        &dump,
        &shop.database_url(),
    );

    let lost = sell(&shop, &open, 1).await;
    oracle::views_equal_a_fold_of_the_log(&shop).await;
    restore(&shop, &dump).await;

    // More than was lost, so that its positions are given out again, to others.
    let mut sold = vec![];
    for number in 2..5 {
        sold.push(sell(&shop, &open, number).await);
    }
    let report = oracle::verify_agrees(&shop).await;
    let void = report["kafka"]["void"].as_u64();
    assert!(
        void > Some(0),
        "what was lost stands in Kafka, and is passed over: {report}"
    );
    books::captures_are_the_totals_of_confirmed_orders(&shop.pool).await;
    until("what was lost is not shown any more", async || {
        (status_of(&lost, &open).await == 404).then_some(())
    })
    .await;
    for order in sold.iter().chain([&kept]) {
        assert_eq!(status_of(order, &open).await, 200);
    }
    let incarnations: i64 =
        sqlx::query_scalar("select count(*) from log_incarnation where since is not null")
            .fetch_one(&shop.pool)
            .await
            .expect("the log knows its incarnations");
    assert_eq!(incarnations, 2, "the relay has noticed, once");

    // Whoever reads Kafka from its beginning finds the log and nothing else, once operators asked for it.
    let republished = shop.tool("command-api").arg("republish").output();
    let republished = republished.expect("it can be run");
    assert!(
        republished.status.success(),
        "{}",
        String::from_utf8_lossy(&republished.stderr)
    );
    let before = replaced(&shop);
    let mut admin = PgConnection::connect(&shop.services.admin_url)
        .await
        .expect("PostgreSQL answers");
    admin
        .execute(format!("drop database {before} with (force)").as_str())
        .await
        .expect("it can be dropped");
    shop.close_after_others_shopped(open).await;
}

/// An order that was paid for, and whoever bought it.
struct Sold {
    order: String,
    buyer: Buyer,
}

async fn sell(shop: &Shop, open: &Open, number: usize) -> Sold {
    let address = open.command_api.address();
    let mut buyer = until("somebody gets a cart", async || {
        // Right after a restore the first one may be told to come again.
        let arriving = tokio::spawn({
            let address = address.clone();
            async move { Buyer::with_cart(&address, &[(sku(number), 2)]).await }
        });
        arriving.await.ok()
    })
    .await;
    let quote = buyer.quote().await;
    let order = buyer.check_out(&quote).await.expect("an order").id;
    buyer.pay(&order, "pm_card_visa").await;
    until("it is paid for", async || {
        let history = books::history(&shop.pool, &order).await;
        history.contains_key("OrderConfirmed").then_some(())
    })
    .await;
    Sold { order, buyer }
}

/// As the query API answers whoever bought it.
async fn status_of(sold: &Sold, open: &Open) -> u16 {
    let path = format!("/api/queries/orders/{}", sold.order);
    let request = sold.buyer.guest.sign(Request::get(&path));
    let answer = open.query_api.door().send(&request).await.expect("an answer");
    answer.status
}

fn replaced(shop: &Shop) -> String {
    format!("{}_before", shop.name)
}

/// Beside what is there, and then in its place: every connection ends, as in a failover.
async fn restore(shop: &Shop, dump: &std::path::Path) {
    let restored = format!("{}_restored", shop.name);
    let mut admin = PgConnection::connect(&shop.services.admin_url)
        .await
        .expect("PostgreSQL answers");
    admin
        .execute(format!("create database {restored}").as_str())
        .await
        .expect("a database can be created");
    let url = shop.services.database_url(&restored);
    pg("pg_restore", &["--exit-on-error", "--no-owner"], dump, &url);
    let (name, before) = (&shop.name, replaced(shop));
    for statement in [
        format!("alter database {name} with allow_connections false"),
        format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"),
        format!("alter database {name} rename to {before}"),
        format!("alter database {restored} rename to {name}"),
    ] {
        admin
            .execute(statement.as_str())
            .await
            .expect("nobody is connected to it");
    }
}

fn pg(program: &str, arguments: &[&str], file: &std::path::Path, url: &str) {
    let said = Command::new(postgres_bin().join(program))
        .args(arguments)
        .arg(file)
        .args(["--dbname", url])
        .output()
        .expect("it can be run");
    assert!(
        said.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&said.stderr)
    );
}
