//! Refunds in the sandbox's books: made at once, made late, or made and taken back, as the test card says.

use database::Session;
use domain::Money;
use sqlx::Row;
use uuid::Uuid;

use super::behaviour::Operation;
use super::books::{self, Intent, Refund, RefundStatus, Refusal, Status};
use super::keys::{self, Answer, Turn};
use super::methods::{self, Does};
use super::provider::{Provider, Trouble, after, checked_part};
use super::wire;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct NewRefund<'a> {
    /// The charge that it is of.
    pub intent: &'a str,
    pub payment: Option<Uuid>,
    pub refund: Option<Uuid>,
    pub amount: Money,
}

/// Why the refund of `pm_card_refundFail` fails, in Stripe's word.
const FAILS_WITH: &str = "expired_or_canceled_card";

impl Provider {
    pub async fn refund(&self, new: &NewRefund<'_>, key: Option<&str>) -> Result<Refund, Trouble> {
        let told = self.told(Operation::Refund, None, Some(new.intent)).await?;
        checked_part(new.amount)?;
        let answer = match keys::begin(&self.pool, key, &format!("refund {new:?}")).await? {
            Turn::Replayed(answer) => answer,
            Turn::First(mut first) => {
                let Some(intent) = books::locked(first.connection(), new.intent).await? else {
                    return Err(Trouble::Refused(Refusal::missing(new.intent)));
                };
                let answer = match refusal(&intent, new.amount) {
                    Some(refusal) => Answer::Refused(refusal),
                    None => Answer::Refund(self.made(first.connection(), new, &intent).await?),
                };
                first.answered(&answer).await?;
                answer
            }
        };
        after(told)?;
        match answer {
            Answer::Refund(refund) => Ok(refund),
            Answer::Refused(refusal) => Err(Trouble::Refused(refusal)),
            Answer::Intent(intent) => Err(Trouble::Refused(Refusal::missing(&intent.reference))),
        }
    }

    async fn made(
        &self,
        connection: &mut Session,
        new: &NewRefund<'_>,
        intent: &Intent,
    ) -> Result<Refund, Trouble> {
        let (status, becomes) = match methods::find(&intent.method).map(|card| card.does) {
            Some(Does::AuthorizeThenRefundLate) => (RefundStatus::Pending, Some(RefundStatus::Succeeded)),
            Some(Does::AuthorizeThenRefundFails) => (RefundStatus::Succeeded, Some(RefundStatus::Failed)),
            Some(Does::Authorize | Does::Decline(_) | Does::Authenticate(_)) | None => {
                (RefundStatus::Succeeded, None)
            }
        };
        let reference = format!("re_{}", Uuid::now_v7().simple());
        sqlx::query(
            "insert into sandbox_gateway.refunds \
             (reference, intent, payment, refund, amount, status, becomes, becomes_at) \
             values ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() + $8 * interval '1 second')",
        )
        .bind(&reference)
        .bind(new.intent)
        .bind(new.payment)
        .bind(new.refund)
        .bind(new.amount.minor)
        .bind(status.as_str())
        .bind(becomes.map(RefundStatus::as_str))
        .bind(self.refund_settles_after.as_secs_f64())
        .execute(&mut *connection)
        .await?;
        if let Some(refunded) = books::intent(connection, new.intent).await? {
            self.queue(connection, "charge.refunded", &wire::charge(&refunded))
                .await?;
        }
        Ok(books::refund(connection, &reference).await?)
    }

    /// Refunds whose time has come become what they were to become. Says how many.
    pub(super) async fn settle_refunds(&self) -> Result<usize, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let settled = sqlx::query(
            "update sandbox_gateway.refunds set status = becomes, becomes = null, \
             reason = case when becomes = 'failed' then $1 end \
             where reference in (select reference from sandbox_gateway.refunds where becomes is not null \
                 and becomes_at <= clock_timestamp() for update skip locked) \
             returning reference",
        )
        .bind(FAILS_WITH)
        .fetch_all(&mut *transaction)
        .await?;
        for row in &settled {
            let refund = books::refund(&mut transaction, row.try_get("reference")?).await?;
            let kind = match refund.status {
                RefundStatus::Failed => "refund.failed",
                RefundStatus::Pending | RefundStatus::Succeeded => "refund.updated",
            };
            self.queue(&mut transaction, kind, &wire::refund(&refund)).await?;
        }
        transaction.commit().await?;
        Ok(settled.len())
    }
}

fn refusal(intent: &Intent, amount: Money) -> Option<Refusal> {
    if intent.status != Status::Succeeded {
        let message = "This PaymentIntent does not have a successful charge to refund.";
        return Some(Refusal::invalid("payment_intent_unexpected_state", message));
    }
    let left = intent.captured.minor - intent.refunded.minor;
    if left == 0 {
        return Some(Refusal::invalid(
            "charge_already_refunded",
            "The charge has already been refunded.",
        ));
    }
    if amount.currency != intent.amount.currency || amount.minor > left {
        let left = Money::new(left, intent.amount.currency);
        let message =
            format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left})");
        return Some(Refusal::invalid("amount_too_large", message));
    }
    None
}
