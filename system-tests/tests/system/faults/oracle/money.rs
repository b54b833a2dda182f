//! Invariant 5: nothing is promised that is not there. Invariant 6: what was taken is what confirmed orders cost, each once.

use std::collections::BTreeMap;

use super::views::{sum, total};
use super::{Event, Seen};

/// What an event of a stock item does to the units on hand and to those that are reserved.
pub fn changes(event: &Event) -> (i64, i64) {
    let number = |name: &str| event.payload[name].as_i64().unwrap_or_default();
    match event.kind.as_str() {
        "StockReceived" => (number("quantity"), 0),
        "StockAdjusted" => (number("delta"), 0),
        "StockReserved" => (0, number("quantity")),
        "ReservationReleased" => (0, -number("quantity")),
        "ReservationCommitted" => (-number("quantity"), -number("quantity")),
        _ => (0, 0),
    }
}

pub fn stock_is_never_promised_twice(seen: &Seen, found: &mut Vec<String>) {
    for ((_, sku), events) in seen
        .streams()
        .into_iter()
        .filter(|((kind, _), _)| *kind == "stock-item")
    {
        let (mut on_hand, mut reserved) = (0, 0);
        let mut held: BTreeMap<String, i64> = BTreeMap::new();
        for event in events {
            let (more, promised) = changes(event);
            (on_hand, reserved) = (on_hand + more, reserved + promised);
            if let Some(order) = event.payload["order"].as_str() {
                let of_order = held.entry(order.to_owned()).or_default();
                *of_order += promised;
                if *of_order < 0 {
                    found.push(format!(
                        "I5: a reservation of {sku} for {order} ended twice, at {}",
                        event.position
                    ));
                }
            }
            if reserved < 0 || on_hand < reserved {
                found.push(format!(
                    "I5: at position {} of {sku} {on_hand} are on hand and {reserved} are promised",
                    event.position
                ));
            }
        }
    }
}

pub fn captures_are_totals_of_confirmed_orders(seen: &Seen, found: &mut Vec<String>) {
    let streams = seen.streams();
    for ((_, id), of_order) in streams.iter().filter(|((kind, _), _)| *kind == "order") {
        let of_payment = streams.get(&("payment", *id)).map_or(&[][..], Vec::as_slice);
        let times = |events: &[&Event], kind: &str| events.iter().filter(|event| event.kind == kind).count();
        let (confirmed, captures) = (
            times(of_order, "OrderConfirmed"),
            times(of_payment, "PaymentCaptured"),
        );
        let (taken, refunded) = (
            sum(of_payment, "PaymentCaptured"),
            sum(of_payment, "PaymentRefunded"),
        );
        if confirmed > 1 || captures > 1 {
            found.push(format!(
                "I6: the order {id} was confirmed {confirmed} times and captured {captures} times"
            ));
        }
        let due = if confirmed > 0 { total(of_order) } else { 0 };
        // Money is taken after the order is confirmed, and may still be on its way.
        let is_right = taken == due || (taken == 0 && !seen.is_settled);
        if !is_right {
            found.push(format!(
                "I6: {taken} was captured for the order {id}, and {due} was due"
            ));
        }
        if refunded > taken {
            found.push(format!(
                "I6: {refunded} of {taken} was given back for the order {id}"
            ));
        }
        let at_gateway = seen.charges.get(*id).copied().unwrap_or_default();
        // The gateway was asked after the log was read.
        let is_on_its_way = taken == 0 && at_gateway == total(of_order) && !seen.is_settled;
        let is_known = taken == at_gateway || is_on_its_way;
        if !is_known {
            found.push(format!(
                "I6: the gateway took {at_gateway} for the order {id}, and the log says {taken}"
            ));
        }
    }
}
