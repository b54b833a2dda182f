//! Whether ordinary questions find what they mean, among real names: a floor for the analysis, the typing errors and the order.
//!
//! "Found" is that one of the first ten names has the words that are meant. The second set was written to be hard and not tuned for.

use super::tests::product;
use super::*;
use crate::search::Query;

const NAMES: &str = include_str!("../../tests/data/names.txt");
const FLOOR: &str = include_str!("../../tests/data/floor.txt");
const HARDER: &str = include_str!("../../tests/data/harder.txt");

fn named() -> Catalogue {
    let mut catalogue = Catalogue::new(1);
    for (at, name) in NAMES.lines().enumerate() {
        let sku = format!("N{at}");
        let entry = product(&sku, name, "shop");
        catalogue.put(sku, Versions::default(), Some(entry));
    }
    catalogue
}

/// Of how many questions the first, and one of the first ten, is meant; and those that found nothing of the kind.
fn rates(set: &str) -> (usize, usize, Vec<String>) {
    let catalogue = named();
    let (mut first, mut found, mut missed) = (0, 0, vec![]);
    for line in set.lines().filter(|line| !line.starts_with('#')) {
        let (asked, meant) = line.split_once('|').expect("a question and a word");
        let question = Question {
            query: Query::parse(asked),
            limit: 10,
            ..Question::default()
        };
        let page = catalogue.answer(&question);
        let names = page.items.iter().map(|body| {
            let document: serde_json::Value = serde_json::from_str(body.get()).unwrap();
            document["name"].as_str().unwrap().to_lowercase()
        });
        let place = names.into_iter().position(|name| name.contains(meant));
        first += usize::from(place == Some(0));
        found += usize::from(place.is_some());
        if place != Some(0) {
            missed.push(format!("{asked}: {place:?}"));
        }
    }
    (first, found, missed)
}

#[test]
fn ordinary_questions_find_what_they_mean() {
    let (first, found, missed) = rates(FLOOR);
    assert!(
        first >= 60 && found >= 60,
        "{first} first, {found} found; {missed:?}"
    );
}

#[test]
fn hard_questions_mostly_find_what_they_mean() {
    let (first, found, missed) = rates(HARDER);
    assert!(
        first >= 32 && found >= 35,
        "{first} first, {found} found; {missed:?}"
    );
}
