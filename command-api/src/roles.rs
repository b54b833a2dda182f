//! What one process of the command API does. One machine runs all roles in one process.

use std::fmt;

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Shoppers' carts and sessions.
    Carts,
    /// Staff's products and stock.
    Catalog,
    /// Checkout, orders, refunds, discount codes, and what the payment gateway sends.
    Payments,
    /// Product requests: shoppers', staff's answers, quotes, the inbox.
    Requests,
    /// Personal data: where an order goes.
    Accounts,
    /// Asks the payment gateway for what is outstanding.
    PaymentWorker,
    /// Ends what nobody ended in time: reservations, carts.
    Deadlines,
    /// Publishes the log to Kafka.
    Relay,
    /// Tells subscribers of orders and payments over HTTP, and serves staff who manage them; tells customers by mail and inbox.
    Notifications,
}

impl Role {
    /// Whether clients send requests to a process with this role.
    pub const fn has_routes(self) -> bool {
        match self {
            Self::Carts
            | Self::Catalog
            | Self::Payments
            | Self::Requests
            | Self::Accounts
            | Self::Notifications => true,
            Self::PaymentWorker | Self::Deadlines | Self::Relay => false,
        }
    }

    pub const ALL: [Self; 9] = [
        Self::Carts,
        Self::Catalog,
        Self::Payments,
        Self::Requests,
        Self::Accounts,
        Self::PaymentWorker,
        Self::Deadlines,
        Self::Notifications,
        Self::Relay,
    ];
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Carts => "carts",
            Self::Catalog => "catalog",
            Self::Payments => "payments",
            Self::Requests => "requests",
            Self::Accounts => "accounts",
            Self::PaymentWorker => "payment-worker",
            Self::Deadlines => "deadlines",
            Self::Relay => "relay",
            Self::Notifications => "notifications",
        })
    }
}
