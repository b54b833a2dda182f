//! The projectors against real PostgreSQL, Kafka and Redis; what goes wrong is forced, not left to chance.

mod keeping;
mod support;
