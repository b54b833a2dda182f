//! Everybody wants the last ones at once, from two replicas, also while one of them is killed.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use system_tests::commands::of_staff;
use system_tests::http::Door;
use tokio::sync::Barrier;

use super::books;
use super::buyer::Buyer;
use super::shop::{STAFF_TOKEN, Shop, sku};
use super::waiting::until;

const ROLES: &str = "carts,catalog,payments,accounts,relay";

/// Leaves so many of a product on the shelf.
async fn leave(door: &mut Door, sku: &str, quantity: i64) {
    let body = serde_json::json!({ "delta": quantity - 1_000_000, "reason": "counted" });
    let request = of_staff(STAFF_TOKEN, &format!("/stock/{sku}/adjustments"), &body);
    let answer = door.send(&request).await.expect("an answer");
    assert!(answer.is_success(), "{answer}");
}

async fn count(shop: &Shop, event: &str) -> i64 {
    sqlx::query_scalar("select count(*) from events where event_type = $1")
        .bind(event)
        .fetch_one(&shop.pool)
        .await
        .expect("the log can be read")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_one_is_sold_once_to_a_hundred_who_check_out_at_the_same_moment() {
    let shop = Shop::founded().await;
    let first = shop.command_api(ROLES, &[]).await;
    shop.list_products(&first).await;
    let second = shop.command_api("carts,catalog,payments", &[]).await;
    leave(&mut first.door(), &sku(0), 1).await;
    let (start, mut buying) = (Arc::new(Barrier::new(100)), vec![]);
    for number in 0..100 {
        let address = if number % 2 == 0 {
            first.address()
        } else {
            second.address()
        };
        let start = Arc::clone(&start);
        buying.push(tokio::spawn(async move {
            let mut buyer = Buyer::with_cart(&address, &[(sku(0), 1)]).await;
            // Everybody sees one left, and agrees.
            let quote = buyer.quote().await;
            start.wait().await;
            buyer.check_out(&quote).await
        }));
    }
    let outcomes: Vec<_> = join_all(buying)
        .await
        .into_iter()
        .map(|bought| bought.expect("it ran"))
        .collect();
    let placed = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let told = |outcome: &&Result<_, String>| {
        outcome
            .as_ref()
            .is_err_and(|refusal| refusal.contains("out-of-stock") && refusal.contains("0 available"))
    };
    assert_eq!(
        (placed, outcomes.iter().filter(told).count()),
        (1, 99),
        "{outcomes:?}"
    );
    assert_eq!(
        (
            count(&shop, "OrderPlaced").await,
            count(&shop, "StockReserved").await
        ),
        (1, 1)
    );
    books::stock_never_promises_more_than_there_is(&shop.pool).await;
    first.stop().await;
    second.stop().await;
}

/// Fifty products, carts of several lines, two replicas, and one of them dies in the middle: whoever was answered has an
/// order, whoever was not finds out under the same key.
#[tokio::test(flavor = "multi_thread")]
async fn mixed_carts_over_two_replicas_sell_exactly_what_there_is_though_one_is_killed() {
    const SHOPPERS: usize = 150;
    const SKUS: usize = 50;
    const LEFT: i64 = 4;
    let shop = Shop::founded().await;
    let first = shop.command_api(ROLES, &[]).await;
    shop.list_more_products(&first, SKUS).await;
    for number in 0..SKUS {
        leave(&mut first.door(), &Shop::many(number), LEFT).await;
    }
    let mut second = shop.command_api("carts,catalog,payments", &[]).await;
    let (addresses, start) = (
        [first.address(), second.address()],
        Arc::new(Barrier::new(SHOPPERS + 1)),
    );
    let mut buying = vec![];
    for number in 0..SHOPPERS {
        let (address, start) = (addresses[number % 2].clone(), Arc::clone(&start));
        buying.push(tokio::spawn(async move {
            let quantity = |step: usize| u32::try_from(number % 3 + step % 2 + 1).expect("it is small");
            let lines: Vec<_> = (0..4)
                .map(|step| (Shop::many(number * 7 + step * 13), quantity(step)))
                .collect();
            let mut buyer = Buyer::with_cart(&address, &lines).await;
            let quote = buyer.quote().await;
            start.wait().await;
            buyer.check_out(&quote).await.map(|ordered| ordered.id)
        }));
    }
    start.wait().await;
    // As soon as some of it is stored.
    until("an order is placed", async || {
        (count(&shop, "OrderPlaced").await > 0).then_some(())
    })
    .await;
    second.process.signal("KILL");
    second.process.ended().await;
    let port = second.port.to_string();
    let again = shop
        .command_api("carts,catalog,payments", &[("COMMAND_API_PORT", &port)])
        .await;
    let mut orders = vec![];
    for bought in join_all(buying).await {
        match bought.expect("it ran") {
            Ok(order) => orders.push(order),
            Err(refusal) => assert!(refusal.contains("out-of-stock"), "{refusal}"),
        }
    }
    orders.sort();
    let mut stored: Vec<String> =
        sqlx::query_scalar("select aggregate_id from events where event_type = 'OrderPlaced' order by 1")
            .fetch_all(&shop.pool)
            .await
            .expect("the log can be read");
    stored.sort();
    assert_eq!(
        orders, stored,
        "every order was answered, and every answer is an order"
    );
    assert!(!orders.is_empty() && orders.len() < SHOPPERS);
    books::stock_never_promises_more_than_there_is(&shop.pool).await;
    println!("{} of {SHOPPERS} carts became orders", orders.len());
    first.stop().await;
    again.stop().await;
}

/// The answer to "pay" is lost after the commit, the page is loaded again, and Pay is pressed again.
#[tokio::test(flavor = "multi_thread")]
async fn paying_again_after_a_lost_answer_is_the_same_payment() {
    let shop = Shop::founded().await;
    let plain = shop
        .command_api("carts,catalog,payments,payment-worker,relay", &[])
        .await;
    shop.list_products(&plain).await;
    let mut buyer = Buyer::with_cart(&plain.address(), &[(sku(1), 1)]).await;
    let quote = buyer.quote().await;
    let ordered = buyer.check_out(&quote).await.expect("an order");
    plain.stop().await;
    let dying = [("FAILPOINTS", "command_loop.after_commit=exit")];
    let mut dying = shop.command_api("carts,catalog,payments", &dying).await;
    let pay =
        system_tests::ordering::pay(&ordered.id, "pm_card_visa").header("Idempotency-Key", "of-this-page");
    let pay = buyer.guest.sign(pay);
    dying.door().send(&pay).await.expect_err("the answer is lost");
    dying.process.ended().await;
    let healthy = shop
        .command_api("carts,catalog,payments,payment-worker,relay", &[])
        .await;
    let mut door = healthy.door();
    // The page that was loaded again repeats what it had not heard of.
    let replayed = door.send(&pay).await.expect("an answer");
    assert_eq!(replayed.status, 201, "{replayed}");
    assert_eq!(replayed.header("idempotency-replayed"), Some("true"));
    until("the order is confirmed", async || {
        (count(&shop, "OrderConfirmed").await == 1).then_some(())
    })
    .await;
    // And one that forgot its key is told that it is paid.
    let forgotten =
        system_tests::ordering::pay(&ordered.id, "pm_card_visa").header("Idempotency-Key", "another");
    let refused = door.send(&buyer.guest.sign(forgotten)).await.expect("an answer");
    assert!(refused.to_string().contains("already-paid"), "{refused}");
    assert_eq!(count(&shop, "AttemptStarted").await, 1);
    books::captures_are_the_totals_of_confirmed_orders(&shop.pool).await;
    tokio::time::timeout(Duration::from_secs(30), healthy.stop())
        .await
        .expect("it stops");
}
