//! What was decided on a stale state is decided again.

use super::*;

#[tokio::test]
async fn a_no_op_that_came_of_a_stale_state_is_decided_again() {
    let url = database().await;
    let (mut here, mut there) = (Loop::on(&url), Loop::on(&url));
    let cart = shop(&mut here).await;
    here.execute(add(cart)).await.unwrap();
    here.execute(set(cart, 5)).await.unwrap();
    there.execute(set(cart, 3)).await.unwrap();
    // Here the line still has five, so setting five would change nothing.
    assert_eq!(here.execute(set(cart, 5)).await.unwrap().version, 5);
    assert_eq!(quantity(&url, cart).await, 5);
}

#[tokio::test]
async fn a_refusal_that_came_of_a_stale_state_is_decided_again() {
    let url = database().await;
    let (mut here, mut there) = (Loop::on(&url), Loop::on(&url));
    let cart = shop(&mut here).await;
    there.execute(add(cart)).await.unwrap();
    // Here the cart is still empty, so there would be no line to change.
    assert_eq!(here.execute(set(cart, 5)).await.unwrap().version, 3);
    assert_eq!(quantity(&url, cart).await, 5);
}

#[tokio::test]
async fn a_success_that_came_of_a_stale_state_is_decided_again() {
    let url = database().await;
    let (mut here, mut there) = (Loop::on(&url), Loop::on(&url));
    let cart = shop(&mut here).await;
    here.execute(add(cart)).await.unwrap();
    there.execute(add(cart)).await.unwrap();
    here.execute(add(cart)).await.unwrap();
    assert_eq!(quantity(&url, cart).await, 3);
    // And the other way round: removed there, so here there is nothing to set any more.
    there.execute(remove(cart)).await.unwrap();
    let refused = here.execute(set(cart, 2)).await.unwrap_err();
    let not_in_cart = CartError::NotInCart { sku: mug() };
    assert!(
        matches!(refused, CommandError::Refused(ref r) if r.to_string() == not_in_cart.to_string()),
        "{refused}"
    );
}

#[tokio::test]
async fn what_was_read_before_a_restore_is_not_decided_on_where_versions_match_by_chance() {
    let url = database().await;
    let (mut here, mut there) = (Loop::on(&url), Loop::on(&url));
    let cart = shop(&mut here).await;
    here.execute(add(cart)).await.unwrap();
    here.execute(set(cart, 5)).await.unwrap();
    let mut sql = PgConnection::connect(&url).await.unwrap();
    sql.execute("set session_replication_role = replica; delete from events where sequence = 3")
        .await
        .unwrap();
    there.execute(set(cart, 9)).await.unwrap();
    event_store::incarnation::renew(&url, "a test").await.unwrap();

    // Here the line has five, at the version at which it has nine.
    here.turning.look_at_the_log();
    here.execute(remove(cart)).await.unwrap();
    let (version, removed) = events(&url, cart).await.pop().unwrap();
    assert_eq!(version, 4);
    assert!(
        removed.starts_with("ItemRemoved") && removed.contains(r#""quantity":9"#),
        "{removed}"
    );
}

#[tokio::test]
async fn a_command_that_was_refused_twice_is_decided_under_the_lock() {
    let url = database().await;
    let (mut here, mut there) = (Loop::on(&url), Loop::on(&url));
    let cart = shop(&mut here).await;
    let mut answer = here.send(add(cart), caller());
    for expected in [1, 2] {
        there.execute(add(cart)).await.unwrap();
        here.step().await;
        assert!((&mut answer).now_or_never().is_none());
        assert_eq!(here.turning.waiting_refusals(), [expected]);
    }
    // The other one is ahead again, and this time it does not matter.
    there.execute(add(cart)).await.unwrap();
    here.step().await;
    assert_eq!(answer.await.unwrap().version, 5);
    assert_eq!(quantity(&url, cart).await, 4);
}
