//! An order of which nothing was sent is called off, and leaves nothing behind.

use domain::cart::{Cart, CartEvent};
use domain::cart_owner::CartOwnerEvent;
use domain::discount_code::DiscountCodeEvent;
use domain::order::{CancelReason, Order, OrderError, OrderEvent, Status};
use domain::paying::Consequences;
use domain::payment::{PaymentError, PaymentEvent};
use domain::stock::{AdjustmentReason, StockEvent};
use domain::{Currency, Sku};

use super::affair::{
    ON_HAND, action_required, another_cart, authorized, captured, cart, declined, refund_failed,
};
use super::{Story, ada, attempt, eur, mug, order, refund, refund_requested, teapot, total, void_requested};

fn called_off() -> Vec<OrderEvent> {
    vec![OrderEvent::OrderCancelled {
        reason: CancelReason::Customer,
    }]
}

fn released() -> Vec<(Sku, Vec<StockEvent>)> {
    let released = |quantity| StockEvent::ReservationReleased {
        order: order(),
        quantity,
    };
    vec![(mug(), vec![released(2)]), (teapot(), vec![released(1)])]
}

fn returned() -> Vec<(Sku, Vec<StockEvent>)> {
    let returned = |delta| StockEvent::StockAdjusted {
        delta,
        reason: AdjustmentReason::Returned,
    };
    vec![(mug(), vec![returned(2)]), (teapot(), vec![returned(1)])]
}

fn given_back() -> Vec<DiscountCodeEvent> {
    vec![DiscountCodeEvent::RedemptionReleased {
        order: order(),
        customer: ada(),
    }]
}

/// Another cart, which is the shopper's current one.
fn with_another_cart(mut story: Story, then: Vec<CartEvent>) -> Story {
    let opened = CartEvent::CartOpened {
        owner: ada(),
        currency: Currency::EUR,
    };
    let mut another = Cart::default();
    for event in [vec![opened], then].concat() {
        another.evolve(&event);
    }
    story.carts.insert(another_cart(), another);
    story.cart_owner.current = Some(another_cart());
    story
}

#[test]
fn an_unpaid_order_gives_its_stock_its_code_and_its_cart_back() {
    let mut story = Story::placed();
    let expected = Consequences {
        order: called_off(),
        payment: vec![],
        stock: released(),
        code: given_back(),
        code_customer: vec![],
        code_address: vec![],
        cart: vec![CartEvent::CartReopened {}],
        cart_owner: vec![],
    };
    assert_eq!(story.cancel(refund(1)), Ok(expected));
    assert_eq!(story.status(), Status::Cancelled);
    assert!(matches!(story.carts[&cart()], Cart::Open(_)));
    for (_, item) in &story.stock {
        assert_eq!((item.on_hand, item.reserved), (ON_HAND, 0));
    }
}

#[test]
fn whatever_an_attempt_may_hold_is_voided() {
    let mut started = Story::placed();
    started.start(1).expect("it can be paid");
    let mut at_the_bank = started.clone();
    at_the_bank.settle(action_required(1)).expect("it was asked");
    for mut story in [started, at_the_bank] {
        let cancelled = story.cancel(refund(1)).expect("nothing was sent");
        assert_eq!(cancelled.payment, [void_requested(1)]);
    }
}

#[test]
fn a_declined_attempt_holds_nothing() {
    let mut story = Story::placed();
    story.start(1).expect("it can be paid");
    story.settle(declined(1)).expect("it was asked");
    assert_eq!(
        story.cancel(refund(1)).map(|cancelled| cancelled.payment),
        Ok(vec![])
    );
}

#[test]
fn an_order_is_not_cancelled_while_the_gateway_is_asked_to_take_the_money() {
    let mut story = Story::placed();
    story.start(1).expect("it can be paid");
    story.settle(authorized(1)).expect("it was asked");
    let before = story.clone();
    assert_eq!(story.cancel(refund(1)), Err(PaymentError::InProgress.into()));
    assert_eq!(story, before);
    story.settle(declined(1)).expect("it was asked");
    assert!(story.cancel(refund(1)).is_ok());
}

#[test]
fn a_paid_order_is_refunded_whole_and_its_goods_lie_there_again() {
    let mut story = Story::paid();
    let expected = Consequences {
        order: called_off(),
        payment: vec![refund_requested(1, 1, total().minor)],
        stock: returned(),
        code: given_back(),
        code_customer: vec![],
        code_address: vec![],
        cart: vec![],
        cart_owner: vec![],
    };
    assert_eq!(story.cancel(refund(1)), Ok(expected));
    assert!(matches!(story.carts[&cart()], Cart::CheckedOut { .. }));
    for (_, item) in &story.stock {
        assert_eq!((item.on_hand, item.reserved), (ON_HAND, 0));
    }
}

#[test]
fn of_what_was_refunded_before_only_the_rest_goes_back() {
    let mut story = Story::paid();
    story.refund(refund(1), Some(eur(711))).expect("it was paid");
    let mut all = story.clone();
    let cancelled = story.cancel(refund(2)).expect("nothing was sent");
    assert_eq!(cancelled.payment, [refund_requested(2, 1, 4000)]);

    all.refund(refund(3), None).expect("it was paid");
    let cancelled = all.cancel(refund(2)).expect("nothing was sent");
    assert_eq!(cancelled.payment, []);
}

#[test]
fn an_order_that_cost_nothing_is_cancelled_like_any_other() {
    let mut story = Story::free();
    let cancelled = story.cancel(refund(1)).expect("nothing was sent");
    assert_eq!((cancelled.order, cancelled.payment), (called_off(), vec![]));
    assert_eq!((cancelled.stock, cancelled.code), (returned(), given_back()));
}

#[test]
fn an_order_that_is_on_its_way_is_not_cancelled() {
    let mut story = Story::paid();
    story.ship(1);
    assert_eq!(story.cancel(refund(1)), Err(OrderError::Shipped.into()));
}

#[test]
fn an_order_is_cancelled_once() {
    for mut story in [Story::placed(), Story::paid(), Story::free()] {
        story.cancel(refund(1)).expect("nothing was sent");
        assert_eq!(story.cancel(refund(2)), Ok(Consequences::default()));
    }
}

#[test]
fn an_order_that_was_never_placed_is_not_found() {
    let mut story = Story::placed();
    story.order = Order::Unplaced;
    assert_eq!(story.cancel(refund(1)), Err(OrderError::NotFound.into()));
}

#[test]
fn the_cart_takes_the_place_of_another_that_is_empty() {
    let mut story = with_another_cart(Story::placed(), vec![]);
    let cancelled = story.cancel(refund(1)).expect("nothing was sent");
    assert_eq!(cancelled.cart, [CartEvent::CartReopened {}]);
    assert_eq!(
        cancelled.cart_owner,
        [CartOwnerEvent::CurrentCartNamed { cart: cart() }]
    );
}

#[test]
fn the_cart_leaves_a_shopper_alone_who_has_begun_to_fill_another() {
    let added = CartEvent::ItemAdded {
        sku: mug(),
        name: "Mug".to_owned(),
        quantity: 1,
        unit_price: eur(1450),
        line_quantity: 1,
    };
    let mut story = with_another_cart(Story::placed(), vec![added]);
    let cancelled = story.cancel(refund(1)).expect("nothing was sent");
    assert_eq!(cancelled.cart, [CartEvent::CartReopened {}]);
    assert_eq!(cancelled.cart_owner, []);
}

#[test]
fn money_that_could_not_be_given_back_before_is_given_back_with_the_order() {
    let mut story = Story::placed();
    story.start(1).expect("it can be paid");
    story.settle(authorized(1)).expect("it was asked");
    story.settle(captured(1, eur(100))).expect("it was asked");
    story.settle(refund_failed(0xc01)).expect("it was asked");
    assert_eq!(story.start(2), Err(PaymentError::Paid.into()), "it is still here");
    let cancelled = story.cancel(refund(1)).expect("nothing was sent");
    assert_eq!(cancelled.payment, [refund_requested(1, 1, 100)]);
    assert_eq!(cancelled.stock, released());
}

#[test]
fn money_of_more_than_one_attempt_is_given_back_of_each() {
    let mut story = Story::placed();
    story.start(1).expect("it can be paid");
    story.settle(action_required(1)).expect("it was asked");
    story.start(2).expect("it can be paid");
    story.settle(authorized(2)).expect("it was asked");
    story.settle(captured(2, total())).expect("it was asked");
    story.settle(captured(1, eur(9999))).expect("it was asked");
    story.settle(refund_failed(0xc01)).expect("it was asked");
    let cancelled = story.cancel(refund(1)).expect("nothing was sent");
    let of_second = PaymentEvent::RefundRequested {
        refund: refund(1).of(attempt(2)),
        attempt: attempt(2),
        amount: total(),
    };
    assert_eq!(cancelled.payment, [refund_requested(1, 1, 9999), of_second]);
}

#[test]
#[should_panic(expected = "every line has its stock")]
fn no_line_is_left_behind_because_its_stock_was_not_loaded() {
    let mut story = Story::placed();
    story.stock.pop();
    let _cancelled = story.cancel(refund(1));
}
