//! A cart becomes an order: all of it in one transaction, or nothing.

use domain::cart::{CartError, CartEvent};
use domain::checkout::{Allowance, Checkout, CheckoutError, Placed, Shortage, UnpaidError};
use domain::discount_code::{DiscountCodeError, DiscountCodeEvent, Terms};
use domain::money::MoneyError;
use domain::order::{Order, OrderError, OrderEvent, OrderLine, Placement};
use domain::payment::{PaymentError, PaymentEvent};
use domain::product::ProductEvent;
use domain::stock::{StockError, StockEvent};
use domain::{Currency, Money, OrderId};
use uuid::Uuid;

use super::{
    Shop, ada, agreeing_to, cart_id, contact, country, eur, eve, mug, order, percent, product, shop, spring,
    stock, teapot, today, wish,
};

fn placed(shop: &Shop, total: i64) -> Placed {
    shop.place(agreeing_to(eur(total)))
        .expect("nothing is in the way")
}

fn reserved(quantity: i64) -> StockEvent {
    StockEvent::StockReserved {
        order: order(),
        quantity,
    }
}

fn committed(quantity: i64) -> StockEvent {
    StockEvent::ReservationCommitted {
        order: order(),
        quantity,
    }
}

fn placement(placed: &Placed) -> &Placement {
    match &placed.order[0] {
        OrderEvent::OrderPlaced { placement } => placement,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cart_becomes_an_order_its_goods_are_reserved_and_its_total_is_asked_for() {
    let placed = placed(&shop(), 5180);
    assert_eq!(placed.cart, [CartEvent::CartCheckedOut { order: order() }]);
    assert_eq!(placed.order.len(), 1);
    let requested = PaymentEvent::PaymentRequested {
        order: order(),
        amount: eur(5180),
    };
    assert_eq!(placed.payment, [requested]);
    assert_eq!(
        placed.stock,
        [(mug(), vec![reserved(2)]), (teapot(), vec![reserved(1)])]
    );
    assert_eq!(placed.code, None);
}

#[test]
fn an_order_says_what_was_quoted_and_nothing_of_its_customer_but_names() {
    let quote = shop()
        .with_code(percent(15))
        .quote(&wish())
        .expect("it can be had");
    let placed = placed(&shop().with_code(percent(15)), quote.totals.total.minor);
    let line = |sku, name: &str, quantity, unit_price, line_total, discount| OrderLine {
        sku,
        name: name.to_owned(),
        quantity,
        unit_price: eur(unit_price),
        line_total: eur(line_total),
        discount: eur(discount),
    };
    let expected = Placement {
        customer: ada(),
        cart: cart_id(),
        contact: contact(),
        country: country("DE"),
        lines: vec![
            line(mug(), "Mug", 2, 1450, 2900, 435),
            line(teapot(), "Teapot", 1, 1790, 1790, 269),
        ],
        code: Some(spring()),
        shipping_option: "standard".to_owned(),
        totals: quote.totals,
    };
    assert_eq!(placement(&placed), &expected);
}

#[test]
fn a_code_is_redeemed_with_the_order() {
    let placed = placed(&shop().with_code(percent(10)), 4711);
    let redeemed = DiscountCodeEvent::CodeRedeemed {
        order: order(),
        customer: ada(),
    };
    assert_eq!(placed.code, Some((spring(), vec![redeemed])));
}

fn giving_away() -> Shop {
    let mut free = shop().with_code(percent(100));
    for option in &mut free.rules.shipping {
        for price in option.prices.values_mut() {
            price.price = 0;
        }
    }
    free
}

#[test]
fn an_order_that_costs_nothing_is_confirmed_at_once() {
    let placed = placed(&giving_away(), 0);
    assert_eq!(placed.order[1..], [OrderEvent::OrderConfirmed {}]);
    assert_eq!(placed.payment, []);
    let stock = [
        (mug(), vec![reserved(2), committed(2)]),
        (teapot(), vec![reserved(1), committed(1)]),
    ];
    assert_eq!(placed.stock, stock);
    let mut order = Order::default();
    for event in &placed.order {
        order.evolve(event);
    }
    assert!(!order.left_to_ship().is_empty());
}

#[test]
fn nobody_pays_a_total_that_was_not_shown() {
    let changed = |agreed| CheckoutError::TotalChanged {
        agreed: eur(agreed),
        total: eur(5480),
    };
    let mut dearer = shop();
    dearer.goods[0].0 = product("Mug", eur(1600));
    for agreed in [5180, 5479, 5481, 0] {
        assert_eq!(dearer.place(agreeing_to(eur(agreed))), Err(changed(agreed)));
    }
    assert!(dearer.place(agreeing_to(eur(5480))).is_ok());
    let cheaper = shop().place(agreeing_to(eur(5480)));
    assert!(
        matches!(cheaper, Err(CheckoutError::TotalChanged { .. })),
        "not even one that is lower now"
    );
}

#[test]
fn a_total_in_another_currency_is_another_total() {
    let yen = Money::new(5180, Currency::JPY);
    let error = shop().place(agreeing_to(yen)).expect_err("it is in euro");
    assert_eq!(error.code(), "total-changed");
    assert_eq!(
        error.to_string(),
        "the total is 51.80 EUR by now, not 5180 JPY: look at it, and agree to it"
    );
}

#[test]
fn what_is_not_there_is_named_line_by_line() {
    let mut short = shop();
    short.goods[0].1 = stock(1);
    short.goods[1].0.evolve(&ProductEvent::ProductDelisted {});
    let shortage = |sku, wanted, available| Shortage {
        sku,
        wanted,
        available,
    };
    let error = short
        .place(agreeing_to(eur(5180)))
        .expect_err("there is not enough");
    assert_eq!(
        error,
        CheckoutError::OutOfStock(vec![shortage(mug(), 2, 1), shortage(teapot(), 1, 0)])
    );
    assert_eq!(error.code(), "out-of-stock");
    assert_eq!(
        error.to_string(),
        "not everything can be had as it is in the cart: 2 of MUG wanted, 1 available; 1 of TEAPOT wanted, 0 available"
    );
}

#[test]
fn the_last_unit_is_sold_once() {
    let mut last = shop();
    last.goods[0].1 = stock(2);
    let first = placed(&last, 5180);
    for event in &first.stock[0].1 {
        last.goods[0].1.evolve(event);
    }
    let second = Checkout {
        order: OrderId::new(Uuid::from_u128(0x0e)),
        ..agreeing_to(eur(5180))
    };
    let error = last.place(second).expect_err("they are promised");
    assert_eq!(error.code(), "out-of-stock");
}

#[test]
fn nothing_is_reserved_until_it_is_paid_that_was_not_counted() {
    let with = |allowance| {
        shop().place(Checkout {
            allowance,
            ..agreeing_to(eur(5180))
        })
    };
    assert_eq!(with(Allowance::Units(3)), Ok(placed(&shop(), 5180)));
    for (allowance, code) in [
        (Allowance::Units(2), "cart-changed"),
        (Allowance::None(UnpaidError::Orders { most: 5 }), "unpaid-orders"),
        (Allowance::None(UnpaidError::Units { most: 200 }), "unpaid-units"),
        (Allowance::None(UnpaidError::Network), "unpaid-network"),
    ] {
        assert_eq!(with(allowance).expect_err("it is too much").code(), code);
    }
}

#[test]
fn what_costs_nothing_waits_for_no_payment_and_is_not_counted() {
    let allowance = Allowance::None(UnpaidError::Network);
    let checkout = Checkout {
        allowance,
        ..agreeing_to(eur(0))
    };
    let placed = giving_away().place(checkout).expect("it is free");
    assert_eq!(placed.payment, []);
}

#[test]
fn a_code_that_is_worth_nothing_any_more_is_in_the_way_even_of_the_total_without_it() {
    let expired = Terms {
        expires_at: Some(today()),
        ..percent(10)
    };
    let shop = shop().with_code(expired);
    let total = shop.quote(&wish()).expect("it is shown").totals.total;
    let error = DiscountCodeError::Expired { code: spring() };
    assert_eq!(shop.place(agreeing_to(total)), Err(error.into()));
}

#[test]
fn a_cart_becomes_one_order() {
    let ordered = shop().then(&[CartEvent::CartCheckedOut { order: order() }]);
    let error = CartError::CheckedOut { order: order() };
    assert_eq!(ordered.place(agreeing_to(eur(5180))), Err(error.into()));
}

#[test]
fn nobody_orders_from_somebody_elses_cart() {
    let mut by_eve = agreeing_to(eur(5180));
    by_eve.wish.customer = eve();
    assert_eq!(shop().place(by_eve), Err(CartError::NotFound.into()));
}

#[test]
fn amounts_that_are_too_large_to_be_added_up_are_refused() {
    let mut dear = shop();
    dear.goods[0].0 = product("Gold", eur(i64::MAX));
    let error = dear.place(agreeing_to(eur(1))).expect_err("nobody has so much");
    assert_eq!(error, CheckoutError::TooLarge);
}

#[test]
fn a_refusal_has_a_code_for_programs_and_a_sentence_for_people() {
    let refusals: [(CheckoutError, &str, &str); 6] = [
        (
            MoneyError::Overflow.into(),
            "amount-limit",
            "the amounts of the cart are too large to be added up",
        ),
        (
            CartError::Empty.into(),
            "cart-empty",
            "there is nothing in the cart",
        ),
        (
            DiscountCodeError::Expired { code: spring() }.into(),
            "code-expired",
            "the discount code SPRING-10 has expired",
        ),
        (
            StockError::OutOfStock {
                wanted: 2,
                available: 1,
            }
            .into(),
            "out-of-stock",
            "2 are wanted and 1 can be had",
        ),
        (
            OrderError::Totals.into(),
            "order-totals",
            "the order's lines and totals do not add up",
        ),
        (
            PaymentError::NotFound.into(),
            "payment-not-found",
            "there is no such payment",
        ),
    ];
    for (error, code, sentence) in refusals {
        assert_eq!((error.code(), error.to_string().as_str()), (code, sentence));
    }
}
