//! A word that machines compare: a category, a drawing.

use std::fmt;

use super::{Parsed, Rule};

/// What may stand in a slug, in words for people.
pub const SLUG_RULE: &str = "1 to 40 characters a-z, 0-9 and '-'";

/// Lower-case words joined by hyphens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug(String);

impl Slug {
    pub const MAX_LENGTH: usize = 40;

    /// # Errors
    /// [`SLUG_RULE`] when `text` does not follow it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if text.is_empty() || text.len() > Self::MAX_LENGTH || !text.bytes().all(allowed) {
            return Err(SLUG_RULE);
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

impl Parsed for Slug {
    fn rule() -> Rule {
        Rule {
            min_length: Some(1),
            max_length: Some(Self::MAX_LENGTH),
            pattern: Some(format!("^[a-z0-9-]{{1,{}}}$", Self::MAX_LENGTH).into()),
            example: Some("kitchen"),
            ..Rule::new("Slug", "Lower-case words joined by hyphens.")
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|rule| format!("has to be {rule}"))
    }
}
