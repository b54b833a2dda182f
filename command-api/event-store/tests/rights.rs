//! What the processes may do in PostgreSQL, tried as the roles that they have.

mod support;

use std::collections::BTreeSet;

use event_store::rights::{ANALYST, COMMAND_API, FUNCTIONS, PROJECTORS, TABLES, owns_the_log};
use event_store::{Connection, Outcome, maintenance};
use sqlx::{Executor, PgConnection};
use support::{as_role, cart, database, opened, receipt, sql, transaction, writes};

/// `insufficient_privilege`, and an unqualified table that may not be made.
const REFUSED: [&str; 2] = ["42501", "3F000"];

async fn is_refused(connection: &mut PgConnection, statement: &str) -> bool {
    match connection.execute(statement).await {
        Ok(_) => false,
        Err(error) => {
            let code = error
                .as_database_error()
                .and_then(sqlx::error::DatabaseError::code);
            let code = code.unwrap_or_default();
            assert!(REFUSED.contains(&&*code), "{statement}: {error}");
            true
        }
    }
}

#[tokio::test]
async fn no_process_may_change_history_or_the_schema() {
    let url = database().await;
    for role in [COMMAND_API, PROJECTORS, ANALYST] {
        let mut connection = sql(&as_role(&url, role)).await;
        for statement in [
            "update events set payload = '{}'",
            "delete from events",
            "truncate events",
            "alter table events disable trigger events_are_final",
            "drop trigger events_are_final on events",
            "create or replace function refuse_to_change_history() returns trigger language plpgsql as 'begin return new; end'",
            "drop table events",
            "drop table reporting.orders",
            "create table mine (n int)",
            "create table reporting.mine (n int)",
            "create temporary table mine (n int)",
            "create schema mine",
            "create index on events (recorded_at)",
            "update receipts set status = 500",
            "delete from receipts",
            "update log_incarnation set reason = ''",
            "select * from _sqlx_migrations",
            "set session_replication_role = replica",
            "create role mine",
            "copy (select 1) to program 'true'",
        ] {
            assert!(
                is_refused(&mut connection, statement).await,
                "{role}: {statement}"
            );
        }
        assert!(!owns_the_log(&as_role(&url, role)).await.unwrap());
    }
    assert!(owns_the_log(&url).await.unwrap());
}

#[tokio::test]
async fn only_the_command_api_appends_and_reads_personal_data_and_only_the_projectors_write_tables_for_sql() {
    let url = database().await;
    let append = "insert into events select * from events";
    let personal = "select * from accounts, contacts, addresses";
    let whose = "select owner from texts";
    let texts = "select id, title, body, link from texts";
    let report = "delete from reporting.orders";
    let read = "select * from reporting.orders, reporting.products";
    let refused: [(&str, &[&str]); 3] = [
        (COMMAND_API, &[report, read]),
        (PROJECTORS, &[append, personal, whose]),
        (
            ANALYST,
            &[append, personal, whose, texts, report, "select * from events"],
        ),
    ];
    for (role, refused) in refused {
        let mut connection = sql(&as_role(&url, role)).await;
        for statement in [
            append,
            personal,
            whose,
            texts,
            report,
            read,
            "select * from events",
        ] {
            let expected = refused.contains(&statement);
            let is_refused = is_refused(&mut connection, statement).await;
            assert_eq!(is_refused, expected, "{role}: {statement}");
        }
    }
}

#[tokio::test]
async fn the_command_api_appends_and_tends_the_receipts_of_tables_that_it_does_not_own() {
    let url = database().await;
    let theirs = as_role(&url, COMMAND_API);
    let newest = "select max(relname)::text from pg_class where relname ~ '^receipts_\\d{8}$'";
    let mut owner = sql(&url).await;
    let missing: String = sqlx::query_scalar(newest).fetch_one(&mut owner).await.unwrap();
    owner
        .execute(format!("drop table {missing}").as_str())
        .await
        .unwrap();
    owner
        .execute(
            "create table receipts_20200101 partition of receipts (primary key (id))
             for values from ('20200101 00:00:00+00') to ('20200102 00:00:00+00');
             drop index deadlines_claimable",
        )
        .await
        .unwrap();

    let tended = maintenance::tend(&theirs).await.unwrap();
    assert!(!tended.is_postponed);
    let made: String = sqlx::query_scalar(newest).fetch_one(&mut owner).await.unwrap();
    assert_eq!(made, missing);
    let is_gone = "select to_regclass('receipts_20200101') is null";
    assert!(
        sqlx::query_scalar::<_, bool>(is_gone)
            .fetch_one(&mut owner)
            .await
            .unwrap()
    );

    let mut store = Connection::open(&theirs).await.unwrap();
    let appended = event_store::Transaction {
        receipt: Some(receipt(1, 1)),
        ..transaction(vec![writes(&cart(), 0, vec![opened()])])
    };
    let appended = store.append(&[appended]).await.unwrap();
    assert!(matches!(appended.outcomes[..], [Outcome::Stored { .. }]));
}

#[tokio::test]
async fn a_day_whose_receipts_may_still_be_asked_for_is_dropped_for_nobody() {
    let url = database().await;
    for role in [None, Some(COMMAND_API)] {
        let url = role.map_or_else(|| url.clone(), |role| as_role(&url, role));
        for days in [-1, 0, 1] {
            let drop = format!("select drop_receipt_day((now() at time zone 'utc')::date + {days})");
            let refused = sql(&url).await.execute(drop.as_str()).await.unwrap_err();
            assert!(
                refused.to_string().contains("may still be asked for"),
                "{refused}"
            );
        }
    }
}

#[tokio::test]
async fn every_table_and_function_says_who_may_use_it() {
    let url = database().await;
    let mut sql = sql(&url).await;
    let tables = "select format('%s.%s', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = relnamespace
                  where nspname in ('public', 'reporting') and relkind in ('r', 'p', 'v', 'm') and not relispartition";
    let functions = "select distinct format('public.%s', proname) from pg_proc
                     where pronamespace = 'public'::regnamespace and prorettype <> 'trigger'::regtype";
    for (asked, known) in [(tables, TABLES), (functions, FUNCTIONS)] {
        let there: Vec<String> = sqlx::query_scalar(asked).fetch_all(&mut sql).await.unwrap();
        let there: BTreeSet<&str> = there.iter().map(String::as_str).collect();
        let known = known.iter().map(|rights| rights.name);
        let known: BTreeSet<&str> = known
            .filter(|name| !name.starts_with("sandbox_gateway."))
            .collect();
        assert_eq!(there, known, "each has a line in src/rights.rs");
    }
    // Whoever runs as the owner finds the tables where they are, whatever the caller's search path says.
    let loose: Vec<String> = sqlx::query_scalar(
        "select proname::text from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
         and not coalesce(proconfig, '{}') && array['search_path=public, pg_temp']",
    )
    .fetch_all(&mut sql)
    .await
    .unwrap();
    assert_eq!(loose, [""; 0]);
}

#[tokio::test]
async fn a_right_that_is_no_longer_given_is_taken_by_the_next_migration() {
    let url = database().await;
    let mut owner = sql(&url).await;
    let given = format!("grant delete on events to {PROJECTORS}; grant all on accounts to {ANALYST}");
    owner.execute(given.as_str()).await.unwrap();
    event_store::migrations::run(&url).await.unwrap();
    for (role, statement) in [
        (PROJECTORS, "delete from events"),
        (ANALYST, "select * from accounts"),
    ] {
        let mut connection = sql(&as_role(&url, role)).await;
        assert!(is_refused(&mut connection, statement).await, "{statement}");
    }
}
