//! The API's description, walked: every operation with a body that is as it has to be, and every field and parameter that is a text.

use serde_json::{Value, json};

/// A route, and what can be sent to it.
pub struct Operation {
    pub method: String,
    pub path: String,
    /// Of the body. Where a field is one of several shapes, a body for each.
    pub bodies: Vec<Value>,
    pub fields: Vec<Field>,
    pub parameters: Vec<Parameter>,
}

/// A text somewhere in a body.
pub struct Field {
    /// The body among [`Operation::bodies`] in which it is.
    pub body: usize,
    /// As a JSON pointer.
    pub pointer: String,
    /// As problems name it.
    pub name: String,
    pub schema: Value,
}

pub struct Parameter {
    pub name: String,
    /// `path`, `query` or `header`.
    pub place: String,
}

impl Field {
    /// Compared and never stored, so that everything may be tried.
    pub fn is_secret(&self) -> bool {
        self.schema["format"] == "password"
    }

    /// Whether the description says what it may be.
    pub fn is_bounded(&self) -> bool {
        ["maxLength", "enum", "pattern"]
            .iter()
            .any(|rule| !self.schema[rule].is_null())
            || ["uuid", "date-time"]
                .iter()
                .any(|format| self.schema["format"] == *format)
    }
}

pub fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = vec![];
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let is_json = !schema.is_null() && resolved(document, schema)["type"] != "string";
            let bodies = if is_json {
                examples(document, schema)
            } else {
                vec![]
            };
            let mut fields: Vec<Field> = vec![];
            for (body, nth) in bodies.iter().zip(0..) {
                for field in texts(document, schema, body, nth) {
                    if fields.iter().all(|known| known.pointer != field.pointer) {
                        fields.push(field);
                    }
                }
            }
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                bodies,
                fields,
                parameters: parameters(operation),
            });
        }
    }
    operations
}

fn parameters(operation: &Value) -> Vec<Parameter> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    parameters
        .map(|parameter| Parameter {
            name: text(&parameter["name"]),
            place: text(&parameter["in"]),
        })
        .collect()
}

/// Through references and what may be null.
fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        let target = document.pointer(pointer);
        return resolved(
            document,
            target.unwrap_or_else(|| panic!("{reference} leads nowhere")),
        );
    }
    match shapes(schema).as_slice() {
        [one] => resolved(document, one),
        _ => schema,
    }
}

/// What it may be beside null.
fn shapes(schema: &Value) -> Vec<&Value> {
    let shapes = schema["oneOf"].as_array().into_iter().flatten();
    shapes.filter(|shape| shape["type"] != "null").collect()
}

/// Values that fit: one for each shape that something in them may have.
fn examples(document: &Value, schema: &Value) -> Vec<Value> {
    let schema = resolved(document, schema);
    let shapes = shapes(schema);
    if !shapes.is_empty() {
        return shapes
            .iter()
            .flat_map(|shape| examples(document, shape))
            .collect();
    }
    if let Some(all) = schema["allOf"].as_array() {
        return vec![merged(
            all.iter().map(|part| examples(document, part).swap_remove(0)),
        )];
    }
    match type_of(schema) {
        "object" => objects(document, schema),
        "array" => examples(document, &schema["items"])
            .into_iter()
            .map(|item| json!([item]))
            .collect(),
        "string" => vec![string(schema)],
        "integer" | "number" => vec![
            [&schema["examples"][0], &schema["example"], &schema["minimum"]]
                .into_iter()
                .find(|value| value.is_number())
                .cloned()
                .unwrap_or(json!(1)),
        ],
        "boolean" => vec![json!(true)],
        other => panic!("a {other:?} is not known here: {schema}"),
    }
}

/// The name of a type that may be null, too.
fn type_of(schema: &Value) -> &str {
    let names = match &schema["type"] {
        Value::Array(names) => names.iter().find(|name| *name != "null"),
        name => Some(name),
    };
    names.and_then(Value::as_str).unwrap_or_default()
}

fn objects(document: &Value, schema: &Value) -> Vec<Value> {
    let properties = schema["properties"].as_object();
    let options: Vec<(&String, Vec<Value>)> = properties
        .into_iter()
        .flatten()
        .map(|(name, property)| (name, examples(document, property)))
        .collect();
    let first: Value = options
        .iter()
        .map(|(name, values)| ((*name).clone(), values[0].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let others = options.iter().flat_map(|(name, values)| {
        let first = &first;
        values[1..].iter().map(move |value| {
            let mut other = first.clone();
            other[name.as_str()] = value.clone();
            other
        })
    });
    let others: Vec<Value> = others.collect();
    std::iter::once(first).chain(others).collect()
}

fn string(schema: &Value) -> Value {
    let given = [&schema["examples"][0], &schema["example"], &schema["enum"][0]];
    if let Some(given) = given.into_iter().find(|value| value.is_string()) {
        return given.clone();
    }
    match schema["format"].as_str() {
        Some("uuid") => json!("0192f0e1-2d44-7c01-9a35-4b6f8e2d1c70"),
        Some("date-time") => json!("2035-01-01T00:00:00Z"),
        Some("password") => json!("not this one, sorry"),
        _ => json!("Example"),
    }
}

fn merged(parts: impl Iterator<Item = Value>) -> Value {
    let mut all = serde_json::Map::new();
    for part in parts {
        all.extend(part.as_object().cloned().unwrap_or_default());
    }
    all.into()
}

/// Every text in a value, with what the description says of it.
fn texts(document: &Value, schema: &Value, value: &Value, body: usize) -> Vec<Field> {
    let mut found = vec![];
    walk(
        document,
        schema,
        value,
        (String::new(), String::new()),
        &mut |pointer, name, schema| {
            found.push(Field {
                body,
                pointer,
                name,
                schema: schema.clone(),
            });
        },
    );
    found
}

fn walk(
    document: &Value,
    schema: &Value,
    value: &Value,
    (pointer, name): (String, String),
    found: &mut impl FnMut(String, String, &Value),
) {
    let schema = resolved(document, schema);
    let shapes = shapes(schema);
    let fitting = shapes
        .into_iter()
        .find(|shape| keys(document, shape) == value_keys(value));
    let schema = fitting.map_or(schema, |shape| resolved(document, shape));
    match value {
        Value::String(_) => found(pointer, name, schema),
        Value::Array(items) => {
            for (item, nth) in items.iter().zip(0..) {
                let place = (format!("{pointer}/{nth}"), format!("{name}[{nth}]"));
                walk(document, &schema["items"], item, place, found);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                let dotted = if name.is_empty() {
                    key.clone()
                } else {
                    format!("{name}.{key}")
                };
                let place = (format!("{pointer}/{key}"), dotted);
                walk(document, &schema["properties"][key], field, place, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn keys(document: &Value, schema: &Value) -> Vec<String> {
    let properties = resolved(document, schema)["properties"].as_object();
    properties
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default()
}

fn value_keys(value: &Value) -> Vec<String> {
    let fields = value.as_object();
    fields
        .map(|fields| fields.keys().cloned().collect())
        .unwrap_or_default()
}
