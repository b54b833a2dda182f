//! `./dev bench`: measures a copy of the system that runs already. Exit 0 fine, 1 failed, 2 wrong usage.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use system_tests::bench::{self, Bench, Benchmark, Line, Machine};

/// Measures the system beside what the machine can do. Without NAME all of it.
#[derive(Parser)]
struct Arguments {
    name: Option<Benchmark>,
    /// One line of JSON per benchmark
    #[arg(long)]
    json: bool,
    /// Writes the result of NAME down as well; all of them are written down anyway
    #[arg(long, requires = "name")]
    write: bool,
    /// Where results are written down
    #[arg(long, default_value = "docs/benchmarks.md")]
    report: PathBuf,
    #[command(flatten)]
    bench: Bench,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match measure(&arguments) {
        Ok(lines) if lines.iter().all(|line| failed(line) == 0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// One thread: the load must not take the cores from what it measures.
fn measure(arguments: &Arguments) -> Result<Vec<Line>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let chosen = arguments.name.map_or(Benchmark::ALL.to_vec(), |name| vec![name]);
        let mut lines = vec![];
        for benchmark in chosen {
            let line = bench::run(&arguments.bench, benchmark).await?;
            if arguments.json {
                println!("{}", serde_json::to_string(&line)?);
            } else {
                println!("{}", in_words(&line));
            }
            lines.push(line);
        }
        if arguments.name.is_none() || arguments.write {
            let machine = Machine::look(&arguments.bench).await?;
            bench::rewrite(&arguments.report, &arguments.bench, &machine, &lines)?;
            eprintln!("written down in {}", arguments.report.display());
        }
        Ok(lines)
    })
}

fn failed(line: &Line) -> u64 {
    let compared = line.at_128.iter().chain(&line.one_product);
    line.failed + compared.map(|line| line.failed).sum::<u64>()
}

fn in_words(line: &Line) -> String {
    let mut words = vec![format!("{:<9}{:>12.1} {}", line.name, line.value, line.unit)];
    if let (Some(reference), Some(value), Some(ratio)) = (line.reference, line.reference_value, line.ratio) {
        words.push(format!("{ratio:.2} x {reference} ({value:.1})"));
    }
    if let (Some(p50), Some(p99)) = (line.p50_ms, line.p99_ms) {
        words.push(format!("p50 {p50:.2} ms, p99 {p99:.2} ms"));
    }
    words.extend(line.peak_rss_mb.map(|peak| format!("at most {peak:.0} MB")));
    words.extend(
        line.views_behind_max_ms
            .map(|behind| format!("views at most {behind:.0} ms behind")),
    );
    words.push(format!("{} failed", line.failed));
    let at_128 = line
        .at_128
        .as_ref()
        .map(|at_128| format!("\nwith 128: {}", in_words(at_128)));
    let one_product = line
        .one_product
        .as_ref()
        .map(|one_product| format!("\nof one product: {}", in_words(one_product)));
    words.join(", ") + &at_128.or(one_product).unwrap_or_default()
}
