//! The command loop ends, or stands still: its process says so, and does not go on without it.

use serde_json::{Value, json};
use system_tests::commands::of_staff;
use system_tests::http::{Door, Request};

use super::shop::{STAFF_TOKEN, Service, Shop, sku};
use super::waiting::until;

/// A process whose loop fails when it has taken its first command.
async fn failing(shop: &Shop, how: &str) -> Service {
    let failpoint = format!("command_loop.turned={how}");
    let given = [("FAILPOINTS", failpoint.as_str())];
    let api = shop.command_api("carts,catalog", &given).await;
    let product = json!({
        "sku": sku(0),
        "name": "Mug",
        "description": "",
        "category": "kitchen",
        "price": { "minor": 1450, "currency": "EUR" },
    });
    // Whether its answer still arrives is not what this is about.
    let _ = api
        .door()
        .send(&of_staff(STAFF_TOKEN, "/products", &product))
        .await;
    api
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_command_loop_ended_ends_and_says_why() {
    let shop = Shop::founded().await;
    let mut api = failing(&shop, "panic").await;
    let status = api.process.ended().await;
    assert_eq!(status.code(), Some(70), "{status}");
    let log = api.process.log_tail();
    assert!(log.contains("the command loop has ended"), "{log}");
    shop.clear_away().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_command_loop_stands_still_is_not_ready_and_then_not_alive() {
    let shop = Shop::founded().await;
    let api = failing(&shop, "sleep:45000").await;
    let mut admin = Door::new(&format!("127.0.0.1:{}", api.admin_port));
    until("it is not ready", async || {
        let answer = admin.send(&Request::get("/readyz")).await.ok()?;
        let checks: Value = answer.json().ok()?;
        let said = checks["checks"]["command loop"].as_str()?.to_owned();
        (answer.status == 503).then_some(said)
    })
    .await;
    let alive = admin.send(&Request::get("/healthz")).await.expect("it answers");
    assert_eq!(alive.status, 200, "it may still come back: {alive}");
    until("it is not alive", async || {
        let answer = admin.send(&Request::get("/healthz")).await.ok()?;
        (answer.status == 503).then_some(())
    })
    .await;
    // It does come back, and nobody has to help.
    until("it is ready again", async || {
        let answer = admin.send(&Request::get("/readyz")).await.ok()?;
        answer.is_success().then_some(())
    })
    .await;
    api.stop().await;
    shop.clear_away().await;
}
