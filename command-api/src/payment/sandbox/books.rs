//! What the sandbox keeps, and how it is read from its tables.

use database::Session;
use domain::{Currency, Money};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::payment::decline::DeclineCode;

/// One charge, in Stripe's words a `PaymentIntent`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    pub reference: String,
    pub payment: Option<Uuid>,
    pub attempt: Option<Uuid>,
    pub method: String,
    pub amount: Money,
    pub captured: Money,
    /// Without the refunds that failed.
    pub refunded: Money,
    pub status: Status,
    pub decline: Option<DeclineCode>,
    pub return_url: String,
    /// Seconds since 1970, as Stripe counts.
    pub created: i64,
}

/// Stripe's states that a card can come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    RequiresPaymentMethod,
    RequiresAction,
    RequiresCapture,
    Succeeded,
    Canceled,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "our id of it, as the metadata calls it")]
pub struct Refund {
    pub reference: String,
    /// The charge that it is of.
    pub intent: String,
    pub payment: Option<Uuid>,
    pub refund: Option<Uuid>,
    pub amount: Money,
    pub status: RefundStatus,
    pub reason: Option<String>,
    pub created: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    Pending,
    Succeeded,
    Failed,
}

/// A question that is answered with no, as Stripe words it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Of HTTP.
    pub status: u16,
    pub kind: String,
    pub code: String,
    pub message: String,
}

impl Status {
    const ALL: [Self; 5] = [
        Self::RequiresPaymentMethod,
        Self::RequiresAction,
        Self::RequiresCapture,
        Self::Succeeded,
        Self::Canceled,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

impl RefundStatus {
    const ALL: [Self; 3] = [Self::Pending, Self::Succeeded, Self::Failed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

impl Refusal {
    pub fn invalid(code: &str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            kind: "invalid_request_error".to_owned(),
            code: code.to_owned(),
            message: message.into(),
        }
    }

    pub fn missing(reference: &str) -> Self {
        Self {
            status: 404,
            ..Self::invalid(
                "resource_missing",
                format!("No such payment_intent: '{reference}'"),
            )
        }
    }

    pub fn unexpected_state(intent: &Intent, wanted: &str) -> Self {
        let message = format!(
            "This PaymentIntent's status is {}; it cannot be {wanted}.",
            intent.status.as_str()
        );
        Self::invalid("payment_intent_unexpected_state", message)
    }
}

const INTENTS: &str = "select i.*, extract(epoch from i.created_at)::bigint as created, coalesce((select sum(r.amount)::bigint \
     from sandbox_gateway.refunds r where r.intent = i.reference and r.status <> 'failed'), 0) as refunded \
     from sandbox_gateway.intents i ";

/// Locks it, so that what is decided on it holds until the commit.
pub async fn locked(connection: &mut Session, reference: &str) -> Result<Option<Intent>, sqlx::Error> {
    // Locked first and read afterwards: a refund that committed while we waited counts.
    sqlx::query("select 1 from sandbox_gateway.intents where reference = $1 for update")
        .bind(reference)
        .execute(&mut *connection)
        .await?;
    intent(connection, reference).await
}

pub async fn intent(connection: &mut Session, reference: &str) -> Result<Option<Intent>, sqlx::Error> {
    let row = sqlx::query(&format!("{INTENTS} where i.reference = $1"))
        .bind(reference)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(intent_of).transpose()
}

/// Those of one attempt; what may hold money first.
pub async fn intents_of(
    connection: &mut Session,
    payment: Uuid,
    attempt: Uuid,
    since: OffsetDateTime,
) -> Result<Vec<Intent>, sqlx::Error> {
    let rows = sqlx::query(&format!(
        "{INTENTS} where i.payment = $1 and i.attempt = $2 and i.created_at >= $3 \
         order by i.status in ('requires_payment_method', 'canceled'), i.position"
    ))
    .bind(payment)
    .bind(attempt)
    .bind(since)
    .fetch_all(connection)
    .await?;
    rows.iter().map(intent_of).collect()
}

/// Newest first, as Stripe lists them; `after` is the last of the page before.
pub async fn intents_since(
    connection: &mut Session,
    since: OffsetDateTime,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Intent>, sqlx::Error> {
    let rows = sqlx::query(&format!(
        "{INTENTS} where i.created_at >= $1 and ($2::text is null or i.position < \
         (select l.position from sandbox_gateway.intents l where l.reference = $2)) \
         order by i.position desc limit $3"
    ))
    .bind(since)
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter().map(intent_of).collect()
}

const REFUNDS: &str = "select r.*, i.currency, extract(epoch from r.created_at)::bigint as created \
     from sandbox_gateway.refunds r join sandbox_gateway.intents i on i.reference = r.intent ";

/// Newest first.
pub async fn refunds_of(connection: &mut Session, reference: &str) -> Result<Vec<Refund>, sqlx::Error> {
    let rows = sqlx::query(&format!("{REFUNDS} where r.intent = $1 order by r.position desc"))
        .bind(reference)
        .fetch_all(connection)
        .await?;
    rows.iter().map(refund_of).collect()
}

pub async fn refund(connection: &mut Session, reference: &str) -> Result<Refund, sqlx::Error> {
    let row = sqlx::query(&format!("{REFUNDS} where r.reference = $1"))
        .bind(reference)
        .fetch_one(connection)
        .await?;
    refund_of(&row)
}

fn intent_of(row: &PgRow) -> Result<Intent, sqlx::Error> {
    let currency = currency_of(row)?;
    let money = |column: &str| row.try_get(column).map(|minor| Money::new(minor, currency));
    let decline: Option<String> = row.try_get("decline")?;
    Ok(Intent {
        reference: row.try_get("reference")?,
        payment: row.try_get("payment")?,
        attempt: row.try_get("attempt")?,
        method: row.try_get("method")?,
        amount: money("amount")?,
        captured: money("captured")?,
        refunded: money("refunded")?,
        status: known(row, "status", &Status::ALL, Status::as_str)?,
        decline: decline.as_deref().and_then(DeclineCode::parse),
        return_url: row.try_get("return_url")?,
        created: row.try_get("created")?,
    })
}

fn refund_of(row: &PgRow) -> Result<Refund, sqlx::Error> {
    Ok(Refund {
        reference: row.try_get("reference")?,
        intent: row.try_get("intent")?,
        payment: row.try_get("payment")?,
        refund: row.try_get("refund")?,
        amount: Money::new(row.try_get("amount")?, currency_of(row)?),
        status: known(row, "status", &RefundStatus::ALL, RefundStatus::as_str)?,
        reason: row.try_get("reason")?,
        created: row.try_get("created")?,
    })
}

fn currency_of(row: &PgRow) -> Result<Currency, sqlx::Error> {
    known(row, "currency", Currency::ALL, Currency::code)
}

fn known<T: Copy>(
    row: &PgRow,
    column: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, sqlx::Error> {
    let text: &str = row.try_get(column)?;
    let found = all.iter().copied().find(|one| name(*one) == text);
    found.ok_or_else(|| sqlx::Error::Decode(format!("{text:?} is no {column} of the sandbox's").into()))
}
