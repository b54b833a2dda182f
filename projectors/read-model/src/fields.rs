//! A document as the fields of its Redis hash, and back.

use serde_json::from_slice;
use time::OffsetDateTime;

use crate::document::{Document, DocumentId};
use crate::json::json;
use crate::keys::{Generation, Keys};
use crate::order::{self, Order, OrderDocument};
use crate::product::{Product, Versions};
use crate::request::{People, Request};
use crate::view::{Kind, View};

/// Values as Redis gives them for [`names`]; none where the field or the whole hash is absent.
pub type Values = Vec<Option<Vec<u8>>>;

/// What was read: the document, and the fence that the next write has to name.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub document: Document,
    pub fence: String,
}

pub fn key(keys: &Keys, generation: Generation, id: &DocumentId) -> String {
    match id {
        DocumentId::Cart(cart) => keys.cart(generation, cart),
        DocumentId::CurrentCart(owner) => keys.current_cart(generation, owner),
        DocumentId::Product(sku) => keys.product(generation, sku),
        DocumentId::Order(order) => keys.order(generation, order),
        DocumentId::Request(request) => keys.request(generation, request),
    }
}

/// The fields that are read and written, in the order of [`encode`], the fence first.
pub const fn names(id: &DocumentId) -> &'static [&'static str] {
    match id {
        DocumentId::Cart(_) => &["version", "body", "owner"],
        DocumentId::CurrentCart(_) => &["version", "cart", "named_at"],
        DocumentId::Product(_) => &["versions", "body", "stock"],
        DocumentId::Order(_) => &["versions", "body", "summary", "customer", "kept"],
        DocumentId::Request(_) => &["versions", "body", "summary", "customer", "told", "kept"],
    }
}

/// The document that a key of the generation holds; none for records, sums and whatever else is there.
pub fn document_of(keys: &Keys, view: View, generation: Generation, key: &str) -> Option<DocumentId> {
    let named = |stem: String| {
        key.strip_prefix(stem.trim_end_matches('}'))
            .map(|rest| rest.trim_end_matches('}'))
    };
    match view {
        View::Carts => named(keys.cart(generation, ""))
            .and_then(|id| DocumentId::parse(Kind::Cart, id))
            .or_else(|| DocumentId::parse(Kind::CurrentCart, named(keys.current_cart(generation, ""))?)),
        View::Products => DocumentId::parse(Kind::Product, key.strip_prefix(&keys.product(generation, ""))?),
        View::Orders => DocumentId::parse(Kind::Order, named(keys.order(generation, ""))?),
        View::Requests => DocumentId::parse(Kind::Request, key.strip_prefix(&keys.request(generation, ""))?),
    }
}

/// The fields to write.
pub fn encode(document: &Document) -> Vec<(&'static str, Vec<u8>)> {
    let body = document.body().unwrap_or_default();
    let fence = document.fence().into_bytes();
    match document {
        Document::Cart { cart, .. } => {
            let owner = cart
                .as_ref()
                .map(|cart| cart.owner.to_string())
                .unwrap_or_default();
            vec![("version", fence), ("body", body), ("owner", owner.into_bytes())]
        }
        Document::CurrentCart { cart, named_at, .. } => {
            let cart = cart.map(|cart| cart.to_string()).unwrap_or_default();
            let named_at = named_at.map(|at| at.unix_timestamp().to_string());
            vec![
                ("version", fence),
                ("cart", cart.into_bytes()),
                ("named_at", named_at.unwrap_or_default().into_bytes()),
            ]
        }
        Document::Product(product) => {
            let stock = json(&product.stock);
            vec![("versions", fence), ("body", body), ("stock", stock)]
        }
        Document::Order(order) => {
            let document = order.document.as_ref();
            let summary = document.map(|order| json(&order.summary())).unwrap_or_default();
            let customer = document
                .map(|order| order.customer.to_string())
                .unwrap_or_default();
            vec![
                ("versions", fence),
                ("body", body),
                ("summary", summary),
                ("customer", customer.into_bytes()),
                ("kept", json(&order.kept)),
            ]
        }
        Document::Request(request) => {
            let document = request.document.as_ref();
            let summary = document.map(|request| json(&request.summary)).unwrap_or_default();
            let customer = request.people.customer.map(|customer| customer.to_string());
            vec![
                ("versions", fence),
                ("body", body),
                ("summary", summary),
                ("customer", customer.unwrap_or_default().into_bytes()),
                ("told", request.told.to_string().into_bytes()),
                ("kept", json(&request.kept)),
            ]
        }
    }
}

/// What the fields mean. A document that cannot be read, say because an older release wrote it, counts as empty: the
/// fold then finds all its events missing, takes them from PostgreSQL and replaces it.
pub fn decode(id: &DocumentId, values: &Values) -> Loaded {
    let fence = values.first().and_then(Option::as_deref).unwrap_or_default();
    let fence = String::from_utf8_lossy(fence).into_owned();
    if fence.is_empty() {
        return Loaded {
            document: id.empty(),
            fence,
        };
    }
    let document = read(id, &fence, values).unwrap_or_else(|| {
        tracing::warn!(document = ?id, "a stored document cannot be read; it is folded again from all its events");
        id.empty()
    });
    Loaded { document, fence }
}

fn read(id: &DocumentId, fence: &str, values: &Values) -> Option<Document> {
    let value = |at: usize| values.get(at).and_then(Option::as_deref);
    match id {
        DocumentId::Cart(_) => {
            let sequence = fence.parse().ok()?;
            Some(Document::Cart {
                sequence,
                cart: Some(from_slice(value(1)?).ok()?),
            })
        }
        DocumentId::CurrentCart(_) => {
            let sequence = fence.parse().ok()?;
            let cart = uuid::Uuid::try_parse_ascii(value(1)?).ok()?;
            let named_at = std::str::from_utf8(value(2)?).ok()?.parse().ok()?;
            Some(Document::CurrentCart {
                sequence,
                cart: Some(domain::CartId::new(cart)),
                named_at: OffsetDateTime::from_unix_timestamp(named_at).ok(),
            })
        }
        DocumentId::Product(_) => {
            let versions: Versions = serde_json::from_str(fence).ok()?;
            let body = value(1)?;
            let document = if body.is_empty() {
                None
            } else {
                Some(from_slice(body).ok()?)
            };
            let stock = from_slice(value(2)?).ok()?;
            Some(Document::Product(Box::new(Product {
                versions,
                stock,
                document,
            })))
        }
        DocumentId::Order(_) => {
            let versions: order::Versions = serde_json::from_str(fence).ok()?;
            let body = value(1)?;
            let document: Option<OrderDocument> = if body.is_empty() {
                None
            } else {
                Some(from_slice(body).ok()?)
            };
            let kept = from_slice(value(4)?).ok()?;
            Some(Document::Order(Box::new(Order {
                versions,
                kept,
                document,
            })))
        }
        DocumentId::Request(_) => {
            let body = value(1)?;
            let document = if body.is_empty() {
                None
            } else {
                Some(from_slice(body).ok()?)
            };
            Some(Document::Request(Box::new(Request {
                version: fence.parse().ok()?,
                people: People::continued(read_owner(value(3)?)?),
                told: std::str::from_utf8(value(4)?).ok()?.parse().ok()?,
                kept: from_slice(value(5)?).ok()?,
                document,
            })))
        }
    }
}

/// Who is named; `Some(None)` where nobody is.
#[expect(
    clippy::option_option,
    reason = "nobody is an answer, and what cannot be read is none"
)]
fn read_owner(value: &[u8]) -> Option<Option<domain::OwnerId>> {
    if value.is_empty() {
        return Some(None);
    }
    let owner = uuid::Uuid::try_parse_ascii(value).ok()?;
    Some(Some(domain::OwnerId::new(owner)))
}
