//! What `main` opens besides the loop and the relay: the tables beside the log, the payment gateway, background roles.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use event_store::Reader;
use event_store::contacts::Contacts;
use event_store::deadlines::Deadlines;
use event_store::gateway_notices::GatewayNotices;
use secrecy::SecretString;
use session::GuestKey;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::command_loop::Handle;
use crate::config::{GatewayKind, GatewayOptions, Serve};
use crate::deadlines::DeadlineRole;
use crate::payment::gateway::PaymentGateway;
use crate::payment::sandbox::{self, Sandbox};
use crate::payment::stripe::{self, Stripe};
use crate::payment::webhook::WebhookSecrets;
use crate::payment::worker::Worker;
use crate::payment::{Asking, Payments, consumer};
use crate::roles::Role;

/// What the sandbox signs its webhooks with. It takes no money, so everybody may know it.
const SANDBOX_SECRET: &str = "whsec_c2FuZGJveC1nYXRld2F5LXNlY3JldA==";

/// How long the sandbox takes over a refund that is not made at once.
const SANDBOX_REFUNDS_TAKE: Duration = Duration::from_secs(5);
/// Charges on one page of a gateway's list.
const PAGE: u8 = 100;

/// PostgreSQL, as those see it who do not append.
pub struct Stores {
    pub reader: Reader,
    pub contacts: Contacts,
    pub deadlines: Deadlines,
    pub notices: GatewayNotices,
}

/// A gateway, and the sandbox once more where it is one.
pub struct Gateway {
    pub gateway: Arc<dyn PaymentGateway>,
    pub sandbox: Option<Arc<Sandbox>>,
}

pub async fn stores(url: &str) -> anyhow::Result<Stores> {
    let unreachable = "PostgreSQL cannot be reached";
    Ok(Stores {
        reader: Reader::connect(url).await.context(unreachable)?,
        contacts: Contacts::connect(url).await.context(unreachable)?,
        deadlines: Deadlines::connect(url).await.context(unreachable)?,
        notices: GatewayNotices::connect(url).await.context(unreachable)?,
    })
}

/// The configured gateway. `webhooks_to` is where the sandbox sends its webhooks, where it is to send any.
///
/// # Errors
/// A sentence that names what is missing.
pub async fn gateway(
    options: &GatewayOptions,
    dev: bool,
    database_url: &str,
    webhooks_to: Option<String>,
) -> anyhow::Result<Gateway> {
    match options.payment_gateway {
        GatewayKind::Sandbox if !dev => {
            bail!("PAYMENT_GATEWAY is sandbox, which takes no money: set it to stripe, or start with --dev")
        }
        GatewayKind::Sandbox => {
            let secret: SecretString = SANDBOX_SECRET.to_owned().into();
            let sandbox = Sandbox::connect(sandbox::Settings {
                database_url: database_url.to_owned(),
                webhook_url: webhooks_to,
                webhook_secrets: WebhookSecrets::new(vec![secret]),
                refund_settles_after: SANDBOX_REFUNDS_TAKE,
                page_size: PAGE,
            })
            .await
            .context("the sandbox gateway cannot open its books in PostgreSQL")?;
            let sandbox = Arc::new(sandbox);
            let gateway: Arc<dyn PaymentGateway> = Arc::<Sandbox>::clone(&sandbox);
            Ok(Gateway {
                gateway,
                sandbox: Some(sandbox),
            })
        }
        GatewayKind::Stripe => {
            let key = options
                .stripe_secret_key
                .clone()
                .context("STRIPE_SECRET_KEY is not set: without it nobody can pay")?;
            if options.payment_webhook_secrets.is_empty() {
                bail!(
                    "PAYMENT_WEBHOOK_SECRETS is not set: without it Stripe's webhooks cannot be told from forged ones"
                );
            }
            let secrets = options.payment_webhook_secrets.clone();
            let stripe = Stripe::new(stripe::Settings {
                base_url: options.stripe_api.clone(),
                secret_key: key,
                webhook_secrets: WebhookSecrets::new(secrets),
                limits: stripe::Limits::default(),
                page_size: PAGE,
            })?;
            Ok(Gateway {
                gateway: Arc::new(stripe),
                sandbox: None,
            })
        }
    }
}

pub async fn payments(
    config: &Serve,
    database_url: &str,
    stores: &Stores,
    token: &CancellationToken,
) -> anyhow::Result<Payments> {
    let own_webhooks = format!("http://127.0.0.1:{}/api/commands/payment-webhooks", config.port);
    let takes_webhooks = config.roles.contains(&Role::Payments);
    let Gateway { gateway, sandbox } = self::gateway(
        &config.gateway,
        config.dev,
        database_url,
        takes_webhooks.then_some(own_webhooks),
    )
    .await?;
    if let Some(sandbox) = sandbox.clone().filter(|_| takes_webhooks) {
        let token = token.clone();
        tokio::spawn(async move { sandbox.run(token).await });
    }
    Ok(Payments {
        gateway,
        gateway_name: match config.gateway.payment_gateway {
            GatewayKind::Sandbox => "sandbox",
            GatewayKind::Stripe => "stripe",
        },
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
    Ok(tasks)
}
