//! In how many open carts a product is: a sum over all carts, kept as what each part of history added to it.
//!
//! Every cart event says by itself how it changes the count, so no cart has to be looked at. Part of the view of carts,
//! which reads these events anyway.

use std::collections::HashMap;

use domain::cart::CartEvent;
use redis::AsyncCommands;

use crate::keys::{Generation, Keys};

/// The part that a rebuild counted.
pub const BASE: &str = "base";

/// The part that was consumed from one Kafka partition.
pub fn part(topic: &str, partition: i32) -> String {
    format!("{topic}:{partition}")
}

/// Changes of counts, by SKU.
pub type Counts = HashMap<String, i64>;

/// Adds to `counts` what `event` changes.
pub fn count(counts: &mut Counts, event: &CartEvent) {
    match event {
        CartEvent::CartOpened { .. } | CartEvent::QuantityChanged { .. } => {}
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
