//! Integers as an API describes them: always with both ends.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// The largest integer that every reader of JSON reads as the same number (RFC 8259 §6).
pub const LARGEST: i64 = (1 << 53) - 1;

/// A schema of the integers from `least` to `most`.
pub fn integer(least: i64, most: i64) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(least))
        .maximum(Some(most))
        .build()
}

/// Stands for [`whole`] numbers in descriptions, and is never made.
pub struct Whole;

impl PartialSchema for Whole {
    fn schema() -> RefOr<Schema> {
        RefOr::T(Schema::Object(integer(0, LARGEST)))
    }
}

impl ToSchema for Whole {}

/// An integer from 0 to [`LARGEST`] as query strings have it: digits, and nothing else.
pub fn whole(text: &str) -> Option<i64> {
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_digits)?;
    (0..=LARGEST).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_is_digits_up_to_the_largest() {
        assert_eq!(whole("0"), Some(0));
        assert_eq!(whole("9007199254740991"), Some(LARGEST));
        for wrong in [
            "",
            "-1",
            "+1",
            " 1",
            "1.0",
            "1e3",
            "9007199254740992",
            "99999999999999999999",
        ] {
            assert_eq!(whole(wrong), None, "{wrong}");
        }
    }
}
