//! Maintenance that nobody waits for: partitions of the receipts and indexes, while somebody reads the tables for hours.

mod support;

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use event_store::{Connection, Outcome, Transaction, maintenance};
use sqlx::{Executor, PgConnection};
use support::{cart, database, opened, receipt, sql, store, transaction, writes};
use time::macros::datetime;
use time::{OffsetDateTime, UtcOffset};

/// What an append may take, whatever goes on beside it. A lock that is waited for holds it up for a tenth of that.
const AT_ONCE: Duration = Duration::from_secs(1);
/// Far longer than anything here may take.
const SOON: Duration = Duration::from_mins(1);

fn with_receipt(id: u128) -> Transaction {
    Transaction {
        receipt: Some(receipt(id, 1)),
        ..transaction(vec![writes(&cart(), 0, vec![opened()])])
    }
}

async fn outcome(store: &mut Connection, appended: &Transaction) -> Outcome {
    let appended = tokio::time::timeout(AT_ONCE, store.append(std::slice::from_ref(appended)));
    let mut appended = appended
        .await
        .expect("an append waits for nobody's maintenance")
        .expect("nothing is wrong with it");
    appended.outcomes.remove(0)
}

/// The end of the day after which there are no partitions, seen from now.
fn in_days(days: i64) -> OffsetDateTime {
    let today = OffsetDateTime::now_utc().to_offset(UtcOffset::UTC).date();
    (today + time::Duration::days(days)).midnight().assume_utc()
}

/// A transaction that has read the receipts and stays open, as a dump's does.
async fn reader(url: &str) -> PgConnection {
    let mut reader = sql(url).await;
    reader
        .execute("begin; select count(*) from receipts")
        .await
        .expect("reads");
    reader
}

async fn tables(url: &str) -> Vec<String> {
    sqlx::query_scalar(
        "select relname::text from pg_class where relname like 'receipts%' and relkind in ('r', 'p') order by 1",
    )
    .fetch_all(&mut sql(url).await)
    .await
    .expect("reads")
}

/// Makes a database what releases up to 0011 left of one that nobody tended: everything is in the default partition.
async fn with_default_alone(url: &str) {
    let mut sql = sql(url).await;
    for table in tables(url).await.iter().filter(|name| *name != "receipts") {
        sql.execute(format!("drop table {table}").as_str())
            .await
            .expect("drops");
    }
    sql.execute(
        "create table receipts_otherwise partition of receipts (constraint receipts_otherwise_pkey primary key (id)) default",
    )
    .await
    .expect("makes it");
}

/// Appends until `work` is done: each in time.
async fn appending<T>(url: &str, first: u128, work: impl Future<Output = T>) -> T {
    let mut store = store(url).await;
    let mut work = std::pin::pin!(tokio::time::timeout(SOON, work));
    for id in first.. {
        tokio::select! {
            biased;
            done = &mut work => return done.expect("maintenance ends"),
            stored = async { outcome(&mut store, &with_receipt(id)).await } => {
                assert!(matches!(stored, Outcome::Stored { .. }));
            }
        }
    }
    unreachable!("there are enough numbers")
}

#[tokio::test]
async fn partitions_are_made_ten_days_ahead() {
    let url = database().await;
    let tended = maintenance::tend(&url).await.unwrap();
    assert_eq!(
        (tended.until, tended.has_default, tended.is_postponed),
        (in_days(11), false, false)
    );
    assert_eq!(tables(&url).await.len(), 1 + 11);
}

#[tokio::test]
async fn days_are_added_while_somebody_reads_the_receipts_and_nobody_waits() {
    let url = database().await;
    for table in tables(&url).await.iter().skip(3) {
        let drop = format!("drop table {table}");
        sql(&url).await.execute(drop.as_str()).await.unwrap();
    }
    let reader = reader(&url).await;
    let tended = appending(&url, 1, maintenance::tend(&url)).await.unwrap();
    assert_eq!((tended.until, tended.is_postponed), (in_days(11), false));
    drop(reader);
}

#[tokio::test]
async fn old_days_go_when_nobody_reads_them_any_more_and_nobody_waits_for_that() {
    let url = database().await;
    for day in ["20200101", "20200102"] {
        let old = format!(
            "create table receipts_{day} partition of receipts (primary key (id))
             for values from ('{day} 00:00:00+00') to ('{day} 23:59:59+00')"
        );
        sql(&url).await.execute(old.as_str()).await.unwrap();
    }
    let mut reader = reader(&url).await;
    for first in [1, 1_000_000] {
        let tended = appending(&url, first, maintenance::tend(&url)).await.unwrap();
        assert_eq!((tended.until, tended.is_postponed), (in_days(11), true));
    }
    reader.execute("rollback").await.unwrap();
    // The one whose detaching was given up is completed.
    let all = async {
        while appending(&url, 2_000_000, maintenance::tend(&url))
            .await
            .unwrap()
            .is_postponed
        {}
    };
    tokio::time::timeout(SOON, all).await.unwrap();
    assert_eq!(tables(&url).await.len(), 1 + 11);
}

#[tokio::test]
async fn a_default_partition_with_rows_of_today_is_lost_and_its_receipts_are_kept() {
    let url = database().await;
    with_default_alone(&url).await;
    let mut store = store(&url).await;
    let of_today: Vec<Transaction> = (1..=20).map(with_receipt).collect();
    for stored in &of_today {
        assert!(matches!(
            outcome(&mut store, stored).await,
            Outcome::Stored { .. }
        ));
    }
    let older = "insert into receipts select gen_random_uuid(), fingerprint, status, subject, version, position, \
                 recorded_at - days * interval '1 day' from receipts, (values (1), (2), (30)) as ago (days)";
    sql(&url).await.execute(older).await.unwrap();

    // As long as somebody reads, it stays, and takes what comes.
    let mut reading = reader(&url).await;
    let tended = appending(&url, 1_000, maintenance::tend(&url)).await.unwrap();
    assert!(tended.has_default && tended.is_postponed);
    assert!(tended.take(OffsetDateTime::now_utc()));
    reading.execute("rollback").await.unwrap();

    let lost = async {
        while appending(&url, 1_000_000, maintenance::tend(&url))
            .await
            .unwrap()
            .has_default
        {}
    };
    tokio::time::timeout(SOON, lost).await.unwrap();
    let tended = maintenance::tend(&url).await.unwrap();
    assert_eq!((tended.until, tended.is_postponed), (in_days(11), false));
    assert_eq!(
        tables(&url).await.len(),
        1 + 2 + 11,
        "today, two days before, ten ahead"
    );
    for stored in &of_today {
        assert!(matches!(outcome(&mut store, stored).await, Outcome::Replayed(_)));
    }
    let (receipts, distinct): (i64, i64) =
        sqlx::query_as("select count(*), count(distinct id) from receipts where recorded_at < current_date")
            .fetch_one(&mut sql(&url).await)
            .await
            .unwrap();
    assert_eq!(receipts, distinct);
    // A day later, nothing has to be mended by hand.
    let tomorrow = OffsetDateTime::now_utc() + time::Duration::days(1);
    let tended = maintenance::tend_at(&url, tomorrow).await.unwrap();
    assert_eq!((tended.until, tended.is_postponed), (in_days(12), false));
}

#[tokio::test]
async fn a_receipt_finds_its_partition_on_both_sides_of_midnight() {
    let url = database().await;
    // Long ago: days of which somebody may still ask for receipts are dropped for nobody's clock.
    let silvester = datetime!(2011-12-31 23:59:59.999_999 UTC);
    for now in [silvester, silvester + time::Duration::MICROSECOND] {
        maintenance::tend_at(&url, now).await.unwrap();
    }
    let mut sql = sql(&url).await;
    sql.execute("set time zone 'America/New_York'").await.unwrap();
    for day in 0..11 {
        for moment in [silvester, silvester + time::Duration::MICROSECOND] {
            sqlx::query(
                "insert into receipts values (gen_random_uuid(), gen_random_uuid(), 200, 'cart', 1, 1, $1)",
            )
            .bind(moment + time::Duration::days(day))
            .execute(&mut sql)
            .await
            .unwrap();
        }
    }
    let tended = maintenance::tend_at(&url, silvester).await.unwrap();
    assert_eq!(tended.until, datetime!(2012-01-12 0:00 UTC));
}

#[tokio::test]
async fn without_a_partition_a_command_with_a_key_fails_loudly_and_the_others_go_on() {
    let url = database().await;
    for table in tables(&url).await.iter().filter(|name| *name != "receipts") {
        let drop = format!("drop table {table}");
        sql(&url).await.execute(drop.as_str()).await.unwrap();
    }
    let mut store = store(&url).await;
    let failed = store.append(&[with_receipt(1)]).await;
    // Not now, and no fault of the command's.
    assert!(matches!(failed, Err(event_store::AppendError::NotNow(_))));
    let without = transaction(vec![writes(&cart(), 0, vec![opened()])]);
    assert!(matches!(
        outcome(&mut store, &without).await,
        Outcome::Stored { .. }
    ));
    maintenance::tend(&url).await.unwrap();
    assert!(matches!(
        outcome(&mut store, &with_receipt(1)).await,
        Outcome::Stored { .. }
    ));
}

#[tokio::test]
async fn several_processes_tend_at_once_and_nothing_is_done_twice() {
    let url = database().await;
    with_default_alone(&url).await;
    let tending = (0..4).map(|_| maintenance::tend(&url));
    for tended in futures::future::join_all(tending).await {
        assert!(tended.unwrap().take(OffsetDateTime::now_utc()));
    }
    maintenance::tend(&url).await.unwrap();
    assert_eq!(tables(&url).await.len(), 1 + 11);
}

/// Ends it when the test ends.
struct Dump(Child);

impl Drop for Dump {
    fn drop(&mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it ends");
    }
}

/// A dump whose output nobody takes, so that it stands in the middle of its work with all tables in its hands.
async fn dump_that_stands(url: &str) -> Dump {
    let folder = std::env::var("TEST_POSTGRES_BIN")
        .expect("TEST_POSTGRES_BIN is not set: run the tests with ./dev test");
    let mut sql = sql(url).await;
    sql.execute("create table ballast as select repeat('x', 1000) as x from generate_series(1, 10000)")
        .await
        .expect("makes it");
    let dump = Command::new(format!("{folder}/pg_dump"))
        .arg(url.split('?').next().expect("there is something before it"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("pg_dump runs");
    let holds = "select exists (select from pg_locks l join pg_stat_activity a using (pid)
                 where a.application_name = 'pg_dump' and l.relation = 'receipts'::regclass and l.granted)
                 and exists (select from pg_stat_activity where application_name = 'pg_dump' and query like 'COPY%ballast%')";
    let held = async {
        while !sqlx::query_scalar::<_, bool>(holds)
            .fetch_one(&mut sql)
            .await
            .expect("reads")
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, held).await.expect("pg_dump begins");
    Dump(dump)
}

#[tokio::test]
async fn a_dump_that_runs_for_hours_stops_neither_appends_nor_new_partitions() {
    let url = database().await;
    let dump = dump_that_stands(&url).await;
    let later = OffsetDateTime::now_utc() + time::Duration::days(1);
    let tended = appending(&url, 1, maintenance::tend_at(&url, later))
        .await
        .unwrap();
    assert_eq!(tended.until, in_days(12));
    drop(dump);
}

#[tokio::test]
async fn a_database_is_migrated_while_a_dump_runs() {
    let url = database().await;
    with_default_alone(&url).await;
    let dump = dump_that_stands(&url).await;
    let migrated = appending(&url, 1, event_store::migrations::run(&url)).await;
    migrated.unwrap();
    drop(dump);
}

#[tokio::test]
async fn an_index_that_is_missing_or_was_never_finished_is_built() {
    let url = database().await;
    let mut sql = sql(&url).await;
    let is_valid = "select indisvalid from pg_index where indexrelid = 'deadlines_claimable'::regclass";
    for damage in [
        "drop index deadlines_claimable",
        "update pg_index set indisvalid = false where indexrelid = 'deadlines_claimable'::regclass",
    ] {
        sql.execute(damage).await.unwrap();
        maintenance::tend(&url).await.unwrap();
        let is_valid: bool = sqlx::query_scalar(is_valid).fetch_one(&mut sql).await.unwrap();
        assert!(is_valid, "{damage}");
    }
}
