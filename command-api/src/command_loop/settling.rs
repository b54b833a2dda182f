//! What becomes of a turn once PostgreSQL has answered, or has not.

use std::collections::HashSet;
use std::time::Duration;

use domain::StreamId;
use event_store::{Appended, Connection, DatabaseError, Outcome, Transaction};

use super::deciding::{Decided, replay};
use super::heartbeat::Heartbeat;
use super::request::{CommandError, Request};
use super::running::connect;
use super::turn::{End, Turn};
use super::working::TurnStates;

/// How long a turn may look what became of its append, at most.
const FOUND_OUT_WITHIN: Duration = Duration::from_secs(3);

impl Turn<'_> {
    /// Answers those whose transactions are stored, and keeps the states they left.
    pub(super) fn settle(
        mut self,
        decided: Vec<Decided>,
        transactions: &[Transaction],
        appended: Appended,
        states: TurnStates,
    ) -> End {
        let wrote = transactions.iter().any(writes);
        #[cfg(test)]
        for one in &decided {
            one.request.command.break_at(super::tests::odd::Stage::Settling);
        }
        let all_stored = appended
            .outcomes
            .iter()
            .all(|outcome| matches!(outcome, Outcome::Stored { .. }));
        if all_stored {
            for (stream, held) in states.into_held() {
                self.cache.keep(stream, held);
            }
        } else {
            self.keep_what_was_stored(transactions, &appended);
        }
        let stored = appended.outcomes.iter();
        let stored = stored.map(|outcome| matches!(outcome, Outcome::Stored { .. }));
        self.keep_snapshots(transactions, stored);
        let mut end = End {
            appended: wrote,
            connection_is_good: true,
            ..End::default()
        };
        for (mut decided, outcome) in decided.into_iter().zip(appended.outcomes) {
            match outcome {
                Outcome::Refused => {
                    decided.request.refusals = decided.request.refusals.saturating_add(1);
                    end.again.push(decided.request);
                }
                Outcome::Stored { position } => {
                    let answer = decided.answer.map(|subject| subject.at(position));
                    self.answers.give(decided.request, answer);
                }
                Outcome::Replayed(receipt) => {
                    let answer = replay(&decided.request, receipt);
                    self.answers.give(decided.request, answer);
                }
            }
        }
        end
    }

    fn keep_what_was_stored(&mut self, transactions: &[Transaction], appended: &Appended) {
        for (transaction, outcome) in transactions.iter().zip(&appended.outcomes) {
            if !matches!(outcome, Outcome::Stored { .. }) {
                continue;
            }
            for used in &transaction.streams {
                let events = used.events.iter().map(|new| new.event.clone());
                self.cache.advance(&used.stream, used.expected_version, events);
            }
        }
        self.forget_what_is_ahead(transactions, appended);
        for unseen in &appended.unseen {
            if unseen.unreadable.is_some() {
                self.cache.forget(&unseen.stream);
                continue;
            }
            let from = unseen.version - i64::try_from(unseen.events.len()).unwrap_or(i64::MAX);
            self.cache
                .advance(&unseen.stream, from, unseen.events.iter().cloned());
        }
    }

    /// Refused, and nobody has written past what is held: the log ends before that, or went another way. It was restored, or
    /// fell over to a copy that lacked something. What the transaction was decided on is loaded from nothing.
    fn forget_what_is_ahead(&mut self, transactions: &[Transaction], appended: &Appended) {
        // Streams that explain why what was decided on them is refused.
        let mut stale: HashSet<&StreamId> = appended.unseen.iter().map(|unseen| &unseen.stream).collect();
        for (transaction, outcome) in transactions.iter().zip(&appended.outcomes) {
            match outcome {
                Outcome::Stored { .. } => continue,
                Outcome::Refused
                    if !transaction
                        .streams
                        .iter()
                        .any(|used| stale.contains(&used.stream)) =>
                {
                    tracing::warn!("what is held of a stream is ahead of the log, and is loaded anew");
                    for used in &transaction.streams {
                        self.cache.forget(&used.stream);
                    }
                }
                Outcome::Refused | Outcome::Replayed(_) => {}
            }
            let written = transaction.streams.iter().filter(|used| !used.events.is_empty());
            stale.extend(written.map(|used| &used.stream));
        }
    }

    /// Hands states that are due over to be stored as snapshots, beside the loop.
    fn keep_snapshots(&mut self, transactions: &[Transaction], stored: impl Iterator<Item = bool>) {
        for (transaction, is_stored) in transactions.iter().zip(stored) {
            for used in transaction.streams.iter().filter(|_| is_stored) {
                let Some(last) = used.events.last() else {
                    continue;
                };
                let version = used.expected_version + i64::try_from(used.events.len()).unwrap_or(i64::MAX);
                let cache = &mut *self.cache;
                self.beside
                    .snapshots
                    .offer(|| cache.snapshot_due(&used.stream, version, last.event_id));
            }
        }
    }

    /// A value that PostgreSQL rejects fails its own command alone.
    pub(super) async fn one_by_one(self, decided: Vec<Decided>, locked: bool, error: &DatabaseError) -> End {
        if locked && let Err(error) = self.connection.roll_back().await {
            tracing::warn!(%error, "a refused append cannot be rolled back");
            self.answers
                .give_all(requests_of(decided), || CommandError::Unavailable);
            return End::default();
        }
        let mut requests = requests_of(decided);
        if requests.len() == 1 {
            tracing::error!(%error, "PostgreSQL rejected a command");
            for request in requests.drain(..) {
                self.answers
                    .give(request, Err(CommandError::Rejected(error.to_string())));
            }
            return End {
                connection_is_good: true,
                ..End::default()
            };
        }
        let each = requests.into_iter().map(|request| vec![request]);
        self.part_by_part(each).await
    }

    /// Something that the batch needs cannot be read: that fails the commands that need it, and no others.
    pub(super) async fn without_unreadable_rows(
        self,
        mut batch: Vec<Request>,
        locked: bool,
        error: &DatabaseError,
    ) -> End {
        if locked && let Err(error) = self.connection.roll_back().await {
            tracing::warn!(%error, "a transaction that could not load cannot be rolled back");
            self.answers.give_all(batch, || CommandError::Unavailable);
            return End::default();
        }
        if batch.len() == 1 {
            tracing::error!(%error, "a stream cannot be loaded");
            self.answers.give_all(batch, || CommandError::Unavailable);
            return End {
                connection_is_good: true,
                ..End::default()
            };
        }
        let second = batch.split_off(batch.len() / 2);
        self.part_by_part([batch, second].into_iter()).await
    }

    /// Each part of a batch in a turn of its own.
    async fn part_by_part(self, parts: impl Iterator<Item = Vec<Request>>) -> End {
        let mut end = End {
            connection_is_good: true,
            ..End::default()
        };
        for part in parts {
            if !end.connection_is_good {
                self.answers.give_all(part, || CommandError::Unavailable);
                continue;
            }
            let turn = Turn {
                connection: self.connection,
                cache: self.cache,
                beside: self.beside,
                answers: self.answers,
                heartbeat: self.heartbeat,
                database_url: self.database_url,
                policy: self.policy,
            };
            let one = turn.run(part).await;
            end.again.extend(one.again);
            end.appended |= one.appended;
            end.connection_is_good = one.connection_is_good;
        }
        end
    }

    /// Nobody knows whether the batch is stored: a new connection looks, and stores only what is missing.
    ///
    /// As long as somebody waits for it, and not for long.
    pub(super) async fn find_out(
        self,
        decided: Vec<Decided>,
        transactions: Vec<Transaction>,
        states: TurnStates,
    ) -> End {
        for used in transactions.iter().flat_map(|transaction| &transaction.streams) {
            self.cache.forget(&used.stream);
        }
        let left = decided.iter().map(|decided| decided.request.time_left());
        let left = left.max().unwrap_or_default().min(FOUND_OUT_WITHIN);
        let looking = look(self.database_url, self.heartbeat, &transactions, left);
        let found = tokio::time::timeout(left, looking).await;
        self.heartbeat.beat();
        let Ok(Some((mut connection, appended))) = found else {
            tracing::error!("what became of an append cannot be found out");
            self.answers
                .give_all(requests_of(decided), || CommandError::Unavailable);
            // There may be events of it.
            return End {
                appended: true,
                ..End::default()
            };
        };
        let turn = Turn {
            connection: &mut connection,
            cache: self.cache,
            beside: self.beside,
            answers: self.answers,
            heartbeat: self.heartbeat,
            database_url: self.database_url,
            policy: self.policy,
        };
        let end = turn.settle(decided, &transactions, appended, states);
        // The old connection is lost, and the new one ends here: the next turn opens its own.
        End {
            connection_is_good: false,
            ..end
        }
    }
}

/// Repeats an append on a connection of its own.
async fn look(
    url: &str,
    heartbeat: &Heartbeat,
    transactions: &[Transaction],
    limit: Duration,
) -> Option<(Connection, Appended)> {
    let mut connection = connect(url, limit, heartbeat).await?;
    match connection.append_once(transactions).await {
        Ok(appended) => Some((connection, appended)),
        Err(error) => {
            tracing::warn!(%error, "a lost append cannot be repeated");
            None
        }
    }
}

pub(super) fn requests_of(decided: Vec<Decided>) -> Vec<Request> {
    decided.into_iter().map(|decided| decided.request).collect()
}

fn writes(transaction: &Transaction) -> bool {
    transaction.streams.iter().any(|used| !used.events.is_empty())
}
