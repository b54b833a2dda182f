//! The basket file: every line a basket, its products separated by commas. Read whole and checked before anything is sent.

use std::collections::HashMap;

use domain::Sku;
use domain::cart::{MAX_LINES, MAX_QUANTITY};

/// Begins every SKU that comes from a basket file, so that it meets no product of the shop's own catalogue.
const SKU_PREFIX: &str = "GRO-";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    pub name: String,
    pub sku: Sku,
}

/// Which products, in the order of the line, and how many of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basket {
    /// In the file, from 1.
    pub line: usize,
    pub items: Vec<Item>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// Index in [`Baskets::products`].
    pub product: usize,
    pub quantity: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baskets {
    pub products: Vec<Product>,
    pub baskets: Vec<Basket>,
}

/// What is wrong with a file, in one sentence for the person who gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadBaskets(String);

impl std::fmt::Display for BadBaskets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadBaskets {}

/// # Errors
/// [`BadBaskets`] naming the line and the rule that it breaks.
pub fn parse(bytes: &[u8]) -> Result<Baskets, BadBaskets> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut found = Baskets::default();
    let mut by_sku: HashMap<String, (usize, usize)> = HashMap::new();
    for (index, text) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = index + 1;
        let bad = |rule: String| BadBaskets(format!("line {line}: {rule}"));
        let text = std::str::from_utf8(text).map_err(|_| bad("it is not UTF-8 text".to_owned()))?;
        let names = text.trim().trim_end_matches([',', ' ', '\t']);
        if text.trim().is_empty() {
            continue;
        }
        let mut basket = Basket { line, items: vec![] };
        for name in names.split(',').map(str::trim) {
            let sku = sku_of(name).map_err(&bad)?;
            let (product, first_line) = *by_sku
                .entry(sku.as_str().to_owned())
                .or_insert((found.products.len(), line));
            if product == found.products.len() {
                found.products.push(Product {
                    name: name.to_owned(),
                    sku,
                });
            } else if !found.products[product].name.eq_ignore_ascii_case(name) {
                let other = &found.products[product];
                return Err(bad(format!(
                    "{name:?} and {:?} (line {first_line}) would both get the SKU {}; names must differ in a letter or digit",
                    other.name, other.sku
                )));
            }
            put(&mut basket, product).map_err(&bad)?;
        }
        found.baskets.push(basket);
    }
    if found.baskets.is_empty() {
        return Err(BadBaskets(
            "it is empty; every line is a basket: names of products separated by commas".to_owned(),
        ));
    }
    Ok(found)
}

/// A name that stands twice in a line means two of it.
fn put(basket: &mut Basket, product: usize) -> Result<(), String> {
    if let Some(item) = basket.items.iter_mut().find(|item| item.product == product) {
        item.quantity += 1;
        let too_many = item.quantity > MAX_QUANTITY;
        return if too_many {
            Err(format!("a cart takes at most {MAX_QUANTITY} of one product"))
        } else {
            Ok(())
        };
    }
    if basket.items.len() == MAX_LINES {
        return Err(format!("a cart takes at most {MAX_LINES} different products"));
    }
    basket.items.push(Item { product, quantity: 1 });
    Ok(())
}

/// `whole milk` → `GRO-WHOLE-MILK`: whatever is no letter A-Z or digit becomes one hyphen.
fn sku_of(name: &str) -> Result<Sku, String> {
    let mut sku = SKU_PREFIX.to_owned();
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() {
            sku.push(letter.to_ascii_uppercase());
        } else if !sku.ends_with('-') {
            sku.push('-');
        }
    }
    let sku = sku.trim_end_matches('-');
    let described = |rule: &str| format!("the product {name:?} cannot get a SKU: {rule}");
    if name.is_empty() {
        return Err("a product without a name, between two commas".to_owned());
    }
    if sku.len() < SKU_PREFIX.len() {
        return Err(described("it has no letter A-Z and no digit"));
    }
    Sku::parse(sku).map_err(|rule| described(&format!("{sku} would not follow its rule, {rule}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        parse(text.as_bytes()).expect_err("it is refused").to_string()
    }

    #[test]
    fn a_line_is_a_basket_and_names_are_trimmed() {
        let found = parse("whole milk, cream cheese ,rolls/buns\r\n\r\ncream cheese,,\n".as_bytes()).unwrap();
        let skus: Vec<_> = found
            .products
            .iter()
            .map(|product| product.sku.as_str())
            .collect();
        assert_eq!(skus, ["GRO-WHOLE-MILK", "GRO-CREAM-CHEESE", "GRO-ROLLS-BUNS"]);
        assert_eq!(found.products[1].name, "cream cheese");
        let lines: Vec<_> = found
            .baskets
            .iter()
            .map(|basket| (basket.line, basket.items.len()))
            .collect();
        assert_eq!(lines, [(1, 3), (3, 1)]);
    }

    #[test]
    fn a_name_that_stands_twice_means_two() {
        let found = parse(b"soda,yogurt,Soda").unwrap();
        let quantities: Vec<_> = found.baskets[0]
            .items
            .iter()
            .map(|item| (item.product, item.quantity))
            .collect();
        assert_eq!(quantities, [(0, 2), (1, 1)]);
    }

    #[test]
    fn names_with_dots_and_brackets_become_skus() {
        let found = parse(b"misc. beverages,liquor (appetizer)").unwrap();
        assert_eq!(found.products[0].sku.as_str(), "GRO-MISC-BEVERAGES");
        assert_eq!(found.products[1].sku.as_str(), "GRO-LIQUOR-APPETIZER");
    }

    #[test]
    fn a_refusal_names_line_and_rule() {
        assert!(refusal("").contains("empty"));
        assert!(refusal(" \n\n").contains("empty"));
        assert!(refusal("milk\n???\n").starts_with("line 2: the product \"???\" cannot get a SKU"));
        assert!(refusal("milk,,soda").starts_with("line 1: a product without a name"));
        assert!(refusal(",,,").starts_with("line 1: a product without a name"));
        assert!(refusal(&"long ".repeat(20)).contains("1 to 64 characters"));
        assert!(refusal("a/b\n\na b").starts_with("line 3: \"a b\" and \"a/b\" (line 1) would both"));
        let many: Vec<_> = (0..=MAX_LINES)
            .map(|number| format!("product {number}"))
            .collect();
        assert_eq!(
            refusal(&many.join(",")),
            "line 1: a cart takes at most 100 different products"
        );
        assert!(parse(many[..MAX_LINES].join(",").as_bytes()).is_ok());
        assert!(refusal(&"soda,".repeat(1_000)).ends_with("at most 999 of one product"));
        assert_eq!(
            parse(b"ok\n\xff\xfe").unwrap_err().to_string(),
            "line 2: it is not UTF-8 text"
        );
    }
}
