//! The company that the sandbox stands for: what it does with a question, in its own books.
//!
//! The sandbox asks it in process, the simulator in the tests over HTTP, in Stripe's words.

use std::time::Duration;

use database::{Limits, Pool, PoolSettings, Session};
use domain::Money;
use sqlx::Executor;
use time::OffsetDateTime;
use tokio::sync::Notify;
use uuid::Uuid;

use super::behaviour::{self, Operation, Told};
use super::books::{self, Intent, Refund, Refusal, Status};
use super::keys::{self, Answer, Turn};
use super::methods::{self, Does};
use super::webhooks::Webhooks;
use super::wire;
use crate::payment::decline::DeclineCode;
use crate::payment::gateway::GatewayError;
use crate::payment::stripe::amount;

const SCHEMA: &str = include_str!("books.sql");
/// Held while the schema is made: `create … if not exists` alone is no match for two processes at once.
const SCHEMA_LOCK: i64 = 1_128_354_389;
const CONNECTIONS: u32 = 8;

pub struct Provider {
    pub(super) pool: Pool,
    pub(super) webhooks: Option<Webhooks>,
    /// How long a refund takes that changes its mind.
    pub(super) refund_settles_after: Duration,
    /// There is a webhook to deliver.
    pub(super) queued: Notify,
}

/// Why there is no answer, or none that was hoped for.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("{} ({})", .0.message, .0.code)]
    Refused(Refusal),
    #[error("told to fail before anything was done")]
    FailedBefore,
    #[error("told to fail after everything was done")]
    FailedAfter,
    #[error("the sandbox's books: {0}")]
    Books(#[from] sqlx::Error),
}

/// What a charge is asked for with.
#[derive(Clone, Debug)]
pub struct NewIntent<'a> {
    pub payment: Option<Uuid>,
    pub attempt: Option<Uuid>,
    pub amount: Money,
    pub method: &'a str,
    pub return_url: &'a str,
}

async fn open(database_url: &str) -> Result<Pool, sqlx::Error> {
    PoolSettings::new(database_url, "sandbox-gateway", Limits::BACKGROUND)?
        .connections(CONNECTIONS)
        .open()
        .await
}

/// The books of a database, made by whoever owns it: the processes may write in them, and not make them.
pub async fn make_books_at(database_url: &str) -> Result<(), sqlx::Error> {
    make_books(&open(database_url).await?).await
}

async fn make_books(pool: &Pool) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(SCHEMA_LOCK)
        .execute(&mut *transaction)
        .await?;
    // Not even `create index if not exists` looks first: it waits until nobody writes to the table, and a process that
    // stands still in the middle of a transaction would keep all others from starting.
    let is_made: bool = sqlx::query_scalar("select to_regclass('sandbox_gateway.webhooks_due') is not null")
        .fetch_one(&mut *transaction)
        .await?;
    if !is_made {
        transaction.execute(SCHEMA).await?;
    }
    transaction.commit().await
}

impl Provider {
    pub(super) async fn connect(
        database_url: &str,
        webhooks: Option<Webhooks>,
        refund_settles_after: Duration,
    ) -> Result<Self, sqlx::Error> {
        let pool = open(database_url).await?;
        make_books(&pool).await?;
        Ok(Self {
            pool,
            webhooks,
            refund_settles_after,
            queued: Notify::new(),
        })
    }

    /// Creates and confirms in one. A declined card is an answer.
    pub async fn create(&self, new: &NewIntent<'_>, key: Option<&str>) -> Result<Intent, Trouble> {
        let told = self.told(Operation::Authorize, Some(new.method), None).await?;
        let does = valid(new)?;
        let fingerprint = format!("create {new:?}");
        let answer = match keys::begin(&self.pool, key, &fingerprint).await? {
            Turn::Replayed(answer) => answer,
            Turn::First(mut first) => {
                let (status, decline) = match does {
                    Does::Authorize | Does::AuthorizeThenRefundLate | Does::AuthorizeThenRefundFails => {
                        (Status::RequiresCapture, None)
                    }
                    Does::Decline(code) => (Status::RequiresPaymentMethod, Some(code)),
                    Does::Authenticate(_) => (Status::RequiresAction, None),
                };
                let reference = format!("pi_{}", Uuid::now_v7().simple());
                sqlx::query(
                    "insert into sandbox_gateway.intents \
                     (reference, payment, attempt, method, amount, currency, status, decline, return_url) \
                     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                )
                .bind(&reference)
                .bind(new.payment)
                .bind(new.attempt)
                .bind(new.method)
                .bind(new.amount.minor)
                .bind(new.amount.currency.code())
                .bind(status.as_str())
                .bind(decline.map(DeclineCode::as_str))
                .bind(new.return_url)
                .execute(first.connection())
                .await?;
                let answer = self.changed(first.connection(), &reference).await?;
                first.answered(&answer).await?;
                answer
            }
        };
        after(told)?;
        intent_of(answer)
    }

    pub async fn capture(
        &self,
        reference: &str,
        amount: Money,
        key: Option<&str>,
    ) -> Result<Intent, Trouble> {
        let told = self.told(Operation::Capture, None, Some(reference)).await?;
        let fingerprint = format!("capture {reference} {amount}");
        let answer = match keys::begin(&self.pool, key, &fingerprint).await? {
            Turn::Replayed(answer) => answer,
            Turn::First(mut first) => {
                let Some(intent) = books::locked(first.connection(), reference).await? else {
                    return Err(Trouble::Refused(Refusal::missing(reference)));
                };
                let answer = if intent.status != Status::RequiresCapture {
                    Answer::Refused(Refusal::unexpected_state(&intent, "captured"))
                } else if amount.currency != intent.amount.currency
                    || !(1..=intent.amount.minor).contains(&amount.minor)
                {
                    let message = format!("{amount} cannot be captured of {}.", intent.amount);
                    Answer::Refused(Refusal::invalid("amount_too_large", message))
                } else {
                    sqlx::query(
                        "update sandbox_gateway.intents set status = 'succeeded', captured = $2 where reference = $1",
                    )
                    .bind(reference)
                    .bind(amount.minor)
                    .execute(first.connection())
                    .await?;
                    self.changed(first.connection(), reference).await?
                };
                first.answered(&answer).await?;
                answer
            }
        };
        after(told)?;
        intent_of(answer)
    }

    pub async fn cancel(&self, reference: &str) -> Result<Intent, Trouble> {
        let told = self.told(Operation::Void, None, Some(reference)).await?;
        let canceled = self
            .moved(reference, "canceled", |intent| match intent.status {
                Status::RequiresPaymentMethod | Status::RequiresAction | Status::RequiresCapture => {
                    Some((Status::Canceled, intent.decline))
                }
                Status::Succeeded | Status::Canceled => None,
            })
            .await?;
        after(told)?;
        Ok(canceled)
    }

    /// What the shopper told the bank.
    pub async fn authenticate(&self, reference: &str, passed: bool) -> Result<Intent, Trouble> {
        self.moved(reference, "authenticated", |intent| {
            if intent.status != Status::RequiresAction {
                return None;
            }
            let declined = match methods::find(&intent.method).map(|card| card.does) {
                _ if !passed => Some(DeclineCode::AuthenticationFailed),
                Some(Does::Authenticate(declined)) => declined,
                Some(
                    Does::Authorize
                    | Does::Decline(_)
                    | Does::AuthorizeThenRefundLate
                    | Does::AuthorizeThenRefundFails,
                )
                | None => None,
            };
            let status = match declined {
                Some(_) => Status::RequiresPaymentMethod,
                None => Status::RequiresCapture,
            };
            Some((status, declined))
        })
        .await
    }

    pub async fn look_up(&self, reference: &str) -> Result<Option<Intent>, Trouble> {
        let told = self.told(Operation::LookUp, None, Some(reference)).await?;
        let intent = books::intent(&mut self.connection().await?, reference).await?;
        after(told)?;
        Ok(intent)
    }

    pub async fn find(
        &self,
        payment: Uuid,
        attempt: Uuid,
        since: OffsetDateTime,
    ) -> Result<Option<Intent>, Trouble> {
        let told = self.told(Operation::Find, None, None).await?;
        let found = books::intents_of(&mut self.connection().await?, payment, attempt, since).await?;
        after(told)?;
        Ok(found.into_iter().next())
    }

    /// Newest first, and whether there are more.
    pub async fn list(
        &self,
        since: OffsetDateTime,
        after_reference: Option<&str>,
        limit: u8,
    ) -> Result<(Vec<Intent>, bool), Trouble> {
        let told = self.told(Operation::ChargesSince, None, None).await?;
        let mut connection = self.connection().await?;
        let one_more = i64::from(limit) + 1;
        let mut intents = books::intents_since(&mut connection, since, after_reference, one_more).await?;
        let has_more = intents.len() > usize::from(limit);
        intents.truncate(usize::from(limit));
        after(told)?;
        Ok((intents, has_more))
    }

    /// Newest first.
    pub async fn refunds_of(&self, reference: &str) -> Result<Vec<Refund>, Trouble> {
        let told = self.told(Operation::FindRefund, None, Some(reference)).await?;
        let refunds = books::refunds_of(&mut self.connection().await?, reference).await?;
        after(told)?;
        Ok(refunds)
    }

    /// Moves a charge from the state that it is in, or says why not.
    async fn moved(
        &self,
        reference: &str,
        wanted: &str,
        to: impl FnOnce(&Intent) -> Option<(Status, Option<DeclineCode>)>,
    ) -> Result<Intent, Trouble> {
        let mut transaction = self.pool.begin().await?;
        let Some(intent) = books::locked(&mut transaction, reference).await? else {
            return Err(Trouble::Refused(Refusal::missing(reference)));
        };
        let Some((status, decline)) = to(&intent) else {
            return Err(Trouble::Refused(Refusal::unexpected_state(&intent, wanted)));
        };
        sqlx::query("update sandbox_gateway.intents set status = $2, decline = $3 where reference = $1")
            .bind(reference)
            .bind(status.as_str())
            .bind(decline.map(DeclineCode::as_str))
            .execute(&mut *transaction)
            .await?;
        let answer = self.changed(&mut transaction, reference).await?;
        transaction.commit().await?;
        intent_of(answer)
    }

    /// The charge as it is now, with the webhook that tells of it.
    async fn changed(&self, connection: &mut Session, reference: &str) -> Result<Answer, Trouble> {
        let Some(intent) = books::intent(connection, reference).await? else {
            return Err(Trouble::Refused(Refusal::missing(reference)));
        };
        let kind = match intent.status {
            Status::RequiresPaymentMethod => "payment_intent.payment_failed",
            Status::RequiresAction => "payment_intent.requires_action",
            Status::RequiresCapture => "payment_intent.amount_capturable_updated",
            Status::Succeeded => "payment_intent.succeeded",
            Status::Canceled => "payment_intent.canceled",
        };
        self.queue(connection, kind, &wire::payment_intent(&intent))
            .await?;
        Ok(Answer::Intent(intent))
    }

    pub async fn connection(&self) -> Result<Session, sqlx::Error> {
        self.pool.acquire().await
    }

    /// Waits as long as was told, and fails before anything was done if that was told.
    pub(super) async fn told(
        &self,
        operation: Operation,
        method: Option<&str>,
        reference: Option<&str>,
    ) -> Result<Told, Trouble> {
        let told = behaviour::told(&mut self.connection().await?, operation, method, reference).await?;
        if !told.latency.is_zero() {
            tokio::time::sleep(told.latency).await;
        }
        if told.fails_before {
            return Err(Trouble::FailedBefore);
        }
        Ok(told)
    }
}

/// Fails when everything was done, if that was told.
pub(super) fn after(told: Told) -> Result<(), Trouble> {
    if told.fails_after {
        Err(Trouble::FailedAfter)
    } else {
        Ok(())
    }
}

/// What is not even valid is refused before its key is looked at.
fn valid(new: &NewIntent<'_>) -> Result<Does, Trouble> {
    checked(amount::charge(new.amount))?;
    let does = methods::find(new.method).map(|card| card.does).ok_or_else(|| {
        let message = format!("No such PaymentMethod: '{}'", new.method);
        Trouble::Refused(Refusal::invalid("resource_missing", message))
    })?;
    match reqwest::Url::parse(new.return_url) {
        Ok(url) if url.has_host() => Ok(does),
        Ok(_) | Err(_) => Err(Trouble::Refused(Refusal::invalid(
            "url_invalid",
            "Not a valid URL",
        ))),
    }
}

/// By Stripe's rules, so that what it would refuse is found out here already.
pub(super) fn checked_part(amount: Money) -> Result<(), Trouble> {
    checked(amount::to_stripe(amount))
}

fn checked(amount: Result<i64, GatewayError>) -> Result<(), Trouble> {
    match amount {
        Ok(_) => Ok(()),
        Err(GatewayError::Rejected { code, message }) => {
            Err(Trouble::Refused(Refusal::invalid(&code, message)))
        }
        Err(GatewayError::Unavailable(why)) => Err(Trouble::Refused(Refusal::invalid("amount_invalid", why))),
    }
}

fn intent_of(answer: Answer) -> Result<Intent, Trouble> {
    match answer {
        Answer::Intent(intent) => Ok(intent),
        Answer::Refused(refusal) => Err(Trouble::Refused(refusal)),
        Answer::Refund(refund) => Err(Trouble::Refused(Refusal::missing(&refund.reference))),
    }
}
