//! Sends what is due, a few mails at a time, and records what became of them. Run by the notifications' thread.

use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::Mail;
use super::letter::{self, Letter};
use super::metric::{self, Outcome};
use super::order_facts::{Facts, FactsError};
use super::outbox::{Due, Outbox};
use super::smtp::{Refusal, Smtp};
use crate::accounts::links::Purpose;
use crate::notifications::sender::is_time;

/// Mails under way at a time: as many as connections, and one to come next for each.
const MOST_UNDER_WAY: usize = 8;
/// A person waits for a link; nobody notices half a second.
const POLL: Duration = Duration::from_millis(500);
const BACKLOG_EVERY: Duration = Duration::from_secs(5);
const PRUNE_EVERY: Duration = Duration::from_hours(1);
/// What is under way when the process is to stop may take this long. What is cut off is sent by whoever comes next.
const DRAIN: Duration = Duration::from_secs(5);

pub struct Sender {
    mailer: Mailer,
    under_way: JoinSet<()>,
}

/// What one attempt needs.
#[derive(Clone)]
struct Mailer {
    outbox: Outbox,
    smtp: Smtp,
    facts: Facts,
}

/// What is known of a mail when its turn comes.
enum Turn {
    Send(String, Letter),
    /// Nobody is there to be written to any more.
    Erased,
    /// What it offers has expired.
    TooLate,
    /// A newer release put it.
    Unreadable(String),
    /// Whoever had it in hand died, again and again.
    Abandoned,
}

impl Sender {
    pub fn new(outbox: Outbox, smtp: Smtp, facts: Facts) -> Self {
        metric::register();
        Self {
            mailer: Mailer { outbox, smtp, facts },
            under_way: JoinSet::new(),
        }
    }

    /// Begins to send what is due at `now`, as far as there is room. Returns how many mails those are.
    pub async fn step(&mut self, now: OffsetDateTime) -> Result<usize, sqlx::Error> {
        while let Some(ended) = self.under_way.try_join_next() {
            complain(ended);
        }
        let room = MOST_UNDER_WAY.saturating_sub(self.under_way.len());
        let Ok(room @ 1..) = i64::try_from(room) else {
            return Ok(0);
        };
        let due = self.mailer.outbox.claim(room, now).await?;
        let begun = due.len();
        for due in due {
            let mailer = self.mailer.clone();
            self.under_way
                .spawn(async move { mailer.attempt(due, now).await });
        }
        Ok(begun)
    }

    /// Waits until nothing is under way.
    pub async fn settle(&mut self) {
        while let Some(ended) = self.under_way.join_next().await {
            complain(ended);
        }
    }

    /// Sends until told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut backlog_shown: Option<Instant> = None;
        let mut pruned: Option<Instant> = None;
        while !stop.is_cancelled() {
            let now = OffsetDateTime::now_utc();
            if is_time(&mut pruned, PRUNE_EVERY)
                && let Err(error) = self.mailer.outbox.prune(now).await
            {
                tracing::warn!(%error, "old mails cannot be forgotten");
            }
            if is_time(&mut backlog_shown, BACKLOG_EVERY) {
                let counted = self.mailer.outbox.backlog(now).await;
                if let Err(error) = &counted {
                    tracing::warn!(%error, "the mails that wait cannot be counted");
                }
                metric::backlog(counted.ok());
            }
            match self.step(now).await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::warn!(%error, "mails cannot be sent: PostgreSQL"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(POLL) => {}
                Some(ended) = self.under_way.join_next() => complain(ended),
            }
        }
        if tokio::time::timeout(DRAIN, self.settle()).await.is_err() {
            let unfinished = self.under_way.len();
            tracing::warn!(unfinished, "mails were cut off; they will be sent again");
        }
    }
}

impl Mailer {
    async fn attempt(&self, due: Due, now: OffsetDateTime) {
        let (id, kind) = (due.id, due.kind());
        let done = match self.turn(&due, now).await {
            Ok(Turn::Unreadable(error)) => {
                tracing::error!(%error, %id, "a mail cannot be read by this release; it is tried again");
                self.put_back(&due, "unreadable", now).await
            }
            Ok(Turn::Abandoned) => {
                tracing::error!(%id, kind, "a mail was given up: nobody has lived to say what became of it");
                self.give_up(&due, "abandoned", now).await
            }
            Ok(Turn::Send(address, letter)) => self.send(&due, &address, letter, now).await,
            Ok(Turn::Erased) => self
                .outbox
                .end(&due, Some("erased"), now)
                .await
                .map(|()| Outcome::Erased),
            Ok(Turn::TooLate) => self
                .outbox
                .end(&due, Some("expired"), now)
                .await
                .map(|()| Outcome::Failed),
            Err(error) => {
                tracing::warn!(%error, %id, kind, "what a mail says cannot be looked up; it is tried again");
                self.put_back(&due, "looking up", now).await
            }
        };
        match done {
            Ok(outcome) => metric::attempt(outcome),
            // Its lease passes, and it is sent again, under the same Message-ID.
            Err(error) => tracing::warn!(%error, %id, kind, "what became of a mail was not stored"),
        }
    }

    async fn turn(&self, due: &Due, now: OffsetDateTime) -> Result<Turn, FactsError> {
        if due.is_abandoned() {
            return Ok(Turn::Abandoned);
        }
        let mail = match due.mail() {
            Ok(mail) => mail,
            Err(error) => return Ok(Turn::Unreadable(error.to_string())),
        };
        let good_for = match &mail {
            Mail::ConfirmEmail { .. } => Some(Purpose::ConfirmEmail.life()),
            Mail::ResetPassword { .. } => Some(Purpose::ResetPassword.life()),
            Mail::PasswordChanged
            | Mail::EmailChanged
            | Mail::ApiKeyMade { .. }
            | Mail::SecondFactor { .. }
            | Mail::OrderConfirmed { .. }
            | Mail::OrderShipped { .. }
            | Mail::OrderRefunded { .. }
            | Mail::Request { .. } => None,
        };
        if good_for.is_some_and(|life| due.created_at + life <= now) {
            return Ok(Turn::TooLate);
        }
        let found = match &mail {
            Mail::OrderConfirmed { order }
            | Mail::OrderShipped { order, .. }
            | Mail::OrderRefunded { order, .. } => {
                let facts = self.facts.of(*order).await?;
                facts.and_then(|facts| Some((letter::about_order(&mail, &facts)?, facts.contact.email)))
            }
            Mail::ConfirmEmail { .. }
            | Mail::ResetPassword { .. }
            | Mail::PasswordChanged
            | Mail::EmailChanged
            | Mail::ApiKeyMade { .. }
            | Mail::SecondFactor { .. } => letter::about_account(&mail).zip(due.address.clone()),
            Mail::Request { page, what, about } => {
                let letter = letter::about_request(*what, about, self.facts.page(page));
                Some(letter).zip(due.address.clone())
            }
        };
        Ok(found.map_or(Turn::Erased, |(draft, address)| {
            Turn::Send(address, draft.signed(&self.facts.seller))
        }))
    }

    async fn send(
        &self,
        due: &Due,
        address: &str,
        letter: Letter,
        now: OffsetDateTime,
    ) -> Result<Outcome, sqlx::Error> {
        let answer = self.smtp.send(due.id, address, letter).await;
        telemetry::failpoint("mails.after_sending");
        let (id, kind) = (due.id, due.kind());
        match answer {
            Ok(()) => self.outbox.end(due, None, now).await.map(|()| Outcome::Sent),
            Err(refusal @ Refusal::Address) => {
                tracing::info!(%id, kind, "a mail was given up: {refusal}");
                self.give_up(due, "address", now).await
            }
            Err(refusal @ Refusal::Mail(_)) => {
                tracing::warn!(%id, kind, "a mail was given up: {refusal}");
                self.give_up(due, "refused", now).await
            }
            Err(refusal @ (Refusal::Server(_) | Refusal::Unreachable)) => {
                tracing::warn!(%id, kind, "a mail was not sent: {refusal}");
                self.put_back(due, &refusal.to_string(), now).await
            }
        }
    }

    async fn give_up(&self, due: &Due, failure: &str, now: OffsetDateTime) -> Result<Outcome, sqlx::Error> {
        let ended = self.outbox.end(due, Some(failure), now).await;
        ended.map(|()| Outcome::Failed)
    }

    async fn put_back(&self, due: &Due, failure: &str, now: OffsetDateTime) -> Result<Outcome, sqlx::Error> {
        let is_tried_again = self.outbox.put_back(due, failure, now, fastrand::f64()).await?;
        Ok(if is_tried_again {
            Outcome::Retried
        } else {
            Outcome::Failed
        })
    }
}

fn complain(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "sending a mail panicked");
    }
}
