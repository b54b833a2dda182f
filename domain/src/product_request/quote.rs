//! A quote: so many, at this price, until then. It is accepted into an order once.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Decided, Kind, ProductRequest, ProductRequestError, ProductRequestEvent, Request, Stage};
use crate::ids::{OrderId, OwnerId, QuoteId, Sku, TextId};
use crate::money::{Money, Unpayable};

/// How many of something one request may be about.
pub const MAX_QUOTED: u32 = 100_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    // Events are told with the id of their request as `id`.
    #[serde(rename = "quote")]
    pub id: QuoteId,
    pub unit_price: Money,
    pub quantity: u32,
    /// From this moment on it cannot be accepted.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// What a customer may order at a quoted price.
#[derive(Clone, Copy, Debug)]
pub struct Offered<'a> {
    pub sku: &'a Sku,
    pub unit_price: Money,
    pub quantity: u32,
}

impl Quote {
    /// Whatever sending costs, what the customer agrees to can be paid, unless it is too much with it.
    fn check_price(&self) -> Result<(), ProductRequestError> {
        let unpayable = |why| ProductRequestError::QuotePrice {
            unit_price: self.unit_price,
            quantity: self.quantity,
            why,
        };
        self.unit_price.payable_in_parts().map_err(unpayable)?;
        let most = self.unit_price.currency.most_payable();
        let value = self.unit_price.checked_mul(self.quantity);
        let value = value.map_err(|_| unpayable(Unpayable::TooMuch { most }))?;
        value.payable().map_err(unpayable)
    }
}

impl ProductRequest {
    /// The customer's quote, as long as it can be accepted.
    ///
    /// # Errors
    /// Somebody else's, another one by now, one that has expired; a request that names no product.
    pub fn quote_for(
        &self,
        customer: OwnerId,
        quote: QuoteId,
        at: OffsetDateTime,
    ) -> Result<Offered<'_>, ProductRequestError> {
        let Self::Submitted(request) = self else {
            return Err(ProductRequestError::NotFound);
        };
        request.of(customer)?;
        let current = request.current(quote)?;
        if current.expires_at <= at {
            return Err(ProductRequestError::QuoteExpired);
        }
        Ok(Offered {
            sku: request.sku.as_ref().ok_or(ProductRequestError::NoProduct)?,
            unit_price: current.unit_price,
            quantity: current.quantity,
        })
    }

    /// When the quote that waits for an answer expires.
    pub fn quoted_until(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Submitted(request) => match &request.stage {
                Stage::Quoted(quote) => Some(quote.expires_at),
                Stage::Submitted
                | Stage::Triaged
                | Stage::Planned
                | Stage::Renegotiating
                | Stage::QuoteDeclined
                | Stage::QuoteExpired
                | Stage::Accepted { .. }
                | Stage::Fulfilled
                | Stage::Declined
                | Stage::Duplicate { .. }
                | Stage::Cancelled => None,
            },
            Self::Unsubmitted => None,
        }
    }

    /// What the customer's quote became, once it was accepted.
    pub fn order_of(&self, customer: OwnerId, accepted: QuoteId) -> Option<OrderId> {
        match self {
            Self::Submitted(request) if request.customer == customer => match request.stage {
                Stage::Accepted { quote, order } => (quote == accepted).then_some(order),
                Stage::Submitted
                | Stage::Triaged
                | Stage::Planned
                | Stage::Quoted(_)
                | Stage::Renegotiating
                | Stage::QuoteDeclined
                | Stage::QuoteExpired
                | Stage::Fulfilled
                | Stage::Declined
                | Stage::Duplicate { .. }
                | Stage::Cancelled => None,
            },
            Self::Submitted(_) | Self::Unsubmitted => None,
        }
    }
}

impl Request {
    /// A newer quote takes the place of an older one.
    pub(super) fn offer(&self, quote: Quote, at: OffsetDateTime) -> Decided {
        if self.kind != Kind::Quote {
            return Err(ProductRequestError::NotForQuotes);
        }
        self.open()?;
        if matches!(&self.stage, Stage::Quoted(current) if *current == quote) {
            return Ok(vec![]);
        }
        if quote.unit_price.minor < 1 || quote.expires_at <= at {
            return Err(ProductRequestError::QuoteTerms);
        }
        if !(1..=MAX_QUOTED).contains(&quote.quantity) {
            return Err(ProductRequestError::Quantity);
        }
        quote.check_price()?;
        Ok(vec![ProductRequestEvent::QuoteOffered { quote }])
    }

    pub(super) fn accept(
        &self,
        customer: OwnerId,
        quote: QuoteId,
        order: OrderId,
        at: OffsetDateTime,
    ) -> Decided {
        self.of(customer)?;
        let accepted = Stage::Accepted { quote, order };
        if self.stage == accepted {
            return Ok(vec![]);
        }
        if self.current(quote)?.expires_at <= at {
            return Err(ProductRequestError::QuoteExpired);
        }
        Ok(vec![ProductRequestEvent::QuoteAccepted { quote, order }])
    }

    pub(super) fn decline_quote(&self, customer: OwnerId, quote: QuoteId) -> Decided {
        self.of(customer)?;
        self.current(quote)?;
        Ok(vec![ProductRequestEvent::QuoteDeclined { quote }])
    }

    pub(super) fn renegotiate(&self, customer: OwnerId, quote: QuoteId, text: TextId) -> Decided {
        self.of(customer)?;
        self.current(quote)?;
        Ok(vec![ProductRequestEvent::RenegotiationRequested { quote, text }])
    }

    /// Nothing where it was answered, replaced, or is still good.
    pub(super) fn expire(&self, at: OffsetDateTime) -> Vec<ProductRequestEvent> {
        match &self.stage {
            Stage::Quoted(quote) if quote.expires_at <= at => {
                vec![ProductRequestEvent::QuoteExpired { quote: quote.id }]
            }
            Stage::Submitted
            | Stage::Triaged
            | Stage::Planned
            | Stage::Quoted(_)
            | Stage::Renegotiating
            | Stage::QuoteDeclined
            | Stage::QuoteExpired
            | Stage::Accepted { .. }
            | Stage::Fulfilled
            | Stage::Declined
            | Stage::Duplicate { .. }
            | Stage::Cancelled => vec![],
        }
    }

    fn of(&self, customer: OwnerId) -> Result<(), ProductRequestError> {
        if self.customer == customer {
            Ok(())
        } else {
            Err(ProductRequestError::NotFound)
        }
    }

    fn current(&self, quote: QuoteId) -> Result<&Quote, ProductRequestError> {
        if let Stage::Quoted(current) = &self.stage
            && current.id == quote
        {
            Ok(current)
        } else {
            Err(ProductRequestError::NoQuote { quote })
        }
    }
}
