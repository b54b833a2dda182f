//! The SQL of the four tables: rows by their keys, and many rows with one statement.
//!
//! Rows are sent as one JSON array and taken apart by PostgreSQL, which knows the columns' types.

use std::collections::BTreeMap;

use database::Session;
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, PgExecutor};
use uuid::Uuid;

use crate::order::{LineRow, OrderRow};
use crate::payment::PaymentRow;
use crate::product::{ProductRow, StockRow};
use crate::row::{Key, Row};
use crate::store::Parked;

const WRITE_ORDERS: &str = "
    insert into reporting.orders as o select * from jsonb_populate_recordset(null::reporting.orders, $1)
    on conflict (id) do update set
        customer = excluded.customer, state = excluded.state, confirmed_at = excluded.confirmed_at, cancelled_at = excluded.cancelled_at,
        cancel_reason = excluded.cancel_reason, shipped_count = excluded.shipped_count, parcels = excluded.parcels,
        parcels_delivered = excluded.parcels_delivered, first_shipped_at = excluded.first_shipped_at,
        delivered_at = excluded.delivered_at, return_state = excluded.return_state,
        return_reason = excluded.return_reason, sequence = excluded.sequence
    where o.sequence < excluded.sequence";

const WRITE_LINES: &str = "
    insert into reporting.order_lines select * from jsonb_populate_recordset(null::reporting.order_lines, $1)
    on conflict do nothing";

const WRITE_PAYMENTS: &str = "
    insert into reporting.payments as p select * from jsonb_populate_recordset(null::reporting.payments, $1)
    on conflict (order_id) do update set
        state = excluded.state, captured_minor = excluded.captured_minor, captured_at = excluded.captured_at,
        refunded_minor = excluded.refunded_minor, refund_failed = excluded.refund_failed,
        attempts = excluded.attempts, declined = excluded.declined,
        last_decline_reason = excluded.last_decline_reason, attempt_list = excluded.attempt_list,
        refund_list = excluded.refund_list, sequence = excluded.sequence
    where p.sequence < excluded.sequence";

const WRITE_PRODUCTS: &str = "
    insert into reporting.products as p
        (sku, name, category, price_minor, currency, listed, listed_at, updated_at, product_sequence)
    select sku, name, category, price_minor, currency, listed, listed_at, updated_at, product_sequence
    from jsonb_populate_recordset(null::reporting.products, $1)
    on conflict (sku) do update set
        name = excluded.name, category = excluded.category, price_minor = excluded.price_minor,
        currency = excluded.currency, listed = excluded.listed, listed_at = excluded.listed_at,
        updated_at = excluded.updated_at, product_sequence = excluded.product_sequence
    where p.product_sequence < excluded.product_sequence";

const WRITE_STOCK: &str = "
    insert into reporting.products as p (sku, on_hand, reserved, stock_updated_at, stock_sequence)
    select sku, on_hand, reserved, stock_updated_at, stock_sequence
    from jsonb_populate_recordset(null::reporting.products, $1)
    on conflict (sku) do update set
        on_hand = excluded.on_hand, reserved = excluded.reserved, stock_updated_at = excluded.stock_updated_at,
        stock_sequence = excluded.stock_sequence
    where p.stock_sequence < excluded.stock_sequence";

pub(crate) async fn write(connection: &mut Session, rows: &BTreeMap<Key, Row>) -> Result<(), sqlx::Error> {
    let (mut orders, mut lines, mut payments) = (vec![], vec![], vec![]);
    let (mut products, mut stock) = (vec![], vec![]);
    for row in rows.values() {
        match row {
            Row::Order(order) => {
                lines.extend(&order.lines);
                orders.push(order);
            }
            Row::Payment(payment) => payments.push(payment),
            Row::Product(product) => products.push(product),
            Row::Stock(of_sku) => stock.push(of_sku),
        }
    }
    write_all(connection, WRITE_ORDERS, &orders).await?;
    write_all(connection, WRITE_LINES, &lines).await?;
    write_all(connection, WRITE_PAYMENTS, &payments).await?;
    write_all(connection, WRITE_PRODUCTS, &products).await?;
    write_all(connection, WRITE_STOCK, &stock).await
}

async fn write_all<T: Serialize + Sync>(
    connection: &mut Session,
    statement: &'static str,
    rows: &[T],
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(statement)
        .bind(Json(rows))
        .execute(connection)
        .await
        .map(drop)
}

/// Orders come without their lines.
pub(crate) async fn load(connection: &mut Session, keys: &[Key]) -> Result<BTreeMap<Key, Row>, sqlx::Error> {
    let (mut orders, mut payments) = (vec![], vec![]);
    let (mut products, mut stock) = (vec![], vec![]);
    for key in keys {
        match key {
            Key::Order(id) => orders.push(*id),
            Key::Payment(id) => payments.push(*id),
            Key::Product(sku) => products.push(sku.clone()),
            Key::Stock(sku) => stock.push(sku.clone()),
        }
    }
    let mut rows = BTreeMap::new();
    let sql = "select * from reporting.orders where id = any($1)";
    let found: Vec<OrderRow> = by_ids(connection, sql, orders).await?;
    rows.extend(
        found
            .into_iter()
            .map(|row| (Key::Order(row.id), Row::Order(Box::new(row)))),
    );
    let sql = "select * from reporting.payments where order_id = any($1)";
    let found: Vec<PaymentRow> = by_ids(connection, sql, payments).await?;
    rows.extend(
        found
            .into_iter()
            .map(|row| (Key::Payment(row.order_id), Row::Payment(Box::new(row)))),
    );
    let sql = "select * from reporting.products where sku = any($1) and product_sequence > 0";
    let found: Vec<ProductRow> = by_ids(connection, sql, products).await?;
    rows.extend(
        found
            .into_iter()
            .map(|row| (Key::Product(row.sku.clone()), Row::Product(row))),
    );
    let sql = "select * from reporting.products where sku = any($1) and stock_sequence > 0";
    let found: Vec<StockRow> = by_ids(connection, sql, stock).await?;
    rows.extend(
        found
            .into_iter()
            .map(|row| (Key::Stock(row.sku.clone()), Row::Stock(row))),
    );
    Ok(rows)
}

/// Gives the orders among `rows` their lines.
pub(crate) async fn load_lines(
    connection: &mut Session,
    rows: &mut BTreeMap<Key, Row>,
) -> Result<(), sqlx::Error> {
    let orders: Vec<Uuid> = rows
        .values()
        .filter_map(|row| match row {
            Row::Order(order) => Some(order.id),
            Row::Payment(_) | Row::Product(_) | Row::Stock(_) => None,
        })
        .collect();
    let sql = "select * from reporting.order_lines where order_id = any($1) order by order_id, line_no";
    let lines: Vec<LineRow> = by_ids(connection, sql, orders).await?;
    for line in lines {
        if let Some(Row::Order(order)) = rows.get_mut(&Key::Order(line.order_id)) {
            order.lines.push(line);
        }
    }
    Ok(())
}

async fn by_ids<Id, T>(
    connection: &mut Session,
    sql: &'static str,
    ids: Vec<Id>,
) -> Result<Vec<T>, sqlx::Error>
where
    T: for<'row> FromRow<'row, PgRow> + Send + Unpin,
    Vec<Id>: for<'query> sqlx::Encode<'query, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + 'static,
{
    if ids.is_empty() {
        return Ok(vec![]);
    }
    sqlx::query_as(sql).bind(ids).fetch_all(connection).await
}

pub(crate) async fn keys(executor: impl PgExecutor<'_> + Copy) -> Result<Vec<Key>, sqlx::Error> {
    let orders: Vec<Uuid> = sqlx::query_scalar(
        "select id from reporting.orders union select order_id from reporting.order_lines",
    )
    .fetch_all(executor)
    .await?;
    let payments: Vec<Uuid> = sqlx::query_scalar("select order_id from reporting.payments")
        .fetch_all(executor)
        .await?;
    // A row of neither half belongs to no stream: it is named as a product's.
    let products: Vec<String> = sqlx::query_scalar(
        "select sku from reporting.products where product_sequence > 0 or stock_sequence = 0",
    )
    .fetch_all(executor)
    .await?;
    let stock: Vec<String> =
        sqlx::query_scalar("select sku from reporting.products where stock_sequence > 0")
            .fetch_all(executor)
            .await?;
    let orders = orders.into_iter().map(Key::Order);
    let payments = payments.into_iter().map(Key::Payment);
    let products = products.into_iter().map(Key::Product);
    let stock = stock.into_iter().map(Key::Stock);
    Ok(orders.chain(payments).chain(products).chain(stock).collect())
}

pub(crate) async fn parked(executor: impl PgExecutor<'_>) -> Result<Vec<Parked>, sqlx::Error> {
    let parked: Vec<(String, Option<i64>, String)> =
        sqlx::query_as("select aggregate, sequence, reason from reporting.parked order by aggregate")
            .fetch_all(executor)
            .await?;
    let parked = parked.into_iter().map(|(aggregate, sequence, reason)| Parked {
        aggregate,
        sequence,
        reason,
    });
    Ok(parked.collect())
}
