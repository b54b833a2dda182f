//! How long it takes to find similar titles, and a page of a list, among 100,000 requests in memory.
//!
//! `cargo bench -p query-api --bench board` prints the median, the 99th percentile and the longest of 2,000 questions of each
//! kind, in milliseconds. The questions are beginnings of titles, with a typo in every other one.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark says what it measured"
)]

use std::time::Instant;

use query_api::board::{Asks, Board, Question, Sort};
use query_api::search::Query;
use query_api::store::InMemory;
use serde_json::json;
use uuid::Uuid;

const REQUESTS: usize = 100_000;
const QUESTIONS: usize = 2_000;
const ADJECTIVES: [&str; 20] = [
    "large",
    "small",
    "blue",
    "green",
    "wooden",
    "stoneware",
    "left-handed",
    "folding",
    "electric",
    "vintage",
    "waterproof",
    "woollen",
    "silent",
    "magnetic",
    "organic",
    "second-hand",
    "heavy",
    "light",
    "double",
    "portable",
];
const THINGS: [&str; 25] = [
    "teapot",
    "mug",
    "kettle",
    "scissors",
    "umbrella",
    "bicycle pump",
    "desk lamp",
    "notebook",
    "bread knife",
    "blanket",
    "backpack",
    "water bottle",
    "coffee grinder",
    "chess set",
    "yoga mat",
    "raincoat",
    "alarm clock",
    "picture frame",
    "garden hose",
    "toolbox",
    "keyboard",
    "cutting board",
    "hammock",
    "lunch box",
    "pencil case",
];
const USES: [&str; 16] = [
    "for two",
    "for children",
    "for the garden",
    "for travelling",
    "with a lid",
    "without plastic",
    "in XL",
    "for the kitchen",
    "as a gift",
    "for camping",
    "with spare parts",
    "in grey",
    "for beginners",
    "for the office",
    "made in Europe",
    "for dogs",
];

fn pick<'w>(words: &[&'w str]) -> &'w str {
    words[fastrand::usize(..words.len())]
}

fn title() -> String {
    format!(
        "{} {} {} {}",
        pick(&ADJECTIVES),
        pick(&THINGS),
        pick(&USES),
        fastrand::u16(..2_000)
    )
}

fn board() -> Board {
    let changes = (0..REQUESTS).map(|number| {
        let id = Uuid::from_u128(number as u128);
        let summary = json!({
            "id": id, "version": 1, "kind": "missing_product", "state": "submitted", "title": title(), "sku": null, "quantity": null,
            "comments": 0, "hidden": false, "duplicate_of": null,
            "created_at": "2026-03-01T09:00:00Z", "updated_at": "2026-03-01T09:00:00Z",
        });
        let fields = [summary.to_string(), "1".to_owned(), fastrand::usize(..500).to_string(), "1".to_owned()];
        let fields = fields.map(|field| Some(field.into_bytes())).to_vec();
        (id.to_string(), fields)
    });
    Board::built(1, changes.collect(), 1)
}

/// The beginning of some title, as far as somebody has typed.
fn typed(number: usize) -> String {
    let mut typed: Vec<char> = title().chars().take(fastrand::usize(6..28)).collect();
    if number.is_multiple_of(2) {
        let at = fastrand::usize(1..typed.len() - 1);
        typed.swap(at, at + 1);
    }
    typed.into_iter().collect()
}

fn measure(what: &str, ask: impl Fn(usize) -> usize) {
    let mut times: Vec<f64> = (0..QUESTIONS)
        .map(|number| {
            let began = Instant::now();
            std::hint::black_box(ask(number));
            began.elapsed().as_secs_f64() * 1_000.0
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    let at = |share: usize| times[(QUESTIONS * share / 100).min(QUESTIONS - 1)];
    println!(
        "{what}: p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
        at(50),
        at(99),
        at(100)
    );
}

fn main() {
    fastrand::seed(7);
    let board = board();
    measure("similar", |number| board.similar(&typed(number), 5).len());
    let question = Question {
        asks: Asks::Anybody,
        query: Query::None,
        kind: None,
        states: vec![],
        sku: None,
        sort: Sort::Support,
        limit: 20,
        after: None,
    };
    measure("page", |_| board.page(&question).requests.len());
    let found = |number: usize| {
        let typed = typed(number + 1);
        let word = typed.split(' ').next().unwrap_or_default();
        board
            .page(&Question {
                query: Query::parse(word),
                ..question.clone()
            })
            .total
    };
    measure("page with words", found);
}
