//! Log lines, written to stderr: stdout belongs to what a command prints for machines.
//!
//! `LOG_FORMAT=json` is what the images set; `text` is for people. `RUST_LOG` filters as usual.

use std::env;
use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::InitError;

/// hyper warns whenever a client leaves an idle connection open: true, and of no use to anybody.
const DEFAULT_FILTER: &str = "info,hyper=error";

pub(crate) fn init() -> Result<(), InitError> {
    let format = env::var("LOG_FORMAT").unwrap_or_else(|_| "text".to_owned());
    let filter = match env::var("RUST_LOG") {
        Ok(filter) if !filter.is_empty() => filter,
        _ => DEFAULT_FILTER.to_owned(),
    };
    let filter = EnvFilter::try_new(&filter).map_err(|error| InitError::LogFilter(error.to_string()))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);

    // An error here means that a subscriber is set already, which is how a second `init` looks.
    let _ = match format.as_str() {
        "json" => lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .try_init(),
        "text" => lines.with_ansi(io::stderr().is_terminal()).try_init(),
        other => return Err(InitError::LogFormat(other.to_owned())),
    };
    Ok(())
}
