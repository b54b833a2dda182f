//! Reads the views' documents from Redis, always in the generation that is current.
//!
//! The pointer to the current generation is held here ([`Keeper`](crate::keeper) refreshes it), so that
//! reading a document costs one command. What is *not* found is only believed after the pointer was
//! read again: when Redis has lost everything, the answer is "not built" and never "no such cart".

mod orders;
mod requests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use read_model::product::Versions;
use read_model::{Generation, Keys, View, in_carts, pointer};
use redis::{AsyncCommands, RedisResult};
use redis_connection::{Connection, Settings};
use uuid::Uuid;

use crate::problem::Problem;
use crate::visitor::Visitor;

pub use orders::{Order, OrdersOf, Page};
pub use requests::Request;

/// Redis answers in less than a millisecond or something is wrong.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// Commands that may wait to be written: as many as requests may be in the air.
const COMMANDS_WAITING: usize = 1024;

#[derive(Clone)]
pub struct Views {
    pub redis: Connection,
    pub keys: Keys,
    /// By view; zero: not built, as far as is known.
    generations: Arc<[AtomicU64; 4]>,
}

/// A cart's document, and what decides whether it may be sent.
#[derive(Debug, Clone)]
pub struct Cart {
    pub generation: Generation,
    pub version: i64,
    pub owner: Uuid,
    pub body: Bytes,
}

/// A product's document.
#[derive(Debug, Clone)]
pub struct Product {
    pub generation: Generation,
    pub versions: Versions,
    pub body: Bytes,
}

/// The fields of a cart's document as one `HMGET` answers them.
pub type CartFields = (Option<Vec<u8>>, Option<i64>, Option<String>);
pub const CART_FIELDS: [&str; 3] = ["body", "version", "owner"];

type ProductFields = (Option<Vec<u8>>, Option<Vec<u8>>);

/// A connection that fails at once when Redis is away, and tries again with the next command.
pub fn connect(url: &str) -> RedisResult<Connection> {
    let settings = Settings::new(url, ANSWER_LIMIT)?;
    settings.commands_waiting(COMMANDS_WAITING).lazy()
}

impl Views {
    pub fn over(redis: Connection, keys: Keys) -> Self {
        Self {
            redis,
            keys,
            generations: Arc::default(),
        }
    }

    /// The generation to read, from memory where it is known.
    pub async fn current(&self, view: View) -> Result<Generation, Problem> {
        match self.known(view) {
            Some(generation) => Ok(generation),
            None => self.look_up(view).await?.ok_or(Problem::ViewNotBuilt),
        }
    }

    pub fn known(&self, view: View) -> Option<Generation> {
        let generation = self.slot(view).load(Ordering::Relaxed);
        (generation != 0).then_some(generation)
    }

    /// Reads the pointer from Redis.
    pub async fn look_up(&self, view: View) -> Result<Option<Generation>, Problem> {
        let generation = pointer::read(&mut self.redis.clone(), &self.keys, view).await?;
        self.slot(view).store(generation.unwrap_or(0), Ordering::Relaxed);
        Ok(generation)
    }

    fn slot(&self, view: View) -> &AtomicU64 {
        match view {
            View::Carts => &self.generations[0],
            View::Products => &self.generations[1],
            View::Orders => &self.generations[2],
            View::Requests => &self.generations[3],
        }
    }

    /// Whether something that was not found in `generation` has to be looked for again: Redis names another
    /// one now, which is put in its place. If not, it is true that it is not there.
    async fn has_moved_on(&self, view: View, generation: &mut Generation) -> Result<bool, Problem> {
        let now = self.look_up(view).await?.ok_or(Problem::ViewNotBuilt)?;
        let moved = now != *generation;
        *generation = now;
        Ok(moved)
    }

    pub async fn cart(&self, id: Uuid) -> Result<Option<Cart>, Problem> {
        let mut generation = self.current(View::Carts).await?;
        loop {
            let key = self.keys.cart(generation, id.as_hyphenated());
            let fields: CartFields = self.redis.clone().hmget(key, &CART_FIELDS).await?;
            let cart = Cart::of(generation, fields);
            if cart.is_some() || !self.has_moved_on(View::Carts, &mut generation).await? {
                return Ok(cart);
            }
        }
    }

    /// The id of the shopper's current cart.
    pub async fn current_cart(&self, owner: Uuid) -> Result<Option<Uuid>, Problem> {
        let mut generation = self.current(View::Carts).await?;
        loop {
            let key = self.keys.current_cart(generation, owner.as_hyphenated());
            let id: Option<String> = self.redis.clone().hget(key, "cart").await?;
            let id = id.and_then(|id| Uuid::try_parse(&id).ok());
            if id.is_some() || !self.has_moved_on(View::Carts, &mut generation).await? {
                return Ok(id);
            }
        }
    }

    pub async fn product(&self, sku: &str) -> Result<Option<Product>, Problem> {
        let mut generation = self.current(View::Products).await?;
        loop {
            let key = self.keys.product(generation, sku);
            let fields: ProductFields = self.redis.clone().hmget(key, &["body", "versions"]).await?;
            let product = Product::of(generation, fields);
            if product.is_some() || !self.has_moved_on(View::Products, &mut generation).await? {
                return Ok(product);
            }
        }
    }

    /// In how many open carts each of these products is.
    pub async fn open_carts(&self, skus: &[&str]) -> Result<Vec<i64>, Problem> {
        let mut generation = self.current(View::Carts).await?;
        loop {
            let counts = in_carts::open_carts(&mut self.redis.clone(), &self.keys, generation, skus).await?;
            // A sum of what is gone is zero, and looks like an answer.
            if !self.has_moved_on(View::Carts, &mut generation).await? {
                return Ok(counts.into_iter().map(|count| count.max(0)).collect());
            }
        }
    }

    /// The version of a visitor's own cart that the view has; 0 when it has none.
    pub async fn cart_version(&self, id: Uuid, visitor: Visitor) -> Result<i64, Problem> {
        let generation = self.current(View::Carts).await?;
        let key = self.keys.cart(generation, id.as_hyphenated());
        let fields = self.redis.clone().hmget(key, &["version", "owner"]).await?;
        let (version, owner): (Option<i64>, Option<String>) = fields;
        let owner = owner.and_then(|owner| Uuid::try_parse(&owner).ok());
        let is_own = owner.is_some() && owner == visitor.owner();
        Ok(version.filter(|_| is_own).unwrap_or(0))
    }

    /// The versions of a product and of its stock that the view has; zeros when it has none.
    pub async fn product_versions(&self, sku: &str) -> Result<Versions, Problem> {
        let generation = self.current(View::Products).await?;
        let versions: Option<Vec<u8>> = self
            .redis
            .clone()
            .hget(self.keys.product(generation, sku), "versions")
            .await?;
        Ok(versions
            .and_then(|json| serde_json::from_slice(&json).ok())
            .unwrap_or_default())
    }
}

impl Product {
    fn of(generation: Generation, (body, versions): ProductFields) -> Option<Self> {
        // There can be stock before there is a product.
        let body = body.filter(|body| !body.is_empty())?;
        Some(Self {
            generation,
            versions: serde_json::from_slice(&versions?).ok()?,
            body: body.into(),
        })
    }
}

impl Product {
    /// It is made of nothing but these two.
    pub fn etag(&self) -> String {
        let Versions { product, stock_item } = self.versions;
        format!("\"{}-{product}-{stock_item}\"", self.generation)
    }
}

impl Cart {
    pub fn of(generation: Generation, fields: CartFields) -> Option<Self> {
        let (Some(body), Some(version), Some(owner)) = fields else {
            return None;
        };
        let owner = Uuid::try_parse(&owner).ok()?;
        Some(Self {
            generation,
            version,
            owner,
            body: body.into(),
        })
    }

    pub fn etag(&self) -> String {
        format!("\"{}-{}\"", self.generation, self.version)
    }
}
