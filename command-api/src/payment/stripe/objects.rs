//! What Stripe answers, as far as it is read here, and what that means to us.

use std::collections::HashMap;

use domain::Money;
use serde::Deserialize;
use uuid::Uuid;

use super::amount;
use crate::payment::decline::DeclineCode;
use crate::payment::gateway::{Charge, ChargeState, RefundState, Refunded, metadata};

type Metadata = HashMap<String, String>;

#[derive(Clone, Debug, Deserialize)]
pub struct PaymentIntent {
    pub id: String,
    amount: i64,
    amount_received: Option<i64>,
    currency: String,
    status: Status,
    metadata: Option<Metadata>,
    next_action: Option<NextAction>,
    last_payment_error: Option<PaymentError>,
    latest_charge: Option<LatestCharge>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    RequiresCapture,
    Succeeded,
    Canceled,
}

#[derive(Clone, Debug, Deserialize)]
struct NextAction {
    redirect_to_url: Option<Redirect>,
}

#[derive(Clone, Debug, Deserialize)]
struct Redirect {
    url: String,
}

/// Expanded, as we ask for it, or its id alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum LatestCharge {
    Expanded { amount_refunded: i64 },
    Id(#[expect(dead_code, reason = "nothing but its id: refunds are unknown")] String),
}

/// Why a card was declined.
#[derive(Clone, Debug, Default, Deserialize)]
struct PaymentError {
    code: Option<String>,
    decline_code: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Refund {
    pub id: String,
    amount: i64,
    currency: String,
    status: String,
    failure_reason: Option<String>,
    metadata: Option<Metadata>,
}

#[derive(Debug, Deserialize)]
pub struct List<T> {
    pub data: Vec<T>,
    pub has_more: bool,
}

/// A failed charge names its intent.
#[derive(Debug, Deserialize)]
pub struct ChargeOfIntent {
    pub payment_intent: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct ErrorBody {
    pub error: ErrorObject,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct ErrorObject {
    /// Of the answer that it came with.
    #[serde(skip)]
    pub status: u16,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub code: Option<String>,
    pub message: Option<String>,
    /// With a declined card: what it was to pay for, as it is now.
    pub payment_intent: Option<Box<PaymentIntent>>,
    pub charge: Option<String>,
}

impl PaymentIntent {
    /// What it means to us; nothing when it is in a currency that no shop of ours has.
    pub fn charge(&self) -> Option<Charge> {
        let currency = amount::parse_currency(&self.currency)?;
        let money = |units| amount::from_stripe(units, currency);
        let refunded = match &self.latest_charge {
            Some(LatestCharge::Expanded { amount_refunded }) => *amount_refunded,
            Some(LatestCharge::Id(_)) | None => 0,
        };
        let captured = match (self.status, self.amount_received) {
            (Status::Succeeded, received) => received.unwrap_or(self.amount),
            (
                Status::RequiresPaymentMethod
                | Status::RequiresConfirmation
                | Status::RequiresAction
                | Status::Processing
                | Status::RequiresCapture
                | Status::Canceled,
                _,
            ) => 0,
        };
        Some(Charge {
            reference: self.id.clone(),
            payment: named(self.metadata.as_ref(), metadata::PAYMENT),
            attempt: named(self.metadata.as_ref(), metadata::ATTEMPT),
            amount: money(self.amount)?,
            captured: money(captured)?,
            // What is cancelled is released by a refund that gives back what was never taken.
            refunded: if captured == 0 {
                Money::zero(currency)
            } else {
                money(refunded)?
            },
            state: self.state(),
        })
    }

    fn state(&self) -> ChargeState {
        match self.status {
            Status::Processing | Status::RequiresConfirmation => ChargeState::Processing,
            Status::RequiresAction => ChargeState::ActionRequired {
                url: self.next_action.as_ref().and_then(|action| {
                    let redirect = action.redirect_to_url.as_ref()?;
                    Some(redirect.url.clone())
                }),
            },
            Status::RequiresCapture => ChargeState::Authorized,
            Status::Succeeded => ChargeState::Captured,
            Status::Canceled => ChargeState::Voided,
            Status::RequiresPaymentMethod => ChargeState::Declined {
                code: self
                    .last_payment_error
                    .as_ref()
                    .map_or(DeclineCode::Other, PaymentError::meaning),
            },
        }
    }
}

impl PaymentError {
    /// The bank's reason says more than the code of the error, where it says something that a shopper can use.
    fn meaning(&self) -> DeclineCode {
        let reason = self.decline_code.as_deref().unwrap_or_default();
        match (self.code.as_deref().unwrap_or_default(), reason) {
            (_, "insufficient_funds" | "withdrawal_count_limit_exceeded") => DeclineCode::InsufficientFunds,
            ("expired_card", _) | (_, "expired_card") => DeclineCode::ExpiredCard,
            ("incorrect_cvc" | "invalid_cvc", _) | (_, "incorrect_cvc" | "invalid_cvc") => {
                DeclineCode::IncorrectCvc
            }
            ("processing_error", _)
            | (_, "processing_error" | "try_again_later" | "issuer_not_available") => {
                DeclineCode::ProcessingError
            }
            ("payment_intent_authentication_failure", _) => DeclineCode::AuthenticationFailed,
            ("authentication_required", _) | (_, "authentication_required") => {
                DeclineCode::AuthenticationRequired
            }
            ("card_declined", _) => DeclineCode::CardDeclined,
            _ => DeclineCode::Other,
        }
    }
}

impl Refund {
    pub fn is_of(&self, refund: Uuid) -> bool {
        named(self.metadata.as_ref(), metadata::REFUND) == Some(refund)
    }

    /// What it means to us; nothing when it is in a currency that no shop of ours has.
    pub fn refunded(&self) -> Option<Refunded> {
        let currency = amount::parse_currency(&self.currency)?;
        let failed = |why: &str| RefundState::Failed {
            reason: why.to_owned(),
        };
        Some(Refunded {
            reference: self.id.clone(),
            amount: amount::from_stripe(self.amount, currency)?,
            state: match self.status.as_str() {
                "succeeded" => RefundState::Succeeded,
                "failed" => failed(self.failure_reason.as_deref().unwrap_or("unknown")),
                "canceled" => failed("canceled"),
                // `pending`, `requires_action`, and what there may be one day: its end is heard of.
                _ => RefundState::Pending,
            },
        })
    }
}

impl ErrorObject {
    /// What a caller tells refusals apart by.
    pub fn code(&self) -> &str {
        let code = self.code.as_deref().or(self.kind.as_deref());
        code.unwrap_or("unknown")
    }

    /// There is no such thing.
    pub fn is_missing(&self) -> bool {
        self.status == 404 || self.code() == "resource_missing"
    }

    pub fn is_declined_card(&self) -> bool {
        self.status == 402
    }

    /// The key was used before, with other words.
    pub fn is_reused_key(&self) -> bool {
        self.kind.as_deref() == Some("idempotency_error")
    }
}

fn named(metadata: Option<&Metadata>, key: &str) -> Option<Uuid> {
    Uuid::try_parse(metadata?.get(key)?).ok()
}
