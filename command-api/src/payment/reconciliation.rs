//! Our payments beside the gateway's: every difference is reported, none is mended in silence.
//!
//! `command-api reconcile` runs it; ops run that every night.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use domain::payment::{Attempt, AttemptState, Payment};
use domain::{AggregateType, Money};
use event_store::Reader;
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::gateway::{Charge, ChargeState, PaymentGateway};

/// One charge about which the shop and the gateway do not say the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The gateway's name for the charge.
    pub reference: String,
    pub payment: Option<Uuid>,
    pub attempt: Option<Uuid>,
    pub what: What,
    pub shop: Option<Money>,
    pub gateway: Option<Money>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The gateway has a charge of an attempt that the shop does not know.
    UnknownToShop,
    /// The shop believes in a charge that the gateway does not have.
    UnknownToGateway,
    /// What was taken differs.
    Captured,
    /// What was given back differs.
    Refunded,
    /// The gateway holds money that the shop gave up.
    StillAuthorized,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Charges of the gateway that were compared.
    pub compared: usize,
    /// Of payments on which something is outstanding: the worker is not done with them.
    pub under_way: usize,
    pub differences: Vec<Difference>,
}

/// What the shop says of one attempt.
struct Booked {
    attempt: Attempt,
    refunded: i64,
    is_under_way: bool,
}

/// Compares everything since a moment.
///
/// # Errors
/// When the gateway or the log cannot be read.
pub async fn reconcile(
    reader: &Reader,
    gateway: &dyn PaymentGateway,
    since: OffsetDateTime,
) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let mut seen: HashMap<Uuid, HashMap<Uuid, Booked>> = HashMap::new();
    let mut after = None;
    loop {
        let page = gateway.charges_since(since, after).await?;
        for charge in &page.charges {
            report.compared += 1;
            let booked = match charge.payment {
                None => None,
                Some(payment) => {
                    let attempts = match seen.entry(payment) {
                        Entry::Occupied(attempts) => attempts.into_mut(),
                        Entry::Vacant(unread) => unread.insert(booked(reader, payment).await?),
                    };
                    attempts.remove(&charge.attempt.unwrap_or_default())
                }
            };
            report.compare(charge, booked.as_ref());
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    for payment in reader.ids_of(AggregateType::Payment).await? {
        let Ok(payment) = Uuid::parse_str(&payment) else {
            continue;
        };
        let attempts = match seen.remove(&payment) {
            Some(left) => left,
            None => booked(reader, payment).await?,
        };
        report.missing(payment, attempts);
    }
    Ok(report)
}

async fn booked(reader: &Reader, payment: Uuid) -> anyhow::Result<HashMap<Uuid, Booked>> {
    let (state, _) = reader.aggregate::<Payment>(&payment.to_string()).await?;
    let is_under_way = !state.outstanding().is_empty();
    let Payment::Requested {
        attempts, refunds, ..
    } = state
    else {
        return Ok(HashMap::new());
    };
    let refunded = |attempt: &Attempt| {
        let made = refunds.iter().filter(|refund| {
            refund.attempt == attempt.id && refund.state == domain::payment::RefundState::Refunded
        });
        made.map(|refund| refund.amount.minor).sum()
    };
    let booked = |attempt: Attempt| {
        let refunded = refunded(&attempt);
        (
            attempt.id.uuid(),
            Booked {
                attempt,
                refunded,
                is_under_way,
            },
        )
    };
    Ok(attempts.into_iter().map(booked).collect())
}

impl Report {
    fn compare(&mut self, charge: &Charge, booked: Option<&Booked>) {
        let difference = |what, shop, gateway| Difference {
            reference: charge.reference.clone(),
            payment: charge.payment,
            attempt: charge.attempt,
            what,
            shop,
            gateway,
        };
        let Some(booked) = booked else {
            self.differences
                .push(difference(What::UnknownToShop, None, Some(charge.captured)));
            return;
        };
        if booked.is_under_way {
            self.under_way += 1;
            return;
        }
        let nothing = Money::zero(charge.amount.currency);
        let captured = booked.attempt.captured.unwrap_or(nothing);
        if captured != charge.captured {
            self.differences
                .push(difference(What::Captured, Some(captured), Some(charge.captured)));
        }
        let refunded = Money::new(booked.refunded, charge.amount.currency);
        if refunded != charge.refunded {
            self.differences
                .push(difference(What::Refunded, Some(refunded), Some(charge.refunded)));
        }
        if charge.state == ChargeState::Authorized {
            self.differences
                .push(difference(What::StillAuthorized, None, Some(charge.amount)));
        }
    }

    /// Attempts that took money by our books, and that the gateway did not name.
    fn missing(&mut self, payment: Uuid, attempts: HashMap<Uuid, Booked>) {
        for (attempt, booked) in attempts {
            match booked.attempt.state {
                AttemptState::Captured => self.differences.push(Difference {
                    reference: booked.attempt.reference.unwrap_or_default(),
                    payment: Some(payment),
                    attempt: Some(attempt),
                    what: What::UnknownToGateway,
                    shop: booked.attempt.captured,
                    gateway: None,
                }),
                AttemptState::Started
                | AttemptState::ActionRequired
                | AttemptState::Authorized
                | AttemptState::CaptureRequested
                | AttemptState::Declined
                | AttemptState::VoidRequested
                | AttemptState::Voided => {}
            }
        }
    }
}
