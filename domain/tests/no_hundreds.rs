//! Not every currency has a hundred minor units to the major one, so no code takes an amount times a hundred.
//!
//! Whoever needs the number asks `Currency::decimals`, in the storefront `Intl.NumberFormat`. A line about percent or a rate
//! says so.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{} cannot be listed: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder can be read to its end").path();
        let is_source = path
            .extension()
            .is_some_and(|extension| ["rs", "ts", "tsx"].iter().any(|known| extension == *known));
        if path.is_dir() {
            sources(&path, found);
        } else if is_source {
            found.push(path);
        }
    }
}

/// Whether a hundred is a factor or a divisor in it.
fn takes_a_hundred(line: &str) -> bool {
    let code: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    let is_comment = code.starts_with("//") || code.starts_with('*');
    let is_of_percent = code.contains("percent") || code.contains("rate");
    let is_digit = |c: char| c.is_ascii_digit() || c == '_';
    let ends_there = |rest: &str| !rest.starts_with(is_digit) || rest.starts_with("_i");
    let behind = |sign: &str| {
        code.match_indices(sign)
            .any(|(i, _)| ends_there(&code[i + sign.len()..]))
    };
    let before = |sign: &str| {
        code.match_indices(sign)
            .any(|(i, _)| !code[..i].ends_with(is_digit))
    };
    let is_factor = behind("*100") || behind("/100") || before("100*") || before("100.0*");
    is_factor && !is_comment && !is_of_percent
}

#[test]
fn a_factor_of_a_hundred_is_seen() {
    for seen in [
        "minor * 100",
        "minor*100_i64",
        "cents / 100.0",
        "(100 * amount)",
        "x /100;",
        "(100.0*x)",
    ] {
        assert!(takes_a_hundred(seen), "{seen}");
    }
    for unseen in [
        "minor * 1000",
        "minor * 100_000",
        "100 - x",
        "// minor * 100",
        "let percent = part * 100 / whole",
        "`${totals.tax_rate / 100} %`",
        "1_100 * x",
        "10_u64.pow(decimals)",
    ] {
        assert!(!takes_a_hundred(unseen), "{unseen}");
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test reads files; the domain does not"
)]
fn no_amount_is_taken_times_a_hundred() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = vec![];
    for part in ["domain", "command-api", "projectors", "query-api", "frontend"] {
        sources(&root.join(part).join("src"), &mut files);
    }
    assert!(files.len() > 50, "these are not all: {files:?}");
    let hundreds: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let numbered: Vec<String> = text
                .lines()
                .zip(1..)
                .filter(|(line, _)| takes_a_hundred(line))
                .map(|(line, number)| format!("{}:{number}: {}", file.display(), line.trim()))
                .collect();
            numbered
        })
        .collect();
    assert!(hundreds.is_empty(), "{}", hundreds.join("\n"));
}
