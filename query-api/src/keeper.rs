//! Keeps what this process holds in memory equal to Redis: which generations are current, and the
//! catalogue. Woken by the feed, and by itself four times a second, because wakes can be lost.

use std::sync::Arc;
use std::time::Duration;

use read_model::product::Versions;
use read_model::{Generation, View};
use redis::{AsyncCommands, RedisResult};
use telemetry::admin::{Checks, Readiness};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::catalogue::{Catalogue, Entry};
use crate::problem::Problem;
use crate::store::Store;
use crate::views::Views;
use crate::wakes::{Topic, Wakes};

/// What a reader may be behind when every wake is lost.
const POLL: Duration = Duration::from_millis(250);
/// Products read with one round trip.
const PAGE: usize = 500;

pub struct Keeper {
    views: Views,
    store: Store,
    wakes: Wakes,
    nudge: Arc<Notify>,
    redis_ready: Readiness,
    carts_ready: Readiness,
    products_ready: Readiness,
    orders_ready: Readiness,
}

/// A product's fields as one `HMGET` answers them.
type ProductFields = (Option<String>, Option<Vec<u8>>, Option<u64>);
const PRODUCT_FIELDS: [&str; 3] = ["body", "versions", "rev"];

impl Keeper {
    pub fn new(views: Views, store: Store, wakes: Wakes, nudge: Arc<Notify>, checks: &Checks) -> Self {
        Self {
            views,
            store,
            wakes,
            nudge,
            redis_ready: checks.reported("redis"),
            carts_ready: checks.reported("view carts"),
            products_ready: checks.reported("view products"),
            orders_ready: checks.reported("view orders"),
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
            self.views.look_up(View::Orders)
        );
        let (carts, products, orders) = (looks.0?, looks.1?, looks.2?);
        report(&self.carts_ready, carts);
        report(&self.products_ready, products);
        report(&self.orders_ready, orders);
        if [carts, orders] != before {
            self.wakes.wake_everybody();
        }
        match products {
            Some(generation) => self.refresh(generation).await?,
            None => self.store.clear(),
        }
        Ok(())
    }

    /// Brings the catalogue up to the view's revision.
    async fn refresh(&self, generation: Generation) -> Result<(), Problem> {
        let mut redis = self.views.redis.clone();
        let newest: Option<u64> = redis.get(self.views.keys.products_revision(generation)).await?;
        let newest = newest.unwrap_or(0);
        let held = self.store.revision_of(generation);
        if held == Some(newest) {
            self.store.confirm();
            return Ok(());
        }
        // Redis can forget its last second: what it has now is then read anew from the beginning.
        let since = held.filter(|held| *held < newest);
        let changes = self.changed_since(generation, since).await?;
        if since.is_some() {
            self.store.update(|catalogue| apply(catalogue, changes, newest));
        } else {
            // Everything may have been lost while it was being read, and half of it looks like all.
            if self.views.look_up(View::Products).await? != Some(generation) {
                return Ok(());
            }
            let mut catalogue = Catalogue::new(generation);
            apply(&mut catalogue, changes, newest);
            self.store.replace(catalogue);
        }
        self.wakes.wake(Topic::Products);
        Ok(())
    }

    /// The products that changed after a revision (`None`: all that there are), as they are now.
    async fn changed_since(&self, generation: Generation, since: Option<u64>) -> RedisResult<Vec<Change>> {
        let keys = &self.views.keys;
        let mut redis = self.views.redis.clone();
        let from = since.map_or_else(|| "-inf".to_owned(), |revision| format!("({revision}"));
        let skus: Vec<String> = redis
            .zrangebyscore(keys.products_changed(generation), from, "+inf")
            .await?;
        let mut changes = Vec::with_capacity(skus.len());
        for page in skus.chunks(PAGE) {
            let mut pipeline = redis::pipe();
            for sku in page {
                pipeline.hmget(keys.product(generation, sku), &PRODUCT_FIELDS);
            }
            let fields: Vec<ProductFields> = pipeline.query_async(&mut redis).await?;
            changes.extend(page.iter().cloned().zip(fields));
        }
        Ok(changes)
    }
}

type Change = (String, ProductFields);

fn apply(catalogue: &mut Catalogue, changes: Vec<Change>, newest: u64) {
    for (sku, (body, versions, revision)) in changes {
        let versions: Versions = versions
            .and_then(|json| serde_json::from_slice(&json).ok())
            .unwrap_or_default();
        let body = body.filter(|body| !body.is_empty());
        let entry = body.and_then(|body| match Entry::parse(body, revision.unwrap_or(0)) {
            Ok(entry) => Some(entry),
            Err(error) => {
                tracing::error!(%sku, %error, "a product's document cannot be read and is not shown");
                None
            }
        });
        catalogue.put(sku, versions, entry);
    }
    catalogue.revision = newest;
}

fn report(readiness: &Readiness, generation: Option<Generation>) {
    match generation {
        Some(_) => readiness.ok(),
        None => readiness.not_ok("the view is not built"),
    }
}
