//! Stripe: `PaymentIntents` with manual capture, over HTTP.
//!
//! An attempt is one intent, created and confirmed in one request and never used again. Where an answer leaves open
//! what became of it (Stripe failed, or says that the state or the key does not fit), what is there is looked up
//! before anybody is told.

pub mod amount;
mod client;
mod form;
mod objects;
#[cfg(test)]
mod simulator;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use domain::Money;
use secrecy::SecretString;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::gateway::{
    Attempt, Charge, ChargeState, GatewayError, Page, PaymentGateway, Refunded, key, metadata,
};
use super::webhook::{Notice, WebhookError, WebhookSecrets};
use client::{Client, Trouble};
use form::Form;
use objects::{ChargeOfIntent, ErrorObject, List, PaymentIntent, Refund};

pub use client::Limits;

/// Our clock and Stripe's need not agree to the minute.
const CLOCKS_APART: Duration = Duration::minutes(5);
/// An attempt whose id does not say when it began, began within the time that Stripe keeps its keys.
const KEYS_ARE_KEPT: Duration = Duration::hours(25);
/// More pages than this are not looked through for one refund.
const MOST_PAGES: usize = 100;

const INTENTS: &str = "/v1/payment_intents";
const SEARCH: &str = "/v1/payment_intents/search";
const REFUNDS: &str = "/v1/refunds";

pub struct Settings {
    /// `https://api.stripe.com`.
    pub base_url: String,
    pub secret_key: SecretString,
    pub webhook_secrets: WebhookSecrets,
    pub limits: Limits,
    /// Charges on one page of a list; Stripe gives at most 100.
    pub page_size: u8,
    /// So many pages of the newest charges are looked through for one of them, before Stripe's search is asked.
    pub most_pages: usize,
}

pub struct Stripe {
    client: Client,
    webhook_secrets: WebhookSecrets,
    page_size: u8,
    most_pages: usize,
}

impl Stripe {
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(settings: Settings) -> anyhow::Result<Self> {
        Ok(Self {
            client: Client::new(&settings.base_url, settings.secret_key, settings.limits)?,
            webhook_secrets: settings.webhook_secrets,
            page_size: settings.page_size,
            most_pages: settings.most_pages,
        })
    }

    /// A card was declined: the answer carries the intent, or at least the charge that failed.
    async fn declined(&self, error: &ErrorObject) -> Result<Option<Charge>, GatewayError> {
        if let Some(intent) = &error.payment_intent {
            return read(intent).map(Some);
        }
        let Some(failed) = &error.charge else {
            return Ok(None);
        };
        let path = format!("/v1/charges/{}", segment(failed)?);
        let failed: ChargeOfIntent = self.client.get(&path, Form::new()).await?;
        match failed.payment_intent {
            Some(reference) => self.look_up(&reference).await,
            None => Ok(None),
        }
    }

    /// The charge that an attempt may have become although its answer says nothing of it.
    async fn found(&self, attempt: &Attempt<'_>) -> Result<Option<Charge>, GatewayError> {
        let since = began(attempt.attempt).unwrap_or_else(|| OffsetDateTime::now_utc() - KEYS_ARE_KEPT);
        let found = self.find(attempt.payment, attempt.attempt, since).await?;
        Ok(found.filter(|charge| charge.amount == attempt.amount))
    }
}

#[async_trait]
impl PaymentGateway for Stripe {
    async fn authorize(&self, attempt: &Attempt<'_>) -> Result<Charge, GatewayError> {
        let form = Form::new()
            .with("amount", amount::charge(attempt.amount)?)
            .with("currency", amount::currency_code(attempt.amount.currency))
            .with("capture_method", "manual")
            .item("payment_method_types", "card")
            .with("payment_method", attempt.method)
            .with("confirm", true)
            .with("return_url", attempt.return_url)
            .nested("metadata", metadata::PAYMENT, attempt.payment)
            .nested("metadata", metadata::ATTEMPT, attempt.attempt)
            .item("expand", "latest_charge");
        let key = key(attempt.payment, "authorize", attempt.attempt);
        match self.client.post(INTENTS, form, Some(&key)).await {
            Ok(intent) => read(&intent),
            Err(trouble) => {
                let there = match &trouble {
                    Trouble::Refused(error) if error.is_declined_card() => self.declined(error).await?,
                    Trouble::Refused(error) if error.is_reused_key() => self.found(attempt).await?,
                    Trouble::Failed(_) => self.found(attempt).await?,
                    Trouble::Refused(_) | Trouble::Unanswered(_) => None,
                };
                there.ok_or_else(|| trouble.into())
            }
        }
    }

    async fn look_up(&self, reference: &str) -> Result<Option<Charge>, GatewayError> {
        let path = format!("{INTENTS}/{}", segment(reference)?);
        let expanded = Form::new().item("expand", "latest_charge");
        match self.client.get(&path, expanded).await {
            Ok(intent) => read(&intent).map(Some),
            Err(Trouble::Refused(error)) if error.is_missing() => Ok(None),
            Err(trouble) => Err(trouble.into()),
        }
    }

    async fn find(
        &self,
        payment: Uuid,
        attempt: Uuid,
        since: OffsetDateTime,
    ) -> Result<Option<Charge>, GatewayError> {
        let mut found = vec![];
        let mut after = None;
        for _ in 0..self.most_pages {
            let page = self.charges_since(since, after).await?;
            let its = |charge: &Charge| charge.is_of(payment, attempt);
            found.extend(page.charges.into_iter().filter(its));
            after = page.next;
            if after.is_none() || found.iter().any(Charge::may_hold_money) {
                return Ok(best(found));
            }
        }
        // The newest charges were looked through. Search knows the others: it lags behind by a minute, in Stripe's bad hours by some.
        found.extend(self.searched(payment, attempt).await?);
        Ok(best(found))
    }

    async fn capture(
        &self,
        payment: Uuid,
        attempt: Uuid,
        reference: &str,
        amount: Money,
    ) -> Result<Charge, GatewayError> {
        let form = Form::new()
            .with("amount_to_capture", amount::to_stripe(amount)?)
            .item("expand", "latest_charge");
        let key = key(payment, "capture", attempt);
        let path = format!("{INTENTS}/{}/capture", segment(reference)?);
        let trouble = match self.client.post(&path, form, Some(&key)).await {
            Ok(intent) => return read(&intent),
            Err(trouble) => trouble,
        };
        self.ended(reference, trouble).await
    }

    async fn void(&self, _payment: Uuid, _attempt: Uuid, reference: &str) -> Result<Charge, GatewayError> {
        // Without a key: cancelling twice is nothing, while a stored "not now" would be replayed for a day.
        let form = Form::new().item("expand", "latest_charge");
        let path = format!("{INTENTS}/{}/cancel", segment(reference)?);
        let trouble = match self.client.post(&path, form, None).await {
            Ok(intent) => return read(&intent),
            Err(trouble) => trouble,
        };
        self.ended(reference, trouble).await
    }

    async fn refund(
        &self,
        payment: Uuid,
        reference: &str,
        refund: Uuid,
        amount: Money,
    ) -> Result<Refunded, GatewayError> {
        let form = Form::new()
            .with("payment_intent", reference)
            .with("amount", amount::to_stripe(amount)?)
            .nested("metadata", metadata::PAYMENT, payment)
            .nested("metadata", metadata::REFUND, refund);
        let key = key(payment, "refund", refund);
        let trouble = match self.client.post::<Refund>(REFUNDS, form, Some(&key)).await {
            Ok(made) => return made.refunded().ok_or_else(unreadable),
            Err(trouble @ Trouble::Unanswered(_)) => return Err(trouble.into()),
            Err(trouble @ (Trouble::Refused(_) | Trouble::Failed(_))) => trouble,
        };
        let found = self.find_refund(reference, refund).await?;
        let same = found.filter(|found| found.amount == amount);
        same.ok_or_else(|| trouble.into())
    }

    async fn find_refund(&self, reference: &str, refund: Uuid) -> Result<Option<Refunded>, GatewayError> {
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let form = Form::new()
                .with("payment_intent", reference)
                .with("limit", self.page_size)
                .with_some("starting_after", after);
            let List { data, has_more } = match self.client.get::<List<Refund>>(REFUNDS, form).await {
                Ok(list) => list,
                Err(Trouble::Refused(error)) if error.is_missing() => return Ok(None),
                Err(trouble) => return Err(trouble.into()),
            };
            if let Some(found) = data.iter().find(|made| made.is_of(refund)) {
                return found.refunded().map(Some).ok_or_else(unreadable);
            }
            after = data.into_iter().next_back().map(|last| last.id);
            if !has_more || after.is_none() {
                return Ok(None);
            }
        }
        Err(GatewayError::Unavailable(format!(
            "more than {MOST_PAGES} pages of refunds"
        )))
    }

    async fn charges_since(
        &self,
        since: OffsetDateTime,
        after: Option<String>,
    ) -> Result<Page, GatewayError> {
        let form = Form::new()
            .nested("created", "gte", (since - CLOCKS_APART).unix_timestamp())
            .with("limit", self.page_size)
            .with_some("starting_after", after)
            .item("expand", "data.latest_charge");
        let list: List<PaymentIntent> = self.client.get(INTENTS, form).await?;
        let next = list.data.last().map(|last| last.id.clone());
        Ok(Page {
            // A shop has no charges in currencies that it does not know: those are somebody else's.
            charges: list.data.iter().filter_map(PaymentIntent::charge).collect(),
            next: next.filter(|_| list.has_more),
        })
    }

    fn verify(&self, body: &[u8], signature: &str, now: OffsetDateTime) -> Result<Notice, WebhookError> {
        self.webhook_secrets.verify(body, signature, now)
    }
}

impl Stripe {
    /// The charges of an attempt that Stripe's search knows, as they are now.
    async fn searched(&self, payment: Uuid, attempt: Uuid) -> Result<Vec<Charge>, GatewayError> {
        let query = format!("metadata['{}']:'{attempt}'", metadata::ATTEMPT);
        let form = Form::new().with("query", query).with("limit", self.page_size);
        let list: List<PaymentIntent> = self.client.get(SEARCH, form).await?;
        let mut found = vec![];
        for intent in list.data {
            found.extend(self.look_up(&intent.id).await?);
        }
        found.retain(|charge| charge.is_of(payment, attempt));
        Ok(found)
    }

    /// A capture or a void that was not answered with success: if the charge came to an end, that is the answer.
    async fn ended(&self, reference: &str, trouble: Trouble) -> Result<Charge, GatewayError> {
        if matches!(trouble, Trouble::Unanswered(_)) {
            return Err(trouble.into());
        }
        let Some(charge) = self.look_up(reference).await? else {
            return Err(trouble.into());
        };
        match charge.state {
            ChargeState::Captured | ChargeState::Voided | ChargeState::Declined { .. } => Ok(charge),
            ChargeState::Processing => Err(GatewayError::Unavailable(
                "the charge is still being processed".to_owned(),
            )),
            ChargeState::ActionRequired { .. } | ChargeState::Authorized => Err(trouble.into()),
        }
    }
}

/// Of several charges of one attempt, one that may hold money.
fn best(mut found: Vec<Charge>) -> Option<Charge> {
    let holding = found.iter().position(Charge::may_hold_money);
    match holding {
        Some(place) => Some(found.swap_remove(place)),
        None => found.pop(),
    }
}

/// When an attempt began: its id is a UUIDv7.
fn began(attempt: Uuid) -> Option<OffsetDateTime> {
    let (seconds, _) = attempt.get_timestamp()?.to_unix();
    OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).ok()?).ok()
}

fn read(intent: &PaymentIntent) -> Result<Charge, GatewayError> {
    intent.charge().ok_or_else(unreadable)
}

fn unreadable() -> GatewayError {
    GatewayError::Unavailable("an amount or a currency that is not ours".to_owned())
}

/// A name of Stripe's as a part of a path. References come back to us by way of events, and stay what they are.
fn segment(reference: &str) -> Result<&str, GatewayError> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !reference.is_empty() && reference.bytes().all(is_name) {
        return Ok(reference);
    }
    Err(GatewayError::rejected(
        "resource_missing",
        format!("{reference:?} is no name of Stripe's"),
    ))
}
