//! What the descriptions of both APIs have in common: how a value describes itself ([`Text`], [`Number`]), what surrounds the operations
//! ([`complete`]), and what its tests ask: what a description must not
//! leave out ([`complaints`]), and whether it takes what the parser takes ([`fits`]).
//!
//! Limits are written once, in the type that enforces them: a description asks the type.

mod document;
mod lint;
mod number;
mod text;

pub use document::{Api, CONTACT, complete};
pub use lint::{complaints, fits};
pub use number::{LARGEST, Whole, integer, whole};
pub use text::{Text, described};
