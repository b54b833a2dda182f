//! Real baskets, through `load` as people run it.

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tokio::process::Command;

use super::front_door::FrontDoor;
use super::oracle;
use super::services::repository;
use super::shop::{STAFF_TOKEN, Shop};

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
    let published = [
        ("WHOLE-MILK", 2513),
        ("OTHER-VEGETABLES", 1903),
        ("ROLLS-BUNS", 1809),
        ("SODA", 1715),
        ("YOGURT", 1372),
    ];
    for (name, carts) in published {
        let path = format!("/api/queries/products/GRO-{name}/open-carts");
        let answer = open
            .query_api
            .door()
            .send(&system_tests::http::Request::get(&path))
            .await
            .unwrap();
        assert_eq!(answer.json::<Value>().unwrap()["carts"], carts, "{name}");
    }
    shop.close_after_others_shopped(open).await;
}
