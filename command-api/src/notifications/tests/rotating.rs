//! Secrets that change while messages are under way.

use super::*;

async fn rotate(hooks: &Hooks, subscription: &Issued, keep: Duration, after: Duration) -> Issued {
    let mut connection = hooks.pool.acquire().await.unwrap();
    let keep = keep.unsigned_abs();
    subscriptions::rotate_secret(&mut connection, subscription.id, keep, hooks.began + after)
        .await
        .unwrap()
}

/// By which of the secrets a message that is sent now is signed.
async fn signed_by(
    hooks: &mut Hooks,
    endpoint: &Endpoint,
    after: Duration,
    secrets: &[&Issued],
) -> Vec<bool> {
    hooks.announce(1).await;
    assert_eq!(hooks.step(after).await, 1);
    let message = endpoint.received().pop().unwrap();
    secrets
        .iter()
        .map(|issued| message.is_signed_with(&issued.secret))
        .collect()
}

#[tokio::test]
async fn the_new_secret_and_the_old_one_both_sign_until_the_old_one_ends() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let old = hooks.subscribe(&endpoint).await;
    let new = rotate(&hooks, &old, hours(24), seconds(0)).await;
    let both = signed_by(&mut hooks, &endpoint, hours(23), &[&new, &old]).await;
    assert_eq!(both, [true, true]);
    let signatures = endpoint.received()[0].header("webhook-signature").to_owned();
    assert_eq!(signatures.split(' ').count(), 2);
    let later = signed_by(&mut hooks, &endpoint, hours(24), &[&new, &old]).await;
    assert_eq!(later, [true, false]);
}

#[tokio::test]
async fn rotating_twice_cuts_nobody_off() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let first = hooks.subscribe(&endpoint).await;
    let second = rotate(&hooks, &first, hours(24), seconds(0)).await;
    let third = rotate(&hooks, &first, hours(24), hours(2)).await;
    let secrets = [&third, &second, &first];
    assert_eq!(
        signed_by(&mut hooks, &endpoint, hours(23), &secrets).await,
        [true, true, true]
    );
    assert_eq!(
        signed_by(&mut hooks, &endpoint, hours(25), &secrets).await,
        [true, true, false]
    );
    assert_eq!(
        signed_by(&mut hooks, &endpoint, hours(27), &secrets).await,
        [true, false, false]
    );
}

#[tokio::test]
async fn a_secret_that_leaked_ends_at_once() {
    let mut hooks = Hooks::new().await;
    let endpoint = Endpoint::open().await;
    let first = hooks.subscribe(&endpoint).await;
    let leaked = rotate(&hooks, &first, hours(24), seconds(0)).await;
    let new = rotate(&hooks, &first, seconds(0), seconds(1)).await;
    let signed = signed_by(&mut hooks, &endpoint, seconds(2), &[&new, &leaked, &first]).await;
    assert_eq!(signed, [true, false, false]);
}
