//! What somebody asks of the audit: a page, and of whom, of what and of when.

use event_store::audit::{Filter, Subject};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use utoipa::openapi::schema::{KnownFormat, Schema, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::error::Problem;
use crate::fields::Fields;
use crate::request::named;

const MOST: i64 = 100;
const USUAL: i64 = 50;
/// As long as a SKU may be, which is the longest of the names.
const LONGEST_NAME: usize = 64;
/// With its hyphens: other spellings of an id are none here.
const LENGTH_OF_AN_ID: usize = 36;
/// Digits of an order's number.
const NUMBER: usize = 8;

pub struct Asked {
    pub before: i64,
    pub limit: i64,
    pub filter: Filter,
}

/// A moment of RFC 3339, as the description of the API has it.
pub struct Moment;

impl PartialSchema for Moment {
    fn schema() -> RefOr<Schema> {
        let moment = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        RefOr::T(Schema::Object(moment.build()))
    }
}

impl ToSchema for Moment {}

/// Who did something, as the description of the API has it.
pub struct Actor;

impl PartialSchema for Actor {
    fn schema() -> RefOr<Schema> {
        let actor = ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(LENGTH_OF_AN_ID))
            .pattern(Some(
                "^(token|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$",
            ));
        RefOr::T(Schema::Object(actor.build()))
    }
}

impl ToSchema for Actor {}

/// What something was done to, as the description of the API has it.
pub struct Name;

impl PartialSchema for Name {
    fn schema() -> RefOr<Schema> {
        let name = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(LONGEST_NAME))
            .pattern(Some("^[A-Za-z0-9-]+$"));
        RefOr::T(Schema::Object(name.build()))
    }
}

impl ToSchema for Name {}

/// Read strictly: a misspelt parameter must not bring another page.
///
/// # Errors
/// Every parameter that is not as it has to be.
pub fn asked(query: &str) -> Result<Asked, Problem> {
    let (mut before, mut limit) = (i64::MAX, USUAL);
    let mut filter = Filter::default();
    let mut fields = Fields::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "before" => match openapi::whole(&value) {
                Some(position) => before = position,
                None => fields.note("before", "has to be `next` of the page before"),
            },
            "limit" => match openapi::whole(&value).filter(|number| (1..=MOST).contains(number)) {
                Some(number) => limit = number,
                None => fields.note("limit", format!("has to be from 1 to {MOST}")),
            },
            "by" => match actor(&value) {
                Some(actor) => filter.actor = Some(actor),
                None => fields.note("by", "has to be the id of an account, or `token`"),
            },
            "subject" => match subject(&value) {
                Some(subject) => filter.subject = Some(subject),
                None => fields.note("subject", "has to be an order, a request, a SKU or a code"),
            },
            "from" => filter.from = moment("from", &value, &mut fields),
            "to" => filter.until = moment("to", &value, &mut fields),
            _ => fields.note(
                &named(&name),
                "is not a parameter here; there are before, limit, by, subject, from and to",
            ),
        }
    }
    if let (Some(from), Some(until)) = (filter.from, filter.until)
        && from >= until
    {
        fields.note("to", "has to be after `from`");
    }
    fields.done()?;
    Ok(Asked {
        before,
        limit,
        filter,
    })
}

/// As events name who caused them.
fn actor(text: &str) -> Option<String> {
    if text == "token" {
        return Some("staff".to_owned());
    }
    id(text).map(|account| format!("staff:{account}"))
}

/// An id with its hyphens, in lower case.
fn id(text: &str) -> Option<String> {
    let id = Uuid::parse_str(text)
        .ok()
        .filter(|_| text.len() == LENGTH_OF_AN_ID)?;
    Some(id.as_hyphenated().to_string())
}

/// A text may be several things: `CAFE-1234` is an order's number, and could be a SKU.
fn subject(text: &str) -> Option<Subject> {
    if let Some(id) = id(text) {
        return Some(Subject {
            ids: vec![id],
            number: None,
        });
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if text.is_empty() || text.len() > LONGEST_NAME || !text.chars().all(is_name) {
        return None;
    }
    Some(Subject {
        ids: vec![text.to_ascii_uppercase()],
        number: number(text),
    })
}

/// `EF89-AB1A`, as orders are called: the end of an id.
fn number(text: &str) -> Option<String> {
    let digits = match text.split_once('-') {
        Some((first, second)) if first.len() == NUMBER / 2 => format!("{first}{second}"),
        Some(_) => return None,
        None => text.to_owned(),
    };
    let is_number = digits.len() == NUMBER && digits.chars().all(|digit| digit.is_ascii_hexdigit());
    is_number.then(|| digits.to_ascii_lowercase())
}

fn moment(name: &str, text: &str, fields: &mut Fields) -> Option<OffsetDateTime> {
    // Years before 0 and after 9999, which an offset can lead to, nobody can store.
    let parsed = OffsetDateTime::parse(text, &Rfc3339).ok().filter(|moment| {
        moment
            .checked_to_offset(UtcOffset::UTC)
            .is_some_and(|utc| utc.year() >= 0)
    });
    if parsed.is_none() {
        fields.note(name, "has to be a moment such as 2026-11-30T08:00:00Z");
    }
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<(Vec<String>, Option<String>)> {
        subject(text).map(|Subject { ids, number }| (ids, number))
    }

    #[test]
    fn a_subject_is_an_id_a_number_or_a_name() {
        let id = "01980000-0000-7000-8000-0000ef89ab1a";
        assert_eq!(of(&id.to_uppercase()), Some((vec![id.to_owned()], None)));
        let number = Some("ef89ab1a".to_owned());
        assert_eq!(
            of("EF89-AB1A"),
            Some((vec!["EF89-AB1A".to_owned()], number.clone()))
        );
        assert_eq!(of("ef89ab1a"), Some((vec!["EF89AB1A".to_owned()], number)));
        assert_eq!(of("kit-mug"), Some((vec!["KIT-MUG".to_owned()], None)));
        // Of eight digits, and cut elsewhere.
        assert_eq!(of("EF8-9AB1A"), Some((vec!["EF8-9AB1A".to_owned()], None)));
        let braced = format!("{{{id}}}");
        for wrong in ["", "  ", "a b", " a", "ä", "%", &"A".repeat(65), &braced] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_moment_that_cannot_be_is_named() {
        for (query, named) in [
            ("from=2026-02-30T00:00:00Z", "from"),
            ("to=12026-01-01T00:00:00Z", "to"),
            ("from=yesterday", "from"),
            // In UTC, of the years -1 and 10000.
            ("from=0000-01-01T00:00:00%2B01:00", "from"),
            ("to=9999-12-31T23:00:00-23:00", "to"),
            ("by=01980000000070008000000000000001", "by"),
            ("from=2026-02-02T00:00:00Z&to=2026-02-01T00:00:00Z", "to"),
            ("from=2026-02-02T00:00:00Z&to=2026-02-02T00:00:00Z", "to"),
            ("by=somebody", "by"),
            ("until=2026-02-02T00:00:00Z", "until"),
        ] {
            let problem = asked(query).err().expect(query);
            let fields: Vec<&str> = problem.violations.iter().map(|one| one.field.as_str()).collect();
            assert_eq!(fields, [named], "{query}");
        }
    }
}
