//! What the schema needs from time to time, done so that nobody waits for it: the receipts' partitions, indexes that are missing, and
//! columns that migrations left to be filled in.
//!
//! Called when the database was migrated, and every minute by every command API; one of them at a time does it. A command API whose user
//! does not own the tables builds no indexes.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection as _, Error, Executor};
use time::OffsetDateTime;

use crate::contacts::completing;
use crate::partitions::{self, LOCK_TIMEOUT, Partitions};
use crate::rights;

/// For all of it. The longest that it may do is to build an index or to copy a table.
const LIMIT: Duration = Duration::from_mins(15);
pub(crate) const CONNECT: Duration = Duration::from_secs(5);
/// While somebody else builds an index.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// An index on a table that grows. Building it concurrently waits for every transaction that is open, and nobody waits for it.
struct Index {
    name: &'static str,
    on: &'static str,
}

const INDEXES: [Index; 13] = [
    // Contacts that are to be completed: none, most of the time. The first one, since completing reads it.
    Index {
        name: "contacts_incomplete",
        on: "contacts (created_at) where email_key = ''",
    },
    // What guests ordered with an address.
    Index {
        name: "contacts_of_guests",
        on: "contacts (email_key) where is_of_guest",
    },
    // Orders that became an account's.
    Index {
        name: "events_orders_taken_over",
        on: "events (recorded_at) where event_type = 'OrderTakenOver'",
    },
    // Every mail to an account, for its export.
    Index {
        name: "mails_of_owner",
        on: "mails (owner) where owner is not null",
    },
    // When a deadline can be claimed: neither early nor somebody's. See `deadlines.rs`.
    Index {
        name: "deadlines_claimable",
        on: "deadlines (kind, greatest(due_at, leased_until))",
    },
    // The oldest message to a subscriber that waits.
    Index {
        name: "webhook_deliveries_pending",
        on: "webhook_deliveries (subscription_id, created_at) where state = 'pending'",
    },
    // What is to be swept.
    Index {
        name: "account_links_expiry",
        on: "account_links (expires_at)",
    },
    // The members of a request that has many, by their place in its queue.
    Index {
        name: "events_request_members",
        on: "events (split_part(aggregate_id, ':', 1), ((payload ->> 'place')::bigint))
             where aggregate_type = 'request-member'",
    },
    // Streams that are long enough for a snapshot. See `snapshots.rs`.
    Index {
        name: "events_long_streams",
        on: "events (aggregate_id, aggregate_type) where sequence = 500",
    },
    // How far a request got with its members, and which request it is a duplicate of.
    Index {
        name: "events_request_progress",
        on: "events (aggregate_id, event_type, sequence)
             where aggregate_type = 'product-request'
               and event_type in ('MembersMoved', 'WaitingTold', 'RequestMarkedDuplicate')",
    },
    // What staff did, by person, by subject and by time. See `audit.rs`, whose conditions are these to the letter.
    Index {
        name: "events_by_staff_actor",
        on: "events ((metadata ->> 'actor'), global_position)
             where metadata ->> 'actor' like 'staff%' and aggregate_type <> 'request-member'",
    },
    // By the end of an id: of an order that is its number, and one index finds both numbers and whole names.
    Index {
        name: "events_by_staff_subject",
        on: "events (right(aggregate_id, 8), global_position)
             where metadata ->> 'actor' like 'staff%' and aggregate_type <> 'request-member'",
    },
    Index {
        name: "events_by_staff_time",
        on: "events (recorded_at, global_position)
             where metadata ->> 'actor' like 'staff%' and aggregate_type <> 'request-member'",
    },
];

/// Does what is to be done, unless somebody else is doing it. How the partitions are afterwards.
///
/// # Errors
/// When PostgreSQL cannot be reached, or something cannot be done. A lock that is somebody else's is no error: see
/// [`Partitions::is_postponed`].
pub async fn tend(url: &str) -> Result<Partitions, Error> {
    tend_at(url, OffsetDateTime::now_utc()).await
}

/// The same as of another time.
///
/// # Errors
/// As [`tend`].
pub async fn tend_at(url: &str, now: OffsetDateTime) -> Result<Partitions, Error> {
    database::within(LIMIT, async {
        let mut connection = connect(url).await?;
        let is_ours: bool =
            sqlx::query_scalar("select pg_try_advisory_lock(hashtext('cartwright.maintenance'))")
                .fetch_one(&mut connection)
                .await?;
        if !is_ours {
            return partitions::look(&mut connection, now).await;
        }
        let tended = partitions::tend(&mut connection, now).await?;
        // Indexes belong to the tables' owner: `migrate` builds them, and where that was cut short, the next one does.
        if rights::is_owner(&mut connection).await? {
            for index in &INDEXES {
                build(&mut connection, index).await?;
            }
        }
        completing::complete(&mut connection).await?;
        connection.close().await?;
        Ok(tended)
    })
    .await
}

/// A connection that gives up where it would be in somebody's way.
pub(crate) async fn connect(url: &str) -> Result<PgConnection, Error> {
    let options: PgConnectOptions = url.parse()?;
    let options = options
        .application_name("maintenance")
        .options([("lock_timeout", LOCK_TIMEOUT)]);
    database::within(CONNECT, PgConnection::connect_with(&options)).await
}

/// Waits until an index is there, whoever builds it.
///
/// # Errors
/// As [`tend`].
pub async fn until_built(url: &str, index: &str) -> Result<(), Error> {
    let built = async {
        loop {
            tend(url).await?;
            let mut connection = connect(url).await?;
            if is_valid(&mut connection, index).await? == Some(true) {
                return connection.close().await;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    database::within(LIMIT * 2, built).await
}

async fn is_valid(connection: &mut PgConnection, index: &str) -> Result<Option<bool>, Error> {
    sqlx::query_scalar("select indisvalid from pg_index where indexrelid = to_regclass($1)")
        .bind(index)
        .fetch_optional(connection)
        .await
}

/// Builds an index that is not there, or was begun and never finished.
async fn build(connection: &mut PgConnection, index: &Index) -> Result<(), Error> {
    let Index { name, on } = index;
    let is_valid = is_valid(connection, name).await?;
    if is_valid == Some(true) {
        return Ok(());
    }
    // What these wait for are transactions, and nobody waits behind them.
    connection.execute("set lock_timeout = 0").await?;
    if is_valid.is_some() {
        let drop_index = format!("drop index concurrently if exists {name}");
        connection.execute(drop_index.as_str()).await?;
    }
    let create_index = format!("create index concurrently {name} on {on}");
    connection.execute(create_index.as_str()).await?;
    let back = format!("set lock_timeout = '{LOCK_TIMEOUT}'");
    connection.execute(back.as_str()).await.map(drop)
}
