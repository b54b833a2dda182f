//! The projectors' binary: `run` keeps views, the other commands look after them.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use projectors::checkpoints::{OfTables, OfView};
use projectors::config::{Arguments, Command, Connections, Kept, Run};
use projectors::follow::Follower;
use projectors::log_lag::{self, LogLag};
use projectors::rebuild;
use projectors::reporting;
use projectors::services::Services;
use read_model::View;
use telemetry::admin::{self, Checks};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The running projectors look at the pointer every second; after this they have taken the new generation over.
const HANDOVER: Duration = Duration::from_secs(3);
/// For all that stops when the process is told to, whatever the servers do.
const STOP_LIMIT: Duration = Duration::from_secs(7);

/// Folding is small allocations, one after another: the C library's allocator was the slower one, as in the two APIs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let started = telemetry::init("projectors")
        .map_err(anyhow::Error::from)
        .and_then(|()| Ok(runtime()?));
    let code = match started {
        Ok(runtime) => {
            let code = runtime.block_on(execute(arguments.command));
            // Not even for a question to Kafka that is under way.
            runtime.shutdown_background();
            code
        }
        Err(error) => Err(error),
    };
    code.unwrap_or_else(|error| {
        eprintln!("projectors: {error:#}");
        ExitCode::FAILURE
    })
}

/// One thread: Redis, Kafka and PostgreSQL do their work in theirs, and folding is a small part of it.
fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

async fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match &command {
        Command::Run(options) => options.check()?,
        Command::Rebuild { connections, .. }
        | Command::Parked { connections, .. }
        | Command::Verify { connections, .. } => connections.check_database()?,
    }
    match command {
        Command::Run(options) => run(options).await,
        Command::Rebuild { view, connections } => match view {
            Kept::View(view) => rebuild_view(view, &connections).await,
            Kept::Reporting => rebuild_reporting(&connections).await,
        },
        Command::Parked { command, connections } => projectors::parked::run(command, &connections).await,
        Command::Verify { json, connections } => projectors::verify::run(json, &connections).await,
    }
}

async fn run(options: Run) -> anyhow::Result<ExitCode> {
    let stop = telemetry::shutdown::signal()?;
    let checks = Checks::default();
    let admin = admin::serve(options.admin_port, checks.clone(), stop.clone()).await?;
    let services = tokio::select! {
        services = Services::connect(&options.connections) => services?,
        () = stop.cancelled() => return Ok(ExitCode::SUCCESS),
    };
    options.check_database_user().await?;
    let services = services.instance(options.group_instance_id);
    let mut followers = JoinSet::new();
    for kept in options.views {
        match kept {
            Kept::View(view) => {
                let follower = Follower::new(services.clone(), view, checks.reported(view.as_str()));
                followers.spawn(follower.run(stop.clone()));
                let of = OfView {
                    services: services.clone(),
                    view,
                };
                let lag = LogLag::new(services.log.clone(), of, view.aggregate_types());
                followers.spawn(log_lag::run(view.as_str(), lag, stop.clone()));
            }
            Kept::Reporting => {
                let readiness = checks.reported(reporting::NAME);
                followers.spawn(reporting::keeper::run(services.clone(), readiness, stop.clone()));
                let of = OfTables(services.clone());
                let lag = LogLag::new(services.log.clone(), of, &::reporting::AGGREGATE_TYPES);
                followers.spawn(log_lag::run(reporting::NAME, lag, stop.clone()));
            }
        }
    }
    probe(&checks, &services);
    tokio::select! {
        ended = all(&mut followers) => ended?,
        () = stopped_for(&stop, STOP_LIMIT) => {
            tracing::warn!("a server does not answer: batches under way are given up and done again from their records");
        }
    }
    // Nobody waits for whoever looks at metrics just now.
    drop(admin);
    Ok(ExitCode::SUCCESS)
}

/// Waits for all of them. One that panics ends the process: whoever restarts it makes it whole again.
async fn all(followers: &mut JoinSet<()>) -> anyhow::Result<()> {
    while let Some(ended) = followers.join_next().await {
        ended?;
    }
    Ok(())
}

/// Waits until the process was told to stop this long ago.
async fn stopped_for(stop: &CancellationToken, limit: Duration) {
    stop.cancelled().await;
    tokio::time::sleep(limit).await;
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
