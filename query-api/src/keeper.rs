//! Keeps what this process holds in memory equal to Redis: which generations are current, the
//! catalogue and the board of requests. Woken by the feed, and by itself four times a second, because wakes can be lost.

use std::sync::Arc;
use std::time::Duration;

use read_model::{Generation, View, pointer};
use redis::{AsyncCommands, RedisResult};
use telemetry::admin::{Checks, Readiness};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::board::Board;
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
            self.report(&self.carts_ready, View::Carts, carts),
            self.report(&self.products_ready, View::Products, products),
            self.report(&self.orders_ready, View::Orders, orders),
            self.report(&self.requests_ready, View::Requests, requests)
        )?;
        if [carts, orders] != before {
            self.wakes.wake_everybody();
        }
        tokio::try_join!(
            self.refresh(&self.catalogue, products),
            self.refresh(&self.board, requests)
        )?;
        Ok(())
    }

    /// A view that nobody keeps up to date is worth reading all the same, but it is said.
    async fn report(
        &self,
        readiness: &Readiness,
        view: View,
        generation: Option<Generation>,
    ) -> RedisResult<()> {
        if generation.is_none() {
            readiness.not_ok("the view is not built");
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
        generation: Option<Generation>,
    ) -> Result<(), Problem> {
        let Some(generation) = generation else {
            store.clear();
            return Ok(());
        };
        let mut redis = self.views.redis.clone();
        let (revision, changed_key) = T::keys(&self.views.keys, generation);
        let newest: Option<u64> = redis.get(revision).await?;
        let newest = newest.unwrap_or(0);
        let held = store.revision_of(generation);
        if held == Some(newest) {
            store.confirm();
            return Ok(());
        }
        // Redis can forget its last second: what it has now is then read anew from the beginning.
        let since = held.filter(|held| *held < newest);
        let changes = self.changed_since::<T>(generation, changed_key, since).await?;
        if since.is_some() {
            let topics = store.update(|view| view.apply(changes, newest));
            for topic in topics {
                self.wakes.wake(topic);
            }
        } else {
            // Everything may have been lost while it was being read, and half of it looks like all.
            if self.views.look_up(T::VIEW).await? != Some(generation) {
                return Ok(());
            }
            let mut view = T::new(generation);
            // Whoever follows something in it looks again before long.
            drop(view.apply(changes, newest));
            store.replace(view);
        }
        self.wakes.wake(T::TOPIC);
        Ok(())
    }

    /// The documents that changed after a revision (`None`: all that there are), as they are now.
    async fn changed_since<T: InMemory>(
        &self,
        generation: Generation,
        changed_key: String,
        since: Option<u64>,
    ) -> RedisResult<Vec<(String, Fields)>> {
        let mut redis = self.views.redis.clone();
        let from = since.map_or_else(|| "-inf".to_owned(), |revision| format!("({revision}"));
        let ids: Vec<String> = redis.zrangebyscore(changed_key, from, "+inf").await?;
        let mut changes = Vec::with_capacity(ids.len());
        for page in ids.chunks(PAGE) {
            let mut pipeline = redis::pipe();
            for id in page {
                pipeline.hmget(T::key(&self.views.keys, generation, id), T::FIELDS);
            }
            let fields: Vec<Fields> = pipeline.query_async(&mut redis).await?;
            changes.extend(page.iter().cloned().zip(fields));
        }
        Ok(changes)
    }
}
