//! Query strings, read strictly: a parameter that is unknown or wrong is a violation, because who
//! misspells a filter must not get everything.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use axum::http::Uri;
use domain::text::{Parsed, Rule};
use domain::{Currency, Sku, Slug};
use openapi::{Text, whole};
use uuid::Uuid;

use crate::freshness::{self, Stream, Wanted};
use crate::problem::{Problem, Violation};

/// Longer than anything that the storefront asks: a hundred of the longest SKUs.
const LONGEST: usize = 8_000;

/// Characters of what is searched for, or typed so far.
pub const LONGEST_SEARCH: usize = 200;

/// What is searched for. It may be pasted: with white space of every kind, and without other control characters
/// ([`telemetry::uri`] refuses those).
pub struct Search;

pub type SearchText = Text<Search>;

impl Parsed for Search {
    fn rule() -> Rule {
        Rule {
            max_length: Some(LONGEST_SEARCH),
            pattern: Some(r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$".into()),
            example: Some("stone mug"),
            ..Rule::new("Search", "Words.")
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        if text.chars().count() > LONGEST_SEARCH {
            return Err(format!("must have at most {LONGEST_SEARCH} characters"));
        }
        Ok(Self)
    }
}

pub type CurrencyText = Text<Currency>;
pub type SkuText = Text<Sku>;
pub type SlugText = Text<Slug>;

/// The parameters of one request, and what was wrong with those that were read.
pub struct Params<'u> {
    pairs: Vec<(Cow<'u, str>, Cow<'u, str>)>,
    violations: Vec<Violation>,
}

impl<'u> Params<'u> {
    pub fn of(uri: &'u Uri) -> Result<Self, Problem> {
        let query = uri.query().unwrap_or_default();
        if query.len() > LONGEST {
            return Err(Problem::UriTooLong);
        }
        let pairs = form_urlencoded::parse(query.as_bytes()).collect();
        Ok(Self {
            pairs,
            violations: vec![],
        })
    }

    /// All values of `name`, taken away.
    pub fn all(&mut self, name: &str) -> Vec<Cow<'u, str>> {
        let mut values = vec![];
        self.pairs.retain_mut(|(key, value)| {
            let other = key != name;
            if !other {
                values.push(std::mem::take(value));
            }
            other
        });
        values
    }

    /// The one value of `name`, taken away.
    pub fn one(&mut self, name: &'static str) -> Option<Cow<'u, str>> {
        let mut values = self.all(name);
        if values.len() > 1 {
            self.violation(name, "can be given once");
        }
        values.pop()
    }

    /// The one value of `name`, if `parse` understands it; otherwise `rule` is a violation.
    pub fn parsed<T>(
        &mut self,
        name: &'static str,
        rule: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.one(name)?;
        let parsed = parse(&value);
        if parsed.is_none() {
            self.violation(name, rule);
        }
        parsed
    }

    /// The one value of `name`, if it is one of these numbers; otherwise that is a violation.
    pub fn number(&mut self, name: &'static str, allowed: RangeInclusive<i64>) -> Option<i64> {
        let rule = format!("must be a number from {} to {}", allowed.start(), allowed.end());
        self.parsed(name, &rule, |text| {
            whole(text).filter(|number| allowed.contains(number))
        })
    }

    /// How much is asked for: from 1 to `most`, or `usual` if that is left out.
    pub fn limit(&mut self, usual: usize, most: usize) -> usize {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let asked = self.number("limit", 1..=most);
        asked
            .and_then(|asked| usize::try_from(asked).ok())
            .unwrap_or(usual)
    }

    /// What is searched for; empty where it is left out.
    pub fn search(&mut self, name: &'static str) -> Cow<'u, str> {
        let text = self.one(name).unwrap_or_default();
        if let Err(rule) = Search::parsed(&text) {
            self.violation(name, rule);
        }
        text
    }

    /// The one value of `name` as what it means, by the rule of its type.
    pub fn named<T: Parsed>(&mut self, name: &'static str) -> Option<T> {
        let value = self.one(name)?;
        match T::parsed(&value) {
            Ok(parsed) => Some(parsed),
            Err(rule) => {
                self.violation(name, rule);
                None
            }
        }
    }

    /// `after`: what the views must have before they may answer. `id_alone` is what an id stands for that does not say it.
    pub fn after(&mut self, id_alone: fn(Uuid) -> Stream) -> Result<Vec<Wanted>, Problem> {
        let mut wanted = vec![];
        for text in self.all("after") {
            freshness::parse_after(&text, id_alone, &mut wanted)?;
        }
        Ok(wanted)
    }

    pub fn violation(&mut self, field: &'static str, message: impl Into<String>) {
        self.violations.push(Violation {
            field: field.into(),
            message: message.into(),
        });
    }

    /// Whether everything was known and right.
    pub fn finish(mut self) -> Result<(), Problem> {
        if let Some((name, _)) = self.pairs.first() {
            let is_shown = |c: &char| c.is_ascii_graphic();
            let shown: String = name.chars().filter(is_shown).take(40).collect();
            self.violation("query", format!("has no parameter `{shown}`"));
        }
        if self.violations.is_empty() {
            Ok(())
        } else {
            Err(Problem::Validation(self.violations))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    #[test]
    fn every_violation_is_named() {
        let uri = uri("/x?limit=101&sort=up&surprise=1&q=a&q=b");
        let mut params = Params::of(&uri).unwrap();
        assert_eq!(params.number("limit", 1..=100), None);
        assert_eq!(
            params.parsed("sort", "must be name", |text| (text == "name").then_some(())),
            None
        );
        params.one("q");
        let Err(Problem::Validation(violations)) = params.finish() else {
            panic!("it is valid")
        };
        let fields: Vec<_> = violations.iter().map(|violation| &*violation.field).collect();
        assert_eq!(fields, ["limit", "sort", "q", "query"]);
    }

    #[test]
    fn values_are_decoded() {
        let uri = uri("/x?q=tea%20pot&category=a+b&category=c&title=");
        let mut params = Params::of(&uri).unwrap();
        assert_eq!(params.one("q").unwrap(), "tea pot");
        assert_eq!(params.all("category"), ["a b", "c"]);
        assert_eq!(params.search("title"), "");
        params.finish().unwrap();
    }

    #[test]
    fn a_number_is_one_that_is_allowed_and_not_nothing() {
        for wrong in ["", "0", "21", "+5", "5.0", "x"] {
            let uri = uri(&format!("/x?limit={wrong}"));
            let mut params = Params::of(&uri).unwrap();
            assert_eq!(params.limit(5, 20), 5);
            assert!(params.finish().is_err(), "{wrong:?}");
        }
        let uri = uri("/x?limit=20");
        assert_eq!(Params::of(&uri).unwrap().limit(5, 20), 20);
    }

    #[test]
    fn a_query_string_has_a_limit() {
        assert!(matches!(
            Params::of(&uri(&format!("/x?q={}", "a".repeat(8_000)))),
            Err(Problem::UriTooLong)
        ));
    }
}
