//! Endpoints that are not asked any more, and those that are asked again.

use super::*;
use crate::notifications::WebhookError;

async fn enable(hooks: &Hooks, subscription: &Issued) {
    let mut connection = hooks.pool.acquire().await.unwrap();
    subscriptions::enable(&mut connection, subscription.id)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_not_asked_until_staff_enable_it() {
    let mut hooks = Hooks::new().await;
    let (gone, other) = (Endpoint::open().await, Endpoint::open().await);
    let subscription = hooks.subscribe(&gone).await;
    hooks.subscribe(&other).await;
    hooks.announce(1).await;
    gone.answers(410);
    hooks.step(seconds(0)).await;
    let disabled = hooks.subscription(subscription.id).await;
    assert!(!disabled.enabled);
    assert_eq!(
        disabled.disabled_reason.as_deref(),
        Some("the endpoint answered 410 Gone")
    );

    hooks.announce(1).await;
    hooks.step(hours(1)).await;
    assert_eq!((gone.received().len(), other.received().len()), (1, 2));
    let mut connection = hooks.pool.acquire().await.unwrap();
    let refused = delivery_log::send_test(&mut connection, subscription.id, hooks.began).await;
    assert!(matches!(refused, Err(WebhookError::Disabled)), "{refused:?}");
    let delivery = hooks.delivery(&subscription).await;
    let refused = delivery_log::redeliver(&mut connection, delivery.id, hooks.began).await;
    assert!(matches!(refused, Err(WebhookError::Disabled)), "{refused:?}");

    enable(&hooks, &subscription).await;
    assert_eq!(hooks.subscription(subscription.id).await.disabled_reason, None);
    hooks.step(hours(1)).await;
    // What waited is sent; what happened while it was disabled is not.
    assert_eq!(gone.received().len(), 2);
    assert_eq!(gone.ids()[0], gone.ids()[1]);
}

#[tokio::test]
async fn an_endpoint_that_fails_for_five_days_is_disabled() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    hooks.announce(1).await;
    endpoint.answers(500);
    hooks.step(seconds(0)).await;
    hooks.announce(1).await;
    endpoint.answers(500);
    hooks.step(hours(5 * 24) - seconds(1)).await;
    assert!(hooks.subscription(subscription.id).await.enabled);
    endpoint.answers(500);
    assert_eq!(hooks.step(hours(5 * 24) + seconds(1)).await, 1);
    let disabled = hooks.subscription(subscription.id).await;
    assert!(!disabled.enabled);
    let reason = disabled.disabled_reason.unwrap();
    assert_eq!(reason, "every attempt of the last five days has failed");
    assert_eq!(hooks.step(hours(1000)).await, 0);

    // It is given another five days.
    enable(&hooks, &subscription).await;
    endpoint.answers(500);
    endpoint.answers(500);
    assert_eq!(hooks.step(hours(1000)).await, 2);
    assert!(hooks.subscription(subscription.id).await.enabled);
}

#[tokio::test]
async fn one_success_begins_the_five_days_anew() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    for (day, status) in [(0, 500), (3, 200), (6, 500), (9, 500)] {
        hooks.send_test(&subscription).await;
        endpoint.answers(status);
        // Only the newest one: what failed before is not what this is about.
        let older = "update webhook_deliveries set state = 'failed'
                     where id <> (select id from webhook_deliveries order by id desc limit 1)";
        sqlx::query(older).execute(&hooks.pool).await.unwrap();
        assert_eq!(hooks.step(hours(day * 24)).await, 1);
    }
    assert!(hooks.subscription(subscription.id).await.enabled);
}

#[tokio::test]
async fn a_subscription_that_is_deleted_while_a_message_is_under_way_leaves_nothing() {
    let hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let subscription = hooks.subscribe(&endpoint).await;
    hooks.announce(2).await;
    let due = hooks.claim(seconds(0)).await;
    let mut connection = hooks.pool.acquire().await.unwrap();
    subscriptions::delete(&mut connection, subscription.id)
        .await
        .unwrap();
    let poster = Poster::new(ANYWHERE, PATIENCE).unwrap();
    for (due, status) in due.iter().zip([200, 410]) {
        endpoint.answers(status);
        let answer = poster.post(due, hooks.began).await;
        let recorded = hooks
            .deliveries
            .record(due, &answer, hooks.began, 0.0)
            .await
            .unwrap();
        assert_eq!(recorded, (crate::notifications::metric::Outcome::Overtaken, None));
    }
    let rows = sqlx::query_scalar::<_, i64>(
        "select (select count(*) from webhook_deliveries) + (select count(*) from webhook_attempts)
              + (select count(*) from webhook_secrets)",
    );
    assert_eq!(rows.fetch_one(&hooks.pool).await.unwrap(), 0);
}
