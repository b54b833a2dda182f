//! What docs/roles.md says. The access matrices of both APIs expect that, so the page cannot say anything else than what is so.

use std::collections::{BTreeMap, BTreeSet};

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
