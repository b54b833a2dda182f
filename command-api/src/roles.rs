//! What one process of the command API does. One machine runs all roles in one process.

use std::fmt;

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Shoppers' carts and sessions.
    Carts,
    /// Staff's products and stock.
    Catalog,
    /// Publishes the log to Kafka.
    Relay,
    /// Tells subscribers of orders and payments over HTTP, and serves staff who manage them.
    Notifications,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Carts, Self::Catalog, Self::Relay, Self::Notifications];
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Carts => "carts",
            Self::Catalog => "catalog",
            Self::Relay => "relay",
            Self::Notifications => "notifications",
        })
    }
}
