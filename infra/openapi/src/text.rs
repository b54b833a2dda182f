//! A text as an API describes it: by the rule of the type that it is parsed as.

use std::borrow::Cow;
use std::marker::PhantomData;

use domain::text::{Parsed, Rule};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// Stands for `T` in descriptions, and is never made.
pub struct Text<T>(PhantomData<fn() -> T>);

impl<T: Parsed> PartialSchema for Text<T> {
    fn schema() -> RefOr<Schema> {
        RefOr::T(Schema::Object(described(T::rule())))
    }
}

impl<T: Parsed> ToSchema for Text<T> {
    fn name() -> Cow<'static, str> {
        T::rule().name
    }
}

/// What JSON Schema calls a text of this rule.
pub fn described(rule: Rule) -> Object {
    let one_of = (!rule.one_of.is_empty()).then(|| rule.one_of.iter().copied());
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(rule.description))
        .min_length(rule.min_length)
        .max_length(rule.max_length)
        .pattern(rule.pattern)
        .enum_values(one_of)
        .format(rule.format.map(|name| SchemaFormat::Custom(name.to_owned())))
        .examples(rule.example.map(serde_json::Value::from))
        .build()
}
