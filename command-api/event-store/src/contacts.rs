//! Names and addresses: personal data, kept beside the log and named in it by id.
//!
//! A checkout stores one before it appends; the `accounts` role serves it.

pub(crate) mod completing;
mod taking_over;

use std::fmt;
use std::time::Duration;

use database::{Pool, Session};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use crate::pool::{self, Commits};
use crate::sweep;

pub use taking_over::GuestOrder;

#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct Contact {
    pub email: String,
    pub name: String,
    pub line1: String,
    pub line2: Option<String>,
    pub postal_code: String,
    pub city: String,
    pub region: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub phone: Option<String>,
}

impl fmt::Debug for Contact {
    /// Personal data gets into no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact(personal data)")
    }
}

/// A contact, and the order that it was stored for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfOrder {
    pub id: Uuid,
    pub order: Uuid,
    pub contact: Contact,
}

/// Who gives a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Guest(Uuid),
    Account(Uuid),
}

impl Owner {
    const fn id(self) -> Uuid {
        match self {
            Self::Guest(id) | Self::Account(id) => id,
        }
    }
}

/// Why a contact was not stored.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    #[error("the account is not there any more")]
    NoAccount,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

#[derive(Clone)]
pub struct Contacts {
    pool: Pool,
}

impl Contacts {
    /// # Errors
    /// When PostgreSQL cannot be reached within ten seconds.
    pub async fn connect(url: &str) -> Result<Self, sqlx::Error> {
        // An event that names a contact commits after it, and takes it to the disk: only orphans can be lost.
        let pool = pool::open(url, "contacts", Commits::Follow).await?;
        Ok(Self { pool })
    }

    /// Stores one, before the order that will name it. `email_key` is what all spellings of its address have in common.
    ///
    /// # Errors
    /// [`KeepError::NoAccount`] where the account was erased: an erasure that begins later finds this contact.
    pub async fn keep(
        &self,
        id: Uuid,
        order: Uuid,
        owner: Owner,
        contact: &Contact,
        email_key: &str,
    ) -> Result<(), KeepError> {
        // The account's row is held until this is committed; the erasure holds it for itself while it deletes.
        let sql = match owner {
            Owner::Guest(_) => INSERT.replace(
                "{whose}",
                "(select $12::uuid as owner, true as is_of_guest) whose",
            ),
            Owner::Account(_) => INSERT.replace(
                "{whose}",
                "(select id as owner, false as is_of_guest from accounts where id = $12 for key share) whose",
            ),
        };
        let kept = sqlx::query(&sql)
            .bind(id)
            .bind(order)
            .bind(&contact.email)
            .bind(&contact.name)
            .bind(&contact.line1)
            .bind(&contact.line2)
            .bind(&contact.postal_code)
            .bind(&contact.city)
            .bind(&contact.region)
            .bind(&contact.country)
            .bind(&contact.phone)
            .bind(owner.id())
            .bind(email_key)
            .execute(&self.pool)
            .await?;
        if kept.rows_affected() == 0 {
            return Err(KeepError::NoAccount);
        }
        Ok(())
    }

    /// Deletes one whose order was refused. One whose order is there stays, whatever is said of it.
    pub async fn discard(&self, id: Uuid) -> Result<(), sqlx::Error> {
        sqlx::query(
            "delete from contacts c where c.id = $1 and not exists (
                 select from events e
                 where e.aggregate_id = c.order_id::text and e.aggregate_type = 'order' and e.sequence = 1)",
        )
        .bind(id)
        .execute(&self.pool)
        .await
        .map(drop)
    }

    /// Whether its account is erased, and it is here for its parcels alone.
    pub async fn is_on_its_way_out(&self, id: Uuid) -> Result<bool, sqlx::Error> {
        let found = sqlx::query_scalar("select is_erased_with_order from contacts where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(found.unwrap_or_default())
    }

    /// None where it was erased.
    pub async fn find(&self, id: Uuid) -> Result<Option<Contact>, sqlx::Error> {
        sqlx::query_as(
            "select email, name, line1, line2, postal_code, city, region, country, phone from contacts where id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await
    }

    /// Every one that was stored for an order, by id, the oldest first. The order names one of them.
    pub async fn of_order(&self, order: Uuid) -> Result<Vec<(Uuid, Contact)>, sqlx::Error> {
        let rows: Vec<PgRow> = sqlx::query(
            "select id, email, name, line1, line2, postal_code, city, region, country, phone from contacts
             where order_id = $1 order by created_at, id",
        )
        .bind(order)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| Ok((row.try_get("id")?, Contact::from_row(row)?)))
            .collect()
    }

    /// What an account may see: contacts of its orders, and those that were given as a guest with an address that is confirmed to be the
    /// account's, under any of its keys, where the order was paid for once. Anybody can type an address, next to their own name and street.
    /// Never another account's, whatever its address. At most `most`, in the order of their ids, behind `behind`.
    pub async fn of_account(
        &self,
        account: Uuid,
        confirmed_keys: &[String],
        behind: Uuid,
        most: i64,
    ) -> Result<Vec<OfOrder>, sqlx::Error> {
        // An order says that it became the account's before its contact is moved.
        let sql = format!(
            "select id, order_id, email, name, line1, line2, postal_code, city, region, country, phone from contacts c
             where {OF_ACCOUNT} and (c.owner = $1 or exists (
                 select from events e
                 where e.aggregate_id = c.order_id::text and e.aggregate_type = 'order'
                   and e.event_type in ('OrderConfirmed', 'OrderTakenOver')))
               and c.id > $3
             order by c.id limit $4"
        );
        let rows: Vec<PgRow> = sqlx::query(&sql)
            .bind(account)
            .bind(confirmed_keys)
            .bind(behind)
            .bind(most)
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(OfOrder {
                    id: row.try_get("id")?,
                    order: row.try_get("order_id")?,
                    contact: Contact::from_row(row)?,
                })
            })
            .collect()
    }

    /// Marks at most `most` contacts of an account to go with their orders: its own, and those that guests gave with its address, whether
    /// they paid or not. Their orders; none where there is nothing left to mark.
    ///
    /// In the transaction that deletes the account and holds its row.
    pub async fn erase_of_account(
        connection: &mut Session,
        account: Uuid,
        confirmed_keys: &[String],
        most: i64,
    ) -> Result<Vec<Uuid>, sqlx::Error> {
        // Each is held before it is decided on: it may become another account's meanwhile.
        let sql = format!(
            "with found as materialized (
                 select c.id from contacts c where not c.is_erased_with_order and {OF_ACCOUNT} limit $3 for update
             )
             update contacts c set is_erased_with_order = true, is_of_guest = false
             from found f where c.id = f.id returning c.order_id"
        );
        sqlx::query_scalar(&sql)
            .bind(account)
            .bind(confirmed_keys)
            .bind(most)
            .fetch_all(connection)
            .await
    }

    /// Orders whose contact goes when they have arrived: their account is erased. At most `most`, in the order of their ids, behind
    /// `behind`.
    pub async fn erased_with_order(&self, behind: Uuid, most: i64) -> Result<Vec<Uuid>, sqlx::Error> {
        sqlx::query_scalar(
            "select distinct order_id from contacts where is_erased_with_order and order_id > $1
             order by order_id limit $2",
        )
        .bind(behind)
        .bind(most)
        .fetch_all(&self.pool)
        .await
    }

    /// Deletes those that go with one of these orders. How many they were.
    pub async fn erase(&self, orders: &[Uuid]) -> Result<u64, sqlx::Error> {
        let erased = sqlx::query("delete from contacts where order_id = any($1) and is_erased_with_order")
            .bind(orders)
            .execute(&self.pool)
            .await?;
        Ok(erased.rows_affected())
    }

    /// Deletes those that no order names: its checkout was refused, or never got that far. How many they were.
    ///
    /// `older_than` is longer than any checkout takes. One that an order names is looked at once, and not every time.
    pub async fn sweep_orphans(&self, older_than: Duration) -> Result<u64, sqlx::Error> {
        sweep::orphans(&self.pool, SWEEP, older_than).await
    }
}

/// Contacts `c` of the account `$1`, and of guests whose address has one of its keys `$2`. An order that became another account's is left
/// out before its contact is moved: the event comes first.
const OF_ACCOUNT: &str = "(c.owner = $1 or (c.is_of_guest and c.email_key = any($2) and not exists (
    select from events e
    where e.aggregate_id = c.order_id::text and e.aggregate_type = 'order' and e.event_type = 'OrderTakenOver'
      and (e.payload ->> 'customer')::uuid <> $1)))";

const INSERT: &str = "
insert into contacts (id, order_id, email, name, line1, line2, postal_code, city, region, country, phone, owner, is_of_guest,
                      email_key)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, whose.owner, whose.is_of_guest, $13 from {whose}";

const SWEEP: &str = "
with looked_at as materialized (
    select c.id, exists (
        select from events e
        where e.aggregate_id = c.order_id::text and e.aggregate_type = 'order' and e.sequence = 1
          and e.payload ->> 'contact' = c.id::text) as is_named
    from contacts c
    where not c.is_named and c.created_at < now() - $1::float8 * interval '1 second'
    order by c.created_at limit $2 for update skip locked
), kept as (
    update contacts c set is_named = true from looked_at l where c.id = l.id and l.is_named
), deleted as (
    delete from contacts c using looked_at l where c.id = l.id and not l.is_named returning 1
)
select (select count(*) from looked_at), (select count(*) from deleted)";
