//! What one shopper, one mailbox and one network may ask for, as far as it can be configured. `docs/api.md` has the table.
//!
//! A network is an address of IPv4, or a /64 of IPv6: an office is one, so what it may is many people's.

use std::time::Duration;

use clap::Args;
use session::Quota;
use telemetry::client::{ProxiesError, TrustedProxies};

use crate::router::Limits;
use crate::unpaid_orders::UnpaidLimits;

const HOUR: Duration = Duration::from_hours(1);

#[derive(Args, Clone, Debug)]
pub struct LimitArgs {
    /// Addresses or networks of the proxies before this API, several with commas, whose X-Forwarded-For is believed; `none` if clients
    /// connect themselves. Without --dev it has to be set.
    #[arg(long, env = "TRUSTED_PROXIES")]
    pub trusted_proxies: Option<TrustedProxies>,
    /// Commands a second of one shopper; twice as many in a burst.
    #[arg(long, env = "RATE_LIMIT_PER_SECOND", default_value_t = 50)]
    pub rate_limit_per_second: u32,
    /// Commands a second of all guests of one network, and by links of orders from there; twice as many in a burst.
    #[arg(long, env = "GUEST_LIMIT_PER_SECOND", default_value_t = 500)]
    pub guest_limit_per_second: u32,
    /// Sessions a second that one network may begin; twice as many in a burst.
    #[arg(long, env = "SESSION_LIMIT_PER_SECOND", default_value_t = 200)]
    pub session_limit_per_second: u32,
    /// Accounts that one network may register in an hour.
    #[arg(long, env = "SIGN_UPS_PER_NETWORK", default_value_t = 20)]
    pub sign_ups_per_network: u32,
    /// Mails with links that one mailbox gets in an hour, whatever is written behind a + before the @: to confirm it so many, and so many
    /// for another password.
    #[arg(long, env = "MAILS_PER_MAILBOX", default_value_t = 5)]
    pub mails_per_mailbox: u32,
    /// Mails with links that one network may ask for in an hour.
    #[arg(long, env = "MAILS_PER_NETWORK", default_value_t = 50)]
    pub mails_per_network: u32,
    #[command(flatten)]
    pub unpaid: UnpaidLimits,
}

impl LimitArgs {
    /// # Errors
    /// A sentence for whoever starts the process.
    pub fn trusted_proxies(&self, dev: bool) -> Result<TrustedProxies, ProxiesError> {
        TrustedProxies::configured(self.trusted_proxies.as_ref(), dev)
    }

    pub fn rates(&self) -> Limits {
        Limits::per_second(
            self.rate_limit_per_second,
            self.guest_limit_per_second,
            self.session_limit_per_second,
        )
    }

    pub const fn quotas(&self) -> Quotas {
        Quotas::per_hour(
            self.sign_ups_per_network,
            self.mails_per_mailbox,
            self.mails_per_network,
        )
    }
}

/// What is counted in Redis, for all replicas together.
#[derive(Clone, Copy, Debug)]
pub struct Quotas {
    /// Accounts that one network registers.
    pub sign_ups: Quota,
    /// Mails that confirm an address, to one mailbox, so that nobody's is filled by others.
    pub mails: Quota,
    /// Mails for another password, to one mailbox. Anybody may ask for one of those, which must not use up the others.
    pub resets: Quota,
    /// Mails that one network asks for.
    pub mails_of_network: Quota,
}

impl Quotas {
    pub const fn per_hour(sign_ups: u32, mails: u32, mails_of_network: u32) -> Self {
        Self {
            sign_ups: an_hour("sign-ups", sign_ups),
            mails: an_hour("mails", mails),
            resets: an_hour("resets", mails),
            mails_of_network: an_hour("mails-address", mails_of_network),
        }
    }
}

const fn an_hour(name: &'static str, count: u32) -> Quota {
    Quota {
        name,
        count,
        window: HOUR,
    }
}
