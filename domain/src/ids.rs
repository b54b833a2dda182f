//! Names of things: which aggregate, which stream, which product.
//!
//! Parsed at the door, trusted inside. An id is never a secret.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// The kinds of aggregate, by the names that the log and Kafka use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AggregateType {
    Cart,
    CartOwner,
    Product,
    StockItem,
}

impl AggregateType {
    pub const ALL: [Self; 4] = [Self::Cart, Self::CartOwner, Self::Product, Self::StockItem];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cart => "cart",
            Self::CartOwner => "cart-owner",
            Self::Product => "product",
            Self::StockItem => "stock-item",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The Kafka topic without its prefix. Who owns which cart travels with the carts.
    pub const fn topic(self) -> &'static str {
        match self {
            Self::Cart | Self::CartOwner => "cart",
            Self::Product => "product",
            Self::StockItem => "stock",
        }
    }
}

impl fmt::Display for AggregateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A stream of events: one aggregate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StreamId {
    pub aggregate_type: AggregateType,
    pub aggregate_id: Arc<str>,
}

impl StreamId {
    pub fn new(aggregate_type: AggregateType, aggregate_id: impl Into<Arc<str>>) -> Self {
        Self {
            aggregate_type,
            aggregate_id: aggregate_id.into(),
        }
    }

    pub fn product(sku: &Sku) -> Self {
        Self::new(AggregateType::Product, sku.shared())
    }

    pub fn stock_item(sku: &Sku) -> Self {
        Self::new(AggregateType::StockItem, sku.shared())
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.aggregate_type, self.aggregate_id)
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $kind:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            pub const fn uuid(self) -> Uuid {
                self.0
            }

            pub fn stream(self) -> StreamId {
                let mut text = Uuid::encode_buffer();
                StreamId::new(AggregateType::$kind, &*self.0.as_hyphenated().encode_lower(&mut text))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id!(
    /// A cart; UUIDv7, given out by the command API.
    CartId,
    Cart
);
uuid_id!(
    /// Whose cart it is: a guest or an account.
    OwnerId,
    CartOwner
);

/// What may stand in a SKU, in words for people.
pub const SKU_RULE: &str = "1 to 64 characters A-Z, 0-9 and '-', neither beginning nor ending with '-'";

/// A stock keeping unit: names a product and its stock.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sku(Arc<str>);

impl Sku {
    pub const MAX_LENGTH: usize = 64;

    /// # Errors
    /// [`SKU_RULE`] when `text` does not follow it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let allowed = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'-';
        let fits = !text.is_empty() && text.len() <= Self::MAX_LENGTH && text.bytes().all(allowed);
        if fits && !text.starts_with('-') && !text.ends_with('-') {
            Ok(Self(text.into()))
        } else {
            Err(SKU_RULE)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Sku {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Sku {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sku_is_upper_case_words_joined_by_hyphens() {
        for good in ["A", "KIT-MUG-STONE", "9", "A--B"] {
            assert_eq!(Sku::parse(good).map(|sku| sku.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "-A", "A-", "a", "A B", "Ä", &"A".repeat(65)] {
            assert_eq!(Sku::parse(bad), Err(SKU_RULE), "{bad:?}");
        }
    }

    #[test]
    fn every_aggregate_type_is_found_by_its_name() {
        for kind in AggregateType::ALL {
            assert_eq!(AggregateType::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(AggregateType::parse("Cart"), None);
    }
}
