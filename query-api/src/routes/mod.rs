//! HTTP in, a question to the views or the catalogue, their bytes out.

pub mod carts;
pub mod live;
pub mod openapi;
pub mod orders;
pub mod products;
pub mod requests;
