//! Filling in what migration 0024 left empty: whose a contact is, and the key of its address.
//!
//! Called by [`crate::maintenance`] every minute: while a deployment goes on, the release before this one writes more of them.

use database::PORTION;
use sqlx::Error;
use sqlx::postgres::PgConnection;

/// Guests have ids of version 4, accounts of version 7, so an id says whose it is although its account may be gone. What was left of an
/// account that is gone is on its way out, and nobody's. `lower` of the "C" collation is what `Email::key` of the command API does to
/// ASCII; earlier releases also stored other letters as they were typed, which the database's own collation knows.
///
/// A row that somebody else holds is left to the next time.
const COMPLETE: &str = "
with incomplete as materialized (
    select id from contacts where email_key = '' and email <> '' order by created_at limit $1 for update skip locked
)
update contacts c set
    email_key = case when octet_length(c.email) = length(c.email) then lower(c.email collate \"C\") else lower(c.email) end,
    is_of_guest = not c.is_erased_with_order and coalesce(substr(c.owner::text, 15, 1) = '4', false),
    is_erased_with_order = c.is_erased_with_order or (
        coalesce(substr(c.owner::text, 15, 1) = '7', false)
        and not exists (select from accounts a where a.id = c.owner))
from incomplete i where c.id = i.id";

/// Completes all that there are, in short statements.
///
/// # Errors
/// When PostgreSQL cannot do it now. What was completed stays so.
pub(crate) async fn complete(connection: &mut PgConnection) -> Result<(), Error> {
    loop {
        let completed = sqlx::query(COMPLETE)
            .bind(PORTION)
            .execute(&mut *connection)
            .await?
            .rows_affected();
        if completed < PORTION.unsigned_abs() {
            return Ok(());
        }
    }
}
