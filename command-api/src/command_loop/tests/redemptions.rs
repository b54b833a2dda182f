//! Discount codes that many used: before this release, and since their customers have streams of their own.

use std::time::Duration;

use domain::RefundId;
use domain::discount_code::{CodeCustomer, DiscountCode, Redemptions};
use event_store::deadlines::{DeadlineKind, Deadlines};

use super::super::ordering::Paying;
use super::super::testing::loop_over;
use super::checkout::{check_out_for, customer, due, paying, shop};
use super::codes::{WITH_CODE, apply, create, quote};
use super::*;
use crate::deadlines::DeadlineRole;

/// Redemptions as the release before wrote them: each of the customers `first..first + many` has one.
async fn redeemed_before(url: &str, first: u128, many: u128) {
    let customers = customer(first).uuid().as_u128();
    let statement = format!(
        "insert into events
         select head.position + n, 'discount-code', 'TENTH', 1 + n, 'CodeRedeemed', '1.0',
                json_build_object('order', ('00000000-0000-0000-0000-' || lpad(to_hex(900000 + n), 12, '0')),
                                  'customer', ('00000000-0000-0000-0000-' || lpad(to_hex({customers} + n - 1), 12, '0'))),
                '{{}}', gen_random_uuid(), now()
         from (select max(global_position) as position from events) head, generate_series(1, {many}) n"
    );
    let mut sql = PgConnection::connect(url).await.unwrap();
    sql.execute(statement.as_str()).await.unwrap();
}

async fn redemptions(url: &str) -> Redemptions {
    let reader = Reader::connect(url).await.unwrap();
    match reader.aggregate::<DiscountCode>("TENTH").await.unwrap().0 {
        DiscountCode::Known { redemptions, .. } => redemptions,
        DiscountCode::Unknown => panic!("it was created"),
    }
}

async fn orders_of(url: &str, number: u128) -> usize {
    let reader = Reader::connect(url).await.unwrap();
    let id = format!("TENTH:{}", customer(number));
    reader
        .aggregate::<CodeCustomer>(&id)
        .await
        .unwrap()
        .0
        .orders
        .size()
}

/// Acts on deadlines until there are none of codes.
async fn hand_over(url: &str) {
    let role = DeadlineRole {
        commands: loop_over(url),
        deadlines: Deadlines::connect(url).await.unwrap(),
        reader: Reader::connect(url).await.unwrap(),
        cart: Duration::from_hours(24),
    };
    while !due(url, DeadlineKind::CodeRedemptions).await.is_empty() {
        role.step().await.unwrap();
    }
}

fn refused(answer: Result<Answer, CommandError>) -> &'static str {
    match answer {
        Err(CommandError::Refused(refusal)) => refusal.code(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_used_a_code_before_this_release_used_it_and_a_cancelled_order_gives_it_back() {
    let url = database().await;
    let mut shop = shop(&url, 100, 3).await;
    shop.execute(create(Some(702), Some(1))).await.unwrap();
    // Customer 0 among them.
    redeemed_before(&url, 0, 1).await;
    redeemed_before_more(&url).await;
    assert_eq!(refused(shop.execute(apply(0)).await), "code-used-by-customer");
    shop.execute(apply(1)).await.unwrap();
    shop.execute(check_out_for(1, WITH_CODE)).await.unwrap();
    assert_eq!(
        due(&url, DeadlineKind::CodeRedemptions).await,
        ["TENTH"],
        "too many to keep"
    );
    hand_over(&url).await;
    let after = redemptions(&url).await;
    assert_eq!((after.count, after.kept.size()), (701, 0));
    assert_eq!((orders_of(&url, 0).await, orders_of(&url, 1).await), (1, 1));
    assert!(serde_json::to_string(&after).unwrap().len() < 200);

    assert_eq!(refused(shop.execute(apply(0)).await), "code-used-by-customer");
    // The last one there is.
    shop.execute(apply(2)).await.unwrap();
    shop.execute(check_out_for(2, WITH_CODE)).await.unwrap();
    assert_eq!(redemptions(&url).await.count, 702);
    let refund = RefundId::new(Uuid::from_u128(1));
    shop.execute(paying(1, Paying::Expire { refund })).await.unwrap();
    shop.execute(paying(1, Paying::Expire { refund })).await.unwrap();
    assert_eq!(redemptions(&url).await.count, 701);
    assert_eq!(orders_of(&url, 1).await, 0);
}

/// 699 of other customers.
async fn redeemed_before_more(url: &str) {
    let statement = "insert into events
         select head.position + n, 'discount-code', 'TENTH', 2 + n, 'CodeRedeemed', '1.0',
                json_build_object('order', gen_random_uuid(), 'customer', gen_random_uuid()),
                '{}', gen_random_uuid(), now()
         from (select max(global_position) as position from events) head, generate_series(1, 699) n";
    let mut sql = PgConnection::connect(url).await.unwrap();
    sql.execute(statement).await.unwrap();
}

#[tokio::test]
async fn two_replicas_keep_the_limits_of_a_code_whose_customers_have_streams() {
    const SHOPPERS: u128 = 10;
    let url = database().await;
    let mut one = shop(&url, 100, SHOPPERS).await;
    one.execute(create(Some(201), Some(1))).await.unwrap();
    redeemed_before(&url, 5_000, 199).await;
    for number in 0..SHOPPERS {
        one.execute(apply(number)).await.unwrap();
    }
    one.execute(check_out_for(0, WITH_CODE)).await.unwrap();
    hand_over(&url).await;
    let mut other = Loop::on(&url);
    for number in 1..SHOPPERS {
        one.execute(quote(number)).await.unwrap();
        other.execute(quote(number)).await.unwrap();
    }
    let waiting: Vec<Answered> = (1..SHOPPERS)
        .map(|number| {
            let replica = if number % 2 == 0 { &one } else { &other };
            replica.send(check_out_for(number, WITH_CODE), caller())
        })
        .collect();
    one.step().await;
    other.step().await;
    other.step().await;
    let mut placed = 0;
    for answer in waiting {
        match answer.now_or_never().expect("it is answered") {
            Ok(_) => placed += 1,
            other => assert_eq!(refused(other), "code-used-up"),
        }
    }
    assert_eq!(placed, 1);
    assert_eq!(redemptions(&url).await.count, 201);
}
