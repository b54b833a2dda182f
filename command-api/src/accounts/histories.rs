//! What happened to many orders, read in batches: an account may have thousands.

use std::collections::HashMap;

use domain::{AggregateType, RecordedEvent};
use event_store::Reader;
use uuid::Uuid;

/// Orders whose events are in memory at the same time: some thousand events of some hundred bytes.
pub const BATCH: u8 = 100;

/// Every event of some orders, and of their payments.
pub struct Histories {
    orders: Streams,
    payments: Streams,
}

type Streams = HashMap<String, Vec<RecordedEvent>>;

impl Histories {
    /// Of one batch of orders: two statements.
    ///
    /// # Errors
    /// PostgreSQL does not answer, or what is stored of one of the events cannot be read.
    pub async fn of(reader: &Reader, orders: &[Uuid]) -> Result<Self, sqlx::Error> {
        Ok(Self {
            orders: streams(reader, AggregateType::Order, orders).await?,
            payments: streams(reader, AggregateType::Payment, orders).await?,
        })
    }

    /// The events of an order, and those of its payment. They are taken out.
    pub fn take(&mut self, order: Uuid) -> (Vec<RecordedEvent>, Vec<RecordedEvent>) {
        let key = order.to_string();
        let (ordered, paid) = (self.orders.remove(&key), self.payments.remove(&key));
        (ordered.unwrap_or_default(), paid.unwrap_or_default())
    }
}

/// Every event of one stream of each order, by its id.
async fn streams(reader: &Reader, kind: AggregateType, orders: &[Uuid]) -> Result<Streams, sqlx::Error> {
    let whole: Vec<(String, i64, i64)> = orders
        .iter()
        .map(|order| (order.to_string(), 0, i64::MAX))
        .collect();
    let mut streams = Streams::new();
    for event in reader.read_parts(kind, &whole).await? {
        streams.entry(event.aggregate_id.clone()).or_default().push(event);
    }
    Ok(streams)
}
