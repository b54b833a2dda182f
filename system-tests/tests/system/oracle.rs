//! What must hold whatever happened: the invariants of the system, looked up in PostgreSQL and asked of `projectors verify`.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use sqlx::PgPool;

use super::kafka_log;
use super::shop::Shop;
use super::shopper::Ack;

/// Invariant 1: the event of every answered command is there, once, where the answer says, and no cart has any other.
pub async fn every_answered_command_is_stored_once(pool: &PgPool, acks: &[Ack]) {
    let rows: Vec<(i64, String, i64, String)> = sqlx::query_as(
        "select global_position, aggregate_id, sequence, event_type from events where aggregate_type = 'cart'",
    )
    .fetch_all(pool)
    .await
    .expect("the log can be read");
    let mut stored: HashMap<i64, (String, i64, String)> = rows
        .into_iter()
        .map(|(position, cart, sequence, kind)| (position, (cart, sequence, kind)))
        .collect();
    for Ack {
        event_type,
        stored: answer,
    } in acks
    {
        // Opening a cart also names it, one position further; every other command stores one event.
        let found = stored
            .remove(&answer.position)
            .or_else(|| stored.remove(&(answer.position - 1)));
        let expected = (answer.id.clone(), answer.version, (*event_type).to_owned());
        assert_eq!(
            found,
            Some(expected),
            "{answer:?} was answered, but is not in the log, or was answered twice"
        );
    }
    assert!(
        stored.is_empty(),
        "the log has events of carts that nobody was answered: {stored:?}"
    );
}

/// Invariant 2, and positions that grow with time.
pub async fn streams_have_no_holes(pool: &PgPool) {
    let broken: Vec<(String, String)> = sqlx::query_as(
        "select aggregate_type, aggregate_id from events group by 1, 2
         having min(sequence) <> 1 or max(sequence) <> count(*) or count(distinct event_id) <> count(*)",
    )
    .fetch_all(pool)
    .await
    .expect("the log can be read");
    assert_eq!(broken, [], "streams with holes");
    let backwards: i64 = sqlx::query_scalar(
        "select count(*) from (
            select recorded_at < lag(recorded_at) over (order by global_position) as earlier,
                   sequence <= lag(sequence) over (partition by aggregate_type, aggregate_id order by global_position) as lower
            from events) e where earlier or lower",
    )
    .fetch_one(pool)
    .await
    .expect("the log can be read");
    assert_eq!(backwards, 0, "events that come before an earlier one");
}

/// Invariants 3 and 4. `verify` gives views that are only late a moment to follow.
pub async fn views_equal_a_fold_of_the_log(shop: &Shop) {
    verify_agrees(shop).await;
    kafka_equals_the_log(shop).await;
}

/// `projectors verify` finds nothing; its report.
pub async fn verify_agrees(shop: &Shop) -> Value {
    let verified = shop
        .tool("projectors")
        .args(["verify", "--json"])
        .output()
        .expect("projectors can be run");
    let said =
        String::from_utf8_lossy(&verified.stdout).into_owned() + &String::from_utf8_lossy(&verified.stderr);
    assert!(
        verified.status.success(),
        "projectors verify ended with {}: {said}",
        verified.status
    );
    let report: Value = serde_json::from_slice(&verified.stdout).expect("its report is JSON");
    assert_eq!(report["differences"], Value::Array(vec![]), "{said}");
    let stored: i64 = sqlx::query_scalar("select count(*) from events")
        .fetch_one(&shop.pool)
        .await
        .expect("the log can be read");
    assert_eq!(report["events"], stored, "it looked at every event: {said}");
    for view in ["carts", "products"] {
        assert!(
            report["views"][view]["documents"].as_u64() > Some(0),
            "it looked at the view {view}: {said}"
        );
    }
    report
}

/// Invariant 3 once more, without the projectors' code: each event is there, and those of one aggregate in their order.
async fn kafka_equals_the_log(shop: &Shop) {
    let stored: Vec<(String, String, i64, String, String)> = sqlx::query_as(
        "select aggregate_type, aggregate_id, sequence, event_id::text, payload::text from events
         order by aggregate_type, aggregate_id, sequence",
    )
    .fetch_all(&shop.pool)
    .await
    .expect("the log can be read");
    let mut seen = HashSet::new();
    let mut published = kafka_log::read(&shop.services.kafka_brokers, &shop.name).await;
    published.retain(|message| seen.insert(message.id.clone()));
    // Stable: what one aggregate has out of order on Kafka stays out of order here.
    published.sort_by(|a, b| (&a.aggregate_type, &a.aggregate_id).cmp(&(&b.aggregate_type, &b.aggregate_id)));
    let published: Vec<_> = published
        .into_iter()
        .map(|it| (it.aggregate_type, it.aggregate_id, it.sequence, it.id, it.payload))
        .collect();
    assert_eq!(
        published.len(),
        stored.len(),
        "Kafka holds as many events as the log"
    );
    for (published, stored) in published.iter().zip(&stored) {
        assert_eq!(published, stored, "Kafka, without its duplicates, equals the log");
    }
}
