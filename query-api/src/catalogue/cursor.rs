//! Where a page ended. It names a place in the order, not a number of items: products that come and go
//! between two pages make nothing appear twice and nothing be skipped.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::question::Sort;
use crate::search::{ANALYSIS, name_key};

/// The place of one product in one order: number first, then name, then SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place<'a> {
    pub number: i64,
    /// The key of its name.
    pub name: &'a [u8],
    pub sku: &'a str,
}

/// A place as clients carry it. Opaque to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    number: i64,
    name: Box<[u8]>,
    sku: String,
}

/// Names are carried themselves: their keys mean something to one release alone.
#[derive(Serialize, Deserialize)]
struct Written<'a>(
    u32,
    &'a str,
    i64,
    std::borrow::Cow<'a, str>,
    std::borrow::Cow<'a, str>,
);

impl Cursor {
    pub fn place(&self) -> Place<'_> {
        Place {
            number: self.number,
            name: &self.name,
            sku: &self.sku,
        }
    }

    /// The text for the page that follows the product with this number, name and SKU.
    pub fn write(sort: Sort, number: i64, name: &str, sku: &str) -> String {
        let written = Written(ANALYSIS, sort.as_str(), number, name.into(), sku.into());
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&written).unwrap_or_default())
    }

    /// Reads a text of ours; a cursor of another order, or from before words were counted as they are, is none.
    pub fn read(sort: Sort, text: &str) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(text).ok()?;
        let Written(analysis, order, number, name, sku) = serde_json::from_slice(&json).ok()?;
        (analysis == ANALYSIS && order == sort.as_str()).then(|| Self {
            number,
            name: name_key(&name),
            sku: sku.into_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let text = Cursor::write(Sort::Newest, -3, "a \"quoted\" mug", "MUG");
        let name = name_key("a \"quoted\" mug");
        let place = Place {
            number: -3,
            name: &name,
            sku: "MUG",
        };
        assert_eq!(Cursor::read(Sort::Newest, &text).unwrap().place(), place);
    }

    #[test]
    fn a_cursor_of_another_order_or_of_nobody_is_none() {
        let text = Cursor::write(Sort::Newest, 0, "", "");
        assert_eq!(Cursor::read(Sort::Name, &text), None);
        assert_eq!(Cursor::read(Sort::Newest, "%%"), None);
        assert_eq!(Cursor::read(Sort::Newest, &URL_SAFE_NO_PAD.encode("[1,2]")), None);
    }

    #[test]
    fn a_cursor_of_another_analysis_is_none() {
        let of = |analysis: u32| {
            let written = Written(analysis, Sort::Relevance.as_str(), 1, "mug".into(), "MUG".into());
            URL_SAFE_NO_PAD.encode(serde_json::to_vec(&written).unwrap())
        };
        assert!(Cursor::read(Sort::Relevance, &of(ANALYSIS)).is_some());
        assert_eq!(Cursor::read(Sort::Relevance, &of(ANALYSIS + 1)), None);
        // As an earlier release wrote them.
        let old = URL_SAFE_NO_PAD.encode(r#"["relevance",1,"mug","MUG"]"#);
        assert_eq!(Cursor::read(Sort::Relevance, &old), None);
    }
}
