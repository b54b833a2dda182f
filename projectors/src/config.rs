//! The command line and the environment; `main` parses them, the doc comments are the manual.

use clap::{Args, Parser, Subcommand};
use read_model::View;
use secrecy::{ExposeSecret, SecretString};
use telemetry::password::{self, WeakPassword};

use crate::reporting;

/// Keeps Cartwright's views: Kafka in, Redis out.
#[derive(Debug, Parser)]
#[command(name = "projectors", version)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Keep views up to date until told to stop. A view that is not there is built.
    Run(Run),
    /// Make the next generation of a view beside the running one, and show it once it has caught up.
    Rebuild {
        /// A view, or `reporting`.
        #[arg(value_parser = kept)]
        view: Kept,
        #[command(flatten)]
        connections: Connections,
    },
    /// Look at, retry or discard events that were set aside because one of their aggregate cannot be applied.
    Parked {
        #[command(subcommand)]
        command: Parked,
        #[command(flatten)]
        connections: Connections,
    },
    /// Compare every view, Kafka and `reporting` with a fold of the events; exits with 1 and names the differences.
    Verify {
        /// One JSON object on stdout instead of lines for people.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connections: Connections,
    },
}

/// What `run` keeps and `rebuild` makes anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Documents in Redis.
    View(View),
    /// The tables for SQL users in PostgreSQL.
    Reporting,
}

#[derive(Debug, Args)]
pub struct Run {
    /// Which views, separated by commas.
    #[arg(long, env = "VIEWS", value_delimiter = ',', default_value = "carts,products,orders,requests,reporting", value_parser = kept)]
    pub views: Vec<Kept>,
    /// Serves /healthz, /readyz and /metrics.
    #[arg(long, env = "ADMIN_PORT", default_value_t = 7412)]
    pub admin_port: u16,
    /// Names this process among the members of its consumer groups, the same after every restart, and no other process at the same time:
    /// a `StatefulSet`'s pod name, say. Then a restart gets its partitions back at once; without it they wait for 10 seconds after a crash.
    #[arg(long, env = "GROUP_INSTANCE_ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub group_instance_id: Option<String>,
    /// Allows what only a developer's machine may have: failpoints.
    #[arg(long)]
    pub dev: bool,
    #[command(flatten)]
    pub connections: Connections,
}

#[derive(Debug, Subcommand)]
pub enum Parked {
    /// Which aggregates have parked events, how many, since when and why.
    List {
        #[arg(value_parser = view)]
        view: Option<View>,
    },
    /// The parked events of one aggregate.
    Show {
        #[arg(value_parser = view)]
        view: View,
        /// As `list` prints it: `cart/0197…`.
        aggregate: String,
    },
    /// Apply the parked events now, say after a release that can read them.
    Retry {
        #[arg(value_parser = view)]
        view: View,
        aggregate: String,
    },
    /// Do without the events that cannot be read; those behind them are applied.
    Discard {
        #[arg(value_parser = view)]
        view: View,
        aggregate: String,
    },
}

/// Where everything is. The defaults are those of `./dev up`; `./dev` itself says them all.
#[derive(Clone, Debug, Args)]
pub struct Connections {
    /// `postgres://user:password@host:port/database`. Without --dev, a user who owns no table: `cartwright_projectors`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: SecretString,
    #[arg(long, env = "KAFKA_BROKERS", default_value = "127.0.0.1:7492")]
    pub kafka_brokers: String,
    /// Topics are called `PREFIX.cart` and so on.
    #[arg(long, env = "TOPIC_PREFIX", default_value = "commerce")]
    pub topic_prefix: String,
    #[arg(
        long,
        env = "REDIS_URL",
        hide_env_values = true,
        default_value = "redis://127.0.0.1:7479"
    )]
    pub redis_url: SecretString,
    /// Stands before every key.
    #[arg(long, env = "REDIS_PREFIX", default_value = "")]
    pub redis_prefix: String,
}

impl Connections {
    /// Commands that have no --dev are as in production.
    ///
    /// # Errors
    /// A password of the database that anybody can guess.
    pub fn check_database(&self) -> Result<(), WeakPassword> {
        password::of_postgres("DATABASE_URL", self.database_url.expose_secret())
    }
}

impl Run {
    /// Whether a process with this configuration may run at all.
    ///
    /// # Errors
    /// A sentence for whoever starts it.
    pub fn check(&self) -> anyhow::Result<()> {
        if self.dev {
            return Ok(());
        }
        anyhow::ensure!(
            !telemetry::failpoints_configured(),
            "FAILPOINTS is set: only a developer's machine (--dev) may have it"
        );
        self.connections.check_database()?;
        password::required("REDIS_URL", self.connections.redis_url.expose_secret())?;
        Ok(())
    }

    /// In production this process owns nothing in PostgreSQL.
    ///
    /// # Errors
    /// When it does, or PostgreSQL cannot be asked.
    pub async fn check_database_user(&self) -> anyhow::Result<()> {
        let url = self.connections.database_url.expose_secret();
        anyhow::ensure!(
            self.dev || !event_store::rights::owns_the_log(url).await?,
            "the user of DATABASE_URL owns the log. Take one who may read it alone: cartwright_projectors"
        );
        Ok(())
    }
}

fn kept(name: &str) -> Result<Kept, String> {
    if name == reporting::NAME {
        return Ok(Kept::Reporting);
    }
    let unknown = |error| format!("{error}, and {}", reporting::NAME);
    view(name).map(Kept::View).map_err(unknown)
}

fn view(name: &str) -> Result<View, String> {
    View::parse(name).ok_or_else(|| {
        let known: Vec<&str> = View::ALL.iter().map(|view| view.as_str()).collect();
        format!("there is no view {name:?}; there are {}", known.join(", "))
    })
}
