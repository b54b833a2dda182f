//! The `deadlines` role: ends what nobody ended in time.
//!
//! It claims deadlines by a committed lease, holds no lock, and sends the command that each stands for; the rules decide
//! whether there is anything to end. Should it die in between, the lease runs out and another takes over.

use std::time::Duration;

use domain::cart::CartCommand;
use domain::product_request::ProductRequestCommand;
use domain::{AggregateType, CartId, OrderId, RequestId};
use event_store::deadlines::{DeadlineId, DeadlineKind, Deadlines, Due};
use event_store::{DatabaseError, Reader};
use metrics::counter;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::command_loop::{Caller, Command, CommandError, Handle, Paying, Requesting};
use crate::payment::worker::refund_of;

const LEASE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(500);
const AT_ONCE: i64 = 256;
const KINDS: [DeadlineKind; 4] = [
    DeadlineKind::Reservation,
    DeadlineKind::Cart,
    DeadlineKind::Authorisation,
    DeadlineKind::Quote,
];

pub struct DeadlineRole {
    pub commands: Handle,
    pub deadlines: Deadlines,
    pub reader: Reader,
    /// How long a cart stays open that nobody touches.
    pub cart: Duration,
}

#[derive(Debug, thiserror::Error)]
enum DeadlineError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Command(#[from] CommandError),
    #[error("it names nothing that there could be")]
    Nameless,
}

impl DeadlineRole {
    /// Looks for what is due until it is told to stop.
    pub async fn run(self, token: CancellationToken) {
        while !token.is_cancelled() {
            match self.step().await {
                Ok(count) if count > 0 => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "deadlines cannot be claimed"),
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = token.cancelled() => {}
            }
        }
    }

    /// Acts on what is due. How much that was.
    ///
    /// # Errors
    /// When nothing can be claimed. What fails after that is claimed again when its lease has run out.
    pub async fn step(&self) -> Result<usize, DatabaseError> {
        let due = self.deadlines.claim(&KINDS, LEASE, AT_ONCE).await?;
        if !due.is_empty() {
            telemetry::failpoint("deadlines.claimed");
        }
        let acted = due.iter().map(|claimed| self.act(claimed));
        for (claimed, acted) in due.iter().zip(futures::future::join_all(acted).await) {
            let (kind, id) = (claimed.id.kind.as_str(), &claimed.id.aggregate_id);
            let outcome = if acted.is_ok() { "kept" } else { "failed" };
            counter!("deadlines_total", "kind" => kind, "outcome" => outcome).increment(1);
            if let Err(error) = acted {
                tracing::warn!(kind, %id, %error, "a deadline was not acted on, and is tried again");
            }
        }
        Ok(due.len())
    }

    async fn act(&self, claimed: &Due) -> Result<(), DeadlineError> {
        let id = Uuid::parse_str(&claimed.id.aggregate_id).map_err(|_| DeadlineError::Nameless)?;
        match claimed.id.kind {
            DeadlineKind::Reservation => self.expire_order(OrderId::new(id), claimed).await,
            DeadlineKind::Cart => self.expire_cart(CartId::new(id), claimed).await,
            DeadlineKind::Authorisation => self.warn_of_authorisation(claimed).await,
            DeadlineKind::PaymentStep => Ok(()),
            DeadlineKind::Quote => self.expire_quote(RequestId::new(id), claimed).await,
        }
    }

    async fn expire_order(&self, order: OrderId, claimed: &Due) -> Result<(), DeadlineError> {
        let refund = refund_of(order.uuid());
        let paying = Paying::Expire { refund };
        self.execute(Command::Paying { order, paying }).await?;
        // Still there as it was claimed: there was nothing to end any more.
        self.deadlines.end(claimed).await?;
        Ok(())
    }

    async fn expire_quote(&self, request: RequestId, claimed: &Due) -> Result<(), DeadlineError> {
        // The loop says when it is.
        let command = ProductRequestCommand::ExpireQuote { at: claimed.due_at };
        let requesting = Requesting::One { request, command };
        self.execute(Command::Requesting(requesting)).await?;
        self.deadlines.end(claimed).await?;
        Ok(())
    }

    /// A cart that was touched since begins its time anew: its commands set no deadline, so that they cost nothing.
    async fn expire_cart(&self, cart: CartId, claimed: &Due) -> Result<(), DeadlineError> {
        let touched = self
            .reader
            .last_recorded_at(AggregateType::Cart, &cart.to_string())
            .await?;
        let due = touched.map_or(claimed.due_at, |touched| touched + self.cart);
        if due > OffsetDateTime::now_utc() {
            self.deadlines.put_off(claimed, due).await?;
            return Ok(());
        }
        let command = CartCommand::Expire;
        self.execute(Command::Cart { cart, command }).await?;
        self.deadlines.end(claimed).await?;
        Ok(())
    }

    /// The gateway was asked to capture days ago, and soon cannot any more: people have to know, and it is asked again.
    async fn warn_of_authorisation(&self, claimed: &Due) -> Result<(), DeadlineError> {
        tracing::error!(payment = %claimed.id.aggregate_id, "an authorisation lapses soon and is not captured");
        counter!("payment_authorisations_lapsing_total").increment(1);
        let step = DeadlineId {
            kind: DeadlineKind::PaymentStep,
            aggregate_id: claimed.id.aggregate_id.clone(),
        };
        self.deadlines.hasten(&step).await?;
        self.deadlines.end(claimed).await?;
        Ok(())
    }

    async fn execute(&self, command: Command) -> Result<(), CommandError> {
        let caller = Caller {
            metadata: format!(r#"{{"causation_id":"{}","actor":"deadlines"}}"#, Uuid::now_v7()),
            ..Caller::default()
        };
        self.commands.execute(command, caller).await.map(drop)
    }
}
