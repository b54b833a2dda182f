//! A discount code that everybody wants to use at once, from two replicas that both know it as unused.

use domain::Code;
use domain::discount_code::{Discount, DiscountCode, DiscountCodeCommand, Terms};
use domain::order::Order;
use domain::{Country, RefundId};

use super::super::command::Delivery;
use super::super::ordering::Paying;
use super::super::refusal::Refusal;
use super::checkout::{cart_of, check_out_for, customer, order, paying, shop, stock};
use super::*;

const SHOPPERS: u128 = 50;
/// A mug less a tenth, and its way to Germany.
pub(super) const WITH_CODE: i64 = 1305 + 490;

pub(super) fn tenth() -> Code {
    Code::parse("TENTH").unwrap()
}

pub(super) fn create(limit: Option<u32>, limit_per_customer: Option<u32>) -> Command {
    let terms = Terms {
        discount: Discount::Percent(10),
        minimum: None,
        limit,
        limit_per_customer,
        expires_at: None,
    };
    Command::DiscountCode {
        code: tenth(),
        command: DiscountCodeCommand::Create { terms },
    }
}

pub(super) fn apply(number: u128) -> Command {
    Command::ApplyCode {
        cart: cart_of(number),
        by: customer(number),
        code: tenth(),
    }
}

/// A quote loads the code as it is now.
pub(super) fn quote(number: u128) -> Command {
    Command::Quote {
        cart: cart_of(number),
        by: customer(number),
        delivery: Delivery {
            country: Country::parse("DE").unwrap(),
            shipping_option: None,
        },
    }
}

pub(super) async fn redemptions(url: &str) -> u64 {
    let reader = Reader::connect(url).await.unwrap();
    match reader.aggregate::<DiscountCode>("TENTH").await.unwrap().0 {
        DiscountCode::Known { redemptions, .. } => redemptions.count,
        DiscountCode::Unknown => panic!("it was created"),
    }
}

#[tokio::test]
async fn of_fifty_checkouts_at_once_one_redeems_a_code_that_may_be_used_once() {
    let url = database().await;
    let mut one = shop(&url, 100, SHOPPERS).await;
    one.execute(create(Some(1), None)).await.unwrap();
    for number in 0..SHOPPERS {
        one.execute(apply(number)).await.unwrap();
    }
    let mut other = Loop::on(&url);
    for number in 0..SHOPPERS {
        other.execute(quote(number)).await.unwrap();
    }

    let mut waiting: Vec<(u128, Answered)> = (0..SHOPPERS)
        .map(|number| {
            let replica = if number % 2 == 0 { &one } else { &other };
            (number, replica.send(check_out_for(number, WITH_CODE), caller()))
        })
        .collect();
    let (mut placed, mut refused) = (vec![], 0);
    // The second replica decides on what it knew before the first one's append, and again on what that left.
    one.step().await;
    other.step().await;
    other.step().await;
    for (number, answer) in waiting.drain(..) {
        match answer.now_or_never().expect("it is answered") {
            Ok(_) => placed.push(number),
            Err(CommandError::Refused(refusal)) => {
                assert_eq!(refusal.code(), "code-used-up", "{refusal}");
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((placed.len(), refused), (1, 49));
    assert_eq!(redemptions(&url).await, 1);
    assert_eq!(stock(&url).await.reserved, 1);

    // Nobody paid: the code is free again, for one more.
    let refund = RefundId::new(Uuid::from_u128(1));
    one.execute(paying(placed[0], Paying::Expire { refund }))
        .await
        .unwrap();
    assert_eq!(redemptions(&url).await, 0);
    let next = (0..SHOPPERS).find(|number| *number != placed[0]).unwrap();
    one.execute(check_out_for(next, WITH_CODE)).await.unwrap();
    assert_eq!((redemptions(&url).await, stock(&url).await.reserved), (1, 1));
}

#[tokio::test]
async fn a_customer_with_many_tabs_redeems_a_code_as_often_as_one_customer_may() {
    let url = database().await;
    let mut shop = shop(&url, 100, 1).await;
    shop.execute(create(None, Some(1))).await.unwrap();
    shop.execute(apply(0)).await.unwrap();
    shop.execute(check_out_for(0, WITH_CODE)).await.unwrap();
    // The same customer fills another cart.
    let (owner, cart, currency) = (customer(0), cart_of(1), Currency::EUR);
    shop.execute(Command::OpenCart {
        owner,
        cart,
        currency,
    })
    .await
    .unwrap();
    let lines = vec![(mug(), 1)];
    shop.execute(Command::AddItems {
        cart,
        by: owner,
        lines,
    })
    .await
    .unwrap();
    let again = Command::ApplyCode {
        cart,
        by: owner,
        code: tenth(),
    };
    let error = shop.execute(again).await.unwrap_err();
    let CommandError::Refused(refusal) = error else {
        panic!("{error}")
    };
    assert!(matches!(refusal, Refusal::Shopping(_)), "{refusal:?}");
    assert_eq!(refusal.code(), "code-used-by-customer");
    assert_eq!(order(&url, 1).await, Order::Unplaced);
    assert_eq!(redemptions(&url).await, 1);
}
