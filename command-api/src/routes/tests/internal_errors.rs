//! What an answer says of an error inside: nothing of it.

use serde_json::json;

use super::accounts::PASSWORD;
use super::security_events::capture;
use super::{Reply, Shop};

/// What PostgreSQL says here, and what a library adds to it.
const WORDS: [&str; 10] = [
    "hunter2",
    "hidden_from",
    "column",
    "accounts",
    "select",
    "sql",
    "postgres",
    "error",
    ".rs",
    "panic",
];

fn assert_says_nothing(reply: &Reply, problem: (u16, &str)) {
    assert_eq!(reply.problem(), problem);
    let names: Vec<&String> = reply.body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["detail", "status", "title", "type"]);
    let said = reply.body.to_string().to_lowercase();
    for word in WORDS {
        assert!(!said.contains(word), "{word}: {said}");
    }
}

#[tokio::test]
async fn an_answer_has_nothing_of_an_error_inside_and_the_log_has_it() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let pool = shop.pool().await;
    let (lines, _capturing) = capture();
    sqlx::raw_sql(
        "create function refuse() returns trigger language plpgsql as
             $$ begin raise exception 'the password is hunter2'; end $$;
         create trigger refuse before insert on accounts for each row execute function refuse()",
    )
    .execute(&pool)
    .await
    .unwrap();
    let grace = json!({ "email": "grace@example.org", "password": PASSWORD });
    let reply = shop.json("POST", "/accounts", &[], &grace).await;
    assert_says_nothing(&reply, (500, "internal"));
    assert!(lines.text().contains("hunter2"), "it was another error");

    // As between a release and its migration.
    sqlx::query("alter table accounts rename column email to hidden_from_all")
        .execute(&pool)
        .await
        .unwrap();
    let reply = shop.get("/account", &ada.cookies).await;
    assert_says_nothing(&reply, (503, "unavailable"));
    assert!(lines.text().contains("column"), "it was another error");
}
