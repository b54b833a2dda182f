//! Query strings, read strictly: a parameter that is unknown or wrong is a violation, because who
//! misspells a filter must not get everything.

use std::borrow::Cow;
use std::str::FromStr;

use axum::http::Uri;
use uuid::Uuid;

use crate::freshness::{self, Stream, Wanted};
use crate::problem::{Problem, Violation};

/// Longer than anything that the storefront asks: a hundred of the longest SKUs.
const LONGEST: usize = 8_000;

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

    /// The one value of `name`, taken away. Empty is as good as absent: forms send it so.
    pub fn one(&mut self, name: &'static str) -> Option<Cow<'u, str>> {
        let mut values = self.all(name);
        if values.len() > 1 {
            self.violation(name, "can be given once");
        }
        values.pop().filter(|value| !value.is_empty())
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

    pub fn number<T: FromStr + PartialOrd>(
        &mut self,
        name: &'static str,
        rule: &str,
        allowed: std::ops::RangeInclusive<T>,
    ) -> Option<T> {
        self.parsed(name, rule, |text| {
            text.parse().ok().filter(|number| allowed.contains(number))
        })
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
        assert_eq!(params.number("limit", "must be 1 to 100", 1..=100_usize), None);
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
    fn values_are_decoded_and_empty_ones_are_absent() {
        let uri = uri("/x?q=tea%20pot&category=a+b&category=c&limit=");
        let mut params = Params::of(&uri).unwrap();
        assert_eq!(params.one("q").unwrap(), "tea pot");
        assert_eq!(params.all("category"), ["a b", "c"]);
        assert_eq!(params.number("limit", "", 1..=100_usize), None);
        params.finish().unwrap();
    }

    #[test]
    fn a_query_string_has_a_limit() {
        assert!(matches!(
            Params::of(&uri(&format!("/x?q={}", "a".repeat(8_000)))),
            Err(Problem::UriTooLong)
        ));
    }
}
