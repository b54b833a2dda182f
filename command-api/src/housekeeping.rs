//! What is done by itself from time to time in every process: PostgreSQL's maintenance, and forgetting what nobody needs any more.
//!
//! Nobody waits for any of it. What cannot be done now is tried again: maintenance after a minute, the rest ever later up to an hour.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use database::Pool;
use event_store::contacts::Contacts;
use event_store::gateway_notices::GatewayNotices;
use event_store::maintenance;
use event_store::texts::Texts;
use event_store::{Partitions, Reader};
use metrics::{counter, gauge};

use crate::accounts;
use crate::command_loop::CODE_VERSION;
use crate::router::Limits;

const MAINTAIN_EVERY: Duration = Duration::from_mins(1);
const SWEEP_EVERY: Duration = Duration::from_hours(1);
/// After a sweep that failed; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_mins(1);
/// Longer than any command takes: what is as old and that no event names, none will.
const ORPHANED_AFTER: Duration = Duration::from_hours(1);
/// Gateways send again for days, not for months: Stripe for three days.
const NOTICES_ARE_KEPT: Duration = Duration::from_hours(24 * 30);

/// A version of the code that was not seen for so long is run nowhere, and is not gone back to in a hurry.
const CODE_UNSEEN_FOR: Duration = Duration::from_hours(24);

pub struct Housekeeping {
    pub database_url: String,
    pub limits: Arc<Limits>,
    pub contacts: Contacts,
    pub texts: Texts,
    pub notices: GatewayNotices,
    pub reader: Reader,
    pub accounts: Pool,
}

impl Housekeeping {
    /// Never ends.
    pub async fn run(self: Arc<Self>) {
        tokio::join!(self.maintain(), self.sweep());
    }

    async fn maintain(&self) {
        loop {
            let outcome = match maintenance::tend(&self.database_url).await {
                Ok(partitions) => shown(&partitions),
                Err(error) => {
                    tracing::warn!(%error, "PostgreSQL's maintenance failed, and is tried again in a minute");
                    "failed"
                }
            };
            counter!("maintenance_total", "outcome" => outcome).increment(1);
            tokio::time::sleep(MAINTAIN_EVERY).await;
        }
    }

    async fn sweep(&self) {
        let mut pause = FIRST_PAUSE;
        loop {
            self.limits.tidy();
            if self.sweep_once().await {
                pause = FIRST_PAUSE;
                tokio::time::sleep(SWEEP_EVERY).await;
            } else {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(SWEEP_EVERY);
            }
        }
    }

    /// Whether all of it worked.
    async fn sweep_once(&self) -> bool {
        let swept = [
            reported(
                "old notices of the gateway",
                self.notices.sweep(NOTICES_ARE_KEPT).await,
            ),
            reported(
                "contacts of orders that were never placed",
                self.contacts.sweep_orphans(ORPHANED_AFTER).await,
            ),
            reported(
                "texts of requests that were never stored",
                self.texts.sweep_orphans(ORPHANED_AFTER).await,
            ),
            reported(
                "snapshots of earlier versions of the code",
                self.reader.sweep_snapshots(CODE_VERSION, CODE_UNSEEN_FOR).await,
            ),
            reported(
                "links in mails that have expired",
                accounts::links::sweep(&self.accounts).await,
            ),
            reported(
                "ended sessions that would be over by now",
                accounts::ended_sessions::sweep(&self.accounts).await,
            ),
            reported(
                "second steps that nobody took",
                accounts::second_factor::challenges::sweep(&self.accounts).await,
            ),
            // Before the next: where the account is gone, what it gives it goes with its order.
            reported(
                "contacts of orders that became an account's",
                accounts::taking_over::sweep(&self.contacts).await,
            ),
            reported(
                "contacts of erased customers whose orders have arrived",
                accounts::erasure::sweep(&self.reader, &self.contacts)
                    .await
                    .map_err(|problem| problem.detail),
            ),
        ];
        !swept.contains(&false)
    }
}

fn shown(partitions: &Partitions) -> &'static str {
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds of our time are exact in a float"
    )]
    let until = partitions.until.unix_timestamp() as f64;
    gauge!("receipt_partitions_end_timestamp_seconds").set(until);
    if partitions.is_postponed {
        "postponed"
    } else {
        "done"
    }
}

fn reported(what: &str, swept: Result<u64, impl fmt::Display>) -> bool {
    match swept {
        Ok(0) => true,
        Ok(count) => {
            tracing::info!(what, count, "a sweep did what was left to do");
            true
        }
        Err(error) => {
            tracing::warn!(what, %error, "a sweep failed, and is tried again");
            false
        }
    }
}
