//! How far a view is behind the log is known without Kafka: also what nobody has sent there counts.

use projectors::checkpoints::{OfTables, OfView};
use projectors::log_lag::{Behind, LogLag, Positions};
use projectors::reporting::rebuild::rebuild;
use read_model::View;
use time::{Duration, OffsetDateTime};

use crate::events::*;
use crate::order_events::{order_id, placed};
use crate::replica::Replica;
use crate::support::*;

fn of_carts(shop: &Shop) -> LogLag<OfView> {
    let of = OfView {
        services: shop.services.clone(),
        view: View::Carts,
    };
    LogLag::new(shop.services.log.clone(), of, View::Carts.aggregate_types())
}

async fn events_behind<P: Positions>(lag: &mut LogLag<P>) -> Option<usize> {
    let behind = lag.step(OffsetDateTime::now_utc()).await.unwrap();
    behind.map(|behind| behind.events)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_is_behind_by_what_is_stored_and_not_shown_and_unknown_before_it_is_built() {
    let mut shop = Shop::open().await;
    let mut lag = of_carts(&shop);
    assert_eq!(events_behind(&mut lag).await, None, "nobody has built the view");

    shop.build().await;
    assert_eq!(events_behind(&mut lag).await, Some(0));
    // Into several partitions, and not to Kafka.
    for _ in 0..12 {
        shop.store(&cart_id().stream(), [opened(owner_id())]).await;
    }
    let later = OffsetDateTime::now_utc() + Duration::minutes(1);
    let Some(Behind { events, seconds }) = lag.step(later).await.unwrap() else {
        panic!("it is known")
    };
    assert_eq!(events, 12);
    assert!((59.0..120.0).contains(&seconds), "{seconds}");

    let replica = Replica::start(&shop);
    assert_eq!(events_behind(&mut lag).await, Some(12), "Kafka has none of them");
    shop.relay().await;
    shop.assert_verified().await;
    assert_eq!(
        lag.step(later).await.unwrap(),
        Some(Behind {
            events: 0,
            seconds: 0.0
        })
    );
    replica.stop().await;

    // Events of others are none of its own.
    shop.store(&order_id().stream(), [placed(owner_id())]).await;
    assert_eq!(events_behind(&mut lag).await, Some(0));
    // One that is begun in the middle finds the same.
    shop.store(&cart_id().stream(), [opened(owner_id())]).await;
    assert_eq!(events_behind(&mut lag).await, Some(1));
    assert_eq!(events_behind(&mut of_carts(&shop)).await, Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tables_are_behind_by_what_is_stored_and_not_in_them() {
    let mut shop = Shop::open().await;
    let log = shop.services.log.clone();
    let mut lag = LogLag::new(log, OfTables(shop.services.clone()), &reporting::AGGREGATE_TYPES);
    assert_eq!(events_behind(&mut lag).await, None);
    rebuild(&shop.services).await.unwrap();
    assert_eq!(events_behind(&mut lag).await, Some(0));
    for _ in 0..5 {
        shop.store(&order_id().stream(), [placed(owner_id())]).await;
    }
    assert_eq!(events_behind(&mut lag).await, Some(5));
}
