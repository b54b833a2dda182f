//! What docs/roles.md says. The access matrices of both APIs expect that, so the page cannot say anything else than what is so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The name here of a request that bears nothing: as a security scheme it has none.
pub const NOBODY: &str = "nobody";

const PAGE: &str = include_str!("../../../../docs/roles.md");

/// Who has each right, by the columns of the first table.
pub fn rights() -> BTreeMap<String, BTreeSet<&'static str>> {
    let columns = rows("right").next().unwrap_or_default();
    let has = |cells: Vec<&'static str>| {
        let named = columns.iter().zip(&cells).filter(|(_, cell)| **cell == "yes");
        (bare(cells[0]), named.map(|(column, _)| *column).collect())
    };
    rows("right").skip(2).map(has).collect()
}

/// The right that each route of an API needs, by the second table.
pub fn routes(prefix: &str) -> BTreeMap<String, String> {
    let of_api = |cells: &Vec<&str>| cells[0].contains(&format!(" {prefix}/"));
    rows("route")
        .skip(2)
        .filter(of_api)
        .map(|cells| (bare(cells[0]), bare(cells[1])))
        .collect()
}

/// The security schemes, each of which opens an operation by its description.
pub fn described(document: &Value, method: &str, path: &str) -> BTreeSet<String> {
    let security = &document["paths"][path][method.to_lowercase()]["security"];
    let schemes = security.as_array().into_iter().flatten().map(|scheme| {
        let name = scheme.as_object().and_then(|scheme| scheme.keys().next());
        name.map_or(NOBODY, String::as_str).to_owned()
    });
    schemes.collect()
}

/// Whether the schemes that are described are those that were let in. Where everybody is, the description names those who see more.
pub fn agree(described: &BTreeSet<String>, let_in: &BTreeSet<String>) -> bool {
    if let_in.contains(NOBODY) {
        described.contains(NOBODY) && described.is_subset(let_in)
    } else {
        described == let_in
    }
}

/// Of the table whose first column is called `first`: its head, the line under it, and what follows.
fn rows(first: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let head = format!("| {first} |");
    PAGE.lines()
        .skip_while(move |line| !line.starts_with(&head))
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
}

fn bare(cell: &str) -> String {
    cell.trim_matches('`').to_owned()
}
