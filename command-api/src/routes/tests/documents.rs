//! The documents say what the code does.

use crate::roles::Role;

#[test]
fn the_committed_description_is_what_the_routes_say() {
    let committed = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/openapi/command-api.json"
    ));
    let said = crate::router::routes(&Role::ALL).1.to_pretty_json().unwrap();
    assert_eq!(
        committed.unwrap_or_default().trim(),
        said.trim(),
        "run ./dev generate"
    );
}

#[test]
fn the_description_leaves_nothing_out() {
    let said = serde_json::to_value(crate::router::routes(&Role::ALL).1).expect("a description is JSON");
    let missing = openapi::complaints(&said);
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// What an audit says of a field may be any JSON, and most of it is no object: a price, a state, nothing.
#[test]
fn the_audit_is_described_as_any_json_before_and_after() {
    let said = serde_json::to_value(crate::router::routes(&Role::ALL).1).expect("a description is JSON");
    let fields = &said["components"]["schemas"]["AuditChange"]["properties"];
    for name in ["before", "after"] {
        let field = fields[name].as_object().expect("it is described");
        let says: Vec<&str> = field.keys().map(String::as_str).collect();
        assert_eq!(says, ["description"], "{name} may be less than any JSON");
    }
}

/// The storefront's types are named by them.
#[test]
fn no_two_operations_have_the_same_id() {
    let said: serde_json::Value =
        serde_json::to_value(crate::router::routes(&Role::ALL).1).expect("a description is JSON");
    let paths = said["paths"].as_object().expect("there are paths");
    let operations = paths
        .values()
        .flat_map(|path| path.as_object().expect("methods").values());
    let mut ids: Vec<&str> = operations
        .filter_map(|operation| operation["operationId"].as_str())
        .collect();
    let all = ids.len();
    assert!(all > 15, "{ids:?}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "{ids:?}");
}

#[test]
fn every_problem_has_a_section_in_the_api_guide() {
    let guide = include_str!("../../../../docs/api.md");
    let sources = [
        include_str!("../../error.rs"),
        include_str!("../accounts/problem.rs"),
        include_str!("../accounts/second_factor/problem.rs"),
        include_str!("../../request.rs"),
        include_str!("../../router.rs"),
        include_str!("../orders.rs"),
        include_str!("../payment_webhooks.rs"),
        include_str!("../../../../domain/src/cart/error.rs"),
        include_str!("../../../../domain/src/checkout.rs"),
        include_str!("../../../../domain/src/checkout/allowance.rs"),
        include_str!("../../../../domain/src/discount_code.rs"),
        include_str!("../../../../domain/src/order.rs"),
        include_str!("../../../../domain/src/payment.rs"),
        include_str!("../../../../domain/src/product.rs"),
        include_str!("../../../../domain/src/product_request/error.rs"),
        include_str!("../../../../domain/src/stock.rs"),
        include_str!("../../../../domain/src/shopping.rs"),
    ];
    let mut slugs: Vec<&str> = sources.iter().flat_map(|source| quoted_slugs(source)).collect();
    slugs.sort_unstable();
    slugs.dedup();
    assert!(slugs.len() > 60, "{slugs:?}");
    for slug in slugs {
        assert!(
            guide.contains(&format!("### /problems/{slug}\n")),
            "{slug} is not in docs/api.md"
        );
    }
}

/// Every quoted lower-case word with a hyphen, which is how problem types look and nothing else in those files does.
fn quoted_slugs(source: &str) -> Vec<&str> {
    const NOT_PROBLEMS: [&str; 7] = [
        "idempotency-key",
        "idempotency-replayed",
        "sec-fetch-site",
        "cross-site",
        "cache-control",
        "no-store",
        "stripe-signature",
    ];
    let is_slug =
        |word: &&str| word.contains('-') && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    source
        .split('"')
        .filter(is_slug)
        .filter(|word| !NOT_PROBLEMS.contains(word))
        .collect()
}
