//! Which routes compare versions: those whose descriptions have `If-Match`. Asked by [`crate::request::Received`] for every request
//! with that header, so that no route drops a condition that its client relies on.

use std::collections::HashSet;
use std::sync::LazyLock;

use axum::http::Method;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, PathItem};

use crate::roles::Role;

static CONDITIONAL: LazyLock<HashSet<(Method, String)>> = LazyLock::new(|| {
    let document = crate::router::routes(&Role::ALL).1;
    let paths = document.paths.paths.iter();
    paths
        .flat_map(|(path, item)| conditional(item).map(move |method| (method, path.clone())))
        .collect()
});

/// Whether the description of a route has `If-Match`.
pub fn takes_if_match(method: &Method, route: &str) -> bool {
    CONDITIONAL.contains(&(method.clone(), route.to_owned()))
}

fn conditional(item: &PathItem) -> impl Iterator<Item = Method> {
    let operations = [
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ];
    operations
        .into_iter()
        .filter(|(_, operation)| operation.as_ref().is_some_and(has_if_match))
        .map(|(method, _)| method)
}

fn has_if_match(operation: &Operation) -> bool {
    operation
        .parameters
        .iter()
        .flatten()
        .any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == "If-Match"))
}
