//! In how many open carts a product is: a sum over all carts, kept as what each part of history added to it.
//!
//! Part of the view of carts, which reads these events anyway. Most cart events say by themselves how they change the sum;
//! those that close or reopen a cart concern all of its lines.

use std::collections::HashMap;

use domain::Event;
use domain::cart::CartEvent;
use redis::AsyncCommands;

use crate::document::Document;
use crate::keys::{Generation, Keys};

/// The part that a rebuild counted.
pub const BASE: &str = "base";

/// The part that was consumed from one Kafka partition.
pub fn part(topic: &str, partition: i32) -> String {
    format!("{topic}:{partition}")
}

/// Changes of counts, by SKU.
pub type Counts = HashMap<String, i64>;

/// Adds to `counts` what `event` changes; `document` is the one that it was folded into, as it is after the event.
pub fn count(counts: &mut Counts, document: &Document, event: &Event) {
    let (Document::Cart { cart, .. }, Event::Cart(event)) = (document, event) else {
        return;
    };
    let mut add_every_line = |change: i64| {
        for line in cart.iter().flat_map(|cart| &cart.lines) {
            add(counts, line.sku.as_str(), change);
        }
    };
    match event {
        CartEvent::CartOpened { .. }
        | CartEvent::QuantityChanged { .. }
        | CartEvent::DiscountApplied { .. }
        | CartEvent::DiscountRemoved { .. } => {}
        CartEvent::ItemAdded {
            sku,
            quantity,
            line_quantity,
            ..
        } => {
            if quantity == line_quantity {
                add(counts, sku.as_str(), 1);
            }
        }
        CartEvent::ItemRemoved { sku, .. } => add(counts, sku.as_str(), -1),
        CartEvent::CartCleared { skus } => skus.iter().for_each(|sku| add(counts, sku.as_str(), -1)),
        // These leave the lines as they were.
        CartEvent::CartCheckedOut { .. } | CartEvent::CartExpired {} | CartEvent::CartMerged { .. } => {
            add_every_line(-1);
        }
        CartEvent::CartReopened {} => add_every_line(1),
    }
}

/// Whether [`count`] looks at the document, and so has to be given the one of that moment and no later one.
pub fn depends_on_document(event: &Event) -> bool {
    match event {
        Event::Cart(event) => match event {
            CartEvent::CartCheckedOut { .. }
            | CartEvent::CartExpired {}
            | CartEvent::CartMerged { .. }
            | CartEvent::CartReopened {} => true,
            CartEvent::CartOpened { .. }
            | CartEvent::ItemAdded { .. }
            | CartEvent::QuantityChanged { .. }
            | CartEvent::ItemRemoved { .. }
            | CartEvent::CartCleared { .. }
            | CartEvent::DiscountApplied { .. }
            | CartEvent::DiscountRemoved { .. } => false,
        },
        Event::CartOwner(_)
        | Event::Product(_)
        | Event::StockItem(_)
        | Event::Order(_)
        | Event::Payment(_)
        | Event::DiscountCode(_)
        | Event::CodeCustomer(_)
        | Event::ProductRequest(_)
        | Event::RequestMember(_) => false,
    }
}

fn add(counts: &mut Counts, sku: &str, change: i64) {
    match counts.get_mut(sku) {
        Some(count) => *count += change,
        None => {
            counts.insert(sku.to_owned(), change);
        }
    }
}

/// In how many open carts each of `skus` is, in their order. For the query API.
///
/// # Errors
/// When Redis does not answer.
pub async fn open_carts(
    connection: &mut impl AsyncCommands,
    keys: &Keys,
    generation: Generation,
    skus: &[&str],
) -> redis::RedisResult<Vec<i64>> {
    let mut sums = vec![0; skus.len()];
    if skus.is_empty() {
        return Ok(sums);
    }
    let parts: Vec<String> = connection.smembers(keys.in_carts_parts(generation)).await?;
    if parts.is_empty() {
        return Ok(sums);
    }
    let mut pipeline = redis::pipe();
    for part in &parts {
        pipeline
            .cmd("HMGET")
            .arg(keys.in_carts(generation, part))
            .arg(skus);
    }
    let counts: Vec<Vec<Option<i64>>> = pipeline.query_async(connection).await?;
    for of_part in counts {
        for (sum, count) in sums.iter_mut().zip(of_part) {
            *sum += count.unwrap_or(0);
        }
    }
    Ok(sums)
}
