//! Accounts have a password and second factors, and no hint or question that would open them to those who know somebody well.

use serde_json::{Value, json};

use super::Shop;
use super::accounts::PASSWORD;
use crate::roles::Role;

const WORDS: [&str; 4] = ["hint", "question", "answer", "remind"];

/// The names of all fields below.
fn fields(described: &Value, found: &mut Vec<String>) {
    if let Some(properties) = described["properties"].as_object() {
        found.extend(properties.keys().cloned());
    }
    match described {
        Value::Object(below) => below.values().for_each(|value| fields(value, found)),
        Value::Array(below) => below.iter().for_each(|value| fields(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

fn assert_none(names: &[String]) {
    assert!(names.iter().any(|name| name.contains("password")), "{names:?}");
    for name in names {
        assert!(!WORDS.iter().any(|word| name.contains(word)), "{name}");
    }
}

#[tokio::test]
async fn no_account_has_a_password_hint_or_a_secret_question() {
    let document = crate::router::routes(&Role::ALL).1.to_pretty_json().unwrap();
    let mut described = vec![];
    fields(&serde_json::from_str(&document).unwrap(), &mut described);
    assert_none(&described);

    let shop = Shop::open().await;
    let columns: Vec<String> = sqlx::query_scalar(
        "select column_name::text from information_schema.columns where table_schema = 'public'",
    )
    .fetch_all(&shop.pool().await)
    .await
    .unwrap();
    assert_none(&columns);

    let body = json!({ "email": "ada@example.org", "password": PASSWORD, "hint": "the horse" });
    let refused = shop.json("POST", "/accounts", &[], &body).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
}
