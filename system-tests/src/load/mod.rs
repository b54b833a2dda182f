//! `load`: shoppers who put real baskets into carts, and a look at whether the read models show exactly what they did.
//!
//! Called by the binary `load` and by the fault tests. Everything goes over HTTP, as shoppers would.

mod catalogue;
mod checking_out;
mod checks;
mod progress;
mod report;
mod shopping;

use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;

use crate::baskets::Baskets;

pub use report::{ProductCount, Report};

/// Where the shop is and how hard to drive it.
#[derive(Clone, Debug)]
pub struct Options {
    /// `host:port` of the command API, or of what routes to it.
    pub commands: String,
    /// `host:port` of the query API, or of what routes to it.
    pub queries: String,
    pub staff_token: String,
    /// Shoppers at the same time, each on a connection of its own.
    pub concurrency: usize,
    /// Commands per second, those of checkouts too; absent: as fast as it goes.
    pub rate: Option<f64>,
    /// Whether every cart becomes an order that is paid.
    pub checkout: bool,
    /// Whether to tell on stderr how far it is.
    pub progress: bool,
}

/// Lists what is missing, shops, checks. Runs on the current thread, inside a `LocalSet`.
pub async fn run(options: Options, baskets: Baskets) -> Result<Report> {
    let (options, baskets) = (Rc::new(options), Rc::new(baskets));
    catalogue::reach(&options).await?;
    if options.checkout {
        checking_out::reach(&options).await?;
    }
    catalogue::list_missing(&options, &baskets).await?;
    let before = catalogue::open_carts(&options, &baskets).await?;
    let shopped = shopping::shop(&options, &baskets).await?;
    let carts = checks::carts(&options, &baskets, &shopped.trips).await?;
    let counts = checks::counts(&options, &baskets, &shopped.trips, &before).await?;
    let checked_out = if options.checkout {
        Some(checking_out::check_out_all(&options, &baskets, &shopped.trips).await?)
    } else {
        None
    };
    Ok(report::report(&baskets, &shopped, carts, counts, checked_out))
}

/// How long the read models may take to show what was stored, before it counts as a mismatch.
const VIEWS_MAY_LAG: Duration = Duration::from_secs(30);
