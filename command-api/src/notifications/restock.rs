//! Tells requests that units of their product have come. What that means to them is decided when the stock was looked at again
//! ([`domain::product_request::Arrival`]); one that nobody waits for stores nothing.
//!
//! Called by [`super::followers`] for everything that is read.

use std::collections::BTreeMap;

use domain::RequestId;
use domain::product_request::Came;
use event_store::Reader;
use serde::Deserialize;
use uuid::Uuid;

use super::announcement::Announcement;
use super::followers::FollowersError;
use crate::command_loop::{Caller, Command, CommandError, Handle, Requesting};

#[derive(Deserialize)]
struct Payload {
    data: Changed,
}

/// Of the events of stock and products, the fields that one of them has.
#[derive(Deserialize)]
struct Changed {
    /// The SKU.
    id: String,
    version: i64,
    quantity: Option<i64>,
    delta: Option<i64>,
}

pub async fn tell(reader: &Reader, commands: &Handle, heard: &[Announcement]) -> Result<(), FollowersError> {
    let mut came: BTreeMap<String, Vec<Came>> = BTreeMap::new();
    for (sku, arrival) in heard.iter().filter_map(came_by) {
        came.entry(sku).or_default().push(arrival);
    }
    if came.is_empty() {
        return Ok(());
    }
    let skus: Vec<&str> = came.keys().map(String::as_str).collect();
    for (request, sku) in reader.requests_about(&skus).await? {
        let Ok(request) = Uuid::parse_str(&request).map(RequestId::new) else {
            continue;
        };
        for came in came.get(&sku).into_iter().flatten().copied() {
            announce(commands, Requesting::Arrived { request, came }).await?;
        }
    }
    Ok(())
}

async fn announce(commands: &Handle, requesting: Requesting) -> Result<(), CommandError> {
    let id = Uuid::now_v7();
    let caller = Caller {
        metadata: format!(r#"{{"correlation_id":"{id}","causation_id":"{id}","actor":"notifications"}}"#),
        ..Caller::default()
    };
    match commands.execute(Command::Requesting(requesting), caller).await {
        // The rules say no, which is an answer.
        Ok(_) | Err(CommandError::Refused(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn came_by(announcement: &Announcement) -> Option<(String, Came)> {
    let is_of_product = match announcement.event_type.as_str() {
        "stock-item.StockReceived" | "stock-item.StockAdjusted" | "stock-item.ReservationReleased" => false,
        "product.ProductListed" | "product.ProductRelisted" => true,
        _ => return None,
    };
    let changed = match serde_json::from_str::<Payload>(&announcement.payload) {
        Ok(Payload { data }) => data,
        Err(error) => {
            tracing::error!(%error, event_type = announcement.event_type, "no request is told of an event that cannot be read");
            return None;
        }
    };
    let came = if is_of_product {
        Came::Product {
            product_version: changed.version,
        }
    } else {
        Came::Units {
            units: changed.quantity.or(changed.delta).filter(|units| *units > 0)?,
            stock_version: changed.version,
        }
    };
    Some((changed.id, came))
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;

    fn came(event_type: &str, fields: &str) -> Option<(String, Came)> {
        came_by(&Announcement {
            event_id: Uuid::nil(),
            event_type: event_type.to_owned(),
            recorded_at: OffsetDateTime::UNIX_EPOCH,
            payload: format!(r#"{{"data":{{"id":"MUG","version":3,"position":7{fields}}}}}"#),
        })
    }

    #[test]
    fn what_comes_to_the_stock_and_into_the_catalogue_is_told() {
        let mug = |came| Some(("MUG".to_owned(), came));
        let units = |units| {
            mug(Came::Units {
                units,
                stock_version: 3,
            })
        };
        assert_eq!(came("stock-item.StockReceived", r#","quantity":4"#), units(4));
        assert_eq!(
            came("stock-item.StockAdjusted", r#","delta":2,"reason":"found""#),
            units(2)
        );
        assert_eq!(
            came("stock-item.ReservationReleased", r#","order":"x","quantity":1"#),
            units(1)
        );
        assert_eq!(
            came("product.ProductRelisted", ""),
            mug(Came::Product { product_version: 3 })
        );
    }

    #[test]
    fn what_goes_is_not() {
        assert_eq!(
            came("stock-item.StockAdjusted", r#","delta":-2,"reason":"lost""#),
            None
        );
        assert_eq!(
            came("stock-item.StockReserved", r#","order":"x","quantity":1"#),
            None
        );
        assert_eq!(came("product.ProductDelisted", ""), None);
    }
}
