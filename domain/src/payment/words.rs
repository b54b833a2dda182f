//! What a gateway calls things. It is another system: its names are read before they are stored, and its reasons are cleaned.

use std::fmt;
use std::str::FromStr;

use crate::text::{CleanLine, Line, Parsed, Rule};

/// Why a gateway declines, in its own words. Made with [`crate::text::CleanLine::clean`]: nobody can be asked to say it better.
pub type Reason = Line<200>;

/// A reason as far as it can be stored.
///
/// # Panics
/// Never: the word that stands for no reason is a line.
pub fn reason(said: &str) -> Reason {
    let unknown = || Reason::clean("unknown").expect("a word is a line");
    Reason::clean(said).unwrap_or_else(unknown)
}

/// The longest name that a gateway gives to anything, in characters of ASCII.
pub const MAX_GATEWAY_TEXT: usize = 255;

/// A gateway's token for what is paid with: `pm_card_visa`. The number of a card never comes here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodToken(String);

/// A gateway's name for a charge: `pi_3MtwBwLkdIwHu7ix28a3tqPa`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference(String);

/// What may stand in a token, in words for people.
pub const METHOD_RULE: &str = "a gateway's token: 1 to 255 letters, digits and '_'";
/// What may be sent as a token, in words for people.
const SENT_METHOD_RULE: &str = "a gateway's token as pm_card_visa: small letters, '_', then letters, digits and '_', 255 at most; never the number of a card";
/// What may stand in a gateway's name for something, in words for people.
pub const REFERENCE_RULE: &str = "1 to 255 visible ASCII characters";

fn is_name(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.len() <= MAX_GATEWAY_TEXT && text.bytes().all(allowed)
}

impl MethodToken {
    /// # Errors
    /// [`METHOD_RULE`] when `text` does not follow it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if is_name(text, |c| c.is_ascii_alphanumeric() || c == b'_') {
            Ok(Self(text.to_owned()))
        } else {
            Err(METHOD_RULE)
        }
    }
}

impl Reference {
    /// # Errors
    /// [`REFERENCE_RULE`] when `text` does not follow it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if is_name(text, |c| c.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(REFERENCE_RULE)
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for MethodToken {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl FromStr for Reference {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl From<MethodToken> for String {
    fn from(token: MethodToken) -> Self {
        token.0
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.0
    }
}

impl Parsed for MethodToken {
    fn rule() -> Rule {
        Rule {
            min_length: Some(1),
            max_length: Some(MAX_GATEWAY_TEXT),
            pattern: Some("^[a-z]{1,20}_[A-Za-z0-9_]+$".into()),
            example: Some("pm_card_visa"),
            ..Rule::new(
                "PaymentMethod",
                "The gateway's token for a card: its number never comes here.",
            )
        }
    }

    /// Stricter than what is stored: earlier releases took the number of a card for a token, and stored it.
    fn parsed(text: &str) -> Result<Self, String> {
        let is_kind =
            |kind: &str| (1..=20).contains(&kind.len()) && kind.bytes().all(|c| c.is_ascii_lowercase());
        let has_kind = text
            .split_once('_')
            .is_some_and(|(kind, rest)| is_kind(kind) && !rest.is_empty());
        match Self::parse(text) {
            Ok(token) if has_kind => Ok(token),
            Ok(_) | Err(_) => Err(format!("has to be {SENT_METHOD_RULE}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_kept_as_far_as_it_can_be_stored() {
        assert_eq!(reason("lost\0or\nstolen\u{202e}").as_str(), "lost or stolen");
        assert_eq!(reason(&"x".repeat(300)).as_str().len(), 200);
        for nothing in ["", "\0", "\u{200b}"] {
            assert_eq!(reason(nothing).as_str(), "unknown");
        }
    }

    #[test]
    fn a_gateways_names_are_visible_ascii() {
        assert!(MethodToken::parse("pm_card_visa").is_ok());
        assert_eq!(
            Reference::parse("pi_3Mtw-x").map(|it| it.to_string()),
            Ok("pi_3Mtw-x".to_owned())
        );
        for bad in ["", "pm\0", "pm card", "pm\u{202e}", "pm\n", &"a".repeat(256)] {
            assert_eq!(MethodToken::parse(bad), Err(METHOD_RULE), "{bad:?}");
            assert_eq!(Reference::parse(bad), Err(REFERENCE_RULE), "{bad:?}");
        }
    }

    #[test]
    fn the_number_of_a_card_is_no_token() {
        for token in ["pm_card_visa", "pm_1NFrmmLkdIwHu7ixOeaFmNZI", "tok_visa", "src_1"] {
            assert!(MethodToken::parsed(token).is_ok(), "{token}");
        }
        let long = format!("pm_{}", "1".repeat(253));
        for number in [
            "4242424242424242",
            "5555555555554444",
            "378282246310005",
            "_4242",
            "PM_1",
            "pm_",
            "pm",
            &long,
        ] {
            assert!(MethodToken::parsed(number).is_err(), "{number}");
        }
    }
}
