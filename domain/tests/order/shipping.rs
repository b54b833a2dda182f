//! An order is sent in parcels, and every unit of it once.

use domain::order::{CancelReason, Carrier, OrderCommand, OrderError, OrderEvent, TrackingNumber};

use super::{
    cancelled, confirmed, everything, mug, order, paid, placed, ship, shipment, shipped, shipped_line, sku,
    state, teapot,
};

fn deliver(number: u128) -> OrderCommand {
    OrderCommand::Deliver {
        shipment: shipment(number),
    }
}

fn delivered(number: u128) -> OrderEvent {
    OrderEvent::OrderDelivered {
        shipment: shipment(number),
    }
}

fn ship_with(carrier: &str, tracking: Option<&str>) -> OrderCommand {
    OrderCommand::Ship {
        shipment: shipment(1),
        lines: None,
        carrier: Carrier::parse(carrier).expect("a fixture is valid"),
        tracking: tracking.map(|tracking| TrackingNumber::parse(tracking).expect("a fixture is valid")),
    }
}

#[test]
fn everything_is_sent_where_nothing_else_is_said() {
    paid(vec![])
        .when(ship(1, None))
        .then_expect_events(vec![shipped(1, everything())]);
}

#[test]
fn an_order_can_be_sent_in_parts() {
    let two_mugs = || vec![shipped_line(mug(), 2)];
    paid(vec![])
        .when(ship(1, Some(two_mugs())))
        .then_expect_events(vec![shipped(1, two_mugs())]);
    let rest = vec![shipped_line(mug(), 1), shipped_line(teapot(), 1)];
    paid(vec![shipped(1, two_mugs())])
        .when(ship(2, None))
        .then_expect_events(vec![shipped(2, rest)]);
}

#[test]
fn a_parcel_holds_each_product_once() {
    let mugs = vec![
        shipped_line(mug(), 1),
        shipped_line(teapot(), 1),
        shipped_line(mug(), 2),
    ];
    paid(vec![])
        .when(ship(1, Some(mugs)))
        .then_expect_events(vec![shipped(1, everything())]);
}

#[test]
fn no_more_is_sent_than_was_bought() {
    let too_many = |sku, left, wanted| OrderError::Quantity { sku, left, wanted };
    let lines = |quantity| Some(vec![shipped_line(mug(), quantity)]);
    paid(vec![])
        .when(ship(1, lines(4)))
        .then_expect_error(too_many(mug(), 3, 4));
    paid(vec![shipped(1, vec![shipped_line(mug(), 2)])])
        .when(ship(2, lines(2)))
        .then_expect_error(too_many(mug(), 1, 2));
    paid(vec![shipped(1, vec![shipped_line(mug(), 3)])])
        .when(ship(2, lines(1)))
        .then_expect_error(too_many(mug(), 0, 1));
    let in_two_lines = vec![shipped_line(mug(), 2), shipped_line(mug(), 2)];
    paid(vec![])
        .when(ship(1, Some(in_two_lines)))
        .then_expect_error(too_many(mug(), 3, 4));
    let overflowing = vec![shipped_line(mug(), 1), shipped_line(mug(), u32::MAX)];
    paid(vec![])
        .when(ship(1, Some(overflowing)))
        .then_expect_error(too_many(mug(), 3, u32::MAX));
    let not_bought = vec![shipped_line(sku("KIT-BOWL"), 1)];
    paid(vec![])
        .when(ship(1, Some(not_bought)))
        .then_expect_error(too_many(sku("KIT-BOWL"), 0, 1));
}

#[test]
fn a_parcel_holds_something_of_everything_that_is_listed() {
    paid(vec![])
        .when(ship(1, Some(vec![])))
        .then_expect_error(OrderError::NothingToShip);
    for none_of_it in [
        vec![shipped_line(mug(), 0)],
        vec![shipped_line(teapot(), 1), shipped_line(mug(), 0)],
    ] {
        paid(vec![])
            .when(ship(1, Some(none_of_it)))
            .then_expect_error(OrderError::Quantity {
                sku: mug(),
                left: 3,
                wanted: 0,
            });
    }
}

#[test]
fn an_order_that_was_sent_whole_is_not_sent_again() {
    paid(vec![shipped(1, everything())])
        .when(ship(2, None))
        .then_expect_error(OrderError::NothingToShip);
}

#[test]
fn a_parcel_is_sent_once() {
    paid(vec![shipped(1, vec![shipped_line(mug(), 2)])])
        .when(ship(1, None))
        .then_expect_events(vec![]);
    paid(vec![shipped(1, everything())])
        .when(ship(1, None))
        .then_expect_events(vec![]);
}

#[test]
fn nothing_is_sent_that_is_not_paid() {
    order(vec![])
        .when(ship(1, None))
        .then_expect_error(OrderError::NotPaid);
}

#[test]
fn nothing_is_sent_of_a_cancelled_order() {
    for before in [vec![], vec![confirmed()]] {
        order([before, vec![cancelled(CancelReason::Staff)]].concat())
            .when(ship(1, None))
            .then_expect_error(OrderError::Cancelled);
    }
}

#[test]
fn a_carrier_and_a_tracking_number_are_lines_of_up_to_64_characters() {
    let long = "ä".repeat(64);
    let too_long = "ä".repeat(65);
    for bad in ["", " ", "\u{200b}", "D\0HL", "D\nHL", &*too_long] {
        assert!(Carrier::parse(bad).is_err(), "{bad:?}");
        assert!(TrackingNumber::parse(bad).is_err(), "{bad:?}");
    }
    let events = vec![OrderEvent::OrderShipped {
        shipment: shipment(1),
        lines: everything(),
        carrier: long.clone(),
        tracking: Some(long.clone()),
    }];
    paid(vec![])
        .when(ship_with(&long, Some(&long)))
        .then_expect_events(events);
}

#[test]
fn a_parcel_arrives_once() {
    paid(vec![shipped(1, everything())])
        .when(deliver(1))
        .then_expect_events(vec![delivered(1)]);
    paid(vec![shipped(1, everything()), delivered(1)])
        .when(deliver(1))
        .then_expect_events(vec![]);
}

#[test]
fn each_parcel_arrives_by_itself() {
    let sent = vec![
        shipped(1, vec![shipped_line(mug(), 2)]),
        shipped(2, vec![shipped_line(mug(), 1)]),
        delivered(2),
    ];
    paid(sent).when(deliver(1)).then_expect_events(vec![delivered(1)]);
}

#[test]
fn a_parcel_that_was_never_sent_does_not_arrive() {
    paid(vec![shipped(1, everything())])
        .when(deliver(2))
        .then_expect_error(OrderError::UnknownShipment);
    order(vec![])
        .when(deliver(1))
        .then_expect_error(OrderError::UnknownShipment);
}

#[test]
fn what_is_left_to_send_is_known_at_any_time() {
    let left = |events: &[OrderEvent]| state(events).left_to_ship().into_iter().collect::<Vec<_>>();
    assert_eq!(left(&[]), []);
    assert_eq!(left(&[placed()]), [(mug(), 3), (teapot(), 1)]);
    let two_mugs = shipped(1, vec![shipped_line(mug(), 2)]);
    assert_eq!(
        left(&[placed(), confirmed(), two_mugs.clone()]),
        [(mug(), 1), (teapot(), 1)]
    );
    let a_mug = shipped(2, vec![shipped_line(mug(), 1)]);
    assert_eq!(left(&[placed(), confirmed(), two_mugs, a_mug]), [(teapot(), 1)]);
}
