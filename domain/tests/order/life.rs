//! An order is paid, cancelled, sent back.

use cqrs_es::Aggregate;
use domain::order::{
    CancelReason, Order, OrderCommand, OrderError, OrderEvent, ReturnReason, Returning, Status,
};

use super::{
    ada, cancel, cancelled, confirmed, eve, everything, mug, no_order, order, paid, placed, request_return,
    return_requested, shipped, state,
};

fn accepted() -> OrderEvent {
    OrderEvent::ReturnAccepted {}
}

fn declined() -> OrderEvent {
    OrderEvent::ReturnDeclined {}
}

/// Sent, and what happened since.
fn sent(then: Vec<OrderEvent>) -> Vec<OrderEvent> {
    [vec![shipped(1, everything())], then].concat()
}

#[test]
fn an_order_is_confirmed_once() {
    order(vec![])
        .when(OrderCommand::Confirm)
        .then_expect_events(vec![confirmed()]);
    paid(vec![])
        .when(OrderCommand::Confirm)
        .then_expect_events(vec![]);
    paid(sent(vec![]))
        .when(OrderCommand::Confirm)
        .then_expect_events(vec![]);
}

#[test]
fn a_cancelled_order_is_not_confirmed() {
    order(vec![cancelled(CancelReason::Expired)])
        .when(OrderCommand::Confirm)
        .then_expect_error(OrderError::Cancelled);
}

#[test]
fn an_order_is_cancelled_before_it_is_paid_or_sent_and_tells_why() {
    for reason in [CancelReason::Expired, CancelReason::Customer, CancelReason::Staff] {
        order(vec![])
            .when(cancel(reason))
            .then_expect_events(vec![cancelled(reason)]);
        paid(vec![])
            .when(cancel(reason))
            .then_expect_events(vec![cancelled(reason)]);
    }
}

#[test]
fn an_order_is_cancelled_once() {
    order(vec![cancelled(CancelReason::Expired)])
        .when(cancel(CancelReason::Staff))
        .then_expect_events(vec![]);
}

#[test]
fn an_order_that_is_on_its_way_is_not_cancelled() {
    paid(sent(vec![]))
        .when(cancel(CancelReason::Customer))
        .then_expect_error(OrderError::Shipped);
}

#[test]
fn a_customer_asks_for_a_return_of_what_was_sent() {
    for reason in [
        ReturnReason::Damaged,
        ReturnReason::WrongItem,
        ReturnReason::NotAsDescribed,
        ReturnReason::NotWanted,
    ] {
        paid(sent(vec![]))
            .when(OrderCommand::RequestReturn { reason })
            .then_expect_events(vec![OrderEvent::ReturnRequested { reason }]);
    }
}

#[test]
fn nothing_is_returned_that_was_not_sent() {
    for before in [vec![], vec![confirmed()], vec![cancelled(CancelReason::Customer)]] {
        order(before)
            .when(request_return())
            .then_expect_error(OrderError::NotShipped);
    }
}

#[test]
fn asking_for_a_return_again_changes_nothing() {
    paid(sent(vec![return_requested()]))
        .when(request_return())
        .then_expect_events(vec![]);
}

#[test]
fn a_return_is_accepted_or_declined_once() {
    let accept = || OrderCommand::AcceptReturn;
    let decline = || OrderCommand::DeclineReturn;
    paid(sent(vec![return_requested()]))
        .when(accept())
        .then_expect_events(vec![accepted()]);
    paid(sent(vec![return_requested()]))
        .when(decline())
        .then_expect_events(vec![declined()]);
    paid(sent(vec![return_requested(), accepted()]))
        .when(accept())
        .then_expect_events(vec![]);
    paid(sent(vec![return_requested(), declined()]))
        .when(decline())
        .then_expect_events(vec![]);
}

#[test]
fn money_can_be_given_back_to_somebody_who_asked_for_no_return() {
    for then in [vec![], sent(vec![]), sent(vec![return_requested(), declined()])] {
        paid(then)
            .when(OrderCommand::AcceptReturn)
            .then_expect_events(vec![]);
    }
}

#[test]
fn what_nobody_asked_for_is_not_declined() {
    for then in [vec![], sent(vec![]), sent(vec![return_requested(), accepted()])] {
        paid(then)
            .when(OrderCommand::DeclineReturn)
            .then_expect_error(OrderError::NoReturn);
    }
}

#[test]
fn a_customer_whose_return_was_answered_can_ask_again() {
    for answer in [accepted(), declined()] {
        paid(sent(vec![return_requested(), answer]))
            .when(request_return())
            .then_expect_events(vec![return_requested()]);
    }
}

#[test]
fn an_order_goes_through_its_states() {
    let of = |events: &[OrderEvent]| match state(events) {
        Order::Placed {
            status, returning, ..
        } => (status, returning),
        Order::Unplaced => panic!("it was placed"),
    };
    let all = [
        placed(),
        confirmed(),
        shipped(1, everything()),
        return_requested(),
        declined(),
        return_requested(),
        accepted(),
    ];
    let expected = [
        (Status::AwaitingPayment, Returning::NotRequested),
        (Status::Confirmed, Returning::NotRequested),
        (Status::Confirmed, Returning::NotRequested),
        (Status::Confirmed, Returning::Requested),
        (Status::Confirmed, Returning::Declined),
        (Status::Confirmed, Returning::Requested),
        (Status::Confirmed, Returning::Accepted),
    ];
    for (count, expected) in (1..).zip(expected) {
        assert_eq!(of(&all[..count]), expected, "after {count}");
    }
    let ended = [placed(), cancelled(CancelReason::Staff)];
    assert_eq!(of(&ended), (Status::Cancelled, Returning::NotRequested));
}

#[test]
fn a_refusal_has_a_code_for_programs_and_a_sentence_for_people() {
    let refusals = [
        (OrderError::NotFound, "order-not-found", "there is no such order"),
        (
            OrderError::Totals,
            "order-totals",
            "the order's lines and totals do not add up",
        ),
        (OrderError::NotPaid, "order-not-paid", "the order is not paid"),
        (OrderError::Cancelled, "order-cancelled", "the order is cancelled"),
        (
            OrderError::Shipped,
            "order-shipped",
            "some of the order is on its way already; ask for a return instead",
        ),
        (
            OrderError::NotShipped,
            "order-not-shipped",
            "nothing of the order was sent",
        ),
        (
            OrderError::NothingToShip,
            "nothing-to-ship",
            "there is nothing of the order to send",
        ),
        (
            OrderError::Quantity {
                sku: mug(),
                left: 3,
                wanted: 4,
            },
            "shipment-quantity",
            "3 of KIT-MUG-STONE are left to send; 4 cannot be sent",
        ),
        (
            OrderError::UnknownShipment,
            "unknown-shipment",
            "the order has no such shipment",
        ),
        (OrderError::NoReturn, "no-return", "nobody asked for a return"),
    ];
    for (error, code, sentence) in refusals {
        assert_eq!((error.code(), error.to_string().as_str()), (code, sentence));
    }
}

#[test]
fn cqrs_es_knows_the_order_by_the_name_of_the_log() {
    assert_eq!(Order::TYPE, "order");
}

#[test]
fn a_guests_order_becomes_an_accounts_once_and_is_its_alone() {
    let (guest, account) = (ada(), eve());
    let take_over = OrderCommand::TakeOver {
        from: guest,
        to: account,
    };
    let taken = OrderEvent::OrderTakenOver { customer: account };
    order(vec![])
        .when(take_over.clone())
        .then_expect_events(vec![taken.clone()]);
    // Also one that is over: it is looked at for years.
    paid(sent(vec![]))
        .when(take_over.clone())
        .then_expect_events(vec![taken.clone()]);
    order(vec![taken.clone()])
        .when(take_over.clone())
        .then_expect_events(vec![]);
    no_order().when(take_over).then_expect_error(OrderError::NotFound);
    // What another one gave up is not theirs to take.
    order(vec![taken.clone()])
        .when(OrderCommand::TakeOver {
            from: guest,
            to: guest_of_another_browser(),
        })
        .then_expect_error(OrderError::NotFound);

    let after = state(&[placed(), taken]);
    assert!(after.placed_by(account).is_ok());
    assert_eq!(after.placed_by(guest), Err(OrderError::NotFound));
    // What it redeemed, and the cart that it was, are found under who placed it.
    assert_eq!(
        after.placed_by(account).map(|placement| placement.customer),
        Ok(guest)
    );
}

fn guest_of_another_browser() -> domain::OwnerId {
    domain::OwnerId::new(uuid::Uuid::from_u128(0xb0b))
}
