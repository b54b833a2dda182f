//! What is stored, whole: every text of every table, and what none of them may have.

use database::Pool;
use serde_json::Value;
use sqlx::Row;
use unicode_normalization::is_nfc;

/// Every column that holds texts or JSON, with whether it is JSON.
pub async fn columns(pool: &Pool) -> Vec<(String, String, bool)> {
    let found = sqlx::query(
        "select c.table_schema || '.' || c.table_name, c.column_name, c.data_type in ('json', 'jsonb')
         from information_schema.columns c
         join information_schema.tables t using (table_schema, table_name)
         where c.table_schema not in ('pg_catalog', 'information_schema') and t.table_type = 'BASE TABLE'
           and c.table_name <> '_sqlx_migrations'
           and c.data_type in ('text', 'character', 'character varying', 'json', 'jsonb', 'ARRAY')",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    found
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect()
}

/// The texts that should not have been stored, with where they are.
pub async fn unclean(pool: &Pool, columns: &[(String, String, bool)]) -> Vec<String> {
    let mut unclean = vec![];
    for (table, column, is_json) in columns {
        let sql = format!("select distinct {column}::text from {table} where {column} is not null");
        let texts: Vec<String> = sqlx::query_scalar(&sql).fetch_all(pool).await.unwrap();
        for text in texts {
            // Answers and payloads are JSON also where they are kept as text: what is escaped there is a text, too.
            let is_clean = match serde_json::from_str::<Value>(&text) {
                Ok(value) => is_clean_json(&value),
                Err(_) => !is_json && is_clean(&text),
            };
            if !is_clean {
                unclean.push(format!("{table}.{column}: {text:?}"));
            }
        }
    }
    unclean
}

fn is_clean_json(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => is_clean(text),
        Value::Array(items) => items.iter().all(is_clean_json),
        Value::Object(fields) => fields
            .iter()
            .all(|(name, value)| is_clean(name) && is_clean_json(value)),
    }
}

/// Said once more and in other words than where it is enforced.
fn is_clean(text: &str) -> bool {
    let is_forbidden = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(
                c,
                '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{3164}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}'
            )
            || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
            || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}')
            || matches!(c, '\u{e0000}'..='\u{e007f}' | '\u{f0000}'..='\u{10ffff}')
    };
    is_nfc(text) && !text.chars().any(is_forbidden)
}

#[test]
fn what_is_unclean_is_seen() {
    for text in ["a\0b", "a\u{202e}b", "e\u{301}", "a\u{200b}", "a\rb", "a\u{f8ff}"] {
        assert!(!is_clean(text), "{text:?}");
        assert!(
            !is_clean_json(&serde_json::json!({ "deep": [{ "down": text }] })),
            "{text:?}"
        );
        assert!(!is_clean_json(&serde_json::json!({ text: 1 })), "{text:?}");
    }
    assert!(is_clean("Zoë's 山\nmug 👩\u{200d}🚀"));
}
