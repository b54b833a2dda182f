//! The wire: one mail to one server, and what the answer means. Used by [`super::sender`].
//!
//! lettre speaks the protocol; the time limits are ours. Whatever does not answer in time is hung up on: its late answer is read by
//! nobody. Nothing that a server says is logged as it is: it may repeat the address.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lettre::address::Envelope;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Noop, Rcpt};
use lettre::{Address, Message};
use tokio::time::timeout;
use uuid::Uuid;

use super::letter::Letter;
use super::server::{NoServer, Server};
use crate::email::Email;

/// For how long a server is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until it has greeted, encrypted and authenticated.
    pub connect: Duration,
    /// One command.
    pub command: Duration,
    /// After the last line of a mail: some servers look for viruses then.
    pub content: Duration,
    /// Everything. Shorter than [`super::outbox::LEASE`].
    pub attempt: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            command: Duration::from_secs(10),
            content: Duration::from_secs(25),
            attempt: Duration::from_secs(40),
        }
    }
}

/// Connections that are kept for the next mails, and for how long: servers hang up after minutes.
const IDLE: usize = 4;
const IDLE_FOR: Duration = Duration::from_secs(30);

/// Why a mail has not left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The address takes no mail, and will take none tomorrow; or no mail can be written to it.
    #[error("the address takes no mail")]
    Address,
    /// The server does not take this mail, and will not tomorrow.
    #[error("the mail server refused the mail for good: {0}")]
    Mail(u16),
    #[error("the mail server answered {0}")]
    Server(u16),
    /// Where the connection broke after the last line, the server may have it.
    #[error("the mail server cannot be reached, or did not answer in time")]
    Unreachable,
}

/// How far a mail was when something went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Before anything was said of this mail.
    Beginning,
    Recipient,
    Content,
}

#[derive(Clone)]
pub struct Smtp {
    server: Server,
    from: Mailbox,
    limits: Limits,
    /// Connections that wait for a mail, each with when it began to.
    idle: Arc<Mutex<Vec<(AsyncSmtpConnection, Instant)>>>,
}

impl Smtp {
    /// # Errors
    /// Where the URL is none.
    pub fn new(url: &str, from: Mailbox) -> Result<Self, NoServer> {
        Self::with_limits(url, from, Limits::default())
    }

    /// # Errors
    /// Where the URL is none.
    pub fn with_limits(url: &str, from: Mailbox, limits: Limits) -> Result<Self, NoServer> {
        Ok(Self {
            server: Server::parse(url)?,
            from,
            limits,
            idle: Arc::default(),
        })
    }

    /// Hands a mail over. Its Message-ID is made of `id`: a mailbox that gets it twice can know.
    pub async fn send(&self, id: Uuid, to: &str, letter: Letter) -> Result<(), Refusal> {
        let to = recipient(to).ok_or(Refusal::Address)?;
        let message = Message::builder()
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject)
            .multipart(MultiPart::alternative_plain_html(letter.text, letter.html))
            .map_err(|_| Refusal::Address)?;
        let (envelope, content) = (message.envelope().clone(), message.formatted());
        let attempt = self.attempt(&envelope, &content);
        timeout(self.limits.attempt, attempt)
            .await
            .unwrap_or(Err(Refusal::Unreachable))
    }

    /// A connection is kept only after a mail that was taken: then nothing more is to come over it.
    async fn attempt(&self, envelope: &Envelope, content: &[u8]) -> Result<(), Refusal> {
        let mut connection = self.connection().await?;
        self.converse(&mut connection, envelope, content).await?;
        let mut idle = self.idle();
        if idle.len() < IDLE {
            idle.push((connection, Instant::now()));
        }
        Ok(())
    }

    async fn connection(&self) -> Result<AsyncSmtpConnection, Refusal> {
        loop {
            let kept = self.idle().pop();
            let Some((mut connection, since)) = kept else {
                break;
            };
            let is_usable = since.elapsed() < IDLE_FOR
                && timeout(self.limits.command, connection.command(Noop))
                    .await
                    .is_ok_and(|answer| answer.is_ok());
            if is_usable {
                return Ok(connection);
            }
        }
        let connecting = self.server.connect(self.limits.connect);
        within(self.limits.connect, Stage::Beginning, connecting).await
    }

    async fn converse(
        &self,
        connection: &mut AsyncSmtpConnection,
        envelope: &Envelope,
        content: &[u8],
    ) -> Result<(), Refusal> {
        let limit = self.limits.command;
        let sender = Mail::new(envelope.from().cloned(), vec![]);
        within(limit, Stage::Beginning, connection.command(sender)).await?;
        for recipient in envelope.to() {
            let recipient = Rcpt::new(recipient.clone(), vec![]);
            within(limit, Stage::Recipient, connection.command(recipient)).await?;
        }
        within(limit, Stage::Content, connection.command(Data)).await?;
        within(self.limits.content, Stage::Content, connection.message(content)).await?;
        Ok(())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(AsyncSmtpConnection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As the mailer can send to it. An address from before addresses were read at the door may be none; where it needs SMTPUTF8, no
/// later attempt would change that.
fn recipient(text: &str) -> Option<Address> {
    if let Ok(email) = Email::parse(text) {
        return Some(email.address());
    }
    text.parse().ok().filter(|address: &Address| {
        let text: &str = address.as_ref();
        text.is_ascii()
    })
}

async fn within<T>(
    limit: Duration,
    stage: Stage,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, Refusal> {
    match timeout(limit, answer).await {
        Ok(answer) => answer.map_err(|error| refusal(&error, stage)),
        Err(_elapsed) => Err(Refusal::Unreachable),
    }
}

/// What an answer means. A code of 500 to 599 is for good (RFC 5321 §4.2.1), as far as it is about the mail or its address: one about
/// the commands themselves (500 to 504) or about who we are (530 to 538, RFC 4954) is a matter of configuration, and so is whatever
/// is said before there is a recipient.
fn refusal(error: &Error, stage: Stage) -> Refusal {
    let Some(code) = error.status().map(u16::from) else {
        return Refusal::Unreachable;
    };
    let is_ours = matches!(code, 500..=504 | 530..=538);
    match stage {
        Stage::Recipient if error.is_permanent() && !is_ours => Refusal::Address,
        Stage::Content if error.is_permanent() && !is_ours => Refusal::Mail(code),
        Stage::Beginning | Stage::Recipient | Stage::Content => Refusal::Server(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_cannot_be_sent_to_is_no_recipient() {
        let sent_to = |text: &str| recipient(text).map(|address| address.to_string());
        assert_eq!(
            sent_to("ada@bücher.example").as_deref(),
            Some("ada@xn--bcher-kva.example")
        );
        assert_eq!(
            sent_to("ada@example.org\u{200b}").as_deref(),
            Some("ada@example.org")
        );
        for none in [
            "jörg@example.org",
            "a..b@example.org",
            "ada@example.org,bob@example.org",
        ] {
            assert_eq!(sent_to(none), None, "{none}");
        }
    }
}
