//! The projectors' binary: `run` keeps views, the other commands look after them.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use projectors::config::{Arguments, Command, Connections, Kept, Run};
use projectors::follow::Follower;
use projectors::rebuild;
use projectors::reporting;
use projectors::services::Services;
use read_model::View;
use telemetry::admin::{self, Checks};
use tokio::task::JoinSet;

/// The running projectors look at the pointer every second; after this they have taken the new generation over.
const HANDOVER: Duration = Duration::from_secs(3);

/// Folding is small allocations, one after another: the C library's allocator was the slower one, as in the two APIs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One thread: Redis, Kafka and PostgreSQL do their work in theirs, and folding is a small part of it.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Err(error) = telemetry::init("projectors") {
        eprintln!("projectors: {error}");
        return ExitCode::FAILURE;
    }
    let done = match arguments.command {
        Command::Run(options) => run(options).await,
        Command::Rebuild { view, connections } => match view {
            Kept::View(view) => rebuild_view(view, &connections).await,
            Kept::Reporting => rebuild_reporting(&connections).await,
        },
        Command::Parked { command, connections } => projectors::parked::run(command, &connections).await,
        Command::Verify { json, connections } => projectors::verify::run(json, &connections).await,
    };
    done.unwrap_or_else(|error| {
        eprintln!("projectors: {error:#}");
        ExitCode::FAILURE
    })
}

async fn run(options: Run) -> anyhow::Result<ExitCode> {
    if telemetry::failpoints_configured() && !options.dev {
        anyhow::bail!("FAILPOINTS is set: only a developer's machine (--dev) may have it");
    }
    let stop = telemetry::shutdown::signal()?;
    let checks = Checks::default();
    let admin = admin::serve(options.admin_port, checks.clone(), stop.clone()).await?;
    let services = Services::connect(&options.connections).await?;
    let mut followers = JoinSet::new();
    for kept in options.views {
        match kept {
            Kept::View(view) => {
                let follower = Follower::new(services.clone(), view, checks.reported(view.as_str()));
                followers.spawn(follower.run(stop.clone()));
            }
            Kept::Reporting => {
                let readiness = checks.reported(reporting::NAME);
                followers.spawn(reporting::keeper::run(services.clone(), readiness, stop.clone()));
            }
        }
    }
    probe(&checks, &services);
    while let Some(ended) = followers.join_next().await {
        ended?;
    }
    admin.await?;
    Ok(ExitCode::SUCCESS)
}

fn probe(checks: &Checks, services: &Services) {
    let store = services.store.clone();
    checks.probed("redis", move || {
        let mut store = store.clone();
        async move { store.ping().await.map_err(|error| error.to_string()) }
    });
    let log = services.log.clone();
    checks.probed("postgres", move || {
        let log = log.clone();
        async move { log.ping().await.map_err(|error| error.to_string()) }
    });
}

async fn rebuild_view(view: View, connections: &Connections) -> anyhow::Result<ExitCode> {
    let stop = telemetry::shutdown::signal()?;
    let services = Services::connect(connections).await?;
    let running = rebuild::rebuild(&services, view, &stop).await?;
    println!("{view}: generation {} is shown", running.generation);
    tokio::time::sleep(HANDOVER).await;
    running.finish().await;
    Ok(ExitCode::SUCCESS)
}

async fn rebuild_reporting(connections: &Connections) -> anyhow::Result<ExitCode> {
    let services = Services::connect(connections).await?;
    let rebuilt = reporting::rebuild::rebuild(&services).await?;
    println!(
        "reporting: {} streams from {} events",
        rebuilt.streams, rebuilt.events
    );
    Ok(ExitCode::SUCCESS)
}
