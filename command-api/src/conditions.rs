//! The conditions of a command, as its headers say them: do it once (`Idempotency-Key`), and only to what the client has seen
//! (`If-Match`, RFC 9110 §13.1.1).

mod described;

use domain::AggregateType;
use domain::text::{Parsed, Rule};

pub use described::takes_if_match;

/// A key of the client's own choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    const MAX_LENGTH: usize = 255;

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Parsed for IdempotencyKey {
    fn rule() -> Rule {
        let most = Self::MAX_LENGTH;
        // In quotes, as the IETF's draft has it, or bare, as almost everybody sends it. White space around a header's value is none of it.
        let pattern = format!(
            "^([!#-~]|[!#-~][ -~]{{0,{}}}[!#-~]|\"[ -~]{{1,{most}}}\")$",
            most - 2
        );
        Rule {
            max_length: Some(most + 2),
            pattern: Some(pattern.into()),
            example: Some("0192f0c1-7a4e-7c3d-9b1e-0a4d2f6b8c10"),
            ..Rule::new(
                "IdempotencyKey",
                format!("1 to {most} printable ASCII characters, in quotes or without."),
            )
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let key = bare.unwrap_or(text);
        let is_printable = key.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let is_whole = bare.is_some() || (key.trim() == key && !key.starts_with('"') && !key.ends_with('"'));
        if key.is_empty() || key.len() > Self::MAX_LENGTH || !is_printable || !is_whole {
            return Err(format!(
                "has to be 1 to {} printable ASCII characters",
                Self::MAX_LENGTH
            ));
        }
        Ok(Self(key.to_owned()))
    }
}

/// What a command may be done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: whatever is there.
    Anything,
    /// What one of these tags is about, in the version that it names.
    Tags(Vec<Tag>),
}

/// The versions in a tag. Which of them counts is the subject's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// `"7"`, which a command answers: a version of its subject.
    Version(i64),
    /// `"1795873452-7"`, which a query gives with a document of one version: a cart.
    Document(i64),
    /// `"1795873452-7-3"`, which a query gives with a document of two: an order and its payment, a product and its stock.
    Pair(i64, i64),
}

/// Where the tag of a document has the version of an aggregate.
enum Place {
    Alone,
    First,
    Second,
}

impl Place {
    const fn of(subject: AggregateType) -> Self {
        match subject {
            AggregateType::Order | AggregateType::Product => Self::First,
            AggregateType::Payment | AggregateType::StockItem => Self::Second,
            AggregateType::Cart
            | AggregateType::CartOwner
            | AggregateType::DiscountCode
            | AggregateType::CodeCustomer
            | AggregateType::ProductRequest
            | AggregateType::RequestMember => Self::Alone,
        }
    }
}

impl Tag {
    /// None where the tag is about something else.
    const fn version_of(self, subject: AggregateType) -> Option<i64> {
        match (self, Place::of(subject)) {
            (Self::Version(version), Place::Alone | Place::First | Place::Second)
            | (Self::Document(version), Place::Alone)
            | (Self::Pair(version, _), Place::First)
            | (Self::Pair(_, version), Place::Second) => Some(version),
            (Self::Document(_), Place::First | Place::Second) | (Self::Pair(..), Place::Alone) => None,
        }
    }
}

impl IfMatch {
    const MOST_TAGS: usize = 10;
    /// Digits of a number in a tag. `i64` holds them all.
    const MOST_DIGITS: usize = 18;
    const RULE: &str = "has to be an ETag of this API (\"1795873452-7\"), a version in quotes (\"7\"), several of them with commas, or *";

    /// This version of the command's subject alone.
    pub fn version(version: i64) -> Self {
        Self::Tags(vec![Tag::Version(version)])
    }

    /// Whether it may be done to a subject of this kind that has this version; what is not there has 0.
    pub fn holds(&self, subject: AggregateType, version: i64) -> bool {
        match self {
            Self::Anything => version > 0,
            Self::Tags(tags) => tags.iter().any(|tag| tag.version_of(subject) == Some(version)),
        }
    }
}

impl Parsed for IfMatch {
    fn rule() -> Rule {
        let number = format!("[0-9]{{1,{}}}", Self::MOST_DIGITS);
        let tag = format!("(W/)?\"{number}(-{number}){{0,2}}\"");
        let pattern = format!("^(\\*|{tag}( ?, ?{tag}){{0,{}}})$", Self::MOST_TAGS - 1);
        Rule {
            max_length: Some(Self::MOST_TAGS * (3 * Self::MOST_DIGITS + 9)),
            pattern: Some(pattern.into()),
            example: Some("\"7\""),
            ..Rule::new(
                "IfMatch",
                "ETags as this API gives them, versions in quotes, or *.",
            )
        }
    }

    /// A tag is weak where the answer was compressed on its way: the version is the same.
    fn parsed(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Anything);
        }
        let tags: Vec<&str> = text.split(',').collect();
        let read: Option<Vec<Tag>> = tags
            .iter()
            .enumerate()
            .map(|(nth, tag)| read_tag(without_spaces(tag, nth > 0, nth + 1 < tags.len())))
            .collect();
        read.filter(|read| read.len() <= Self::MOST_TAGS)
            .map(Self::Tags)
            .ok_or_else(|| Self::RULE.to_owned())
    }
}

/// One space is allowed on the sides on which another tag is.
fn without_spaces(tag: &str, before: bool, after: bool) -> &str {
    let tag = tag.strip_prefix(' ').filter(|_| before).unwrap_or(tag);
    tag.strip_suffix(' ').filter(|_| after).unwrap_or(tag)
}

/// A tag is a version, or generation and version, or, of an order or a product, those and the version of what belongs to it.
fn read_tag(tag: &str) -> Option<Tag> {
    let quoted = tag.strip_prefix("W/").unwrap_or(tag);
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let is_number = |part: &&str| {
        (1..=IfMatch::MOST_DIGITS).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let parts: Vec<&str> = inner.split('-').collect();
    if !parts.iter().all(is_number) {
        return None;
    }
    let number = |part: &str| part.parse().ok();
    match *parts {
        [version] => number(version).map(Tag::Version),
        [_, version] => number(version).map(Tag::Document),
        [_, first, second] => Some(Tag::Pair(number(first)?, number(second)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use openapi::fits;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_description_of_a_key_takes_what_is_taken(key in "\"?[ -~é]{0,5}\"?|[!-~]{253,258}") {
            prop_assert_eq!(fits(&IdempotencyKey::rule(), &key), IdempotencyKey::parsed(&key).is_ok());
        }

        #[test]
        fn the_description_of_tags_takes_what_is_taken(
            tags in "\\*?( ?,? ?(W/)?\"?[0-9a]{0,20}(-[0-9]{0,19}){0,3}\"?){0,3}"
        ) {
            prop_assert_eq!(fits(&IfMatch::rule(), &tags), IfMatch::parsed(&tags).is_ok());
        }
    }

    fn tags(text: &str) -> Option<IfMatch> {
        IfMatch::parsed(text).ok()
    }

    #[test]
    fn a_tag_is_taken_as_a_get_or_a_command_gave_it() {
        for (text, tag) in [
            ("\"7\"", Tag::Version(7)),
            ("\"1795873452-7\"", Tag::Document(7)),
            ("W/\"1795873452-7\"", Tag::Document(7)),
            ("\"1795873452-7-3\"", Tag::Pair(7, 3)),
        ] {
            assert_eq!(tags(text), Some(IfMatch::Tags(vec![tag])), "{text}");
        }
        assert_eq!(tags("*"), Some(IfMatch::Anything));
        let two = IfMatch::Tags(vec![Tag::Document(7), Tag::Version(8)]);
        assert_eq!(tags("\"1-7\", \"8\""), Some(two));
        for wrong in [
            "",
            "7",
            "\"\"",
            "\"seven\"",
            "\"-7\"",
            "\"1-2-3-4\"",
            "\"7\",",
            "*, \"7\"",
            " \"7\"",
        ] {
            assert_eq!(tags(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_star_holds_for_whatever_is_there() {
        let (any, order) = (IfMatch::Anything, AggregateType::Order);
        assert!(any.holds(order, 1) && !any.holds(order, 0));
        let either = IfMatch::Tags(vec![Tag::Version(7), Tag::Version(8)]);
        assert!(either.holds(order, 7) && either.holds(order, 8) && !either.holds(order, 9));
    }

    #[test]
    fn each_subject_picks_its_own_version_of_a_tag() {
        let held = |text: &str, subject| {
            let tags = tags(text).expect("a tag of this API");
            (0..10).filter(|version| tags.holds(subject, *version)).collect()
        };
        let versions: [(AggregateType, [Vec<i64>; 3]); 5] = [
            (AggregateType::Order, [vec![7], vec![], vec![6]]),
            (AggregateType::Payment, [vec![7], vec![], vec![5]]),
            (AggregateType::Product, [vec![7], vec![], vec![6]]),
            (AggregateType::StockItem, [vec![7], vec![], vec![5]]),
            (AggregateType::Cart, [vec![7], vec![4], vec![]]),
        ];
        for (subject, expected) in versions {
            let found: [Vec<i64>; 3] = ["\"7\"", "\"9-4\"", "\"9-6-5\""].map(|text| held(text, subject));
            assert_eq!(found, expected, "{subject:?}");
        }
    }

    #[test]
    fn a_key_is_the_same_with_and_without_quotes() {
        let key = |text| IdempotencyKey::parsed(text).ok().map(|key| key.0);
        assert_eq!(key("\"a b\"").as_deref(), Some("a b"));
        assert_eq!(key("a b").as_deref(), Some("a b"));
        for wrong in ["", "\"\"", "\"a", "a\u{e9}", &"a".repeat(256)] {
            assert_eq!(key(wrong), None, "{wrong}");
        }
    }
}
