//! W3C trace context: the thread that links a click to the view that shows it.
//!
//! The APIs read `traceparent` from a request (or begin a trace), a command's events carry it in their
//! metadata, and the projectors log it. Ids identify, they are no secrets: a fast generator will do.

use std::fmt;

/// `00-<trace id>-<parent id>-<flags>`, parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traceparent {
    trace_id: u128,
    span_id: u64,
    sampled: bool,
}

impl Traceparent {
    /// Reads a `traceparent` header. Anything malformed is nobody's trace: `None`, as the standard asks.
    pub fn parse(header: &str) -> Option<Self> {
        let header = header.trim();
        let mut parts = header.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let later_version = version != "00";
        let malformed = lower_hex(version, 2)? == 0xff || (parts.next().is_some() && !later_version);
        let trace_id = lower_hex(trace, 32)?;
        let span_id = u64::try_from(lower_hex(span, 16)?).ok()?;
        let sampled = lower_hex(flags, 2)? & 1 == 1;
        (!malformed && trace_id != 0 && span_id != 0).then_some(Self {
            trace_id,
            span_id,
            sampled,
        })
    }

    /// The beginning of a new trace.
    pub fn root() -> Self {
        Self {
            trace_id: fastrand::u128(1..),
            span_id: fastrand::u64(1..),
            sampled: true,
        }
    }

    /// The next span of the same trace.
    #[must_use]
    pub fn child(self) -> Self {
        Self {
            span_id: fastrand::u64(1..),
            ..self
        }
    }

    /// The span that handles a request: a child of what the client sent, else the root of a new trace.
    pub fn of_request(header: Option<&str>) -> Self {
        header.and_then(Self::parse).map_or_else(Self::root, Self::child)
    }

    /// What log lines carry, to find everything of one trace.
    pub fn trace_id(self) -> String {
        format!("{:032x}", self.trace_id)
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "00-{:032x}-{:016x}-{:02x}",
            self.trace_id,
            self.span_id,
            u8::from(self.sampled)
        )
    }
}

fn lower_hex(text: &str, digits: usize) -> Option<u128> {
    let well_formed = text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    well_formed.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_was_parsed_is_written_the_same() {
        assert_eq!(Traceparent::parse(SENT).unwrap().to_string(), SENT);
    }

    #[test]
    fn a_child_stays_in_its_trace_with_a_span_of_its_own() {
        let parent = Traceparent::parse(SENT).unwrap();
        let child = parent.child();
        assert_eq!(child.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_ne!(child.span_id, parent.span_id);
        assert!(child.to_string().ends_with("-01"));
    }

    #[test]
    fn a_malformed_header_begins_a_new_trace() {
        let wrong = [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ];
        for header in wrong {
            assert_eq!(Traceparent::parse(header), None, "{header}");
        }
        assert_ne!(Traceparent::of_request(Some("")), Traceparent::of_request(None));
    }

    #[test]
    fn a_later_version_is_read_as_far_as_we_know_it() {
        let later = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more";
        assert_eq!(Traceparent::parse(later).unwrap().to_string(), SENT);
    }
}
