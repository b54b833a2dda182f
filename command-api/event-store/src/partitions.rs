//! The daily partitions of the receipts: made days ahead, dropped when nobody repeats their commands any more.
//!
//! Appends read and write `receipts`, so nothing here may make them wait. Partitions are made apart and attached, which waits for no
//! reader of the whole table. Whatever has to wait gives up after [`LOCK_TIMEOUT`] or earlier, since everybody else queues behind it, and is
//! tried again a minute later. Called by [`crate::maintenance`].
//!
//! The functions of `0026_receipt_days.sql` do it, as the owner of the tables: a process that serves owns none.

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Error, Executor};
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime, UtcOffset};

use crate::rights;

/// As long as an append may be held up by maintenance.
pub(crate) const LOCK_TIMEOUT: &str = "100ms";
/// How many days beyond today have a partition: as long maintenance may fail before a command with a key does.
const AHEAD: i64 = 10;
/// Receipts of older days are dropped: they are kept for at least 24 hours.
const KEPT: i64 = 2;
/// A lock was somebody else's for too long, or would have been for ever.
const GAVE_UP: [&str; 2] = ["55P03", "40P01"];
/// The partition that took what no other did, up to release 0011.
const DEFAULT: &str = "receipts_otherwise";

/// How the partitions are after they were tended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partitions {
    /// From now until then every day has a partition. Not later than now: not even today has.
    pub until: OffsetDateTime,
    /// The default partition is still there, and takes the receipts of other days.
    pub has_default: bool,
    /// Something was left for the next time, since a lock was somebody else's, or somebody else was doing it.
    pub is_postponed: bool,
}

impl Partitions {
    /// Whether a receipt can be stored at that time.
    pub fn take(&self, now: OffsetDateTime) -> bool {
        self.has_default || now < self.until
    }
}

/// A table that holds, held or will hold the receipts of one day.
struct Day {
    date: Date,
    /// Otherwise not yet, or it is on its way out.
    is_attached: bool,
}

/// Makes the partitions that are missing and drops those that are too old.
pub(crate) async fn tend(connection: &mut PgConnection, now: OffsetDateTime) -> Result<Partitions, Error> {
    let today = now.to_offset(UtcOffset::UTC).date();
    let mut postponed = vec![];
    if has_default(connection).await? {
        // The next `migrate` does it, which runs as the owner.
        let lost = if rights::is_owner(connection).await? {
            is_postponed(lose_default(connection, today).await)?
        } else {
            true
        };
        postponed.push(lost);
    } else {
        let days = days(connection).await?;
        for ahead in 0..=AHEAD {
            let date = today + Duration::days(ahead);
            let is_there = days.iter().any(|day| day.date == date && day.is_attached);
            if !is_there {
                postponed.push(is_postponed(add(connection, date).await)?);
            }
        }
        let oldest = today - Duration::days(KEPT);
        postponed.push(is_postponed(drop_older(connection, &days, oldest).await)?);
    }
    Ok(Partitions {
        is_postponed: postponed.contains(&true),
        ..look(connection, now).await?
    })
}

/// How they are, for whoever leaves it to somebody else to tend them.
pub(crate) async fn look(connection: &mut PgConnection, now: OffsetDateTime) -> Result<Partitions, Error> {
    let today = now.to_offset(UtcOffset::UTC).date();
    Ok(Partitions {
        until: until(&days(connection).await?, today),
        has_default: has_default(connection).await?,
        is_postponed: true,
    })
}

/// The end of the last of the days from today on that have a partition, without a gap.
fn until(days: &[Day], today: Date) -> OffsetDateTime {
    let mut date = today;
    while days.iter().any(|day| day.date == date && day.is_attached) {
        date += Duration::days(1);
    }
    date.midnight().assume_utc()
}

fn is_postponed(done: Result<(), Error>) -> Result<bool, Error> {
    match done {
        Ok(()) => Ok(false),
        Err(error) => {
            let code = error
                .as_database_error()
                .and_then(sqlx::error::DatabaseError::code);
            if code.is_some_and(|code| GAVE_UP.contains(&&*code)) {
                Ok(true)
            } else {
                Err(error)
            }
        }
    }
}

async fn has_default(connection: &mut PgConnection) -> Result<bool, Error> {
    sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(DEFAULT)
        .fetch_one(connection)
        .await
}

async fn days(connection: &mut PgConnection) -> Result<Vec<Day>, Error> {
    let tables: Vec<(String, bool, bool)> = sqlx::query_as(
        "select c.relname::text, i.inhrelid is not null, coalesce(i.inhdetachpending, false)
         from pg_class c left join pg_inherits i on i.inhrelid = c.oid and i.inhparent = 'receipts'::regclass
         where c.relname ~ '^receipts_\\d{8}$' and c.relkind = 'r'
           and c.relnamespace = (select relnamespace from pg_class where oid = 'receipts'::regclass)
         order by c.relname",
    )
    .fetch_all(connection)
    .await?;
    let day = |(name, is_attached, is_detaching): (String, bool, bool)| {
        let date = Date::parse(&name, format_description!("receipts_[year][month][day]")).ok()?;
        let is_attached = is_attached && !is_detaching;
        Some(Day { date, is_attached })
    };
    Ok(tables.into_iter().filter_map(day).collect())
}

/// The name of a day's table, and the moments between which its receipts lie, as the functions of the migration have them.
fn named(date: Date) -> (String, String, String) {
    let bound = |date: Date| format!("'{date} 00:00:00+00'");
    let digits = date.to_string().replace('-', "");
    (
        format!("receipts_{digits}"),
        bound(date),
        bound(date + Duration::days(1)),
    )
}

/// A table for a day's receipts, apart from the others.
fn make(date: Date) -> String {
    format!("select make_receipt_day('{date}');")
}

fn attach(date: Date) -> String {
    format!("select attach_receipt_day('{date}');")
}

async fn add(connection: &mut PgConnection, date: Date) -> Result<(), Error> {
    in_transaction(connection, &[make(date), attach(date)].concat()).await
}

async fn in_transaction(connection: &mut PgConnection, statements: &str) -> Result<(), Error> {
    let mut transaction = connection.begin().await?;
    transaction.execute(statements).await?;
    transaction.commit().await
}

async fn drop_older(connection: &mut PgConnection, days: &[Day], oldest: Date) -> Result<(), Error> {
    for day in days.iter().filter(|day| day.date < oldest) {
        sqlx::query("select drop_receipt_day($1)")
            .bind(day.date)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Takes the default partition away. Its rows of days without a partition would keep those days from ever getting one, and with it no
/// partition can be detached concurrently.
///
/// They are copied into tables apart first, which nobody notices. Then, in one short transaction that has `receipts` for itself, what came
/// since is copied as well and the tables take its place.
async fn lose_default(connection: &mut PgConnection, today: Date) -> Result<(), Error> {
    let oldest = today - Duration::days(KEPT);
    let days_of_rows: Vec<Date> = sqlx::query_scalar(
        "select distinct (recorded_at at time zone 'utc')::date from receipts_otherwise
         where (recorded_at at time zone 'utc')::date >= $1 order by 1",
    )
    .bind(oldest)
    .fetch_all(&mut *connection)
    .await?;
    let days = days(connection).await?;
    let is_missing = |date: &Date| !days.iter().any(|day| day.date == *date && day.is_attached);
    let ahead = (0..=AHEAD).map(|ahead| today + Duration::days(ahead));
    let mut wanted: Vec<Date> = days_of_rows.into_iter().chain(ahead).filter(is_missing).collect();
    wanted.sort_unstable();
    wanted.dedup();
    for date in &wanted {
        let copied = [make(*date), copy(*date, "'-infinity'")].concat();
        in_transaction(connection, &copied).await?;
    }
    let mut swap = "lock table receipts in access exclusive mode;".to_owned();
    for date in &wanted {
        swap.push_str(&copy(*date, "now() - interval '1 hour'"));
    }
    swap.push_str("alter table receipts detach partition receipts_otherwise;");
    for date in wanted {
        swap.push_str(&attach(date));
    }
    swap.push_str("drop table receipts_otherwise;");
    in_transaction(connection, &swap).await
}

/// Copies the rows of a day that came after `since` and are not copied yet.
fn copy(date: Date, since: &str) -> String {
    let (name, from, to) = named(date);
    format!(
        "insert into {name} select * from receipts_otherwise o
         where o.recorded_at >= {from} and o.recorded_at < {to} and o.recorded_at > {since}
           and not exists (select from {name} c where c.id = o.id);"
    )
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    fn attached(date: Date) -> Day {
        Day {
            date,
            is_attached: true,
        }
    }

    #[test]
    fn receipts_have_a_partition_until_the_first_gap() {
        let days = [
            attached(date!(2026 - 02 - 27)),
            attached(date!(2026 - 02 - 28)),
            attached(date!(2026 - 03 - 01)),
            attached(date!(2026 - 03 - 03)),
        ];
        let from = |today| until(&days, today);
        assert_eq!(from(date!(2026 - 02 - 27)), datetime!(2026-03-02 0:00 UTC));
        assert_eq!(from(date!(2026 - 03 - 02)), datetime!(2026-03-02 0:00 UTC));
        assert_eq!(from(date!(2026 - 03 - 03)), datetime!(2026-03-04 0:00 UTC));
    }

    #[test]
    fn a_day_is_named_and_bounded_by_its_date_in_utc() {
        let (name, from, to) = named(date!(2026 - 12 - 31));
        assert_eq!(name, "receipts_20261231");
        assert_eq!(from, "'2026-12-31 00:00:00+00'");
        assert_eq!(to, "'2027-01-01 00:00:00+00'");
    }
}
