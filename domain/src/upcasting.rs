//! The versions of events' payloads, type by type, and how a payload of an older version becomes one of the newest.
//!
//! An event that only gains an optional field keeps its version. Anything else adds a [`Step`] to [`STEPS`]: the type's new version, and
//! what makes the version before into it. From then on that type is written in the new version; what is stored in older ones is read
//! through the steps, and all other types stay as they are. Readers are deployed before writers: a release that does not know a version
//! calls the event unreadable, see [`crate::event::Event::parse`].

use std::borrow::Cow;
use std::sync::LazyLock;

use cqrs_es::persist::{EventUpcaster, SemanticVersionEventUpcaster, SerializedEvent};
use serde_json::Value;

use crate::ids::AggregateType;

/// What every type begins with.
pub const FIRST_VERSION: &str = "1.0";

/// One change of one type's payload.
#[derive(Clone, Copy)]
pub struct Step {
    pub aggregate_type: AggregateType,
    pub event_type: &'static str,
    /// The version that it leads to.
    pub to: &'static str,
    /// From the version before.
    pub upcast: fn(Value) -> Value,
}

/// All changes since the first versions; those of one type in their order.
const STEPS: &[Step] = &[];

static UPCASTERS: LazyLock<Upcasters> = LazyLock::new(|| Upcasters::of(STEPS));

/// What knows all versions.
pub struct Upcasters(Vec<(Step, SemanticVersionEventUpcaster)>);

/// The version in which this binary writes a type, and the newest that it can read.
pub fn version_of(aggregate_type: AggregateType, event_type: &str) -> &'static str {
    UPCASTERS.newest(aggregate_type, event_type)
}

impl Upcasters {
    /// Those of the events as they are.
    pub fn current() -> &'static Self {
        &UPCASTERS
    }

    /// # Panics
    /// Where a step's version is none: the steps are written down above, and a test reads them.
    pub fn of(steps: &[Step]) -> Self {
        let upcaster = |step: &Step| {
            let upcaster = SemanticVersionEventUpcaster::new(step.event_type, step.to, Box::new(step.upcast));
            (*step, upcaster)
        };
        Self(steps.iter().map(upcaster).collect())
    }

    fn steps<'a>(
        &'a self,
        aggregate_type: AggregateType,
        event_type: &'a str,
    ) -> impl DoubleEndedIterator<Item = &'a (Step, SemanticVersionEventUpcaster)> {
        self.0
            .iter()
            .filter(move |(step, _)| step.aggregate_type == aggregate_type && step.event_type == event_type)
    }

    pub fn newest(&self, aggregate_type: AggregateType, event_type: &str) -> &'static str {
        self.steps(aggregate_type, event_type)
            .next_back()
            .map_or(FIRST_VERSION, |(step, _)| step.to)
    }

    /// A payload as it is in the newest version of its type.
    ///
    /// # Errors
    /// What is wrong, where the version is not known or the payload is not JSON.
    pub fn upcast<'p>(
        &self,
        aggregate_type: AggregateType,
        event_type: &str,
        version: &str,
        payload: &'p str,
    ) -> Result<Cow<'p, str>, String> {
        let newest = self.newest(aggregate_type, event_type);
        if version == newest {
            return Ok(Cow::Borrowed(payload));
        }
        let is_known = version == FIRST_VERSION
            || self
                .steps(aggregate_type, event_type)
                .any(|(step, _)| step.to == version);
        if !is_known {
            return Err(format!("only versions up to {newest} are known"));
        }
        let payload = serde_json::from_str(payload).map_err(|error| error.to_string())?;
        let mut event = SerializedEvent::new(
            String::new(),
            0,
            aggregate_type.as_str().to_owned(),
            event_type.to_owned(),
            version.to_owned(),
            payload,
            Value::Null,
        );
        for (_, upcaster) in self.steps(aggregate_type, event_type) {
            if upcaster.can_upcast(&event.event_type, &event.event_version) {
                event = upcaster.upcast(event);
            }
        }
        Ok(Cow::Owned(event.payload.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::Event;
    use crate::payment::PaymentEvent;

    /// As if declines had been written without a reason at first, and then with a number in its place.
    const IMAGINED: [Step; 2] = [
        Step {
            aggregate_type: AggregateType::Payment,
            event_type: "AttemptDeclined",
            to: "1.1",
            upcast: |mut payload| {
                payload["code"] = json!(51);
                payload
            },
        },
        Step {
            aggregate_type: AggregateType::Payment,
            event_type: "AttemptDeclined",
            to: "2.0",
            upcast: |mut payload| {
                let reason = format!("code {}", payload["code"]);
                payload["reason"] = json!(reason);
                payload
            },
        },
    ];
    const ATTEMPT: &str = "0190b5c0-0000-7000-8000-000000000001";

    fn read(event_type: &str, version: &str, payload: &Value) -> Result<Event, crate::UnreadableEvent> {
        let upcasters = Upcasters::of(&IMAGINED);
        Event::parse_with(
            &upcasters,
            AggregateType::Payment,
            event_type,
            version,
            &payload.to_string(),
        )
    }

    fn declined(reason: &str) -> Event {
        Event::Payment(PaymentEvent::AttemptDeclined {
            attempt: serde_json::from_value(json!(ATTEMPT)).expect("an id"),
            reason: crate::payment::reason(reason).as_str().to_owned(),
        })
    }

    #[test]
    fn an_event_of_every_version_that_ever_was_is_read_as_the_newest() {
        let first = json!({ "attempt": ATTEMPT });
        assert_eq!(read("AttemptDeclined", "1.0", &first), Ok(declined("code 51")));
        let second = json!({ "attempt": ATTEMPT, "code": 5 });
        assert_eq!(read("AttemptDeclined", "1.1", &second), Ok(declined("code 5")));
        let newest = json!({ "attempt": ATTEMPT, "reason": "stolen" });
        assert_eq!(read("AttemptDeclined", "2.0", &newest), Ok(declined("stolen")));
    }

    #[test]
    fn a_new_version_of_one_type_leaves_the_others_as_they_are() {
        let upcasters = Upcasters::of(&IMAGINED);
        assert_eq!(upcasters.newest(AggregateType::Payment, "AttemptDeclined"), "2.0");
        assert_eq!(upcasters.newest(AggregateType::Payment, "AttemptStarted"), "1.0");
        assert_eq!(upcasters.newest(AggregateType::Order, "AttemptDeclined"), "1.0");
        let started = json!({ "attempt": ATTEMPT, "method": "pm_card_visa" });
        assert!(read("AttemptStarted", "1.0", &started).is_ok());
        assert!(read("AttemptStarted", "2.0", &started).is_err());
    }

    #[test]
    fn a_version_that_this_binary_does_not_know_makes_the_event_unreadable() {
        let payload = json!({ "attempt": ATTEMPT, "reason": "stolen" });
        for version in ["2.1", "3.0", "0.9", "1", "1.0.0", "2", "", "two"] {
            let unreadable = read("AttemptDeclined", version, &payload).unwrap_err();
            assert_eq!(unreadable.event_version, version);
            assert_eq!(unreadable.reason, "only versions up to 2.0 are known");
        }
    }

    #[test]
    fn what_an_older_version_lacks_is_still_missed() {
        // The first step adds what the second needs; nothing adds the attempt.
        assert!(read("AttemptDeclined", "1.0", &json!({})).is_err());
        let broken = Event::parse_with(
            &Upcasters::of(&IMAGINED),
            AggregateType::Payment,
            "AttemptDeclined",
            "1.0",
            "{",
        );
        assert!(broken.is_err());
    }

    #[test]
    fn the_steps_of_each_type_lead_upwards_from_the_first_version_and_name_events_that_there_are() {
        let numbers = |version: &str| -> Vec<u32> {
            let part = |part: &str| part.parse().expect("a version is numbers and points");
            version.split('.').map(part).collect()
        };
        for step in STEPS {
            assert!(Event::names(step.aggregate_type).contains(&step.event_type));
            let upcasters = Upcasters::current();
            let versions = upcasters
                .steps(step.aggregate_type, step.event_type)
                .map(|(step, _)| step.to);
            let versions: Vec<Vec<u32>> = [FIRST_VERSION].into_iter().chain(versions).map(numbers).collect();
            assert!(
                versions.is_sorted_by(|older, newer| older < newer),
                "{versions:?}"
            );
        }
    }
}
