//! Webhooks to a real listener: signed, repeated until they are taken, and as badly as was told.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{attempt, captured, database, euros, settings, sql};
use crate::payment::gateway::{Attempt, PaymentGateway};
use crate::payment::sandbox::behaviour::WebhookBehaviour;
use crate::payment::sandbox::{Sandbox, Settings};
use crate::payment::webhook::Notice;

/// Somebody who takes webhooks, unless told not to.
#[derive(Clone, Default)]
struct Listener {
    took: Arc<Mutex<Vec<(String, Bytes)>>>,
    refuses: Arc<Mutex<usize>>,
}

impl Listener {
    /// Its address.
    async fn listen(&self) -> String {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/payment-webhooks", socket.local_addr().unwrap());
        let router = Router::new()
            .route("/payment-webhooks", post(take))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(socket, router).await });
        url
    }

    /// What arrived, as the gateway understands it.
    fn notices(&self, sandbox: &Sandbox) -> Vec<Notice> {
        let now = OffsetDateTime::now_utc();
        let took = self.took.lock().unwrap();
        let verified = took
            .iter()
            .map(|(signature, body)| sandbox.verify(body, signature, now));
        verified.map(Result::unwrap).collect()
    }

    fn kinds(&self, sandbox: &Sandbox) -> Vec<String> {
        self.notices(sandbox)
            .into_iter()
            .map(|notice| notice.kind)
            .collect()
    }
}

async fn take(State(listener): State<Listener>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut refuses = listener.refuses.lock().unwrap();
    if *refuses > 0 {
        *refuses -= 1;
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
    listener.took.lock().unwrap().push((signature, body));
    StatusCode::OK
}

fn with_webhooks(database_url: &str, webhook_url: &str) -> Settings {
    Settings {
        webhook_url: Some(webhook_url.to_owned()),
        ..settings(database_url)
    }
}

async fn sandbox_and_listener() -> (Sandbox, Listener) {
    let listener = Listener::default();
    let url = listener.listen().await;
    let sandbox = Sandbox::connect(with_webhooks(&database().await, &url))
        .await
        .unwrap();
    (sandbox, listener)
}

async fn step_until_idle(sandbox: &Sandbox) {
    while sandbox.step().await.unwrap() > 0 {}
}

#[tokio::test]
async fn every_change_of_a_charge_is_told() {
    let (sandbox, listener) = sandbox_and_listener().await;
    let attempt = attempt("pm_card_threeDSecure2Required");
    let waiting = sandbox.authorize(&attempt).await.unwrap();
    sandbox.authenticate(&waiting.reference, true).await.unwrap();
    let charge = captured(&sandbox, &Attempt { ..attempt.clone() }).await;
    sandbox
        .refund(attempt.payment, &charge.reference, Uuid::now_v7(), euros(100))
        .await
        .unwrap();
    step_until_idle(&sandbox).await;
    let notices = listener.notices(&sandbox);
    let kinds: Vec<_> = notices.iter().map(|notice| notice.kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "payment_intent.requires_action",
            "payment_intent.amount_capturable_updated",
            "payment_intent.succeeded",
            "charge.refunded",
        ]
    );
    for notice in &notices {
        assert_eq!(notice.payment, Some(attempt.payment));
        assert_eq!(notice.reference.as_ref(), Some(&waiting.reference));
    }
    let events: HashSet<_> = notices.iter().map(|notice| &notice.event_id).collect();
    assert_eq!(events.len(), 4);
}

#[tokio::test]
async fn declines_voids_and_failed_refunds_are_told() {
    let (sandbox, listener) = sandbox_and_listener().await;
    sandbox
        .authorize(&attempt("pm_card_chargeDeclined"))
        .await
        .unwrap();
    let voided = attempt("pm_card_visa");
    let held = sandbox.authorize(&voided).await.unwrap();
    sandbox
        .void(voided.payment, voided.attempt, &held.reference)
        .await
        .unwrap();
    step_until_idle(&sandbox).await;
    assert_eq!(
        listener.kinds(&sandbox),
        [
            "payment_intent.payment_failed",
            "payment_intent.amount_capturable_updated",
            "payment_intent.canceled",
        ]
    );

    let failing = attempt("pm_card_refundFail");
    let charge = captured(&sandbox, &failing).await;
    let refund = Uuid::now_v7();
    sandbox
        .refund(failing.payment, &charge.reference, refund, euros(3000))
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(60)).await;
    step_until_idle(&sandbox).await;
    let last = listener.notices(&sandbox).pop().unwrap();
    assert_eq!(last.kind, "refund.failed");
    assert_eq!((last.payment, last.refund), (Some(failing.payment), Some(refund)));
    assert_eq!(last.reference, Some(charge.reference));
}

#[tokio::test]
async fn asked_again_nothing_new_is_told() {
    let (sandbox, listener) = sandbox_and_listener().await;
    let attempt = attempt("pm_card_visa");
    for _ in 0..3 {
        captured(&sandbox, &attempt).await;
    }
    step_until_idle(&sandbox).await;
    assert_eq!(listener.notices(&sandbox).len(), 2);
}

#[tokio::test]
async fn told_to_send_twice_it_sends_the_same_event_twice() {
    let (sandbox, listener) = sandbox_and_listener().await;
    let twice = WebhookBehaviour {
        delay: Duration::ZERO,
        copies: 2,
        newest_first: false,
    };
    sandbox.tell_webhooks(twice).await.unwrap();
    sandbox.authorize(&attempt("pm_card_visa")).await.unwrap();
    step_until_idle(&sandbox).await;
    let notices = listener.notices(&sandbox);
    assert_eq!(notices.len(), 2);
    assert_eq!(notices[0], notices[1]);
}

#[tokio::test]
async fn told_to_be_late_it_sends_them_later_and_the_newest_first() {
    let (sandbox, listener) = sandbox_and_listener().await;
    let late = WebhookBehaviour {
        delay: Duration::from_millis(400),
        copies: 1,
        newest_first: true,
    };
    sandbox.tell_webhooks(late).await.unwrap();
    let started = Instant::now();
    captured(&sandbox, &attempt("pm_card_visa")).await;
    assert_eq!(sandbox.step().await.unwrap(), 0);
    assert!(
        started.elapsed() < Duration::from_millis(400),
        "the machine is too slow for this test"
    );

    tokio::time::sleep(Duration::from_millis(500)).await;
    step_until_idle(&sandbox).await;
    assert_eq!(
        listener.kinds(&sandbox),
        [
            "payment_intent.succeeded",
            "payment_intent.amount_capturable_updated"
        ]
    );
}

#[tokio::test]
async fn what_was_not_taken_is_sent_again_later_and_signed_anew() {
    let (sandbox, listener) = sandbox_and_listener().await;
    *listener.refuses.lock().unwrap() = 2;
    sandbox.authorize(&attempt("pm_card_visa")).await.unwrap();
    assert_eq!(sandbox.step().await.unwrap(), 1);
    assert_eq!(sandbox.step().await.unwrap(), 0, "it is sent again at once");
    let until = Instant::now() + Duration::from_secs(10);
    while listener.notices(&sandbox).is_empty() && Instant::now() < until {
        sandbox.step().await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(listener.notices(&sandbox).len(), 1);
    step_until_idle(&sandbox).await;
    assert_eq!(
        listener.notices(&sandbox).len(),
        1,
        "what was taken is sent again"
    );
}

#[tokio::test]
async fn what_a_dead_process_did_not_deliver_another_one_does() {
    let database = database().await;
    let attempt = attempt("pm_card_visa");
    {
        let nobody = Sandbox::connect(with_webhooks(&database, "http://127.0.0.1:1/"))
            .await
            .unwrap();
        nobody.authorize(&attempt).await.unwrap();
        assert_eq!(nobody.step().await.unwrap(), 1);
    }
    let listener = Listener::default();
    let url = listener.listen().await;
    let sandbox = Sandbox::connect(with_webhooks(&database, &url)).await.unwrap();
    let token = CancellationToken::new();
    let until = Instant::now() + Duration::from_secs(10);
    let arrived = async {
        while listener.notices(&sandbox).is_empty() && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        token.cancel();
    };
    tokio::join!(sandbox.run(token.clone()), arrived);
    let notices = listener.notices(&sandbox);
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].payment, Some(attempt.payment));
}

#[tokio::test]
async fn two_processes_deliver_each_webhook_once() {
    let database = database().await;
    let listener = Listener::default();
    let url = listener.listen().await;
    let one = Sandbox::connect(with_webhooks(&database, &url)).await.unwrap();
    let other = Sandbox::connect(with_webhooks(&database, &url)).await.unwrap();
    for _ in 0..30 {
        one.authorize(&attempt("pm_card_visa")).await.unwrap();
    }
    let _ = tokio::join!(step_until_idle(&one), step_until_idle(&other));
    let notices = listener.notices(&one);
    let events: HashSet<_> = notices.iter().map(|notice| &notice.event_id).collect();
    assert_eq!((notices.len(), events.len()), (30, 30));
    sql(
        &database,
        "do $$ begin assert not exists (select 1 from sandbox_gateway.webhooks); end $$",
    )
    .await;
}
