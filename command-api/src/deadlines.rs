//! The `deadlines` role: ends what nobody ended in time.
//!
//! It claims deadlines by a committed lease, holds no lock, and sends the command that each stands for; the rules decide
//! whether there is anything to end. Should it die in between, the lease runs out and another takes over.
//!
//! That a deadline is due is what PostgreSQL's clock says, and no other is asked. What it is due for is looked at together with the
//! deadline itself, and ended only as it was then: whoever gives an order or a cart more time does both in one commit.

#[cfg(test)]
mod tests;

use std::time::Duration;

use domain::cart::CartCommand;
use domain::product_request::ProductRequestCommand;
use domain::{AggregateType, CartId, Code, OrderId, RequestId};
use event_store::deadlines::{DeadlineId, DeadlineKind, Deadlines, Due, LastEvent};
use event_store::{DatabaseError, Reader};
use metrics::counter;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::command_loop::{Caller, Command, CommandError, GoOn, Handle, PORTION, Paying, Requesting};
use crate::conditions::IfMatch;
use crate::payment::worker::refund_of;

const LEASE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Of each kind, so that many of one kind hold up no other.
const AT_ONCE: i64 = 64;
/// Before what cannot be done is tried again: doubled each time, up to the second.
const BACK_OFF: (Duration, Duration) = (LEASE, Duration::from_hours(1));
const KINDS: [DeadlineKind; 6] = [
    DeadlineKind::Reservation,
    DeadlineKind::Cart,
    DeadlineKind::Authorisation,
    DeadlineKind::Quote,
    DeadlineKind::RequestMembers,
    DeadlineKind::CodeRedemptions,
];

#[derive(Clone)]
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

impl DeadlineError {
    /// Whether the same can succeed by itself, and soon.
    fn is_worth_repeating(&self) -> bool {
        match self {
            Self::Database(error) => event_store::classify(error).is_worth_repeating(),
            Self::Command(error) => match error {
                CommandError::Conflict { .. }
                | CommandError::InProgress
                | CommandError::Overloaded
                | CommandError::Unavailable => true,
                CommandError::Refused(_)
                | CommandError::KeyReused
                | CommandError::Unreadable(_)
                | CommandError::Rejected(_)
                | CommandError::Panicked
                | CommandError::Endless => false,
            },
            Self::Nameless => false,
        }
    }
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
                if !error.is_worth_repeating() {
                    self.deadlines.back_off(claimed, back_off(claimed)).await?;
                }
            }
        }
        Ok(due.len())
    }

    async fn act(&self, claimed: &Due) -> Result<(), DeadlineError> {
        let name = &claimed.id.aggregate_id;
        let id = || Uuid::parse_str(name).map_err(|_| DeadlineError::Nameless);
        match claimed.id.kind {
            DeadlineKind::Reservation => self.expire_order(OrderId::new(id()?), claimed).await,
            DeadlineKind::Cart => self.expire_cart(CartId::new(id()?), claimed).await,
            DeadlineKind::Authorisation => self.warn_of_authorisation(claimed).await,
            DeadlineKind::PaymentStep => Ok(()),
            DeadlineKind::Quote => self.expire_quote(RequestId::new(id()?), claimed).await,
            DeadlineKind::RequestMembers => self.go_on(RequestId::new(id()?), claimed).await,
            DeadlineKind::CodeRedemptions => {
                let code = Code::parse(name).map_err(|_| DeadlineError::Nameless)?;
                self.execute(Command::SeparateRedemptions { code }, None).await?;
                self.deadlines.end(claimed).await?;
                Ok(())
            }
        }
    }

    /// An attempt to pay gives the order more time: it is stored on the payment's stream, with the deadline in the same commit.
    async fn expire_order(&self, order: OrderId, claimed: &Due) -> Result<(), DeadlineError> {
        let looked_at = self.deadlines.last_event(claimed, AggregateType::Payment).await?;
        let Some(payment) = looked_at else {
            return Ok(());
        };
        self.expire_order_as(order, claimed, payment).await
    }

    /// Ends the order if its payment still is as it was looked at.
    async fn expire_order_as(
        &self,
        order: OrderId,
        claimed: &Due,
        payment: LastEvent,
    ) -> Result<(), DeadlineError> {
        let refund = refund_of(order.uuid());
        let paying = Paying::Expire { refund };
        let command = Command::Paying { order, paying };
        self.end_unless_it_moved(command, claimed, payment).await
    }

    async fn expire_quote(&self, request: RequestId, claimed: &Due) -> Result<(), DeadlineError> {
        // PostgreSQL keeps microseconds: the quote may expire a part of one later than its deadline.
        let at = claimed.due_at + time::Duration::MICROSECOND;
        let command = ProductRequestCommand::ExpireQuote { at };
        let requesting = Requesting::One { request, command };
        self.execute(Command::Requesting(requesting), None).await?;
        self.deadlines.end(claimed).await?;
        Ok(())
    }

    /// The next portion of a request's people. What is left after it sets the deadline anew.
    async fn go_on(&self, request: RequestId, claimed: &Due) -> Result<(), DeadlineError> {
        let (waiting, to_move) = tokio::try_join!(
            self.reader.waiting_members(request, PORTION),
            self.reader.members_to_move(request, PORTION)
        )?;
        let go_on = GoOn {
            request,
            waiting,
            to_move,
        };
        self.execute(Command::Requesting(Requesting::GoOn(go_on)), None)
            .await?;
        self.deadlines.end(claimed).await?;
        Ok(())
    }

    /// A cart that was touched since begins its time anew: its commands set no deadline, so that they cost nothing.
    async fn expire_cart(&self, cart: CartId, claimed: &Due) -> Result<(), DeadlineError> {
        let looked_at = self.deadlines.last_event(claimed, AggregateType::Cart).await?;
        let Some(last) = looked_at else {
            return Ok(());
        };
        let due = last.recorded_at.map(|touched| touched + self.cart);
        if let Some(due) = due.filter(|due| *due > claimed.due_at) {
            self.deadlines.put_off(claimed, due).await?;
            return Ok(());
        }
        self.expire_cart_as(cart, claimed, last).await
    }

    /// Closes the cart if it still is as it was looked at.
    async fn expire_cart_as(
        &self,
        cart: CartId,
        claimed: &Due,
        last: LastEvent,
    ) -> Result<(), DeadlineError> {
        let command = CartCommand::Expire;
        self.end_unless_it_moved(Command::Cart { cart, command }, claimed, last)
            .await
    }

    async fn end_unless_it_moved(
        &self,
        command: Command,
        claimed: &Due,
        looked_at: LastEvent,
    ) -> Result<(), DeadlineError> {
        match self.execute(command, Some(looked_at.version)).await {
            Ok(()) => {
                // Still there as it was claimed: there was nothing to end any more.
                self.deadlines.end(claimed).await?;
            }
            // Not yet, perhaps: it is looked at anew.
            Err(CommandError::Conflict { .. }) => {
                self.deadlines.back_off(claimed, Duration::ZERO).await?;
            }
            Err(error) => return Err(error.into()),
        }
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

    /// `version` is that of the command's subject, which must not have moved.
    async fn execute(&self, command: Command, version: Option<i64>) -> Result<(), CommandError> {
        let caller = Caller {
            metadata: format!(r#"{{"causation_id":"{}","actor":"deadlines"}}"#, Uuid::now_v7()),
            if_match: version.map(IfMatch::version),
            ..Caller::default()
        };
        self.commands.execute(command, caller).await.map(drop)
    }
}

fn back_off(claimed: &Due) -> Duration {
    let (least, most) = BACK_OFF;
    let doublings = u32::try_from(claimed.attempts.saturating_sub(1).clamp(0, 20)).unwrap_or_default();
    least.saturating_mul(2_u32.saturating_pow(doublings)).min(most)
}
