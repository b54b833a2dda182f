//! Where PostgreSQL is, and with which password: what every process and every command is told of it, and refuses in production.

use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use telemetry::password::{self, WeakPassword};

/// Where sqlx finds a password that the URL does not have.
const PGPASSWORD: &str = "PGPASSWORD";

#[derive(Args)]
pub struct Database {
    /// `postgres://user:password@host:port/database`. Without --dev, a user who owns no table: `cartwright_command_api`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: SecretString,
}

impl Database {
    /// What to connect with. Commands that have no --dev are as in production.
    ///
    /// # Errors
    /// In production, a password that anybody can guess.
    pub fn url(&self, dev: bool) -> Result<&str, WeakPassword> {
        checked("DATABASE_URL", self.database_url.expose_secret(), dev)
    }
}

/// For what changes the schema.
#[derive(Args)]
pub struct OwnedDatabase {
    /// As the user who owns the tables, and makes those that are missing.
    #[arg(long, env = "MIGRATIONS_DATABASE_URL", hide_env_values = true)]
    pub migrations_database_url: Option<SecretString>,
    /// Where there is no other user for migrations.
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        required_unless_present = "migrations_database_url"
    )]
    pub database_url: Option<SecretString>,
}

impl OwnedDatabase {
    /// As [`Database::url`].
    ///
    /// # Errors
    /// In production, a password that anybody can guess.
    pub fn url(&self, dev: bool) -> Result<&str, WeakPassword> {
        let (name, url) = match (&self.migrations_database_url, &self.database_url) {
            (Some(url), _) => ("MIGRATIONS_DATABASE_URL", url.expose_secret()),
            (None, Some(url)) => ("DATABASE_URL", url.expose_secret()),
            (None, None) => ("DATABASE_URL", ""),
        };
        checked(name, url, dev)
    }
}

fn checked<'u>(name: &'static str, url: &'u str, dev: bool) -> Result<&'u str, WeakPassword> {
    if !dev {
        check(name, url, std::env::var(PGPASSWORD).ok().as_deref())?;
    }
    Ok(url)
}

fn check(name: &'static str, url: &str, beside: Option<&str>) -> Result<(), WeakPassword> {
    password::if_given(name, url)?;
    let has_own = password::required(name, url).is_ok();
    match beside {
        // The rule is one of URLs: this is what would be used.
        Some(beside) if !has_own && !beside.is_empty() => {
            let encoded = utf8_percent_encode(beside, NON_ALPHANUMERIC);
            password::if_given(PGPASSWORD, &format!("postgres://user:{encoded}@host"))
        }
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITHOUT: &str = "postgres://shop@127.0.0.1/shop";
    const WITH: &str = "postgres://shop:a-password-that-nobody-guesses@127.0.0.1/shop";

    #[test]
    fn a_password_that_stands_beside_the_url_is_refused_as_one_that_stands_in_it() {
        let check = |url, beside| check("DATABASE_URL", url, beside);
        for (beside, refused) in [
            ("cartwright", WeakPassword::Published(PGPASSWORD)),
            ("short", WeakPassword::Short(PGPASSWORD)),
            ("p@ss:w/rd?", WeakPassword::Short(PGPASSWORD)),
        ] {
            assert_eq!(check(WITHOUT, Some(beside)), Err(refused), "{beside}");
            // It is not the one that counts.
            assert_eq!(check(WITH, Some(beside)), Ok(()), "{beside}");
        }
        for beside in [None, Some(""), Some("also:long@enough/for?everybody#")] {
            assert_eq!(check(WITHOUT, beside), Ok(()), "{beside:?}");
        }
        let published = WeakPassword::Published("DATABASE_URL");
        let url = "postgres://shop:cartwright@127.0.0.1/shop";
        assert_eq!(check(url, None), Err(published));
    }

    #[test]
    fn a_developers_machine_may_have_any_password() {
        let database = Database {
            database_url: "postgres://shop:cartwright@127.0.0.1/shop".into(),
        };
        assert!(database.url(true).is_ok());
        assert!(database.url(false).is_err());
    }

    #[test]
    fn whoever_changes_the_schema_is_refused_by_the_url_that_is_used() {
        let weak = || Some(SecretString::from("postgres://shop:cartwright@127.0.0.1/shop"));
        let good = || Some(SecretString::from(WITH));
        for (owner, other, refused) in [
            (weak(), good(), Some("MIGRATIONS_DATABASE_URL")),
            (good(), weak(), None),
            (None, weak(), Some("DATABASE_URL")),
        ] {
            let database = OwnedDatabase {
                migrations_database_url: owner,
                database_url: other,
            };
            let expected = refused.map(WeakPassword::Published);
            assert_eq!(database.url(false).err(), expected);
        }
    }
}
