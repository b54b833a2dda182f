//! What surrounds the operations: who to ask, where it is served, the parts that it has, and how clients say who they are.

use utoipa::openapi::info::{ContactBuilder, LicenseBuilder};
use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::Components;
use utoipa::openapi::schema::{Array, Object, Schema, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::server::ServerBuilder;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{OpenApi, RefOr};

/// Who answers for the APIs: a placeholder until a shop of its own says otherwise.
pub const CONTACT: &str = "api@cartwright.example";

/// One API's own part.
pub struct Api {
    /// Each part's name, and what it is for, in the order in which they are read.
    pub tags: &'static [(&'static str, &'static str)],
}

/// Adds to a description what does not come from its routes.
pub fn complete(document: &mut OpenApi, api: &Api) {
    let contact = ContactBuilder::new()
        .name(Some("Cartwright"))
        .email(Some(CONTACT))
        .build();
    document.info.contact = Some(contact);
    let license = LicenseBuilder::new()
        .name("Apache-2.0")
        .identifier(Some("Apache-2.0"))
        .build();
    document.info.license = Some(license);
    let server = ServerBuilder::new()
        .url("/")
        .description(Some("The shop's own origin: pages and both APIs."))
        .build();
    document.servers = Some(vec![server]);
    let tags = api
        .tags
        .iter()
        .map(|(name, meaning)| TagBuilder::new().name(*name).description(Some(*meaning)).build());
    document.tags = Some(tags.collect());
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.patch,
        ];
        let parameters = operations
            .into_iter()
            .flatten()
            .flat_map(|operation| &mut operation.parameters);
        for parameter in parameters.flatten() {
            if let RefOr::T(Parameter {
                schema: Some(schema), ..
            }) = parameter
            {
                never_null(schema);
            }
        }
    }
    let components = document.components.get_or_insert_with(Components::default);
    for (name, scheme) in schemes() {
        components.add_security_scheme(name, scheme);
    }
}

/// What may be left out of a query or of the headers is `Option` in the code; null cannot be written there.
fn never_null(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::OneOf(either)) => {
            either.items.retain(|item| !is_null(item));
            if let [only] = either.items.as_slice() {
                *schema = only.clone();
            }
        }
        RefOr::T(Schema::Object(Object { schema_type, .. }) | Schema::Array(Array { schema_type, .. })) => {
            if let SchemaType::Array(types) = schema_type {
                types.retain(|kind| *kind != Type::Null);
                if let [only] = types.as_slice() {
                    *schema_type = SchemaType::Type(only.clone());
                }
            }
        }
        RefOr::T(_) | RefOr::Ref(_) => {}
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null))
}

fn schemes() -> [(&'static str, SecurityScheme); 6] {
    let session = ApiKeyValue::with_description(
        "__Host-session",
        "The cookie of a session, of a guest as well as of an account. POST /api/commands/session begins one. It opens what the roles of its \
         account open, if it began with a second factor (docs/roles.md). Over plain HTTP, in development, it is called `session`.",
    );
    let order_key = ApiKeyValue::with_description(
        "Order-Key",
        "What is behind `#key=` in an order's link. It opens that order, and nothing else.",
    );
    let bearer = |meaning: &str| {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(meaning))
            .build();
        SecurityScheme::Http(scheme)
    };
    [
        ("session", SecurityScheme::ApiKey(ApiKey::Cookie(session))),
        ("order_key", SecurityScheme::ApiKey(ApiKey::Header(order_key))),
        (
            "api_key",
            bearer("A key of an account, for the role `shopper`, which is made on the account's page."),
        ),
        (
            "staff",
            bearer("The shop's own token, for scripts; or a key of an account, for the role `staff`."),
        ),
        (
            "analyst",
            bearer("A key of an account, for the role `analyst`. The shop's own token is none."),
        ),
        (
            "ops",
            bearer("The shop's own token, for scripts; or a key of an account, for the role `ops`."),
        ),
    ]
}
