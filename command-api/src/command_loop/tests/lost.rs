//! Answers and connections that are lost, commands that break: nobody else is harmed, and nothing is stored twice.

use super::*;

#[tokio::test]
async fn a_value_that_postgresql_rejects_fails_its_own_command_alone() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    let constraint = "alter table events add constraint no_poison check (payload::text not like '%Poison%')";
    PgConnection::connect(&url)
        .await
        .unwrap()
        .execute(constraint)
        .await
        .unwrap();
    let poison = list(&Sku::parse("POISON").unwrap(), "Poison");
    let [before, rejected, after] = [add(cart), poison, add(cart)].map(|c| shopping.send(c, caller()));
    shopping.step().await;
    assert_eq!(before.await.unwrap().version, 2);
    assert!(matches!(rejected.await, Err(CommandError::Rejected(_))));
    assert_eq!(after.await.unwrap().version, 3);
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_commit_stores_nothing_twice() {
    let url = database().await;
    let proxy = Proxy::before(&url).await;
    let mut shopping = Loop::on(&proxy.url);
    let cart = shop(&mut shopping).await;
    let (mut sql, before) = (
        PgConnection::connect(&url).await.unwrap(),
        events(&url, cart).await.len(),
    );
    let answers = [add(cart), add(cart)].map(|command| shopping.send(command, caller()));

    // The append's answer is kept from the loop until the append is visible to others; then the connection breaks.
    let answers_kept = proxy.keep_answers();
    let turn = shopping.step();
    let cut = async {
        loop {
            let text = "select count(*) from events where aggregate_id = $1";
            let stored: i64 = sqlx::query_scalar(text)
                .bind(cart.to_string())
                .fetch_one(&mut sql)
                .await
                .unwrap();
            if usize::try_from(stored).unwrap() > before {
                return answers_kept.cut();
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(turn, cut);
    let versions: Vec<_> = futures::future::join_all(answers)
        .await
        .into_iter()
        .map(|a| a.unwrap().version)
        .collect();
    assert_eq!(versions, [2, 3]);
    assert_eq!(quantity(&url, cart).await, 2);
    assert_eq!(events(&url, cart).await.len(), 3);
}

#[tokio::test]
async fn a_command_that_never_reached_postgresql_is_stored_by_the_repetition() {
    let url = database().await;
    let proxy = Proxy::before(&url).await;
    let mut shopping = Loop::on(&proxy.url);
    let cart = shop(&mut shopping).await;
    let answer = shopping.send(add(cart), caller());
    proxy.cut_connections();
    shopping.step().await;
    assert_eq!(answer.await.unwrap().version, 2);
    assert_eq!(events(&url, cart).await.len(), 2);
}

#[tokio::test]
async fn what_its_client_has_abandoned_is_not_decided() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    let abandoned = shopping.send(add(cart), keyed(9));
    drop(abandoned);
    shopping.step().await;
    assert_eq!(events(&url, cart).await.len(), 1);
    // Its key is free again.
    let again = shopping.send(add(cart), keyed(9));
    shopping.step().await;
    assert!(!again.await.unwrap().replayed);
}
