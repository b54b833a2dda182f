//! What the catalogue answers, with a shop of six products.

use std::fmt::Write;

use read_model::money::Currency;
use serde_json::value::RawValue;

use super::*;
use crate::search::Query;

/// SKU, name, category, price, on hand.
type Row = (&'static str, &'static str, &'static str, i64, i64);

const SHOP: [Row; 6] = [
    ("MUG-STONE", "Stoneware mug", "kitchen", 1_450, 10),
    ("MUG-GLASS", "Glass mug", "kitchen", 900, 0),
    ("POT", "Teapot", "kitchen", 4_200, 3),
    ("LAMP", "Desk lamp", "office", 5_900, 8),
    ("PEN", "Pen", "office", 300, 90),
    ("CUP", "Cup", "kitchen", 900, 7),
];

fn body(row: Row, listed: bool, at: usize) -> String {
    let (sku, name, category, price, available) = row;
    let availability = match available {
        0 => "out-of-stock",
        1..=5 => "low",
        _ => "in-stock",
    };
    format!(
        r#"{{"sku":"{sku}","version":1,"name":"{name}","description":"For a desk","category":"{category}","picture":null,"price":{{"minor":{price},"currency":"EUR"}},"previous_price":null,"listed":{listed},"available":{available},"availability":"{availability}","listed_at":"2026-01-{:02}T00:00:00Z","back_in_stock_at":null,"updated_at":"2026-01-01T00:00:00Z"}}"#,
        at + 1
    )
}

/// One that can be had.
pub fn product(sku: &str, name: &str, category: &str) -> Entry {
    let row = ("SKU", "NAME", "CATEGORY", 1_000, 9);
    let body = body(row, true, 0).replace("\"SKU\"", &format!("\"{sku}\""));
    let body = body
        .replace("NAME", name)
        .replace("CATEGORY", category)
        .replace("For a desk", "");
    Entry::parse(body, 1).unwrap()
}

fn shop() -> Catalogue {
    let mut catalogue = Catalogue::new(1);
    for (at, row) in SHOP.into_iter().enumerate() {
        let entry = Entry::parse(body(row, true, at), 1).unwrap();
        catalogue.put(
            row.0.to_owned(),
            read_model::product::Versions::default(),
            Some(entry),
        );
    }
    let gone = Entry::parse(body(("GONE", "Old mug", "kitchen", 100, 5), false, 20), 1).unwrap();
    catalogue.put(
        "GONE".to_owned(),
        read_model::product::Versions::default(),
        Some(gone),
    );
    catalogue
}

fn any() -> Question {
    Question {
        currency: Some(Currency::EUR),
        limit: 100,
        ..Question::default()
    }
}

fn skus(page: &Page<'_>) -> Vec<String> {
    let sku = |item: &&RawValue| {
        let value: serde_json::Value = serde_json::from_str(item.get()).unwrap();
        value["sku"].as_str().unwrap().to_owned()
    };
    page.items.iter().map(sku).collect()
}

fn count(of: &[ValueCount], value: &str) -> usize {
    of.iter().find(|it| it.value == value).unwrap().count
}

#[test]
fn typing_a_few_letters_finds_names_before_descriptions() {
    let catalogue = shop();
    let found = catalogue.answer(&Question {
        query: Query::parse("mu"),
        ..any()
    });
    assert_eq!(skus(&found), ["MUG-GLASS", "MUG-STONE"]);
    let found = catalogue.answer(&Question {
        query: Query::parse("desk"),
        ..any()
    });
    assert_eq!(skus(&found)[0], "LAMP");
    assert_eq!(found.total, 6);
    assert_eq!(
        catalogue
            .answer(&Question {
                query: Query::parse("mug nothing"),
                ..any()
            })
            .total,
        0
    );
}

#[test]
fn every_order_is_total() {
    let catalogue = shop();
    let order = |sort| skus(&catalogue.answer(&Question { sort, ..any() }));
    assert_eq!(
        order(Sort::Newest),
        ["CUP", "PEN", "LAMP", "POT", "MUG-GLASS", "MUG-STONE"]
    );
    assert_eq!(order(Sort::Relevance), order(Sort::Newest));
    assert_eq!(
        order(Sort::Name),
        ["CUP", "LAMP", "MUG-GLASS", "PEN", "MUG-STONE", "POT"]
    );
    assert_eq!(
        order(Sort::PriceAscending),
        ["PEN", "CUP", "MUG-GLASS", "MUG-STONE", "POT", "LAMP"]
    );
    assert_eq!(
        order(Sort::PriceDescending),
        ["LAMP", "POT", "MUG-STONE", "CUP", "MUG-GLASS", "PEN"]
    );
}

#[test]
fn filters_hold_together_and_each_facet_is_counted_with_the_others() {
    let catalogue = shop();
    let page = catalogue.answer(&Question {
        categories: vec!["kitchen".to_owned()],
        min_price: Some(900),
        max_price: Some(1_450),
        in_stock: true,
        sort: Sort::Name,
        ..any()
    });
    assert_eq!(skus(&page), ["CUP", "MUG-STONE"]);
    let facets = page.facets;
    // In the price range and in stock: nothing of the office is, and it is named all the same.
    assert_eq!(
        (
            count(&facets.category, "kitchen"),
            count(&facets.category, "office")
        ),
        (2, 0)
    );
    // In the kitchen, of any price, in stock: cup, mug, teapot.
    let prices: Vec<_> = facets.price.iter().map(|range| range.count).collect();
    assert_eq!(prices, [1, 1, 1, 0, 0, 0]);
    // In the kitchen and in the price range, in stock or not.
    assert_eq!(count(&facets.availability, "in-stock"), 2);
    assert_eq!(count(&facets.availability, "out-of-stock"), 1);
}

#[test]
fn a_list_its_facets_and_its_order_are_of_one_currency() {
    let mut catalogue = shop();
    let row = ("POT-KWD", "Dinar pot", "souvenirs", 1_450, 10);
    let dinars = body(row, true, 9).replace("EUR", "KWD");
    let versions = read_model::product::Versions::default();
    catalogue.put(row.0.to_owned(), versions, Some(Entry::parse(dinars, 1).unwrap()));
    let priced = |currency| Question {
        currency,
        sort: Sort::PriceDescending,
        ..any()
    };
    let euros = catalogue.answer(&priced(Some(Currency::EUR)));
    assert_eq!(euros.total, 6);
    assert!(!skus(&euros).contains(&"POT-KWD".to_owned()));
    assert!(!euros.facets.category.iter().any(|it| it.value == "souvenirs"));
    let counted: usize = euros.facets.price.iter().map(|range| range.count).sum();
    assert_eq!(counted, 6);
    let dinars = catalogue.answer(&priced(Some(Currency::KWD)));
    assert_eq!(skus(&dinars), ["POT-KWD"]);
    let of_all = catalogue.answer(&Question {
        currency: None,
        ..any()
    });
    assert_eq!((of_all.total, of_all.facets.price.len()), (7, 0));
}

#[test]
fn pages_follow_each_other_whatever_happens_between_them() {
    let mut catalogue = shop();
    let mut question = Question {
        sort: Sort::PriceAscending,
        limit: 2,
        ..any()
    };
    let first = catalogue.answer(&question);
    assert_eq!(
        (skus(&first), first.total),
        (vec!["PEN".to_owned(), "CUP".to_owned()], 6)
    );
    question.after = Cursor::read(question.sort, &first.next.unwrap());

    // The last product of the first page goes, and a cheaper one comes.
    catalogue.put("CUP".to_owned(), read_model::product::Versions::default(), None);
    let cheap = Entry::parse(body(("CLIP", "Clip", "office", 10, 9), true, 9), 2).unwrap();
    catalogue.put(
        "CLIP".to_owned(),
        read_model::product::Versions::default(),
        Some(cheap),
    );
    let second = catalogue.answer(&question);
    assert_eq!(skus(&second), ["MUG-GLASS", "MUG-STONE"]);
    question.after = Cursor::read(question.sort, &second.next.unwrap());
    let third = catalogue.answer(&question);
    assert_eq!(
        (skus(&third), third.next),
        (vec!["POT".to_owned(), "LAMP".to_owned()], None)
    );
}

#[test]
fn a_delisted_product_is_found_by_its_sku_alone() {
    let catalogue = shop();
    assert!(!skus(&catalogue.answer(&any())).contains(&"GONE".to_owned()));
    let named = catalogue.named(&["POT".to_owned(), "NONE".to_owned(), "GONE".to_owned()], 100);
    assert_eq!(
        (skus(&named), named.total),
        (vec!["POT".to_owned(), "GONE".to_owned()], 2)
    );
}

#[test]
fn documents_are_sent_as_they_are_stored() {
    let catalogue = shop();
    let page = serde_json::to_string(&catalogue.answer(&Question {
        sort: Sort::Name,
        limit: 1,
        ..any()
    }));
    let cup = body(SHOP[5], true, 5);
    assert!(
        page.unwrap()
            .starts_with(&format!(r#"{{"items":[{cup}],"total":6,"next":""#))
    );
}

#[test]
fn every_one_of_ten_thousand_products_is_found() {
    let mut catalogue = Catalogue::new(1);
    for at in 0..10_000_usize {
        let mut text = String::new();
        write!(text, "Thing {at} for the house and garden number {}", at % 97).unwrap();
        let row = (SHOP[0].0, SHOP[0].1, SHOP[0].2, i64::try_from(at).unwrap() + 1, 3);
        let body = body(row, true, at % 28)
            .replace("MUG-STONE", &format!("P{at}"))
            .replace("For a desk", &text);
        catalogue.put(
            format!("P{at}"),
            read_model::product::Versions::default(),
            Some(Entry::parse(body, 1).unwrap()),
        );
    }
    let question = Question {
        query: Query::parse("stone gard"),
        limit: 24,
        ..any()
    };
    assert_eq!(catalogue.answer(&question).total, 10_000);
}

fn asked(q: &str) -> Question {
    Question {
        query: Query::parse(q),
        ..any()
    }
}

#[test]
fn words_are_counted_in_the_whole_shop_where_filters_are_set() {
    let catalogue = shop();
    let in_office = |q: &str| {
        let page = catalogue.answer(&Question {
            categories: vec!["office".to_owned()],
            ..asked(q)
        });
        (page.total, page.elsewhere)
    };
    assert_eq!(in_office("mugs"), (0, Some(3)));
    assert_eq!(in_office("lamp"), (1, Some(1)));
    assert_eq!(in_office(""), (2, None));
    assert_eq!(catalogue.answer(&asked("mug")).elsewhere, None);
    assert_eq!(in_office("---"), (0, Some(0)));
}

#[test]
fn where_nothing_is_found_the_nearest_are_shown() {
    let catalogue = shop();
    let nearest = |question: &Question| {
        let page = catalogue.answer(question);
        assert_eq!(page.total, 0);
        let names = page.nearest.iter().map(|body| {
            let product: serde_json::Value = serde_json::from_str(body.get()).unwrap();
            product["sku"].as_str().unwrap().to_owned()
        });
        names.collect::<Vec<_>>()
    };
    // One of the words.
    assert_eq!(nearest(&asked("lamp bicycle")), ["LAMP"]);
    // What the filter keeps out.
    let in_kitchen = Question {
        categories: vec!["kitchen".to_owned()],
        ..asked("lamps")
    };
    assert_eq!(nearest(&in_kitchen), ["LAMP"]);
    // Nothing like it: the newest that can be had.
    let newest = ["CUP", "PEN", "LAMP", "POT", "MUG-STONE"];
    assert_eq!(nearest(&asked("bicycle")), newest);
    assert_eq!(nearest(&asked("🍵")), newest);
    assert!(catalogue.answer(&asked("mug")).nearest.is_empty());
}

#[test]
fn a_question_without_letters_finds_nothing_and_says_so() {
    let catalogue = shop();
    for (q, without_words, total) in [
        ("🍵", true, 0),
        ("---", true, 0),
        ("  ", false, 6),
        ("m", false, 2),
    ] {
        let page = catalogue.answer(&asked(q));
        assert_eq!((page.without_words, page.total), (without_words, total), "{q}");
    }
}

#[test]
fn a_tag_tells_what_is_between_two_revisions() {
    let mut catalogue = shop();
    let change = |name: &str| Change {
        sku: "CUP".to_owned(),
        product: Product {
            versions: Versions::default(),
            entry: Some(product("CUP", name, "kitchen")),
        },
    };
    let mut tags = vec![catalogue.etag()];
    for name in ["Beaker", "Goblet"] {
        catalogue.take(change(name));
        tags.push(catalogue.etag());
    }
    catalogue.reach(7);
    tags.push(catalogue.etag());
    assert_eq!(tags, ["\"1-0\"", "\"1-0-1\"", "\"1-0-2\"", "\"1-7\""]);
}
