//! Where mails leave, from the environment.

use anyhow::Context;
use clap::Args;
use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretString};

use super::Smtp;

/// What mails come from on a developer's machine. The domain is reserved and reaches nobody (RFC 6761).
const DEV_FROM: &str = "Cartwright <shop@cartwright.test>";

#[derive(Args)]
pub struct MailArgs {
    /// The server that takes mails: `smtps://user:password@mail.example.org`, `smtp://…:587?tls=required`. The role
    /// `notifications` needs it; with --dev mails wait where there is none.
    #[arg(long, env = "SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<SecretString>,
    /// Who mails come from: `The Shop <orders@shop.example>`.
    #[arg(long, env = "MAIL_FROM")]
    pub mail_from: Option<String>,
}

impl MailArgs {
    /// The way out, or none on a developer's machine that has no server.
    ///
    /// # Errors
    /// A sentence for whoever starts the process: what is not set or cannot be used.
    pub fn open(&self, dev: bool) -> anyhow::Result<Option<Smtp>> {
        let given = self.smtp_url.as_ref().map(ExposeSecret::expose_secret);
        let Some(url) = given.filter(|url| !url.is_empty()) else {
            anyhow::ensure!(
                dev,
                "SMTP_URL is not set. The role notifications sends mails: set it, or leave the role to another process."
            );
            tracing::warn!("no mails are sent, they wait: SMTP_URL is not set");
            return Ok(None);
        };
        let from = match self.mail_from.as_deref() {
            Some(from) => from,
            None if dev => DEV_FROM,
            None => anyhow::bail!(
                "MAIL_FROM is not set. It is who mails come from: The Shop <orders@shop.example>"
            ),
        };
        let from: Mailbox = from.parse().with_context(|| {
            format!("MAIL_FROM is {from}, which is no address; one is such as The Shop <orders@shop.example>")
        })?;
        // What is wrong with the URL is not repeated: it has a password in it.
        let smtp = Smtp::new(url, from).map_err(|_| {
            anyhow::anyhow!("SMTP_URL cannot be used; one is such as smtps://user:password@mail.example.org")
        })?;
        Ok(Some(smtp))
    }
}
