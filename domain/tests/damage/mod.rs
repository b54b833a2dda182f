//! Payloads that are nearly events. For the tests of who reads them: the code, and the schemas.

use domain::Event;
use serde_json::Value;

/// JSON pointers to fields of an event that a reader takes for `null` where they are missing.
pub fn optional(event: &Event) -> &'static [&'static str] {
    match event.name() {
        "ProductListed" | "DetailsChanged" => &["/picture"],
        "OrderPlaced" => &["/code"],
        "OrderShipped" => &["/tracking"],
        "CodeCreated" => &["/minimum", "/limit", "/limit_per_customer", "/expires_at"],
        "RequestSubmitted" => &["/text", "/sku", "/quantity"],
        "StockAnnounced" | "RestockNoted" => &["/product_version"],
        "RequestCommented" => &["/customer"],
        _required => &[],
    }
}

/// Every payload that differs from `payload` by one missing field, one value of another type, or one field too many in
/// a value within it. None of them is an event, but for those without an optional field, which are not among them.
pub fn damaged(event: &Event, payload: &Value) -> Vec<Value> {
    let mut damaged = vec![
        Value::Null,
        Value::Bool(true),
        Value::Array(vec![payload.clone()]),
    ];
    for pointer in pointers(payload, "") {
        let mut of_another_type = payload.clone();
        let value = at(&mut of_another_type, &pointer);
        *value = match value {
            Value::Bool(_) => Value::from(1),
            Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                Value::Bool(true)
            }
        };
        damaged.push(of_another_type);

        if let Value::Object(_) = payload.pointer(&pointer).expect("the pointer comes from here") {
            let mut with_one_more = payload.clone();
            at(&mut with_one_more, &pointer)["later"] = Value::from(1);
            damaged.push(with_one_more);
        }

        let (parent, field) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
        let mut without = payload.clone();
        let removed = match at(&mut without, parent) {
            Value::Object(fields) => fields.remove(field),
            _element_of_an_array => None,
        };
        if removed.is_some() && !optional(event).contains(&&*pointer) {
            damaged.push(without);
        }
    }
    damaged
}

fn at<'a>(value: &'a mut Value, pointer: &str) -> &'a mut Value {
    value
        .pointer_mut(pointer)
        .expect("the pointer comes from this value")
}

/// JSON pointers to all values within `value`.
fn pointers(value: &Value, here: &str) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, value)| (i.to_string(), value))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![],
    };
    children
        .into_iter()
        .flat_map(|(name, value)| {
            let pointer = format!("{here}/{name}");
            let within = pointers(value, &pointer);
            std::iter::once(pointer).chain(within)
        })
        .collect()
}
