//! Invariant 4 for what shoppers and staff look at most: each document equals a fold of the log as far as the document is,
//! and is no older than the log was when the look began. The folds are written anew here.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Document, Event, Seen};

/// SKU and quantity of a cart's lines.
pub fn lines_of(cart: &Value) -> Vec<(String, u32)> {
    let lines = cart["lines"].as_array().map_or(&[][..], Vec::as_slice);
    lines
        .iter()
        .map(|line| {
            let quantity = line["quantity"]
                .as_u64()
                .and_then(|number| u32::try_from(number).ok());
            (text(&line["sku"]), quantity.unwrap_or_default())
        })
        .collect()
}

pub fn carts(seen: &Seen, found: &mut Vec<String>) {
    for ((_, id), events) in seen
        .streams()
        .into_iter()
        .filter(|((kind, _), _)| *kind == "cart")
    {
        let Some((document, until)) =
            reached(seen, "cart", id, seen.carts.get(id), "version", &events, found)
        else {
            continue;
        };
        let (mut lines, mut state): (Vec<(String, u32)>, _) = (vec![], "open");
        for event in &events[..until] {
            match event.kind.as_str() {
                "ItemAdded" => set(&mut lines, event, &event.payload["line_quantity"]),
                "QuantityChanged" => set(&mut lines, event, &event.payload["quantity"]),
                "ItemRemoved" => lines.retain(|(sku, _)| *sku != text(&event.payload["sku"])),
                "CartCleared" => lines.clear(),
                "CartCheckedOut" => state = "checked-out",
                "CartReopened" => state = "open",
                "CartExpired" => state = "expired",
                "CartMerged" => state = "merged",
                _ => {}
            }
        }
        let (shown, shown_state) = (lines_of(&document.body), text(&document.body["state"]));
        if shown != lines || shown_state != state {
            found.push(format!(
                "I4: the cart {id} shows {shown_state} {shown:?} at version {until}, and the log says {state} {lines:?}"
            ));
        }
    }
}

fn set(lines: &mut Vec<(String, u32)>, event: &Event, quantity: &Value) {
    let sku = text(&event.payload["sku"]);
    let quantity = quantity
        .as_u64()
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or_default();
    match lines.iter_mut().find(|(known, _)| *known == sku) {
        Some((_, known)) => *known = quantity,
        None => lines.push((sku, quantity)),
    }
}

pub fn orders(seen: &Seen, found: &mut Vec<String>) {
    let streams = seen.streams();
    for ((_, id), of_order) in streams.iter().filter(|((kind, _), _)| *kind == "order") {
        let of_payment = streams.get(&("payment", *id)).map_or(&[][..], Vec::as_slice);
        let document = seen.orders.get(*id);
        let Some((document, placed)) = reached(seen, "order", id, document, "version", of_order, found)
        else {
            continue;
        };
        let paid = reached(
            seen,
            "payment",
            id,
            Some(document),
            "payment_version",
            of_payment,
            found,
        );
        let Some((_, paid)) = paid else { continue };
        let (of_order, of_payment) = (&of_order[..placed], &of_payment[..paid]);
        let mut both: Vec<&Event> = of_order.iter().chain(of_payment).copied().collect();
        both.sort_by_key(|event| event.position);
        let happened: Vec<_> = both.iter().map(|event| event.kind.clone()).collect();
        let shown: Vec<_> = document.body["timeline"]
            .as_array()
            .map_or(&[][..], Vec::as_slice)
            .iter()
            .map(|moment| text(&moment["what"]))
            .collect();
        if shown != happened {
            found.push(format!(
                "I4: the order {id} shows {shown:?}, and the log says {happened:?}"
            ));
        }
        let money = [
            ("total", &document.body["totals"]["total"], total(of_order)),
            (
                "captured",
                &document.body["payment"]["captured"],
                sum(of_payment, "PaymentCaptured"),
            ),
            (
                "refunded",
                &document.body["payment"]["refunded"],
                sum(of_payment, "PaymentRefunded"),
            ),
        ];
        for (what, shown, expected) in money {
            let shown = shown["minor"].as_i64().unwrap_or_default();
            if shown != expected {
                found.push(format!(
                    "I4: the order {id} shows {shown} as {what}, and the log says {expected}"
                ));
            }
        }
    }
}

pub fn total(of_order: &[&Event]) -> i64 {
    let placed = of_order.iter().find(|event| event.kind == "OrderPlaced");
    placed
        .and_then(|event| event.payload["totals"]["total"]["minor"].as_i64())
        .unwrap_or_default()
}

pub fn sum(events: &[&Event], kind: &str) -> i64 {
    let amounts = events.iter().filter(|event| event.kind == kind);
    amounts
        .filter_map(|event| event.payload["amount"]["minor"].as_i64())
        .sum()
}

pub fn products(seen: &Seen, found: &mut Vec<String>) {
    let streams = seen.streams();
    for ((_, sku), events) in streams.iter().filter(|((kind, _), _)| *kind == "product") {
        let document = seen.products.get(*sku);
        let Some((document, until)) = reached(seen, "product", sku, document, "version", events, found)
        else {
            continue;
        };
        let price = events[..until]
            .iter()
            .rev()
            .find_map(|event| event.payload["price"]["minor"].as_i64());
        if document.body["price"]["minor"].as_i64() != price {
            found.push(format!(
                "I4: the product {sku} costs {}, and the log says {price:?}",
                document.body["price"]
            ));
        }
        let stock = streams.get(&("stock-item", *sku)).map_or(&[][..], Vec::as_slice);
        let versions: BTreeMap<String, usize> = document
            .fields
            .get("versions")
            .and_then(|versions| serde_json::from_str(versions).ok())
            .unwrap_or_default();
        let until = versions.get("stock-item").copied().unwrap_or_default();
        if until > stock.len() || until < stock.iter().filter(|event| event.position <= seen.head).count() {
            found.push(format!(
                "I4: the stock of {sku} is shown at version {until}, the log has {}",
                stock.len()
            ));
            continue;
        }
        let available: i64 = stock[..until]
            .iter()
            .map(|event| super::money::changes(event))
            .map(|(a, b)| a - b)
            .sum();
        if document.body["available"].as_i64() != Some(available) {
            found.push(format!(
                "I4: of {sku} {} are shown as available at version {until}, and the log says {available}",
                document.body["available"]
            ));
        }
    }
}

/// The document with the number of events that are in it, if it is as new as it has to be.
fn reached<'d>(
    seen: &Seen,
    what: &str,
    id: &str,
    document: Option<&'d Document>,
    version: &str,
    events: &[&Event],
    found: &mut Vec<String>,
) -> Option<(&'d Document, usize)> {
    let needed = events.iter().filter(|event| event.position <= seen.head).count();
    let Some(document) = document else {
        if needed > 0 {
            found.push(format!("I4: the {what} {id} has {needed} events and no document"));
        }
        return None;
    };
    let shown = document.body[version]
        .as_u64()
        .and_then(|number| usize::try_from(number).ok());
    match shown {
        Some(shown) if (needed..=events.len()).contains(&shown) => Some((document, shown)),
        _ => {
            found.push(format!(
                "I4: the {what} {id} is shown at version {}, and the log has {} events, {needed} of them for long",
                document.body[version],
                events.len()
            ));
            None
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
