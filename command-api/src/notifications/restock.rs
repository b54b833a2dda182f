//! Tells requests that units of their product have come. What that means to them is decided when the stock was looked at again
//! ([`domain::product_request::Arrival`]); one that nobody waits for stores nothing.
//!
//! Called by [`super::request_news`] for everything that is read.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use domain::RequestId;
use domain::product_request::Came;
use event_store::Reader;
use futures::StreamExt;
use serde::Deserialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::announcement::Announcement;
use super::following::Following;
use super::parking::{Parking, aggregate_of_request};
use super::telling::NotTold;
use crate::command_loop::{Caller, Command, CommandError, Handle, Requesting};

/// Requests that are told at a time: as many commands wait for the loop.
const AT_ONCE: usize = 16;
/// How often the loop is asked about one request before that is taken to be the matter.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

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

/// Tells requests.
pub struct Restock {
    pub reader: Reader,
    pub commands: Handle,
    /// Knows which requests have ended.
    pub following: Following,
    /// Of the consumer that tells: a request that cannot be told is parked, not the stock.
    pub parking: Parking,
}

/// Something that one request is to be told of.
struct Arrived<'a> {
    came: Came,
    event: &'a Announcement,
}

impl Restock {
    /// Tells every request what came to its product. A request that cannot be told is parked, and the others are told.
    pub async fn tell(&self, heard: &[Announcement], now: OffsetDateTime) -> Result<(), NotTold> {
        let mut came: BTreeMap<String, Vec<Arrived<'_>>> = BTreeMap::new();
        for event in heard {
            if let Some((sku, came_now)) = came_by(event)? {
                let arrived = Arrived {
                    came: came_now,
                    event,
                };
                came.entry(sku).or_default().push(arrived);
            }
        }
        if came.is_empty() {
            return Ok(());
        }
        let skus: Vec<&str> = came.keys().map(String::as_str).collect();
        let about = self.open_requests_about(&skus).await?;
        let aggregates: Vec<String> = about
            .iter()
            .map(|(request, _)| aggregate_of_request(*request))
            .collect();
        let named: Vec<&str> = aggregates.iter().map(String::as_str).collect();
        let parked = self.parking.parked_among(&named).await?;
        let telling = about.iter().filter_map(|(request, sku)| {
            let arrivals = came.get(sku)?;
            Some(self.tell_request(*request, arrivals, &parked, now))
        });
        // Each request hears of its arrivals one after the other.
        let mut telling = futures::stream::iter(telling).buffer_unordered(AT_ONCE);
        while let Some(told) = telling.next().await {
            told?;
        }
        Ok(())
    }

    /// Tells one request what came with one event.
    pub async fn tell_one(&self, request: Uuid, event: &Announcement) -> Result<(), NotTold> {
        match came_by(event)? {
            Some((_, came)) => self.announce(RequestId::new(request), came).await,
            None => Ok(()),
        }
    }

    /// The requests about products, as far as something can still come of them.
    async fn open_requests_about(&self, skus: &[&str]) -> Result<Vec<(Uuid, String)>, NotTold> {
        let about = self.reader.requests_about(skus).await?;
        let about: Vec<(Uuid, String)> = about
            .into_iter()
            .filter_map(|(request, sku)| Some((Uuid::parse_str(&request).ok()?, sku)))
            .collect();
        let requests: Vec<Uuid> = about.iter().map(|(request, _)| *request).collect();
        // What is not known here may be open.
        let settled: HashSet<Uuid> = self.following.settled(&requests).await?.into_iter().collect();
        let open = about
            .into_iter()
            .filter(|(request, _)| !settled.contains(request));
        Ok(open.collect())
    }

    async fn tell_request(
        &self,
        request: Uuid,
        arrivals: &[Arrived<'_>],
        parked: &HashSet<String>,
        now: OffsetDateTime,
    ) -> Result<(), NotTold> {
        let (id, aggregate) = (RequestId::new(request), aggregate_of_request(request));
        let mut is_parked = parked.contains(&aggregate);
        for Arrived { came, event } in arrivals {
            if is_parked {
                self.parking.park_behind(&[(&aggregate, event)], now).await?;
                continue;
            }
            match self.announce(id, *came).await {
                Ok(()) => {}
                Err(NotTold::Never(reason)) => {
                    self.parking.park(&aggregate, event, &reason, now).await?;
                    is_parked = true;
                }
                Err(away @ NotTold::Away(_)) => return Err(away),
            }
        }
        Ok(())
    }

    /// A request whose decision is not answered although PostgreSQL is there does not hold up the others: it is parked.
    async fn announce(&self, request: RequestId, came: Came) -> Result<(), NotTold> {
        let mut tries = 0;
        loop {
            let told = announce(&self.commands, Requesting::Arrived { request, came }).await;
            let Err(NotTold::Away(reason)) = told else {
                return told;
            };
            tries += 1;
            if tries >= TRIES {
                self.reader.ping().await?;
                return Err(NotTold::Never(reason));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn announce(commands: &Handle, requesting: Requesting) -> Result<(), NotTold> {
    let id = Uuid::now_v7();
    let caller = Caller {
        metadata: format!(r#"{{"correlation_id":"{id}","causation_id":"{id}","actor":"notifications"}}"#),
        ..Caller::default()
    };
    match commands.execute(Command::Requesting(requesting), caller).await {
        // The rules say no, which is an answer.
        Ok(_) | Err(CommandError::Refused(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn came_by(announcement: &Announcement) -> Result<Option<(String, Came)>, NotTold> {
    let is_of_product = match announcement.event_type.as_str() {
        "stock-item.StockReceived" | "stock-item.StockAdjusted" | "stock-item.ReservationReleased" => false,
        "product.ProductListed" | "product.ProductRelisted" => true,
        _ => return Ok(None),
    };
    let Payload { data: changed } = serde_json::from_str(&announcement.payload)
        .map_err(|error| NotTold::Never(format!("a {} cannot be read: {error}", announcement.event_type)))?;
    let came = if is_of_product {
        Came::Product {
            product_version: changed.version,
        }
    } else {
        let Some(units) = changed.quantity.or(changed.delta).filter(|units| *units > 0) else {
            return Ok(None);
        };
        Came::Units {
            units,
            stock_version: changed.version,
        }
    };
    Ok(Some((changed.id, came)))
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;

    fn came(event_type: &str, fields: &str) -> Option<(String, Came)> {
        let announcement = Announcement {
            event_id: Uuid::nil(),
            aggregate: "stock-item/MUG".to_owned(),
            sequence: 3,
            position: 7,
            event_type: event_type.to_owned(),
            recorded_at: OffsetDateTime::UNIX_EPOCH,
            payload: format!(r#"{{"data":{{"id":"MUG","version":3,"position":7{fields}}}}}"#),
        };
        came_by(&announcement).unwrap()
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
