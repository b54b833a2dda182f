//! Mails to customers: put into a table together with their reason, sent from there by the role `notifications`.
//!
//! [`crate::routes::accounts`] puts those about accounts, the notifications' consumer those about orders ([`news`]) and, with a notice in
//! the inbox, those about requests ([`crate::inbox`]). A reason is put once, however often it is told. [`sender`] sends them, [`outbox`] says whose turn it is, [`letter`] has the words.
//! See decision 0008 for what "once" means on a wire that can break.

pub mod config;
mod letter;
mod metric;
mod news;
mod order_facts;
mod outbox;
mod sender;
mod server;
mod smtp;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod wire_tests;

use database::Session;
use domain::Money;
use serde::{Deserialize, Serialize};
use session::Role;
use uuid::Uuid;

pub use news::{NewsError, Told, put_news};
pub use order_facts::Facts;
pub use outbox::Outbox;
pub use sender::Sender;
pub use smtp::Smtp;

/// What a mail says.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Mail {
    /// Confirm that this is your address.
    ConfirmEmail {
        link: String,
    },
    ResetPassword {
        link: String,
    },
    PasswordChanged,
    /// To the address that it was.
    EmailChanged,
    /// Somebody made a key that acts for the account. Without the key.
    ApiKeyMade {
        /// Empty where nobody has confirmed the address: it would be a stranger's words.
        name: String,
        role: Role,
        /// The day on which it ends.
        until: String,
    },
    SecondFactor {
        news: FactorNews,
    },
    OrderConfirmed {
        order: Uuid,
    },
    OrderShipped {
        order: Uuid,
        carrier: String,
        tracking: Option<String>,
    },
    OrderRefunded {
        order: Uuid,
        amount: Money,
    },
    /// Something became of a request that somebody follows.
    Request {
        /// The path of the page to look at.
        page: String,
        what: RequestNews,
        /// What it is called.
        about: String,
    },
}

/// What became of the second factors of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactorNews {
    Added,
    Removed,
    NewCodes,
    /// Somebody signed in with a recovery code.
    CodeUsed,
    /// All of them, by whoever runs the shop.
    Reset,
    /// All of them, with a new password by a link to an address that nobody had confirmed.
    ResetByLink,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestNews {
    Planned,
    Fulfilled,
    Declined,
    Duplicate,
    Commented,
    Quoted,
    QuoteExpired,
    BackInStock,
}

impl RequestNews {
    const ALL: [Self; 8] = [
        Self::Planned,
        Self::Fulfilled,
        Self::Declined,
        Self::Duplicate,
        Self::Commented,
        Self::Quoted,
        Self::QuoteExpired,
        Self::BackInStock,
    ];

    /// As JSON has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Fulfilled => "fulfilled",
            Self::Declined => "declined",
            Self::Duplicate => "duplicate",
            Self::Commented => "commented",
            Self::Quoted => "quoted",
            Self::QuoteExpired => "quote-expired",
            Self::BackInStock => "back-in-stock",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|news| news.as_str() == name)
    }
}

/// Not derived: a link opens an account, and has no place in a log.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind())
    }
}

impl Mail {
    /// For metrics and reasons.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ConfirmEmail { .. } => "confirm-email",
            Self::ResetPassword { .. } => "reset-password",
            Self::PasswordChanged => "password-changed",
            Self::EmailChanged => "email-changed",
            Self::ApiKeyMade { .. } => "api-key-made",
            Self::SecondFactor { .. } => "second-factor",
            Self::OrderConfirmed { .. } => "order-confirmed",
            Self::OrderShipped { .. } => "order-shipped",
            Self::OrderRefunded { .. } => "order-refunded",
            Self::Request { .. } => "request",
        }
    }

    /// Puts a mail to the account `owner` into the table, in the transaction that is its reason.
    pub async fn to(&self, connection: &mut Session, owner: Uuid, address: &str) -> Result<(), sqlx::Error> {
        let id = Uuid::now_v7();
        sqlx::query("insert into mails (id, reason, owner, address, mail) values ($1, $2, $3, $4, $5)")
            .bind(id)
            .bind(format!("{}:{id}", self.kind()))
            .bind(owner)
            .bind(address)
            .bind(sqlx::types::Json(self))
            .execute(connection)
            .await
            .map(drop)
    }
}

/// Nothing is sent to `owner` any more, and what would have been is forgotten.
pub async fn erase(connection: &mut Session, owner: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update mails set address = null, mail = null, ended_at = now(), failure = 'erased'
         where owner = $1 and ended_at is null",
    )
    .bind(owner)
    .execute(connection)
    .await
    .map(drop)
}
