//! Requests that everybody supports at once, from two replicas; and quotes that expire by their deadline.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::product_request::{Kind, Members, ProductRequest, ProductRequestCommand, Quote, Stage};
use domain::{Currency, Money, OrderId, QuoteId, RequestId, TextId};
use event_store::deadlines::DeadlineKind;
use time::OffsetDateTime;

use super::super::requesting::Requesting;
use super::checkout::due;
use super::*;

fn wanted() -> RequestId {
    RequestId::new(Uuid::from_u128(0x0102))
}

fn customer(number: u128) -> OwnerId {
    OwnerId::new(Uuid::from_u128(0xc000 + number))
}

fn one(request: RequestId, command: ProductRequestCommand) -> Command {
    Command::Requesting(Requesting::One { request, command })
}

fn submit(request: RequestId, kind: Kind, by: OwnerId) -> Command {
    let command = ProductRequestCommand::Submit {
        kind,
        customer: by,
        text: Some(TextId::new(Uuid::from_u128(1))),
        sku: None,
        quantity: Some(500),
    };
    one(request, command)
}

fn support(request: RequestId, number: u128) -> Command {
    let customer = customer(number);
    one(request, ProductRequestCommand::Support { customer })
}

/// Turns, until these are answered.
async fn answered(replica: &mut Loop, waiting: Vec<Answered>) -> Vec<Result<Answer, CommandError>> {
    let mut all = futures::future::join_all(waiting).boxed();
    loop {
        replica.step().await;
        // They are handed out by a task of its own, which needs a moment for many.
        if let Ok(answers) = tokio::time::timeout(Duration::from_millis(200), &mut all).await {
            return answers;
        }
    }
}

async fn members(url: &str, request: RequestId) -> Members {
    let reader = Reader::connect(url).await.unwrap();
    match reader
        .aggregate::<ProductRequest>(&request.to_string())
        .await
        .unwrap()
        .0
    {
        ProductRequest::Submitted(request) => request.members,
        ProductRequest::Unsubmitted => panic!("it was submitted"),
    }
}

#[tokio::test]
async fn of_a_thousand_who_support_at_once_exactly_a_thousand_count() {
    let url = database().await;
    let (mut one, mut other) = (Loop::with_room(&url, 2048), Loop::with_room(&url, 2048));
    one.execute(submit(wanted(), Kind::MissingProduct, customer(0)))
        .await
        .unwrap();
    // Each of them twice, by another replica.
    let send = |replica: &Loop| -> Vec<Answered> {
        let numbers = 1..1000;
        numbers
            .map(|number| replica.send(support(wanted(), number), caller()))
            .collect()
    };
    let (here, there) = (send(&one), send(&other));
    let here = answered(&mut one, here).await;
    // Decides on a state that the first one has made old, and again on what that left.
    let there = answered(&mut other, there).await;
    assert!(here.iter().chain(&there).all(Result::is_ok));
    let members = members(&url, wanted()).await;
    let supporters = members.kept.values().filter(|kept| kept.supports);
    assert_eq!((members.supporters, supporters.count()), (1000, 1000));
}

#[tokio::test]
async fn who_supports_a_duplicate_while_it_is_merged_is_counted_once_or_sent_on() {
    let url = database().await;
    let duplicate = RequestId::new(Uuid::from_u128(0x0103));
    let (mut one, mut other) = (Loop::on(&url), Loop::on(&url));
    for request in [wanted(), duplicate] {
        one.execute(submit(request, Kind::MissingProduct, customer(0)))
            .await
            .unwrap();
    }
    // The second replica knows both as they are before the merge.
    other.execute(support(duplicate, 1)).await.unwrap();
    other.execute(support(wanted(), 1)).await.unwrap();
    let merge = Requesting::Duplicate {
        request: duplicate,
        of: wanted(),
    };
    let merged = one.send(Command::Requesting(merge), caller());
    let late = other.send(support(duplicate, 2), caller());
    assert!(answered(&mut one, vec![merged]).await[0].is_ok());
    match &answered(&mut other, vec![late]).await[0] {
        Err(CommandError::Refused(refusal)) => assert_eq!(refusal.code(), "request-is-duplicate"),
        other => panic!("{other:?}"),
    }
    let members = members(&url, wanted()).await;
    let supporters: BTreeSet<OwnerId> = members.kept.into_keys().collect();
    assert_eq!(supporters, BTreeSet::from([customer(0), customer(1)]));
}

fn quote(expires_at: OffsetDateTime) -> Quote {
    Quote {
        id: QuoteId::new(Uuid::from_u128(7)),
        unit_price: Money::new(990, Currency::EUR),
        quantity: 500,
        expires_at,
    }
}

fn accept(order: u128) -> Command {
    one(
        wanted(),
        ProductRequestCommand::AcceptQuote {
            customer: customer(0),
            quote: QuoteId::new(Uuid::from_u128(7)),
            order: OrderId::new(Uuid::from_u128(order)),
            at: OffsetDateTime::UNIX_EPOCH,
        },
    )
}

fn offer(expires_at: OffsetDateTime) -> Command {
    one(
        wanted(),
        ProductRequestCommand::OfferQuote {
            quote: quote(expires_at),
            at: OffsetDateTime::UNIX_EPOCH,
        },
    )
}

async fn stage(url: &str) -> Stage {
    let reader = Reader::connect(url).await.unwrap();
    match reader
        .aggregate::<ProductRequest>(&wanted().to_string())
        .await
        .unwrap()
        .0
    {
        ProductRequest::Submitted(request) => request.stage,
        ProductRequest::Unsubmitted => panic!("it was submitted"),
    }
}

#[tokio::test]
async fn a_quote_that_two_tabs_accept_becomes_one_order_and_expires_no_more() {
    let url = database().await;
    let (mut one, mut other) = (Loop::on(&url), Loop::on(&url));
    one.execute(submit(wanted(), Kind::Quote, customer(0)))
        .await
        .unwrap();
    let in_a_week = OffsetDateTime::now_utc() + time::Duration::days(7);
    one.execute(offer(in_a_week)).await.unwrap();
    assert_eq!(due(&url, DeadlineKind::Quote).await, [wanted().to_string()]);
    // The other replica has read the quote before the first one accepts it.
    other.execute(one_that_changes_nothing()).await.unwrap();
    let (first, second) = (one.send(accept(1), caller()), other.send(accept(2), caller()));
    assert!(answered(&mut one, vec![first]).await[0].is_ok());
    match &answered(&mut other, vec![second]).await[0] {
        Err(CommandError::Refused(refusal)) => assert_eq!(refusal.code(), "quote-not-found"),
        other => panic!("{other:?}"),
    }
    let order = OrderId::new(Uuid::from_u128(1));
    assert!(matches!(stage(&url).await, Stage::Accepted { order: taken, .. } if taken == order));
    assert_eq!(due(&url, DeadlineKind::Quote).await, [""; 0]);
}

fn one_that_changes_nothing() -> Command {
    one(
        wanted(),
        ProductRequestCommand::Subscribe {
            customer: customer(0),
        },
    )
}

#[tokio::test]
async fn a_quote_whose_time_is_over_is_not_accepted_whatever_the_client_says() {
    let url = database().await;
    let mut shop = Loop::on(&url);
    shop.execute(submit(wanted(), Kind::Quote, customer(0)))
        .await
        .unwrap();
    let soon = OffsetDateTime::now_utc() + time::Duration::milliseconds(50);
    shop.execute(offer(soon)).await.unwrap();
    while OffsetDateTime::now_utc() < soon {
        tokio::task::yield_now().await;
    }
    match shop.execute(accept(1)).await {
        Err(CommandError::Refused(refusal)) => assert_eq!(refusal.code(), "quote-expired"),
        other => panic!("{other:?}"),
    }
    let at = OffsetDateTime::UNIX_EPOCH;
    shop.execute(one(wanted(), ProductRequestCommand::ExpireQuote { at }))
        .await
        .unwrap();
    assert_eq!(stage(&url).await, Stage::QuoteExpired);
}
