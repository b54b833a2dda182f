//! What happens when applying an event panics: it is a fault of our code that one event brings to light, and no reason to stop the others.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::RecordedEvent;

/// The result, or what the panic said. Whatever `applying` changes may be half changed then, and is to be thrown away.
pub fn guarded<T>(applying: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(applying)).map_err(|panic| reason(&*panic))
}

/// Panics over one event, where a test wants it: `name/aggregate@sequence=panic`.
pub fn failpoint_at(name: &str, event: &RecordedEvent) {
    telemetry::failpoint_of(name, format_args!("{}@{}", event.aggregate_id, event.sequence));
}

/// Why an event is set aside.
pub fn reason(panic: &(dyn Any + Send)) -> String {
    let said = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    format!("applying it panicked: {said}")
}
