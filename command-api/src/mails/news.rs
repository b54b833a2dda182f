//! Which events people are written to about. Called by the notifications' consumer for every event of its topics.
//!
//! News is put once, under a reason made of the order, the parcel or the refund: Kafka tells everything at least once, and whoever
//! re-publishes a topic tells all of it again.

use std::time::Duration;

use database::Pool;
use domain::Money;
use serde::Deserialize;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Mail;

/// What is older is no news: nobody is written to about last week's parcel because this process was away, or is new.
const NEWS_FOR: Duration = Duration::from_hours(3 * 24);

/// An event as the consumer has it.
pub struct Told<'a> {
    /// `order.OrderShipped`.
    pub event_type: &'a str,
    pub recorded_at: OffsetDateTime,
    /// `{"data":{"id":…,…}}`
    pub payload: &'a str,
}

#[derive(Deserialize)]
struct Payload<T> {
    data: T,
}

#[derive(Deserialize)]
struct Confirmed {
    id: Uuid,
}

#[derive(Deserialize)]
struct Shipped {
    id: Uuid,
    shipment: Uuid,
    carrier: String,
    tracking: Option<String>,
}

/// A payment has the id of its order.
#[derive(Deserialize)]
struct Refunded {
    id: Uuid,
    refund: Uuid,
    amount: Money,
}

/// Why an event was not put as a mail.
#[derive(Debug, thiserror::Error)]
pub enum NewsError {
    /// It is one of ours by its name, so it is a newer release's, or damaged.
    #[error("an {event_type} cannot be read: {error}")]
    Unreadable {
        event_type: String,
        error: serde_json::Error,
    },
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Puts a mail for each event that is one and was not told before; for none of them where one cannot be read. How many those are.
pub async fn put_news(pool: &Pool, told: &[Told<'_>], now: OffsetDateTime) -> Result<u64, NewsError> {
    let oldest = now - NEWS_FOR;
    let (mut ids, mut reasons, mut mails) = (vec![], vec![], vec![]);
    for told in told.iter().filter(|told| told.recorded_at >= oldest) {
        let news = mail_of(told).map_err(|error| NewsError::Unreadable {
            event_type: told.event_type.to_owned(),
            error,
        })?;
        if let Some((reason, mail)) = news {
            ids.push(Uuid::now_v7());
            reasons.push(reason);
            mails.push(Json(mail));
        }
    }
    if ids.is_empty() {
        return Ok(0);
    }
    let done = sqlx::query(
        "insert into mails (id, reason, mail) select * from unnest($1::uuid[], $2::text[], $3::jsonb[])
         on conflict (reason) do nothing",
    )
    .bind(&ids)
    .bind(&reasons)
    .bind(&mails)
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

fn mail_of(told: &Told<'_>) -> Result<Option<(String, Mail)>, serde_json::Error> {
    Ok(match told.event_type {
        "order.OrderConfirmed" => {
            let Confirmed { id: order } = data(told)?;
            Some((format!("order-confirmed:{order}"), Mail::OrderConfirmed { order }))
        }
        "order.OrderShipped" => {
            let shipped: Shipped = data(told)?;
            let mail = Mail::OrderShipped {
                order: shipped.id,
                carrier: shipped.carrier,
                tracking: shipped.tracking,
            };
            Some((format!("order-shipped:{}", shipped.shipment), mail))
        }
        "payment.PaymentRefunded" => {
            let refunded: Refunded = data(told)?;
            let mail = Mail::OrderRefunded {
                order: refunded.id,
                amount: refunded.amount,
            };
            Some((format!("order-refunded:{}", refunded.refund), mail))
        }
        // Everything else people see on the page of their order.
        _ => None,
    })
}

fn data<'a, T: Deserialize<'a>>(told: &Told<'a>) -> Result<T, serde_json::Error> {
    serde_json::from_str(told.payload).map(|payload: Payload<T>| payload.data)
}
