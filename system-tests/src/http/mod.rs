//! A lean HTTP/1.1 client over keep-alive connections.
//!
//! `load`, `bench` and the tests use it. They run on the same cores as what they measure, so a request costs one write and
//! one read and next to nothing else; it speaks only what the two APIs answer (bodies with a `Content-Length`).

mod connection;
mod door;
mod request;
mod response;

pub use connection::{Connection, Lost};
pub use door::Door;
pub use request::{Request, host_of};
pub use response::Response;
