//! Batches, one step at a time: what arrives twice, late, with holes or at a zombie's is written once.

use domain::cloud_event::Origin;
use domain::{Event, Sku, StreamId};
use projectors::decode::{Content, Incoming, Unreadable};
use projectors::genuine;
use projectors::reporting::ReportingError;
use projectors::reporting::rebuild::rebuild;

use super::shopping::*;
use super::*;
use crate::events::{listed, priced, received};

const OF_ORDER: &str =
    "select state, item_count, shipped_count, parcels, parcels_delivered, sequence from reporting.orders";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_is_delivered_twice_is_written_once() {
    let mut shop = shop().await;
    let order = order_id();
    let (of_order, of_payment) = (order.stream(), order.payment().stream());
    shop.store(
        &of_order,
        [
            placed(3),
            confirmed(),
            shipped(3),
            delivered(),
            return_requested(),
        ],
    )
    .await;
    let refunds = refunded(1_450);
    shop.store(
        &of_payment,
        [requested(order, 6_840), started(1), captured(6_840)],
    )
    .await;
    shop.store(&of_payment, refunds).await;

    for stream in [&of_order, &of_payment] {
        let next = apply_all(&shop, stream).await;
        // The relay sent all of it again, so that it has offsets of its own.
        let mut again = shop.messages_of(stream).await;
        for message in &mut again {
            message.offset += next;
        }
        assert_eq!(step(&shop, stream, next, again).await.unwrap(), 2 * next);
    }

    assert_eq!(ask(&shop, OF_ORDER), "delivered|4|4|1|1|5");
    let payment = ask(
        &shop,
        "select state, captured_minor, refunded_minor, attempts, sequence from reporting.payments",
    );
    assert_eq!(payment, "partially-refunded|6840|1450|1|5");
    let lines = "select line_no, sku, quantity, line_total_minor from reporting.order_lines order by line_no";
    assert_eq!(ask(&shop, lines), "1|KIT-MUG|3|4350\n2|KIT-POT|1|2000");
    assert_verified(&shop).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zombie_with_an_older_offset_writes_nothing() {
    let mut shop = shop().await;
    let order = order_id().stream();
    shop.store(&order, [placed(1)]).await;
    let before = apply_all(&shop, &order).await;
    shop.store(&order, [confirmed()]).await;

    // It was stopped before its batch, and does not know that another one has done it.
    let everything = shop.messages_of(&order).await;
    let refused = step(&shop, &order, 0, everything.clone()).await;
    assert!(
        matches!(refused, Err(ReportingError::Refused { .. })),
        "{refused:?}"
    );
    assert_eq!(
        ask(&shop, "select state from reporting.orders"),
        "awaiting-payment"
    );
    let next = next_offset(&shop, &order).await;
    assert_eq!(next, Some(before));

    step(&shop, &order, before, everything).await.unwrap();
    assert_verified(&shop).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_do_the_same_batch_at_once_one_is_refused() {
    let mut shop = shop().await;
    let order = order_id().stream();
    shop.store(&order, [placed(1), confirmed()]).await;
    let messages = shop.messages_of(&order).await;
    let (one, other) = tokio::join!(
        step(&shop, &order, 0, messages.clone()),
        step(&shop, &order, 0, messages.clone()),
    );
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert_verified(&shop).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_in_kafka_is_filled_from_the_log() {
    let mut shop = shop().await;
    let order = order_id().stream();
    shop.store(&order, [placed(2), confirmed(), shipped(2)]).await;
    let messages = shop.messages_of(&order).await;
    step(&shop, &order, 0, messages[2..].to_vec()).await.unwrap();
    assert_eq!(ask(&shop, OF_ORDER), "shipped|3|3|1|0|3");
    assert_verified(&shop).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_halves_of_a_product_are_written_at_once_without_losing_one() {
    let mut shop = shop().await;
    let mugs: Vec<Sku> = (0..20)
        .map(|number| Sku::parse(&format!("MUG-{number}")).unwrap())
        .collect();
    for mug in &mugs {
        shop.store(&StreamId::product(mug), [listed("Mug"), priced(1_500, 1_450)])
            .await;
        shop.store(&StreamId::stock_item(mug), [received(5), received(7)])
            .await;
    }
    // All of them through two partitions, so that both write the same rows.
    let events = shop.events_after(0).await;
    let of = |kind| {
        let events = events.iter().filter(move |event| event.aggregate_type == kind);
        (0..)
            .zip(events)
            .map(|(offset, event)| Incoming::recorded(offset, event.clone()))
    };
    let (product, stock) = (StreamId::product(&mugs[0]), StreamId::stock_item(&mugs[0]));
    let (one, other) = tokio::join!(
        step(&shop, &product, 0, of(product.aggregate_type).collect()),
        step(&shop, &stock, 0, of(stock.aggregate_type).collect()),
    );
    one.unwrap();
    other.unwrap();
    let whole = "select count(*) from reporting.products where price_minor = 1500 and on_hand = 12 and available = 12";
    assert_eq!(ask(&shop, whole), "20");
    assert_verified(&shop).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreadable_event_holds_up_its_own_aggregate_alone_until_a_rebuild() {
    let mut shop = shop().await;
    let (poisoned, healthy) = (order_id().stream(), order_id().stream());
    shop.store(&poisoned, [placed(1)]).await;
    shop.store_unknown(&poisoned);
    shop.store(&poisoned, [shipped(1)]).await;
    shop.store(&healthy, [placed(1), confirmed()]).await;
    // One partition, so that the healthy one is behind the poisoned one.
    let events = shop.events_after(0).await.into_iter();
    let messages = (0..)
        .zip(events)
        .map(|(offset, event)| Incoming::recorded(offset, event));
    step(&shop, &poisoned, 0, messages.collect()).await.unwrap();
    let states = "select state from reporting.orders order by state";
    assert_eq!(ask(&shop, states), "awaiting-payment\nconfirmed");
    let parked = "select aggregate, sequence from reporting.parked";
    assert_eq!(ask(&shop, parked), format!("{poisoned}|2"));
    let named: Vec<String> = differences(&shop, Duration::ZERO)
        .await
        .into_iter()
        .map(|difference| difference.name)
        .collect();
    assert_eq!(named, [format!("reporting {poisoned}")]);

    let confirmed: Event = confirmed();
    shop.make_readable(&poisoned, &confirmed);
    rebuild(&shop.services).await.unwrap();
    assert_eq!(ask(&shop, states), "confirmed\nshipped");
    assert_eq!(ask(&shop, parked), "");
    assert_verified(&shop).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_nobody_holds_up_no_row_though_the_rows_next_event_is_right_behind_it() {
    let mut shop = shop().await;
    let order = order_id().stream();
    shop.store(&order, [placed(1), confirmed()]).await;
    let mut messages = shop.messages_of(&order).await;
    let genuine = shop.events_after(0).await.remove(0);
    // At a place that the log does not have, and at none.
    for position in [Some(genuine.position + 1_000_000), None] {
        let mut forged = Unreadable::event(&genuine, Some(1), "it is not JSON".to_owned());
        forged.event.position = position;
        let offset = 1;
        messages.insert(
            1,
            Incoming {
                offset,
                origin: Origin::default(),
                content: Content::Unreadable(Box::new(forged)),
            },
        );
    }
    // With keys that no column, and no index, can hold.
    let twenty_kb: String = std::iter::repeat_with(fastrand::alphanumeric)
        .take(20_000)
        .collect();
    for key in ["a\0b", &twenty_kb] {
        let mut garbage = Unreadable::event(&genuine, Some(1), format!("{key} is none"));
        (garbage.aggregate_id, garbage.event.position) = (key.to_owned(), None);
        let content = Content::Unreadable(Box::new(garbage));
        let (offset, origin) = (1, Origin::default());
        messages.insert(
            1,
            Incoming {
                offset,
                origin,
                content,
            },
        );
    }
    for (offset, message) in (0..).zip(&mut messages) {
        message.offset = offset;
    }
    let (topic, _) = place(&shop, &order);
    let log = &shop.services.log;
    genuine::check(log, &topic, &mut messages).await.unwrap();
    step(&shop, &order, 0, messages).await.unwrap();
    assert_eq!(ask(&shop, "select state from reporting.orders"), "confirmed");
    let parked = format!(
        "select sequence is null from reporting.parked where aggregate = '{topic}/{}'",
        order.aggregate_id
    );
    assert_eq!(ask(&shop, &parked), "t");
    assert_eq!(ask(&shop, "select count(*) from reporting.parked"), "3");
}
