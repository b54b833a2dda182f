//! `./dev load`: drives a running shop with real baskets and checks what it shows. Exit 0 fine, 1 failed, 2 wrong usage.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use system_tests::baskets::{self, Baskets};
use system_tests::http::host_of;
use system_tests::load::{self, Options};

/// Every line of a basket file becomes the cart of a guest; then the read models are compared with what was sent.
#[derive(Parser)]
struct Arguments {
    /// Every line a basket: names of products separated by commas
    #[arg(long, value_name = "FILE")]
    baskets: PathBuf,
    /// Shoppers at the same time, each on a connection of its own
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=4096))]
    concurrency: u16,
    /// Commands per second that are meant to start; absent: as fast as it goes
    #[arg(long, value_name = "N", value_parser = rate)]
    rate: Option<f64>,
    /// Every cart becomes an order that is paid (with a card of the sandbox gateway)
    #[arg(long)]
    checkout: bool,
    /// One line of JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Where the shop is
    #[arg(long, default_value = "http://127.0.0.1:7400", env = "ORIGIN")]
    origin: String,
    /// Where the command API is, if not behind the origin
    #[arg(long, value_name = "ORIGIN")]
    command_api: Option<String>,
    /// Where the query API is, if not behind the origin
    #[arg(long, value_name = "ORIGIN")]
    query_api: Option<String>,
    /// Lists the products that the shop does not have yet
    #[arg(long, env = "STAFF_TOKEN", hide_env_values = true)]
    staff_token: Option<String>,
    /// A file that holds the staff token, where `STAFF_TOKEN` is not given
    #[arg(long, env = "STAFF_TOKEN_FILE", default_value = ".local/staff-token")]
    staff_token_file: PathBuf,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| format!("{text:?} is not a number"))?;
    if rate > 0.0 && rate <= 1e6 {
        Ok(rate)
    } else {
        Err("must be above 0 and at most 1000000".to_owned())
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (baskets, options) = match prepare(&arguments) {
        Ok(prepared) => prepared,
        Err(error) => {
            eprintln!("{error:#}");
            return ExitCode::from(2);
        }
    };
    match drive(options, baskets) {
        Ok(report) => {
            if arguments.json {
                println!(
                    "{}",
                    serde_json::to_string(&report).expect("a report holds only numbers")
                );
                report
                    .complaints
                    .iter()
                    .for_each(|complaint| eprintln!("{complaint}"));
            } else {
                println!("{report}");
            }
            if report.is_clean() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn prepare(arguments: &Arguments) -> Result<(Baskets, Options)> {
    let file = &arguments.baskets;
    let bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let baskets = baskets::parse(&bytes).with_context(|| file.display().to_string())?;
    let host = |own: &Option<String>| host_of(own.as_ref().unwrap_or(&arguments.origin));
    let options = Options {
        commands: host(&arguments.command_api)?,
        queries: host(&arguments.query_api)?,
        staff_token: staff_token(arguments.staff_token.as_deref(), &arguments.staff_token_file)?,
        concurrency: arguments.concurrency.into(),
        rate: arguments.rate,
        checkout: arguments.checkout,
        progress: !arguments.json,
    };
    Ok((baskets, options))
}

fn staff_token(given: Option<&str>, file: &Path) -> Result<String> {
    if let Some(token) = given {
        return Ok(token.to_owned());
    }
    let missing = || {
        format!(
            "there is no staff token: set STAFF_TOKEN, or name a file; {} cannot be read",
            file.display()
        )
    };
    let token = std::fs::read_to_string(file)
        .with_context(missing)?
        .trim()
        .to_owned();
    ensure!(
        !token.is_empty(),
        "{} is empty; it should hold the staff token",
        file.display()
    );
    Ok(token)
}

/// One thread: on a small machine the load must not take the cores from what it drives.
fn drive(options: Options, baskets: Baskets) -> Result<load::Report> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    tokio::task::LocalSet::new().block_on(&runtime, load::run(options, baskets))
}
