//! A rebuild from the log is what was folded event by event, and nobody sees it happen.

use domain::{Sku, StreamId};

use super::shopping::*;
use super::*;
use crate::events::{listed, priced, received};

/// All rows of all tables.
fn everything(shop: &Shop) -> String {
    let of = |table: &str| {
        ask(
            shop,
            &format!("select x::text from reporting.{table} x order by 1"),
        )
    };
    ["orders", "order_lines", "payments", "products", "parked"]
        .map(of)
        .join("\n")
}

async fn busy_shop() -> Shop {
    let mut shop = shop().await;
    let mug = Sku::parse("KIT-MUG").unwrap();
    let (product, stock) = (StreamId::product(&mug), StreamId::stock_item(&mug));
    let (paid, given_up) = (order_id(), order_id());
    shop.store(&stock, [received(10)]).await;
    shop.store(&product, [listed("Mug"), priced(1_500, 1_450)]).await;
    shop.store(&paid.stream(), [placed(2), confirmed(), shipped(2)])
        .await;
    shop.store(&given_up.stream(), [placed(1), expired()]).await;
    let declines = [
        requested(given_up, 3_940),
        started(1),
        declined(1, "insufficient_funds"),
    ];
    shop.store(&given_up.payment().stream(), declines).await;
    let payment = paid.payment().stream();
    shop.store(&payment, [requested(paid, 5_390), started(1), captured(5_390)])
        .await;
    shop
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_equals_what_was_folded_event_by_event() {
    let shop = busy_shop().await;
    let mut places = vec![];
    for event in shop.events_after(0).await {
        let stream = event.stream();
        if places.contains(&place(&shop, &stream)) {
            continue;
        }
        places.push(place(&shop, &stream));
        let (messages, mut next) = (shop.messages_of(&stream).await, 0);
        for message in messages {
            next = step(&shop, &stream, next, vec![message]).await.unwrap();
        }
    }
    let folded = everything(&shop);
    assert!(folded.contains("insufficient_funds"), "{folded}");
    assert_verified(&shop).await;
    let rebuilt = rebuild(&shop.services).await.unwrap();
    assert_eq!((rebuilt.streams, rebuilt.events), (6, 14));
    assert_eq!(everything(&shop), folded);
    assert_verified(&shop).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_see_the_old_rows_until_a_rebuild_is_done() {
    let shop = busy_shop().await;
    rebuild(&shop.services).await.unwrap();
    let before = everything(&shop);
    let mut writing = shop.services.tables.begin_rebuild().await.unwrap();
    writing.clear().await.unwrap();
    assert_eq!(everything(&shop), before);
    drop(writing);
    assert_eq!(everything(&shop), before);
}

/// The batch was read before the rebuild and waits for it: what it holds is in the rows already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_waited_for_a_rebuild_is_refused() {
    let mut shop = shop().await;
    let order = order_id().stream();
    shop.store(&order, [placed(1)]).await;
    shop.relay().await;
    let messages = shop.messages_of(&order).await;
    let (rebuilt, late) = tokio::join!(rebuild(&shop.services), async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        step(&shop, &order, 0, messages).await
    });
    rebuilt.unwrap();
    // Where it came first after all, the rebuild has waited.
    if let Err(error) = late {
        assert!(matches!(error, ReportingError::Refused { .. }), "{error}");
    }
    let next = next_offset(&shop, &order).await;
    assert_eq!(next, Some(1));
    assert_verified(&shop).await;
}
