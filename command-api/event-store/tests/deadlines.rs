//! Acting on deadlines: claimed by one at a time, without a lock, and never against an append.

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::StreamId;
use event_store::deadlines::DeadlineKind::{Authorisation, Cart, PaymentStep, Reservation};
use event_store::deadlines::{COUNTED, DeadlineId, DeadlineKind, Deadlines, Due, LastEvent, Overdue};
use sqlx::Executor;
use support::{
    added, cart, clears, database, deadlines, in_seconds, opened, sets, sql, store, with_deadlines, writes,
};
use time::OffsetDateTime;

const MINUTE: Duration = Duration::from_mins(1);

async fn actor(url: &str) -> Deadlines {
    Deadlines::connect(url).await.expect("PostgreSQL answers")
}

fn id(kind: DeadlineKind, stream: &StreamId) -> DeadlineId {
    DeadlineId {
        kind,
        aggregate_id: Arc::clone(&stream.aggregate_id),
    }
}

/// Sets one deadline for a new aggregate.
async fn set(url: &str, kind: DeadlineKind, due: OffsetDateTime) -> StreamId {
    let stream = cart();
    let opening = with_deadlines(
        vec![writes(&stream, 0, vec![opened()])],
        vec![sets(kind, &stream, due)],
    );
    store(url)
        .await
        .append(&[opening])
        .await
        .expect("nothing is wrong with it");
    stream
}

/// Claims the only one that is due.
async fn claim_one(actor: &Deadlines, lease: Duration) -> Due {
    let mut claimed = actor
        .claim(&DeadlineKind::ALL, lease, 9)
        .await
        .expect("PostgreSQL answers");
    assert_eq!(claimed.len(), 1, "{claimed:?}");
    claimed.remove(0)
}

async fn claims_nothing(actor: &Deadlines) -> bool {
    let claimed = actor.claim(&DeadlineKind::ALL, MINUTE, 9).await;
    claimed.expect("PostgreSQL answers").is_empty()
}

#[tokio::test]
async fn what_is_due_of_the_wanted_kinds_is_claimed_the_oldest_first_up_to_the_limit_of_each() {
    let url = database().await;
    let actor = actor(&url).await;
    let middle = set(&url, Reservation, in_seconds(-20)).await;
    let oldest = set(&url, Cart, in_seconds(-30)).await;
    let youngest = set(&url, Cart, in_seconds(-10)).await;
    set(&url, Cart, in_seconds(60)).await;
    let of_others = set(&url, PaymentStep, in_seconds(-90)).await;

    let kinds = [Reservation, Cart, Authorisation];
    let claimed = actor.claim(&kinds, MINUTE, 1).await.unwrap();
    let ids: Vec<DeadlineId> = claimed.iter().map(|due| due.id.clone()).collect();
    assert_eq!(ids, [id(Cart, &oldest), id(Reservation, &middle)]);
    assert!(claimed.iter().all(|due| due.attempts == 1));
    let claimed = actor.claim(&kinds, MINUTE, 1).await.unwrap();
    assert_eq!(claimed[..].len(), 1);
    assert_eq!(claimed[0].id, id(Cart, &youngest));
    assert_eq!(claim_one(&actor, MINUTE).await.id, id(PaymentStep, &of_others));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_two_of_eight_claimers_get_the_same_deadline() {
    const COUNT: usize = 400;
    let url = database().await;
    sql(&url)
        .await
        .execute(
            format!(
                "insert into deadlines (kind, aggregate_id, due_at)
                 select 'cart', n::text, now() - interval '1 second' from generate_series(1, {COUNT}) n"
            )
            .as_str(),
        )
        .await
        .unwrap();
    let claimers = (0..8).map(|_| {
        let url = url.clone();
        tokio::spawn(async move {
            let (actor, mut mine) = (actor(&url).await, vec![]);
            loop {
                let claimed = actor.claim(&[Cart], MINUTE, 7).await.unwrap();
                assert!(claimed.len() <= 7);
                if claimed.is_empty() || mine.len() > COUNT {
                    return mine;
                }
                mine.extend(claimed.into_iter().map(|due| due.id));
            }
        })
    });
    let mut claimed = vec![];
    for claimer in futures::future::join_all(claimers).await {
        claimed.extend(claimer.unwrap());
    }
    // A claimer that finds all that is left locked ends before it; nothing is taken twice, and what is left is free.
    let left = actor(&url).await.claim(&[Cart], MINUTE, 1000).await.unwrap();
    claimed.extend(left.into_iter().map(|due| due.id));
    let distinct: HashSet<DeadlineId> = claimed.iter().cloned().collect();
    assert_eq!((claimed.len(), distinct.len()), (COUNT, COUNT));
}

#[tokio::test]
async fn when_a_lease_ends_somebody_else_may_try() {
    let url = database().await;
    let (one, other) = (actor(&url).await, actor(&url).await);
    set(&url, Cart, in_seconds(-10)).await;
    let claimed = claim_one(&one, Duration::from_secs(2)).await;
    assert!(claims_nothing(&other).await);
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let again = claim_one(&other, MINUTE).await;
    assert_eq!(
        again,
        Due {
            attempts: 2,
            ..claimed
        }
    );
}

#[tokio::test]
async fn an_append_replaces_a_deadline_that_somebody_works_on_without_waiting() {
    let url = database().await;
    let (actor, mut store) = (actor(&url).await, store(&url).await);
    let a = set(&url, Reservation, in_seconds(-10)).await;
    let claimed = claim_one(&actor, MINUTE).await;

    let due = in_seconds(3600);
    let replacing = [with_deadlines(
        vec![writes(&a, 1, vec![added("Mug")])],
        vec![sets(Reservation, &a, due)],
    )];
    let appended = tokio::time::timeout(Duration::from_secs(5), store.append(&replacing)).await;
    appended.expect("it waits for the claimer").unwrap();

    // Whoever works on what it was has no say in what it became.
    assert!(!actor.put_off(&claimed, in_seconds(60)).await.unwrap());
    assert!(!actor.end(&claimed).await.unwrap());
    let kept = ("reservation".to_owned(), a.aggregate_id.to_string(), due);
    assert_eq!(deadlines(&url).await, [kept]);
}

#[tokio::test]
async fn a_claim_does_not_wait_for_an_append_that_is_under_way() {
    let url = database().await;
    let (actor, mut store) = (actor(&url).await, store(&url).await);
    let a = set(&url, Cart, in_seconds(-20)).await;
    let b = set(&url, Cart, in_seconds(-10)).await;
    // Before its commit, an append holds the row that it changed.
    store.begin_locked().await.unwrap();
    let clearing = with_deadlines(vec![writes(&a, 1, vec![added("Mug")])], vec![clears(Cart, &a)]);
    store.append(&[clearing]).await.unwrap();

    let claimed = tokio::time::timeout(Duration::from_secs(5), claim_one(&actor, MINUTE)).await;
    assert_eq!(claimed.expect("it waits for the append").id, id(Cart, &b));
    store.commit().await.unwrap();
    assert!(claims_nothing(&actor).await);
}

#[tokio::test]
async fn a_claimed_deadline_is_put_off_or_ended_where_nothing_moved_it() {
    let url = database().await;
    let actor = actor(&url).await;
    let a = set(&url, PaymentStep, in_seconds(-20)).await;
    let claimed = claim_one(&actor, MINUTE).await;
    let earlier = in_seconds(-5);
    assert!(actor.put_off(&claimed, earlier).await.unwrap());
    // Anybody's again, and how often it was tried is still known.
    let again = claim_one(&actor, MINUTE).await;
    assert_eq!((again.due_at, again.attempts), (earlier, 2));
    assert!(
        !actor.end(&claimed).await.unwrap(),
        "that is not what is claimed now"
    );
    assert!(actor.end(&again).await.unwrap());
    assert_eq!(deadlines(&url).await, []);

    assert!(!actor.put_off(&again, in_seconds(60)).await.unwrap());
    assert!(!actor.end(&again).await.unwrap());
    assert!(!actor.hasten(&id(PaymentStep, &a)).await.unwrap());
    assert_eq!(deadlines(&url).await, [], "none comes back");
}

#[tokio::test]
async fn a_hastened_deadline_is_due_now() {
    let url = database().await;
    let actor = actor(&url).await;
    let a = set(&url, PaymentStep, in_seconds(3600)).await;
    assert!(claims_nothing(&actor).await);
    assert!(
        !actor.hasten(&id(Cart, &a)).await.unwrap(),
        "of that kind there is none"
    );
    assert!(actor.hasten(&id(PaymentStep, &a)).await.unwrap());
    assert_eq!(claim_one(&actor, MINUTE).await.id, id(PaymentStep, &a));
}

#[tokio::test]
async fn one_that_was_due_already_keeps_its_place_when_it_is_hastened() {
    let url = database().await;
    let actor = actor(&url).await;
    let due = in_seconds(-20);
    let a = set(&url, PaymentStep, due).await;
    assert!(actor.hasten(&id(PaymentStep, &a)).await.unwrap());
    assert_eq!(claim_one(&actor, MINUTE).await.due_at, due);
}

#[tokio::test]
async fn one_that_is_hastened_while_somebody_works_on_it_is_claimed_once_more() {
    let url = database().await;
    let actor = actor(&url).await;
    let a = set(&url, PaymentStep, in_seconds(-20)).await;
    let claimed = claim_one(&actor, MINUTE).await;
    // The gateway sends word after the worker asked it, and before the worker puts the step off.
    assert!(actor.hasten(&id(PaymentStep, &a)).await.unwrap());
    assert!(!actor.put_off(&claimed, in_seconds(3600)).await.unwrap());
    assert!(!actor.end(&claimed).await.unwrap());
    assert_eq!(claim_one(&actor, MINUTE).await.id, claimed.id);
}

#[tokio::test]
async fn it_is_known_what_is_overdue_and_when_there_will_be_one_to_claim() {
    let url = database().await;
    let actor = actor(&url).await;
    assert_eq!(actor.next_due(&DeadlineKind::ALL).await.unwrap(), None);
    assert_eq!(actor.overdue(Cart).await.unwrap(), Overdue::default());

    let later = in_seconds(3600);
    set(&url, Cart, later).await;
    set(&url, Reservation, in_seconds(7200)).await;
    let kinds = [Cart, Reservation];
    assert_eq!(actor.next_due(&kinds).await.unwrap(), Some(later));

    let overdue = in_seconds(-30);
    set(&url, Cart, overdue).await;
    assert_eq!(actor.next_due(&kinds).await.unwrap(), Some(overdue));
    assert_eq!(actor.next_due(&[PaymentStep]).await.unwrap(), None);
    claim_one(&actor, MINUTE).await;
    // Claimed is not done. It can be claimed again when its lease ends.
    let overdue = actor.overdue(Cart).await.unwrap();
    assert_eq!((overdue.count, overdue.failing), (1, 0));
    assert!((30.0..60.0).contains(&overdue.oldest_seconds), "{overdue:?}");
    let next = actor.next_due(&kinds).await.unwrap().unwrap();
    let in_a_minute = OffsetDateTime::now_utc() + MINUTE;
    assert!(
        next <= in_a_minute && next > in_a_minute - Duration::from_secs(20),
        "{next}"
    );
}

#[tokio::test]
async fn a_claim_reads_what_is_due_and_not_what_is_not() {
    let url = database().await;
    let mut sql = sql(&url).await;
    sql.execute(
        "insert into deadlines (kind, aggregate_id, due_at)
         select 'cart', n::text, now() + interval '1 day' from generate_series(1, 5000) n;
         insert into deadlines (kind, aggregate_id, due_at)
         select 'cart', 'due-' || n, now() - interval '1 second' from generate_series(1, 5) n",
    )
    .await
    .unwrap();
    // Other connections' reading is counted when they end.
    let claimer = actor(&url).await;
    assert_eq!(
        claimer
            .claim(&[Cart, Reservation], MINUTE, 9)
            .await
            .unwrap()
            .len(),
        5
    );
    drop(claimer);
    let read = loop {
        let (scans, read): (i64, i64) = sqlx::query_as(
            "select (idx_scan + seq_scan)::bigint, (idx_tup_fetch + seq_tup_read)::bigint
             from pg_stat_user_tables where relname = 'deadlines'",
        )
        .fetch_one(&mut sql)
        .await
        .unwrap();
        if scans > 0 {
            break read;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(read < 50, "{read} rows were read");
}

/// Sets so many that are due since long ago.
async fn backlog(url: &str, kind: DeadlineKind, count: i32) {
    sqlx::query(
        "insert into deadlines (kind, aggregate_id, due_at)
         select $1, 'old-' || n, now() - interval '1 day' from generate_series(1, $2) n",
    )
    .bind(kind.as_str())
    .bind(count)
    .execute(&mut sql(url).await)
    .await
    .expect("a fixture is valid");
}

#[tokio::test]
async fn a_backlog_of_one_kind_holds_up_no_other() {
    let url = database().await;
    let actor = actor(&url).await;
    backlog(&url, Cart, 1000).await;
    let reservation = set(&url, Reservation, in_seconds(-1)).await;
    let claimed = actor.claim(&DeadlineKind::ALL, MINUTE, 5).await.unwrap();
    assert_eq!(claimed.len(), 6);
    assert!(claimed.iter().any(|due| due.id == id(Reservation, &reservation)));
}

#[tokio::test]
async fn what_cannot_be_done_stands_back_behind_the_others_of_its_kind_and_is_counted() {
    const POISONED: i64 = 7;
    let url = database().await;
    let actor = actor(&url).await;
    backlog(&url, Cart, 7).await;
    for _ in 0..3 {
        let poisoned = actor.claim(&[Cart], MINUTE, 100).await.unwrap();
        assert_eq!(poisoned.len(), 7);
        for claimed in &poisoned {
            assert!(actor.back_off(claimed, Duration::ZERO).await.unwrap());
        }
    }
    // The others became due a moment ago, and are older than the next try of those.
    let good = set(&url, Cart, in_seconds(-1)).await;
    let poisoned = actor.claim(&[Cart], MINUTE, POISONED).await.unwrap();
    let is_good = |due: &Due| due.id == id(Cart, &good);
    let first: Vec<bool> = poisoned.iter().map(is_good).collect();
    assert_eq!(first.iter().filter(|is_good| **is_good).count(), 1, "{first:?}");
    let overdue = actor.overdue(Cart).await.unwrap();
    assert_eq!((overdue.count, overdue.failing), (POISONED + 1, POISONED));

    // One that was claimed again, or moved, is not backed off by whoever had it before.
    let before = poisoned.iter().find(|due| is_good(due)).unwrap();
    assert!(actor.back_off(before, Duration::ZERO).await.unwrap());
    actor.claim(&[Cart], MINUTE, 100).await.unwrap();
    assert!(!actor.back_off(before, MINUTE).await.unwrap());
    assert!(!actor.end(before).await.unwrap());
}

#[tokio::test]
async fn a_stream_is_looked_at_as_it_was_while_its_deadline_stood() {
    let url = database().await;
    let actor = actor(&url).await;
    let stream = set(&url, Cart, in_seconds(-1)).await;
    let claimed = claim_one(&actor, MINUTE).await;
    let kind = domain::AggregateType::Cart;
    let looked_at = actor.last_event(&claimed, kind).await.unwrap();
    assert!(matches!(
        looked_at,
        Some(LastEvent {
            version: 1,
            recorded_at: Some(_)
        })
    ));
    let other = actor
        .last_event(&claimed, domain::AggregateType::Payment)
        .await
        .unwrap();
    assert_eq!(
        other,
        Some(LastEvent {
            version: 0,
            recorded_at: None
        })
    );
    let renewed = with_deadlines(
        vec![writes(&stream, 1, vec![added("Mug")])],
        vec![sets(Cart, &stream, in_seconds(60))],
    );
    store(&url).await.append(&[renewed]).await.unwrap();
    assert_eq!(actor.last_event(&claimed, kind).await.unwrap(), None, "it moved");
}

#[tokio::test]
async fn a_backlog_is_counted_as_far_as_anybody_needs_to_know() {
    let url = database().await;
    backlog(&url, PaymentStep, 10_500).await;
    let actor = actor(&url).await;
    assert_eq!(actor.overdue(PaymentStep).await.unwrap().count, COUNTED);
    assert_eq!(actor.unsettled_payments().await.unwrap().0, COUNTED);
}

#[test]
fn a_kind_is_found_by_its_name() {
    for kind in DeadlineKind::ALL {
        assert_eq!(DeadlineKind::parse(kind.as_str()), Some(kind));
    }
    assert_eq!(DeadlineKind::parse("lunch"), None);
}
