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

#[cfg(test)]
mod tests {
    use super::*;

    fn args(smtp_url: Option<&str>, mail_from: Option<&str>) -> MailArgs {
        MailArgs {
            smtp_url: smtp_url.map(|url| url.to_owned().into()),
            mail_from: mail_from.map(str::to_owned),
        }
    }

    fn complaint(args: &MailArgs) -> String {
        format!("{:#}", args.open(false).err().unwrap())
    }

    #[test]
    fn production_names_what_is_not_set_and_a_developers_machine_goes_on_without() {
        assert!(complaint(&args(None, None)).starts_with("SMTP_URL is not set"));
        assert!(complaint(&args(Some(""), None)).starts_with("SMTP_URL is not set"));
        assert!(complaint(&args(Some("smtp://127.0.0.1"), None)).starts_with("MAIL_FROM is not set"));
        assert!(args(None, None).open(true).unwrap().is_none());
    }

    #[tokio::test]
    async fn what_cannot_be_used_is_named_and_a_password_is_not_repeated() {
        let from = Some("The Shop <orders@shop.example>");
        let wrong = complaint(&args(Some("http://user:hunter2@mail.example"), from));
        assert!(
            wrong.starts_with("SMTP_URL cannot be used") && !wrong.contains("hunter2"),
            "{wrong}"
        );
        let nobody = complaint(&args(Some("smtp://127.0.0.1"), Some("The Shop")));
        assert!(
            nobody.starts_with("MAIL_FROM is The Shop, which is no address"),
            "{nobody}"
        );
        assert!(
            args(Some("smtp://127.0.0.1:25"), from)
                .open(false)
                .unwrap()
                .is_some()
        );
    }
}
