//! The whole configuration, from the environment. The doc comments are the manual: `command-api help serve`.

mod postgres;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use domain::AggregateType;
use secrecy::{ExposeSecret, SecretString};
use session::{CookieKind, GuestKey, Sessions};
use telemetry::password;

pub use postgres::{Database, OwnedDatabase};

use crate::accounts::AccountError;
use crate::accounts::granting::GrantError;
use crate::accounts::second_factor::{SecondFactorError, sealing};
use crate::command_loop::Policy;
use crate::limits::LimitArgs;
use crate::mails::config::MailArgs;
use crate::notifications::{Audience, Reach};
use crate::payment::check::GatewayCheck;
use crate::payment::config::GatewayArgs;
use crate::roles::Role;
use crate::seller::{Seller, SellerArgs};

/// Commands in, events out.
#[derive(Parser)]
#[command(version, about)]
pub struct CommandLine {
    #[command(subcommand)]
    pub action: Action,
}

#[derive(Subcommand)]
pub enum Action {
    /// Serve the roles.
    Serve(Box<Serve>),
    /// Bring the database to this binary's schema, write snapshots of long streams for it, and create the Kafka topics. Safe to repeat.
    Migrate(Migrate),
    /// Hold the configured payment gateway to what every gateway promises, with test cards.
    GatewayCheck(Box<GatewayCheck>),
    /// Compare our payments with the gateway's and name every difference.
    Reconcile(Box<Reconcile>),
    /// Give somebody a role: `command-api grant ada@example.org staff`. They sign in again.
    Grant(Grant),
    /// Remove every second factor of somebody who has lost all of them and every recovery code, and end what they opened.
    ResetFactors(ResetFactors),
    /// Look at, retry or discard events of which the notifications could tell nobody.
    Parked(Parked),
    /// Give the log a new identity: after it was restored, or a replica was promoted that may lack something. Views are rebuilt.
    NewIncarnation(NewIncarnation),
    /// Fill Kafka's topics again from the log, after they were deleted and made again. A relay has to be at work.
    Republish(Republish),
    /// Print the OpenAPI document of the command API.
    Openapi,
}

#[derive(Args)]
pub struct Migrate {
    #[command(flatten)]
    pub database: OwnedDatabase,
    /// Make what only a developer's machine has, too: the sandbox gateway's books.
    #[arg(long)]
    pub dev: bool,
    #[command(flatten)]
    pub kafka: Kafka,
    /// Partitions of each topic. Raising it later breaks the order by key.
    #[arg(long, env = "KAFKA_PARTITIONS", default_value_t = 6)]
    pub partitions: i32,
    /// Copies of each partition; 3 in production.
    #[arg(long, env = "KAFKA_REPLICATION", default_value_t = 1)]
    pub replication: i32,
}

#[derive(Args, Clone)]
#[expect(clippy::struct_field_names, reason = "an argument is named like its field")]
pub struct Kafka {
    /// `host:port`, several with commas.
    #[arg(long, env = "KAFKA_BROKERS")]
    pub kafka_brokers: String,
    /// Stands before every topic's name: `commerce` gives `commerce.cart`.
    #[arg(long, env = "TOPIC_PREFIX", default_value = "commerce")]
    pub topic_prefix: String,
    /// Names this process among the members of its consumer groups, the same after every restart, and no other process at the same time:
    /// a `StatefulSet`'s pod name, say. Then a restart gets its partitions back at once; without it they wait for 10 seconds after a crash.
    #[arg(long, env = "GROUP_INSTANCE_ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub group_instance_id: Option<String>,
}

#[derive(Args)]
pub struct Serve {
    /// What this process does.
    #[arg(long, env = "ROLES", value_delimiter = ',', default_values_t = Role::ALL)]
    pub roles: Vec<Role>,
    /// Accept the default secrets and failpoints of a developer's machine.
    #[arg(long)]
    pub dev: bool,
    #[command(flatten)]
    pub database: Database,
    #[command(flatten)]
    pub kafka: Kafka,
    /// Sessions live here.
    #[arg(long, env = "SESSIONS_REDIS_URL", hide_env_values = true)]
    pub sessions_redis_url: SecretString,
    /// Stands before every key in Redis.
    #[arg(long, env = "REDIS_PREFIX", default_value = "")]
    pub redis_prefix: String,
    /// The API's own port.
    #[arg(long, env = "COMMAND_API_PORT", default_value_t = 7401)]
    pub port: u16,
    /// Health, readiness and metrics.
    #[arg(long, env = "ADMIN_PORT", default_value_t = 7411)]
    pub admin_port: u16,
    /// What scripts send as `Authorization: Bearer …`, with the rights of staff and ops. At least 32 characters; people sign in.
    #[arg(long, env = "STAFF_TOKEN", hide_env_values = true)]
    pub staff_token: Option<SecretString>,
    /// Signs the cookie that names a guest, and the links of orders. At least 32 characters; the same for both APIs.
    #[arg(long, env = "GUEST_COOKIE_KEY", hide_env_values = true)]
    pub guest_cookie_key: Option<SecretString>,
    /// The key before it, while it is rotated: what it signed is still known. The same for both APIs.
    #[arg(long, env = "GUEST_COOKIE_KEY_PREVIOUS", hide_env_values = true)]
    pub guest_cookie_key_previous: Option<SecretString>,
    /// Encrypts the secrets of one-time codes. At least 32 characters; several with commas: the first encrypts, each decrypts, so that
    /// a new one is put first and the old one taken away later.
    #[arg(long, env = "SECOND_FACTOR_KEY", hide_env_values = true)]
    pub second_factor_key: Option<SecretString>,
    /// Origins whose pages may send commands, several with commas, all of them https or, with --dev, all of them http: cookies are of that kind.
    /// The bank's page leads back to the first one; passkeys belong to the domain of the first one that has a domain.
    #[arg(
        long,
        env = "PUBLIC_ORIGIN",
        value_delimiter = ',',
        value_parser = origin,
        default_value = "http://127.0.0.1:7400,http://localhost:7400"
    )]
    pub public_origin: Vec<String>,
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Commands that may wait for the loop; one more is answered 503.
    #[arg(long, env = "COMMAND_QUEUE", default_value_t = 4096)]
    pub queue: usize,
    /// Commands that one turn of the loop takes.
    #[arg(long, env = "COMMAND_BATCH", default_value_t = 256)]
    pub batch: usize,
    /// Streams whose state is kept in memory.
    #[arg(long, env = "STATE_CACHE", default_value = "100000")]
    pub cache: NonZeroUsize,
    /// Whether webhooks may go to this machine and to private networks. By default only with --dev.
    #[arg(long, env = "WEBHOOKS_ALLOW_PRIVATE")]
    pub webhooks_allow_private: Option<bool>,
    /// A JSON file with shipping options and taxes; the built-in ones where none is named.
    #[arg(long, env = "CHECKOUT_RULES")]
    pub checkout_rules: Option<PathBuf>,
    /// How long an unpaid order keeps its stock, in seconds. The first attempt to pay begins it anew, once: twice this is the longest.
    #[arg(long, env = "RESERVATION_SECONDS", default_value_t = 30 * 60)]
    pub reservation_seconds: u64,
    /// How long a cart stays open that nobody touches, in days.
    #[arg(long, env = "CART_DAYS", default_value_t = 30)]
    pub cart_days: u64,
    /// When a product is back, tell everybody who waits for it, not only as many as units came
    #[arg(long, env = "RESTOCK_TELLS_EVERYBODY", default_value_t = false, action = clap::ArgAction::Set)]
    pub restock_tells_everybody: bool,
    #[command(flatten)]
    pub gateway: GatewayArgs,
    #[command(flatten)]
    pub mail: MailArgs,
    #[command(flatten)]
    pub seller: SellerArgs,
}

#[derive(Args)]
pub struct Reconcile {
    #[command(flatten)]
    pub database: Database,
    /// Accept the sandbox gateway.
    #[arg(long)]
    pub dev: bool,
    #[command(flatten)]
    pub gateway: GatewayArgs,
    /// How far to look back, in days.
    #[arg(long, default_value_t = 7)]
    pub days: u64,
}

#[derive(Args)]
pub struct Parked {
    #[command(subcommand)]
    pub action: ParkedAction,
    #[command(flatten)]
    pub database: Database,
}

#[derive(Subcommand)]
pub enum ParkedAction {
    /// Which aggregates have parked events, how many, since when and why.
    List {
        /// `webhooks`, `mails` or `request-news`; all where it is left out.
        #[arg(value_parser = Audience::parse)]
        consumer: Option<Audience>,
    },
    /// The parked events of one aggregate.
    Show {
        #[arg(value_parser = Audience::parse)]
        consumer: Audience,
        /// As `list` prints it: `order/0197…`.
        aggregate: String,
    },
    /// Tell the parked events now, say after a release that can.
    Retry {
        #[arg(value_parser = Audience::parse)]
        consumer: Audience,
        aggregate: String,
    },
    /// Do without the events that cannot be told; those behind them are told.
    Discard {
        #[arg(value_parser = Audience::parse)]
        consumer: Audience,
        aggregate: String,
    },
}

#[derive(Args)]
pub struct NewIncarnation {
    #[command(flatten)]
    pub database: OwnedDatabase,
    /// What happened; it is kept beside the incarnation.
    #[arg(long, default_value = "by hand")]
    pub reason: String,
}

#[derive(Args)]
pub struct Republish {
    #[command(flatten)]
    pub database: Database,
    #[command(flatten)]
    pub kafka: Kafka,
    /// Such as `cart` or `commerce.cart`; may be repeated. All topics where none is named.
    #[arg(long, value_parser = topic)]
    pub topic: Vec<String>,
}

impl Republish {
    /// Those to publish to, without their prefix.
    pub fn topics(&self) -> Vec<String> {
        let mut known = topics();
        if !self.topic.is_empty() {
            known.retain(|topic| self.topic.contains(topic));
        }
        known
    }
}

/// Of the log, without their prefix.
fn topics() -> Vec<String> {
    let kinds = AggregateType::ALL.iter();
    let mut known: Vec<String> = kinds.map(|kind| kind.topic().to_owned()).collect();
    known.sort();
    known.dedup();
    known
}

/// With its prefix or without.
fn topic(text: &str) -> Result<String, String> {
    let name = text.rsplit('.').next().unwrap_or(text);
    let known = topics();
    if known.iter().any(|topic| topic == name) {
        Ok(name.to_owned())
    } else {
        Err(format!("{text} is no topic of the log; {} are", known.join(", ")))
    }
}

fn granted_role(text: &str) -> Result<session::Role, String> {
    session::Role::parse(text)
        .filter(|role| *role != session::Role::Shopper)
        .ok_or_else(|| format!("{text} is no role that is granted; staff, analyst and ops are"))
}

#[derive(Args)]
pub struct Grant {
    /// Of an account that is there.
    pub email: String,
    /// `staff`, `analyst` or `ops`.
    #[arg(value_parser = granted_role)]
    pub role: session::Role,
    /// Take the role away, and the API keys that have it.
    #[arg(long)]
    pub revoke: bool,
    #[command(flatten)]
    pub database: Database,
    #[command(flatten)]
    pub sessions: OpenSessions,
}

/// Where sessions are, for what ends them.
#[derive(Args)]
pub struct OpenSessions {
    /// Sessions live here.
    #[arg(long, env = "SESSIONS_REDIS_URL", hide_env_values = true)]
    sessions_redis_url: SecretString,
    /// Stands before every key in Redis.
    #[arg(long, env = "REDIS_PREFIX", default_value = "")]
    redis_prefix: String,
}

impl OpenSessions {
    /// # Errors
    /// The address is none of Redis.
    pub fn open(&self) -> anyhow::Result<Sessions> {
        // Nothing is signed here: sessions are ended, whoever's cookie it is.
        let key = GuestKey::parse(&session::DEVELOPMENT_KEY.to_owned().into())?;
        let url = self.sessions_redis_url.expose_secret();
        Ok(Sessions::connect(
            url,
            &self.redis_prefix,
            CookieKind::Secure,
            key,
        )?)
    }
}

#[derive(Args)]
pub struct ResetFactors {
    /// Of an account that is there.
    pub email: String,
    #[command(flatten)]
    pub database: Database,
    #[command(flatten)]
    pub sessions: OpenSessions,
}

impl ResetFactors {
    /// What to do about it.
    pub fn explained(&self, error: SecondFactorError) -> anyhow::Error {
        match error {
            SecondFactorError::Account(AccountError::NoAccount) => {
                anyhow::anyhow!("nobody has registered as {}", self.email)
            }
            SecondFactorError::NoFactor => {
                anyhow::anyhow!("{} has no second factor: there is nothing to reset", self.email)
            }
            other => other.into(),
        }
    }
}

impl Grant {
    /// What to do about it.
    pub fn explained(&self, error: GrantError) -> anyhow::Error {
        match error {
            GrantError::Account(AccountError::NoAccount) => {
                anyhow::anyhow!(
                    "nobody has registered as {}; register in the shop first",
                    self.email
                )
            }
            GrantError::Unconfirmed => {
                anyhow::anyhow!(
                    "{} is not confirmed, so whoever registered with it may be somebody else. They open the link in the mail that came \
                     with registering, or ask for a new one at /account; then grant the role",
                    self.email
                )
            }
            GrantError::NoSecondFactor => {
                anyhow::anyhow!(
                    "{} has no second factor, so whoever reads its mails could set up the first one and have the role. They sign in \
                     and set one up under Account → Security (/account/security); then grant the role again",
                    self.email
                )
            }
            other @ GrantError::Account(_) => other.into(),
        }
    }
}

/// Not to be guessed, however long somebody tries.
const SHORTEST_STAFF_TOKEN: usize = 32;
const DEV_STAFF_TOKEN: &str = "the-staff-token-for-development-alone";

impl Serve {
    /// Where webhooks may go.
    pub fn reach(&self) -> Reach {
        Reach {
            plain_http: self.dev,
            private: self.webhooks_allow_private.unwrap_or(self.dev),
        }
    }

    /// # Errors
    /// A sentence for whoever starts the process: which secret is missing or too short.
    pub fn secrets(&self) -> anyhow::Result<(SecretString, SecretString)> {
        let staff = self.secret(
            "STAFF_TOKEN",
            self.staff_token.as_ref(),
            DEV_STAFF_TOKEN,
            SHORTEST_STAFF_TOKEN,
        )?;
        let guest = self.secret(
            "GUEST_COOKIE_KEY",
            self.guest_cookie_key.as_ref(),
            session::DEVELOPMENT_KEY,
            32,
        )?;
        let previous = self.guest_cookie_key_previous.as_ref();
        if let Some(previous) = previous.filter(|key| !key.expose_secret().is_empty()) {
            let name = "GUEST_COOKIE_KEY_PREVIOUS";
            self.secret(name, Some(previous), session::DEVELOPMENT_KEY, 32)?;
        }
        Ok((staff, guest))
    }

    /// In production stores have passwords that nobody can guess, and this process owns nothing in PostgreSQL.
    ///
    /// # Errors
    /// A sentence for whoever starts the process, or that PostgreSQL cannot be asked.
    pub async fn check_stores(&self) -> anyhow::Result<()> {
        if self.dev {
            return Ok(());
        }
        let url = self.database.url(self.dev)?;
        password::required("SESSIONS_REDIS_URL", self.sessions_redis_url.expose_secret())?;
        let owns = event_store::rights::owns_the_log(url).await;
        anyhow::ensure!(
            !owns.context("PostgreSQL cannot be reached, or was never migrated")?,
            "the user of DATABASE_URL owns the tables. Take one who may only use them: cartwright_command_api; \
             MIGRATIONS_DATABASE_URL is the owner's"
        );
        Ok(())
    }

    /// # Errors
    /// A sentence for whoever starts the process, as of the other secrets.
    pub fn second_factor_key(&self) -> anyhow::Result<SecretString> {
        const NAME: &str = "SECOND_FACTOR_KEY";
        let Some(keys) = &self.second_factor_key else {
            return self.secret(NAME, None, sealing::DEVELOPMENT_KEY, 32);
        };
        for key in keys.expose_secret().split(',') {
            let key = SecretString::from(key.trim());
            self.secret(NAME, Some(&key), sealing::DEVELOPMENT_KEY, 32)?;
        }
        Ok(keys.clone())
    }

    /// Who sells. The roles that answer the storefront or send mails show it.
    ///
    /// # Errors
    /// A sentence for whoever starts the process, as of the other settings.
    pub fn seller(&self) -> anyhow::Result<Seller> {
        let is_shown = [Role::Payments, Role::Notifications]
            .iter()
            .any(|role| self.roles.contains(role));
        self.seller.read(self.dev, is_shown)
    }

    /// # Errors
    /// A sentence that names what is wrong with the shop's rules.
    pub fn policy(&self) -> anyhow::Result<Policy> {
        let rules = match &self.checkout_rules {
            None => Policy::default_rules()?,
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| {
                    format!("CHECKOUT_RULES names {}, which cannot be read", path.display())
                })?;
                Policy::parse_rules(&text)
                    .with_context(|| format!("the checkout rules in {} are not right", path.display()))?
            }
        };
        Ok(Policy {
            rules,
            reservation: Duration::from_secs(self.reservation_seconds),
            cart: Duration::from_hours(24 * self.cart_days),
            one_told_for_each_unit: !self.restock_tells_everybody,
        })
    }

    fn secret(
        &self,
        name: &str,
        given: Option<&SecretString>,
        default: &str,
        at_least: usize,
    ) -> anyhow::Result<SecretString> {
        match given {
            Some(secret) if !self.dev && secret.expose_secret() == default => {
                anyhow::bail!(
                    "{name} is the one that everybody can read in the source. Make one of your own."
                )
            }
            Some(secret) if secret.expose_secret().len() >= at_least => Ok(secret.clone()),
            Some(_) => anyhow::bail!("{name} is too short: it needs at least {at_least} characters"),
            None if self.dev => Ok(default.to_owned().into()),
            None => anyhow::bail!("{name} is not set. Set it, or start with --dev on a developer's machine."),
        }
    }
}

/// As browsers write it in `Origin`: no path, and no `/` at the end (RFC 6454).
fn origin(text: &str) -> Result<String, String> {
    let origin = reqwest::Url::parse(text).map(|url| url.origin().ascii_serialization());
    if origin.is_ok_and(|origin| origin == text) {
        Ok(text.to_owned())
    } else {
        Err(
            "an origin is such as https://shop.example or http://localhost:7400, and nothing behind that"
                .to_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn refused(line: &[&str]) -> String {
        let parsed = CommandLine::try_parse_from([&["command-api"], line].concat());
        let error = parsed.err().unwrap();
        assert_eq!(error.exit_code(), 2, "wrong usage");
        error.to_string()
    }

    #[test]
    fn a_topic_is_named_with_its_prefix_or_without_and_one_that_nobody_knows_is_refused() {
        assert_eq!(topic("cart"), topic("commerce.cart"));
        let said = refused(&["republish", "--topic", "commerce.baskets"]);
        assert!(
            said.contains("commerce.baskets is no topic of the log; cart, "),
            "{said}"
        );
    }

    #[test]
    fn a_staff_token_has_at_least_32_characters() {
        let line = |token| {
            let words =
                "command-api serve --database-url d --kafka-brokers k --sessions-redis-url r".split(' ');
            let guest_key = "--guest-cookie-key=a key that is long enough to sign with".to_owned();
            let words = words
                .map(str::to_owned)
                .chain([guest_key, format!("--staff-token={token}")]);
            CommandLine::try_parse_from(words).map(|line| line.action)
        };
        let secrets = |token| match line(token).unwrap() {
            Action::Serve(serve) => serve.secrets().map(drop).map_err(|error| error.to_string()),
            _ => unreachable!("it is serve"),
        };
        let said = secrets("a token that has 31 characters.").unwrap_err();
        assert_eq!(said, "STAFF_TOKEN is too short: it needs at least 32 characters");
        assert_eq!(secrets("a token that has 32 characters.."), Ok(()));
    }

    #[test]
    fn a_role_that_nobody_grants_is_refused() {
        for role in ["king", "shopper"] {
            let said = refused(&["grant", "ada@example.org", role]);
            assert!(said.contains("staff, analyst and ops are"), "{said}");
        }
    }
}
