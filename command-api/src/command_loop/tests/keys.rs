//! Batches, idempotency keys, conditions, snapshots.

use super::*;
use crate::conditions::IfMatch;

#[tokio::test]
async fn commands_of_one_turn_see_each_other_and_share_one_append() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    let answers =
        [add(cart), add(cart), set(cart, 7), remove(cart), remove(cart)].map(|c| shopping.send(c, caller()));
    shopping.step().await;
    let versions: Vec<_> = futures::future::join_all(answers)
        .await
        .into_iter()
        .map(|a| a.unwrap().version)
        .collect();
    assert_eq!(versions, [2, 3, 4, 5, 5]);
    let stored = events(&url, cart).await;
    assert!(stored[2].1.contains(r#""line_quantity":2"#), "{stored:?}");
    assert_eq!(stored.len(), 5);
}

#[tokio::test]
async fn a_key_answers_the_same_though_its_command_would_be_refused_by_now() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    shopping.execute(add(cart)).await.unwrap();
    let first = shopping.send(set(cart, 4), keyed(9));
    shopping.step().await;
    let first = first.await.unwrap();
    shopping.execute(remove(cart)).await.unwrap();

    let again = shopping.send(set(cart, 4), keyed(9));
    shopping.step().await;
    assert_eq!(
        again.await.unwrap(),
        Answer {
            replayed: true,
            ..first
        }
    );
    let misused = Caller {
        receipt: Some(ReceiptKey {
            id: Uuid::from_u128(9),
            fingerprint: Uuid::nil(),
        }),
        ..caller()
    };
    let misused = shopping.send(remove(cart), misused);
    shopping.step().await;
    assert!(matches!(misused.await, Err(CommandError::KeyReused)));
}

#[tokio::test]
async fn a_key_that_is_in_this_process_s_hands_is_not_taken_twice() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    let first = shopping.send(add(cart), keyed(9));
    assert!(matches!(
        shopping.send(add(cart), keyed(9)).await,
        Err(CommandError::InProgress)
    ));
    shopping.step().await;
    first.await.unwrap();
    assert_eq!(quantity(&url, cart).await, 1);
}

#[tokio::test]
async fn a_full_queue_says_so_at_once() {
    let url = database().await;
    let shopping = Loop::on(&url);
    let cart = CartId::new(Uuid::now_v7());
    let mut waiting: Vec<Answered> = (0..64).map(|_| shopping.send(add(cart), caller())).collect();
    assert!(waiting.iter_mut().all(|answer| answer.now_or_never().is_none()));
    assert!(matches!(
        shopping.send(add(cart), caller()).await,
        Err(CommandError::Overloaded)
    ));
}

#[tokio::test]
async fn a_stale_if_match_is_the_only_conflict_that_a_client_sees() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    let conditional = |version| Caller {
        if_match: Some(IfMatch::version(version)),
        ..caller()
    };
    let [fits, stale] = [1, 1].map(|version| shopping.send(add(cart), conditional(version)));
    shopping.step().await;
    assert_eq!(fits.await.unwrap().version, 2);
    assert!(matches!(
        stale.await,
        Err(CommandError::Conflict { current_version: 2 })
    ));
}

#[tokio::test]
async fn an_owner_asking_twice_has_one_cart() {
    let url = database().await;
    let (mut here, mut there) = (Loop::on(&url), Loop::on(&url));
    let open = || Command::OpenCart {
        owner: owner(),
        cart: CartId::new(Uuid::now_v7()),
        currency: Currency::EUR,
    };
    let [first, second] = [open(), open()].map(|command| here.send(command, caller()));
    here.step().await;
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert_eq!((first.status, second.status, &second.id), (201, 200, &first.id));
    assert_eq!(there.execute(open()).await.unwrap().id, first.id);
}

#[tokio::test]
async fn a_long_stream_is_loaded_from_a_snapshot() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    for round in 0..10 {
        let answers: Vec<_> = (0..60).map(|_| shopping.send(add(cart), caller())).collect();
        shopping.step().await;
        let answered = futures::future::join_all(answers).await;
        assert!(answered.iter().all(Result::is_ok), "round {round}");
    }
    let mut sql = PgConnection::connect(&url).await.unwrap();
    // It is stored beside the loop.
    let stored = async {
        loop {
            let query = sqlx::query_scalar("select version from stream_snapshots where aggregate_id = $1");
            let stored = query.bind(cart.to_string()).fetch_optional(&mut sql).await;
            if let Some(version) = stored.unwrap() {
                return version;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let limit = std::time::Duration::from_secs(30);
    let version: i64 = tokio::time::timeout(limit, stored).await.unwrap();
    assert!((500..=601).contains(&version), "{version}");
    // Another process begins at the snapshot, and counts on from there.
    let mut fresh = Loop::on(&url);
    assert_eq!(fresh.execute(add(cart)).await.unwrap().version, 602);
    assert_eq!(quantity(&url, cart).await, 601);
}

#[tokio::test]
async fn what_only_asks_is_answered_anew_under_the_same_key() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    shopping.execute(add(cart)).await.unwrap();
    let ask = || Command::Quote {
        cart,
        by: owner(),
        delivery: super::super::Delivery {
            country: domain::Country::parse("DE").unwrap(),
            shipping_option: None,
        },
    };
    let mut totals = vec![];
    for round in 0..3 {
        if round == 2 {
            shopping.execute(add(cart)).await.unwrap();
        }
        // At the same time, too.
        let answers = [(); 2].map(|()| shopping.send(ask(), keyed(9)));
        shopping.step().await;
        for answer in futures::future::join_all(answers).await {
            let answer = answer.unwrap();
            assert!(!answer.replayed);
            totals.push(answer.quote.expect("a quote").totals.subtotal.minor);
        }
    }
    assert_eq!(totals, [1450, 1450, 1450, 1450, 2900, 2900]);
    let mut sql = PgConnection::connect(&url).await.unwrap();
    let receipts: i64 = sqlx::query_scalar("select count(*) from receipts")
        .fetch_one(&mut sql)
        .await
        .unwrap();
    assert_eq!(receipts, 0);
}
