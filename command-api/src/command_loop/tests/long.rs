//! Long streams are loaded beside the loop, from snapshots where those can be read.

use std::time::Duration;

use domain::StreamId;
use tokio::time::timeout;

use super::super::state::CODE_VERSION;
use super::super::turn::ROOM;
use super::snapshots::{put_snapshot, snapshots};
use super::*;

/// What has to happen does so long before.
pub const AT_LAST: Duration = Duration::from_mins(1);

/// Gives a stream with a few events as many more as it takes, each a copy of its last one.
pub async fn lengthen(url: &str, stream: &StreamId, to: i64) {
    let sql = "insert into events
        select head.position + n, last.aggregate_type, last.aggregate_id, last.sequence + n, last.event_type,
               last.event_version, last.payload, last.metadata, gen_random_uuid(), now()
        from (select max(global_position) as position from events) head,
             lateral (select * from events where aggregate_id = $1 and aggregate_type = $2
                      order by sequence desc limit 1) last,
             generate_series(1, $3 - last.sequence) n";
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query(sql)
        .bind(&*stream.aggregate_id)
        .bind(stream.aggregate_type.as_str())
        .bind(to)
        .execute(&mut connection)
        .await
        .unwrap();
}

pub async fn open_cart(shopping: &mut Loop, by: u128) -> CartId {
    let cart = CartId::new(Uuid::now_v7());
    let open = Command::OpenCart {
        owner: OwnerId::new(Uuid::from_u128(by)),
        cart,
        currency: Currency::EUR,
    };
    shopping.execute(open).await.unwrap();
    cart
}

pub fn add_by(cart: CartId, by: u128) -> Command {
    Command::AddItems {
        cart,
        by: OwnerId::new(Uuid::from_u128(by)),
        lines: vec![(mug(), 1)],
    }
}

/// Somebody's cart with as many events. Nothing of it is remembered anywhere.
pub async fn long_cart(url: &str, by: u128, length: i64) -> CartId {
    let mut shopping = Loop::on(url);
    // It may be listed already.
    let _ = shopping.execute(list(&mug(), "Mug")).await;
    let cart = open_cart(&mut shopping, by).await;
    shopping.execute(add_by(cart, by)).await.unwrap();
    lengthen(url, &cart.stream(), length).await;
    cart
}

/// Sends a command again as long as its client would be told to come back.
async fn persist(shopping: &mut Loop, command: Command) -> Result<Answer, CommandError> {
    let answered = async {
        loop {
            match shopping.execute(command.clone()).await {
                Err(CommandError::Unavailable) => {}
                answer => return answer,
            }
        }
    };
    timeout(AT_LAST, answered).await.expect("it is answered at last")
}

pub fn hold(shopping: &Loop) {
    shopping.turning.beside.allowed.send(0).unwrap();
}

fn go_on(shopping: &Loop) {
    shopping.turning.beside.allowed.send(u64::MAX).unwrap();
}

pub async fn count(url: &str, sql: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test]
async fn while_a_long_stream_is_loaded_the_commands_of_others_go_on() {
    let url = database().await;
    let cart = long_cart(&url, 1, 200_000).await;
    let mut shopping = Loop::on(&url);
    let other = open_cart(&mut shopping, 2).await;
    hold(&shopping);
    let mut waiting: Vec<Answered> = (0..3).map(|_| shopping.send(add(cart), caller())).collect();
    shopping.step().await;
    for version in 2..=21 {
        let answer = shopping.execute(add_by(other, 2)).await.unwrap();
        assert_eq!(answer.version, version);
    }
    assert!(waiting.iter_mut().all(|answer| answer.now_or_never().is_none()));
    assert_eq!(count(&url, "select count(*) from stream_snapshots").await, 0);

    // A client waits for 4 s; this is about what comes then.
    drop(waiting);
    go_on(&shopping);
    assert_eq!(persist(&mut shopping, add(cart)).await.unwrap().version, 200_001);
    assert_eq!(snapshots(&url, cart).await, [(CODE_VERSION, 200_000)]);
}

#[tokio::test]
async fn commands_that_wait_for_a_long_stream_are_decided_in_their_order_once_it_is_loaded() {
    let url = database().await;
    let cart = long_cart(&url, 1, 1_500).await;
    let mut shopping = Loop::on(&url);
    let answers: Vec<Answered> = (0..3).map(|_| shopping.send(add(cart), caller())).collect();
    shopping.step().await;
    shopping.step().await;
    let answers = futures::future::join_all(answers).await;
    let versions: Vec<i64> = answers
        .into_iter()
        .map(|answer| answer.unwrap().version)
        .collect();
    assert_eq!(versions, [1_501, 1_502, 1_503]);
}

#[tokio::test]
async fn clients_that_wait_for_a_long_stream_are_told_to_come_back_and_their_commands_are_not_carried_out() {
    let url = database().await;
    let cart = long_cart(&url, 1, 1_500).await;
    let mut shopping = Loop::on(&url);
    hold(&shopping);
    let waiting = shopping.send(add(cart), keyed(9));
    shopping.step().await;
    assert!(matches!(waiting.await, Err(CommandError::Unavailable)));
    go_on(&shopping);
    // Its key is free again, and it was not carried out.
    let mut again = shopping.send(add(cart), keyed(9));
    let again = loop {
        if let Some(answer) = (&mut again).now_or_never() {
            break answer.unwrap();
        }
        shopping.step().await;
    };
    assert_eq!((again.version, again.replayed), (1_501, false));
}

/// Nothing that is remembered counts under the lock, and each time it is read it is too long for the turn.
#[tokio::test]
async fn under_the_lock_a_long_stream_without_a_snapshot_is_read_anew_once_and_then_decided_on() {
    let url = database().await;
    let cart = long_cart(&url, 1, 1_500).await;
    let mut holder = PgConnection::connect(&url).await.unwrap();
    holder
        .execute("begin; lock table stream_snapshots in share row exclusive mode")
        .await
        .unwrap();
    let (mut here, mut there) = (Loop::on(&url), Loop::on(&url));
    for shopping in [&mut here, &mut there] {
        persist(shopping, add(cart)).await.unwrap();
    }
    let mut answer = here.send(add(cart), caller());
    for _ in 0..2 {
        there.execute(add(cart)).await.unwrap();
        here.step().await;
        assert!((&mut answer).now_or_never().is_none());
    }
    assert_eq!(here.turning.waiting_refusals(), [2]);
    here.step().await;
    here.step().await;
    assert_eq!(answer.await.unwrap().version, 1_505);
}

#[tokio::test]
async fn a_turn_loads_so_many_events_and_leaves_the_rest_to_the_next() {
    let url = database().await;
    let each = 900;
    let fit = usize::try_from(ROOM / each).unwrap();
    let mut opening = Loop::on(&url);
    shop(&mut opening).await;
    let mut carts = vec![];
    for by in 1..=fit + 2 {
        let by = u128::try_from(by).unwrap() + 100;
        let cart = open_cart(&mut opening, by).await;
        opening.execute(add_by(cart, by)).await.unwrap();
        lengthen(&url, &cart.stream(), each).await;
        carts.push((cart, by));
    }
    let mut fresh = Loop::on(&url);
    let mut answers: Vec<Answered> = carts
        .iter()
        .map(|(cart, by)| fresh.send(add_by(*cart, *by), caller()))
        .collect();
    fresh.step().await;
    let answered = answers
        .iter_mut()
        .filter_map(FutureExt::now_or_never)
        .map(Result::unwrap)
        .count();
    assert!((1..=fit).contains(&answered), "{answered} of {fit}");
    for mut answer in answers.split_off(answered) {
        let answer = loop {
            if let Some(answer) = (&mut answer).now_or_never() {
                break answer.unwrap();
            }
            fresh.step().await;
        };
        assert_eq!(answer.version, each + 1);
    }
}

#[tokio::test]
async fn a_stream_that_cannot_be_loaded_fails_its_own_commands_alone() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    let broken = open_cart(&mut shopping, 2).await;
    put_snapshot(&url, broken, CODE_VERSION, 1, "{}").await;
    // What is read of it is nothing that can be read.
    PgConnection::connect(&url)
        .await
        .unwrap()
        .execute("alter table stream_snapshots alter state drop not null; update stream_snapshots set state = null")
        .await
        .unwrap();
    let mut fresh = Loop::on(&url);
    let commands = [add(cart), add_by(broken, 2), add(cart), add(cart)];
    let answers = commands.map(|command| fresh.send(command, caller()));
    fresh.step().await;
    let answers: [Result<Answer, CommandError>; 4] =
        futures::future::join_all(answers).await.try_into().unwrap();
    let [first, fails, third, fourth] = answers;
    assert!(matches!(fails, Err(CommandError::Unavailable)), "{fails:?}");
    let versions: Vec<i64> = [first, third, fourth]
        .into_iter()
        .map(|answer| answer.unwrap().version)
        .collect();
    assert_eq!(versions, [2, 3, 4]);
}

#[tokio::test]
async fn what_was_read_partly_of_one_log_and_partly_of_another_is_not_decided_on() {
    let url = database().await;
    let cart = long_cart(&url, 1, 1_500).await;
    let bowl = Sku::parse("BOWL").unwrap();
    let mut shopping = Loop::on(&url);
    shopping.execute(list(&bowl, "Bowl")).await.unwrap();
    // Looks for a snapshot, and reads one page.
    shopping.turning.beside.allowed.send(2).unwrap();
    let waiting = shopping.send(add(cart), caller());
    shopping.step().await;
    let mut taken = shopping.turning.beside.taken.clone();
    timeout(AT_LAST, taken.wait_for(|taken| *taken == 2))
        .await
        .unwrap()
        .unwrap();
    drop(waiting);

    // Restored, and gone on with differently: a bowl is put in before where the page ended.
    PgConnection::connect(&url)
        .await
        .unwrap()
        .execute("set session_replication_role = replica; delete from events where sequence > 800")
        .await
        .unwrap();
    event_store::incarnation::renew(&url, "a test").await.unwrap();
    let mut there = Loop::on(&url);
    let put_in = Command::AddItems {
        cart,
        by: owner(),
        lines: vec![(bowl.clone(), 1)],
    };
    there.execute(put_in).await.unwrap();
    there.execute(add(cart)).await.unwrap();
    lengthen(&url, &cart.stream(), 1_500).await;

    shopping.turning.look_at_the_log();
    open_cart(&mut shopping, 2).await;
    go_on(&shopping);
    let take_out = Command::Cart {
        cart,
        command: CartCommand::RemoveItem {
            by: owner(),
            sku: bowl,
        },
    };
    assert_eq!(persist(&mut shopping, take_out).await.unwrap().version, 1_501);
}
