//! Money goes back whatever became of the streams that have no say in it.

use domain::order::{Order, OrderCommand, Status};
use domain::payment::{Payment, RefundState};
use domain::{RefundId, ShipmentId};

use super::super::ordering::{By, Paying};
use super::checkout::{authorized, captured, check_out, order, order_of, pay, paying, payment, said, shop};
use super::*;

async fn paid(url: &str) -> Loop {
    let mut shop = shop(url, 5, 1).await;
    shop.execute(check_out(0)).await.unwrap();
    shop.execute(paying(0, pay(1))).await.unwrap();
    shop.execute(said(0, authorized(1))).await.unwrap();
    shop.execute(said(0, captured(1))).await.unwrap();
    shop
}

fn refund(number: u128, minor: Option<i64>) -> Command {
    let refund = RefundId::new(Uuid::from_u128(number));
    let amount = minor.map(|minor| Money::new(minor, Currency::EUR));
    paying(0, Paying::Refund { refund, amount })
}

fn ship() -> Command {
    Command::Order {
        order: order_of(0),
        by: By::Admitted,
        command: OrderCommand::Ship {
            shipment: ShipmentId::new(Uuid::from_u128(1)),
            lines: None,
            carrier: "DHL".parse().unwrap(),
            tracking: None,
        },
    }
}

/// A newer release wrote something into every stream but the order's and its payment's.
async fn make_others_unreadable(url: &str) {
    let newer = "set session_replication_role = replica;
         update events set event_type = 'GiftWrapped'
         where sequence = 1 and aggregate_type not in ('order', 'payment')";
    let mut sql = PgConnection::connect(url).await.unwrap();
    sql.execute(newer).await.unwrap();
}

async fn refunds(url: &str) -> usize {
    let Payment::Requested { refunds, .. } = payment(url, 0).await else {
        panic!("it was asked for");
    };
    assert!(
        refunds
            .iter()
            .all(|refund| refund.state == RefundState::Requested)
    );
    refunds.len()
}

#[tokio::test]
async fn a_refund_of_an_order_that_was_sent_needs_no_stock_and_no_cart() {
    let url = database().await;
    let mut shop = paid(&url).await;
    shop.execute(ship()).await.unwrap();
    make_others_unreadable(&url).await;
    let mut other = Loop::on(&url);
    other.execute(refund(11, Some(100))).await.unwrap();
    other.execute(refund(12, None)).await.unwrap();
    assert_eq!(refunds(&url).await, 2);
}

#[tokio::test]
async fn a_part_of_the_money_of_an_order_that_is_not_sent_needs_no_stock_and_all_of_it_does() {
    let url = database().await;
    paid(&url).await;
    make_others_unreadable(&url).await;
    let mut other = Loop::on(&url);
    other.execute(refund(11, Some(100))).await.unwrap();
    // What ends the order returns its units to the stock.
    for rest in [Some(1840), None] {
        let refused = other.execute(refund(12, rest)).await.unwrap_err();
        assert!(matches!(refused, CommandError::Unreadable(_)), "{refused}");
    }
    assert_eq!(refunds(&url).await, 1);
}

#[tokio::test]
async fn the_rest_of_the_money_ends_an_order_that_is_not_sent() {
    let url = database().await;
    paid(&url).await;
    let mut other = Loop::on(&url);
    other.execute(refund(11, Some(100))).await.unwrap();
    other.execute(refund(12, None)).await.unwrap();
    let is_cancelled = matches!(
        order(&url, 0).await,
        Order::Placed {
            status: Status::Cancelled,
            ..
        }
    );
    assert!(is_cancelled);
    assert_eq!(super::checkout::stock(&url).await.on_hand, 5);
}

/// The gateway took the money of an order that ended: it goes back, whatever became of the stock.
#[tokio::test]
async fn money_that_no_order_stands_for_goes_back_without_a_look_at_the_stock() {
    let url = database().await;
    let mut shop = shop(&url, 1, 1).await;
    shop.execute(check_out(0)).await.unwrap();
    shop.execute(paying(0, pay(1))).await.unwrap();
    let refund = RefundId::new(Uuid::from_u128(7));
    shop.execute(paying(0, Paying::Expire { refund })).await.unwrap();
    make_others_unreadable(&url).await;
    let mut other = Loop::on(&url);
    other.execute(said(0, captured(1))).await.unwrap();
    assert_eq!(refunds(&url).await, 1);
}
