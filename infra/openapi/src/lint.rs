//! What a description must not leave out. Each API's tests ask for it, so that a new route cannot forget it.

use domain::text::Rule;
use regex::Regex;
use serde_json::{Map, Value};

/// Texts of which nothing but the length can be said, and why.
const FREE_TEXTS: [(&str, &str); 2] = [
    (
        "cursor",
        "opaque: what is in it is the API's own business, and another one tomorrow",
    ),
    (
        "Stripe-Signature",
        "made by the payment gateway, in a format of its own",
    ),
];

/// Whether a text is one by its description alone, as a client would find before it is sent.
///
/// # Panics
/// A pattern that is none.
pub fn fits(rule: &Rule, text: &str) -> bool {
    let length = text.chars().count();
    let is_long_enough = rule.min_length.is_none_or(|least| least <= length);
    let is_short_enough = rule.max_length.is_none_or(|most| length <= most);
    let matches = |pattern: &str| Regex::new(pattern).expect("a pattern is one").is_match(text);
    is_long_enough
        && is_short_enough
        && rule.pattern.as_deref().is_none_or(matches)
        && (rule.one_of.is_empty() || rule.one_of.contains(&text))
}

/// Everything that is missing, one sentence each.
pub fn complaints(document: &Value) -> Vec<String> {
    let mut found = vec![];
    for part in ["/info/contact", "/servers/0/url"] {
        if document.pointer(part).is_none() {
            found.push(format!("there is no {part}"));
        }
    }
    let tags: Vec<&str> = items(document, "/tags")
        .iter()
        .filter(|tag| tag["description"].is_string())
        .filter_map(|tag| tag["name"].as_str())
        .collect();
    let schemes = document.pointer("/components/securitySchemes");
    for (path, methods) in object(&document["paths"]) {
        for (method, operation) in object(methods) {
            let at = format!("{} {path}", method.to_uppercase());
            of_operation(operation, &tags, schemes, &at, &mut found);
            let bodies = operation.pointer("/requestBody/content/application~1json/schema");
            let asked = items(operation, "/parameters");
            for parameter in asked {
                let name = parameter["name"].as_str().unwrap_or_default();
                // Whatever it says, it is understood or means nothing.
                if name == "If-None-Match" {
                    continue;
                }
                if may_be_null(&parameter["schema"]) {
                    found.push(format!("{at}: {name} may be null, which cannot be written there"));
                }
                Values { document }.check(&parameter["schema"], &format!("{at}: {name}"), &mut found);
            }
            if let Some(body) = bodies {
                Values { document }.check(body, &format!("{at}: body"), &mut found);
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn of_operation(
    operation: &Value,
    tags: &[&str],
    schemes: Option<&Value>,
    at: &str,
    found: &mut Vec<String>,
) {
    for text in ["summary", "description", "operationId"] {
        if operation[text].as_str().is_none_or(str::is_empty) {
            found.push(format!("{at} has no {text}"));
        }
    }
    let own = items(operation, "/tags");
    if own.is_empty()
        || own
            .iter()
            .any(|tag| !tags.contains(&tag.as_str().unwrap_or_default()))
    {
        found.push(format!("{at} has a tag that is not described"));
    }
    let statuses = object(&operation["responses"]);
    if !statuses.clone().any(|(status, _)| status.starts_with('4')) {
        found.push(format!("{at} does not say how it refuses"));
    }
    let Some(security) = operation["security"].as_array() else {
        found.push(format!("{at} does not say who may ask"));
        return;
    };
    let needed = security.iter().flat_map(object);
    for (name, _) in needed {
        if schemes.is_none_or(|schemes| schemes.get(name).is_none()) {
            found.push(format!("{at} needs {name}, which is no security scheme"));
        }
    }
}

/// The values that clients send: each text says how long it may be and of what, each integer has its limits.
struct Values<'d> {
    document: &'d Value,
}

impl Values<'_> {
    fn check(&self, schema: &Value, at: &str, found: &mut Vec<String>) {
        if let Some(name) = schema["$ref"].as_str() {
            let pointer = name.trim_start_matches('#');
            match self.document.pointer(pointer) {
                Some(schema) => self.check(schema, at, found),
                None => found.push(format!("{at}: {name} is not described")),
            }
            return;
        }
        for of in ["oneOf", "anyOf", "allOf"] {
            for schema in items(schema, &format!("/{of}")) {
                self.check(schema, at, found);
            }
        }
        for (name, property) in object(&schema["properties"]) {
            self.check(property, &format!("{at}.{name}"), found);
        }
        if !schema["items"].is_null() {
            if schema["maxItems"].is_null() {
                found.push(format!("{at} may have any number of items"));
            }
            self.check(&schema["items"], &format!("{at}[]"), found);
        }
        let is = |kind: &str| match &schema["type"] {
            Value::String(own) => own == kind,
            Value::Array(own) => own.iter().any(|own| own == kind),
            _ => false,
        };
        let says = |what: &[&str]| what.iter().any(|what| !schema[*what].is_null());
        let is_known = matches!(schema["format"].as_str(), Some("uuid" | "date-time"));
        if is("string") && !is_known && !says(&["maxLength", "enum"]) {
            found.push(format!("{at} may be a text of any length"));
        }
        let is_listed = FREE_TEXTS
            .iter()
            .any(|(name, _)| at.ends_with(&format!(": {name}")));
        // Passwords, and tokens from mails: only compared, and a pattern would help to guess them.
        let is_secret = schema["format"] == "password";
        if is("string") && !is_known && !is_listed && !is_secret && !says(&["pattern", "enum"]) {
            found.push(format!("{at} may be any text"));
        }
        if is("integer") && !(says(&["minimum"]) && says(&["maximum"])) {
            found.push(format!("{at} may be any integer"));
        }
    }
}

fn may_be_null(schema: &Value) -> bool {
    let is_null = |kind: &Value| kind == "null";
    is_null(&schema["type"])
        || items(schema, "/type").iter().any(is_null)
        || items(schema, "/oneOf").iter().any(may_be_null)
}

fn items<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> + Clone {
    value.as_object().into_iter().flat_map(Map::iter)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(operation: &Value) -> Value {
        json!({
            "info": { "contact": {} }, "servers": [{ "url": "/" }],
            "tags": [{ "name": "carts", "description": "Carts." }],
            "components": { "securitySchemes": { "session": {} }, "schemas": { "Open": { "type": "integer", "minimum": 1 } } },
            "paths": { "/carts": { "post": operation } },
        })
    }

    #[test]
    fn nothing_is_said_against_what_is_whole() {
        let whole = json!({
            "summary": "Open", "description": "A cart.", "operationId": "open", "tags": ["carts"],
            "security": [{ "session": [] }], "responses": { "200": {}, "4XX": {} },
            "parameters": [{ "name": "id", "schema": { "type": "string", "format": "uuid" } }],
        });
        assert_eq!(complaints(&document(&whole)), Vec::<String>::new());
    }

    #[test]
    fn everything_that_is_left_out_is_named() {
        let bare = json!({
            "tags": ["other"], "security": [{ "staff": [] }], "responses": { "200": {} },
            "parameters": [
                { "name": "q", "schema": { "type": ["string", "null"] } },
                { "name": "sku", "schema": { "type": "array", "items": { "$ref": "#/components/schemas/Open" } } },
            ],
            "requestBody": { "content": { "application/json": { "schema": {
                "properties": {
                    "n": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Open" }] },
                    "link": { "type": "string", "format": "uri", "maxLength": 500 },
                }
            } } } },
        });
        let said = complaints(&document(&bare));
        let free =
            json!({ "parameters": [{ "name": "cursor", "schema": { "type": "string", "maxLength": 9 } }] });
        assert!(
            !complaints(&document(&free))
                .iter()
                .any(|complaint| complaint.contains("cursor"))
        );
        for part in [
            "no summary",
            "no description",
            "no operationId",
            "a tag that is not described",
            "how it refuses",
            "staff, which is no security scheme",
            "q may be a text of any length",
            "q may be any text",
            "body.link may be any text",
            "q may be null",
            "sku may have any number of items",
            "body.n may be any integer",
        ] {
            assert!(
                said.iter().any(|complaint| complaint.contains(part)),
                "{part}: {said:?}"
            );
        }
    }
}
