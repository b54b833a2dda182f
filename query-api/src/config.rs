//! What can be configured. The doc comments are the manual: `query-api serve --help` prints them.

use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use secrecy::{ExposeSecret, SecretString};
use session::{CookieKind, DEVELOPMENT_KEY, GuestKey};
use telemetry::client::{ProxiesError, TrustedProxies};
use telemetry::password;

use crate::live::places::StreamLimits;

/// Answers questions about carts, products and orders from the views in Redis.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serves until it is asked to stop
    Serve(Config),
    /// Prints the API's description as OpenAPI
    Openapi,
}

#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Where the API listens
    #[arg(long, env = "QUERY_API_PORT", default_value_t = 7402)]
    pub port: u16,

    /// Where /healthz, /readyz and /metrics are
    #[arg(long, env = "ADMIN_PORT", default_value_t = 7413)]
    pub admin_port: u16,

    /// Where the views are
    #[arg(
        long,
        env = "REDIS_URL",
        default_value = "redis://127.0.0.1:7479",
        hide_env_values = true
    )]
    pub redis_url: SecretString,

    /// Where the sessions are, if not with the views
    #[arg(long, env = "SESSIONS_REDIS_URL", hide_env_values = true)]
    pub sessions_redis_url: Option<SecretString>,

    /// Before every key, so that several copies can share a Redis
    #[arg(long, env = "REDIS_PREFIX", default_value = "")]
    pub redis_prefix: String,

    /// Signs the guest cookie and the links of orders; the same as the command API's, at least 32 bytes
    #[arg(long, env = "GUEST_COOKIE_KEY", hide_env_values = true)]
    pub guest_cookie_key: Option<SecretString>,

    /// The key before it, while it is rotated; the same as the command API's
    #[arg(long, env = "GUEST_COOKIE_KEY_PREVIOUS", hide_env_values = true)]
    pub guest_cookie_key_previous: Option<SecretString>,

    /// What scripts send as `Authorization: Bearer …`; the same as the command API's, at least 32 characters
    #[arg(long, env = "STAFF_TOKEN", hide_env_values = true)]
    pub staff_token: Option<SecretString>,

    /// Origins under which browsers see the shop, with commas; the same as the command API's. Over https the cookies are secure
    #[arg(
        long,
        env = "PUBLIC_ORIGIN",
        value_delimiter = ',',
        default_value = "http://127.0.0.1:7400,http://localhost:7400"
    )]
    pub public_origin: Vec<String>,

    /// Requests a second of one shopper; twice as many at once, and ten times as many from one address
    #[arg(long, env = "RATE_LIMIT_PER_SECOND", default_value = "100")]
    pub rate_limit_per_second: NonZeroU32,

    /// Live streams that may be open at the same time; four fifths of them by guests
    #[arg(long, env = "LIVE_STREAMS_LIMIT", default_value_t = 5000)]
    pub live_streams_limit: usize,

    /// Live streams that one network (an address, or a /64 of IPv6) may have open: an office is one
    #[arg(long, env = "LIVE_STREAMS_PER_NETWORK", default_value_t = 120)]
    pub live_streams_per_network: usize,

    /// Addresses or networks of the proxies before this API, several with commas, whose X-Forwarded-For is believed; `none` if clients
    /// connect themselves. Without --dev it has to be set
    #[arg(long, env = "TRUSTED_PROXIES")]
    pub trusted_proxies: Option<TrustedProxies>,

    /// How often a quiet live stream shows that it is alive
    #[arg(long = "live-heartbeat-seconds", env = "LIVE_HEARTBEAT_SECONDS", default_value = "15", value_parser = seconds)]
    pub live_heartbeat: Duration,

    /// Allows the development secrets, origins without TLS and failpoints
    #[arg(long)]
    pub dev: bool,
}

/// The same as the command API's.
const DEVELOPMENT_STAFF_TOKEN: &str = "the-staff-token-for-development-alone";
const SHORTEST_STAFF_TOKEN: usize = 32;

impl Config {
    /// Whether a process with this configuration may run at all.
    pub fn check(&self) -> anyhow::Result<()> {
        if !self.dev && telemetry::failpoints_configured() {
            bail!("FAILPOINTS is set, and that is only for --dev");
        }
        self.staff_token()?;
        self.guest_key()?;
        if !self.dev {
            password::required("REDIS_URL", self.redis_url.expose_secret())?;
            if let Some(url) = &self.sessions_redis_url {
                password::required("SESSIONS_REDIS_URL", url.expose_secret())?;
            }
        }
        self.trusted_proxies()?;
        self.cookies().map(drop)
    }

    pub fn trusted_proxies(&self) -> Result<TrustedProxies, ProxiesError> {
        TrustedProxies::configured(self.trusted_proxies.as_ref(), self.dev)
    }

    pub const fn live_streams(&self) -> StreamLimits {
        StreamLimits {
            in_all: self.live_streams_limit,
            of_network: self.live_streams_per_network,
        }
    }

    pub fn staff_token(&self) -> anyhow::Result<SecretString> {
        let development = || self.dev.then(|| SecretString::from(DEVELOPMENT_STAFF_TOKEN));
        let token = self
            .staff_token
            .clone()
            .filter(|token| !is_empty(token))
            .or_else(development);
        let token = token.context("STAFF_TOKEN is not set; without --dev there is no default")?;
        self.not_published("STAFF_TOKEN", &token, DEVELOPMENT_STAFF_TOKEN)?;
        if token.expose_secret().len() < SHORTEST_STAFF_TOKEN {
            bail!("STAFF_TOKEN is too short: it needs at least {SHORTEST_STAFF_TOKEN} characters");
        }
        Ok(token)
    }

    pub fn guest_key(&self) -> anyhow::Result<GuestKey> {
        let development = || self.dev.then(|| SecretString::from(DEVELOPMENT_KEY));
        let key = self
            .guest_cookie_key
            .clone()
            .filter(|key| !is_empty(key))
            .or_else(development);
        let key = key.context("GUEST_COOKIE_KEY is not set; without --dev there is no default")?;
        self.not_published("GUEST_COOKIE_KEY", &key, DEVELOPMENT_KEY)?;
        if let Some(previous) = &self.guest_cookie_key_previous {
            self.not_published("GUEST_COOKIE_KEY_PREVIOUS", previous, DEVELOPMENT_KEY)?;
        }
        let key = GuestKey::parse(&key).context("GUEST_COOKIE_KEY cannot be used")?;
        key.and_previous(self.guest_cookie_key_previous.as_ref())
            .context("GUEST_COOKIE_KEY_PREVIOUS cannot be used")
    }

    fn not_published(&self, name: &str, given: &SecretString, published: &str) -> anyhow::Result<()> {
        if !self.dev && given.expose_secret() == published {
            bail!("{name} is the one that everybody can read in the source. Make one of your own.");
        }
        Ok(())
    }

    pub fn cookies(&self) -> anyhow::Result<CookieKind> {
        Ok(CookieKind::of_origins(&self.public_origin, self.dev)?)
    }
}

fn is_empty(secret: &SecretString) -> bool {
    secret.expose_secret().is_empty()
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text
        .parse::<f64>()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds
        .filter(|time| !time.is_zero())
        .ok_or_else(|| "must be a number of seconds above 0".to_owned())
}
