//! The parts of the query API; `main` puts them to work and the tests take them apart.

pub mod answer;
pub mod app;
pub mod asked;
pub mod board;
mod building;
pub mod catalogue;
pub mod config;
pub mod feed;
pub mod freshness;
pub mod keeper;
pub mod limits;
pub mod live;
pub mod params;
pub mod problem;
pub mod right;
pub mod router;
mod routes;
pub mod search;
pub mod store;
pub mod views;
pub mod visitor;
pub mod wakes;

pub use app::App;
