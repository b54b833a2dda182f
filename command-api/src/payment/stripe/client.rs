//! One question to Stripe over HTTP: authenticated, in a pinned version, and repeated where that is safe.
//!
//! Repeated is what Stripe says may be (409, 429, 5xx, nothing heard at all), under the same key, a few times with
//! growing pauses and never beyond a total time. Stripe keeps the answer under the key from the moment it began to
//! work, a 500 included: such a replayed answer is not asked for again.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use tokio::time::{sleep, timeout};

use super::form::Form;
use super::objects::{ErrorBody, ErrorObject};
use crate::payment::gateway::GatewayError;
use crate::payment::http;

/// What this code was written against; Stripe goes on to speak it after newer ones.
pub const STRIPE_VERSION: &str = "2026-08-26.dahlia";

/// A page of a hundred charges is a tenth of this.
const LARGEST_ANSWER: usize = 4 << 20;

/// How long is waited for Stripe.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// One try.
    pub answer_within: Duration,
    /// All tries, with the pauses between them.
    pub total: Duration,
    pub tries: u32,
    /// Before the second try; twice as long before each further one, less up to a half at random.
    pub first_pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            answer_within: Duration::from_secs(20),
            total: Duration::from_secs(45),
            tries: 4,
            first_pause: Duration::from_millis(300),
        }
    }
}

pub struct Client {
    http: reqwest::Client,
    base_url: String,
    secret_key: SecretString,
    limits: Limits,
}

pub struct Question<'a> {
    pub method: Method,
    /// Below the base URL: `/v1/payment_intents`.
    pub path: &'a str,
    pub form: Form,
    pub key: Option<&'a str>,
}

/// Why there is no answer that could be used.
#[derive(Debug)]
pub enum Trouble {
    /// Stripe says no.
    Refused(Box<ErrorObject>),
    /// Stripe failed while it worked: what it did has to be looked up, asking again may repeat the failure.
    Failed(String),
    /// Nobody knows whether Stripe even heard of it.
    Unanswered(String),
}

impl From<Trouble> for GatewayError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(error) => Self::rejected(
                error.code(),
                error.message.as_deref().unwrap_or("no reason given"),
            ),
            Trouble::Failed(why) | Trouble::Unanswered(why) => Self::Unavailable(why),
        }
    }
}

struct Answer {
    status: u16,
    verdict: Verdict,
    body: Vec<u8>,
}

/// What one answer means for the next step.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    Refused,
    /// Stripe failed while it worked.
    Failed {
        ask_again: bool,
    },
    /// Stripe did nothing: it has too much to do, or works on this very question already.
    Busy {
        ask_again: bool,
    },
    /// The key is wrong or may not do this: somebody has to look at the configuration.
    NotAllowed,
}

impl Client {
    /// # Errors
    /// When the TLS library refuses its own defaults.
    pub fn new(base_url: &str, secret_key: SecretString, limits: Limits) -> anyhow::Result<Self> {
        Ok(Self {
            http: http::client(limits.answer_within)?,
            base_url: base_url.trim_end_matches('/').to_owned(),
            secret_key,
            limits,
        })
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str, form: Form) -> Result<T, Trouble> {
        let question = Question {
            method: Method::GET,
            path,
            form,
            key: None,
        };
        self.ask(question).await
    }

    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: Form,
        key: Option<&str>,
    ) -> Result<T, Trouble> {
        let question = Question {
            method: Method::POST,
            path,
            form,
            key,
        };
        self.ask(question).await
    }

    async fn ask<T: DeserializeOwned>(&self, question: Question<'_>) -> Result<T, Trouble> {
        let asked = timeout(self.limits.total, self.ask_until_answered(question)).await;
        let too_late = || Trouble::Unanswered(format!("no answer within {:?}", self.limits.total));
        asked.map_err(|_| too_late())?
    }

    async fn ask_until_answered<T: DeserializeOwned>(&self, question: Question<'_>) -> Result<T, Trouble> {
        let Question {
            method,
            path,
            form,
            key,
        } = question;
        let parameters = form.encoded();
        let mut tried = 0;
        loop {
            tried += 1;
            let (trouble, ask_again) = match self.ask_once(&method, path, &parameters, key).await {
                Ok(Answer {
                    status,
                    verdict,
                    body,
                }) => match verdict {
                    Verdict::Done => return read(&body),
                    Verdict::Refused => (refused(status, &body), false),
                    Verdict::Failed { ask_again } => (Trouble::Failed(message_of(&body)), ask_again),
                    Verdict::Busy { ask_again } => (Trouble::Unanswered(message_of(&body)), ask_again),
                    Verdict::NotAllowed => {
                        let message = message_of(&body);
                        tracing::error!(%message, "Stripe does not accept our key");
                        (Trouble::Unanswered(message), false)
                    }
                },
                Err(why) => (Trouble::Unanswered(why), true),
            };
            if !ask_again || tried >= self.limits.tries {
                return Err(trouble);
            }
            tracing::info!(path, tried, ?trouble, "Stripe is asked again");
            sleep(self.pause(tried)).await;
        }
    }

    async fn ask_once(
        &self,
        method: &Method,
        path: &str,
        parameters: &str,
        key: Option<&str>,
    ) -> Result<Answer, String> {
        let in_words = |error: reqwest::Error| chain(&error.without_url());
        let url = format!("{}{path}", self.base_url);
        let mut request = if *method == Method::GET {
            let separator = if parameters.is_empty() { "" } else { "?" };
            self.http.get(format!("{url}{separator}{parameters}"))
        } else {
            self.http
                .post(url)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(parameters.to_owned())
        };
        request = request
            .bearer_auth(self.secret_key.expose_secret())
            .header("stripe-version", STRIPE_VERSION);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let answer = request.send().await.map_err(in_words)?;
        let status = answer.status().as_u16();
        let verdict = verdict(status, answer.headers());
        let body = http::body(answer, LARGEST_ANSWER).await.map_err(in_words)?;
        let body = body.ok_or_else(|| format!("an answer of more than {LARGEST_ANSWER} bytes"))?;
        Ok(Answer {
            status,
            verdict,
            body,
        })
    }

    /// Longer each time, and by chance a little different for everybody.
    fn pause(&self, tried: u32) -> Duration {
        let longest = self.limits.first_pause * 2_u32.saturating_pow(tried.saturating_sub(1));
        longest.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

fn verdict(status: u16, headers: &HeaderMap) -> Verdict {
    let says = |name: &str, word: &str| headers.get(name).is_some_and(|value| value == word);
    let is_replayed = says("idempotent-replayed", "true");
    let ask_again = !says("stripe-should-retry", "false") && !is_replayed;
    match status {
        200..=299 => Verdict::Done,
        401 | 403 => Verdict::NotAllowed,
        409 | 429 => Verdict::Busy { ask_again },
        500.. => Verdict::Failed { ask_again },
        _ if says("stripe-should-retry", "true") => Verdict::Busy { ask_again },
        _ => Verdict::Refused,
    }
}

/// What was answered with success and cannot be read was done all the same.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(body)
        .map_err(|error| Trouble::Failed(format!("an answer that cannot be read: {error}")))
}

fn refused(status: u16, body: &[u8]) -> Trouble {
    match serde_json::from_slice::<ErrorBody>(body) {
        Ok(ErrorBody { error }) => Trouble::Refused(Box::new(ErrorObject { status, ..error })),
        Err(_) => Trouble::Unanswered("a refusal that is not Stripe's".to_owned()),
    }
}

fn message_of(body: &[u8]) -> String {
    let error = serde_json::from_slice::<ErrorBody>(body).map(|body| body.error);
    let message = error.ok().and_then(|error| error.message);
    message.unwrap_or_else(|| "Stripe gave no reason".to_owned())
}

/// An error with its causes: reqwest's own sentence says only that something was sent.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict_of(status: u16, headers: &[(&'static str, &str)]) -> Verdict {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        verdict(status, &headers.collect())
    }

    const FAILED: Verdict = Verdict::Failed { ask_again: true };
    const BUSY: Verdict = Verdict::Busy { ask_again: true };

    #[test]
    fn what_stripe_says_may_be_repeated_is_repeated_and_nothing_else() {
        for (status, expected) in [
            (200, Verdict::Done),
            (400, Verdict::Refused),
            (401, Verdict::NotAllowed),
            (402, Verdict::Refused),
            (403, Verdict::NotAllowed),
            (404, Verdict::Refused),
            (409, BUSY),
            (429, BUSY),
            (500, FAILED),
            (502, FAILED),
            (503, FAILED),
            (504, FAILED),
        ] {
            assert_eq!(verdict_of(status, &[]), expected, "{status}");
        }
    }

    #[test]
    fn stripes_own_word_on_repeating_counts() {
        let no = [("stripe-should-retry", "false")];
        assert_eq!(verdict_of(500, &no), Verdict::Failed { ask_again: false });
        assert_eq!(verdict_of(409, &no), Verdict::Busy { ask_again: false });
        assert_eq!(verdict_of(424, &[("stripe-should-retry", "true")]), BUSY);
    }

    #[test]
    fn a_stored_failure_is_not_asked_for_again() {
        let replayed = [("idempotent-replayed", "true")];
        assert_eq!(verdict_of(500, &replayed), Verdict::Failed { ask_again: false });
        assert_eq!(verdict_of(200, &replayed), Verdict::Done);
    }
}
