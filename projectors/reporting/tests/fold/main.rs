//! Events in, a row out.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod events;

use domain::order::{CancelReason, OrderEvent, ReturnReason};
use domain::payment::PaymentEvent;
use domain::product::{Details, ProductEvent};
use domain::stock::StockEvent;
use domain::{AggregateType, Event, OrderId};
use events::*;
use reporting::{Key, Row, Step};

#[test]
fn an_order_has_its_lines_and_totals_from_the_first_event_on() {
    let row = order([placed()]);
    assert_eq!(
        (row.state.as_str(), row.placed_at),
        ("awaiting-payment", moment(1))
    );
    assert_eq!(
        (
            row.total_minor,
            row.discount_minor,
            row.item_count,
            row.line_count
        ),
        (4_990, 500, 4, 2)
    );
    let lines: Vec<_> = row
        .lines
        .iter()
        .map(|line| (line.line_no, line.sku.as_str(), line.quantity))
        .collect();
    assert_eq!(lines, [(1, "MUG", 3), (2, "POT", 1)]);
    assert!(row.lines.iter().all(|line| line.order_id == ID));
}

#[test]
fn an_order_is_delivered_when_the_last_parcel_of_all_of_it_arrived() {
    let way = [
        placed(),
        OrderEvent::OrderConfirmed {},
        shipped(1, "MUG", 3),
        delivered(1),
        shipped(2, "POT", 1),
        delivered(2),
    ];
    let states: Vec<String> = (1..=way.len())
        .map(|end| order(way[..end].to_vec()).state)
        .collect();
    let expected = [
        "awaiting-payment",
        "confirmed",
        "partially-shipped",
        "partially-shipped",
        "shipped",
        "delivered",
    ];
    assert_eq!(states, expected);
    let row = order(way);
    assert_eq!(row.confirmed_at, Some(moment(2)));
    assert_eq!(
        (row.first_shipped_at, row.delivered_at),
        (Some(moment(3)), Some(moment(6)))
    );
    assert_eq!((row.parcels, row.parcels_delivered, row.shipped_count), (2, 2, 4));
}

#[test]
fn a_cancelled_order_says_why_and_keeps_when_it_was_paid() {
    let reason = CancelReason::Staff;
    let row = order([
        placed(),
        OrderEvent::OrderConfirmed {},
        OrderEvent::OrderCancelled { reason },
    ]);
    assert_eq!(
        (row.state.as_str(), row.cancel_reason.as_deref()),
        ("cancelled", Some("staff"))
    );
    assert_eq!(
        (row.confirmed_at, row.cancelled_at),
        (Some(moment(2)), Some(moment(3)))
    );
}

#[test]
fn the_return_that_was_asked_for_last_counts() {
    let requested = |reason| OrderEvent::ReturnRequested { reason };
    let row = order([
        placed(),
        requested(ReturnReason::WrongItem),
        OrderEvent::ReturnDeclined {},
        requested(ReturnReason::Damaged),
        OrderEvent::ReturnAccepted {},
    ]);
    assert_eq!(row.return_state.as_deref(), Some("accepted"));
    assert_eq!(row.return_reason.as_deref(), Some("damaged"));
}

#[test]
fn a_payment_counts_its_declines_and_says_the_last_reason() {
    let declined = |number, reason: &str| PaymentEvent::AttemptDeclined {
        attempt: attempt(number),
        reason: reason.to_owned(),
    };
    let row = payment([
        started(1),
        declined(1, "expired_card"),
        started(2),
        declined(2, "fraudulent"),
    ]);
    assert_eq!(
        (row.state.as_str(), row.attempts, row.declined),
        ("awaiting", 2, 2)
    );
    assert_eq!(row.last_decline_reason.as_deref(), Some("fraudulent"));
    let reasons: Vec<_> = row
        .attempt_list
        .iter()
        .map(|attempt| attempt.reason.as_deref())
        .collect();
    assert_eq!(reasons, [Some("expired_card"), Some("fraudulent")]);
}

#[test]
fn a_reason_that_no_column_can_hold_is_told_as_far_as_it_can_be_stored() {
    let row = payment([
        started(1),
        PaymentEvent::AttemptDeclined {
            attempt: attempt(1),
            reason: "do\0not\nhonor".to_owned(),
        },
    ]);
    assert_eq!(row.last_decline_reason.as_deref(), Some("do not honor"));
    assert_eq!(row.attempt_list[0].reason.as_deref(), Some("do not honor"));
}

#[test]
fn a_payment_is_where_its_attempts_are() {
    let (attempt, reference) = (attempt(1), "pi_1".to_owned());
    let state = |events: Vec<PaymentEvent>| payment(events).state;
    assert_eq!(state(vec![]), "awaiting");
    assert_eq!(state(vec![started(1)]), "checking");
    let asked = PaymentEvent::ActionRequired {
        attempt,
        reference: reference.clone(),
    };
    assert_eq!(state(vec![started(1), asked.clone()]), "action-required");
    let authorized = PaymentEvent::PaymentAuthorized { attempt, reference };
    assert_eq!(state(vec![started(1), asked.clone(), authorized]), "checking");
    let voided = PaymentEvent::VoidRequested { attempt };
    assert_eq!(state(vec![started(1), asked.clone(), voided.clone()]), "voided");
    assert_eq!(state(vec![started(1), asked, voided, started(2)]), "checking");
    assert_eq!(state(vec![started(1), captured(1, 4_990)]), "paid");
}

#[test]
fn refunds_add_up_and_one_that_bounced_counts_no_more() {
    let paid = [started(1), captured(1, 4_990)];
    let after = |events: &[PaymentEvent]| payment(paid.iter().chain(events).cloned());
    let some = after(&[refund_requested(1, 990), refunded(1, 990)]);
    assert_eq!(
        (some.state.as_str(), some.refunded_minor),
        ("partially-refunded", 990)
    );
    let bounced = after(&[refund_requested(1, 990), refunded(1, 990), refund_failed(1)]);
    assert_eq!(
        (bounced.state.as_str(), bounced.refunded_minor),
        ("refund-failed", 0)
    );
    assert!(bounced.refund_failed);
    let again = after(&[
        refund_requested(1, 990),
        refund_failed(1),
        refund_requested(2, 4_990),
        refunded(2, 4_990),
    ]);
    assert_eq!(
        (again.state.as_str(), again.refunded_minor, again.refund_failed),
        ("refunded", 4_990, false)
    );
    assert_eq!(
        (again.captured_minor, again.captured_at),
        (4_990, Some(moment(3)))
    );
}

#[test]
fn a_product_and_its_stock_are_folded_each_by_itself() {
    let details = |name: &str| Details {
        name: name.to_owned(),
        description: "Holds tea.".to_owned(),
        category: "kitchen".to_owned(),
        picture: None,
    };
    let product = fold(
        &Key::Product("MUG".to_owned()),
        [
            Event::Product(ProductEvent::ProductListed {
                details: details("Mug"),
                price: euro(1_450),
            }),
            Event::Product(ProductEvent::PriceChanged {
                price: euro(1_500),
                previous: euro(1_450),
            }),
            Event::Product(ProductEvent::DetailsChanged {
                details: details("Cup"),
            }),
            Event::Product(ProductEvent::ProductDelisted {}),
        ],
    );
    let Row::Product(product) = product else {
        panic!("{product:?}")
    };
    assert_eq!(
        (product.name.as_str(), product.price_minor, product.listed),
        ("Cup", 1_500, false)
    );
    assert_eq!((product.listed_at, product.updated_at), (moment(1), moment(4)));

    let order = OrderId::new(ID);
    let stock = fold(
        &Key::Stock("MUG".to_owned()),
        [
            Event::StockItem(StockEvent::StockReceived { quantity: 10 }),
            Event::StockItem(StockEvent::StockReserved { order, quantity: 3 }),
            Event::StockItem(StockEvent::ReservationCommitted { order, quantity: 2 }),
        ],
    );
    let Row::Stock(stock) = stock else {
        panic!("{stock:?}")
    };
    assert_eq!((stock.on_hand, stock.reserved, stock.stock_sequence), (8, 1, 3));
}

#[test]
fn an_event_is_applied_once_and_in_its_turn() {
    let key = Key::Order(ID);
    let (placed, confirmed) = (
        Event::Order(placed()),
        Event::Order(OrderEvent::OrderConfirmed {}),
    );
    let mut row = key.empty();
    assert_eq!(
        row.fold(&recorded(&key, 2, &confirmed), &confirmed),
        Step::Gap { after: 0 }
    );
    assert_eq!(row, key.empty());
    assert_eq!(row.fold(&recorded(&key, 1, &placed), &placed), Step::Applied);
    let before = row.clone();
    assert_eq!(row.fold(&recorded(&key, 1, &placed), &placed), Step::Duplicate);
    assert_eq!(row, before);
    assert_eq!(
        row.fold(&recorded(&key, 2, &confirmed), &confirmed),
        Step::Applied
    );
    assert_eq!(row.sequence(), 2);
}

#[test]
fn only_what_the_tables_are_about_has_a_row() {
    assert_eq!(
        Key::of(AggregateType::Order, &ID.to_string()),
        Some(Key::Order(ID))
    );
    assert_eq!(
        Key::of(AggregateType::StockItem, "MUG"),
        Some(Key::Stock("MUG".to_owned()))
    );
    assert_eq!(Key::of(AggregateType::Order, "MUG"), None);
    assert_eq!(Key::of(AggregateType::Cart, &ID.to_string()), None);
}
