//! One message to one subscriber: signed, sent, and what came back.
//!
//! Called by [`super::sender`]. Bounded in time and in what is read; follows no redirect, so that nobody sends us elsewhere.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::header;
use domain::Paragraph;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use webpki_roots::TLS_SERVER_ROOTS;

use super::deliveries::Due;
use super::destination::{NotPublic, Reach};
use super::signature;

/// For a whole attempt, from the look-up of the name to the end of what is read of the answer.
pub const TIME_LIMIT: Duration = Duration::from_secs(15);
/// What is kept of an answer's body. The rest is not even read.
const EXCERPT: usize = 1_024;
const USER_AGENT: &str = concat!("Cartwright-Webhooks/", env!("CARGO_PKG_VERSION"));

/// Sends messages, over connections that it keeps for a while.
#[derive(Clone)]
pub struct Poster {
    client: Client,
    reach: Reach,
    time_limit: Duration,
}

/// What became of one attempt.
#[derive(Clone, Debug)]
pub struct Answer {
    /// `None` where nobody answered, or nothing was sent.
    pub status: Option<u16>,
    /// Why it is not a success, for those who read the log.
    pub error: Option<String>,
    /// What the endpoint asked for with `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The beginning of the answer's body.
    pub response: String,
    pub took: Duration,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    pub fn nothing_came(error: String) -> Self {
        Self {
            status: None,
            error: Some(error),
            retry_after: None,
            response: String::new(),
            took: Duration::ZERO,
        }
    }
}

impl Poster {
    pub fn new(reach: Reach, time_limit: Duration) -> anyhow::Result<Self> {
        // Mozilla's roots, as for PostgreSQL: the same on every machine.
        let roots = RootCertStore {
            roots: TLS_SERVER_ROOTS.to_vec(),
        };
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(reach)
            .redirect(Policy::none())
            // A proxy would look names up itself, and connect to what it likes.
            .no_proxy()
            .connect_timeout(time_limit / 3)
            .timeout(time_limit)
            .pool_max_idle_per_host(1)
            .user_agent(USER_AGENT)
            .build()?;
        Ok(Self {
            client,
            reach,
            time_limit,
        })
    }

    /// Sends `due`, dated `at`. What goes wrong is part of the answer.
    pub async fn post(&self, due: &Due, at: OffsetDateTime) -> Answer {
        let began = Instant::now();
        let answer = match self.reachable(&due.url) {
            Ok(url) => self.send(due, url, at).await,
            Err(error) => Answer::nothing_came(error),
        };
        Answer {
            took: began.elapsed(),
            ..answer
        }
    }

    fn reachable(&self, url: &str) -> Result<Url, String> {
        let url = Url::parse(url).map_err(|error| error.to_string())?;
        self.reach
            .check_literal(&url)
            .map_err(|error| error.to_string())?;
        Ok(url)
    }

    async fn send(&self, due: &Due, url: Url, at: OffsetDateTime) -> Answer {
        let (id, timestamp) = (due.id.to_string(), at.unix_timestamp());
        let signature = match signature::header(&due.secrets, &id, timestamp, &due.payload) {
            Ok(signature) => signature,
            Err(unreadable) => return Answer::nothing_came(unreadable.to_string()),
        };
        let sent = self
            .client
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(due.payload.clone())
            .send()
            .await;
        match sent {
            Ok(response) => read(response, at).await,
            Err(error) => Answer::nothing_came(self.in_words(&error)),
        }
    }

    /// Without the URL: its query may hold what only its owner should read.
    fn in_words(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() {
            return format!("no answer within {} s", self.time_limit.as_secs_f32());
        }
        let causes = std::iter::successors(error.source(), |cause| (*cause).source());
        let mut last = "the request failed".to_owned();
        for cause in causes {
            if cause.is::<NotPublic>() {
                return NotPublic.to_string();
            }
            last = cause.to_string();
        }
        if error.is_connect() {
            format!("cannot connect: {last}")
        } else {
            last
        }
    }
}

async fn read(mut response: Response, at: OffsetDateTime) -> Answer {
    let status = response.status();
    let retry_after = response.headers().get(header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| pause_asked_for(value.to_str().ok()?.trim(), at));
    let mut body = vec![];
    // The head has decided already; a body that breaks off changes nothing.
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= EXCERPT {
            break;
        }
    }
    body.truncate(EXCERPT);
    let response = Paragraph::<EXCERPT, 0>::clean(&String::from_utf8_lossy(&body)).into();
    let error = (!status.is_success()).then(|| format!("the endpoint answered {status}"));
    Answer {
        status: Some(status.as_u16()),
        error,
        retry_after,
        response,
        took: Duration::ZERO,
    }
}

/// `Retry-After` is a number of seconds or a date (RFC 9110).
fn pause_asked_for(text: &str, at: OffsetDateTime) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = OffsetDateTime::parse(text, &Rfc2822).ok()?;
    (date - at).try_into().ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_until_a_date() {
        let at = datetime!(2026-03-01 09:05:00 UTC);
        let asked = |text| pause_asked_for(text, at).map(|pause| pause.as_secs());
        assert_eq!(asked("120"), Some(120));
        assert_eq!(asked("Sun, 01 Mar 2026 09:06:00 GMT"), Some(60));
        assert_eq!(asked("Sun, 01 Mar 2026 09:04:00 GMT"), None);
        assert_eq!(asked("soon"), None);
    }
}
