//! Where a page ended. It names a place in the order, not a number of items: products that come and go
//! between two pages make nothing appear twice and nothing be skipped.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::question::Sort;

/// The place of one product in one order: number first, then name, then SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place<'a> {
    pub number: i64,
    pub name: &'a str,
    pub sku: &'a str,
}

/// A place as clients carry it. Opaque to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    number: i64,
    name: String,
    sku: String,
}

#[derive(Serialize, Deserialize)]
struct Written<'a>(&'a str, i64, std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>);

impl Cursor {
    pub fn place(&self) -> Place<'_> {
        Place {
            number: self.number,
            name: &self.name,
            sku: &self.sku,
        }
    }

    /// The text for the page that follows `place`.
    pub fn write(sort: Sort, place: Place<'_>) -> String {
        let written = Written(sort.as_str(), place.number, place.name.into(), place.sku.into());
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&written).unwrap_or_default())
    }

    /// Reads a text of ours; a cursor of another order is none.
    pub fn read(sort: Sort, text: &str) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(text).ok()?;
        let Written(order, number, name, sku) = serde_json::from_slice(&json).ok()?;
        (order == sort.as_str()).then(|| Self {
            number,
            name: name.into_owned(),
            sku: sku.into_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let place = Place {
            number: -3,
            name: "a \"quoted\" mug",
            sku: "MUG",
        };
        let text = Cursor::write(Sort::Newest, place);
        assert_eq!(Cursor::read(Sort::Newest, &text).unwrap().place(), place);
    }

    #[test]
    fn a_cursor_of_another_order_or_of_nobody_is_none() {
        let text = Cursor::write(
            Sort::Newest,
            Place {
                number: 0,
                name: "",
                sku: "",
            },
        );
        assert_eq!(Cursor::read(Sort::Name, &text), None);
        assert_eq!(Cursor::read(Sort::Newest, "%%"), None);
        assert_eq!(Cursor::read(Sort::Newest, &URL_SAFE_NO_PAD.encode("[1,2]")), None);
    }
}
