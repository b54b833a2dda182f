//! What happens after an attempt that failed.

use axum::body::Body;
use axum::response::Response;

use super::*;

const SCHEDULE: [Duration; 9] = [
    seconds(5),
    seconds(5 * 60),
    seconds(30 * 60),
    hours(2),
    hours(5),
    hours(10),
    hours(14),
    hours(20),
    hours(24),
];

fn since(hooks: &Hooks, at: OffsetDateTime) -> Duration {
    at - hooks.began
}

#[tokio::test]
async fn what_fails_is_tried_ten_times_on_schedule_and_then_given_up() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    hooks.announce(1).await;
    let mut now = seconds(0);
    for delay in SCHEDULE {
        endpoint.answers(500);
        assert_eq!(hooks.step(now).await, 1);
        let delivery = hooks.delivery(&subscription).await;
        assert_eq!(delivery.state, DeliveryState::Pending);
        let next = since(&hooks, delivery.next_attempt_at.unwrap());
        // With some chance, and with the time that the attempt took.
        let waited = next - now;
        assert!(
            waited >= delay && waited <= delay * 1.2 + seconds(2),
            "{waited:?} {delay:?}"
        );
        assert_eq!(hooks.step(next - seconds(1)).await, 0, "not before its time");
        now = next;
    }
    endpoint.answers(500);
    assert_eq!(hooks.step(now).await, 1);
    let delivery = hooks.delivery(&subscription).await;
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Failed, 10));
    assert_eq!(
        delivery.last_error.as_deref(),
        Some("the endpoint answered 500 Internal Server Error")
    );
    assert_eq!(hooks.step(now + hours(1000)).await, 0, "nobody tries any more");
    assert_eq!(endpoint.received().len(), 10);
    let ids: std::collections::HashSet<_> = endpoint.ids().into_iter().collect();
    assert_eq!(ids.len(), 1, "always under the same id");
    assert_eq!(hooks.log(&delivery).await.len(), 10);
    assert!(hooks.subscription(subscription.id).await.enabled);
}

#[tokio::test]
async fn nobody_listens_and_later_somebody_does() {
    let mut hooks = Hooks::new().await;
    let url = {
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/", closed.local_addr().unwrap())
    };
    let subscription = hooks.subscribe_url(&url, &[]).await;
    hooks.announce(1).await;
    hooks.step(seconds(0)).await;
    let delivery = hooks.delivery(&subscription).await;
    assert_eq!(delivery.last_status, None);
    let error = delivery.last_error.unwrap();
    assert!(
        error.starts_with("cannot connect: ") && !error.contains(&url),
        "{error}"
    );
    assert!(hooks.subscription(subscription.id).await.failing_since.is_some());

    let endpoint = Endpoint::open().await;
    sqlx::query("update webhook_subscriptions set url = $1")
        .bind(&endpoint.url)
        .execute(&hooks.pool)
        .await
        .unwrap();
    assert_eq!(hooks.step(seconds(10)).await, 1);
    let delivery = hooks.delivery(&subscription).await;
    assert_eq!(
        (delivery.state, delivery.last_error),
        (DeliveryState::Delivered, None)
    );
    assert_eq!(hooks.subscription(subscription.id).await.failing_since, None);
}

#[tokio::test]
async fn an_endpoint_that_fails_is_sent_one_message_at_a_time_until_it_works() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    hooks.subscribe(&endpoint).await;
    hooks.announce(9).await;
    for _ in 0..5 {
        endpoint.answers(500);
    }
    assert_eq!(hooks.step(seconds(0)).await, 4);
    assert_eq!(hooks.step(seconds(0)).await, 1, "it fails by now");
    assert_eq!(hooks.step(seconds(0)).await, 1, "this one succeeds");
    assert_eq!(hooks.step(seconds(0)).await, 3, "and so do the others");
}

#[tokio::test]
async fn an_endpoint_that_asks_for_a_pause_gets_it() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    hooks.announce(1).await;
    endpoint.answers_with(|| {
        let busy = Response::builder().status(429).header("retry-after", "600");
        busy.body(Body::empty()).unwrap()
    });
    hooks.step(seconds(0)).await;
    hooks.announce(2).await;
    assert_eq!(hooks.step(seconds(599)).await, 0, "not even other messages");
    let delivery = hooks.deliveries(&subscription).await.pop().unwrap();
    let next = since(&hooks, delivery.next_attempt_at.unwrap());
    assert!(next >= seconds(600), "{next:?}");
    assert_eq!(hooks.step(seconds(602)).await, 1);
    assert_eq!(hooks.step(seconds(602)).await, 2);
    assert_eq!(endpoint.received().len(), 4);
}

#[tokio::test]
async fn what_was_given_up_can_be_asked_for_anew_with_all_of_its_attempts() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    hooks.announce(1).await;
    sqlx::query("update webhook_deliveries set state = 'failed', attempts = 10")
        .execute(&hooks.pool)
        .await
        .unwrap();
    let delivery = hooks.delivery(&subscription).await;
    hooks.redeliver(&delivery, hours(100)).await;
    endpoint.answers(500);
    assert_eq!(hooks.step(hours(100)).await, 1);
    let again = hooks.delivery(&subscription).await;
    assert_eq!((again.state, again.attempts), (DeliveryState::Pending, 11));
    let next = since(&hooks, again.next_attempt_at.unwrap()) - hours(100);
    assert!(next <= seconds(8), "the schedule begins anew: {next:?}");
    assert_eq!(hooks.step(hours(100) + seconds(10)).await, 1);
    let delivered = hooks.delivery(&subscription).await;
    assert_eq!(delivered.state, DeliveryState::Delivered);
}

#[tokio::test]
async fn what_was_delivered_is_sent_again_under_its_id_and_with_a_fresh_timestamp() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    hooks.announce(1).await;
    hooks.step(seconds(0)).await;
    let delivery = hooks.delivery(&subscription).await;
    hooks.redeliver(&delivery, hours(2)).await;
    assert_eq!(hooks.step(hours(2)).await, 1);
    assert_eq!(hooks.step(hours(2)).await, 0);
    let received = endpoint.received();
    assert_eq!(endpoint.ids(), [delivery.id.to_string(), delivery.id.to_string()]);
    assert_eq!(received[0].body, received[1].body);
    let fresh = (hooks.began + hours(2)).unix_timestamp().to_string();
    assert_eq!(received[1].header("webhook-timestamp"), fresh);
    assert!(received[1].is_signed_with(&subscription.secret));
    assert_eq!(hooks.log(&delivery).await.len(), 2);
}

#[tokio::test]
async fn asking_anew_for_what_is_under_way_does_not_send_it_twice_at_once() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    hooks.announce(1).await;
    let due = hooks.claim(seconds(0)).await.remove(0);
    let delivery = hooks.delivery(&subscription).await;
    hooks.redeliver(&delivery, seconds(1)).await;
    assert_eq!(hooks.step(seconds(1)).await, 0, "it is under way");
    let answer = Poster::new(ANYWHERE, PATIENCE)
        .unwrap()
        .post(&due, hooks.began)
        .await;
    let at = hooks.began + seconds(1);
    hooks.deliveries.record(&due, &answer, at, 0.0).await.unwrap();
    assert_eq!(
        hooks.delivery(&subscription).await.state,
        DeliveryState::Delivered
    );
    assert_eq!(hooks.step(seconds(120)).await, 0);
    assert_eq!(endpoint.received().len(), 1);
}

#[tokio::test]
async fn a_test_delivery_is_sent_whatever_was_subscribed_to() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe_to(&endpoint, &["payment.PaymentCaptured"]).await;
    let id = hooks.send_test(&subscription).await;
    hooks.send_test(&subscription).await;
    assert_eq!(hooks.step(seconds(0)).await, 2);
    let received = endpoint.received();
    assert!(endpoint.ids().contains(&id.to_string()));
    assert!(received[0].is_signed_with(&subscription.secret));
    let body: serde_json::Value = serde_json::from_str(&received[0].body).unwrap();
    assert_eq!(body["type"], "webhook.test");
    assert_eq!(body["data"]["subscription"], subscription.id.to_string());
    assert!(
        OffsetDateTime::parse(
            body["timestamp"].as_str().unwrap(),
            &time::format_description::well_known::Rfc3339
        )
        .is_ok()
    );
}
