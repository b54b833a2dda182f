//! What the sandbox was told to do wrong: rows of `sandbox_gateway.behaviour`, so that another process can tell it.

use std::time::Duration;

use database::Session;
use sqlx::Row;

/// What can be asked of the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Authorize,
    LookUp,
    Find,
    Capture,
    Void,
    Refund,
    FindRefund,
    ChargesSince,
}

impl Operation {
    #[cfg(test)]
    pub const ALL: [Self; 8] = [
        Self::Authorize,
        Self::LookUp,
        Self::Find,
        Self::Capture,
        Self::Void,
        Self::Refund,
        Self::FindRefund,
        Self::ChargesSince,
    ];

    /// As in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::LookUp => "look_up",
            Self::Find => "find",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
            Self::FindRefund => "find_refund",
            Self::ChargesSince => "charges_since",
        }
    }
}

/// How the next calls of an operation go.
#[cfg(test)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Behaviour {
    pub latency: Duration,
    /// The next so many calls fail before anything was done.
    pub failures_before: i32,
    /// Those after them fail when everything was done: the answer is lost.
    pub failures_after: i32,
}

/// How webhooks are delivered.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebhookBehaviour {
    pub delay: Duration,
    pub copies: i32,
    /// The newest of those that wait goes first.
    pub newest_first: bool,
}

/// What becomes of one call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    pub latency: Duration,
    pub fails_before: bool,
    pub fails_after: bool,
}

/// `method`: for charges with this payment method only.
#[cfg(test)]
pub async fn tell(
    connection: &mut Session,
    operation: Operation,
    method: Option<&str>,
    behaviour: Behaviour,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into sandbox_gateway.behaviour (operation, method, latency_ms, failures_before, failures_after) \
         values ($1, $2, $3, $4, $5) on conflict (operation, method) do update set latency_ms = excluded.latency_ms, \
         failures_before = excluded.failures_before, failures_after = excluded.failures_after",
    )
    .bind(operation.as_str())
    .bind(method.unwrap_or("*"))
    .bind(milliseconds(behaviour.latency))
    .bind(behaviour.failures_before)
    .bind(behaviour.failures_after)
    .execute(connection)
    .await
    .map(drop)
}

#[cfg(test)]
pub async fn tell_webhooks(connection: &mut Session, behaviour: WebhookBehaviour) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into sandbox_gateway.behaviour (operation, latency_ms, copies, newest_first) \
         values ('webhook', $1, $2, $3) on conflict (operation, method) do update set latency_ms = excluded.latency_ms, \
         copies = excluded.copies, newest_first = excluded.newest_first",
    )
    .bind(milliseconds(behaviour.delay))
    .bind(behaviour.copies)
    .bind(behaviour.newest_first)
    .execute(connection)
    .await
    .map(drop)
}

/// What was told for this call, which counts as one of the next so many. The payment method is named, or that of the
/// charge; a row for it goes before the one for all.
pub async fn told(
    connection: &mut Session,
    operation: Operation,
    method: Option<&str>,
    reference: Option<&str>,
) -> Result<Told, sqlx::Error> {
    let row = sqlx::query(
        "with told as (
             select operation, method, latency_ms, failures_before, failures_after from sandbox_gateway.behaviour
             where operation = $1 and method in ('*', coalesce($2,
                 (select i.method from sandbox_gateway.intents i where i.reference = $3), '*'))
             order by method = '*' limit 1 for update
         ), counted as (
             update sandbox_gateway.behaviour b set
                 failures_before = greatest(told.failures_before - 1, 0),
                 failures_after = case when told.failures_before > 0 then told.failures_after
                     else greatest(told.failures_after - 1, 0) end
             from told where b.operation = told.operation and b.method = told.method
                 and told.failures_before + told.failures_after > 0
         )
         select latency_ms, failures_before > 0 as fails_before,
             failures_before = 0 and failures_after > 0 as fails_after from told",
    )
    .bind(operation.as_str())
    .bind(method)
    .bind(reference)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else {
        return Ok(Told::default());
    };
    let latency: i64 = row.try_get("latency_ms")?;
    Ok(Told {
        latency: Duration::from_millis(u64::try_from(latency).unwrap_or_default()),
        fails_before: row.try_get("fails_before")?,
        fails_after: row.try_get("fails_after")?,
    })
}

#[cfg(test)]
fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
