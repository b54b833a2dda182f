//! Many shoppers, few goods: what one batch, two replicas and a repeated request make of a checkout.

use domain::checkout::Allowance;
use domain::order::{CancelReason, Order, Status};
use domain::paying::{Outcome, PayingError};
use domain::payment::{AttemptState, Payment, PaymentError};
use domain::stock::{StockCommand, StockItem};
use domain::{AttemptId, ContactId, Country, OrderId, RefundId};
use event_store::deadlines::{DeadlineKind, Deadlines};

use super::super::command::{CheckOut, Delivery};
use super::super::ordering::{By, Paying};
use super::super::refusal::Refusal;
use super::*;

fn receive(sku: &Sku, quantity: i64) -> Command {
    Command::Stock {
        sku: sku.clone(),
        command: StockCommand::Receive { quantity },
    }
}

pub(super) fn customer(number: u128) -> OwnerId {
    OwnerId::new(Uuid::from_u128(1000 + number))
}

pub(super) fn cart_of(number: u128) -> CartId {
    CartId::new(Uuid::from_u128(2000 + number))
}

pub(super) fn order_of(number: u128) -> OrderId {
    OrderId::new(Uuid::from_u128(3000 + number))
}

/// One mug, standard shipping to Germany: 14.50 and 4.90.
pub(super) fn check_out(number: u128) -> Command {
    check_out_for(number, 1940)
}

pub(super) fn check_out_for(number: u128, total: i64) -> Command {
    Command::CheckOut(Box::new(CheckOut {
        cart: cart_of(number),
        by: customer(number),
        order: order_of(number),
        contact: ContactId::new(Uuid::from_u128(4000 + number)),
        address: None,
        delivery: Delivery {
            country: Country::parse("DE").unwrap(),
            shipping_option: Some("standard".to_owned()),
        },
        allowance: Allowance::Unlimited,
        agreed_total: Money::new(total, Currency::EUR),
    }))
}

/// A shop with some mugs, and shoppers with one in the cart of each.
pub(super) async fn shop(url: &str, mugs: i64, shoppers: u128) -> Loop {
    let mut shop = Loop::with_room(url, 128);
    shop.execute(list(&mug(), "Mug")).await.unwrap();
    shop.execute(receive(&mug(), mugs)).await.unwrap();
    for number in 0..shoppers {
        fill(&mut shop, number).await;
    }
    shop
}

async fn fill(shop: &mut Loop, number: u128) {
    let (owner, cart, currency) = (customer(number), cart_of(number), Currency::EUR);
    let open = Command::OpenCart {
        owner,
        cart,
        currency,
    };
    shop.execute(open).await.unwrap();
    let lines = vec![(mug(), 1)];
    let add = Command::AddItems {
        cart,
        by: owner,
        lines,
    };
    shop.execute(add).await.unwrap();
}

pub(super) async fn stock(url: &str) -> StockItem {
    let reader = Reader::connect(url).await.unwrap();
    reader.aggregate::<StockItem>("MUG").await.unwrap().0
}

pub(super) async fn order(url: &str, number: u128) -> Order {
    let reader = Reader::connect(url).await.unwrap();
    let id = order_of(number).to_string();
    reader.aggregate::<Order>(&id).await.unwrap().0
}

pub(super) async fn payment(url: &str, number: u128) -> Payment {
    let reader = Reader::connect(url).await.unwrap();
    let id = order_of(number).to_string();
    reader.aggregate::<Payment>(&id).await.unwrap().0
}

pub async fn due(url: &str, kind: DeadlineKind) -> Vec<String> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar("select aggregate_id from deadlines where kind = $1 order by 1")
        .bind(kind.as_str())
        .fetch_all(&mut connection)
        .await
        .unwrap()
}

pub(super) fn pay(attempt: u128) -> Paying {
    Paying::StartAttempt {
        by: By::Admitted,
        attempt: AttemptId::new(Uuid::from_u128(attempt)),
        method: "pm_card_visa".parse().unwrap(),
    }
}

pub(super) fn paying(number: u128, paying: Paying) -> Command {
    Command::Paying {
        order: order_of(number),
        paying,
    }
}

pub(super) fn said(number: u128, outcome: Outcome) -> Command {
    paying(number, Paying::Settle(outcome))
}

pub(super) fn captured(attempt: u128) -> Outcome {
    Outcome::Captured {
        attempt: AttemptId::new(Uuid::from_u128(attempt)),
        reference: "ch".parse().unwrap(),
        amount: Money::new(1940, Currency::EUR),
        refund: RefundId::new(Uuid::from_u128(attempt)),
    }
}

pub(super) fn authorized(attempt: u128) -> Outcome {
    Outcome::Authorized {
        attempt: AttemptId::new(Uuid::from_u128(attempt)),
        reference: "ch".parse().unwrap(),
    }
}

#[tokio::test]
async fn of_a_hundred_checkouts_of_the_last_mug_one_is_an_order() {
    let url = database().await;
    let mut shop = shop(&url, 1, 100).await;
    let answers: Vec<Answered> = (0..100)
        .map(|number| shop.send(check_out(number), caller()))
        .collect();
    shop.step().await;
    let (mut placed, mut refused) = (0, 0);
    for answer in answers {
        match answer.await {
            Ok(answer) => {
                assert_eq!(answer.status, 201);
                placed += 1;
            }
            Err(CommandError::Refused(Refusal::Checkout(error))) => {
                assert_eq!(error.code(), "out-of-stock");
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((placed, refused), (1, 99));
    let stock = stock(&url).await;
    assert_eq!((stock.on_hand, stock.reserved), (1, 1));
}

/// Both replicas have the same stock at hand. Whoever appends second decides again, on what the first left.
#[tokio::test]
async fn two_replicas_never_sell_the_same_mug() {
    let url = database().await;
    let mut one = shop(&url, 1, 2).await;
    let mut other = Loop::on(&url);
    // Both know the shelf as it is before either sells.
    let wish = |number| Command::Quote {
        cart: cart_of(number),
        by: customer(number),
        delivery: Delivery {
            country: Country::parse("DE").unwrap(),
            shipping_option: None,
        },
    };
    one.execute(wish(0)).await.unwrap();
    other.execute(wish(1)).await.unwrap();
    one.execute(check_out(0)).await.unwrap();
    let answer = other.send(check_out(1), caller());
    other.step().await;
    assert_eq!(
        other.turning.waiting_refusals(),
        [1],
        "it was decided on a stale shelf"
    );
    other.step().await;
    let error = answer.await.unwrap_err();
    assert!(
        matches!(error, CommandError::Refused(Refusal::Checkout(_))),
        "{error}"
    );
    assert_eq!(stock(&url).await.reserved, 1);
    assert_eq!(order(&url, 1).await, Order::Unplaced);
}

#[tokio::test]
async fn a_cart_that_is_checked_out_twice_becomes_one_order() {
    let url = database().await;
    let mut shop = shop(&url, 5, 1).await;
    let first = shop.execute(check_out(0)).await.unwrap();
    let Command::CheckOut(again) = check_out(0) else {
        unreachable!()
    };
    let again = Command::CheckOut(Box::new(CheckOut {
        order: order_of(9),
        ..*again
    }));
    let second = shop.execute(again).await.unwrap();
    assert_eq!((first.status, second.status), (201, 200));
    assert_eq!(first.id, second.id);
    assert_eq!(stock(&url).await.reserved, 1);
}

#[tokio::test]
async fn nobody_pays_a_total_they_did_not_see() {
    let url = database().await;
    let mut shop = shop(&url, 5, 1).await;
    let error = shop.execute(check_out_for(0, 1939)).await.unwrap_err();
    let CommandError::Refused(refusal) = error else {
        panic!("{error}")
    };
    assert_eq!(refusal.code(), "total-changed");
    assert_eq!(stock(&url).await.reserved, 0);
}

#[tokio::test]
async fn a_captured_payment_confirms_the_order_and_takes_the_mug_from_the_shelf_once() {
    let url = database().await;
    let mut shop = shop(&url, 5, 1).await;
    shop.execute(check_out(0)).await.unwrap();
    let id = order_of(0).to_string();
    assert_eq!(
        due(&url, DeadlineKind::Reservation).await,
        std::slice::from_ref(&id)
    );
    shop.execute(paying(0, pay(1))).await.unwrap();
    assert_eq!(
        due(&url, DeadlineKind::PaymentStep).await,
        std::slice::from_ref(&id)
    );
    shop.execute(said(0, authorized(1))).await.unwrap();
    for _ in 0..3 {
        shop.execute(said(0, captured(1))).await.unwrap();
    }
    let stock = stock(&url).await;
    assert_eq!((stock.on_hand, stock.reserved), (4, 0));
    assert!(matches!(
        order(&url, 0).await,
        Order::Placed {
            status: Status::Confirmed,
            ..
        }
    ));
    assert_eq!(due(&url, DeadlineKind::Reservation).await, [""; 0]);
    assert_eq!(due(&url, DeadlineKind::PaymentStep).await, [""; 0]);
    assert_eq!(due(&url, DeadlineKind::Authorisation).await, [""; 0]);
}

#[tokio::test]
async fn an_order_that_nobody_paid_gives_back_its_stock_and_its_cart() {
    let url = database().await;
    let mut shop = shop(&url, 1, 1).await;
    shop.execute(check_out(0)).await.unwrap();
    let refund = RefundId::new(Uuid::from_u128(7));
    shop.execute(paying(0, Paying::Expire { refund })).await.unwrap();
    assert_eq!(stock(&url).await.reserved, 0);
    assert_eq!(due(&url, DeadlineKind::Reservation).await, [""; 0]);
    assert_eq!(due(&url, DeadlineKind::Cart).await, [cart_of(0).to_string()]);
    // It can be checked out again, as another order.
    let Command::CheckOut(again) = check_out(0) else {
        unreachable!()
    };
    let again = CheckOut {
        order: order_of(1),
        ..*again
    };
    let answer = shop.execute(Command::CheckOut(Box::new(again))).await.unwrap();
    assert_eq!((answer.status, answer.id), (201, order_of(1).to_string()));
}

/// The order waits for the gateway's answer, which may be that the money is taken.
#[tokio::test]
async fn an_order_does_not_expire_while_its_payment_is_being_captured() {
    let url = database().await;
    let mut shop = shop(&url, 1, 1).await;
    shop.execute(check_out(0)).await.unwrap();
    shop.execute(paying(0, pay(1))).await.unwrap();
    shop.execute(said(0, authorized(1))).await.unwrap();
    let refund = RefundId::new(Uuid::from_u128(7));
    shop.execute(paying(0, Paying::Expire { refund })).await.unwrap();
    assert!(matches!(
        order(&url, 0).await,
        Order::Placed {
            status: Status::AwaitingPayment,
            ..
        }
    ));
    assert_eq!(stock(&url).await.reserved, 1);
    let id = order_of(0).to_string();
    assert_eq!(
        due(&url, DeadlineKind::Reservation).await,
        [id],
        "it is looked at again"
    );
    let cancel = Paying::Cancel {
        by: By::Admitted,
        reason: CancelReason::Customer,
        refund,
    };
    let error = shop.execute(paying(0, cancel)).await.unwrap_err();
    let expected = PayingError::Payment(PaymentError::InProgress);
    assert!(matches!(error, CommandError::Refused(Refusal::Paying(error)) if error == expected));
}

/// The race that oversells elsewhere: the order expires while the shopper is at the bank, and the bank says yes.
#[tokio::test]
async fn money_that_was_taken_for_a_cancelled_order_is_given_back() {
    let url = database().await;
    let mut shop = shop(&url, 1, 1).await;
    shop.execute(check_out(0)).await.unwrap();
    shop.execute(paying(0, pay(1))).await.unwrap();
    let refund = RefundId::new(Uuid::from_u128(7));
    shop.execute(paying(0, Paying::Expire { refund })).await.unwrap();
    shop.execute(said(0, authorized(1))).await.unwrap();
    let Payment::Requested { attempts, .. } = payment(&url, 0).await else {
        panic!()
    };
    assert_eq!(
        attempts[0].state,
        AttemptState::VoidRequested,
        "an authorisation of a cancelled order is voided"
    );
    shop.execute(said(0, captured(1))).await.unwrap();
    let Payment::Requested { refunds, .. } = payment(&url, 0).await else {
        panic!()
    };
    assert_eq!(refunds[0].amount, Money::new(1940, Currency::EUR));
    assert!(matches!(
        order(&url, 0).await,
        Order::Placed {
            status: Status::Cancelled,
            ..
        }
    ));
    assert_eq!(stock(&url).await.reserved, 0);
}

#[tokio::test]
async fn somebody_elses_order_is_not_there() {
    let url = database().await;
    let mut shop = shop(&url, 1, 1).await;
    shop.execute(check_out(0)).await.unwrap();
    let stranger = By::Customer(customer(5));
    let attempt = AttemptId::new(Uuid::from_u128(1));
    let method = "pm_card_visa".parse().unwrap();
    let refund = RefundId::new(Uuid::from_u128(7));
    for attack in [
        Paying::StartAttempt {
            by: stranger,
            attempt,
            method,
        },
        Paying::Cancel {
            by: stranger,
            reason: CancelReason::Customer,
            refund,
        },
    ] {
        let error = shop.execute(paying(0, attack)).await.unwrap_err();
        let CommandError::Refused(refusal) = error else {
            panic!("{error}")
        };
        assert_eq!(refusal.code(), "order-not-found");
    }
}

#[tokio::test]
async fn a_refused_checkout_sets_no_deadline() {
    let url = database().await;
    let mut shop = shop(&url, 1, 2).await;
    shop.execute(check_out(0)).await.unwrap();
    shop.execute(check_out(1)).await.unwrap_err();
    assert_eq!(
        due(&url, DeadlineKind::Reservation).await,
        [order_of(0).to_string()]
    );
    let deadlines = Deadlines::connect(&url).await.unwrap();
    let claimed = deadlines
        .claim(
            &[DeadlineKind::Reservation],
            std::time::Duration::from_mins(1),
            10,
        )
        .await
        .unwrap();
    assert!(claimed.is_empty(), "none is due yet");
}
