//! The books of a shop that takes money: invariants 5 and 6, looked up in the log and at the sandbox gateway.

use std::collections::BTreeMap;

use sqlx::PgPool;

/// Invariant 5, at every position: nothing is promised that is not there, and nothing is promised for ever.
pub async fn stock_never_promises_more_than_there_is(pool: &PgPool) {
    let wrong: Vec<(String, i64, i64, i64)> = sqlx::query_as(
        "select aggregate_id, sequence, on_hand, reserved from (
            select aggregate_id, sequence,
                   sum(on_hand) over (partition by aggregate_id order by sequence)::bigint as on_hand,
                   sum(reserved) over (partition by aggregate_id order by sequence)::bigint as reserved
            from (select aggregate_id, sequence,
                         case event_type when 'StockReceived' then (payload ->> 'quantity')::bigint
                                         when 'StockAdjusted' then (payload ->> 'delta')::bigint
                                         when 'ReservationCommitted' then -(payload ->> 'quantity')::bigint
                                         else 0 end as on_hand,
                         case event_type when 'StockReserved' then (payload ->> 'quantity')::bigint
                                         when 'ReservationReleased' then -(payload ->> 'quantity')::bigint
                                         when 'ReservationCommitted' then -(payload ->> 'quantity')::bigint
                                         else 0 end as reserved
                  from events where aggregate_type = 'stock-item') changes) totals
         where reserved < 0 or on_hand < reserved",
    )
    .fetch_all(pool)
    .await
    .expect("the log can be read");
    assert_eq!(wrong, [], "positions at which more is promised than there is");
}

/// What an order's streams say has happened, by event.
pub async fn history(pool: &PgPool, order: &str) -> BTreeMap<String, i64> {
    let counts: Vec<(String, i64)> = sqlx::query_as(
        "select event_type, count(*) from events where aggregate_id = $1 and aggregate_type in ('order', 'payment')
         group by event_type",
    )
    .bind(order)
    .fetch_all(pool)
    .await
    .expect("the log can be read");
    counts.into_iter().collect()
}

/// What the gateway took for an order, what it gave back, and what it still holds, in minor units.
pub async fn at_the_gateway(pool: &PgPool, order: &str) -> (i64, i64, i64) {
    sqlx::query_as(
        "select coalesce(sum(captured), 0)::bigint,
                (select coalesce(sum(r.amount), 0)::bigint from sandbox_gateway.refunds r
                 where r.payment = $1::uuid and r.status <> 'failed'),
                coalesce(sum(amount) filter (where status = 'requires_capture'), 0)::bigint
         from sandbox_gateway.intents where payment = $1::uuid",
    )
    .bind(order)
    .fetch_one(pool)
    .await
    .expect("the sandbox's books can be read")
}

/// Invariant 6: what was captured is the sum of what was ever confirmed, each order once, less what was given back.
pub async fn captures_are_the_totals_of_confirmed_orders(pool: &PgPool) -> i64 {
    let (confirmed, captured, at_gateway): (i64, i64, i64) = sqlx::query_as(
        "select (select coalesce(sum((placed.payload -> 'totals' -> 'total' ->> 'minor')::bigint), 0)::bigint
                 from events placed where placed.event_type = 'OrderPlaced' and exists (
                    select from events c where c.aggregate_id = placed.aggregate_id
                    and c.aggregate_type = 'order' and c.event_type = 'OrderConfirmed')),
                (select coalesce(sum((payload -> 'amount' ->> 'minor')::bigint), 0)::bigint
                 from events where event_type = 'PaymentCaptured'),
                (select coalesce(sum(captured), 0)::bigint from sandbox_gateway.intents)",
    )
    .fetch_one(pool)
    .await
    .expect("the log can be read");
    assert_eq!(
        (captured, at_gateway),
        (confirmed, confirmed),
        "captured, by the log and at the gateway"
    );
    let twice: i64 = sqlx::query_scalar(
        "select count(*) from (select aggregate_id from events
         where event_type in ('OrderConfirmed', 'PaymentCaptured') group by aggregate_id, event_type
         having count(*) > 1) t",
    )
    .fetch_one(pool)
    .await
    .expect("the log can be read");
    assert_eq!(twice, 0, "orders that were confirmed or captured twice");
    confirmed
}
