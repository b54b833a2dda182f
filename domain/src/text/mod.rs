//! Text that people and other systems send, parsed once at the door.
//!
//! A [`Line`] is a name, a title or a number; a [`Paragraph`] is prose that keeps its line breaks; a [`Slug`] is a word for machines.
//! Both kinds of text are in Unicode's Normalization Form C, without white space around them, without control characters, without
//! characters that nobody sees (what is kept of those, because a script or an emoji needs it, says [`mod@invisible`]) and without
//! code points that are no characters. Lengths count Unicode scalar values, as JSON Schema's `maxLength` does.
//!
//! Commands carry these types; events carry `String`, because what an older release stored has to stay readable.

mod invisible;
mod line;
mod names;
mod paragraph;
mod slug;
mod tidy;

use std::borrow::Cow;

pub use line::{CleanLine, Line};
pub use paragraph::Paragraph;
pub use slug::{SLUG_RULE, Slug};
pub use tidy::{MOST_MARKS, is_blank};

/// A value that is parsed from the text of a request, and how its text is described.
pub trait Parsed: Sized {
    /// Whether a field that may be left out is left out where nothing but white space is sent for it: forms send it so.
    const BLANK_IS_NOTHING: bool = false;

    /// What may be sent, for the description of the API.
    fn rule() -> Rule;

    /// # Errors
    /// What the text has to be, in words for people: "has to …".
    fn parsed(text: &str) -> Result<Self, String>;
}

/// What a text may be, in the terms of JSON Schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Of the type, unique among those that differ: `Line64`.
    pub name: Cow<'static, str>,
    pub description: Cow<'static, str>,
    pub min_length: Option<usize>,
    pub max_length: Option<usize>,
    /// A regular expression that ECMA 262, Python and Rust read alike.
    pub pattern: Option<Cow<'static, str>>,
    /// Every value that there is, where they can be counted.
    pub one_of: &'static [&'static str],
    pub format: Option<&'static str>,
    pub example: Option<&'static str>,
}

impl Rule {
    pub fn new(name: impl Into<Cow<'static, str>>, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            min_length: None,
            max_length: None,
            pattern: None,
            one_of: &[],
            format: None,
            example: None,
        }
    }
}

/// The pattern of texts without the characters of `control`, and without those that are none. `seen`: something else than white space has
/// to be there.
fn text_pattern(control: &str, seen: bool) -> Cow<'static, str> {
    // Beyond Unicode's first plane the escapes of regular expressions differ: those stand for themselves.
    const NO_CHARACTERS: &str = "\\ue000-\\uf8ff\\ufdd0-\\ufdef\\ufffe\\uffff\u{f0000}-\u{10ffff}";
    let any = format!("[^{control}{NO_CHARACTERS}]*");
    Cow::Owned(if seen {
        format!(r"^{any}[^\s{control}{NO_CHARACTERS}]{any}$")
    } else {
        format!("^{any}$")
    })
}

/// Why a text is not taken, in words that say what is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("has to have {least} to {most} characters, it has {length}")]
    Length {
        least: usize,
        most: usize,
        length: usize,
    },
    #[error("has to be on one line without control characters; it has U+{:04X}", u32::from(*.0))]
    NotOneLine(char),
    #[error("has to be without control characters other than line breaks; it has U+{:04X}", u32::from(*.0))]
    Control(char),
    #[error("has to be made of characters that mean the same to everybody; U+{:04X} does not", u32::from(*.0))]
    NoCharacter(char),
    #[error("has to have at most {MOST_MARKS} marks on a letter, and none before the first letter")]
    Marks,
}

/// What both kinds of text have in common, beside how they are parsed.
macro_rules! text_type {
    ($name:ident < $($parameter:ident),+ >) => {
        impl<$(const $parameter: usize),+> $name<$($parameter),+> {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<$(const $parameter: usize),+> std::fmt::Display for $name<$($parameter),+> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<$(const $parameter: usize),+> std::fmt::Debug for $name<$($parameter),+> {
            /// People write their names into texts, and those get into no log.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({} characters)", stringify!($name), self.0.chars().count())
            }
        }

        impl<$(const $parameter: usize),+> From<$name<$($parameter),+>> for String {
            fn from(text: $name<$($parameter),+>) -> Self {
                text.0
            }
        }

        impl<$(const $parameter: usize),+> TryFrom<String> for $name<$($parameter),+> {
            type Error = $crate::text::TextError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl<$(const $parameter: usize),+> std::str::FromStr for $name<$($parameter),+> {
            type Err = $crate::text::TextError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl<$(const $parameter: usize),+> serde::Serialize for $name<$($parameter),+> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de, $(const $parameter: usize),+> serde::Deserialize<'de> for $name<$($parameter),+> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
use text_type;
