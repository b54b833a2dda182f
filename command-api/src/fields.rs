//! The fields of a request: each is read as what it means, or noted as what is wrong with it.
//!
//! A body names its texts as [`Sent`]: they are read by [`Fields`] and in no other way, and they describe themselves in OpenAPI.

use std::fmt;
use std::marker::PhantomData;

use domain::payment::MethodToken;
use domain::text::{Parsed, Rule, is_blank};
use domain::{Code, Country, Currency, Line, Paragraph, Sku, Slug};
use serde::{Deserialize, Deserializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::email::{Email, TypedEmail};
use crate::error::{Problem, Violation};

/// A text as it was sent. What it means, [`Fields`] finds out.
pub struct Sent<T> {
    text: String,
    means: PhantomData<fn() -> T>,
}

// Generic names would be put together from their parts in the API's description; these are named by what they mean.
pub type SentLine<const MOST: usize, const LEAST: usize = 1> = Sent<Line<MOST, LEAST>>;
pub type SentParagraph<const MOST: usize, const LEAST: usize = 1> = Sent<Paragraph<MOST, LEAST>>;
pub type SentSlug = Sent<Slug>;
pub type SentSku = Sent<Sku>;
pub type SentCode = Sent<Code>;
pub type SentCountry = Sent<Country>;
pub type SentCurrency = Sent<Currency>;
pub type SentMethod = Sent<MethodToken>;
pub type SentEmail = Sent<Email>;
pub type SentTypedEmail = Sent<TypedEmail>;

impl<T> fmt::Debug for Sent<T> {
    /// Personal data gets into no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sent({} bytes)", self.text.len())
    }
}

impl<'de, T> Deserialize<'de> for Sent<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self {
            text: String::deserialize(deserializer)?,
            means: PhantomData,
        })
    }
}

impl<T: Parsed> PartialSchema for Sent<T> {
    fn schema() -> RefOr<Schema> {
        RefOr::T(Schema::Object(described(T::rule())))
    }
}

impl<T: Parsed> ToSchema for Sent<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        T::rule().name
    }
}

fn described(rule: Rule) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(rule.description))
        .min_length(rule.min_length)
        .max_length(rule.max_length)
        .pattern(rule.pattern)
        .format(rule.format.map(|name| SchemaFormat::Custom(name.to_owned())))
        .examples(rule.example.map(serde_json::Value::from))
        .build()
}

const MOST_VIOLATIONS: usize = 50;

/// Reads fields, and notes what is wrong with them.
#[derive(Default)]
pub struct Fields {
    /// Stands before every field's name.
    within: &'static str,
    violations: Vec<Violation>,
}

impl Fields {
    pub const fn within(within: &'static str) -> Self {
        Self {
            within,
            violations: vec![],
        }
    }

    /// None where it is wrong; then that is noted.
    pub fn take<T: Parsed>(&mut self, field: &str, sent: &Sent<T>) -> Option<T> {
        match T::parsed(&sent.text) {
            Ok(value) => Some(value),
            Err(rule) => {
                self.note(field, rule);
                None
            }
        }
    }

    /// The same for what may be left out.
    pub fn take_optional<T: Parsed>(&mut self, field: &str, sent: Option<&Sent<T>>) -> Option<T> {
        let sent = sent.filter(|sent| !T::BLANK_IS_NOTHING || !is_blank(&sent.text))?;
        self.take(field, sent)
    }

    /// Who sends thousands of wrong fields is told of the first ones.
    pub fn note(&mut self, field: &str, message: impl Into<String>) {
        if self.violations.len() >= MOST_VIOLATIONS {
            return;
        }
        self.violations.push(Violation {
            field: format!("{}{field}", self.within),
            message: message.into(),
        });
    }

    pub fn has(&self, field: &str) -> bool {
        self.violations.iter().any(|violation| violation.field == field)
    }

    pub fn extend(&mut self, violations: impl IntoIterator<Item = Violation>) {
        self.violations.extend(violations);
    }

    pub fn violations(self) -> Vec<Violation> {
        self.violations
    }

    /// # Errors
    /// Everything that was noted.
    pub fn done(self) -> Result<(), Problem> {
        if self.violations.is_empty() {
            Ok(())
        } else {
            Err(self.refused())
        }
    }

    pub fn is_right(&self) -> bool {
        self.violations.is_empty()
    }

    pub fn refused(self) -> Problem {
        Problem::validation(self.violations)
    }
}
