//! A client as it should be: it sends a command again, under the same key, until it is answered, and writes down every
//! try.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use system_tests::commands::Stored;
use system_tests::guest::Guest;
use system_tests::http::{Door, Request, Response};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::journal::{Answer, Journal, Kind, Said, Try, Wanted};
use crate::shop::STAFF_TOKEN;

/// Longer than every limit that the shop has: whoever waits for so long was told nothing.
const LONGEST_TRY: Duration = Duration::from_secs(20);
/// How long a command is repeated.
const PATIENCE: Duration = Duration::from_secs(90);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

pub enum Who {
    Guest(Guest),
    /// With what an account signs in again.
    Account(Guest, Value),
    Staff,
}

pub struct Client {
    who: Who,
    door: Door,
    journal: Arc<Journal>,
}

impl Client {
    pub fn new(who: Who, address: &str, journal: &Arc<Journal>) -> Self {
        Self {
            who,
            door: Door::new(address),
            journal: Arc::clone(journal),
        }
    }

    /// Somebody new, with a session of their own.
    pub async fn guest(address: &str, journal: &Arc<Journal>) -> Self {
        let mut client = Self::new(Who::Guest(Guest::default()), address, journal);
        client
            .ask("session", Request::new("POST", "/api/commands/session"))
            .await;
        client
    }

    /// The same shopper with another connection.
    pub fn twin(&self) -> Self {
        let who = match &self.who {
            Who::Guest(guest) => Who::Guest(guest.clone()),
            Who::Account(guest, credentials) => Who::Account(guest.clone(), credentials.clone()),
            Who::Staff => Who::Staff,
        };
        Self::new(who, self.door.address(), &self.journal)
    }

    /// The answer, be it a success or a refusal; none where nobody gave one.
    pub async fn command(&mut self, wanted: Wanted, request: Request) -> Option<Response> {
        let (key, trace) = (Uuid::new_v4().to_string(), Uuid::new_v4().simple().to_string());
        let request = request
            .header("Idempotency-Key", &key)
            .header("traceparent", &format!("00-{trace}-00f067aa0ba902b7-01"));
        let number = self.journal.begun(wanted, &trace);
        let response = self.until_answered(wanted.name, Kind::Command, &request).await;
        let answer = match &response {
            Ok(response) if response.is_success() => match response.json::<Stored>() {
                Ok(stored) => Answer::Stored(stored),
                Err(error) => Answer::GivenUp(format!("an answer that nobody can read: {error}: {response}")),
            },
            Ok(response) => Answer::Refused(response.to_string()),
            Err(last) => Answer::GivenUp(last.clone()),
        };
        self.journal.ended(number, answer);
        response.ok()
    }

    /// What stores no event, but is repeated in the same way: a session, a quote.
    pub async fn ask(&mut self, name: &'static str, request: Request) -> Option<Response> {
        self.until_answered(name, Kind::Command, &request).await.ok()
    }

    /// One look.
    pub async fn query(&mut self, name: &'static str, path: &str) -> Option<Response> {
        let response = self.send(name, Kind::Query, &Request::get(path)).await.ok()?;
        if response.status == 401 {
            self.come_in_again().await;
        }
        Some(response)
    }

    async fn until_answered(
        &mut self,
        name: &'static str,
        kind: Kind,
        request: &Request,
    ) -> Result<Response, String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let said = self.send(name, kind, request).await;
            let pause = match &said {
                Ok(response) if response.status == 401 => {
                    self.come_in_again().await;
                    SHORTEST_PAUSE
                }
                Ok(response) if !is_passing(response) => return said,
                Ok(response) => retry_after(response),
                Err(_) => SHORTEST_PAUSE * 2,
            };
            if Instant::now() + pause > until {
                return Err(said.map_or_else(|lost| lost, |response| response.to_string()));
            }
            sleep(pause).await;
        }
    }

    /// Redis may have lost the session. A guest gets another one for the guest cookie, an account signs in.
    async fn come_in_again(&mut self) {
        let request = match &self.who {
            Who::Guest(_) => Request::new("POST", "/api/commands/session"),
            Who::Account(_, credentials) => {
                Request::new("POST", "/api/commands/session/sign-in").json(credentials)
            }
            Who::Staff => return,
        };
        // Where it does not work, the next try says so.
        let _ = self.send("session", Kind::Command, &request).await;
    }

    async fn send(&mut self, name: &'static str, kind: Kind, request: &Request) -> Result<Response, String> {
        let signed = match &self.who {
            Who::Guest(guest) | Who::Account(guest, _) => guest.sign(request.clone()),
            Who::Staff => request
                .clone()
                .header("Authorization", &format!("Bearer {STAFF_TOKEN}")),
        };
        let began = Instant::now();
        let response = match timeout(LONGEST_TRY, self.door.send(&signed)).await {
            Ok(answered) => answered.map_err(|lost| lost.to_string()),
            Err(_) => Err(format!("no answer within {} s", LONGEST_TRY.as_secs())),
        };
        if let (Ok(response), Who::Guest(guest) | Who::Account(guest, _)) = (&response, &mut self.who) {
            guest.keep_cookies(response);
        }
        self.journal.tried(Try {
            kind,
            name,
            began,
            took: began.elapsed(),
            said: said(&response),
        });
        response
    }
}

/// What a command was answered with, if it succeeded.
pub fn stored(response: &Response) -> Option<Stored> {
    response.is_success().then(|| response.json().ok()).flatten()
}

fn said(response: &Result<Response, String>) -> Said {
    match response {
        Ok(response) => {
            let problem = (response.status >= 400)
                .then(|| response.json::<Value>().ok())
                .flatten()
                .and_then(|body| Some(body["type"].as_str()?.trim_start_matches("/problems/").to_owned()));
            Said::Answered {
                status: response.status,
                problem: problem.unwrap_or_default(),
                says_when: response.header("retry-after").is_some(),
            }
        }
        Err(lost) => Said::Lost(lost.clone()),
    }
}

/// Whether the same request may be answered otherwise in a moment.
fn is_passing(response: &Response) -> bool {
    let is_in_progress = || String::from_utf8_lossy(&response.body).contains("idempotency-in-progress");
    match response.status {
        429 | 500 | 502 | 503 | 504 => true,
        409 => is_in_progress(),
        _ => false,
    }
}

fn retry_after(response: &Response) -> Duration {
    let asked = response.header("retry-after").and_then(|text| text.parse().ok());
    asked.map_or(SHORTEST_PAUSE, |seconds| {
        Duration::from_secs(seconds).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
    })
}
