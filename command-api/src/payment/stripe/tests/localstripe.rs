//! The Stripe adapter on `localstripe`, which somebody else wrote after Stripe's API: it proves the states.
//!
//! It lacks idempotency keys, the bank's pages, limits on refunds and most test cards; those are proven on our simulator.
//! It refuses some parameters of Stripe's that it does not know: a proxy before it takes those away, and nothing else.

use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;

use super::settings;
use crate::payment::contract::{Bank, Cards, STEPS, Step, Subject};
use crate::payment::decline::DeclineCode;
use crate::payment::gateway::Charge;
use crate::payment::http;
use crate::payment::stripe::Stripe;
use crate::payment::stripe::simulator::SECRET_KEY;

/// What Stripe knows and `localstripe` refuses.
const UNKNOWN_THERE: [&str; 2] = ["return_url", "created[gte]"];

const LEFT_OUT: [(&str, &str); 8] = [
    ("the_shopper_is_sent_to_a_page_of_the_bank", "it has no pages"),
    (
        "asked_again_an_attempt_is_one_charge",
        "it has no idempotency keys",
    ),
    (
        "asked_again_with_another_amount_an_attempt_is_refused",
        "it has no idempotency keys",
    ),
    ("asked_again_a_refund_is_made_once", "it has no idempotency keys"),
    ("no_more_is_given_back_than_was_taken", "it gives back any amount"),
    (
        "what_was_not_captured_is_not_refunded",
        "it gives back any amount",
    ),
    (
        "a_late_refund_succeeds_in_the_end",
        "its refunds never change their mind",
    ),
    (
        "a_refund_can_fail_after_it_succeeded",
        "its refunds never change their mind",
    ),
];

fn url() -> String {
    std::env::var("TEST_LOCALSTRIPE_URL")
        .expect("TEST_LOCALSTRIPE_URL names no localstripe: run the tests with ./dev test")
}

#[derive(Clone)]
struct Proxy {
    http: reqwest::Client,
}

impl Proxy {
    /// Its address.
    async fn start() -> String {
        let http = http::client(Duration::from_secs(10)).unwrap();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", socket.local_addr().unwrap());
        let router = Router::new().fallback(pass_on).with_state(Self { http });
        tokio::spawn(async move { axum::serve(socket, router).await });
        address
    }
}

async fn pass_on(State(proxy): State<Proxy>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 100_000).await.unwrap();
    let query = known_there(head.uri.query().unwrap_or_default().as_bytes());
    let url = format!("{}{}?{query}", url(), head.uri.path());
    let asked = if head.method == Method::GET {
        proxy.http.get(url)
    } else {
        proxy.http.post(url).body(known_there(&body))
    };
    let asked = ["authorization", "content-type"]
        .iter()
        .fold(asked, |asked, name| match head.headers.get(*name) {
            Some(value) => asked.header(*name, value),
            None => asked,
        });
    let answer = asked.send().await.unwrap();
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap();
    let body: Bytes = answer.bytes().await.unwrap();
    (status, [("content-type", "application/json")], body).into_response()
}

fn known_there(parameters: &[u8]) -> String {
    let known = form_urlencoded::parse(parameters).filter(|(name, _)| !UNKNOWN_THERE.contains(&&**name));
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(known)
        .finish()
}

/// `localstripe` itself: it has an address at which the shopper's answer is told.
struct ItsBank(reqwest::Client);

impl ItsBank {
    async fn post(&self, path: &str, form: &str) -> Value {
        let asked = self.0.post(format!("{}{path}", url())).bearer_auth(SECRET_KEY);
        let asked = asked.header("content-type", "application/x-www-form-urlencoded");
        let answer = asked.body(form.to_owned()).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        let asked = self.0.get(format!("{}{path}", url())).bearer_auth(SECRET_KEY);
        let body = asked.send().await.unwrap().bytes().await.unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// It knows few tokens: a card is handed in by its number, as the browser does with Stripe.
    async fn card(&self, number: &str) -> String {
        let card = format!("card[number]={number}&card[exp_month]=12&card[exp_year]=2035&card[cvc]=123");
        let method = self
            .post("/v1/payment_methods", &format!("type=card&{card}"))
            .await;
        method["id"].as_str().unwrap().to_owned()
    }
}

#[async_trait]
impl Bank for ItsBank {
    async fn answer(&self, charge: &Charge, passed: bool) -> anyhow::Result<()> {
        let path = format!("/v1/payment_intents/{}", charge.reference);
        let intent = self.get(&path).await;
        let secret = intent["client_secret"].as_str().unwrap();
        let form = format!("client_secret={secret}&success={passed}");
        self.post(&format!("{path}/_authenticate"), &form).await;
        Ok(())
    }
}

async fn holds(name: &str) {
    let bank = ItsBank(http::client(Duration::from_secs(10)).unwrap());
    let stripe = Stripe::new(settings(&Proxy::start().await)).unwrap();
    let step = STEPS.iter().find(|step| step.name == name).unwrap();
    let cards = Cards {
        good: "pm_card_visa".to_owned(),
        declined: vec![("pm_card_chargeCustomerFail".to_owned(), DeclineCode::CardDeclined)],
        three_d_secure: bank.card("4000002760003184").await,
        three_d_secure_declined: bank.card("4000008400001629").await,
        late_refund: String::new(),
        failing_refund: String::new(),
    };
    let subject = Subject {
        gateway: &stripe,
        cards: &cards,
        bank: &bank,
        patience: Duration::ZERO,
    };
    (step.run)(&subject).await.unwrap();
}

macro_rules! proven_there {
    ($($name:ident),* $(,)?) => {
        const PROVEN: &[&str] = &[$(stringify!($name)),*];

        $(#[tokio::test]
        async fn $name() {
            holds(stringify!($name)).await;
        })*
    };
}
proven_there! {
    an_authorized_payment_is_captured_whole,
    a_declined_card_charges_nothing_and_another_attempt_pays,
    every_declined_card_says_why,
    a_confirmed_payment_is_authorized,
    a_payment_that_the_shopper_refuses_is_declined,
    a_confirmed_payment_may_still_be_declined,
    what_is_voided_is_never_captured,
    what_waits_for_the_bank_can_be_voided,
    a_void_that_is_too_late_says_captured,
    asked_again_a_capture_takes_nothing_more,
    an_amount_that_cannot_be_charged_is_refused,
    an_unknown_card_is_refused,
    a_charge_whose_answer_was_lost_is_found_by_its_attempt,
    what_nobody_asked_for_is_not_found,
    every_charge_is_on_exactly_one_page,
    partial_refunds_add_up,
    a_refund_is_found_by_its_id,
}

#[test]
fn what_is_not_proven_there_is_named_with_its_reason() {
    for Step { name, .. } in STEPS {
        let is_left_out = LEFT_OUT.iter().any(|(left_out, _)| left_out == name);
        assert_ne!(PROVEN.contains(name), is_left_out, "{name}");
    }
    assert_eq!(PROVEN.len() + LEFT_OUT.len(), STEPS.len());
}
