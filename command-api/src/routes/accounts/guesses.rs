//! How often a password may be guessed: at signing in, and wherever a password confirms something.
//!
//! A browser that the account signed in with before, in its present epoch, has a quota of its own, and all of the account's browsers have one
//! together, so that strangers who use up the account's do not lock its owner out. Everybody else is counted by where they come from, then
//! by the account.

use std::time::Duration;

use secrecy::SecretString;
use session::Quota;
use session::security::{self, Event};

use super::count;
use crate::accounts::AccountError;
use crate::accounts::passwords::Asker;
use crate::accounts::store::{self, Account};
use crate::email::subject_of;
use crate::error::Problem;
use crate::request::Received;
use crate::router::App;

/// Guesses at one account from one address.
const SIGN_INS: Quota = Quota {
    name: "sign-in",
    count: 10,
    window: Duration::from_mins(15),
};
/// At one account from everywhere. More, so that a stranger hardly locks somebody out.
const SIGN_INS_OF_ACCOUNT: Quota = Quota {
    name: "sign-in-account",
    count: 100,
    window: Duration::from_mins(15),
};
/// From one address at any account. It may be a whole office.
const SIGN_INS_OF_ADDRESS: Quota = Quota {
    name: "sign-in-address",
    count: 200,
    window: Duration::from_mins(15),
};
/// At the account that signed in with this browser before.
const SIGN_INS_OF_BROWSER: Quota = Quota {
    name: "sign-in-browser",
    count: 10,
    window: Duration::from_mins(15),
};
/// At one account from all of its browsers: each sign-in makes one, and clients keep as many cookies as they like.
const SIGN_INS_OF_BROWSERS: Quota = Quota {
    name: "sign-in-browsers",
    count: 50,
    window: Duration::from_mins(15),
};

/// Counts a guess at the account of this address, whether or not there is one.
///
/// # Errors
/// There were too many.
pub async fn count_guess(app: &App, received: &Received, email: &str) -> Result<Asker, Problem> {
    if let Some(known) = of_known_browser(app, received, email).await? {
        return Ok(known);
    }
    count_address(app, received).await?;
    of_stranger(app, received, email).await
}

/// The same, where the address on the network is counted already.
///
/// # Errors
/// There were too many.
pub async fn count_further_guess(app: &App, received: &Received, email: &str) -> Result<Asker, Problem> {
    if let Some(known) = of_known_browser(app, received, email).await? {
        return Ok(known);
    }
    of_stranger(app, received, email).await
}

/// Counts somebody who registers, or guesses.
///
/// # Errors
/// There were too many.
pub async fn count_address(app: &App, received: &Received) -> Result<(), Problem> {
    count(app, SIGN_INS_OF_ADDRESS, &received.network().to_string()).await
}

async fn of_known_browser(app: &App, received: &Received, email: &str) -> Result<Option<Asker>, Problem> {
    let Some(browser) = app.sessions.known_browser(received.cookies()) else {
        return Ok(None);
    };
    let account = store::by_email(&app.accounts.pool, email).await?;
    if account.is_none_or(|account| (account.id, account.epoch) != (browser.account, browser.epoch)) {
        return Ok(None);
    }
    // The one browser first: what is refused to it takes nothing from the others.
    count(app, SIGN_INS_OF_BROWSER, &browser.name).await?;
    count_of_account(app, SIGN_INS_OF_BROWSERS, &browser.account.to_string()).await?;
    Ok(Some(Asker::known(received.network())))
}

/// The account's own quota last: what is refused from one address takes nothing from the others.
async fn of_stranger(app: &App, received: &Received, email: &str) -> Result<Asker, Problem> {
    let (address, email) = (received.network(), subject_of(email));
    count(app, SIGN_INS, &format!("{address} {email}")).await?;
    count_of_account(app, SIGN_INS_OF_ACCOUNT, &email).await?;
    Ok(Asker::stranger(address))
}

/// An account that takes no more guesses is worth a security event.
async fn count_of_account(app: &App, quota: Quota, subject: &str) -> Result<(), Problem> {
    let counted = count(app, quota, subject).await;
    if counted.as_ref().is_err_and(Problem::is_rate_limited) {
        security::record(Event::SignInLocked, None, "");
    }
    counted
}

/// Whoever sends this knows the account's password, and not only its session.
///
/// # Errors
/// They do not; or there were too many guesses.
pub async fn confirm_password(
    app: &App,
    received: &Received,
    account: &Account,
    password: SecretString,
) -> Result<Asker, Problem> {
    let asker = count_guess(app, received, &account.email).await?;
    let hash = Some(account.password_hash.clone());
    if !app.accounts.passwords.verify(asker, password, hash).await? {
        security::record(Event::PasswordRefused, Some(account.id), "");
        return Err(AccountError::WrongPassword.into());
    }
    Ok(asker)
}
