//! The views: their documents, how each is folded from events, and how it lies in Redis.
//!
//! Projectors fold and write; the query API reads keys, documents and the pointer to the generation in use. The folds
//! are pure, everything that talks to Redis is below [`store`], [`pointer`] and [`in_carts::open_carts`].

pub mod cart;
pub mod document;
mod expiring;
pub mod fields;
pub mod generation;
pub mod in_carts;
mod json;
pub mod keys;
pub mod life;
pub mod money;
pub mod order;
pub mod parked;
pub mod pointer;
pub mod product;
pub mod record;
pub mod request;
mod scripts;
pub mod store;
pub mod view;

pub use keys::{Generation, Keys};
pub use view::View;
