//! What `main` opens besides the loop and the relay: the tables beside the log, the payment gateway, background roles.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context;
use event_store::Reader;
use event_store::contacts::Contacts;
use event_store::deadlines::Deadlines;
use event_store::gateway_notices::GatewayNotices;
use event_store::texts::Texts;
use secrecy::ExposeSecret;
use session::{GuestKey, Sessions};
use telemetry::admin::Checks;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::command_loop::{ALIVE_WITHIN, Handle, READY_WITHIN};
use crate::config::Serve;
use crate::deadlines::DeadlineRole;
use crate::inbox::Inbox;
use crate::keeping::keep;
use crate::mails::Facts;
use crate::notifications::{self, Followers, Webhooks};
use crate::outstanding;
use crate::payment::asking::Asking;
use crate::payment::config::Gateway;
use crate::payment::worker::Worker;
use crate::payment::{Payments, consumer};
use crate::relay;
use crate::roles::Role;

type Thread = std::thread::JoinHandle<()>;

/// PostgreSQL, as those see it who do not append.
pub struct Stores {
    pub reader: Reader,
    pub contacts: Contacts,
    pub texts: Texts,
    pub inbox: Inbox,
    pub deadlines: Deadlines,
    pub notices: GatewayNotices,
}

pub async fn stores(url: &str) -> anyhow::Result<Stores> {
    let unreachable = "PostgreSQL cannot be reached";
    Ok(Stores {
        reader: Reader::connect(url).await.context(unreachable)?,
        contacts: Contacts::connect(url).await.context(unreachable)?,
        texts: Texts::connect(url).await.context(unreachable)?,
        inbox: Inbox::new(url)?,
        deadlines: Deadlines::connect(url).await.context(unreachable)?,
        notices: GatewayNotices::connect(url).await.context(unreachable)?,
    })
}

pub async fn payments(
    config: &Serve,
    stores: &Stores,
    token: &CancellationToken,
) -> anyhow::Result<Payments> {
    let takes_webhooks = config.roles.contains(&Role::Payments);
    let own_webhooks = format!("http://127.0.0.1:{}/api/commands/payment-webhooks", config.port);
    let gateway = config
        .gateway
        .open(
            config.dev,
            &config.database.database_url,
            takes_webhooks.then_some(own_webhooks),
        )
        .await?;
    let (gateway_name, sandbox) = match &gateway {
        Gateway::Sandbox(sandbox) => ("sandbox", Some(Arc::clone(sandbox))),
        Gateway::Stripe(_) => ("stripe", None),
    };
    if let Some(sandbox) = sandbox.clone().filter(|_| takes_webhooks) {
        let token = token.clone();
        tokio::spawn(async move { sandbox.run(token).await });
    }
    Ok(Payments {
        gateway: gateway.shared(),
        gateway_name,
        publishable_key: config.gateway.stripe_publishable_key.clone(),
        sandbox,
        deadlines: stores.deadlines.clone(),
        notices: stores.notices.clone(),
        hastened: Arc::new(Notify::new()),
    })
}

/// The roles that work by themselves, each until it is told to stop.
pub fn background(
    config: &Serve,
    commands: &Handle,
    stores: &Stores,
    payments: &Payments,
    guest_key: &GuestKey,
    token: &CancellationToken,
) -> Vec<JoinHandle<()>> {
    let mut tasks = vec![];
    if config.roles.contains(&Role::PaymentWorker) {
        let asking = Asking {
            gateway: Arc::clone(&payments.gateway),
            public_origin: config.public_origin.first().cloned().unwrap_or_default(),
            guest_key: guest_key.clone(),
        };
        let worker = Arc::new(Worker::new(
            commands.clone(),
            stores.reader.clone(),
            stores.deadlines.clone(),
            asking,
            Arc::clone(&payments.hastened),
        ));
        let (kafka, notified, until) = (config.kafka.clone(), Arc::clone(&worker), token.clone());
        tasks.push(keep("payment worker: events", token.clone(), move || {
            let (kafka, worker, token) = (kafka.clone(), Arc::clone(&notified), until.clone());
            async move {
                match consumer::consumer(&kafka) {
                    Ok(consumer) => consumer::run(consumer, worker, token).await,
                    Err(error) => tracing::error!(%error, "the payment worker's Kafka client cannot be made"),
                }
            }
        }));
        let until = token.clone();
        tasks.push(keep("payment worker", token.clone(), move || {
            Arc::clone(&worker).run(until.clone())
        }));
    }
    if config.roles.contains(&Role::Deadlines) {
        let role = DeadlineRole {
            commands: commands.clone(),
            deadlines: stores.deadlines.clone(),
            reader: stores.reader.clone(),
            cart: Duration::from_hours(24 * config.cart_days),
        };
        let until = token.clone();
        tasks.push(keep("deadlines", token.clone(), move || {
            role.clone().run(until.clone())
        }));
    }
    if !tasks.is_empty() {
        let (deadlines, until) = (stores.deadlines.clone(), token.clone());
        tasks.push(keep("what is outstanding", token.clone(), move || {
            outstanding::watch(deadlines.clone(), until.clone())
        }));
    }
    tasks
}

/// Has the loop's heartbeat looked at by `/readyz` and `/healthz`.
pub fn watch_loop(commands: &Handle, checks: &Checks) {
    let heartbeat = commands.heartbeat();
    let vital = heartbeat.clone();
    checks.probed("command loop", move || {
        let state = heartbeat.check(READY_WITHIN);
        async move { state }
    });
    checks.vital("command loop", move || vital.check(ALIVE_WITHIN));
}

/// The relay, on a thread of its own, where this process has the role.
pub fn relay(
    config: &Serve,
    appended: Arc<Notify>,
    leads: Arc<AtomicBool>,
    checks: &Checks,
    token: &CancellationToken,
) -> Option<std::io::Result<Thread>> {
    config.roles.contains(&Role::Relay).then(|| {
        // Where there are routes, readiness is about what they need: Kafka away must not take commands away.
        let has_routes = config.roles.iter().copied().any(Role::has_routes);
        let readiness = (!has_routes).then(|| relay::Ready {
            relay: checks.reported("relay"),
            lag: checks.reported("relay-lag"),
        });
        relay::spawn(relay::Settings {
            database_url: config.database.database_url.expose_secret().to_owned(),
            kafka: config.kafka.clone(),
            appended,
            leads,
            readiness,
            patience: relay::Patience::default(),
            token: token.clone(),
        })
    })
}

/// What tells subscribers and customers, on a thread of its own, where this process has the role.
pub fn notifier(
    config: &Serve,
    webhooks: &Webhooks,
    stores: &Stores,
    commands: &Handle,
    sessions: &Sessions,
    guest_key: &GuestKey,
    token: &CancellationToken,
) -> anyhow::Result<Option<Thread>> {
    if !config.roles.contains(&Role::Notifications) {
        return Ok(None);
    }
    let facts = Facts {
        reader: stores.reader.clone(),
        contacts: stores.contacts.clone(),
        guest_key: guest_key.clone(),
        origin: config.public_origin.first().map_or("", String::as_str).into(),
        seller: Arc::new(config.seller()?),
        rules: Arc::new(config.policy()?.rules),
    };
    notifications::spawn(notifications::Settings {
        database_url: config.database.database_url.expose_secret().to_owned(),
        kafka: config.kafka.clone(),
        reach: config.reach(),
        announced: Arc::clone(&webhooks.announced),
        followers: Followers {
            reader: stores.reader.clone(),
            texts: stores.texts.clone(),
            sessions: sessions.clone(),
            commands: commands.clone(),
        },
        mails: config.mail.open(config.dev)?.map(|smtp| (smtp, facts)),
        token: token.clone(),
    })
    .map(Some)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::command_loop::testing::database;
    use crate::config::{Action, CommandLine};
    use crate::router;

    /// The configuration of a process with these roles, and with a Kafka that nobody answers for.
    fn serving(url: &str, roles: &str) -> Serve {
        let arguments = [
            "command-api",
            "serve",
            "--dev",
            "--roles",
            roles,
            "--database-url",
            url,
            "--kafka-brokers",
            "127.0.0.1:1",
            "--sessions-redis-url",
            "redis://127.0.0.1:1",
            "--public-origin",
            "http://shop.test",
        ];
        match CommandLine::try_parse_from(arguments).map(|line| line.action) {
            Ok(Action::Serve(config)) => *config,
            Ok(_) => panic!("it serves"),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_role_has_routes_where_the_router_has_some_for_it() {
        for role in Role::ALL {
            let (_, document) = router::routes(&[role]);
            let mut paths = document.paths.paths.keys();
            // Every process describes itself.
            let has_own = paths.any(|path| path != "/api/commands/openapi.json");
            assert_eq!(role.has_routes(), has_own, "{role}");
        }
    }

    #[tokio::test]
    async fn kafka_makes_a_process_with_routes_no_less_ready() {
        let url = database().await;
        for (roles, asks_the_relay) in [
            ("relay", true),
            ("relay,relay", true),
            ("deadlines,relay", true),
            ("payment-worker,deadlines,relay", true),
            ("carts,relay", false),
            ("relay,notifications", false),
            ("catalog,payments,requests,accounts,relay", false),
        ] {
            let (checks, token) = (Checks::default(), CancellationToken::new());
            let config = serving(&url, roles);
            let thread = relay(&config, Arc::default(), Arc::default(), &checks, &token);
            // What every process looks at, and finds well.
            checks.reported("postgresql").ok();
            let (is_ready, report) = checks.report().await;
            let names: Vec<&str> = report.keys().copied().collect();
            let (ready, checked): (_, &[&str]) = if asks_the_relay {
                (false, &["postgresql", "relay", "relay-lag"])
            } else {
                (true, &["postgresql"])
            };
            assert_eq!((is_ready, &*names), (ready, checked), "{roles}");
            // It ends by itself.
            token.cancel();
            drop(thread.unwrap().unwrap());
        }
    }
}
