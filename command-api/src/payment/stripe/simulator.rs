//! Stripe over HTTP, for the tests: the sandbox's books behind Stripe's API, with its idempotency keys.
//!
//! For what `localstripe` lacks. It takes the parameters that Stripe knows and no others, and can fail as Stripe
//! fails: with an answer that it keeps, with one that it does not keep, and with one that gets lost on the way.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Money;
use serde_json::{Value, json};
use sqlx::types::Json;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use uuid::Uuid;

use super::amount;
use crate::payment::decline::DeclineCode;
use crate::payment::sandbox::Sandbox;
use crate::payment::sandbox::books::{Intent, Refusal, Status};
use crate::payment::sandbox::keys::Answer;
use crate::payment::sandbox::provider::{NewIntent, Trouble};
use crate::payment::sandbox::refunds::NewRefund;
use crate::payment::sandbox::tests::{database, settings};
use crate::payment::sandbox::wire;

pub const SECRET_KEY: &str = "sk_test_of_the_simulator";

#[derive(Clone)]
pub struct Simulator {
    pub url: String,
    pub sandbox: Arc<Sandbox>,
    pub asked: Arc<Mutex<Vec<Asked>>>,
    /// What the next requests are answered with, instead of an answer.
    pub instead: Arc<Mutex<VecDeque<Instead>>>,
}

/// A request, as it arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: Method,
    pub path: String,
    pub key: Option<String>,
    pub version: Option<String>,
    pub parameters: Parameters,
}

#[derive(Clone, Copy, Debug)]
pub enum Instead {
    /// Nothing is done, and nothing kept.
    Status(u16),
    /// The same, and Stripe says that asking again is of no use.
    StatusForGood(u16),
    /// The work is done, then Stripe fails and keeps the failure under the key.
    KeptFailure,
    /// Nothing is ever said.
    Silence,
}

type Parameters = HashMap<String, String>;

/// An answer that is not Stripe's usual one.
enum Unusual {
    Refused(Refusal),
    Answered(Box<Response>),
}

impl From<Trouble> for Unusual {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(refusal) => Self::Refused(refusal),
            Trouble::FailedBefore => {
                Self::Answered(Box::new(StatusCode::SERVICE_UNAVAILABLE.into_response()))
            }
            Trouble::FailedAfter => Self::Answered(Box::new(lost())),
            Trouble::Books(error) => panic!("{error}"),
        }
    }
}

impl Simulator {
    pub async fn start() -> Self {
        Self::with_books(&database().await).await
    }

    pub async fn with_books(database_url: &str) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let simulator = Self {
            url: format!("http://{}", socket.local_addr().unwrap()),
            sandbox: Arc::new(Sandbox::connect(settings(database_url)).await.unwrap()),
            asked: Arc::default(),
            instead: Arc::default(),
        };
        let router = Router::new().fallback(answer).with_state(simulator.clone());
        tokio::spawn(async move { axum::serve(socket, router).await });
        simulator
    }

    pub fn next(&self, instead: impl IntoIterator<Item = Instead>) {
        self.instead.lock().unwrap().extend(instead);
    }

    /// What was asked, without the parameters: `POST /v1/payment_intents`.
    pub fn lines(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .map(|asked| format!("{} {}", asked.method, asked.path))
            .collect()
    }

    async fn keep_failure(&self, key: &str) {
        let failure = Answer::Refused(Refusal {
            status: 500,
            kind: "api_error".to_owned(),
            ..Refusal::invalid("api_error", "An unknown error occurred.")
        });
        sqlx::query("update sandbox_gateway.keys set answer = $2 where key = $1")
            .bind(key)
            .bind(Json(failure))
            .execute(&mut self.sandbox.provider.connection().await.unwrap())
            .await
            .unwrap();
    }

    async fn is_replay(&self, key: Option<&str>) -> bool {
        let kept = sqlx::query(
            "select 1 from sandbox_gateway.keys where key = $1 and answer is not null \
             and created_at > clock_timestamp() - interval '24 hours'",
        );
        let mut connection = self.sandbox.provider.connection().await.unwrap();
        kept.bind(key)
            .fetch_optional(&mut connection)
            .await
            .unwrap()
            .is_some()
    }
}

async fn answer(State(simulator): State<Simulator>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 100_000).await.unwrap();
    let header = |name: &str| {
        head.headers
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    let text = if head.method == Method::GET {
        head.uri.query().unwrap_or_default().as_bytes().to_vec()
    } else {
        body.to_vec()
    };
    let asked = Asked {
        method: head.method.clone(),
        path: head.uri.path().to_owned(),
        key: header("idempotency-key"),
        version: header("stripe-version"),
        parameters: form_urlencoded::parse(&text).into_owned().collect(),
    };
    simulator.asked.lock().unwrap().push(asked.clone());
    if !is_signed_in(&head.headers) {
        return failure(
            401,
            &Refusal::invalid("api_key_invalid", "Invalid API Key provided"),
        );
    }
    let instead = simulator.instead.lock().unwrap().pop_front();
    match instead {
        Some(Instead::Status(status)) => return failure(status, &Refusal::invalid("told", "told so")),
        Some(Instead::StatusForGood(status)) => {
            let answer = failure(status, &Refusal::invalid("told", "told so"));
            return ([("stripe-should-retry", "false")], answer).into_response();
        }
        Some(Instead::Silence) => std::future::pending().await,
        Some(Instead::KeptFailure) | None => {}
    }
    let is_replay = simulator.is_replay(asked.key.as_deref()).await;
    let answer = match done(&simulator, &asked).await {
        Ok(value) => axum::Json(value).into_response(),
        Err(Unusual::Refused(refusal)) => failure(refusal.status, &refusal),
        Err(Unusual::Answered(answer)) => *answer,
    };
    if let (Some(Instead::KeptFailure), Some(key)) = (instead, &asked.key) {
        simulator.keep_failure(key).await;
        return failure(500, &Refusal::invalid("api_error", "An unknown error occurred."));
    }
    if is_replay && answer.status() != StatusCode::BAD_REQUEST {
        return ([("idempotent-replayed", "true")], answer).into_response();
    }
    answer
}

#[expect(
    clippy::too_many_lines,
    reason = "one arm for each of the provider's operations"
)]
async fn done(simulator: &Simulator, asked: &Asked) -> Result<Value, Unusual> {
    let provider = &simulator.sandbox.provider;
    let (parameters, key) = (&asked.parameters, asked.key.as_deref());
    let path: Vec<&str> = asked.path.split('/').skip(2).collect();
    match (asked.method.as_str(), &path[..]) {
        ("POST", ["payment_intents"]) => create(simulator, asked).await,
        ("GET", ["payment_intents"]) => {
            known(
                parameters,
                &["created[gte]", "limit", "starting_after", "expand[]"],
            )?;
            let since = parameters
                .get("created[gte]")
                .map_or(0, |since| since.parse().unwrap());
            let since = OffsetDateTime::from_unix_timestamp(since).unwrap();
            let limit = parameters.get("limit").map_or(10, |limit| limit.parse().unwrap());
            let after = parameters.get("starting_after").map(String::as_str);
            let (intents, has_more) = provider.list(since, after, limit).await?;
            let data: Vec<_> = intents.iter().map(|intent| shown(intent, parameters)).collect();
            Ok(json!({ "object": "list", "data": data, "has_more": has_more }))
        }
        ("GET", ["payment_intents", "search"]) => {
            known(parameters, &["query", "limit"])?;
            let query = parameters.get("query").map(String::as_str).unwrap_or_default();
            let attempt = query
                .strip_prefix("metadata['attempt']:'")
                .and_then(|rest| rest.strip_suffix('\''))
                .unwrap_or_else(|| panic!("{query:?} is nothing that the shop searches for"));
            let all = provider.list(OffsetDateTime::UNIX_EPOCH, None, u8::MAX).await?.0;
            let found = all
                .iter()
                .filter(|intent| intent.attempt.is_some_and(|its| its.to_string() == attempt));
            let data: Vec<_> = found.map(|intent| shown(intent, parameters)).collect();
            Ok(json!({ "object": "search_result", "data": data, "has_more": false }))
        }
        ("GET", ["payment_intents", reference]) => {
            known(parameters, &["expand[]"])?;
            let missing = || Unusual::Refused(Refusal::missing(reference));
            let intent = provider.look_up(reference).await?.ok_or_else(missing)?;
            Ok(shown(&intent, parameters))
        }
        ("POST", ["payment_intents", reference, "capture"]) => {
            known(parameters, &["amount_to_capture", "expand[]"])?;
            let currency = match provider.look_up(reference).await? {
                Some(intent) => intent.amount.currency,
                None => return Err(Unusual::Refused(Refusal::missing(reference))),
            };
            let amount = money(parameters, "amount_to_capture", currency.code())?;
            let intent = provider.capture(reference, amount, key).await?;
            Ok(shown(&intent, parameters))
        }
        ("POST", ["payment_intents", reference, "cancel"]) => {
            known(parameters, &["expand[]"])?;
            Ok(shown(&provider.cancel(reference).await?, parameters))
        }
        ("POST", ["refunds"]) => {
            let names = [
                "payment_intent",
                "amount",
                "metadata[payment]",
                "metadata[refund]",
            ];
            known(parameters, &names)?;
            let reference = &parameters["payment_intent"];
            let currency = match provider.look_up(reference).await? {
                Some(intent) => intent.amount.currency,
                None => return Err(Unusual::Refused(Refusal::missing(reference))),
            };
            let new = NewRefund {
                intent: reference,
                payment: id(parameters, "metadata[payment]"),
                refund: id(parameters, "metadata[refund]"),
                amount: money(parameters, "amount", currency.code())?,
            };
            Ok(wire::refund(&provider.refund(&new, key).await?))
        }
        ("GET", ["refunds"]) => {
            known(parameters, &["payment_intent", "limit", "starting_after"])?;
            let reference = &parameters["payment_intent"];
            if provider.look_up(reference).await?.is_none() {
                return Err(Unusual::Refused(Refusal::missing(reference)));
            }
            let refunds = provider.refunds_of(reference).await?;
            let from = match parameters.get("starting_after") {
                Some(after) => {
                    refunds
                        .iter()
                        .position(|refund| refund.reference == *after)
                        .unwrap()
                        + 1
                }
                None => 0,
            };
            let limit: usize = parameters["limit"].parse().unwrap();
            let data: Vec<_> = refunds.iter().skip(from).take(limit).map(wire::refund).collect();
            Ok(json!({ "object": "list", "data": data, "has_more": refunds.len() > from + limit }))
        }
        _ => Err(Unusual::Refused(Refusal {
            status: 404,
            ..Refusal::invalid("unrecognized", format!("Unrecognized request URL {}", asked.path))
        })),
    }
}

async fn create(simulator: &Simulator, asked: &Asked) -> Result<Value, Unusual> {
    let parameters = &asked.parameters;
    let names = [
        "amount",
        "currency",
        "capture_method",
        "payment_method_types[]",
        "payment_method",
        "confirm",
        "return_url",
        "metadata[payment]",
        "metadata[attempt]",
        "expand[]",
    ];
    known(parameters, &names)?;
    assert_eq!(
        parameters["capture_method"], "manual",
        "it would be captured at once"
    );
    assert_eq!(parameters["confirm"], "true", "it would wait for a confirmation");
    let new = NewIntent {
        payment: id(parameters, "metadata[payment]"),
        attempt: id(parameters, "metadata[attempt]"),
        amount: money(parameters, "amount", &parameters["currency"])?,
        method: &parameters["payment_method"],
        return_url: &parameters["return_url"],
    };
    let created = simulator
        .sandbox
        .provider
        .create(&new, asked.key.as_deref())
        .await?;
    match (created.status, created.decline) {
        (Status::RequiresPaymentMethod, Some(code)) => {
            Err(Unusual::Answered(Box::new(declined(&created, code, parameters))))
        }
        _ => Ok(shown(&created, parameters)),
    }
}

fn declined(intent: &Intent, code: DeclineCode, parameters: &Parameters) -> Response {
    let mut error = wire::card_error(code);
    error["payment_intent"] = shown(intent, parameters);
    error["charge"] = wire::charge(intent)["id"].clone();
    (
        StatusCode::PAYMENT_REQUIRED,
        axum::Json(json!({ "error": error })),
    )
        .into_response()
}

/// A charge is only its id, unless more was asked for.
fn shown(intent: &Intent, parameters: &Parameters) -> Value {
    let mut shown = wire::payment_intent(intent);
    let expanded = parameters.get("expand[]").map(String::as_str);
    if !matches!(expanded, Some("latest_charge" | "data.latest_charge")) {
        shown["latest_charge"] = shown["latest_charge"]["id"].clone();
    }
    shown
}

/// Stripe refuses what it does not know.
fn known(parameters: &Parameters, names: &[&str]) -> Result<(), Unusual> {
    match parameters.keys().find(|name| !names.contains(&name.as_str())) {
        Some(unknown) => {
            let message = format!("Received unknown parameter: {unknown}");
            Err(Unusual::Refused(Refusal::invalid("parameter_unknown", message)))
        }
        None => Ok(()),
    }
}

fn money(parameters: &Parameters, name: &str, currency: &str) -> Result<Money, Unusual> {
    let currency = amount::parse_currency(currency).unwrap();
    let units = parameters[name].parse().unwrap();
    let invalid = || Unusual::Refused(Refusal::invalid("invalid_charge_amount", "Invalid amount."));
    amount::from_stripe(units, currency).ok_or_else(invalid)
}

fn id(parameters: &Parameters, name: &str) -> Option<Uuid> {
    Uuid::try_parse(parameters.get(name)?).ok()
}

fn is_signed_in(headers: &HeaderMap) -> bool {
    headers
        .get("authorization")
        .is_some_and(|value| value == &format!("Bearer {SECRET_KEY}"))
}

fn failure(status: u16, refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, axum::Json(wire::error(refusal))).into_response()
}

/// The connection breaks in the middle of the answer.
fn lost() -> Response {
    let broken = [Ok(Bytes::from_static(b"{")), Err(io::Error::other("told so"))];
    Body::from_stream(futures::stream::iter(broken)).into_response()
}
