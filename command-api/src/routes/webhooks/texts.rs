//! What those who subscribe to webhooks write: where to send, and what.

use std::sync::LazyLock;

use domain::Line;
use domain::text::{Parsed, Rule};

use crate::fields::Sent;
use crate::notifications::{TOPICS, event_types};
use crate::urls::{self, Fragment};

/// The name of an event, with its aggregate's.
pub struct EventType(pub String);

static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| event_types(&TOPICS));
/// What may be subscribed to in every shop of this release.
static EVENT_TYPES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| NAMES.iter().map(String::as_str).collect());

pub type SentEventType = Sent<EventType>;

const LONGEST_URL: usize = 2000;

/// Where a subscriber wants to be sent to, on one line. Whether it may be reached, [`crate::notifications::Reach`] says.
pub struct HookUrl(pub Line<LONGEST_URL>);

pub type SentUrl = Sent<HookUrl>;

impl Parsed for HookUrl {
    fn rule() -> Rule {
        Rule {
            min_length: Some(1),
            max_length: Some(LONGEST_URL),
            pattern: Some(urls::pattern(urls::HTTPS, Fragment::Refused).into()),
            format: Some("uri"),
            example: Some("https://example.com/hooks/cartwright"),
            ..Rule::new(
                "WebhookUrl",
                "Absolute, `https`, without credentials or fragment. A shop in development takes `http` too.",
            )
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        Line::parse(text).map(Self).map_err(|error| error.to_string())
    }
}

impl Parsed for EventType {
    fn rule() -> Rule {
        Rule {
            one_of: &EVENT_TYPES,
            example: Some("order.OrderPlaced"),
            ..Rule::new("EventType", "An aggregate and an event.")
        }
    }

    /// Whether it is one of those, the route finds out: it knows what its shop sends.
    fn parsed(text: &str) -> Result<Self, String> {
        Line::<100>::parse(text)
            .map(|line| Self(line.into()))
            .map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use openapi::fits;
    use proptest::prelude::*;

    use super::*;
    use crate::notifications::Reach;

    const PUBLIC: Reach = Reach {
        plain_http: false,
        private: false,
    };

    fn parsed(text: &str) -> Result<(), String> {
        let HookUrl(line) = HookUrl::parsed(text)?;
        PUBLIC.parse(line.as_str()).map(|_| ())
    }

    proptest! {
        #[test]
        fn every_url_that_is_taken_fits_the_description(text in urls::testing::URLS) {
            prop_assert!(parsed(&text).is_err() || fits(&HookUrl::rule(), &text), "{:?}", text);
        }
    }

    #[test]
    fn what_is_refused_by_its_form_does_not_fit_the_description() {
        for wrong in [
            "",
            "example.com/hook",
            "http://example.com/hook",
            "ftp://example.com/hook",
            "https://",
            "https://user@example.com/",
            "https://user:word@example.com/",
            "https://example.com/#part",
            "https://example.com#",
            "https://example.com/a\nb",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
            assert!(!fits(&HookUrl::rule(), wrong), "{wrong}");
        }
        for right in ["https://example.com/hook?a=1", " HTTPS://example.com:8443 "] {
            assert!(parsed(right).is_ok(), "{right}");
            assert!(fits(&HookUrl::rule(), right), "{right}");
        }
    }

    #[test]
    fn an_event_that_does_not_exist_does_not_fit_the_description() {
        assert!(fits(&EventType::rule(), "order.OrderPlaced"));
        for wrong in ["order.OrderEaten", "cart.CartOpened", "*", ""] {
            assert!(!fits(&EventType::rule(), wrong), "{wrong}");
        }
    }
}
