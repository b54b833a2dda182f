//! Who signs in: accounts, their second factors, links, addresses and API keys in PostgreSQL.
//!
//! Called by [`crate::routes::accounts`] and by `command-api grant` and `reset-factors`. Sessions are [`session`]'s. Everything here is personal
//! data and stays here: what is logged, counted or told to others names an account by its id at most.

pub mod addresses;
pub mod api_keys;
pub mod changing;
mod common_passwords;
pub mod device;
pub mod ended_sessions;
pub mod epoch;
pub mod erasure;
pub mod export;
pub mod granting;
mod histories;
pub mod links;
mod password_rules;
pub mod passwords;
pub mod publishing;
pub mod second_factor;
pub mod store;
pub mod taking_over;
mod turns;

use database::{Limits, Pool, PoolSettings};

use session::SessionsError;

pub use passwords::Passwords;

const CONNECTIONS: u32 = 4;

/// Why something about an account was not done.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("there is an account with this e-mail address")]
    EmailTaken,
    #[error("the e-mail address or the password is wrong")]
    WrongCredentials,
    #[error("the password is wrong")]
    WrongPassword,
    #[error("the link has expired or was used")]
    LinkExpired,
    #[error("whoever opens the link outside the account's session chooses a new password")]
    NewPasswordNeeded,
    #[error("an account with a second factor confirms another address in its own session")]
    OwnSessionNeeded,
    /// Somebody took it back while a request of another session was in flight.
    #[error("the account is another one than when it was read")]
    Changed,
    #[error("there is no such account")]
    NoAccount,
    #[error("there is no such address")]
    NoAddress,
    #[error("there is no such API key")]
    NoApiKey,
    #[error("there is no such session")]
    NoSession,
    #[error("there are {} addresses already", addresses::MAX_ADDRESSES)]
    TooManyAddresses,
    #[error("there are {} API keys already", api_keys::MAX_API_KEYS)]
    TooManyApiKeys,
    #[error("the account does not have this role")]
    RoleNotHeld,
    /// Too many passwords wait to be checked.
    #[error("too many people sign in at once")]
    Busy,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Sessions(#[from] SessionsError),
    #[error("hashing failed: {0}")]
    Hashing(String),
}

/// What the routes need.
pub struct Accounts {
    pub pool: Pool,
    pub passwords: Passwords,
}

impl Accounts {
    /// Connects when it is first needed: not every process has the role.
    ///
    /// # Errors
    /// The address is none of PostgreSQL's; hashing does not work.
    pub fn new(database_url: &str) -> Result<Self, AccountError> {
        let settings = PoolSettings::new(database_url, "accounts", Limits::SERVING)?;
        Ok(Self {
            pool: settings.connections(CONNECTIONS).lazy(),
            passwords: Passwords::new()?,
        })
    }
}
