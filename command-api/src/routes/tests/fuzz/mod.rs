//! Every text that the command API takes, from its own description, is sent everything that a text should not be.
//!
//! What is new in the description is tried by itself: nothing here lists fields.

mod corpus;
mod stored;
mod town;
mod walk;

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use serde_json::Value;
use tower::ServiceExt;

use self::corpus::{Hostile, Verdict, corpus};
use self::town::Town;
use self::walk::{Field, Operation, operations};
use super::Reply;
use crate::roles::Role;

fn described() -> Vec<Operation> {
    let document = crate::router::routes(&Role::ALL).1;
    operations(&serde_json::to_value(document).unwrap())
}

#[test]
fn every_text_of_a_body_says_what_it_may_be() {
    let unbounded: Vec<String> = described()
        .iter()
        .flat_map(|operation| {
            let fields = operation.fields.iter().filter(|field| !field.is_bounded());
            fields.map(move |field| format!("{} {}: {}", operation.method, operation.path, field.name))
        })
        .collect();
    assert!(unbounded.is_empty(), "{unbounded:#?}");
}

#[tokio::test]
async fn every_text_of_a_body_is_refused_by_name_or_stored_clean() {
    let (town, corpus) = (Town::build().await, corpus());
    let columns = stored::columns(&town.pool).await;
    let (mut tried, mut taken) = (0, BTreeSet::new());
    for operation in described() {
        for field in &operation.fields {
            town.tidy().await;
            let untouched = town.send(&operation, field, None).await;
            town.is_reached(&operation, field, &untouched);
            for hostile in &corpus {
                let reply = town.send(&operation, field, Some(&hostile.json)).await;
                judge(&operation, field, hostile, &reply);
                if reply.status.is_success() && hostile.verdict == Verdict::Depends {
                    taken.insert(format!("{} {} {}", operation.method, operation.path, field.name));
                }
            }
            let unclean = stored::unclean(&town.pool, &columns).await;
            let (method, path, name) = (&operation.method, &operation.path, &field.name);
            assert!(unclean.is_empty(), "{method} {path} {name}: {unclean:#?}");
            tried += 1;
        }
    }
    assert!(tried > 60, "only {tried} fields were found");
    // What nobody takes proves nothing about what is stored.
    for expected in town::MUST_BE_TAKEN {
        assert!(
            taken.contains(expected),
            "{expected} took none of the texts: {taken:#?}"
        );
    }
}

fn judge(operation: &Operation, field: &Field, hostile: &Hostile, reply: &Reply) {
    let json: String = hostile.json.chars().take(60).collect();
    let about = || {
        format!(
            "{} {} {} = {json}: {} {}",
            operation.method, operation.path, field.name, reply.status, reply.body
        )
    };
    let status = reply.status.as_u16();
    assert!(status < 500, "{}", about());
    if status == 413 {
        assert!(hostile.json.len() > 64 * 1024, "{}", about());
        return;
    }
    if status == 400 {
        assert_eq!(reply.problem().1, "validation", "{}", about());
        assert_eq!(reply.violations(), [field.name.as_str()], "{}", about());
    }
    if hostile.verdict == Verdict::Refused && !field.is_secret() {
        assert_eq!(status, 400, "{}", about());
    }
}

#[tokio::test]
async fn every_parameter_is_refused_by_name_or_names_nothing() {
    let (town, corpus) = (Town::build().await, corpus());
    let mut tried = 0;
    for operation in described() {
        for parameter in &operation.parameters {
            town.tidy().await;
            for (sent, is_text) in values(&parameter.place, &corpus) {
                let Some(request) = town.request(&operation, &parameter.name, &parameter.place, &sent) else {
                    continue;
                };
                let reply = answered(&town, request).await;
                let shown: String = String::from_utf8_lossy(&sent).chars().take(60).collect();
                let about = format!(
                    "{} {} {} = {shown}: {} {}",
                    operation.method, operation.path, parameter.name, reply.status, reply.body
                );
                let status = reply.status.as_u16();
                assert!(status < 500, "{about}");
                if !reply.status.is_success() {
                    assert_eq!(
                        reply.headers["content-type"], "application/problem+json",
                        "{about}"
                    );
                }
                if status == 400 && reply.problem().1 == "validation" {
                    assert_eq!(reply.violations(), [parameter.name.as_str()], "{about}");
                }
                if !is_text && !town::IS_SIGNED.contains(&parameter.name.as_str()) {
                    assert_eq!(status, 400, "{about}");
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 1_000, "only {tried} were tried");
}

/// What is sent as a parameter, and whether it is a text at all.
fn values(place: &str, corpus: &[Hostile]) -> Vec<(Vec<u8>, bool)> {
    let is_text = |text: &str| !text.chars().any(char::is_control);
    if place == "header" {
        // What HTTP itself lets through.
        let latin = [
            &b"\xff\xfe"[..],
            b"a\x80b",
            "a\u{202e}b".as_bytes(),
            "日本".as_bytes(),
        ];
        return latin.into_iter().map(|bytes| (bytes.to_vec(), false)).collect();
    }
    let texts = corpus
        .iter()
        .filter_map(Hostile::text)
        .filter(|text| text.len() < 10_000);
    let mut values: Vec<(Vec<u8>, bool)> = texts
        .filter(|text| !text.trim().is_empty() && !text.contains('/'))
        .map(|text| {
            // White space is a search's own business.
            let is_text =
                is_text(&text.replace(['\t', '\n', '\r'], "")) && (place == "query" || is_text(&text));
            (text.into_bytes(), is_text)
        })
        .collect();
    // No UTF-8 at all: a byte alone, an overlong slash, half of a surrogate pair.
    values.extend([&b"\xff"[..], b"\xc0\xaf", b"a\xed\xa0\x80"].map(|bytes| (bytes.to_vec(), false)));
    values
}

async fn answered(town: &Town, request: Request<Body>) -> Reply {
    let response = town.shop.router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Reply {
        status: parts.status,
        headers: parts.headers,
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    }
}

fn header(bytes: &[u8]) -> Option<HeaderValue> {
    HeaderValue::from_bytes(bytes).ok()
}
