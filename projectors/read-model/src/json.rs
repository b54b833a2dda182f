//! Our own values as JSON, which cannot fail: they hold only strings, numbers and times.

use serde::Serialize;

pub(crate) fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("strings, numbers and times are JSON")
}
