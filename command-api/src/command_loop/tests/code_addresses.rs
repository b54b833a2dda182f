//! A code once for each customer: guests with one e-mail address are one customer, also at once and on two replicas.

use domain::RefundId;
use session::{AddressMac, DEVELOPMENT_KEY, GuestKey};

use super::super::command::CheckOut;
use super::super::ordering::Paying;
use super::checkout::{check_out_for, paying, shop, stock};
use super::codes::{WITH_CODE, apply, create, redemptions};
use super::*;

fn address() -> AddressMac {
    let key = GuestKey::parse(&DEVELOPMENT_KEY.to_owned().into()).unwrap();
    key.address_mac("ada@example.org")
}

/// Each guest with the same address.
fn check_out(number: u128, total: i64) -> Command {
    let Command::CheckOut(checkout) = check_out_for(number, total) else {
        unreachable!()
    };
    Command::CheckOut(Box::new(CheckOut {
        address: Some(address()),
        ..*checkout
    }))
}

fn refused(answer: Result<Answer, CommandError>) -> &'static str {
    match answer {
        Err(CommandError::Refused(refusal)) => refusal.code(),
        other => panic!("{other:?}"),
    }
}

/// Guests with the code, which each customer may use once, in the cart of each.
async fn guests(url: &str, many: u128) -> Loop {
    let mut shop = shop(url, 100, many).await;
    shop.execute(create(None, Some(1))).await.unwrap();
    for number in 0..many {
        shop.execute(apply(number)).await.unwrap();
    }
    shop
}

#[tokio::test]
async fn of_guests_with_one_address_who_order_in_one_turn_one_uses_the_code() {
    let url = database().await;
    let mut shop = guests(&url, 5).await;
    let answers: Vec<Answered> = (0..5)
        .map(|number| shop.send(check_out(number, WITH_CODE), caller()))
        .collect();
    shop.step().await;
    let (mut placed, mut used) = (0, 0);
    for answer in answers {
        match answer.await {
            Ok(_) => placed += 1,
            answer => {
                assert_eq!(refused(answer), "code-used-by-customer");
                used += 1;
            }
        }
    }
    assert_eq!((placed, used), (1, 4));
    assert_eq!((redemptions(&url).await, stock(&url).await.reserved), (1, 1));
}

#[tokio::test]
async fn of_guests_with_one_address_who_order_from_two_replicas_one_uses_the_code() {
    let url = database().await;
    let mut one = guests(&url, 2).await;
    let mut other = Loop::on(&url);
    // Both replicas know the address as one that used nothing yet.
    assert_eq!(refused(one.execute(check_out(0, 1)).await), "total-changed");
    assert_eq!(refused(other.execute(check_out(1, 1)).await), "total-changed");

    let first = one.send(check_out(0, WITH_CODE), caller());
    let second = other.send(check_out(1, WITH_CODE), caller());
    one.finish(first).await.unwrap();
    assert_eq!(refused(other.finish(second).await), "code-used-by-customer");
    assert_eq!((redemptions(&url).await, stock(&url).await.reserved), (1, 1));
}

#[tokio::test]
async fn an_order_that_nobody_paid_gives_its_addresss_use_of_the_code_back() {
    let url = database().await;
    let mut shop = guests(&url, 3).await;
    shop.execute(check_out(0, WITH_CODE)).await.unwrap();
    let again = shop.execute(check_out(1, WITH_CODE)).await;
    assert_eq!(refused(again), "code-used-by-customer");

    let refund = RefundId::new(Uuid::from_u128(7));
    shop.execute(paying(0, Paying::Expire { refund })).await.unwrap();
    assert_eq!(redemptions(&url).await, 0);
    shop.execute(check_out(1, WITH_CODE)).await.unwrap();
    let again = shop.execute(check_out(2, WITH_CODE)).await;
    assert_eq!(refused(again), "code-used-by-customer", "it was given back once");
    assert_eq!((redemptions(&url).await, stock(&url).await.reserved), (1, 1));
}
