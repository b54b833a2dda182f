//! A log that ends before what the loop remembers: it was restored, or fell over to a copy that lacked something.

use super::*;

/// As a restore to an earlier moment would do it.
async fn lose_last_event(url: &str, cart: CartId) {
    let mut sql = PgConnection::connect(url).await.unwrap();
    let text = "alter table events disable trigger events_are_final;
         delete from events where (aggregate_id, sequence) in
             (select aggregate_id, max(sequence) from events where aggregate_id = '{cart}' group by 1);
         alter table events enable trigger events_are_final";
    sql.execute(text.replace("{cart}", &cart.to_string()).as_str())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_stream_that_lost_an_event_is_loaded_anew_and_takes_the_next_command() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    for _ in 0..3 {
        shopping.execute(add(cart)).await.unwrap();
    }
    lose_last_event(&url, cart).await;
    // Others of the turn are not harmed, and what builds on it is decided again, too.
    let stranger = list(&Sku::parse("POT").unwrap(), "Pot");
    let [mut first, mut second, stranger] =
        [add(cart), add(cart), stranger].map(|command| shopping.send(command, caller()));
    shopping.step().await;
    stranger.await.unwrap();
    assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
    shopping.step().await;
    assert_eq!(first.await.unwrap().version, 4);
    assert_eq!(second.await.unwrap().version, 5);
    assert_eq!(quantity(&url, cart).await, 4);
}

#[tokio::test]
async fn a_stream_that_is_gone_begins_anew() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    lose_last_event(&url, cart).await;
    // Refused on the state that is remembered, it finds out that there is no cart.
    let error = shopping.execute(add(cart)).await.unwrap_err();
    assert!(
        matches!(&error, CommandError::Refused(refusal) if refusal.code() == "cart-not-found"),
        "{error}"
    );
}

/// While the command waits to be decided under the lock, the log loses what every earlier decision was made on.
#[tokio::test]
async fn under_the_lock_nothing_that_is_remembered_counts() {
    let url = database().await;
    let (mut here, mut there) = (Loop::on(&url), Loop::on(&url));
    let cart = shop(&mut here).await;
    let mut answer = here.send(add(cart), caller());
    for _ in 0..2 {
        there.execute(add(cart)).await.unwrap();
        here.step().await;
        assert!((&mut answer).now_or_never().is_none());
    }
    assert_eq!(here.turning.waiting_refusals(), [2]);
    lose_last_event(&url, cart).await;
    here.step().await;
    assert_eq!(answer.await.unwrap().version, 3);
    assert_eq!(quantity(&url, cart).await, 2);
}
