//! Two commands of one turn, of which the first changes which streams the second one needs.

use domain::cart::Cart;
use domain::cart_owner::CartOwner;
use domain::order::Order;
use domain::product_request::{Kind, ProductRequestCommand, Quote};
use domain::stock::{StockCommand, StockItem};
use domain::{ContactId, Country, OrderId, QuoteId, RequestId, TextId};
use time::OffsetDateTime;

use super::super::accepting::Accept;
use super::super::command::Delivery;
use super::super::merging::Merge;
use super::super::requesting::Requesting;
use super::checkout::{cart_of, check_out_for, customer, order};
use super::codes::{WITH_CODE, apply, create, redemptions};
use super::*;

fn pot() -> Sku {
    Sku::parse("POT").unwrap()
}

fn receive(sku: &Sku, quantity: i64) -> Command {
    Command::Stock {
        sku: sku.clone(),
        command: StockCommand::Receive { quantity },
    }
}

async fn stock_of(url: &str, sku: &Sku) -> StockItem {
    let reader = Reader::connect(url).await.unwrap();
    reader.aggregate::<StockItem>(sku.as_str()).await.unwrap().0
}

/// All arrive in one turn. One that needs more than was loaded by then is decided in the next; nobody counts that.
async fn in_one_turn<const N: usize>(
    shop: &mut Loop,
    commands: [Command; N],
) -> [Result<Answer, CommandError>; N] {
    let answers = commands.map(|command| shop.send(command, caller()));
    shop.step().await;
    let put_off = shop.turning.waiting_refusals();
    assert!(put_off.iter().all(|refusals| *refusals == 0), "{put_off:?}");
    if !put_off.is_empty() {
        shop.step().await;
    }
    let answered = futures::future::join_all(answers).await;
    answered.try_into().expect("one for each")
}

#[tokio::test]
async fn a_code_is_applied_and_the_cart_is_checked_out_with_it() {
    let url = database().await;
    let mut shop = checkout::shop(&url, 10, 1).await;
    shop.execute(create(Some(1), Some(1))).await.unwrap();
    // Another process, which has never seen the code.
    let mut shop = Loop::on(&url);
    let [applied, placed] = in_one_turn(&mut shop, [apply(0), check_out_for(0, WITH_CODE)]).await;
    applied.unwrap();
    assert_eq!(placed.unwrap().status, 201);
    assert_eq!(redemptions(&url).await, 1);
    assert!(matches!(order(&url, 0).await, Order::Placed { placement, .. } if placement.code.is_some()));
    // And the loop lives.
    shop.execute(receive(&mug(), 1)).await.unwrap();
}

#[tokio::test]
async fn a_line_is_added_and_the_cart_is_checked_out_with_it_while_others_have_its_stock() {
    let url = database().await;
    let mut shop = checkout::shop(&url, 10, 1).await;
    shop.execute(list(&pot(), "Pot")).await.unwrap();
    shop.execute(receive(&pot(), 3)).await.unwrap();
    let mut shop = Loop::on(&url);
    let add = Command::AddItems {
        cart: cart_of(0),
        by: customer(0),
        lines: vec![(pot(), 1)],
    };
    // All that the checkout needs is there by chance: the product by the line, its stock by the stranger.
    let check_out = check_out_for(0, 2 * 1450 + 490);
    let [received, added, placed] = in_one_turn(&mut shop, [receive(&pot(), 1), add, check_out]).await;
    received.unwrap();
    added.unwrap();
    assert_eq!(placed.unwrap().status, 201);
    let pots = stock_of(&url, &pot()).await;
    assert_eq!((pots.on_hand, pots.reserved), (4, 1));
    assert_eq!(stock_of(&url, &mug()).await.reserved, 1);
}

#[tokio::test]
async fn a_line_is_added_and_the_cart_is_checked_out_with_it_whose_stock_nobody_has() {
    let url = database().await;
    let mut shop = checkout::shop(&url, 10, 1).await;
    shop.execute(list(&pot(), "Pot")).await.unwrap();
    shop.execute(receive(&pot(), 3)).await.unwrap();
    let mut shop = Loop::on(&url);
    let add = Command::AddItems {
        cart: cart_of(0),
        by: customer(0),
        lines: vec![(pot(), 1)],
    };
    // As a fact it would be out of stock: the state of a stream that nobody loaded.
    let [added, placed] = in_one_turn(&mut shop, [add, check_out_for(0, 2 * 1450 + 490)]).await;
    added.unwrap();
    assert_eq!(placed.unwrap().status, 201);
    assert_eq!(stock_of(&url, &pot()).await.reserved, 1);
}

#[tokio::test]
async fn two_guests_sign_in_to_an_account_without_a_cart() {
    let url = database().await;
    checkout::shop(&url, 10, 2).await;
    let mut shop = Loop::on(&url);
    let account = customer(77);
    let merge = |number| {
        Command::MergeCarts(Merge {
            guest: customer(number),
            account,
            cart: cart_of(100 + number),
        })
    };
    let [first, second] = in_one_turn(&mut shop, [merge(0), merge(1)]).await;
    let first = first.unwrap();
    second.unwrap();
    let reader = Reader::connect(&url).await.unwrap();
    let named = reader
        .aggregate::<CartOwner>(&account.to_string())
        .await
        .unwrap()
        .0;
    assert_eq!(named.current, Some(cart_of(100)));
    assert_eq!(first.id, cart_of(100).to_string());
    let cart = reader.aggregate::<Cart>(&first.id).await.unwrap().0;
    let Cart::Open(contents) = cart else {
        panic!("{cart:?}")
    };
    assert_eq!(contents.lines[0].quantity, 2);
    for number in 0..2 {
        let gone = reader
            .aggregate::<Cart>(&cart_of(number).to_string())
            .await
            .unwrap()
            .0;
        assert!(matches!(gone, Cart::Merged { .. }), "{gone:?}");
    }
}

#[tokio::test]
async fn another_product_is_linked_and_the_quote_is_accepted() {
    let url = database().await;
    let mut shop = Loop::on(&url);
    for (sku, name) in [(mug(), "Mug"), (pot(), "Pot")] {
        shop.execute(list(&sku, name)).await.unwrap();
        shop.execute(receive(&sku, 50)).await.unwrap();
    }
    let (request, by) = (RequestId::new(Uuid::from_u128(0x0102)), customer(0));
    let one = |command| Command::Requesting(Requesting::One { request, command });
    shop.execute(one(ProductRequestCommand::Submit {
        kind: Kind::Quote,
        customer: by,
        text: Some(TextId::new(Uuid::from_u128(1))),
        sku: Some(mug()),
        quantity: Some(10),
    }))
    .await
    .unwrap();
    let quote = QuoteId::new(Uuid::from_u128(7));
    shop.execute(one(ProductRequestCommand::OfferQuote {
        quote: Quote {
            id: quote,
            unit_price: Money::new(1000, Currency::EUR),
            quantity: 10,
            expires_at: OffsetDateTime::now_utc() + time::Duration::days(7),
        },
        at: OffsetDateTime::UNIX_EPOCH,
    }))
    .await
    .unwrap();

    let mut shop = Loop::on(&url);
    let order = OrderId::new(Uuid::from_u128(0x0999));
    let link = Requesting::Link { request, sku: pot() };
    let accept = Requesting::Accept(Box::new(Accept {
        request,
        quote,
        by,
        order,
        contact: ContactId::new(Uuid::from_u128(8)),
        delivery: Delivery {
            country: Country::parse("DE").unwrap(),
            shipping_option: Some("standard".to_owned()),
        },
        agreed_total: Money::new(10_000, Currency::EUR),
    }));
    // The second one has loaded the mug; the first has loaded the pot.
    let [linked, accepted] = in_one_turn(&mut shop, [link, accept].map(Command::Requesting)).await;
    linked.unwrap();
    assert_eq!(accepted.unwrap().status, 201);
    assert_eq!(stock_of(&url, &pot()).await.reserved, 10);
    assert_eq!(stock_of(&url, &mug()).await.reserved, 0);
}
