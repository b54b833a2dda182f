//! The sandbox on a real PostgreSQL: what it charges, what it was told, what it sends.

mod cards;
mod contract;
mod keys;
mod told;
mod webhooks;

use std::time::Duration;

use domain::{Currency, Money};
use sqlx::{Connection, Executor, PgConnection};
use uuid::Uuid;

use super::{Sandbox, Settings};
use crate::payment::gateway::{Attempt, Charge, GatewayError, PaymentGateway};
use crate::payment::webhook::WebhookSecrets;

pub use crate::command_loop::testing::database;

pub const SECRET: &str = "whsec_of_the_tests";

pub fn settings(database_url: &str) -> Settings {
    Settings {
        database_url: database_url.to_owned(),
        webhook_url: None,
        webhook_secrets: WebhookSecrets::new(vec![SECRET.into()]),
        refund_settles_after: Duration::from_millis(50),
        page_size: 2,
    }
}

async fn sandbox() -> Sandbox {
    Sandbox::connect(settings(&database().await)).await.unwrap()
}

async fn sql(url: &str, statement: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    connection.execute(statement).await.unwrap();
}

fn euros(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// Of 30 euros, back to a shop at an address of its own.
fn attempt(method: &str) -> Attempt<'_> {
    Attempt {
        payment: Uuid::now_v7(),
        attempt: Uuid::now_v7(),
        amount: euros(3000),
        method,
        return_url: "https://shop.example/orders/1?returned=1#key=k",
    }
}

async fn captured(sandbox: &Sandbox, attempt: &Attempt<'_>) -> Charge {
    let held = sandbox.authorize(attempt).await.unwrap();
    capture(sandbox, attempt, &held).await.unwrap()
}

async fn capture(sandbox: &Sandbox, attempt: &Attempt<'_>, held: &Charge) -> Result<Charge, GatewayError> {
    sandbox
        .capture(attempt.payment, attempt.attempt, &held.reference, attempt.amount)
        .await
}

async fn find(sandbox: &Sandbox, attempt: &Attempt<'_>) -> Option<Charge> {
    let since = time::OffsetDateTime::UNIX_EPOCH;
    sandbox
        .find(attempt.payment, attempt.attempt, since)
        .await
        .unwrap()
}

fn code_of<T: std::fmt::Debug>(answer: Result<T, GatewayError>) -> String {
    match answer {
        Err(GatewayError::Rejected { code, .. }) => code,
        other => panic!("this was not refused: {other:?}"),
    }
}

fn is_unavailable<T>(answer: &Result<T, GatewayError>) -> bool {
    matches!(answer, Err(GatewayError::Unavailable(_)))
}

#[tokio::test]
async fn what_was_charged_outlives_the_process_that_charged_it() {
    let url = database().await;
    let attempt = attempt("pm_card_visa");
    let (held, refund) = {
        let sandbox = Sandbox::connect(settings(&url)).await.unwrap();
        (captured(&sandbox, &attempt).await, Uuid::now_v7())
    };
    let sandbox = Sandbox::connect(settings(&url)).await.unwrap();
    assert_eq!(
        sandbox.look_up(&held.reference).await.unwrap(),
        Some(held.clone())
    );
    assert_eq!(find(&sandbox, &attempt).await, Some(held.clone()));
    let given_back = sandbox
        .refund(attempt.payment, &held.reference, refund, euros(1000))
        .await;

    let sandbox = Sandbox::connect(settings(&url)).await.unwrap();
    let found = sandbox.find_refund(&held.reference, refund).await.unwrap();
    assert_eq!(found, Some(given_back.unwrap()));
}

#[tokio::test]
async fn any_number_of_processes_may_make_the_tables_at_once() {
    let url = database().await;
    let connecting = (0..4).map(|_| Sandbox::connect(settings(&url)));
    for sandbox in futures::future::join_all(connecting).await {
        let sandbox = sandbox.unwrap();
        sandbox.authorize(&attempt("pm_card_visa")).await.unwrap();
    }
}

#[tokio::test]
async fn a_process_starts_while_another_stands_still_in_the_middle_of_a_transaction() {
    let url = database().await;
    let sandbox = Sandbox::connect(settings(&url)).await.unwrap();
    sandbox.authorize(&attempt("pm_card_visa")).await.unwrap();
    let mut standing = PgConnection::connect(&url).await.unwrap();
    for statement in [
        "begin",
        "update sandbox_gateway.intents set created_at = created_at",
        "delete from sandbox_gateway.refunds",
        "delete from sandbox_gateway.webhooks",
    ] {
        standing.execute(statement).await.unwrap();
    }
    let starting = Sandbox::connect(settings(&url));
    let started = tokio::time::timeout(std::time::Duration::from_secs(10), starting).await;
    started.expect("it waits for nobody").unwrap();
}

#[tokio::test]
async fn many_refunds_at_once_give_back_no_more_than_was_taken() {
    let sandbox = sandbox().await;
    let attempt = attempt("pm_card_visa");
    let charge = captured(&sandbox, &attempt).await;
    let asking =
        (0..10).map(|_| sandbox.refund(attempt.payment, &charge.reference, Uuid::now_v7(), euros(700)));
    let answers = futures::future::join_all(asking).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 4);
    let charge = sandbox.look_up(&charge.reference).await.unwrap().unwrap();
    assert_eq!(charge.refunded, euros(2800));
}

#[tokio::test]
async fn a_part_can_be_captured_and_the_rest_is_released() {
    let sandbox = sandbox().await;
    let attempt = attempt("pm_card_visa");
    let held = sandbox.authorize(&attempt).await.unwrap();
    let too_much = sandbox
        .capture(attempt.payment, Uuid::now_v7(), &held.reference, euros(3001))
        .await;
    assert_eq!(code_of(too_much), "amount_too_large");
    let part = sandbox
        .capture(attempt.payment, attempt.attempt, &held.reference, euros(2000))
        .await
        .unwrap();
    assert_eq!((part.amount, part.captured), (euros(3000), euros(2000)));
    let refund = sandbox
        .refund(attempt.payment, &held.reference, Uuid::now_v7(), euros(2001))
        .await;
    assert_eq!(code_of(refund), "amount_too_large");
}
