//! What arrives, at whom, and how often.

use std::collections::HashSet;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use sqlx::Executor;
use tokio::sync::Mutex;

use super::*;

#[tokio::test]
async fn an_event_arrives_once_signed_and_is_logged() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    endpoint.answers_with(|| Response::new(Body::from("thank\0 you")));
    hooks.announce(1).await;
    assert_eq!(hooks.step(seconds(0)).await, 1);
    assert_eq!(hooks.step(seconds(3600)).await, 0);

    let received = endpoint.received();
    assert_eq!(received.len(), 1);
    let delivery = hooks.delivery(&subscription).await;
    assert_eq!(received[0].header("webhook-id"), delivery.id.to_string());
    let timestamp = hooks.began.unix_timestamp().to_string();
    assert_eq!(received[0].header("webhook-timestamp"), timestamp);
    assert_eq!(received[0].header("content-type"), "application/json");
    assert!(received[0].is_signed_with(&subscription.secret));
    let body: serde_json::Value = serde_json::from_str(&received[0].body).unwrap();
    assert_eq!(body["type"], "order.OrderPlaced");

    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Delivered, 1));
    assert!(delivery.delivered_at.is_some_and(|at| at >= hooks.began));
    let log = hooks.log(&delivery).await;
    assert_eq!(log.len(), 1);
    assert_eq!((log[0].status, log[0].at), (Some(200), hooks.began));
    assert_eq!(log[0].response.as_deref(), Some("thank\u{fffd} you"));
}

#[tokio::test]
async fn a_subscriber_hears_of_the_types_it_asked_for_and_of_nothing_that_was_before() {
    let mut hooks = Hooks::new().await;
    let before = OffsetDateTime::now_utc() - seconds(1);
    let (all, paid) = (Endpoint::open().await, Endpoint::open().await);
    hooks.subscribe(&all).await;
    hooks
        .subscribe_to(&paid, &["payment.PaymentCaptured", "payment.PaymentRefunded"])
        .await;
    let now = OffsetDateTime::now_utc();
    let events = [
        announcement("order.OrderPlaced", now),
        announcement("payment.PaymentCaptured", now),
        announcement("payment.PaymentCaptured", before),
    ];
    assert_eq!(hooks.deliveries.announce(&events, hooks.began).await.unwrap(), 3);
    hooks.step(seconds(0)).await;
    assert_eq!(all.received().len(), 2);
    let paid = paid.received();
    assert_eq!(paid.len(), 1);
    assert!(paid[0].body.contains("payment.PaymentCaptured"));
}

#[tokio::test]
async fn an_event_that_is_announced_twice_is_told_once() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    hooks.subscribe(&endpoint).await;
    let event = placed(OffsetDateTime::now_utc());
    let twice = [event.clone(), event.clone()];
    assert_eq!(hooks.deliveries.announce(&twice, hooks.began).await.unwrap(), 1);
    hooks.step(seconds(0)).await;
    assert_eq!(hooks.deliveries.announce(&[event], hooks.began).await.unwrap(), 0);
    hooks.step(seconds(0)).await;
    assert_eq!(endpoint.received().len(), 1);
}

#[tokio::test]
async fn a_message_whose_sender_dies_after_sending_it_is_sent_again_under_the_same_id() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    hooks.announce(1).await;
    let due = hooks.claim(seconds(0)).await;
    let poster = Poster::new(ANYWHERE, PATIENCE).unwrap();
    let answer = poster.post(&due[0], hooks.began).await;
    assert!(answer.is_success());

    // It is gone before it can record that; nobody takes the message before its lease has passed.
    assert_eq!(hooks.step(seconds(59)).await, 0);
    assert_eq!(hooks.step(seconds(60)).await, 1);
    let received = endpoint.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].header("webhook-id"), received[1].header("webhook-id"));
    assert_eq!(received[0].body, received[1].body);
    let timestamps = [0, 1].map(|nth: usize| received[nth].header("webhook-timestamp").to_owned());
    assert_ne!(timestamps[0], timestamps[1]);
    assert!(
        received
            .iter()
            .all(|message| message.is_signed_with(&subscription.secret))
    );
    let delivery = hooks.delivery(&subscription).await;
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Delivered, 2));
}

#[tokio::test]
async fn a_sender_that_was_overtaken_does_not_undo_what_the_other_one_did() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    hooks.announce(1).await;
    let due = hooks.claim(seconds(0)).await.remove(0);
    let mut answer = Poster::new(ANYWHERE, PATIENCE)
        .unwrap()
        .post(&due, hooks.began)
        .await;
    assert_eq!(hooks.step(seconds(61)).await, 1);
    // The first one wakes up, and believes that its attempt failed.
    answer.status = Some(500);
    let at = hooks.began + seconds(62);
    let (outcome, _) = hooks.deliveries.record(&due, &answer, at, 0.0).await.unwrap();
    assert_eq!(outcome, crate::notifications::metric::Outcome::Overtaken);
    let delivery = hooks.delivery(&subscription).await;
    assert_eq!(delivery.state, DeliveryState::Delivered);
    assert_eq!(hooks.log(&delivery).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_senders_never_send_one_message_at_the_same_time() {
    const MESSAGES: usize = 120;
    let hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    hooks.announce(MESSAGES).await;
    let sent = Arc::new(Mutex::new(0));
    let senders: Vec<_> = (0..2)
        .map(|_| {
            let poster = Poster::new(ANYWHERE, PATIENCE).unwrap();
            let mut sender = Sender::new(hooks.deliveries.clone(), poster);
            let (sent, now) = (Arc::clone(&sent), hooks.began);
            tokio::spawn(async move {
                let mut mine = 0;
                while *sent.lock().await < MESSAGES {
                    let begun = sender.step(now).await.unwrap();
                    mine += begun;
                    *sent.lock().await += begun;
                    sender.settle().await;
                }
                mine
            })
        })
        .collect();
    for sender in senders {
        let mine = tokio::time::timeout(PATIENCE, sender).await.unwrap().unwrap();
        assert!(mine > 0, "both send");
    }
    let ids = endpoint.ids();
    assert_eq!(ids.len(), MESSAGES);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), MESSAGES);
    let states = sqlx::query_scalar::<_, i64>(
        "select count(*) from webhook_deliveries where subscription_id = $1 and state = 'delivered' and attempts = 1",
    );
    let delivered = states.bind(subscription.id).fetch_one(&hooks.pool).await.unwrap();
    assert_eq!(usize::try_from(delivered), Ok(MESSAGES));
}

#[tokio::test]
async fn two_claims_that_meet_at_one_message_do_not_both_take_it() {
    let hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    hooks.subscribe(&endpoint).await;
    hooks.announce(1).await;
    let mut holder = hooks.pool.begin().await.unwrap();
    let hold = "select from webhook_deliveries for update";
    holder.execute(hold).await.unwrap();
    let meeting = async { tokio::join!(hooks.claim(seconds(0)), hooks.claim(seconds(0))) };
    let leaving = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        holder.rollback().await.unwrap();
    };
    let ((one, other), ()) = tokio::join!(meeting, leaving);
    // They do not even wait for it.
    assert_eq!((one.len(), other.len()), (0, 0));
    assert_eq!(hooks.claim(seconds(0)).await.len(), 1);
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_delays_nobody_else() {
    let mut hooks = Hooks::new().await;
    let (slow, quick) = (Endpoint::hanging().await, Endpoint::open().await);
    hooks.subscribe(&slow).await;
    hooks.subscribe(&quick).await;
    hooks.announce(40).await;
    let now = hooks.began;
    let all_of_them = async {
        while quick.received().len() < 40 {
            hooks.sender.step(now).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    // Less than an attempt may take.
    tokio::time::timeout(std::time::Duration::from_secs(10), all_of_them)
        .await
        .expect("the quick one has all of its messages before the slow one has answered");
    // Not one connection for everything that waits for it, either.
    assert_eq!(slow.has_received(4).await.len(), 4);
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_in_time_is_asked_again() {
    let mut hooks = Hooks::sending_to(ANYWHERE, std::time::Duration::from_millis(200)).await;
    let endpoint = Endpoint::hanging().await;
    let subscription = hooks.subscribe(&endpoint).await;
    hooks.announce(1).await;
    hooks.step(seconds(0)).await;
    let delivery = hooks.delivery(&subscription).await;
    assert_eq!(delivery.state, DeliveryState::Pending);
    assert_eq!(delivery.last_error.as_deref(), Some("no answer within 0.2 s"));
    let log = hooks.log(&delivery).await;
    assert_eq!((log[0].status, log[0].response.as_deref()), (None, None));
    assert!((150..2_000).contains(&log[0].duration_ms), "{log:?}");
}

#[tokio::test]
async fn an_endless_answer_is_read_no_further_than_its_beginning() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    endpoint.answers_with(|| {
        let endless = futures::stream::repeat_with(|| Ok::<_, std::io::Error>("many words, ".repeat(100)));
        Response::new(Body::from_stream(endless))
    });
    hooks.announce(1).await;
    tokio::time::timeout(PATIENCE, hooks.step(seconds(0)))
        .await
        .unwrap();
    let delivery = hooks.delivery(&subscription).await;
    assert_eq!(delivery.state, DeliveryState::Delivered);
    let response = hooks.log(&delivery).await.remove(0).response.unwrap();
    assert_eq!(response.len(), 1_024);
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let mut hooks = Hooks::new().await;
    let (endpoint, elsewhere) = (Endpoint::open().await, Endpoint::open().await);
    let subscription = hooks.subscribe(&endpoint).await;
    let location = elsewhere.url.clone();
    endpoint.answers_with(move || {
        let redirect = Response::builder().status(307).header("location", &location);
        redirect.body(Body::empty()).unwrap()
    });
    hooks.announce(1).await;
    hooks.step(seconds(0)).await;
    assert_eq!(elsewhere.received().len(), 0);
    let delivery = hooks.delivery(&subscription).await;
    assert_eq!(
        (delivery.state, delivery.last_status),
        (DeliveryState::Pending, Some(307))
    );
}

#[tokio::test]
async fn what_is_old_is_forgotten_unless_it_still_waits() {
    let hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    hooks.announce(3).await;
    let aged = "update webhook_deliveries set created_at = created_at - interval '31 days', state = case
                    when id = (select min(id::text)::uuid from webhook_deliveries) then 'pending' else 'delivered' end";
    hooks.pool.execute(aged).await.unwrap();
    assert_eq!(hooks.deliveries.prune(hooks.began).await.unwrap(), 2);
    assert_eq!(hooks.delivery(&subscription).await.state, DeliveryState::Pending);
    // A subscription that stays disabled does not keep it for ever.
    let later = hooks.began + crate::notifications::deliveries::REMEMBERED + seconds(1);
    assert_eq!(hooks.deliveries.prune(later).await.unwrap(), 1);
}

#[tokio::test]
async fn the_backlog_is_what_waits_and_how_long() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    hooks.subscribe(&endpoint).await;
    assert_eq!(hooks.deliveries.backlog(hooks.began).await.unwrap(), (0, 0.0));
    hooks.announce(3).await;
    let later = hooks.began + seconds(90);
    assert_eq!(hooks.deliveries.backlog(later).await.unwrap(), (3, 90.0));
    hooks.step(seconds(0)).await;
    assert_eq!(hooks.deliveries.backlog(later).await.unwrap(), (0, 0.0));
}

#[tokio::test]
async fn forty_endpoints_that_do_not_answer_keep_nobody_else_waiting() {
    let mut hooks = Hooks::new().await;
    let hanging = Endpoint::hanging().await;
    for _ in 0..40 {
        hooks.subscribe(&hanging).await;
    }
    hooks.announce(4).await;
    let endpoint = Endpoint::open().await;
    hooks.subscribe(&endpoint).await;
    let event = placed(OffsetDateTime::now_utc());
    let later = hooks.began + seconds(1);
    hooks.deliveries.announce(&[event], later).await.unwrap();
    // Theirs are due first, and none of them comes to an end.
    assert!(hooks.sender.step(hooks.began + seconds(2)).await.unwrap() > 128);
    assert_eq!(endpoint.has_received(1).await.len(), 1);
}

#[tokio::test]
async fn a_message_of_which_whoever_sends_it_dies_is_given_up() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    hooks.announce(1).await;
    // They take it, and are not heard of again.
    let mut after = seconds(0);
    while !hooks.claim(after).await[0].is_abandoned() {
        after += seconds(120);
    }
    assert_eq!(hooks.step(after + seconds(120)).await, 1);
    assert_eq!(hooks.delivery(&subscription).await.state, DeliveryState::Failed);
    assert_eq!(endpoint.received().len(), 0);
}
