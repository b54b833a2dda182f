//! The fields of a request: each is read as what it means, or noted as what is wrong with it.
//!
//! A body names its texts as [`Sent`]: they are read by [`Fields`] and in no other way, and they describe themselves in OpenAPI.

use std::fmt;
use std::marker::PhantomData;

use domain::payment::MethodToken;
use domain::text::{Parsed, is_blank};
use domain::{Code, Country, Currency, Line, Paragraph, Sku, Slug};
use serde::{Deserialize, Deserializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{OneOfBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::email::{Email, TypedEmail};
use crate::error::{Problem, Violation};
use crate::phone::Phone;

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
pub type SentPhone = Sent<Phone>;

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
        openapi::Text::<T>::schema()
    }
}

impl<T: Parsed> ToSchema for Sent<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        T::rule().name
    }
}

/// An integer as it was sent. Whether it is one from `LEAST` to `MOST`, [`Fields`] finds out.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(transparent)]
pub struct SentNumber<const LEAST: i64, const MOST: i64>(i64);

/// How many of a product.
pub type SentQuantity = SentNumber<1, { domain::cart::MAX_QUANTITY as i64 }>;
/// How many a quote is for.
pub type SentQuoted = SentNumber<1, { domain::product_request::MAX_QUOTED as i64 }>;
/// An amount of money in minor units, of which there may be none.
pub type SentMinor = SentNumber<0, { openapi::LARGEST }>;

impl<const LEAST: i64, const MOST: i64> PartialSchema for SentNumber<LEAST, MOST> {
    fn schema() -> RefOr<Schema> {
        RefOr::T(Schema::Object(openapi::integer(LEAST, MOST)))
    }
}

impl<const LEAST: i64, const MOST: i64> ToSchema for SentNumber<LEAST, MOST> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("From{LEAST}To{MOST}").into()
    }
}

/// A difference as it was sent: up to `MOST` more or fewer, and not none.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(transparent)]
pub struct SentDifference<const MOST: i64>(i64);

impl<const MOST: i64> PartialSchema for SentDifference<MOST> {
    fn schema() -> RefOr<Schema> {
        let either = OneOfBuilder::new()
            .item(openapi::integer(-MOST, -1))
            .item(openapi::integer(1, MOST));
        RefOr::T(Schema::OneOf(either.build()))
    }
}

impl<const MOST: i64> ToSchema for SentDifference<MOST> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("UpTo{MOST}MoreOrFewer").into()
    }
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

    /// None where it is not one of those that are allowed; then that is noted.
    pub fn number<const LEAST: i64, const MOST: i64>(
        &mut self,
        field: &str,
        sent: SentNumber<LEAST, MOST>,
    ) -> Option<i64> {
        let SentNumber(number) = sent;
        if (LEAST..=MOST).contains(&number) {
            return Some(number);
        }
        self.note(
            field,
            format!("has to be between {LEAST} and {MOST}, it is {number}"),
        );
        None
    }

    /// None where there is no difference, or too much of it; then that is noted.
    pub fn difference<const MOST: i64>(&mut self, field: &str, sent: SentDifference<MOST>) -> Option<i64> {
        let SentDifference(number) = sent;
        if number != 0 && (-MOST..=MOST).contains(&number) {
            return Some(number);
        }
        self.note(
            field,
            format!("has to be between 1 and {MOST}, up or down; it is {number}"),
        );
        None
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
