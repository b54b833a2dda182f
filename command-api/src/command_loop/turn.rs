//! One turn: load what the batch needs, decide in memory in the order of arrival, append with one statement, answer.

use domain::StreamId;
use event_store::loading::Wanted;
use event_store::{AppendError, Appended, Connection, DatabaseError, Outcome, Transaction};
use metrics::histogram;

use super::answers::Answers;
use super::deciding::{Decided, decide, replay};
use super::policy::Policy;
use super::request::{CommandError, Request};
use super::running::connect;
use super::state::CODE_VERSION;
use super::states::{Cache, Held, Known, Working};

/// After so many refusals a command is loaded, decided and appended under the append's lock, so that no replica starves.
const REFUSALS_BEFORE_LOCKING: u8 = 2;

pub(super) struct Turn<'a> {
    pub connection: &'a mut Connection,
    pub cache: &'a mut Cache,
    pub answers: &'a mut Answers,
    pub database_url: &'a str,
    pub policy: &'a Policy,
}

/// How a turn ended.
#[derive(Default)]
pub(super) struct End {
    /// Decided on something stale, to be decided again.
    pub again: Vec<Request>,
    /// Whether there may be new events.
    pub appended: bool,
    pub connection_is_good: bool,
}

impl Turn<'_> {
    pub async fn run(mut self, mut batch: Vec<Request>) -> End {
        let locks = batch
            .iter()
            .any(|request| request.refusals >= REFUSALS_BEFORE_LOCKING);
        if locks && let Err(error) = self.connection.begin_locked().await {
            tracing::warn!(%error, "the append's lock cannot be taken");
            self.answers.give_all(batch, || CommandError::Unavailable);
            return End::default();
        }
        let mut working = match self.load(&mut batch, locks).await {
            Ok(working) => working,
            Err(error) => {
                tracing::warn!(%error, "streams cannot be loaded");
                self.answers.give_all(batch, || CommandError::Unavailable);
                return End::default();
            }
        };
        let mut decided: Vec<Decided> = batch
            .into_iter()
            .map(|request| decide(request, &mut working, self.policy))
            .collect();
        let transactions: Vec<Transaction> = decided
            .iter_mut()
            .map(|decided| std::mem::replace(&mut decided.transaction, nothing()))
            .collect();
        match self.append(&transactions, locks).await {
            Ok(appended) => self.settle(decided, transactions, appended, working).await,
            Err(AppendError::Data(error)) => Box::pin(self.one_by_one(decided, locks, &error)).await,
            Err(AppendError::Lost(error)) => {
                tracing::warn!(%error, "the answer to an append was lost");
                self.find_out(decided, transactions, working).await
            }
        }
    }

    /// Every stream that the batch needs; a command names more of them from what was loaded.
    ///
    /// Under the lock, what is held is brought up to date too.
    async fn load(&mut self, batch: &mut [Request], locked: bool) -> Result<Working, DatabaseError> {
        let mut working = Working::default();
        loop {
            let mut missing: Vec<(StreamId, Option<Held>)> = vec![];
            for request in &mut *batch {
                request.streams = request.command.streams(&working);
                for stream in &request.streams {
                    if working.contains(stream) || missing.iter().any(|(known, _)| known == stream) {
                        continue;
                    }
                    match self.cache.get(stream) {
                        Some(held) if !locked => working.insert(stream.clone(), Known::Held(held)),
                        held => missing.push((stream.clone(), held)),
                    }
                }
            }
            if missing.is_empty() {
                let is_named = |request: &Request| {
                    !request.command.names_more_when_loaded()
                        || request.command.streams(&working).len() == request.streams.len()
                };
                if batch.iter().all(is_named) {
                    return Ok(working);
                }
                continue;
            }
            let wanted = missing
                .iter()
                .map(|(stream, held)| Wanted {
                    stream: stream.clone(),
                    after_version: held.as_ref().map_or(0, |held| held.version),
                })
                .collect();
            let loaded = self.connection.load(wanted, CODE_VERSION).await?;
            for ((stream, held), loaded) in missing.into_iter().zip(loaded) {
                let known = self.cache.take_in(held, &loaded);
                working.insert(stream, known);
            }
        }
    }

    async fn append(&mut self, transactions: &[Transaction], locked: bool) -> Result<Appended, AppendError> {
        let began = std::time::Instant::now();
        let appended = self.connection.append(transactions).await?;
        if locked {
            self.connection.commit().await.map_err(AppendError::Lost)?;
        }
        histogram!("append_duration_seconds").record(began.elapsed());
        telemetry::failpoint("command_loop.after_commit");
        Ok(appended)
    }

    /// Answers those whose transactions are stored, and keeps the states they left.
    async fn settle(
        mut self,
        decided: Vec<Decided>,
        transactions: Vec<Transaction>,
        appended: Appended,
        working: Working,
    ) -> End {
        let wrote = transactions.iter().any(writes);
        let all_stored = appended
            .outcomes
            .iter()
            .all(|outcome| matches!(outcome, Outcome::Stored { .. }));
        if all_stored {
            for (stream, held) in working.into_held() {
                self.cache.keep(stream, held);
            }
        } else {
            self.keep_what_was_stored(&transactions, &appended);
        }
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
        // Nobody waits for a baseline.
        self.answers.deliver();
        end.connection_is_good = self.keep_baselines(&transactions).await;
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

    async fn keep_baselines(&mut self, transactions: &[Transaction]) -> bool {
        for used in transactions.iter().flat_map(|transaction| &transaction.streams) {
            if used.events.is_empty() {
                continue;
            }
            let Some((version, state)) = self.cache.baseline_due(&used.stream) else {
                continue;
            };
            if let Err(error) = self
                .connection
                .keep_baseline(&used.stream, version, CODE_VERSION, &state)
                .await
            {
                // A stream without a baseline loads more slowly and no less rightly.
                tracing::warn!(%error, stream = %used.stream, "a baseline cannot be kept");
                return false;
            }
        }
        true
    }

    /// A value that PostgreSQL rejects fails its own command alone.
    async fn one_by_one(self, decided: Vec<Decided>, locked: bool, error: &DatabaseError) -> End {
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
        let mut end = End {
            connection_is_good: true,
            ..End::default()
        };
        for request in requests {
            if !end.connection_is_good {
                self.answers.give(request, Err(CommandError::Unavailable));
                continue;
            }
            let turn = Turn {
                connection: self.connection,
                cache: self.cache,
                answers: self.answers,
                database_url: self.database_url,
                policy: self.policy,
            };
            let one = turn.run(vec![request]).await;
            end.again.extend(one.again);
            end.appended |= one.appended;
            end.connection_is_good = one.connection_is_good;
        }
        end
    }

    /// Nobody knows whether the batch is stored: a new connection looks, and stores only what is missing.
    async fn find_out(self, decided: Vec<Decided>, transactions: Vec<Transaction>, working: Working) -> End {
        let give_up = |answers: &mut Answers, decided: Vec<Decided>| {
            answers.give_all(requests_of(decided), || CommandError::Unavailable);
            // There may be events of it.
            End {
                appended: true,
                ..End::default()
            }
        };
        for used in transactions.iter().flat_map(|transaction| &transaction.streams) {
            self.cache.forget(&used.stream);
        }
        let Some(mut connection) = connect(self.database_url).await else {
            return give_up(self.answers, decided);
        };
        match connection.append_once(&transactions).await {
            Ok(appended) => {
                let turn = Turn {
                    connection: &mut connection,
                    cache: self.cache,
                    answers: self.answers,
                    database_url: self.database_url,
                    policy: self.policy,
                };
                let end = turn.settle(decided, transactions, appended, working).await;
                // The old connection is lost, and the new one ends here: the next turn opens its own.
                End {
                    connection_is_good: false,
                    ..end
                }
            }
            Err(error) => {
                tracing::error!(%error, "what became of an append cannot be found out");
                give_up(self.answers, decided)
            }
        }
    }
}

fn requests_of(decided: Vec<Decided>) -> Vec<Request> {
    decided.into_iter().map(|decided| decided.request).collect()
}

fn writes(transaction: &Transaction) -> bool {
    transaction.streams.iter().any(|used| !used.events.is_empty())
}

fn nothing() -> Transaction {
    Transaction {
        streams: vec![],
        metadata: String::new(),
        receipt: None,
        deadlines: vec![],
    }
}
