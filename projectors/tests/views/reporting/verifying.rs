//! `verify` says so, by name, when a row is not as the events say.

use domain::{Sku, StreamId};

use super::shopping::*;
use super::*;
use crate::events::{listed, received};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_that_was_tampered_with_is_named() {
    let mut shop = shop().await;
    let mug = Sku::parse("KIT-MUG").unwrap();
    let (changed, lost, longer) = (order_id(), order_id(), order_id());
    shop.store(&StreamId::product(&mug), [listed("Mug")]).await;
    shop.store(&StreamId::stock_item(&mug), [received(10)]).await;
    for order in [changed, lost, longer] {
        shop.store(&order.stream(), [placed(2)]).await;
        shop.store(&order.payment().stream(), [requested(order, 5_390)])
            .await;
    }
    rebuild(&shop.services).await.unwrap();
    assert_verified(&shop).await;

    let stranger = order_id();
    shop.sql(&format!(
        "update reporting.orders set total_minor = 1 where id = '{changed}';
         update reporting.orders set sequence = 9 where id = '{longer}';
         delete from reporting.payments where order_id = '{lost}';
         update reporting.order_lines set quantity = 3 where order_id = '{lost}' and line_no = 1;
         delete from reporting.order_lines where order_id = '{longer}' and line_no = 2;
         insert into reporting.order_lines select '{stranger}', 1, sku, name, 1, 1, 1, 0, currency
             from reporting.order_lines limit 1;
         update reporting.products set on_hand = 9;
         update reporting.products set name = 'Cup';
         insert into reporting.products (sku) values ('NOTHING')"
    ));
    let found: Vec<String> = differences(&shop, Duration::ZERO)
        .await
        .into_iter()
        .map(|difference| {
            format!(
                "{}: {} {}",
                difference.name, difference.expected, difference.found
            )
        })
        .collect();
    let mut expected = vec![
        format!("reporting order/{changed} total_minor: 5390 1"),
        format!("reporting order/{longer} sequence: 1 9"),
        format!("reporting payment/{lost}: a row nothing"),
        format!("reporting order/{lost} line 1 quantity: 2 3"),
        format!("reporting order/{stranger}: nothing a row without events"),
        "reporting stock-item/KIT-MUG on_hand: 10 9".to_owned(),
        "reporting product/KIT-MUG name: \"Mug\" \"Cup\"".to_owned(),
        "reporting product/NOTHING: nothing a row without events".to_owned(),
    ];
    let lost_line = format!("reporting order/{longer} line 2 ");
    let (of_lost_line, mut found): (Vec<String>, Vec<String>) =
        found.into_iter().partition(|name| name.starts_with(&lost_line));
    assert!(
        of_lost_line
            .iter()
            .any(|name| name.contains("sku: \"KIT-POT\" nothing")),
        "{of_lost_line:?}"
    );
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

/// Late is not wrong: `verify` waits for it, and says so where it does not come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_stays_behind_is_named() {
    let mut shop = shop().await;
    let (order, other) = (order_id().stream(), order_id().stream());
    shop.store(&order, [placed(2)]).await;
    rebuild(&shop.services).await.unwrap();
    shop.store(&order, [confirmed()]).await;
    shop.store(&other, [placed(2)]).await;
    let found = differences(&shop, Duration::from_millis(300)).await;
    let named = |name: String| found.iter().any(|difference| difference.name == name);
    assert!(named(format!("reporting {order} sequence")), "{found:#?}");
    assert!(named(format!("reporting {other}")), "{found:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_that_nobody_built_are_named() {
    let shop = Shop::open().await;
    let found = differences(&shop, Duration::ZERO).await;
    assert!(
        matches!(&found[..], [one] if one.name == "reporting"),
        "{found:?}"
    );
}
