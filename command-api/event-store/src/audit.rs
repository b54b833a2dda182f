//! What staff did, by person, subject and time. Called for the audit.
//!
//! Each filter is a range of an index of its own (`maintenance.rs`), and every page ends after its limit.

use domain::RecordedEvent;
use sqlx::{Postgres, QueryBuilder};
use time::{Duration, OffsetDateTime};

use crate::reading::Reader;
use crate::row::{COLUMNS, recorded_event};

/// As the indexes have it, to the letter. What follows from a deed for each of many people is left out.
const BY_STAFF: &str = "metadata ->> 'actor' like 'staff%' and aggregate_type <> 'request-member'";

/// How far PostgreSQL's clock may have been set back between two events. A moment is looked for with so much room around it, and what
/// is found is compared with the moment itself.
const CLOCK_STEP: Duration = Duration::HOUR;

/// More people than that are not offered.
const MOST_ACTORS: i64 = 200;

/// Which entries are asked for: those that meet all that is set.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// `staff` for the configured token, or `staff:` with an account.
    pub actor: Option<String>,
    pub subject: Option<Subject>,
    /// The first moment.
    pub from: Option<OffsetDateTime>,
    /// The first moment after the last one.
    pub until: Option<OffsetDateTime>,
}

/// What a deed was done to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Whole ids: a SKU, a code, an order or a request.
    pub ids: Vec<String>,
    /// The eight last digits of an order or a request, which are its number.
    pub number: Option<String>,
}

impl Subject {
    /// The ends under which the index has it.
    fn ends(&self) -> Vec<String> {
        let end = |id: &String| id.chars().skip(id.chars().count().saturating_sub(8)).collect();
        self.ids.iter().map(end).chain(self.number.clone()).collect()
    }
}

impl Reader {
    /// Up to `limit` events before a position that staff brought about, the newest first.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn read_by_staff(
        &self,
        filter: &Filter,
        before_position: i64,
        limit: i64,
    ) -> Result<Vec<RecordedEvent>, sqlx::Error> {
        let mut query = query("select", filter, before_position, limit);
        let rows = query.build().fetch_all(&self.pool).await?;
        rows.iter().map(recorded_event).collect()
    }

    /// Who of staff did anything: one step along the index for each of them, however much they did.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn actors_of_staff(&self) -> Result<Vec<String>, sqlx::Error> {
        let next = |after: &str| {
            format!(
                "select e.metadata ->> 'actor' from events e
                 where {} {after} order by e.metadata ->> 'actor' limit 1",
                BY_STAFF
                    .replace("metadata", "e.metadata")
                    .replace("aggregate_type", "e.aggregate_type")
            )
        };
        let sql = format!(
            "with recursive actors (actor) as (
                 ({})
                 union all
                 select ({}) from actors a where a.actor is not null
             )
             select actor from actors where actor is not null limit $1",
            next(""),
            next("and e.metadata ->> 'actor' > a.actor"),
        );
        sqlx::query_scalar(&sql)
            .bind(MOST_ACTORS)
            .fetch_all(&self.pool)
            .await
    }
}

/// `select` it is, or `explain select`.
fn query<'a>(
    select: &str,
    filter: &'a Filter,
    before_position: i64,
    limit: i64,
) -> QueryBuilder<'a, Postgres> {
    let mut query = QueryBuilder::new(format!(
        "{select} {COLUMNS} from events where {BY_STAFF} and global_position < "
    ));
    query.push_bind(before_position);
    if let Some(actor) = &filter.actor {
        query.push(" and metadata ->> 'actor' = ").push_bind(actor);
    }
    if let Some(subject) = &filter.subject {
        query
            .push(" and right(aggregate_id, 8) = any(")
            .push_bind(subject.ends())
            .push(") and (aggregate_id = any(")
            .push_bind(&subject.ids)
            .push(") or (aggregate_type in ('order', 'payment', 'product-request') and right(aggregate_id, 8) = ")
            .push_bind(&subject.number)
            .push("))");
    }
    if let Some(from) = filter.from {
        // Positions are given out in the order of time, so a moment is a place in the log.
        query
            .push(format!(
                " and global_position >= coalesce((select global_position from events where {BY_STAFF} and recorded_at >= "
            ))
            .push_bind(from.saturating_sub(CLOCK_STEP))
            .push(" order by recorded_at, global_position limit 1), 9223372036854775807) and recorded_at >= ")
            .push_bind(from);
    }
    if let Some(until) = filter.until {
        query
            .push(format!(
                " and global_position <= coalesce((select global_position from events where {BY_STAFF} and recorded_at < "
            ))
            .push_bind(until.saturating_add(CLOCK_STEP))
            .push(" order by recorded_at desc, global_position desc limit 1), 0) and recorded_at < ")
            .push_bind(until);
    }
    query
        .push(" order by global_position desc limit ")
        .push_bind(limit);
    query
}

#[cfg(test)]
mod tests {
    use sqlx::postgres::{PgConnectOptions, PgConnection};
    use sqlx::{ConnectOptions, Connection, Executor, Row};
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const ADA: &str = "staff:01980000-0000-7000-8000-00000000ada0";
    const GRACE: &str = "staff:01980000-0000-7000-8000-0000000060ce";
    const START: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    /// Twenty thousand deeds of Grace, one a minute, among them one of Ada's and one of the token's; and what shoppers did.
    async fn log() -> (Reader, PgConnection) {
        let admin = std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL names a PostgreSQL");
        let name = format!("test_{}", Uuid::now_v7().simple());
        let mut connection = PgConnection::connect(&admin).await.unwrap();
        connection
            .execute(format!("create database {name}").as_str())
            .await
            .unwrap();
        let options: PgConnectOptions = admin.parse().unwrap();
        let url = options.database(&name).to_url_lossy().to_string();
        crate::migrations::run(&url).await.unwrap();
        let mut connection = PgConnection::connect(&url).await.unwrap();
        sqlx::query(
            "insert into events
             select n, 'order', gen_random_uuid()::text, 1, 'OrderConfirmed', '1', '{}'::json,
                    json_build_object('actor', case n when 7 then $1 when 9 then 'staff' else $2 end),
                    gen_random_uuid(), $3 + n * interval '1 minute'
             from generate_series(1, 20000) n
             union all
             select 20001, 'order', '01980000-0000-7000-8000-0000ef89ab1a', 2, 'OrderConfirmed', '1', '{}'::json,
                    json_build_object('actor', $2), gen_random_uuid(), $3 + 20001 * interval '1 minute'
             union all
             select 20002, 'product', 'KIT-MUG', 1, 'ProductDelisted', '1', '{}'::json,
                    json_build_object('actor', $2), gen_random_uuid(), $3 + 20002 * interval '1 minute'
             union all
             select 20003, 'product', 'OLD-KIT-MUG', 1, 'ProductDelisted', '1', '{}'::json,
                    json_build_object('actor', $2), gen_random_uuid(), $3 + 20003 * interval '1 minute'
             union all
             select 20004, 'product', 'EF89AB1A', 1, 'ProductDelisted', '1', '{}'::json,
                    json_build_object('actor', 'customer'), gen_random_uuid(), $3 + 20004 * interval '1 minute'",
        )
        .bind(ADA)
        .bind(GRACE)
        .bind(START)
        .execute(&mut connection)
        .await
        .unwrap();
        connection.execute("analyze events").await.unwrap();
        (Reader::connect(&url).await.unwrap(), connection)
    }

    fn minute(number: i64) -> OffsetDateTime {
        START + Duration::minutes(number)
    }

    async fn plan(connection: &mut PgConnection, filter: &Filter) -> String {
        let mut query = query("explain select", filter, i64::MAX, 51);
        let rows = query.build().fetch_all(connection).await.unwrap();
        rows.iter().map(|row| row.get::<String, _>(0) + "\n").collect()
    }

    #[tokio::test]
    async fn each_filter_is_a_range_of_an_index_of_its_own() {
        let (reader, mut connection) = log().await;
        let by = |actor: &str| Filter {
            actor: Some(actor.to_owned()),
            ..Filter::default()
        };
        let of = |id: &str, number: Option<&str>| Filter {
            subject: Some(Subject {
                ids: vec![id.to_owned()],
                number: number.map(str::to_owned),
            }),
            ..Filter::default()
        };
        let hour = Filter {
            from: Some(minute(100)),
            until: Some(minute(103)),
            ..Filter::default()
        };
        let both = Filter {
            actor: Some(GRACE.to_owned()),
            ..hour.clone()
        };
        for (filter, index, found) in [
            (by(ADA), "events_by_staff_actor", vec![7]),
            (by("staff"), "events_by_staff_actor", vec![9]),
            (
                of("EF89AB1A", Some("ef89ab1a")),
                "events_by_staff_subject",
                vec![20001],
            ),
            (
                of("01980000-0000-7000-8000-0000ef89ab1a", None),
                "events_by_staff_subject",
                vec![20001],
            ),
            (of("KIT-MUG", None), "events_by_staff_subject", vec![20002]),
            (of("OLD-KIT-MUG", None), "events_by_staff_subject", vec![20003]),
            (hour, "events_by_staff_time", vec![102, 101, 100]),
            (both, "events_by_staff_time", vec![102, 101, 100]),
        ] {
            let events = reader.read_by_staff(&filter, i64::MAX, 51).await.unwrap();
            let positions: Vec<i64> = events.iter().map(|event| event.position).collect();
            assert_eq!(positions, found, "{filter:?}");
            let plan = plan(&mut connection, &filter).await;
            assert!(plan.contains(index), "{plan}");
            assert!(!plan.contains("Seq Scan"), "{plan}");
        }
    }

    #[tokio::test]
    async fn a_page_ends_at_its_limit_and_the_next_one_goes_on() {
        let (reader, _connection) = log().await;
        let filter = Filter {
            actor: Some(GRACE.to_owned()),
            until: Some(minute(11)),
            ..Filter::default()
        };
        let mut seen = vec![];
        let mut before = i64::MAX;
        loop {
            let page = reader.read_by_staff(&filter, before, 3).await.unwrap();
            seen.extend(page.iter().map(|event| event.position));
            match page.last() {
                Some(last) if page.len() == 3 => before = last.position,
                _ => break,
            }
        }
        assert_eq!(seen, [10, 8, 6, 5, 4, 3, 2, 1]);
        let later = Filter {
            from: Some(minute(30_000)),
            ..Filter::default()
        };
        assert!(
            reader
                .read_by_staff(&later, i64::MAX, 3)
                .await
                .unwrap()
                .is_empty()
        );
    }

    #[tokio::test]
    async fn everybody_of_staff_who_did_anything_is_named_once() {
        let (reader, _connection) = log().await;
        assert_eq!(reader.actors_of_staff().await.unwrap(), ["staff", GRACE, ADA]);
    }
}
