//! Limits that are out of the way: everybody in a test comes from one network, and some do what nobody does so fast.

/// For the environment of both APIs.
pub fn out_of_the_way() -> impl Iterator<Item = (&'static str, String)> {
    [
        "RATE_LIMIT_PER_SECOND",
        "GUEST_LIMIT_PER_SECOND",
        "SESSION_LIMIT_PER_SECOND",
        "SIGN_UPS_PER_NETWORK",
        "MAILS_PER_NETWORK",
        "UNPAID_ORDERS",
        "UNPAID_UNITS",
        "UNPAID_ORDERS_PER_NETWORK",
        "UNPAID_UNITS_PER_NETWORK",
        "LIVE_STREAMS_PER_NETWORK",
    ]
    .map(|name| (name, "1000000".to_owned()))
    .into_iter()
}
