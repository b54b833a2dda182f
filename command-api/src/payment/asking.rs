//! One question to the gateway for one outstanding step, and what its answer means.

use std::sync::Arc;
use std::time::Duration;

use domain::paying::Outcome;
use domain::payment::{PaymentEvent, Reference, Step, reason};
use domain::{AggregateType, AttemptId, Event, Money, PaymentId, RefundId};
use event_store::Reader;
use time::OffsetDateTime;

use super::gateway::{Attempt, Charge, ChargeState, GatewayError, PaymentGateway, RefundState, Refunded};
use super::worker::{StepError, refund_of};

/// Gateways forget their idempotency keys after 24 hours: what is older than this is looked up before it is repeated.
const KEYS_LAST: Duration = Duration::from_hours(20);

/// What the gateway calls an authorisation that ran out.
const AUTHORISATION_LAPSED: &str = "authorisation_lapsed";

pub struct Asking {
    pub gateway: Arc<dyn PaymentGateway>,
    /// The shop's address, to which the bank's page leads back.
    pub public_origin: String,
    pub guest_key: session::GuestKey,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Said(Outcome),
    NothingNew,
    /// Nobody knows whether it was done. It is asked again, with the same key.
    Unavailable,
}

impl Asking {
    /// Asks for one step.
    pub async fn ask(&self, id: PaymentId, step: &Step, reader: &Reader) -> Result<Asked, StepError> {
        let asked_at = asked_at(id, step, reader).await?;
        let is_old = OffsetDateTime::now_utc() - asked_at > KEYS_LAST;
        let answer = match step {
            Step::Authorize {
                attempt,
                method,
                amount,
            } => {
                self.authorize(id, *attempt, method, *amount, is_old.then_some(asked_at))
                    .await
            }
            Step::LookUp { attempt, reference } => self.look_up(*attempt, reference).await,
            Step::Capture {
                attempt,
                reference,
                amount,
            } => self.capture(id, *attempt, reference, *amount, is_old).await,
            Step::Void {
                attempt,
                reference,
                method,
                amount,
            } => {
                self.void(
                    id,
                    *attempt,
                    reference.as_deref(),
                    method,
                    *amount,
                    asked_at,
                    is_old,
                )
                .await
            }
            Step::Refund {
                refund,
                reference,
                amount,
            } => self.refund(id, *refund, reference, *amount, is_old).await,
        };
        Ok(answer.unwrap_or_else(|error| {
            match &error {
                GatewayError::Unavailable(_) => {
                    tracing::warn!(payment = %id, %error, "the gateway does not answer");
                }
                GatewayError::Rejected { .. } => {
                    tracing::error!(payment = %id, ?step, %error, "the gateway rejects what it is asked");
                }
            }
            Asked::Unavailable
        }))
    }

    async fn authorize(
        &self,
        id: PaymentId,
        attempt: AttemptId,
        method: &str,
        amount: Money,
        old_since: Option<OffsetDateTime>,
    ) -> Result<Asked, GatewayError> {
        if let Some(since) = old_since
            && let Some(charge) = self.gateway.find(id.uuid(), attempt.uuid(), since).await?
        {
            return meaning(attempt, charge);
        }
        let order = id.order();
        let key = self.guest_key.order_key(order.uuid());
        let return_url = format!("{}/orders/{order}?returned=1#key={key}", self.public_origin);
        let asked = Attempt {
            payment: id.uuid(),
            attempt: attempt.uuid(),
            amount,
            method,
            return_url: &return_url,
        };
        match self.gateway.authorize(&asked).await {
            Ok(charge) => meaning(attempt, charge),
            // A token that the gateway does not know: the shopper can try another card.
            Err(GatewayError::Rejected { code, message }) => {
                tracing::warn!(payment = %id, code, message, "the gateway rejects an attempt");
                Ok(Asked::Said(Outcome::Declined {
                    attempt,
                    reason: reason(&code),
                }))
            }
            Err(error @ GatewayError::Unavailable(_)) => Err(error),
        }
    }

    async fn look_up(&self, attempt: AttemptId, reference: &str) -> Result<Asked, GatewayError> {
        match self.gateway.look_up(reference).await? {
            Some(charge) => match charge.state {
                ChargeState::ActionRequired { .. } | ChargeState::Processing => Ok(Asked::NothingNew),
                ChargeState::Authorized
                | ChargeState::Captured
                | ChargeState::Declined { .. }
                | ChargeState::Voided => meaning(attempt, charge),
            },
            None => Ok(Asked::NothingNew),
        }
    }

    async fn capture(
        &self,
        id: PaymentId,
        attempt: AttemptId,
        reference: &str,
        amount: Money,
        is_old: bool,
    ) -> Result<Asked, GatewayError> {
        let known = if is_old {
            self.gateway.look_up(reference).await?
        } else {
            None
        };
        let charge = match known {
            Some(charge) if charge.state != ChargeState::Authorized => charge,
            Some(_) | None => {
                match self
                    .gateway
                    .capture(id.uuid(), attempt.uuid(), reference, amount)
                    .await
                {
                    Ok(charge) => charge,
                    // Captured or given up meanwhile: the charge itself says what became of it.
                    Err(error @ GatewayError::Rejected { .. }) => {
                        self.gateway.look_up(reference).await?.ok_or(error)?
                    }
                    Err(error @ GatewayError::Unavailable(_)) => return Err(error),
                }
            }
        };
        Ok(match charge.state {
            ChargeState::Captured => meaning(attempt, charge)?,
            ChargeState::Voided => Asked::Said(Outcome::Declined {
                attempt,
                reason: reason(AUTHORISATION_LAPSED),
            }),
            ChargeState::Declined { code } => Asked::Said(Outcome::Declined {
                attempt,
                reason: reason(code.as_str()),
            }),
            ChargeState::Authorized | ChargeState::ActionRequired { .. } | ChargeState::Processing => {
                Asked::NothingNew
            }
        })
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "everything that is known of what is to be voided"
    )]
    async fn void(
        &self,
        id: PaymentId,
        attempt: AttemptId,
        reference: Option<&str>,
        method: &str,
        amount: Money,
        asked_at: OffsetDateTime,
        is_old: bool,
    ) -> Result<Asked, GatewayError> {
        let since = asked_at - Duration::from_hours(24);
        let reference = match reference {
            Some(reference) => Some(reference.to_owned()),
            // Asked for, and nobody heard the answer.
            None => match self.gateway.find(id.uuid(), attempt.uuid(), since).await? {
                Some(charge) => Some(charge.reference),
                None if is_old => None,
                // It may still be on its way to the gateway. Asking once more under its key makes sure that it is not,
                // and gives something to void.
                None => match self.authorize(id, attempt, method, amount, None).await? {
                    Asked::Said(
                        Outcome::Authorized { reference, .. }
                        | Outcome::ActionRequired { reference, .. }
                        | Outcome::Captured { reference, .. },
                    ) => Some(reference.into()),
                    Asked::Said(
                        Outcome::Declined { .. }
                        | Outcome::Voided { .. }
                        | Outcome::Refunded { .. }
                        | Outcome::RefundFailed { .. },
                    ) => None,
                    waits @ (Asked::NothingNew | Asked::Unavailable) => return Ok(waits),
                },
            },
        };
        let Some(reference) = reference else {
            return Ok(Asked::Said(Outcome::Voided { attempt }));
        };
        let charge = match self.gateway.void(id.uuid(), attempt.uuid(), &reference).await {
            Ok(charge) => charge,
            Err(error @ GatewayError::Rejected { .. }) => {
                self.gateway.look_up(&reference).await?.ok_or(error)?
            }
            Err(error @ GatewayError::Unavailable(_)) => return Err(error),
        };
        Ok(match charge.state {
            ChargeState::Captured => meaning(attempt, charge)?,
            ChargeState::Voided | ChargeState::Declined { .. } => Asked::Said(Outcome::Voided { attempt }),
            ChargeState::Authorized | ChargeState::ActionRequired { .. } | ChargeState::Processing => {
                Asked::NothingNew
            }
        })
    }

    async fn refund(
        &self,
        id: PaymentId,
        refund: RefundId,
        reference: &str,
        amount: Money,
        is_old: bool,
    ) -> Result<Asked, GatewayError> {
        let failed = |said: &str| Outcome::RefundFailed {
            refund,
            reason: reason(said),
        };
        let known = if is_old {
            self.gateway.find_refund(reference, refund.uuid()).await?
        } else {
            None
        };
        let refunded = match known {
            Some(refunded) => refunded,
            None => match self
                .gateway
                .refund(id.uuid(), reference, refund.uuid(), amount)
                .await
            {
                Ok(refunded) => refunded,
                Err(GatewayError::Rejected { code, .. }) => {
                    return Ok(Asked::Said(failed(&code)));
                }
                Err(error @ GatewayError::Unavailable(_)) => return Err(error),
            },
        };
        let Refunded { state, .. } = refunded;
        Ok(match state {
            RefundState::Succeeded => Asked::Said(Outcome::Refunded { refund }),
            RefundState::Failed { reason } => Asked::Said(failed(&reason)),
            RefundState::Pending => match self.gateway.find_refund(reference, refund.uuid()).await? {
                Some(Refunded {
                    state: RefundState::Succeeded,
                    ..
                }) => Asked::Said(Outcome::Refunded { refund }),
                Some(Refunded {
                    state: RefundState::Failed { reason },
                    ..
                }) => Asked::Said(failed(&reason)),
                Some(Refunded {
                    state: RefundState::Pending,
                    ..
                })
                | None => Asked::NothingNew,
            },
        })
    }
}

/// What a charge's state means for the attempt that it was made for.
///
/// # Errors
/// A charge under a name that is none.
fn meaning(attempt: AttemptId, charge: Charge) -> Result<Asked, GatewayError> {
    let Charge {
        reference,
        state,
        captured,
        ..
    } = charge;
    let reference = Reference::parse(&reference)
        .map_err(|rule| GatewayError::Unavailable(format!("a charge is named with {rule}, not with this")))?;
    Ok(match state {
        ChargeState::Processing => Asked::NothingNew,
        ChargeState::ActionRequired { .. } => Asked::Said(Outcome::ActionRequired { attempt, reference }),
        ChargeState::Authorized => Asked::Said(Outcome::Authorized { attempt, reference }),
        ChargeState::Captured => Asked::Said(Outcome::Captured {
            attempt,
            reference,
            amount: captured,
            refund: refund_of(attempt.uuid()),
        }),
        ChargeState::Declined { code } => Asked::Said(Outcome::Declined {
            attempt,
            reason: reason(code.as_str()),
        }),
        ChargeState::Voided => Asked::Said(Outcome::Declined {
            attempt,
            reason: reason(AUTHORISATION_LAPSED),
        }),
    })
}

/// When a step was stored as one that is to be asked.
async fn asked_at(id: PaymentId, step: &Step, reader: &Reader) -> Result<OffsetDateTime, StepError> {
    let events = reader
        .read_stream(AggregateType::Payment, &id.to_string(), 0)
        .await?;
    let asks = |event: &PaymentEvent| match step {
        Step::Authorize { attempt, .. } => {
            matches!(event, PaymentEvent::AttemptStarted { attempt: its, .. } if its == attempt)
        }
        Step::LookUp { attempt, .. } => {
            matches!(event, PaymentEvent::ActionRequired { attempt: its, .. } if its == attempt)
        }
        Step::Capture { attempt, .. } => {
            matches!(event, PaymentEvent::CaptureRequested { attempt: its } if its == attempt)
        }
        Step::Void { attempt, .. } => {
            matches!(event, PaymentEvent::VoidRequested { attempt: its } if its == attempt)
        }
        Step::Refund { refund, .. } => {
            matches!(event, PaymentEvent::RefundRequested { refund: its, .. } if its == refund)
        }
    };
    let found = events
        .iter()
        .rev()
        .find(|recorded| matches!(recorded.event(), Ok(Event::Payment(event)) if asks(&event)));
    Ok(found.map_or_else(OffsetDateTime::now_utc, |recorded| recorded.recorded_at))
}
