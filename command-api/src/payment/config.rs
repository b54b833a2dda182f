//! Which gateway is asked, and with which secrets. Part of the command API's configuration.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret, SecretString};

use super::gateway::PaymentGateway;
use super::sandbox::{self, Sandbox};
use super::stripe::{self, Limits, Stripe};
use super::webhook::WebhookSecrets;

/// What the sandbox signs its webhooks with when nothing else is configured; there is no sandbox without `--dev`.
const DEV_WEBHOOK_SECRET: &str = "whsec_for_development";
/// In bytes. Stripe's have twice as many.
const SHORTEST_WEBHOOK_SECRET: usize = 16;
/// The most that Stripe gives.
const PAGE_SIZE: u8 = 100;
/// Ten thousand charges: more than any shop makes while Stripe's search lags behind.
const MOST_PAGES: usize = 100;
/// Long enough to be seen, short enough to be waited for.
const REFUND_SETTLES_AFTER: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GatewayKind {
    /// Stripe's test cards without Stripe. Only with `--dev`, and the default there.
    Sandbox,
    Stripe,
}

#[derive(Args, Clone)]
pub struct GatewayArgs {
    /// Who charges the cards.
    #[arg(long, env = "PAYMENT_GATEWAY")]
    pub payment_gateway: Option<GatewayKind>,
    /// Stripe's secret key: `sk_…`, or a restricted one, `rk_…`.
    #[arg(long, env = "STRIPE_SECRET_KEY", hide_env_values = true)]
    pub stripe_secret_key: Option<SecretString>,
    /// Stripe's key for browsers: `pk_…`.
    #[arg(long, env = "STRIPE_PUBLISHABLE_KEY")]
    pub stripe_publishable_key: Option<String>,
    /// What webhooks are signed with: `whsec_…`. Two with a comma while one replaces the other.
    #[arg(
        long,
        env = "PAYMENT_WEBHOOK_SECRETS",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub payment_webhook_secrets: Vec<SecretString>,
    /// Where Stripe's API is.
    #[arg(long, env = "STRIPE_API_BASE", default_value = "https://api.stripe.com")]
    pub stripe_api_base: String,
}

/// The gateway that was configured.
pub enum Gateway {
    Sandbox(Arc<Sandbox>),
    Stripe(Arc<Stripe>),
}

impl Gateway {
    pub fn shared(&self) -> Arc<dyn PaymentGateway> {
        match self {
            Self::Sandbox(sandbox) => Arc::<Sandbox>::clone(sandbox),
            Self::Stripe(stripe) => Arc::<Stripe>::clone(stripe),
        }
    }
}

impl GatewayArgs {
    /// # Errors
    /// A sentence for whoever starts the process: what is not set, or set to something that cannot be.
    pub fn kind(&self, dev: bool) -> anyhow::Result<GatewayKind> {
        match (self.payment_gateway, dev) {
            (Some(GatewayKind::Stripe), _) => Ok(GatewayKind::Stripe),
            (Some(GatewayKind::Sandbox) | None, true) => Ok(GatewayKind::Sandbox),
            (Some(GatewayKind::Sandbox), false) => {
                bail!(
                    "PAYMENT_GATEWAY is sandbox, which charges nobody: it is for a developer's machine, with --dev"
                )
            }
            (None, false) => {
                bail!(
                    "PAYMENT_GATEWAY is not set. Set it to stripe, or start with --dev on a developer's machine."
                )
            }
        }
    }

    /// Whether a process may run with it: all that can be said before anything is opened.
    ///
    /// # Errors
    /// A sentence for whoever starts the process: what is not set, or set to something that cannot be.
    pub fn check(&self, dev: bool) -> anyhow::Result<()> {
        self.check_webhook_secrets(dev)?;
        if self.kind(dev)? == GatewayKind::Stripe {
            ensure!(
                !self.payment_webhook_secrets.is_empty(),
                "PAYMENT_WEBHOOK_SECRETS is not set: without it nobody can tell Stripe's webhooks from others"
            );
            self.stripe()?;
        }
        Ok(())
    }

    /// `webhook_url` is where the sandbox sends its webhooks: our own route for them.
    ///
    /// # Errors
    /// A sentence for whoever starts the process: what is not set, or that the sandbox's database cannot be reached.
    pub async fn open(
        &self,
        dev: bool,
        database_url: &SecretString,
        webhook_url: Option<String>,
    ) -> anyhow::Result<Gateway> {
        self.check(dev)?;
        match self.kind(dev)? {
            GatewayKind::Sandbox => {
                let mut secrets = self.payment_webhook_secrets.clone();
                if secrets.is_empty() {
                    secrets.push(DEV_WEBHOOK_SECRET.into());
                }
                let sandbox = Sandbox::connect(sandbox::Settings {
                    database_url: database_url.expose_secret().to_owned(),
                    webhook_url,
                    webhook_secrets: WebhookSecrets::new(secrets),
                    refund_settles_after: REFUND_SETTLES_AFTER,
                    page_size: PAGE_SIZE,
                });
                Ok(Gateway::Sandbox(Arc::new(
                    sandbox.await.context("the sandbox cannot keep its books")?,
                )))
            }
            GatewayKind::Stripe => Ok(Gateway::Stripe(Arc::new(self.stripe()?))),
        }
    }

    /// # Errors
    /// When anybody could sign with one of them: an empty one is what a comma at the end leaves.
    fn check_webhook_secrets(&self, dev: bool) -> anyhow::Result<()> {
        for secret in &self.payment_webhook_secrets {
            let secret = secret.expose_secret();
            ensure!(
                secret.len() >= SHORTEST_WEBHOOK_SECRET,
                "PAYMENT_WEBHOOK_SECRETS has a secret of fewer than {SHORTEST_WEBHOOK_SECRET} characters (nothing before or behind a comma is one, too)"
            );
            ensure!(
                dev || secret != DEV_WEBHOOK_SECRET,
                "PAYMENT_WEBHOOK_SECRETS has the secret that everybody can read in the source. Take the gateway's."
            );
        }
        Ok(())
    }

    /// # Errors
    /// When there is no key, or one that is not Stripe's. The key itself is in no message.
    pub fn stripe(&self) -> anyhow::Result<Stripe> {
        let secret_key = self
            .stripe_secret_key
            .clone()
            .context("STRIPE_SECRET_KEY is not set")?;
        ensure!(
            ["sk_", "rk_"]
                .iter()
                .any(|prefix| secret_key.expose_secret().starts_with(prefix)),
            "STRIPE_SECRET_KEY is no secret key of Stripe's: those begin with sk_ or rk_"
        );
        if let Some(publishable) = &self.stripe_publishable_key {
            ensure!(
                publishable.starts_with("pk_"),
                "STRIPE_PUBLISHABLE_KEY is sent to browsers and has to begin with pk_: this may be a secret"
            );
        }
        Stripe::new(stripe::Settings {
            base_url: self.stripe_api_base.clone(),
            secret_key,
            webhook_secrets: WebhookSecrets::new(self.payment_webhook_secrets.clone()),
            limits: Limits::default(),
            page_size: PAGE_SIZE,
            most_pages: MOST_PAGES,
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::payment::webhook::WebhookError;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        gateway: GatewayArgs,
    }

    fn args(given: &[&str]) -> GatewayArgs {
        Line::parse_from([&["test"], given].concat()).gateway
    }

    #[test]
    fn the_sandbox_exists_only_on_a_developers_machine() {
        let sandbox = args(&["--payment-gateway", "sandbox"]);
        assert!(sandbox.kind(false).is_err());
        assert_eq!(sandbox.kind(true).unwrap(), GatewayKind::Sandbox);
        assert!(args(&[]).kind(false).is_err());
        assert_eq!(args(&[]).kind(true).unwrap(), GatewayKind::Sandbox);
    }

    #[test]
    fn a_webhook_secret_that_anybody_could_guess_or_read_is_refused() {
        let refused = |secrets: &str, dev: bool| {
            let checked = args(&["--payment-webhook-secrets", secrets]).check_webhook_secrets(dev);
            checked.err().map(|error| error.to_string())
        };
        for short in ["", "whsec_1", "whsec_of_some_length,", ",whsec_of_some_length"] {
            assert!(
                refused(short, true).unwrap().contains("16 characters"),
                "{short:?}"
            );
        }
        let published = refused(DEV_WEBHOOK_SECRET, false).unwrap();
        assert!(published.contains("everybody") && !published.contains(DEV_WEBHOOK_SECRET));
        assert_eq!(refused(DEV_WEBHOOK_SECRET, true), None);
        assert_eq!(
            refused("whsec_of_some_length,whsec_of_another_length", false),
            None
        );
    }

    #[test]
    fn a_key_that_is_missing_or_not_the_right_one_is_named_without_being_shown() {
        let shown = |given: &[&str]| format!("{:#}", args(given).stripe().err().unwrap());
        assert_eq!(shown(&[]), "STRIPE_SECRET_KEY is not set");
        let swapped = shown(&["--stripe-secret-key", "pk_live_12345"]);
        assert!(swapped.contains("sk_") && !swapped.contains("12345"), "{swapped}");
        let swapped = shown(&[
            "--stripe-secret-key",
            "sk_test_1",
            "--stripe-publishable-key",
            "sk_live_12345",
        ]);
        assert!(
            swapped.contains("PUBLISHABLE") && !swapped.contains("12345"),
            "{swapped}"
        );
        assert!(args(&["--stripe-secret-key", "rk_test_1"]).stripe().is_ok());
    }

    #[tokio::test]
    async fn stripe_without_a_webhook_secret_is_refused() {
        let line = ["--payment-gateway", "stripe", "--stripe-secret-key", "sk_test_1"];
        let database = "postgres://nobody@127.0.0.1:1/none".into();
        assert!(args(&line).open(false, &database, None).await.is_err());
        let secrets = [
            "--payment-webhook-secrets",
            "whsec_of_today_and_later,whsec_of_yesterday",
        ];
        let both = args(&[&line[..], &secrets].concat());
        assert_eq!(both.payment_webhook_secrets.len(), 2);
        let gateway = both.open(false, &database, None).await.unwrap().shared();
        let unsigned = gateway.verify(b"{}", "t=0,v1=00", time::OffsetDateTime::UNIX_EPOCH);
        assert_eq!(unsigned, Err(WebhookError::Signature));
    }
}
