//! An order is placed as it was agreed on, and adds up to the minor unit.

use domain::order::{CancelReason, Order, OrderCommand, OrderError, Placement};
use domain::{Currency, Money};

use super::{
    ada, cancel, confirmed, eur, eve, no_order, order, place, placed, placement, request_return, ship,
    shipment, state,
};

#[test]
fn an_order_is_placed_as_it_was_agreed_on() {
    no_order()
        .when(place(placement()))
        .then_expect_events(vec![placed()]);
}

#[test]
fn an_order_is_placed_once() {
    order(vec![]).when(place(placement())).then_expect_events(vec![]);
    order(vec![confirmed()])
        .when(place(placement()))
        .then_expect_events(vec![]);
}

#[test]
fn tax_that_is_not_in_the_prices_comes_on_top() {
    let mut with_tax = placement();
    with_tax.totals.tax_included = false;
    no_order()
        .when(place(with_tax.clone()))
        .then_expect_error(OrderError::Totals);
    with_tax.totals.total = eur(7816 + 1248);
    let answer = Order::default().decide(place(with_tax));
    assert_eq!(answer.map(|events| events.len()), Ok(1));
}

#[test]
fn an_order_that_does_not_add_up_is_not_placed() {
    let damages: [fn(&mut Placement); 11] = [
        |it| it.totals.total = eur(7817),
        |it| it.totals.subtotal = eur(8141),
        |it| it.totals.discount = eur(813),
        |it| it.totals.shipping = eur(491),
        |it| it.lines[0].line_total = eur(4351),
        |it| it.lines[0].discount = eur(434),
        |it| it.lines[0].quantity = 2,
        |it| it.lines[1].unit_price = eur(3791),
        |it| drop(it.lines.pop()),
        |it| it.totals.shipping = Money::new(490, Currency::JPY),
        |it| it.totals.total = Money::new(7816, Currency::JPY),
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        let mut wrong = placement();
        damage(&mut wrong);
        let answer = Order::default().decide(place(wrong));
        assert_eq!(answer, Err(OrderError::Totals), "damage {number}");
    }
}

#[test]
fn no_amount_of_an_order_is_below_zero() {
    let damages: [fn(&mut Placement); 3] = [
        // Each adds up.
        |it| {
            it.totals.shipping = eur(-490);
            it.totals.total = eur(8140 - 814 - 490);
        },
        |it| {
            it.lines[1].discount = eur(-379);
            it.totals.discount = eur(435 - 379);
            it.totals.total = eur(8140 - 56 + 490);
        },
        |it| it.totals.tax = eur(-1),
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        let mut wrong = placement();
        damage(&mut wrong);
        let answer = Order::default().decide(place(wrong));
        assert_eq!(answer, Err(OrderError::Totals), "damage {number}");
    }
}

#[test]
fn an_order_that_was_never_placed_is_not_found() {
    let commands = [
        OrderCommand::Confirm,
        cancel(CancelReason::Customer),
        ship(1, None),
        OrderCommand::Deliver {
            shipment: shipment(1),
        },
        request_return(),
        OrderCommand::AcceptReturn,
        OrderCommand::DeclineReturn,
    ];
    for command in commands {
        no_order().when(command).then_expect_error(OrderError::NotFound);
    }
    assert_eq!(state(&[confirmed()]), Order::Unplaced);
}

#[test]
fn only_its_customer_learns_of_an_order() {
    let order = state(&[placed()]);
    assert_eq!(order.placed_by(ada()), Ok(&placement()));
    assert_eq!(order.placed_by(eve()), Err(OrderError::NotFound));
    assert_eq!(Order::Unplaced.placed_by(ada()), Err(OrderError::NotFound));
}
