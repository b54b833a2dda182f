//! What guests ordered and becomes an account's: which orders, and their contacts once the orders say so.

use std::time::Duration;

use sqlx::FromRow;
use uuid::Uuid;

use super::Contacts;

/// An order that a guest placed, and the contact that was given with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct GuestOrder {
    pub contact: Uuid,
    #[sqlx(rename = "order_id")]
    pub order: Uuid,
    pub guest: Uuid,
}

impl Contacts {
    /// Orders that guests placed: those of `guest`, and those with an address under one of these keys that were paid for once. At most
    /// `most`, in the order of their contacts' ids, behind `behind`.
    ///
    /// Anybody can type an address: what was never paid would be a way to fill somebody's list, and what was never placed one to keep
    /// their orders out of it. The limit is on what is given, not on what is looked at: a checkout that is refused leaves no contact, so
    /// there are about as many as orders, and of those a network has few that are not paid.
    pub async fn of_guests(
        &self,
        guest: Option<Uuid>,
        keys: &[String],
        behind: Uuid,
        most: i64,
    ) -> Result<Vec<GuestOrder>, sqlx::Error> {
        sqlx::query_as(
            "select c.id as contact, c.order_id, c.owner as guest from contacts c
             where c.is_of_guest and c.owner is not null and (c.owner = $1 or c.email_key = any($2)) and c.id > $3
               and exists (
                   select from events e
                   where e.aggregate_id = c.order_id::text and e.aggregate_type = 'order' and e.sequence = 1)
               and (c.owner = $1 or exists (
                   select from events e
                   where e.aggregate_id = c.order_id::text and e.aggregate_type = 'order'
                     and e.event_type = 'OrderConfirmed'))
             order by c.id limit $4",
        )
        .bind(guest)
        .bind(keys)
        .bind(behind)
        .bind(most)
        .fetch_all(&self.pool)
        .await
    }

    /// These contacts of guests are the account's from now on. None where the account was erased.
    pub async fn take_over(&self, contacts: &[Uuid], account: Uuid) -> Result<(), sqlx::Error> {
        sqlx::query(
            "with account as materialized (select id from accounts where id = $2 for key share)
             update contacts c set owner = account.id, is_of_guest = false
             from account where c.id = any($1) and c.is_of_guest",
        )
        .bind(contacts)
        .bind(account)
        .execute(&self.pool)
        .await
        .map(drop)
    }

    /// Contacts whose order became an account's within `since`, and that are still a guest's: whoever took it over was ended before
    /// [`Self::take_over`]. They are the account's now; where it is erased meanwhile, they go with their order. How many they were.
    pub async fn sweep_taken_over(&self, since: Duration) -> Result<u64, sqlx::Error> {
        database::in_portions(|most| async move {
            let swept = sqlx::query(SWEEP)
                .bind(since.as_secs_f64())
                .bind(most)
                .execute(&self.pool)
                .await?;
            Ok(swept.rows_affected())
        })
        .await
    }
}

/// The accounts' rows are held before any contact is, as by everybody who gives something in an account's name: an erasure that begins
/// meanwhile waits, and finds the contact. What was taken over in the last minute is still in the hands of whoever did it, in another order. `case` keeps the planner from `contacts_of_guests`, which has no column that is asked for.
const SWEEP: &str = "
with taken_over as materialized (
    select e.aggregate_id::uuid as order_id, (e.payload ->> 'customer')::uuid as account
    from events e
    where e.event_type = 'OrderTakenOver' and e.recorded_at > now() - $1::float8 * interval '1 second'
      and e.recorded_at < now() - interval '1 minute'
), left_behind as materialized (
    select c.id, t.account from taken_over t join contacts c on c.order_id = t.order_id
    where case when c.is_of_guest then true else false end limit $2
), accounts_there as materialized (
    select a.id from accounts a where a.id in (select l.account from left_behind l) for key share
)
update contacts c set
    owner = l.account,
    is_of_guest = false,
    is_erased_with_order = l.account <> all (array(select a.id from accounts_there a))
from left_behind l where c.id = l.id and case when c.is_of_guest then true else false end";
