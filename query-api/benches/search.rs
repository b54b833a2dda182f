//! How long searches wait beside changes: 100,000 products in memory, 200 searches and 500 changes a second for ten seconds, in an open
//! loop (lateness counts), on the thread that searches and another one that writes, as in the process.
//!
//! `./dev bench search`, or `cargo bench -p query-api --bench search`, prints what it measured.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark says what it measured"
)]

use std::net::IpAddr;
use std::time::{Duration, Instant};

use query_api::catalogue::{Catalogue, Question};
use query_api::search::Query;
use query_api::search::thread::Searches;
use query_api::store::{Fields, InMemory, Store};
use tokio::time::{sleep_until, timeout};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PRODUCTS: usize = 100_000;
const SECONDS: u32 = 10;
const SEARCHES: u32 = 200 * SECONDS;
const CHANGES: u32 = 500 * SECONDS;
const DESCRIPTION: usize = 40;

/// Of names; plurals, parts and typing errors of them are asked for.
const WORDS: [&str; 24] = [
    "lamp",
    "kettle",
    "stoneware",
    "walnut",
    "notebook",
    "teapot",
    "blanket",
    "carafe",
    "scissors",
    "umbrella",
    "backpack",
    "cushion",
    "lantern",
    "trowel",
    "planter",
    "tumbler",
    "casserole",
    "linen",
    "oak",
    "brass",
    "folding",
    "enamel",
    "garden",
    "desk",
];

fn word() -> &'static str {
    WORDS[fastrand::usize(..WORDS.len())]
}

/// One of many thousands, the first much more often than the last.
fn rare() -> String {
    let number = (fastrand::f64().powi(3) * 30_000.0).round();
    let mut rest = format!("{number}")
        .bytes()
        .map(|digit| char::from(digit + b'b' - b'0'))
        .collect::<String>();
    rest.insert_str(0, "ve");
    rest
}

fn fields(number: usize, price: usize) -> (String, Fields) {
    let sku = format!("SKU-{number}");
    fastrand::seed(number as u64);
    let name = format!("{} {} {} {number}", word(), word(), word());
    let description: Vec<String> = (0..DESCRIPTION)
        .map(|at| if at % 4 == 0 { word().to_owned() } else { rare() })
        .collect();
    let body = serde_json::json!({
        "sku": sku, "version": 1, "name": name, "description": description.join(" "), "category": format!("category-{}", number % 30),
        "picture": null, "price": { "minor": price, "currency": "EUR" }, "previous_price": null, "listed": true, "available": 9,
        "availability": "in-stock", "listed_at": "2026-01-01T00:00:00Z", "back_in_stock_at": null, "updated_at": "2026-01-01T00:00:00Z",
    });
    let versions = r#"{"product":1,"stock-item":1}"#;
    let fields = [body.to_string(), versions.to_owned(), "1".to_owned()];
    (sku, fields.map(|field| Some(field.into_bytes())).to_vec())
}

fn typed(number: u32) -> String {
    let mut one = word().to_owned();
    match number % 8 {
        0 => one,
        1 => format!("{one} {}", word()),
        2 => one.chars().take(3).collect(),
        3 => format!("{one}s"),
        4 => {
            one.remove(1);
            one
        }
        5 => format!("{one} {} {} {}", word(), word(), rare()),
        6 => rare(),
        _ => String::new(),
    }
}

fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok());
    kilobytes.unwrap_or_default() / 1_024.0
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1_000.0;
    println!(
        "{what}: p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
        at(50),
        at(99),
        at(100)
    );
}

fn main() {
    let documents: Vec<_> = (0..PRODUCTS).map(|number| fields(number, 1_000)).collect();
    let began = Instant::now();
    let catalogue = Catalogue::built(1, documents, 1);
    println!(
        "built in {:.1} s; {:.0} MiB resident, documents and all",
        began.elapsed().as_secs_f64(),
        resident()
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(loaded(catalogue));
}

async fn loaded(catalogue: Catalogue) {
    let store: Store<Catalogue> = Store::default();
    store.replace(catalogue).await;
    let changing = std::thread::spawn({
        let store = store.clone();
        move || changes(&store)
    });
    let searches = Searches::start().unwrap();
    let began = tokio::time::Instant::now();
    let mut asked = vec![];
    for number in 0..SEARCHES {
        let due = began + Duration::from_secs(1) * SECONDS * number / SEARCHES;
        sleep_until(due).await;
        let (store, searches) = (store.clone(), searches.clone());
        let question = Question {
            query: Query::parse(&typed(number)),
            limit: 24,
            ..Question::default()
        };
        asked.push(tokio::spawn(async move {
            let search = move || {
                let page = store.read_blocking(|catalogue| serde_json::to_vec(&catalogue.answer(&question)));
                page.unwrap().unwrap().len()
            };
            let network = IpAddr::from([10, 0, 0, u8::try_from(number % 200).unwrap()]);
            let found = searches.run(network, search).await;
            found.is_ok().then(|| due.elapsed())
        }));
    }
    let mut times = vec![];
    for search in asked {
        let answered = timeout(Duration::from_mins(1), search).await.unwrap().unwrap();
        times.extend(answered);
    }
    println!("{} of {SEARCHES} searches were answered", times.len());
    report("search", times);
    report("a change is seen after", changing.join().unwrap());
}

/// Each with a new price, taken in as it is due.
fn changes(store: &Store<Catalogue>) -> Vec<Duration> {
    let (began, mut random) = (Instant::now(), fastrand::Rng::with_seed(7));
    let change = |number: u32| {
        let due = began + Duration::from_secs(1) * SECONDS * number / CHANGES;
        let (sku, fields) = fields(random.usize(..PRODUCTS), number as usize + 1);
        let parsed = Catalogue::parse(sku, fields);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        store.update_blocking(parsed.into_iter().collect(), u64::from(number) + 2);
        due.elapsed()
    };
    (0..CHANGES).map(change).collect()
}
