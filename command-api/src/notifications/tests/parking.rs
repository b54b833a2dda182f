//! One event that cannot be told harms its own aggregate, in each consumer; what is parked is told again, discarded or left, in order.

use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::AggregateType::{Order, Product, ProductRequest, StockItem};
use event_store::Reader;

use super::topics::{Topics, read};
use super::*;
use crate::notifications::audience::Audience;
use crate::notifications::parking::Parking;
use crate::notifications::parking::retrying::{Asked, Pass};
use crate::notifications::telling::{NotTold, Teller};
use crate::notifications::testing;

/// What a scanner sends that pads with NULs. PostgreSQL's `json` takes it, its `jsonb` does not.
const BAD_PARCEL: &str =
    r#"{"shipment":"0197f0c1-8d52-7f10-8c2a-000000000001","lines":[],"carrier":"D\u0000HL","tracking":null}"#;
const GOOD_PARCEL: &str =
    r#"{"shipment":"0197f0c1-8d52-7f10-8c2a-000000000002","lines":[],"carrier":"Post","tracking":null}"#;

impl Hooks {
    pub async fn reasons(&self) -> Vec<String> {
        sqlx::query_scalar("select split_part(reason, ':', 1) from mails order by 1")
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    /// Aggregates with parked events, and how many those are.
    pub async fn parked(&self, audience: Audience) -> Vec<(String, i64)> {
        let places = self.parking(audience).places().await.unwrap();
        places
            .into_iter()
            .map(|place| (place.aggregate, place.events))
            .collect()
    }

    /// Has what is parked told again until nothing is due. How the passes ended.
    pub async fn retry<T: Teller>(&self, audience: Audience, teller: &T, now: OffsetDateTime) -> Vec<Pass> {
        let log = Reader::connect(&self.url).await.unwrap();
        let mut passes = vec![];
        loop {
            match self.parking(audience).retry_one(teller, &log, now).await.unwrap() {
                Pass::Nothing => return passes,
                pass @ (Pass::Done(_) | Pass::Stuck) => passes.push(pass),
            }
        }
    }

    pub async fn notices(&self, owner: Uuid) -> Vec<String> {
        sqlx::query_scalar("select transition from request_notices where owner = $1 order by id")
            .bind(owner)
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }
}

fn customers(hooks: &Hooks) -> crate::notifications::customers::Customers {
    crate::notifications::customers::Customers {
        pool: hooks.pool.clone(),
    }
}

#[tokio::test]
async fn one_parcel_with_a_nul_in_its_carrier_is_parked_and_eight_orders_are_told() {
    let hooks = Hooks::new().await;
    let topics = Topics::beside(&hooks).await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    let bad = Uuid::now_v7();
    hooks.append(Order, bad, "OrderConfirmed", "{}").await;
    hooks.append(Order, bad, "OrderShipped", BAD_PARCEL).await;
    for _ in 0..8 {
        hooks.append(Order, Uuid::now_v7(), "OrderConfirmed", "{}").await;
    }
    hooks.append(Order, bad, "OrderShipped", GOOD_PARCEL).await;
    hooks.append(Order, bad, "OrderDelivered", "{}").await;
    let published = topics.publish_log(&hooks.url, 0).await;
    assert_eq!(published, 12);

    read(&mut topics.mails(&hooks), published).await;
    read(&mut topics.webhooks(&hooks), published).await;
    assert_eq!(hooks.reasons().await, ["order-confirmed"; 9]);
    assert_eq!(hooks.deliveries(&subscription).await.len(), 12);
    let aggregate = format!("order/{bad}");
    // The parcel after the bad one waits behind it.
    assert_eq!(hooks.parked(Audience::Mails).await, [(aggregate.clone(), 3)]);
    assert_eq!(hooks.parked(Audience::Webhooks).await, []);
    let places = hooks.parking(Audience::Mails).places().await.unwrap();
    assert!(
        places[0].reason.contains("unsupported Unicode escape sequence"),
        "{places:?}"
    );

    // Whoever comes next begins behind them.
    hooks.append(Order, bad, "OrderReturnRequested", "{}").await;
    hooks.append(Order, Uuid::now_v7(), "OrderConfirmed", "{}").await;
    topics.publish_log(&hooks.url, 12).await;
    read(&mut topics.mails(&hooks), 2).await;
    assert_eq!(hooks.reasons().await.len(), 10);
    assert_eq!(hooks.parked(Audience::Mails).await, [(aggregate.clone(), 4)]);

    // Asked to be told again, it still cannot be; discarded, those behind it are told.
    let (parking, teller) = (hooks.parking(Audience::Mails), customers(&hooks));
    assert!(parking.ask(&aggregate, Asked::Retry).await.unwrap());
    let now = OffsetDateTime::now_utc() + seconds(1);
    assert_eq!(hooks.retry(Audience::Mails, &teller, now).await, [Pass::Stuck]);
    assert_eq!(hooks.parked(Audience::Mails).await, [(aggregate.clone(), 4)]);
    assert!(parking.ask(&aggregate, Asked::Discard).await.unwrap());
    let now = now + seconds(1);
    assert_eq!(hooks.retry(Audience::Mails, &teller, now).await, [Pass::Done(4)]);
    assert_eq!(hooks.parked(Audience::Mails).await, []);
    let reasons = hooks.reasons().await;
    assert_eq!(
        (reasons.len(), reasons.last().unwrap().as_str()),
        (11, "order-shipped")
    );
}

#[tokio::test]
async fn what_can_be_told_by_now_is_told_by_itself_in_the_order_of_the_log() {
    let hooks = Hooks::new().await;
    let topics = Topics::beside(&hooks).await;
    let order = Uuid::now_v7();
    hooks.append(Order, order, "OrderShipped", BAD_PARCEL).await;
    hooks.append(Order, order, "OrderShipped", GOOD_PARCEL).await;
    topics.publish_log(&hooks.url, 0).await;
    read(&mut topics.mails(&hooks), 2).await;
    assert_eq!(hooks.reasons().await.len(), 0);

    let log = Reader::connect(&hooks.url).await.unwrap();
    let parking = hooks.parking(Audience::Mails);
    let told = Writes::default();
    let early = parking.retry_one(&told, &log, OffsetDateTime::now_utc()).await;
    assert_eq!(early.unwrap(), Pass::Nothing);
    let later = OffsetDateTime::now_utc() + seconds(7);
    assert_eq!(hooks.retry(Audience::Mails, &told, later).await, [Pass::Done(2)]);
    assert_eq!(told.positions.lock().unwrap().as_slice(), [1, 2]);
    assert_eq!(hooks.parked(Audience::Mails).await, []);
}

/// A release that can tell everything, and writes down what it told.
#[derive(Default)]
struct Writes {
    positions: std::sync::Mutex<Vec<i64>>,
}

impl Teller for Writes {
    async fn tell(&self, events: &[Announcement], _: OffsetDateTime) -> Result<(), NotTold> {
        let positions = events.iter().map(|event| event.position);
        self.positions.lock().unwrap().extend(positions);
        Ok(())
    }
}

#[tokio::test]
async fn an_event_that_never_can_be_told_is_tried_ten_times_and_then_waits_for_somebody() {
    let hooks = Hooks::new().await;
    let topics = Topics::beside(&hooks).await;
    let order = Uuid::now_v7();
    hooks.append(Order, order, "OrderShipped", BAD_PARCEL).await;
    topics.publish_log(&hooks.url, 0).await;
    read(&mut topics.mails(&hooks), 1).await;
    let teller = customers(&hooks);
    let (mut tries, mut now) = (1, OffsetDateTime::now_utc());
    for _ in 0..200 {
        now += hours(1);
        // More of the order does not make anybody try sooner.
        hooks.append(Order, order, "OrderDelivered", "{}").await;
        tries += hooks.retry(Audience::Mails, &teller, now).await.len();
    }
    assert_eq!(tries, 10);
    let parking = hooks.parking(Audience::Mails);
    assert!(
        parking
            .ask(&format!("order/{order}"), Asked::Retry)
            .await
            .unwrap()
    );
    assert_eq!(
        hooks
            .retry(Audience::Mails, &teller, OffsetDateTime::now_utc() + seconds(1))
            .await,
        [Pass::Stuck]
    );
}

#[tokio::test]
async fn an_unreadable_request_is_parked_and_an_order_and_other_requests_are_told() {
    let hooks = Hooks::new().await;
    let topics = Topics::beside(&hooks).await;
    let (unreadable, other) = (Uuid::now_v7(), Uuid::now_v7());
    let nobody = hooks.submit(unreadable, "missing_product", None).await;
    hooks
        .append(
            ProductRequest,
            unreadable,
            "RequestTeleported",
            r#"{"to":"Mars"}"#,
        )
        .await;
    hooks
        .append(ProductRequest, unreadable, "RequestPlanned", "{}")
        .await;
    let eve = hooks.submit(other, "missing_product", None).await;
    hooks.append(ProductRequest, other, "RequestPlanned", "{}").await;
    hooks.append(Order, Uuid::now_v7(), "OrderConfirmed", "{}").await;
    topics.publish_log(&hooks.url, 0).await;

    let hearing = testing::Hearing::over(&hooks.url).await;
    let mut consumer = topics.consumer(&hooks, Audience::RequestNews, Rc::clone(&hearing.teller));
    read(&mut consumer, 5).await;
    hearing.work_off().await;
    read(&mut topics.mails(&hooks), 1).await;
    assert_eq!(hooks.notices(eve).await, ["planned"]);
    assert_eq!(hooks.notices(nobody).await, [] as [&str; 0]);
    assert_eq!(hooks.reasons().await, ["order-confirmed", "request"]);
    let aggregate = format!("product-request/{unreadable}");
    let parked = hooks.parked(Audience::RequestNews).await;
    assert_eq!(parked, [(aggregate.clone(), 2)]);

    // What comes later waits behind it, and is told once the unreadable event is discarded.
    hooks
        .append(ProductRequest, unreadable, "RequestHidden", "{}")
        .await;
    topics.publish_log(&hooks.url, 6).await;
    read(&mut consumer, 1).await;
    hearing.work_off().await;
    let parked = hooks.parked(Audience::RequestNews).await;
    assert_eq!(parked, [(aggregate.clone(), 3)]);
    let parking = hooks.parking(Audience::RequestNews);
    let now = OffsetDateTime::now_utc() + seconds(1);
    parking.ask(&aggregate, Asked::Retry).await.unwrap();
    let passes = hooks.retry(Audience::RequestNews, &hearing.teller, now).await;
    assert_eq!(passes, [Pass::Stuck]);
    parking.ask(&aggregate, Asked::Discard).await.unwrap();
    let passes = hooks.retry(Audience::RequestNews, &hearing.teller, now).await;
    assert_eq!(passes, [Pass::Done(3)]);
    hearing.work_off().await;
    assert_eq!(hooks.notices(nobody).await, ["planned", "hidden"]);
}

#[tokio::test]
async fn units_that_come_are_told_to_every_request_but_the_one_that_cannot_be_read() {
    let hooks = Hooks::new().await;
    let (unreadable, other) = (Uuid::now_v7(), Uuid::now_v7());
    let listed =
        r#"{"name":"Mug","description":"","price":{"minor":1200,"currency":"EUR"},"category":"kitchen"}"#;
    hooks.append(Product, "MUG", "ProductListed", listed).await;
    hooks.submit(unreadable, "missing_product", Some("MUG")).await;
    hooks
        .append(ProductRequest, unreadable, "RequestTeleported", "{}")
        .await;
    let eve = hooks.submit(other, "missing_product", Some("MUG")).await;
    hooks
        .append(StockItem, "MUG", "StockReceived", r#"{"quantity":3}"#)
        .await;

    let hearing = testing::Hearing::over(&hooks.url).await;
    let log = Reader::connect(&hooks.url).await.unwrap();
    let received = log.read_all(4, 1).await.unwrap();
    let received = Announcement::of(&received[0]).unwrap();
    hearing
        .teller
        .tell(&[received], OffsetDateTime::now_utc())
        .await
        .unwrap();
    let fulfilled = log.read_all(5, 10).await.unwrap();
    assert_eq!(fulfilled.len(), 1);
    assert_eq!(fulfilled[0].event_type, "RequestFulfilled");
    assert_eq!(fulfilled[0].aggregate_id, other.to_string());
    let parked = hooks.parked(Audience::RequestNews).await;
    assert_eq!(parked, [(format!("product-request/{unreadable}"), 1)]);
    let fulfilled = Announcement::of(&fulfilled[0]).unwrap();
    hearing
        .teller
        .tell(&[fulfilled], OffsetDateTime::now_utc())
        .await
        .unwrap();
    hearing.work_off().await;
    assert_eq!(hooks.notices(eve).await, ["fulfilled"]);
}

/// Panics at one event and tells the others.
#[derive(Default)]
struct Panics {
    told: AtomicUsize,
}

impl Teller for Panics {
    async fn tell(&self, events: &[Announcement], _: OffsetDateTime) -> Result<(), NotTold> {
        assert!(!events.iter().any(|event| event.payload.contains("D\\u0000HL")));
        self.told.fetch_add(events.len(), Ordering::Relaxed);
        Ok(())
    }
}

#[tokio::test]
async fn a_panic_harms_the_aggregate_that_it_happened_at() {
    let hooks = Hooks::new().await;
    let topics = Topics::beside(&hooks).await;
    let bad = Uuid::now_v7();
    hooks.append(Order, bad, "OrderShipped", BAD_PARCEL).await;
    for _ in 0..8 {
        hooks.append(Order, Uuid::now_v7(), "OrderConfirmed", "{}").await;
    }
    topics.publish_log(&hooks.url, 0).await;
    let teller = Rc::new(Panics::default());
    read(
        &mut topics.consumer(&hooks, Audience::Webhooks, teller.clone()),
        9,
    )
    .await;
    assert_eq!(teller.told.load(Ordering::Relaxed), 8);
    assert_eq!(
        hooks.parked(Audience::Webhooks).await,
        [(format!("order/{bad}"), 1)]
    );
}

#[tokio::test]
async fn a_message_that_is_no_event_is_parked_with_its_key_until_it_is_discarded() {
    let hooks = Hooks::new().await;
    let topics = Topics::beside(&hooks).await;
    let (order, other) = (Uuid::now_v7(), Uuid::now_v7());
    topics
        .send(
            "order",
            &order.to_string(),
            vec![("ce_type", "\0".to_owned())],
            "{\0",
        )
        .await;
    hooks.append(Order, order, "OrderConfirmed", "{}").await;
    hooks.append(Order, other, "OrderConfirmed", "{}").await;
    topics.publish_log(&hooks.url, 0).await;
    read(&mut topics.mails(&hooks), 3).await;
    assert_eq!(hooks.reasons().await.len(), 1);
    let aggregate = format!("order/{order}");
    assert_eq!(hooks.parked(Audience::Mails).await, [(aggregate.clone(), 2)]);
    let teller = customers(&hooks);
    let parking: Parking = hooks.parking(Audience::Mails);
    parking.ask(&aggregate, Asked::Retry).await.unwrap();
    let now = OffsetDateTime::now_utc() + hours(1);
    assert_eq!(hooks.retry(Audience::Mails, &teller, now).await, [Pass::Stuck]);
    parking.ask(&aggregate, Asked::Discard).await.unwrap();
    assert_eq!(
        hooks.retry(Audience::Mails, &teller, now + hours(100)).await,
        [Pass::Done(2)]
    );
    assert_eq!(hooks.reasons().await.len(), 2);
}
