//! The query API: Redis in, HTTP out.
//!
//! It reads the views that the projectors keep and the sessions that the command API issues, and
//! writes nothing. `docs/api.md` tells clients about it.

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use query_api::config::{Cli, Command, Config};
use query_api::{App, router};
use telemetry::{admin, server, shutdown};

/// A request is a few dozen small allocations; this allocator does them in an eighth less CPU per request
/// than the C library's (measured on GET cart, two cores shared with everything else).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Openapi => print_openapi(),
        Command::Serve(config) => serve(config),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("query-api: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn print_openapi() -> anyhow::Result<()> {
    println!("{}", router::description().to_pretty_json()?);
    Ok(())
}

fn serve(config: Config) -> anyhow::Result<()> {
    telemetry::init("query-api")?;
    config.check()?;
    // One thread: a request is microseconds of work between two waits for Redis, and handing it to
    // another core costs more than doing it. More cores are used by more replicas.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(config))
}

async fn run(config: Config) -> anyhow::Result<()> {
    let stop = shutdown::signal().context("cannot listen for signals")?;
    let checks = admin::Checks::default();
    let app = App::build(&config, &checks, stop.clone())?;
    let listener = admin::listen(config.port).await?;
    let admin = admin::serve(config.admin_port, checks, stop.clone()).await?;
    tracing::info!(port = config.port, "the query API listens");
    server::serve(listener, router::of(app), stop).await;
    admin.await.context("the admin port failed")
}
