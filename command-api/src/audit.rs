//! What staff did: who, what, and what was before and after it, from nothing but the log.
//!
//! Called by [`crate::routes::audit`]. The states are folded when somebody asks, so nothing is kept that could differ from the events.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cqrs_es::Aggregate;
use domain::cart::Cart;
use domain::cart_owner::CartOwner;
use domain::discount_code::{CodeCustomer, DiscountCode};
use domain::order::Order;
use domain::payment::Payment;
use domain::product::Product;
use domain::product_request::{ProductRequest, RequestMember};
use domain::stock::StockItem;
use domain::{AggregateType, Event, RecordedEvent, StreamId, UnreadableEvent};
use event_store::Reader;
use event_store::audit::Filter;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Later events of a stream are told without what was before them: folding it would take too long for a page.
const LONGEST_FOLD: i64 = 20_000;

#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error(transparent)]
    Database(#[from] event_store::DatabaseError),
    #[error(transparent)]
    Unreadable(#[from] UnreadableEvent),
    #[error("a state cannot be written as JSON: {0}")]
    State(#[from] serde_json::Error),
}

/// Something that one of staff did.
pub struct Entry {
    pub event: RecordedEvent,
    /// None where the stream is too long to be folded.
    pub changes: Option<Vec<Change>>,
}

/// One field of the aggregate's state that is another one after the event.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AuditChange)]
pub struct Change {
    #[schema(example = "price.minor")]
    pub field: String,
    /// Any JSON; null where there was nothing.
    pub before: Value,
    /// Any JSON; null where there is nothing any more.
    pub after: Value,
}

/// Up to `limit` entries before a position, the newest first.
pub async fn read(
    reader: &Reader,
    filter: &Filter,
    before_position: i64,
    limit: i64,
) -> Result<Vec<Entry>, AuditError> {
    let events = reader.read_by_staff(filter, before_position, limit).await?;
    let mut wanted: HashMap<StreamId, BTreeSet<i64>> = HashMap::new();
    for event in events.iter().filter(|event| event.sequence <= LONGEST_FOLD) {
        wanted.entry(event.stream()).or_default().insert(event.sequence);
    }
    let mut changes = HashMap::new();
    for (stream, sequences) in &wanted {
        let last = sequences.last().copied().unwrap_or_default();
        let history = reader
            .read_stream_up_to(stream.aggregate_type, &stream.aggregate_id, last)
            .await?;
        for (sequence, found) in changes_in(stream.aggregate_type, &history, sequences)? {
            changes.insert((stream.clone(), sequence), found);
        }
    }
    let entries = events.into_iter().map(|event| Entry {
        changes: changes.remove(&(event.stream(), event.sequence)),
        event,
    });
    Ok(entries.collect())
}

type Changes = BTreeMap<i64, Vec<Change>>;

fn changes_in(
    kind: AggregateType,
    history: &[RecordedEvent],
    wanted: &BTreeSet<i64>,
) -> Result<Changes, AuditError> {
    match kind {
        AggregateType::Cart => fold::<Cart>(history, wanted),
        AggregateType::CartOwner => fold::<CartOwner>(history, wanted),
        AggregateType::Product => fold::<Product>(history, wanted),
        AggregateType::StockItem => fold::<StockItem>(history, wanted),
        AggregateType::Order => fold::<Order>(history, wanted),
        AggregateType::Payment => fold::<Payment>(history, wanted),
        AggregateType::DiscountCode => fold::<DiscountCode>(history, wanted),
        AggregateType::CodeCustomer => fold::<CodeCustomer>(history, wanted),
        AggregateType::ProductRequest => fold::<ProductRequest>(history, wanted),
        AggregateType::RequestMember => fold::<RequestMember>(history, wanted),
    }
}

fn fold<A>(history: &[RecordedEvent], wanted: &BTreeSet<i64>) -> Result<Changes, AuditError>
where
    A: Aggregate<Event: TryFrom<Event>> + Serialize,
{
    let (mut state, mut changes) = (A::default(), Changes::new());
    for recorded in history {
        let is_wanted = wanted.contains(&recorded.sequence);
        let before = is_wanted.then(|| plain(&state)).transpose()?;
        // The type parameter says which events its stream holds.
        if let Ok(event) = A::Event::try_from(recorded.event()?) {
            state.apply(event);
        }
        if let Some(before) = before {
            changes.insert(recorded.sequence, differences(&before, &plain(&state)?));
        }
    }
    Ok(changes)
}

/// A state by its fields alone: what kind of state it is follows from them.
fn plain(state: &impl Serialize) -> Result<Value, serde_json::Error> {
    Ok(match serde_json::to_value(state)? {
        Value::Object(variant) if variant.len() == 1 => variant.into_values().next().unwrap_or_default(),
        // One without fields.
        Value::String(_) => Value::Null,
        other => other,
    })
}

/// The fields that differ, by their path. Lists are compared whole.
fn differences(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = vec![];
    compare("", before, after, &mut found);
    found
}

fn compare(path: &str, before: &Value, after: &Value, found: &mut Vec<Change>) {
    if before == after {
        return;
    }
    let (Some(was), Some(is)) = (fields(before), fields(after)) else {
        found.push(Change {
            field: path.to_owned(),
            before: before.clone(),
            after: after.clone(),
        });
        return;
    };
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).copied().collect();
    for name in names {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        let value =
            |fields: &BTreeMap<&String, &Value>| fields.get(name).copied().cloned().unwrap_or_default();
        compare(&path, &value(&was), &value(&is), found);
    }
}

/// Of an object; nothing is an object without any.
fn fields(value: &Value) -> Option<BTreeMap<&String, &Value>> {
    match value {
        Value::Null => Some(BTreeMap::new()),
        Value::Object(fields) => Some(fields.iter().collect()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_named_by_its_path_and_nothing_else_is() {
        let before = json!({ "name": "Mug", "price": { "minor": 1200, "currency": "EUR" }, "tags": ["a"] });
        let after = json!({ "name": "Mug", "price": { "minor": 1450, "currency": "EUR" }, "tags": ["a", "b"], "new": 1 });
        let change = |field: &str, before: Value, after: Value| Change {
            field: field.to_owned(),
            before,
            after,
        };
        assert_eq!(
            differences(&before, &after),
            [
                change("new", Value::Null, json!(1)),
                change("price.minor", json!(1200), json!(1450)),
                change("tags", json!(["a"]), json!(["a", "b"])),
            ]
        );
        assert_eq!(differences(&before, &before), []);
    }
}
