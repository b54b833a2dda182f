//! One turn: load what the batch needs, decide in memory in the order of arrival, append with one statement, answer.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::StreamId;
use event_store::loading::{Found, Room, Wanted, concerns_rows};
use event_store::snapshots::RECENT;
use event_store::{AppendError, Appended, Connection, DatabaseError, Transaction};
use metrics::histogram;

use super::answers::Answers;
use super::beside::Beside;
use super::deciding::{Decided, Step, decide};
use super::heartbeat::Heartbeat;
use super::policy::Policy;
use super::request::{CommandError, REFUSALS_BEFORE_LOCKING, Request};
use super::settling::requests_of;
use super::state::CODE_VERSION;
use super::states::{Cache, Known};
use super::working::{Absent, TurnStates, Working};

/// Events that one turn loads. All commands wait for them.
pub(super) const ROOM: i64 = 5_000;
/// Under the lock everything is loaded that the batch needs, or commands that need much would be refused for ever.
const ROOM_UNDER_LOCK: i64 = 20_000;
/// Events of one stream past its snapshot. Usually there are half as many at most; a stream that has more is loaded beside the loop.
const OF_ONE: i64 = RECENT;
/// How often one turn loads what was named from what it loaded before.
const MOST_ROUNDS: usize = 8;

pub(super) struct Turn<'a> {
    pub connection: &'a mut Connection,
    pub cache: &'a mut Cache,
    pub beside: &'a mut Beside,
    pub answers: &'a mut Answers,
    pub heartbeat: &'a Heartbeat,
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
    pub async fn run(mut self, batch: Vec<Request>) -> End {
        let locks = batch
            .iter()
            .any(|request| request.refusals >= REFUSALS_BEFORE_LOCKING);
        if locks && let Err(error) = self.connection.begin_locked().await {
            tracing::warn!(%error, "the append's lock cannot be taken");
            self.answers.give_all(batch, || CommandError::Unavailable);
            return End::default();
        }
        let mut batch = batch;
        let mut states = match self.load(&mut batch, locks).await {
            Ok(states) => states,
            Err(error) if concerns_rows(&error) => {
                return Box::pin(self.without_unreadable_rows(batch, locks, &error)).await;
            }
            Err(error) => {
                tracing::warn!(%error, "streams cannot be loaded");
                self.answers.give_all(batch, || CommandError::Unavailable);
                return End::default();
            }
        };
        let (mut decided, deferred) = self.decide(batch, &mut states);
        for lost in states.lost() {
            self.cache.forget(lost);
        }
        let transactions: Vec<Transaction> = decided
            .iter_mut()
            .map(|decided| std::mem::replace(&mut decided.transaction, nothing()))
            .collect();
        let mut end = if transactions.is_empty() && !locks {
            End {
                connection_is_good: true,
                ..End::default()
            }
        } else {
            self.store(decided, transactions, states, locks).await
        };
        end.again.extend(deferred);
        end
    }

    /// Decides on each command in its turn. Those that need more streams than are loaded are put off.
    fn decide(&mut self, batch: Vec<Request>, states: &mut TurnStates) -> (Vec<Decided>, Vec<Request>) {
        let (mut decided, mut deferred) = (Vec::with_capacity(batch.len()), vec![]);
        for request in batch {
            match decide(request, states, self.policy) {
                Step::Decided(one) => decided.push(*one),
                Step::Missing(request, missing) => {
                    deferred.extend(self.put_off(*request, missing, states));
                }
            }
        }
        (decided, deferred)
    }

    /// Has it wait for a long stream, or gives it back for the next turn.
    fn put_off(
        &mut self,
        mut request: Request,
        missing: Vec<StreamId>,
        states: &TurnStates,
    ) -> Option<Request> {
        let is = |stream: &StreamId, why| states.absent(stream) == Some(why);
        if let Some(long) = missing.iter().find(|stream| is(stream, Absent::Long)) {
            if let Err(request) = self.beside.wait_for(long, request) {
                self.answers.give(*request, Err(CommandError::Overloaded));
            }
            return None;
        }
        // That is not the command's doing, and each turn loads some of it.
        if missing.iter().any(|stream| is(stream, Absent::Later)) || request.defer(missing) {
            return Some(request);
        }
        tracing::error!(
            command = request.command.name(),
            "a command needs ever more streams"
        );
        self.answers.give(request, Err(CommandError::Endless));
        None
    }

    async fn store(
        mut self,
        decided: Vec<Decided>,
        transactions: Vec<Transaction>,
        states: TurnStates,
        locked: bool,
    ) -> End {
        match self.append(&transactions, locked).await {
            Ok(appended) => self.settle(decided, &transactions, appended, states),
            Err(AppendError::Data(error)) => Box::pin(self.one_by_one(decided, locked, &error)).await,
            Err(AppendError::NotNow(error)) => {
                tracing::warn!(%error, "an append cannot be stored now");
                self.answers
                    .give_all(requests_of(decided), || CommandError::Unavailable);
                End::default()
            }
            Err(AppendError::Lost(error)) => {
                tracing::warn!(%error, "the answer to an append was lost");
                self.find_out(decided, transactions, states).await
            }
        }
    }

    /// The streams that the batch needs; a command names more of them from what was loaded.
    ///
    /// Under the lock each stream of a command that was refused is read anew once. What a command still lacks after some rounds it gets in a
    /// later turn, and so it is where the turn has no room left.
    async fn load(&mut self, batch: &mut [Request], locked: bool) -> Result<TurnStates, DatabaseError> {
        let mut states = TurnStates::default();
        let mut room = Room {
            in_all: if locked { ROOM_UNDER_LOCK } else { ROOM },
            of_one: OF_ONE,
        };
        for round in 0..MOST_ROUNDS {
            let (wanted, has_grown) = self.wanted(batch, &mut states, round, locked);
            if !has_grown {
                break;
            }
            if wanted.is_empty() {
                continue;
            }
            let after = wanted
                .iter()
                .map(|stream| Wanted {
                    stream: stream.clone(),
                    after_version: 0,
                })
                .collect();
            let found = self.connection.load(after, CODE_VERSION, room).await?;
            self.heartbeat.beat();
            for (stream, found) in wanted.into_iter().zip(found) {
                room.in_all -= found.events();
                match self.take_in(&found) {
                    Ok(known) => states.insert(stream, known),
                    Err(why) => states.leave_out(stream, why),
                }
            }
        }
        Ok(states)
    }

    fn take_in(&mut self, found: &Found) -> Result<Known, Absent> {
        match found {
            // One whose snapshot cannot be read is loaded from its first event.
            Found::Loaded(loaded) => self.cache.take_in(loaded).ok_or(Absent::Long),
            Found::Long => Err(Absent::Long),
            Found::Later => Err(Absent::Later),
        }
    }

    /// The streams that are to be loaded now, and whether any were named that were not before.
    fn wanted(
        &mut self,
        batch: &mut [Request],
        states: &mut TurnStates,
        round: usize,
        locked: bool,
    ) -> (Vec<StreamId>, bool) {
        let mut wanted = vec![];
        let mut seen = HashSet::new();
        let mut has_grown = false;
        for request in batch {
            if round > 0 && !request.names_more_when_loaded() {
                continue;
            }
            for stream in named(request, states) {
                if states.is_settled(&stream) || seen.contains(&stream) {
                    continue;
                }
                has_grown = true;
                if self.beside.is_loading(&stream) {
                    states.leave_out(stream, Absent::Long);
                    continue;
                }
                let has_to_be_read = locked && request.has_to_read_anew(&stream);
                if let Some(held) = self.cache.get(&stream).filter(|_| !has_to_be_read) {
                    states.insert(stream, Known::Held(held));
                } else {
                    seen.insert(stream.clone());
                    wanted.push(stream);
                }
            }
        }
        (wanted, has_grown)
    }

    async fn append(&mut self, transactions: &[Transaction], locked: bool) -> Result<Appended, AppendError> {
        let began = std::time::Instant::now();
        let appended = self.connection.append(transactions).await;
        self.heartbeat.beat();
        let appended = appended?;
        if locked {
            self.connection.commit().await.map_err(AppendError::Lost)?;
        }
        histogram!("append_duration_seconds").record(began.elapsed());
        telemetry::failpoint("command_loop.after_commit");
        Ok(appended)
    }
}

/// A command that panics when it is asked names nothing here; it fails when it is decided.
fn named(request: &Request, states: &TurnStates) -> Vec<StreamId> {
    let naming = AssertUnwindSafe(|| request.names(&Working::while_naming(states)));
    catch_unwind(naming).unwrap_or_default()
}

fn nothing() -> Transaction {
    Transaction {
        streams: vec![],
        metadata: String::new(),
        receipt: None,
        deadlines: vec![],
    }
}
