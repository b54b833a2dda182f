//! Sending a command until it is answered, as a client should: again with the same key after 429, 503 and lost answers.

use std::time::Duration;

use anyhow::Result;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::http::{Door, Lost, Request, Response};

/// What every command answers with when it succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct Stored {
    pub id: String,
    pub version: i64,
    pub position: i64,
}

/// How long a command is repeated before it counts as failed.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// A server may ask for more; nobody here waits longer before looking again.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The last answer, or why there was none. `retries` says how often it was asked again.
pub struct Answer {
    pub last: Result<Response, Lost>,
    pub retries: u32,
}

impl Answer {
    /// # Errors
    /// With what was answered instead, when the command did not succeed.
    pub fn stored(self) -> Result<Stored> {
        let response = self.last?;
        anyhow::ensure!(response.is_success(), "{response}");
        response.json()
    }
}

/// `request` carries an `Idempotency-Key`, so that a repetition changes nothing.
pub async fn send_until_answered(door: &mut Door, request: &Request, patience: Duration) -> Answer {
    let bytes = request.to_bytes(door.address());
    let until = Instant::now() + patience;
    let mut pause = FIRST_PAUSE;
    let mut retries = 0;
    loop {
        let last = door.send_bytes(&bytes).await;
        let asked = match &last {
            Ok(response) if !is_passing(response) => return Answer { last, retries },
            Ok(response) => retry_after(response),
            Err(_) => None,
        };
        let wait = asked.unwrap_or(pause).min(LONGEST_PAUSE);
        if Instant::now() + wait > until {
            return Answer { last, retries };
        }
        sleep(wait).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        retries += 1;
    }
}

/// Whether the same request may be answered otherwise in a moment.
fn is_passing(response: &Response) -> bool {
    match response.status {
        // 502 and 504 are the proxy's words for a lost answer.
        429 | 502 | 503 | 504 => true,
        409 => response
            .body
            .windows(23)
            .any(|part| part == b"idempotency-in-progress"),
        _ => false,
    }
}

/// RFC 9110 allows a date as well; ours are seconds.
fn retry_after(response: &Response) -> Option<Duration> {
    response
        .header("retry-after")?
        .parse()
        .ok()
        .map(Duration::from_secs)
}

pub fn open_cart() -> Request {
    Request::new("POST", "/api/commands/carts").json(&json!({}))
}

pub fn add_item(cart: &str, sku: &str, quantity: u32) -> Request {
    let lines = json!({ "lines": [{ "sku": sku, "quantity": quantity }] });
    Request::new("POST", &lines_path(cart)).json(&lines)
}

pub fn set_quantity(cart: &str, sku: &str, quantity: u32) -> Request {
    Request::new("PUT", &line_path(cart, sku)).json(&json!({ "quantity": quantity }))
}

pub fn remove_item(cart: &str, sku: &str) -> Request {
    Request::new("DELETE", &line_path(cart, sku))
}

/// A command of staff; `path` is below `/api/commands`.
pub fn of_staff(token: &str, path: &str, body: &Value) -> Request {
    let authorization = format!("Bearer {token}");
    Request::new("POST", &format!("/api/commands{path}"))
        .header("Authorization", &authorization)
        .json(body)
}

fn lines_path(cart: &str) -> String {
    format!("/api/commands/carts/{cart}/lines")
}

fn line_path(cart: &str, sku: &str) -> String {
    format!("{}/{sku}", lines_path(cart))
}
