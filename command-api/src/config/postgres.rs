//! Where PostgreSQL is, and with which password: what every process and every command is told of it, and refuses in production.

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use telemetry::password::{self, WeakPassword};

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
        password::of_postgres(name, url)?;
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITH: &str = "postgres://shop:a-password-that-nobody-guesses@127.0.0.1/shop";

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
