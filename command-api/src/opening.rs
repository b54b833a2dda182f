//! What `main` opens besides the loop and the relay: the tables beside the log, the payment gateway, background roles.

use std::sync::Arc;
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

use crate::command_loop::Handle;
use crate::config::Serve;
use crate::deadlines::DeadlineRole;
use crate::inbox::Inbox;
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
) -> anyhow::Result<Vec<JoinHandle<()>>> {
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
        let consumer =
            consumer::consumer(&config.kafka).context("the payment worker's Kafka client cannot be made")?;
        tasks.push(tokio::spawn(consumer::run(
            consumer,
            Arc::clone(&worker),
            token.clone(),
        )));
        tasks.push(tokio::spawn(worker.run(token.clone())));
    }
    if config.roles.contains(&Role::Deadlines) {
        let role = DeadlineRole {
            commands: commands.clone(),
            deadlines: stores.deadlines.clone(),
            reader: stores.reader.clone(),
            cart: Duration::from_hours(24 * config.cart_days),
        };
        tasks.push(tokio::spawn(role.run(token.clone())));
    }
    if !tasks.is_empty() {
        let watch = outstanding::watch(stores.deadlines.clone(), token.clone());
        tasks.push(tokio::spawn(watch));
    }
    Ok(tasks)
}

/// The relay, on a thread of its own, where this process has the role.
pub fn relay(
    config: &Serve,
    appended: Arc<Notify>,
    checks: &Checks,
    token: &CancellationToken,
) -> Option<std::io::Result<Thread>> {
    config.roles.contains(&Role::Relay).then(|| {
        relay::spawn(relay::Settings {
            database_url: config.database.database_url.expose_secret().to_owned(),
            kafka: config.kafka.clone(),
            appended,
            readiness: checks.reported("relay"),
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
    };
    notifications::spawn(notifications::Settings {
        database_url: config.database.database_url.expose_secret().to_owned(),
        kafka: config.kafka.clone(),
        reach: config.reach(),
        announced: Arc::clone(&webhooks.announced),
        followers: Followers {
            reader: stores.reader.clone(),
            texts: stores.texts.clone(),
            inbox: stores.inbox.clone(),
            sessions: sessions.clone(),
            commands: commands.clone(),
        },
        mails: config.mail.open(config.dev)?.map(|smtp| (smtp, facts)),
        token: token.clone(),
    })
    .map(Some)
}
