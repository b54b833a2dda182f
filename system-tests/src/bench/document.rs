//! `docs/benchmarks.md`: written whole by `./dev bench`, except for the notes between two markers, which people write.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use super::{Bench, Line, Machine};

const NOTES_BEGIN: &str =
    "<!-- notes: written by hand; ./dev bench keeps everything between these two markers -->";
const NOTES_END: &str = "<!-- end of notes -->";

/// What a benchmark should reach.
struct Aim {
    words: &'static str,
    reached: fn(&Line) -> bool,
}

/// # Errors
/// When the file cannot be read or written.
pub fn rewrite(path: &Path, bench: &Bench, machine: &Machine, lines: &[Line]) -> Result<()> {
    let notes = match std::fs::read_to_string(path) {
        Ok(old) => notes_of(&old).to_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "\n## Notes\n\n".to_owned(),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    let text = document(bench, machine, lines, &notes);
    std::fs::write(path, text).with_context(|| path.display().to_string())
}

fn notes_of(old: &str) -> &str {
    let after = old.split_once(NOTES_BEGIN).map_or("\n", |(_, after)| after);
    after.split_once(NOTES_END).map_or(after, |(notes, _)| notes)
}

fn document(bench: &Bench, machine: &Machine, lines: &[Line], notes: &str) -> String {
    let Machine {
        processor,
        cores,
        memory_gb,
        kernel,
        postgres,
        redis,
        date,
    } = machine;
    let mut text = format!(
        "# Benchmarks\n\nWritten by `./dev bench` on {date}: {processor}, {cores} cores, {memory_gb} GB, Linux {kernel}; \
         PostgreSQL {postgres} (synchronous_commit on), Redis {redis}, Kafka with one broker. Load generator, both APIs, \
         projectors and all three stores share these cores.\n\n\
         | | value | beside | ratio | p50 ms | p99 ms | failed | aim | reached |\n|---|---|---|---|---|---|---|---|---|\n"
    );
    for line in lines {
        let label = if line.name == "commands" {
            "commands, 32 clients"
        } else {
            line.name
        };
        row(&mut text, label, line, &aim(line.name, false));
        if let Some(at_128) = &line.at_128 {
            row(&mut text, "commands, 128 clients", at_128, &aim(line.name, true));
        }
    }
    for line in lines {
        if let Some(behind) = line
            .at_128
            .iter()
            .filter_map(|at| at.views_behind_max_ms)
            .chain(line.views_behind_max_ms)
            .reduce(f64::max)
        {
            let _ = write!(
                text,
                "\nDuring `{}` the views were at most {behind:.0} ms behind (aim: 1,000 ms).\n",
                line.name
            );
        }
        if let Some(peak) = line.peak_rss_mb {
            let _ = write!(text, "\n`{}` took at most {peak:.0} MB of memory.\n", line.name);
        }
    }
    let (seconds, rounds) = (bench.seconds, bench.rounds);
    let _ = write!(
        text,
        "\n## Method\n\nMedians of {rounds} rounds of {seconds} s, after a warm-up; what is compared takes turns, round by round.\n\n{METHOD}\n{NOTES_BEGIN}{notes}{NOTES_END}\n"
    );
    text
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
    let reached = if line.failed == 0 && (aim.reached)(line) {
        "yes"
    } else {
        "no"
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

fn aim(name: &str, at_128: bool) -> Aim {
    fn ratio(line: &Line, at_least: f64) -> bool {
        line.ratio.is_some_and(|ratio| ratio >= at_least)
    }
    fn views_keep_up(line: &Line) -> bool {
        line.views_behind_max_ms.is_some_and(|behind| behind <= 1_000.0)
    }
    match name {
        "commands" if at_128 => Aim {
            words: "1.0 × pgbench, views ≤ 1 s behind",
            reached: |line| ratio(line, 1.0) && views_keep_up(line),
        },
        "commands" => Aim {
            words: "0.7 × pgbench, views ≤ 1 s behind",
            reached: |line| ratio(line, 0.7) && views_keep_up(line),
        },
        "hot" => Aim {
            words: "as fast as commands",
            reached: |line| ratio(line, 1.0),
        },
        "queries" => Aim {
            words: "0.5 × redis-benchmark",
            reached: |line| ratio(line, 0.5),
        },
        "lag" => Aim {
            words: "p50 2 ms, p99 10 ms",
            reached: |line| {
                line.p50_ms.is_some_and(|p50| p50 <= 2.0) && line.p99_ms.is_some_and(|p99| p99 <= 10.0)
            },
        },
        _ => Aim {
            words: "100,000 events/s, constant memory",
            reached: |line| line.value >= 100_000.0,
        },
    }
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
- Latencies of `commands`, `hot` and `queries` are those of closed loops. Rate limits are raised; a 429 counts as failed.
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

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(thousands(14_637.4), "14,637");
        assert_eq!(thousands(999.0), "999");
        assert_eq!(thousands(1_000_000.0), "1,000,000");
    }
}
