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
    Order,
    Payment,
    DiscountCode,
    /// What one customer used a code for that many use: `{code}:{customer}`.
    CodeCustomer,
    ProductRequest,
    /// What one person has to do with a request that has many: `{request}:{customer}`.
    RequestMember,
}

impl AggregateType {
    pub const ALL: [Self; 10] = [
        Self::Cart,
        Self::CartOwner,
        Self::Product,
        Self::StockItem,
        Self::Order,
        Self::Payment,
        Self::DiscountCode,
        Self::CodeCustomer,
        Self::ProductRequest,
        Self::RequestMember,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cart => "cart",
            Self::CartOwner => "cart-owner",
            Self::Product => "product",
            Self::StockItem => "stock-item",
            Self::Order => "order",
            Self::Payment => "payment",
            Self::DiscountCode => "discount-code",
            Self::CodeCustomer => "code-customer",
            Self::ProductRequest => "product-request",
            Self::RequestMember => "request-member",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The Kafka topic without its prefix. Who owns which cart travels with the carts, and so do
    /// people with what they take part in.
    pub const fn topic(self) -> &'static str {
        match self {
            Self::Cart | Self::CartOwner => "cart",
            Self::Product => "product",
            Self::StockItem => "stock",
            Self::Order => "order",
            Self::Payment => "payment",
            Self::DiscountCode | Self::CodeCustomer => "discount-code",
            Self::ProductRequest | Self::RequestMember => "product-request",
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

    pub fn request_member(request: RequestId, customer: OwnerId) -> Self {
        Self::new(AggregateType::RequestMember, format!("{request}:{customer}"))
    }

    pub fn code_customer(code: &Code, customer: OwnerId) -> Self {
        Self::new(AggregateType::CodeCustomer, format!("{code}:{customer}"))
    }

    /// What a code was used for by whoever has an e-mail address.
    pub fn code_address(code: &Code, address: AddressHash) -> Self {
        Self::new(AggregateType::CodeCustomer, format!("{code}:{address}"))
    }

    pub fn discount_code(code: &Code) -> Self {
        Self::new(AggregateType::DiscountCode, Arc::clone(&code.0))
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.aggregate_type, self.aggregate_id)
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $kind:ident) => {
        uuid_id!($(#[$doc])* $name);

        impl $name {
            pub fn stream(self) -> StreamId {
                let mut text = Uuid::encode_buffer();
                StreamId::new(AggregateType::$kind, &*self.0.as_hyphenated().encode_lower(&mut text))
            }
        }
    };
    ($(#[$doc:meta])* $name:ident) => {
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

uuid_id!(
    /// An order; UUIDv7, given out by the command API.
    OrderId,
    Order
);
uuid_id!(
    /// The payment of an order. It has the order's UUID, so that either is found from the other without looking.
    PaymentId,
    Payment
);
uuid_id!(
    /// One try to pay, with one payment method.
    AttemptId
);
uuid_id!(
    /// Money on its way back, all of a payment or a part.
    RefundId
);
uuid_id!(
    /// One parcel of an order.
    ShipmentId
);
uuid_id!(
    /// A row of personal data (name, e-mail, address), which never enter an event themselves.
    ContactId
);

uuid_id!(
    /// What somebody looks for; UUIDv7, given out by the command API, or made of the SKU that is to be back.
    RequestId,
    ProductRequest
);
uuid_id!(
    /// A row of text that somebody wrote, which never enters an event itself.
    TextId
);
uuid_id!(
    /// A quote of a request.
    QuoteId
);

uuid_id!(
    /// A keyed hash of an e-mail address for one discount code: the same for the same address, and of no use to anybody without the
    /// shop's key.
    AddressHash
);

impl OrderId {
    pub const fn payment(self) -> PaymentId {
        PaymentId(self.0)
    }
}

impl PaymentId {
    pub const fn order(self) -> OrderId {
        OrderId(self.0)
    }
}

impl RefundId {
    /// Where one decision gives back what several attempts took: a refund of its own for each, and the same one however
    /// often it is decided.
    #[must_use]
    pub const fn of(self, attempt: AttemptId) -> Self {
        Self(Uuid::from_u128(self.0.as_u128() ^ attempt.0.as_u128()))
    }
}

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

/// What may stand in a discount code, in words for people.
pub const CODE_RULE: &str = "3 to 32 characters A-Z, 0-9 and '-', neither beginning nor ending with '-'";

/// A discount code, as a shopper types it. Small letters are taken for capitals.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(Arc<str>);

impl Code {
    pub const MIN_LENGTH: usize = 3;
    pub const MAX_LENGTH: usize = 32;

    /// # Errors
    /// [`CODE_RULE`] when `text` does not follow it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let upper = text.to_ascii_uppercase();
        match Sku::parse(&upper) {
            Ok(Sku(text)) if (Self::MIN_LENGTH..=Self::MAX_LENGTH).contains(&text.len()) => Ok(Self(text)),
            Ok(_) | Err(_) => Err(CODE_RULE),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What may stand for a country, in words for people.
pub const COUNTRY_RULE: &str = "two capital letters (ISO 3166-1 alpha-2)";

/// A country by its ISO 3166-1 alpha-2 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

impl Country {
    /// # Errors
    /// [`COUNTRY_RULE`] when `text` does not follow it. Whether the shop sends there is the checkout rules' business.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match *text.as_bytes() {
            [first @ b'A'..=b'Z', second @ b'A'..=b'Z'] => Ok(Self([first, second])),
            _ => Err(COUNTRY_RULE),
        }
    }

    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

macro_rules! text_id {
    ($($name:ident),*) => {
        $(impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        })*
    };
}
text_id!(Sku, Code, Country);

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
    fn a_discount_code_is_written_in_capitals_however_it_is_typed() {
        assert_eq!(
            Code::parse("spring-10").map(|code| code.to_string()),
            Ok("SPRING-10".to_owned())
        );
        for bad in ["", "AB", "-ABC", "A B C", "ÄÖÜ", &"A".repeat(33)] {
            assert_eq!(Code::parse(bad), Err(CODE_RULE), "{bad:?}");
        }
    }

    #[test]
    fn a_country_is_two_capital_letters() {
        assert_eq!(
            Country::parse("DE").map(|country| country.to_string()),
            Ok("DE".to_owned())
        );
        for bad in ["", "D", "de", "DEU", "D1", "Ä"] {
            assert_eq!(Country::parse(bad), Err(COUNTRY_RULE), "{bad:?}");
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
