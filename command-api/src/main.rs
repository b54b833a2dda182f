//! The command API: commands in, events out. `docs/architecture.md` walks one command through it.

mod accounts;
mod admission;
mod audit;
mod command_loop;
mod conditions;
mod config;
mod deadlines;
mod email;
mod error;
mod fields;
mod housekeeping;
mod identity;
mod inbox;
mod keeping;
mod limits;
mod mails;
mod notifications;
mod opening;
mod outstanding;
mod payment;
mod phone;
mod relay;
mod request;
mod roles;
mod router;
mod routes;
mod seller;
mod strict;
mod to_its_end;
mod topics;
mod unpaid_orders;
mod urls;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;
use std::time::Duration;

use accounts::Accounts;
use accounts::epoch::Ended;
use accounts::second_factor::SecondFactors;
use anyhow::{Context, ensure};
use clap::Parser;
use config::{Action, CommandLine, Grant, Migrate, NewIncarnation, Reconcile, ResetFactors, Serve};
use housekeeping::Housekeeping;
use keeping::keep;
use notifications::Webhooks;
use roles::Role;
use router::App;
use secrecy::ExposeSecret;
use session::security::{self, Event};
use session::{ApiKeys, Attempts, CookieKind, Guesses, GuestKey, Sessions};
use telemetry::admin::{self, Checks};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use unpaid_orders::UnpaidOrders;

/// A command is a few dozen small allocations: a fifth of this process's time went into the C library's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The exit code of a process whose command loop ended although commands could still come: `EX_SOFTWARE` of sysexits.h.
const LOOP_ENDED: i32 = 70;

fn main() -> ExitCode {
    match execute(CommandLine::parse().action) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("command-api: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(action: Action) -> anyhow::Result<()> {
    telemetry::init("command-api")?;
    // One thread for HTTP, one for the loop, one for the relay: on two cores more threads were slower.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match action {
        Action::Serve(config) => runtime.block_on(serve(*config)),
        Action::Migrate(config) => runtime.block_on(migrate(config)),
        Action::Reconcile(config) => runtime.block_on(reconcile(*config)),
        Action::Grant(config) => runtime.block_on(grant(config)),
        Action::ResetFactors(config) => runtime.block_on(reset_factors(config)),
        Action::Parked(command) => runtime.block_on(notifications::parked(command)),
        Action::GatewayCheck(check) => runtime.block_on(payment::check::run(*check)),
        Action::NewIncarnation(config) => runtime.block_on(new_incarnation(config)),
        Action::Republish(config) => runtime.block_on(relay::republishing::republish(&config)),
        Action::Openapi => {
            println!("{}", router::routes(&Role::ALL).1.to_pretty_json()?);
            Ok(())
        }
    }
}

async fn migrate(config: Migrate) -> anyhow::Result<()> {
    let url = config.database.url(config.dev)?;
    if config.dev {
        payment::sandbox::make_books(url)
            .await
            .context("the sandbox cannot keep its books")?;
    }
    event_store::migrations::run(url)
        .await
        .context("the database cannot be migrated")?;
    let written = command_loop::write_missing_snapshots(url).await.context(
        "snapshots of long streams cannot be written; `migrate` goes on there when it is called again",
    )?;
    tracing::info!(
        written,
        "every long stream has a snapshot that this release can read"
    );
    topics::prepare(&config).await?;
    tracing::info!("the database and the topics are as this release needs them");
    Ok(())
}

/// Where the log is from before there were incarnations, it is migrated first.
async fn new_incarnation(config: NewIncarnation) -> anyhow::Result<()> {
    let url = config.database.url(false)?;
    event_store::migrations::run(url)
        .await
        .context("the database cannot be migrated")?;
    let renewed = event_store::incarnation::renew(url, &config.reason).await?;
    println!(
        "events past position {} belong to incarnation {}",
        renewed.since, renewed.id
    );
    Ok(())
}

/// Prints the report; ends with 1 where the shop and the gateway do not say the same.
async fn reconcile(config: Reconcile) -> anyhow::Result<()> {
    let database_url = config.database.url(config.dev)?;
    let reader = event_store::Reader::connect(database_url)
        .await
        .context("PostgreSQL cannot be reached")?;
    let gateway = config
        .gateway
        .open(config.dev, &config.database.database_url, None)
        .await?
        .shared();
    let since = time::OffsetDateTime::now_utc() - Duration::from_hours(24 * config.days);
    let report = payment::reconciliation::reconcile(&reader, &*gateway, since).await?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    ensure!(
        report.differences.is_empty(),
        "the shop and the payment gateway differ in {} charges; each is named above",
        report.differences.len()
    );
    Ok(())
}

/// Gives or takes a role. Whoever it is signs in again.
async fn grant(config: Grant) -> anyhow::Result<()> {
    let role = config.role;
    let accounts = Accounts::new(config.database.url(false)?)?;
    let sessions = config.sessions.open()?;
    let (account, ended) = accounts::granting::set_role(&accounts.pool, &config.email, role, !config.revoke)
        .await
        .map_err(|error| config.explained(error))?;
    let event = if config.revoke {
        Event::RoleRevoked
    } else {
        Event::RoleGranted
    };
    security::record(event, Some(account.id), role.name());
    let roles: Vec<&str> = account.roles.iter().map(session::Role::name).collect();
    println!("{} is {} now.", config.email, roles.join(", "));
    // Sessions and keys know their roles by themselves.
    let what = if config.revoke {
        "Its sessions, and API keys of the role,"
    } else {
        "Its sessions"
    };
    tell_and_say(ended, &sessions, what).await;
    Ok(())
}

/// Tells Redis what has ended. It is done either way: whoever runs this is told by when it counts.
async fn tell_and_say(ended: Ended, sessions: &Sessions, what: &str) {
    match ended.tell(sessions, &ApiKeys::of(sessions)).await {
        Ok(()) => println!("{what} have ended: it signs in again."),
        Err(error) => println!("{what} end within a minute, when a command API tells Redis of it. {error}"),
    }
}

/// Removes every second factor of somebody who has lost all of them.
async fn reset_factors(config: ResetFactors) -> anyhow::Result<()> {
    let accounts = Accounts::new(config.database.url(false)?)?;
    let sessions = config.sessions.open()?;
    let reset = accounts::second_factor::resetting::reset(&accounts.pool, &config.email)
        .await
        .map_err(|error| config.explained(error))?;
    security::record(Event::FactorsReset, Some(reset.account.id), "");
    for role in reset.revoked.iter() {
        security::record(Event::RoleRevoked, Some(reset.account.id), role.name());
    }
    println!("{} has no second factor any more; a mail says so.", config.email);
    if reset.revoked.is_privileged() {
        let roles: Vec<&str> = reset.revoked.iter().map(session::Role::name).collect();
        println!(
            "It is not {} any more. Once it has set up a second factor under Account → Security, grant that again.",
            roles.join(", ")
        );
    }
    tell_and_say(reset.ended, &sessions, "Its sessions and API keys").await;
    Ok(())
}

async fn serve(config: Serve) -> anyhow::Result<()> {
    ensure!(
        config.dev || !telemetry::failpoints_configured(),
        "FAILPOINTS is set: it is for tests, with --dev"
    );
    let (staff_token, guest_key) = config.secrets()?;
    let guest_key = GuestKey::parse(&guest_key)?.and_previous(config.guest_cookie_key_previous.as_ref())?;
    let cookies = CookieKind::of_origins(&config.public_origin, config.dev)?;
    let second_factors = SecondFactors::new(&config.second_factor_key()?, &config.public_origin)?;
    let policy = Arc::new(config.policy()?);
    config.gateway.check(config.dev)?;
    let seller = config.seller()?;
    config.check_stores().await?;
    let trusted_proxies = config.limits.trusted_proxies(config.dev)?;
    let database_url = config.database.url(config.dev)?.to_owned();
    let token = telemetry::shutdown::signal()?;
    let checks = Checks::default();
    let (appended, relay_leads) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));

    let settings = command_loop::Settings {
        database_url: database_url.clone(),
        queue: config.queue,
        batch: config.batch,
        cache: config.cache,
        appended: Arc::clone(&appended),
        leads: Arc::clone(&relay_leads),
        policy: Arc::clone(&policy),
    };
    let (commands, loop_thread) = command_loop::spawn(settings, || std::process::exit(LOOP_ENDED))?;
    opening::watch_loop(&commands, &checks);
    // The relay goes on until the last command is stored.
    let relay_token = CancellationToken::new();
    let relay_thread = opening::relay(&config, appended, relay_leads, &checks, &relay_token);
    let event_types = notifications::event_types(&notifications::TOPICS);
    let webhooks = Webhooks::new(&database_url, config.reach(), event_types)?;
    let redis_url = config.sessions_redis_url.expose_secret();
    let sessions = Sessions::connect(redis_url, &config.redis_prefix, cookies, guest_key.clone())?;
    check_dependencies(&checks, &sessions, &database_url).await?;

    let limits = Arc::new(config.limits.rates());
    let stores = opening::stores(&database_url).await?;
    let notifications_thread = opening::notifier(
        &config, &webhooks, &stores, &commands, &sessions, &guest_key, &token,
    )?;
    let payments = opening::payments(&config, &stores, &token).await?;
    let background = opening::background(&config, &commands, &stores, &payments, &guest_key, &token);
    let accounts = Accounts::new(&database_url)?;
    let housekeeping = Housekeeping {
        database_url,
        limits: Arc::clone(&limits),
        contacts: stores.contacts.clone(),
        texts: stores.texts.clone(),
        notices: stores.notices.clone(),
        reader: stores.reader.clone(),
        accounts: accounts.pool.clone(),
    };
    let housekeeping = Arc::new(housekeeping);
    keep("housekeeping", token.clone(), move || {
        Arc::clone(&housekeeping).run()
    });
    let public_origins = config.public_origin.clone();
    let api_keys = ApiKeys::of(&sessions);
    if config.roles.contains(&Role::Accounts) {
        publish_accounts(accounts.pool.clone(), sessions.clone(), api_keys.clone(), &token);
    }
    let unpaid = UnpaidOrders::new(&config.limits.unpaid, &stores, &sessions, &guest_key, &policy);
    let app = App {
        commands,
        attempts: Attempts::of(&sessions),
        sessions,
        accounts,
        second_factors,
        api_keys,
        staff_token,
        guesses: Guesses::default(),
        public_origins,
        limits,
        quotas: config.limits.quotas(),
        unpaid,
        trusted_proxies,
        policy,
        guest_key,
        reader: stores.reader,
        contacts: stores.contacts,
        texts: stores.texts,
        inbox: stores.inbox,
        payments,
        webhooks,
        seller,
    };
    let router = router::router(Arc::new(app), &config.roles);
    let listener = admin::listen(config.port).await?;
    let admin_port = admin::serve(config.admin_port, checks, token.clone()).await?;
    tracing::info!(port = config.port, "the command API listens");

    telemetry::server::serve(listener, router, token).await;
    drop(admin_port);
    for task in background {
        task.await?;
    }
    let threads = [relay_thread.transpose()?, notifications_thread];
    finish(loop_thread, &relay_token, threads).await
}

/// What PostgreSQL has of API keys and of epochs, to where sessions are looked up.
fn publish_accounts(pool: database::Pool, sessions: Sessions, keys: ApiKeys, token: &CancellationToken) {
    keep("API keys and epochs", token.clone(), move || {
        accounts::publishing::keep_published(pool.clone(), sessions.clone(), keys.clone())
    });
}

/// Stores what waits, and gives what publishes and tells a moment to come to its end.
async fn finish(
    loop_thread: JoinHandle<()>,
    relay_token: &CancellationToken,
    threads: [Option<JoinHandle<()>>; 2],
) -> anyhow::Result<()> {
    // The last handle went with the router: the loop stores what waits, and ends.
    tokio::task::spawn_blocking(move || loop_thread.join())
        .await?
        .map_err(|_| anyhow::anyhow!("the loop panicked"))?;
    relay_token.cancel();
    // What Kafka does not take now, the next relay publishes; what a subscriber does not take, the next sender sends.
    for thread in threads.into_iter().flatten() {
        let _ = tokio::time::timeout(Duration::from_secs(5), ended(&thread)).await;
    }
    Ok(())
}

/// Asks every moment: a task that joins the thread would outlive its time limit, and the runtime would wait for it.
async fn ended(thread: &JoinHandle<()>) {
    while !thread.is_finished() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn check_dependencies(checks: &Checks, sessions: &Sessions, database_url: &str) -> anyhow::Result<()> {
    let sessions = sessions.clone();
    checks.probed("redis", move || {
        let sessions = sessions.clone();
        async move { sessions.ping().await.map_err(|error| error.to_string()) }
    });
    let reader = event_store::Reader::connect(database_url)
        .await
        .context("PostgreSQL cannot be reached")?;
    checks.probed("postgresql", move || {
        let reader = reader.clone();
        async move { reader.ping().await.map_err(|error| error.to_string()) }
    });
    Ok(())
}
