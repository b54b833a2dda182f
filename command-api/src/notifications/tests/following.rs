//! Who follows a request and is told of it: whoever did when it happened, each once, in portions, however many they are.

use domain::AggregateType::{Product, ProductRequest};
use sqlx::Executor;

use super::*;
use crate::notifications::audience::Audience;
use crate::notifications::parking::retrying::{Asked, Pass};
use crate::notifications::testing::Hearing;

impl Hooks {
    /// So many people with accounts, in the order of their ids.
    async fn accounts(&self, count: i32) -> Vec<Uuid> {
        sqlx::query_scalar(
            "insert into accounts (id, email, email_key, password_hash, roles, email_confirmed_at)
             select id, id || '@example.org', id || '@example.org', '', '{}', now()
             from (select gen_random_uuid() as id from generate_series(1, $1)) person order by id returning id",
        )
        .bind(count)
        .fetch_all(&self.pool)
        .await
        .unwrap()
    }

    /// An event for each of them.
    async fn append_each(&self, request: Uuid, event_type: &str, people: &[Uuid]) {
        sqlx::query(
            "insert into events (global_position, aggregate_type, aggregate_id, sequence, event_type, event_version,
                 payload, metadata, event_id, recorded_at)
             select (select max(global_position) from events) + number, 'product-request', $1,
                 (select max(sequence) from events where aggregate_id = $1) + number, $2, '1.0',
                 json_build_object('customer', customer), '{}', gen_random_uuid(), now()
             from unnest($3::uuid[]) with ordinality as person (customer, number)",
        )
        .bind(request.to_string())
        .bind(event_type)
        .bind(people)
        .execute(&self.pool)
        .await
        .unwrap();
    }

    async fn append_of(&self, request: Uuid, event_type: &str, person: Uuid) {
        let payload = format!(r#"{{"customer":"{person}"}}"#);
        self.append(ProductRequest, request, event_type, &payload).await;
    }

    /// How many were told of something.
    async fn told(&self, request: Uuid, transition: &str) -> i64 {
        sqlx::query_scalar(
            "select count(*) from request_notices where request_id = $1 and transition like $2 || '%'",
        )
        .bind(request)
        .bind(transition)
        .fetch_one(&self.pool)
        .await
        .unwrap()
    }

    async fn version(&self, request: Uuid) -> i64 {
        sqlx::query_scalar("select version from followed_requests where request = $1")
            .bind(request)
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    async fn mails(&self) -> i64 {
        sqlx::query_scalar("select count(*) from mails")
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }
}

/// Kafka told of the newest event of a request.
async fn hear(hooks: &Hooks, hearing: &Hearing, request: Uuid) {
    let newest = sqlx::query_scalar("select max(sequence) from events where aggregate_id = $1")
        .bind(request.to_string())
        .fetch_one(&hooks.pool)
        .await
        .unwrap();
    let heard = std::collections::HashMap::from([(request, newest)]);
    hearing.teller.following.hear(&heard).await.unwrap();
}

#[tokio::test]
async fn whoever_followed_when_it_happened_is_told_in_portions_and_once() {
    let hooks = Hooks::new().await;
    let hearing = Hearing::over(&hooks.url).await;
    let (request, other) = (Uuid::now_v7(), Uuid::now_v7());
    hooks.submit(request, "missing_product", None).await;
    hooks.submit(other, "missing_product", None).await;
    let people = hooks.accounts(2_500).await;
    hooks.append_each(request, "RequestSubscribed", &people).await;
    let (early, gone) = (people[0], people[2_499]);
    hooks.append_of(request, "SubscriptionEnded", early).await;
    hooks
        .append(ProductRequest, request, "RequestPlanned", "{}")
        .await;
    // Nobody was told yet: who leaves now followed it then, and who comes now did not.
    hooks.append_of(request, "SubscriptionEnded", gone).await;
    let late = hooks.accounts(1).await[0];
    hooks.append_of(request, "RequestSubscribed", late).await;
    hear(&hooks, &hearing, request).await;
    let now = OffsetDateTime::now_utc();
    while hearing.teller.following.step(now).await.unwrap() > 0 {}

    assert!(hearing.teller.news.step().await.unwrap());
    assert_eq!(hooks.told(request, "planned").await, 1_000);
    // What is news to one person is told before the rest of the many.
    hooks.append(ProductRequest, other, "RequestPlanned", "{}").await;
    hear(&hooks, &hearing, other).await;
    assert!(hearing.teller.step(now).await.unwrap());
    assert!(hearing.teller.step(now).await.unwrap());
    assert_eq!(hooks.told(other, "planned").await, 1);
    assert_eq!(hooks.told(request, "planned").await, 2_000);
    // Another process goes on.
    Hearing::over(&hooks.url).await.work_off().await;
    // The one who asked, and all but the one who had left.
    assert_eq!(hooks.told(request, "planned").await, 2_500);
    assert_eq!(hooks.notices(early).await, [] as [&str; 0]);
    assert_eq!(hooks.notices(gone).await, ["planned"]);
    assert_eq!(hooks.notices(late).await, [] as [&str; 0]);
    let mails = hooks.mails().await;
    assert_eq!(mails, 2_501);

    // A release that keeps nothing of its own yet builds it from the log, and tells nobody twice.
    hooks
        .pool
        .execute("truncate followed_requests, request_followers, request_news")
        .await
        .unwrap();
    hooks.append(ProductRequest, request, "RequestHidden", "{}").await;
    hearing.hear_all().await;
    assert_eq!(hooks.told(request, "planned").await, 2_500);
    assert_eq!(hooks.told(request, "hidden").await, 1);
    assert_eq!(hooks.mails().await, mails);
}

#[tokio::test]
async fn a_long_stream_is_read_once_in_portions_and_then_only_what_is_new() {
    let hooks = Hooks::new().await;
    let hearing = Hearing::over(&hooks.url).await;
    let request = Uuid::now_v7();
    hooks.submit(request, "missing_product", None).await;
    let people = hooks.accounts(2_500).await;
    hooks.append_each(request, "RequestSupported", &people).await;
    hear(&hooks, &hearing, request).await;
    let now = OffsetDateTime::now_utc();
    for version in [1_000, 2_000, 2_501] {
        assert_eq!(hearing.teller.following.step(now).await.unwrap(), 1);
        assert_eq!(hooks.version(request).await, version);
    }
    assert_eq!(hearing.teller.following.step(now).await.unwrap(), 0);
    // What was heard and is not in the log keeps nobody busy.
    let heard = std::collections::HashMap::from([(request, 9_999)]);
    hearing.teller.following.hear(&heard).await.unwrap();
    assert_eq!(hearing.teller.following.step(now).await.unwrap(), 1);
    assert_eq!(hearing.teller.following.step(now).await.unwrap(), 0);
    hooks
        .append(ProductRequest, request, "RequestPlanned", "{}")
        .await;
    hear(&hooks, &hearing, request).await;
    assert_eq!(hearing.teller.following.step(now).await.unwrap(), 1);
    assert_eq!(hooks.version(request).await, 2_502);
}

#[tokio::test]
async fn the_many_whom_an_event_names_follow_or_stop_and_are_told() {
    let hooks = Hooks::new().await;
    let hearing = Hearing::over(&hooks.url).await;
    let (request, duplicate) = (Uuid::now_v7(), Uuid::now_v7());
    hooks.submit(request, "back_in_stock", Some("MUG")).await;
    let people = hooks.accounts(2_500).await;
    // As earlier releases stored it, with everybody, and as this one does, with some at a time.
    let merged =
        serde_json::json!({ "duplicate": duplicate, "supporters": [], "subscribers": people[..1_800] });
    hooks
        .append(ProductRequest, request, "DuplicateMerged", &merged.to_string())
        .await;
    let moved = serde_json::json!({ "from": duplicate, "supporters": [], "followers": people[1_800..] });
    hooks
        .append(ProductRequest, request, "SupportersMoved", &moved.to_string())
        .await;
    let announced = serde_json::json!({
        "product_version": null, "stock_version": 2, "customers": people[..1_500],
    });
    hooks
        .append(ProductRequest, request, "StockAnnounced", &announced.to_string())
        .await;
    let fulfilled = serde_json::json!({});
    hooks
        .append(
            ProductRequest,
            request,
            "RequestFulfilled",
            &fulfilled.to_string(),
        )
        .await;
    hear(&hooks, &hearing, request).await;
    hearing.work_off().await;
    assert_eq!(hooks.told(request, "back_in_stock:").await, 1_500);
    // Those who were told that it is back follow it no more.
    assert_eq!(hooks.told(request, "fulfilled").await, 1_001);
    assert_eq!(hooks.notices(people[0]).await, ["back_in_stock:4"]);
}

#[tokio::test]
async fn news_that_cannot_be_stored_is_parked_and_told_when_it_can_be() {
    let hooks = Hooks::new().await;
    let hearing = Hearing::over(&hooks.url).await;
    let details = |name: &str| {
        format!(
            r#"{{"name":"{name}","description":"","category":"kitchen","picture":null,"price":{{"minor":1200,"currency":"EUR"}}}}"#
        )
    };
    hooks
        .append(Product, "MUG", "ProductListed", &details(r"M\u0000ug"))
        .await;
    let (bad, good) = (Uuid::now_v7(), Uuid::now_v7());
    let waiting = hooks.account().await;
    let submitted = format!(
        r#"{{"kind":"back_in_stock","customer":"{waiting}","text":null,"sku":"MUG","quantity":null}}"#
    );
    hooks
        .append(ProductRequest, bad, "RequestSubmitted", &submitted)
        .await;
    let announced = format!(r#"{{"product_version":null,"stock_version":2,"customers":["{waiting}"]}}"#);
    hooks
        .append(ProductRequest, bad, "StockAnnounced", &announced)
        .await;
    let eve = hooks.submit(good, "missing_product", None).await;
    hooks.append(ProductRequest, good, "RequestPlanned", "{}").await;
    hear(&hooks, &hearing, bad).await;
    hear(&hooks, &hearing, good).await;
    hearing.work_off().await;
    assert_eq!(hooks.notices(eve).await, ["planned"]);
    assert_eq!(hooks.notices(waiting).await, [] as [&str; 0]);
    let aggregate = format!("product-request/{bad}");
    let parked = hooks.parked(Audience::RequestNews).await;
    assert_eq!(parked, [(aggregate.clone(), 1)]);

    hooks
        .append(Product, "MUG", "DetailsChanged", &details("Mug"))
        .await;
    let parking = hooks.parking(Audience::RequestNews);
    parking.ask(&aggregate, Asked::Retry).await.unwrap();
    let now = OffsetDateTime::now_utc() + seconds(1);
    let passes = hooks.retry(Audience::RequestNews, &hearing.teller, now).await;
    assert_eq!(passes, [Pass::Done(1)]);
    assert_eq!(hooks.notices(waiting).await, ["back_in_stock:2"]);
    assert_eq!(hooks.mails().await, 2);
}

#[tokio::test]
async fn an_event_whose_row_cannot_be_read_is_parked_and_other_requests_go_on() {
    let hooks = Hooks::new().await;
    let hearing = Hearing::over(&hooks.url).await;
    let (bad, good) = (Uuid::now_v7(), Uuid::now_v7());
    hooks.submit(bad, "missing_product", None).await;
    hooks
        .pool
        .execute(
            "insert into events select global_position + 1, aggregate_type, aggregate_id, 2, 'RequestPlanned', '1.0', '{}',
                 '\"no metadata\"', gen_random_uuid(), now()
             from events",
        )
        .await
        .unwrap();
    let eve = hooks.submit(good, "missing_product", None).await;
    hooks.append(ProductRequest, good, "RequestPlanned", "{}").await;
    hear(&hooks, &hearing, bad).await;
    hear(&hooks, &hearing, good).await;
    hearing.work_off().await;
    assert_eq!(hooks.notices(eve).await, ["planned"]);
    assert_eq!(hooks.version(bad).await, 1);
    let parked = hooks.parked(Audience::RequestNews).await;
    assert_eq!(parked, [(format!("product-request/{bad}"), 1)]);
}

#[tokio::test]
async fn what_has_ended_is_not_told_what_comes_to_the_stock() {
    let hooks = Hooks::new().await;
    let hearing = Hearing::over(&hooks.url).await;
    let (ended, quote, open) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    hooks.submit(ended, "missing_product", Some("MUG")).await;
    hooks
        .append(ProductRequest, ended, "RequestCancelled", "{}")
        .await;
    hooks.submit(quote, "quote", Some("MUG")).await;
    hooks.submit(open, "missing_product", Some("MUG")).await;
    hearing.hear_all().await;
    let settled = hearing
        .teller
        .following
        .settled(&[ended, quote, open])
        .await
        .unwrap();
    assert_eq!(settled.len(), 2);
    assert!(!settled.contains(&open));
}
