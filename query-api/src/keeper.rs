//! Keeps what this process holds in memory equal to Redis: which generations are current, the
//! catalogue and the board of requests. Woken by the feed, and by itself four times a second, because wakes can be lost. A new
//! generation is read and indexed aside ([`Building`]) and then put in the place of the old one.

use std::sync::Arc;
use std::time::Duration;

use read_model::{Generation, View, pointer};
use redis::{AsyncCommands, RedisResult};
use telemetry::admin::{Checks, Readiness};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::board::Board;
use crate::building::{Building, Progress};
use crate::catalogue::Catalogue;
use crate::problem::Problem;
use crate::store::{Fields, InMemory, Store};
use crate::views::Views;
use crate::wakes::Wakes;

/// What a reader may be behind when every wake is lost.
const POLL: Duration = Duration::from_millis(250);
/// Documents read with one round trip.
const PAGE: usize = 500;

pub struct Keeper {
    views: Views,
    catalogue: Store<Catalogue>,
    board: Store<Board>,
    next_catalogue: Building<Catalogue>,
    next_board: Building<Board>,
    wakes: Wakes,
    nudge: Arc<Notify>,
    redis_ready: Readiness,
    carts_ready: Readiness,
    products_ready: Readiness,
    orders_ready: Readiness,
    requests_ready: Readiness,
}

impl Keeper {
    pub fn new(
        views: Views,
        (catalogue, board): (Store<Catalogue>, Store<Board>),
        wakes: Wakes,
        nudge: Arc<Notify>,
        checks: &Checks,
    ) -> Self {
        Self {
            views,
            catalogue,
            board,
            next_catalogue: Building::default(),
            next_board: Building::default(),
            wakes,
            nudge,
            redis_ready: checks.reported("redis"),
            carts_ready: checks.reported("view carts"),
            products_ready: checks.reported("view products"),
            orders_ready: checks.reported("view orders"),
            requests_ready: checks.reported("view requests"),
        }
    }

    pub async fn run(self, token: CancellationToken) {
        let mut failing = false;
        while !token.is_cancelled() {
            let outcome = self.step().await;
            match &outcome {
                Ok(()) if failing => tracing::info!("Redis answers again"),
                Err(cause) if !failing => tracing::warn!(%cause, "the views cannot be read"),
                _ => (),
            }
            failing = outcome.is_err();
            let pause = async {
                let _ = tokio::time::timeout(POLL, self.nudge.notified()).await;
            };
            token.run_until_cancelled(pause).await;
        }
    }

    /// Looks once at everything that can have changed.
    pub async fn step(&self) -> Result<(), Problem> {
        let outcome = self.look().await;
        match &outcome {
            Ok(()) => self.redis_ready.ok(),
            Err(_) => self.redis_ready.not_ok("Redis does not answer"),
        }
        outcome
    }

    async fn look(&self) -> Result<(), Problem> {
        let before = [View::Carts, View::Orders].map(|view| self.views.known(view));
        let looks = tokio::join!(
            self.views.look_up(View::Carts),
            self.views.look_up(View::Products),
            self.views.look_up(View::Orders),
            self.views.look_up(View::Requests)
        );
        let (carts, products, orders, requests) = (looks.0?, looks.1?, looks.2?, looks.3?);
        tokio::try_join!(
            self.report(&self.carts_ready, View::Carts, carts, true),
            self.report(&self.orders_ready, View::Orders, orders, true),
        )?;
        if [carts, orders] != before {
            self.wakes.wake_everybody();
        }
        tokio::try_join!(
            self.refresh(&self.catalogue, &self.next_catalogue, products),
            self.refresh(&self.board, &self.next_board, requests)
        )?;
        let is_read = (self.catalogue.is_held().await, self.board.is_held().await);
        tokio::try_join!(
            self.report(&self.products_ready, View::Products, products, is_read.0),
            self.report(&self.requests_ready, View::Requests, requests, is_read.1)
        )?;
        Ok(())
    }

    /// A view that nobody keeps up to date is worth reading all the same, but it is said.
    async fn report(
        &self,
        readiness: &Readiness,
        view: View,
        generation: Option<Generation>,
        is_read: bool,
    ) -> RedisResult<()> {
        if generation.is_none() {
            readiness.not_ok("the view is not built");
        } else if !is_read {
            readiness.not_ok("the view is being read");
        } else if pointer::is_kept(&mut self.views.redis.clone(), &self.views.keys, view).await? {
            readiness.ok();
        } else {
            readiness.remark("nobody keeps the view up to date: what it shows grows old");
        }
        Ok(())
    }

    /// Brings what is held up to the view's revision.
    async fn refresh<T: InMemory>(
        &self,
        store: &Store<T>,
        next: &Building<T>,
        generation: Option<Generation>,
    ) -> Result<(), Problem> {
        let Some(generation) = generation else {
            next.give_up().await;
            store.clear().await;
            return Ok(());
        };
        let newest = newest::<T>(&self.views, generation).await?;
        let held = store.revision_of(generation).await;
        // Redis can forget its last second: what it has now is then read anew from the beginning.
        let Some(since) = held.filter(|held| *held <= newest) else {
            return self.rebuild(store, next, generation).await;
        };
        next.give_up().await;
        if since == newest {
            store.confirm();
            return Ok(());
        }
        let changes = changed_since::<T>(&self.views, generation, Some(since)).await?;
        let store = store.clone();
        let topics = blocking(move || {
            let changes = changes
                .into_iter()
                .filter_map(|(id, fields)| T::parse(id, fields));
            let topics = store.update_blocking(changes.collect(), newest);
            tokio::task::spawn_blocking(move || store.merge_blocking());
            topics
        });
        for topic in topics.await? {
            self.wakes.wake(topic);
        }
        self.wakes.wake(T::TOPIC);
        Ok(())
    }

    /// Reads all of a generation aside. What is held goes on answering until it is there, but not for long.
    async fn rebuild<T: InMemory>(
        &self,
        store: &Store<T>,
        next: &Building<T>,
        generation: Generation,
    ) -> Result<(), Problem> {
        let (views, nudge) = (self.views.clone(), Arc::clone(&self.nudge));
        let make = move || async move {
            let built = read_all(&views, generation).await;
            nudge.notify_one();
            built
        };
        match next.step(generation, make).await? {
            Progress::Going { is_short: true } => store.confirm(),
            Progress::Going { is_short: false } => (),
            Progress::Done(view) => {
                // Everything may have been lost while it was being read, and half of it looks like all.
                if self.views.look_up(T::VIEW).await? == Some(generation) {
                    store.replace(view).await;
                    // Whoever follows something in it looks again before long. What changed since it was read comes at once.
                    self.wakes.wake(T::TOPIC);
                    self.nudge.notify_one();
                }
            }
        }
        Ok(())
    }
}

async fn newest<T: InMemory>(views: &Views, generation: Generation) -> RedisResult<u64> {
    let (revision, _) = T::keys(&views.keys, generation);
    let newest: Option<u64> = views.redis.clone().get(revision).await?;
    Ok(newest.unwrap_or(0))
}

async fn read_all<T: InMemory>(views: &Views, generation: Generation) -> Result<T, Problem> {
    let revision = newest::<T>(views, generation).await?;
    let documents = changed_since::<T>(views, generation, None).await?;
    blocking(move || T::built(generation, documents, revision)).await
}

/// Work of more than a millisecond is not done on the thread that serves HTTP.
async fn blocking<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> Result<R, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Problem::Internal(error.to_string()))
}

/// The documents that changed after a revision (`None`: all that there are), as they are now.
async fn changed_since<T: InMemory>(
    views: &Views,
    generation: Generation,
    since: Option<u64>,
) -> RedisResult<Vec<(String, Fields)>> {
    let mut redis = views.redis.clone();
    let (_, changed_key) = T::keys(&views.keys, generation);
    let from = since.map_or_else(|| "-inf".to_owned(), |revision| format!("({revision}"));
    let ids: Vec<String> = redis.zrangebyscore(changed_key, from, "+inf").await?;
    let mut changes = Vec::with_capacity(ids.len());
    for page in ids.chunks(PAGE) {
        let mut pipeline = redis::pipe();
        for id in page {
            pipeline.hmget(T::key(&views.keys, generation, id), T::FIELDS);
        }
        let fields: Vec<Fields> = pipeline.query_async(&mut redis).await?;
        changes.extend(page.iter().cloned().zip(fields));
    }
    Ok(changes)
}
