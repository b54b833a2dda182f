//! What is sent about a request.

use domain::{Money, OrderId, QuoteId, RequestId, Sku, TextId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::money::MoneySchema;

/// A product request as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RequestSummary {
    #[schema(value_type = uuid::Uuid)]
    pub id: RequestId,
    /// The sequence of the last event that is in here.
    pub version: i64,
    pub kind: RequestKind,
    pub state: RequestState,
    /// Null where it has none, or its customer was erased.
    #[schema(required)]
    pub title: Option<String>,
    #[schema(value_type = Option<String>, required)]
    pub sku: Option<Sku>,
    #[schema(required)]
    pub quantity: Option<u32>,
    // Neither number is in the stored JSON: both stand beside it, see `People`.
    #[serde(default, skip_serializing_if = "stands_apart")]
    #[schema(required)]
    pub supporters: usize,
    /// Who is told of what happens to it.
    #[serde(default, skip_serializing_if = "stands_apart")]
    #[schema(required)]
    pub followers: usize,
    pub comments: usize,
    /// Staff took it out of sight.
    pub hidden: bool,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// The request that it is the same as.
    #[schema(value_type = Option<uuid::Uuid>, required)]
    pub duplicate_of: Option<RequestId>,
}

/// A product request with what was said about it and what happened to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RequestDocument {
    #[serde(flatten)]
    pub summary: RequestSummary,
    #[schema(required)]
    pub description: Option<String>,
    #[schema(required)]
    pub link: Option<String>,
    /// The last one that was offered, whatever became of it.
    #[schema(required)]
    pub quote: Option<QuoteOffer>,
    /// What the quote was accepted into.
    #[schema(value_type = Option<uuid::Uuid>, required)]
    pub order: Option<OrderId>,
    #[schema(required)]
    pub decline_reason: Option<String>,
    /// What the customer said about the last quote that was to be another one.
    #[schema(required)]
    pub renegotiation: Option<String>,
    /// What happened to the request, oldest first; support, subscriptions and comments are not in it.
    pub timeline: Vec<Moment>,
    /// The newest 200 comments, oldest first; `comments` says how many there are.
    pub thread: Vec<Remark>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    MissingProduct,
    BackInStock,
    /// Between one customer and staff.
    Quote,
}

/// How far a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    Submitted,
    Triaged,
    Planned,
    Quoted,
    /// The customer wants another quote.
    Renegotiating,
    QuoteDeclined,
    QuoteExpired,
    /// The quote became an order.
    Accepted,
    Fulfilled,
    Declined,
    Duplicate,
    Cancelled,
}

/// So many, at this price, until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RequestQuote)]
pub struct QuoteOffer {
    #[schema(value_type = uuid::Uuid)]
    pub id: QuoteId,
    #[schema(value_type = MoneySchema)]
    pub unit_price: Money,
    pub quantity: u32,
    /// From this moment on it cannot be accepted.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// Something that happened to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RequestMoment)]
pub struct Moment {
    /// The event's name: `RequestSubmitted`, `QuoteOffered`, … New ones are added; leave out what you do not know.
    pub what: String,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// Something that somebody said about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RequestComment)]
pub struct Remark {
    #[schema(value_type = uuid::Uuid)]
    pub id: TextId,
    pub by: Author,
    /// Null where whoever wrote it was erased.
    #[schema(required)]
    pub text: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// Who speaks. Nobody is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RequestCommentAuthor)]
pub enum Author {
    /// Who submitted the request.
    Customer,
    Shopper,
    Staff,
}

/// The query API puts it into what it sends.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn stands_apart(_: &usize) -> bool {
    true
}

impl RequestSummary {
    /// Whether everybody may see it.
    pub fn is_public(&self) -> bool {
        !self.hidden && self.kind.is_public()
    }
}

impl RequestSummary {
    /// When it was submitted, in microseconds since 1970.
    pub fn created_micros(&self) -> i64 {
        micros(self.created_at)
    }

    /// When it last changed, in microseconds since 1970.
    pub fn updated_micros(&self) -> i64 {
        micros(self.updated_at)
    }
}

fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or_default()
}

impl RequestKind {
    pub const ALL: [Self; 3] = [Self::MissingProduct, Self::BackInStock, Self::Quote];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingProduct => "missing_product",
            Self::BackInStock => "back_in_stock",
            Self::Quote => "quote",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    pub const fn is_public(self) -> bool {
        match self {
            Self::MissingProduct | Self::BackInStock => true,
            Self::Quote => false,
        }
    }
}

impl RequestState {
    pub const ALL: [Self; 12] = [
        Self::Submitted,
        Self::Triaged,
        Self::Planned,
        Self::Quoted,
        Self::Renegotiating,
        Self::QuoteDeclined,
        Self::QuoteExpired,
        Self::Accepted,
        Self::Fulfilled,
        Self::Declined,
        Self::Duplicate,
        Self::Cancelled,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Triaged => "triaged",
            Self::Planned => "planned",
            Self::Quoted => "quoted",
            Self::Renegotiating => "renegotiating",
            Self::QuoteDeclined => "quote_declined",
            Self::QuoteExpired => "quote_expired",
            Self::Accepted => "accepted",
            Self::Fulfilled => "fulfilled",
            Self::Declined => "declined",
            Self::Duplicate => "duplicate",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether it was withdrawn, or lives on in another request: looked for by nobody who does not say so.
    pub const fn is_gone(self) -> bool {
        match self {
            Self::Duplicate | Self::Cancelled => true,
            Self::Submitted
            | Self::Triaged
            | Self::Planned
            | Self::Quoted
            | Self::Renegotiating
            | Self::QuoteDeclined
            | Self::QuoteExpired
            | Self::Accepted
            | Self::Fulfilled
            | Self::Declined => false,
        }
    }

    /// Whether somebody who is about to ask for the same is better off there: it is open, or was fulfilled.
    pub const fn is_worth_joining(self) -> bool {
        match self {
            Self::Submitted
            | Self::Triaged
            | Self::Planned
            | Self::Quoted
            | Self::Renegotiating
            | Self::QuoteDeclined
            | Self::QuoteExpired
            | Self::Fulfilled => true,
            Self::Accepted | Self::Declined | Self::Duplicate | Self::Cancelled => false,
        }
    }
}
