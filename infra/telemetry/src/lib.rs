//! What every binary of Cartwright needs in order to be operated: logs, metrics, an admin port, a way
//! to be stopped, and points where a test can make it fail.
//!
//! `main` of each binary calls [`init`] first, builds its parts, hands [`admin::serve`] the
//! [`admin::Checks`] that those parts report to, and runs until [`shutdown::signal`] says stop. The
//! two APIs also listen through [`server::serve`] and measure themselves with [`http::HttpMetrics`]
//! and tell clients how they stand with their limits ([`rate_limit`]). Addresses that are no text they refuse with [`uri::check`].
//! Stores whose [`password`] anybody can guess are refused in production.
//!
//! Nothing that means something to the business belongs here: a metric's name and buckets do
//! ([`metric`]), what is counted is decided by whoever counts it.

pub mod admin;
pub mod client;
mod failpoint;
pub mod http;
mod logs;
pub mod metric;
pub mod password;
pub mod rate_limit;
pub mod server;
pub mod shutdown;
pub mod trace;
pub mod uri;

use std::io;
use std::net::{IpAddr, Ipv4Addr};

pub use failpoint::{failpoint, failpoint_of, failpoints_configured};

/// Why a binary cannot begin: something in its environment cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error("LOG_FORMAT is `{0}`; it can be `json` or `text`")]
    LogFormat(String),
    #[error("RUST_LOG cannot be read: {0}")]
    LogFilter(String),
    #[error("FAILPOINTS cannot be read: {0}")]
    Failpoints(String),
    #[error("the metrics recorder cannot be installed: {0}")]
    Recorder(String),
}

/// Sets up logs, metrics and failpoints from the environment (`LOG_FORMAT`, `RUST_LOG`, `FAILPOINTS`).
///
/// Call it once, before anything registers a metric: what was registered earlier is counted nowhere. A
/// second call (tests that share a process) changes nothing.
pub fn init(service: &'static str) -> Result<(), InitError> {
    logs::init()?;
    metric::install(service)?;
    failpoint::arm_from_environment()
}

/// Where the binaries listen: `BIND_ADDRESS`, else this machine alone. Images set it to `0.0.0.0`.
pub fn bind_address() -> io::Result<IpAddr> {
    let Ok(configured) = std::env::var("BIND_ADDRESS") else {
        return Ok(Ipv4Addr::LOCALHOST.into());
    };
    let unreadable = |_| io::Error::other(format!("BIND_ADDRESS is `{configured}`, which is no IP address"));
    configured.parse().map_err(unreadable)
}
