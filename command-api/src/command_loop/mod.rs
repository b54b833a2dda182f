//! The command loop: drain, load, decide, append, answer.
//!
//! Routes hand a command to [`Handle::execute`] and await its outcome; everything else happens on one thread of its own,
//! batch after batch, so that a busy system spends one commit on hundreds of commands (`docs/architecture.md`).

mod accepting;
mod answers;
mod beside;
mod code_uses;
mod command;
mod current;
mod deadlines;
mod deciding;
mod decision;
mod folding;
mod heartbeat;
mod in_flight;
mod loader;
mod log_watch;
mod members;
mod merging;
mod ordering;
mod policy;
mod redemptions;
mod refusal;
mod request;
mod requesting;
mod running;
mod settling;
mod snapshots;
mod state;
mod states;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
mod turn;
mod working;

pub use accepting::Accept;
pub use command::{CheckOut, Command, Delivery};
pub use current::{current, current_of};
pub use heartbeat::{ALIVE_WITHIN, READY_WITHIN};
pub use members::{GoOn, PORTION};
pub use merging::Merge;
pub use ordering::{By, Paying};
pub use policy::Policy;
pub use request::{Answer, Caller, CommandError, Handle, ReceiptKey};
pub use requesting::Requesting;
pub use running::{Settings, spawn};
pub use snapshots::write_missing as write_missing_snapshots;
pub use state::CODE_VERSION;
