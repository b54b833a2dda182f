//! The wire: one mail to one server, and what the answer means. Used by [`super::sender`].
//!
//! lettre speaks the protocol. Nothing that it says of an error is logged as it is: a server may repeat the address.

use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::{Error, PoolConfig};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use uuid::Uuid;

use super::letter::Letter;

/// For everything that one mail waits for. Shorter than [`super::outbox::LEASE`].
pub const TIME_LIMIT: Duration = Duration::from_secs(20);
const CONNECTIONS: u32 = 4;

/// Why a mail has not left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The address takes no mail, and will take none tomorrow (RFC 5321 §4.2.2: 550, 551, 553; RFC 7504: 556).
    #[error("the address takes no mail")]
    Address,
    #[error("the mail server answered {0}")]
    Server(u16),
    /// Where the connection broke after the last line, the server may have it.
    #[error("the mail server cannot be reached, or did not answer in time")]
    Unreachable,
}

#[derive(Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// # Errors
    /// Where the URL is none.
    pub fn new(url: &str, from: Mailbox) -> Result<Self, Error> {
        let pool = PoolConfig::new().max_size(CONNECTIONS);
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)?
            .timeout(Some(TIME_LIMIT / 2))
            .pool_config(pool)
            .build();
        Ok(Self { transport, from })
    }

    /// Hands a mail over. Its Message-ID is made of `id`: a mailbox that gets it twice can know.
    pub async fn send(&self, id: Uuid, to: &str, letter: Letter) -> Result<(), Refusal> {
        let to: Address = to.parse().map_err(|_| Refusal::Address)?;
        let message = Message::builder()
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject)
            .multipart(MultiPart::alternative_plain_html(letter.text, letter.html))
            .map_err(|_| Refusal::Address)?;
        match tokio::time::timeout(TIME_LIMIT, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(refusal(&error)),
            Err(_) => Err(Refusal::Unreachable),
        }
    }
}

fn refusal(error: &Error) -> Refusal {
    match error.status().map(u16::from) {
        Some(550 | 551 | 553 | 556) => Refusal::Address,
        Some(status) => Refusal::Server(status),
        None => Refusal::Unreachable,
    }
}
