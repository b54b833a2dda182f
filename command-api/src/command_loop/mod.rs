//! The command loop: drain, load, decide, append, answer.
//!
//! Routes hand a command to [`Handle::execute`] and await its outcome; everything else happens on one thread of its own,
//! batch after batch, so that a busy system spends one commit on hundreds of commands (`docs/architecture.md`).

mod answers;
mod command;
mod deadlines;
mod deciding;
mod decision;
mod merging;
mod ordering;
mod policy;
mod refusal;
mod request;
mod requesting;
mod running;
mod state;
mod states;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
mod turn;

pub use command::{CheckOut, Command, Delivery};
pub use merging::Merge;
pub use ordering::{By, Paying};
pub use policy::Policy;
pub use request::{Answer, Caller, CommandError, Handle, ReceiptKey};
pub use requesting::{Accept, Requesting};
pub use running::{Settings, spawn};
