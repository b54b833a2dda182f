//! The payment provider, seen from here: what is asked of it, and the two that can be asked.
//!
//! The payment worker asks, through [`gateway::PaymentGateway`]; the route of the webhooks verifies what a provider
//! sends by itself. Which gateway that is, says [`config`]. [`contract`] holds every gateway to the same promises,
//! in the tests and by `command-api gateway-check`. `docs/sandbox-gateway.md` describes the one for development,
//! `docs/unproven.md` what only Stripe itself can show.

pub mod check;
pub mod config;
pub mod contract;
pub mod decline;
pub mod gateway;
mod http;
pub mod sandbox;
pub mod stripe;
pub mod webhook;
