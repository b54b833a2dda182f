//! `docs/benchmarks.md`: written by `./dev bench`, except for the notes between two markers, which people write. One that is
//! measured by itself takes the place of its own rows, and the others stay as they were.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use clap::ValueEnum;

use super::{Bench, Benchmark, Line, Machine};

const NOTES_BEGIN: &str =
    "<!-- notes: written by hand; ./dev bench keeps everything between these two markers -->";
const NOTES_END: &str = "<!-- end of notes -->";
const WRITTEN_BY: &str = "Written by `./dev bench`";
const TABLE_HEAD: &str = "\
| | value | beside | ratio | p50 ms | p99 ms | failed | aim | reached |
|---|---|---|---|---|---|---|---|---|
";

/// What a benchmark should reach.
struct Aim {
    words: &'static str,
    /// None where the value is just to be known.
    reached: Option<Reached>,
}

type Reached = fn(&Line) -> bool;

/// # Errors
/// When the file cannot be read or written.
pub fn rewrite(path: &Path, bench: &Bench, machine: &Machine, lines: &[Line]) -> Result<()> {
    let old = match std::fs::read_to_string(path) {
        Ok(old) => old,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            format!("{NOTES_BEGIN}\n## Notes\n\n{NOTES_END}")
        }
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    let text = document(bench, machine, lines, &old);
    std::fs::write(path, text).with_context(|| path.display().to_string())
}

fn notes_of(old: &str) -> &str {
    let after = old.split_once(NOTES_BEGIN).map_or("\n", |(_, after)| after);
    after.split_once(NOTES_END).map_or(after, |(notes, _)| notes)
}

fn document(bench: &Bench, machine: &Machine, lines: &[Line], old: &str) -> String {
    let (mut rows, mut remarks) = (String::new(), String::new());
    for benchmark in Benchmark::ALL {
        let name = name_of(benchmark);
        if let Some(line) = lines.iter().find(|line| line.name == name) {
            rows_of(&mut rows, line);
            remarks_on(&mut remarks, line);
        } else {
            kept(&mut rows, old, |text| is_row_of(text, &name), "\n");
            kept(&mut remarks, old, |text| is_remark_on(text, &name), "\n\n");
        }
    }
    let (seconds, rounds) = (bench.seconds, bench.rounds);
    let notes = notes_of(old);
    format!(
        "# Benchmarks\n\n{}\n\n{TABLE_HEAD}{rows}\n{remarks}## Method\n\nMedians of {rounds} rounds of {seconds} s, after a \
         warm-up; what is compared takes turns, round by round.\n\n{METHOD}\n{NOTES_BEGIN}{notes}{NOTES_END}\n",
        written_on(machine, lines, old)
    )
}

/// When and on what. One that was measured by itself has its own sentence.
fn written_on(machine: &Machine, lines: &[Line], old: &str) -> String {
    let Machine {
        processor,
        cores,
        memory_gb,
        kernel,
        postgres,
        redis,
        date,
    } = machine;
    let on = format!(
        "{date}: {processor}, {cores} cores, {memory_gb} GB, Linux {kernel}; PostgreSQL {postgres} (synchronous_commit on), \
         Redis {redis}, Kafka with one broker."
    );
    let old_paragraph = old.lines().find(|text| text.starts_with(WRITTEN_BY));
    match (lines, old_paragraph) {
        ([alone], Some(old)) => {
            let name = alone.name;
            let begins = format!(" `{name}` by itself on ");
            let (before, after) = old.split_once(&begins).unwrap_or((old, ""));
            let of_others = after.find(" `").map_or("", |at| &after[at..]);
            format!("{before}{of_others}{begins}{on}")
        }
        (_, _) => format!(
            "{WRITTEN_BY} on {on} Load generator, both APIs, projectors and all three stores share these cores."
        ),
    }
}

fn name_of(benchmark: Benchmark) -> String {
    benchmark
        .to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Such as `| hot | …` or `| commands, 32 clients | …`.
fn is_row_of(text: &str, name: &str) -> bool {
    text.strip_prefix("| ")
        .and_then(|text| text.strip_prefix(name))
        .is_some_and(|text| text.starts_with([',', ' ']))
}

fn is_remark_on(text: &str, name: &str) -> bool {
    let its = format!("`{name}` ");
    text.starts_with(&its) || text.starts_with(&format!("During {its}"))
}

fn kept(text: &mut String, old: &str, is_wanted: impl Fn(&str) -> bool, end: &str) {
    let before_method = old.split("\n## Method").next().unwrap_or_default();
    for line in before_method.lines().filter(|line| is_wanted(line)) {
        text.push_str(line);
        text.push_str(end);
    }
}

fn rows_of(rows: &mut String, line: &Line) {
    let label = match line.name {
        "commands" => "commands, 32 clients",
        "checkout" => "checkout, many products",
        name => name,
    };
    row(rows, label, line, &aim(line.name, false));
    if let Some(at_128) = &line.at_128 {
        row(rows, "commands, 128 clients", at_128, &aim(line.name, true));
    }
    if let Some(one_product) = &line.one_product {
        row(rows, "checkout, one product", one_product, &aim(line.name, true));
    }
}

fn remarks_on(remarks: &mut String, line: &Line) {
    let both = line.at_128.iter().filter_map(|at| at.views_behind_max_ms);
    if let Some(behind) = both.chain(line.views_behind_max_ms).reduce(f64::max) {
        // Writing to a String does not fail.
        let _ = write!(
            remarks,
            "During `{}` the views were at most {behind:.0} ms behind (aim: 1,000 ms).\n\n",
            line.name
        );
    }
    if let Some(peak) = line.peak_rss_mb {
        let _ = write!(
            remarks,
            "`{}` took at most {peak:.0} MB of memory.\n\n",
            line.name
        );
    }
}

fn row(text: &mut String, label: &str, line: &Line, aim: &Aim) {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.2}"));
    let beside = match (line.reference, line.reference_value) {
        (Some(name), Some(value)) => format!("{name}: {}", thousands(value)),
        _ => String::new(),
    };
    let value = if line.value < 100.0 {
        number(Some(line.value))
    } else {
        thousands(line.value)
    };
    let reached = match aim.reached {
        Some(reached) if line.failed == 0 && reached(line) => "yes",
        None if line.failed == 0 => "",
        Some(_) | None => "no",
    };
    // Writing to a String does not fail.
    let _ = writeln!(
        text,
        "| {label} | {value} {} | {beside} | {} | {} | {} | {} | {} | {reached} |",
        line.unit,
        number(line.ratio),
        number(line.p50_ms),
        number(line.p99_ms),
        line.failed,
        aim.words
    );
}

/// `compared`: of the second row, where there are two.
fn aim(name: &str, compared: bool) -> Aim {
    fn ratio(line: &Line, at_least: f64) -> bool {
        line.ratio.is_some_and(|ratio| ratio >= at_least)
    }
    fn views_keep_up(line: &Line) -> bool {
        line.views_behind_max_ms.is_some_and(|behind| behind <= 1_000.0)
    }
    let (words, reached): (_, Option<Reached>) = match name {
        "commands" if compared => (
            "1.0 × pgbench, views ≤ 1 s behind",
            Some(|line| ratio(line, 1.0) && views_keep_up(line)),
        ),
        "commands" => (
            "0.7 × pgbench, views ≤ 1 s behind",
            Some(|line| ratio(line, 0.7) && views_keep_up(line)),
        ),
        "hot" => ("as fast as commands", Some(|line| ratio(line, 1.0))),
        "queries" => ("0.5 × redis-benchmark", Some(|line| ratio(line, 0.5))),
        "lag" => (
            "p50 2 ms, p99 10 ms",
            Some(|line| {
                line.p50_ms.is_some_and(|p50| p50 <= 2.0) && line.p99_ms.is_some_and(|p99| p99 <= 10.0)
            }),
        ),
        "checkout" if compared => ("at least half as fast", Some(|line| ratio(line, 0.5))),
        "checkout" => ("", None),
        _ => (
            "100,000 events/s, constant memory",
            Some(|line| line.value >= 100_000.0),
        ),
    };
    Aim { words, reached }
}

/// `14637.4` → `14,637`.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

const METHOD: &str = "\
- `commands`: keep-alive clients add items to 2,000 carts of 2,000 guests over HTTP, each with its session cookies and a new
  idempotency key, straight at the command API (nginx is not part of it); relay, Kafka, projectors and Redis run. Beside it
  `pgbench` inserts single rows of the same size into a table of the same shape, 32 clients, prepared. At the end every cart is
  compared with what was answered; a difference counts as failed. A shopper beside the load adds an item ten times a second
  and waits for it in the query API: the longest wait is how far the views were behind.
- `hot`: 32 clients on one cart, each with a line of its own that it removes before the line limit.
- `queries`: GET of 2,000 carts with five lines each, with session cookies, 32 clients, straight at the query API. Beside it
  `redis-benchmark -t get -c 32`.
- `lag`: 500 commands/s, paced. From `recorded_at` (taken before the commit) until the projector has told on Redis's channel
  that the document is written: it overstates on both sides.
- `rebuild`: 1,000,000 events of 50,000 carts, from the start of `projectors rebuild carts` to its end.
- `checkout`: 32 clients, and on each one guest after the other: gets a session, opens a cart, adds one of a product, asks what
  it comes to, checks out, pays with a test card of the sandbox gateway, and waits until the query API shows the order as
  confirmed, that is authorised, captured, and its stock committed. An order counts when that is seen within the round; its
  latency is from the first of these requests to the last answer. Rounds in which the guests take turns with 512 products, and
  rounds in which all of them buy one. The sandbox keeps its books in the same PostgreSQL, and sends two webhooks an order. At
  the end every order is compared with the log and with the gateway's books: confirmed once, captured once and charged once
  for its total, which is what its guest agreed to, and out of the stock; a difference counts as failed.
- Latencies of `commands`, `hot`, `queries` and `checkout` are those of closed loops. Rate limits are raised; a 429 counts as failed.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_kept_as_they_are() {
        let old = format!("# Benchmarks\nold\n{NOTES_BEGIN}\n## Notes\nmine\n{NOTES_END}\n");
        assert_eq!(notes_of(&old), "\n## Notes\nmine\n");
        assert_eq!(notes_of("no markers"), "\n");
    }

    fn bench() -> Bench {
        #[derive(clap::Parser)]
        struct Arguments {
            #[command(flatten)]
            bench: Bench,
        }
        let given = [
            "bench",
            "--database-url=",
            "--redis-url=",
            "--kafka-brokers=",
            "--staff-token=",
        ];
        <Arguments as clap::Parser>::parse_from(given).bench
    }

    fn machine(date: &str) -> Machine {
        Machine {
            processor: "abacus".to_owned(),
            cores: 2,
            memory_gb: 1,
            kernel: "6".to_owned(),
            postgres: "15".to_owned(),
            redis: "7".to_owned(),
            date: date.to_owned(),
        }
    }

    fn lines() -> Vec<Line> {
        let mut commands = Line::new("commands", 10.0, "commands/s").beside("pgbench", 20.0);
        commands.at_128 = Some(Box::new(commands.clone()));
        commands.views_behind_max_ms = Some(5.0);
        vec![commands, Line::new("hot", 11.0, "commands/s")]
    }

    #[test]
    fn one_that_is_measured_by_itself_changes_its_own_rows_and_nothing_else() {
        let all = document(&bench(), &machine("Monday"), &lines(), "");
        let mut checkout = Line::new("checkout", 40.0, "orders/s");
        checkout.one_product = Some(Box::new(
            Line::new("checkout", 30.0, "orders/s").beside("many products", 40.0),
        ));
        let with_it = document(&bench(), &machine("Tuesday"), &[checkout.clone()], &all);
        let added: Vec<_> = with_it.lines().filter(|text| !all.contains(text)).collect();
        assert_eq!(added.len(), 3, "{added:#?}");
        assert!(
            added[0].starts_with("Written by `./dev bench` on Monday"),
            "{}",
            added[0]
        );
        assert!(
            added[0].contains("`checkout` by itself on Tuesday"),
            "{}",
            added[0]
        );
        assert_eq!(
            added[1],
            "| checkout, many products | 40.00 orders/s |  |  |  |  | 0 |  |  |"
        );
        assert!(added[2].contains("| many products: 40 | 0.75 |"), "{}", added[2]);
        assert!(
            added[2].ends_with("| at least half as fast | yes |"),
            "{}",
            added[2]
        );
        let lost = all.lines().filter(|text| !with_it.contains(text));
        assert_eq!(lost.collect::<Vec<_>>(), [""; 0]);
        // Once more: in its own place.
        let again = document(&bench(), &machine("Tuesday"), &[checkout], &with_it);
        assert_eq!(again, with_it);
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(thousands(14_637.4), "14,637");
        assert_eq!(thousands(999.0), "999");
        assert_eq!(thousands(1_000_000.0), "1,000,000");
    }
}
