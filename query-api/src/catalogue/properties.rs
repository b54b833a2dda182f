//! What holds for whatever catalogue and whatever question: the index answers as reading everything does, and what has changed is as
//! what was built so.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use read_model::money::Currency;

use super::*;
use crate::search::oracle::Oracle;
use crate::search::{Query, name_key};

/// Near each other and far, in one word and in two, of several scripts.
const WORDS: [&str; 26] = [
    "mug",
    "mugs",
    "kettle",
    "kettles",
    "nettle",
    "lamp",
    "lamps",
    "tea",
    "pot",
    "teapot",
    "T-shirt",
    "tshirt",
    "stoneware",
    "stone",
    "Stühle",
    "stuehle",
    "DIN933",
    "933",
    "M8x25",
    "珈琲豆",
    "珈琲",
    "sofa",
    "couch",
    "a",
    "for",
    "ab12",
];
const CATEGORIES: [&str; 3] = ["kitchen", "office", "sofa"];

#[derive(Debug, Clone)]
struct Thing {
    name: String,
    category: &'static str,
    description: String,
    price: i64,
    available: i64,
    listed: bool,
    currency: &'static str,
}

fn words(most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(select(WORDS.as_slice()), 1..=most).prop_map(|words| words.join(" "))
}

prop_compose! {
    fn thing()(
        name in words(4), category in select(CATEGORIES.as_slice()), description in words(5), price in 1_i64..6, available in 0_i64..9,
        listed in prop::bool::weighted(0.8), currency in select(["EUR", "EUR", "KWD"].as_slice()),
    ) -> Thing {
        Thing { name, category, description, price: price * 1_000, available, listed, currency }
    }
}

/// What happens to one of ten SKUs.
#[derive(Debug, Clone)]
enum Event {
    Is(usize, Option<Thing>),
    Costs(usize, i64),
    Merged,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0_usize..10, prop::option::weighted(0.9, thing())).prop_map(|(sku, thing)| Event::Is(sku, thing)),
        3 => (0_usize..10, 1_i64..30_000).prop_map(|(sku, price)| Event::Costs(sku, price)),
        1 => Just(Event::Merged),
    ]
}

prop_compose! {
    fn question()(
        asked in prop::option::weighted(0.8, words(3)), cut in 0_usize..3, categories in prop::collection::vec(select(CATEGORIES.as_slice()), 0..2),
        min_price in prop::option::of(1_000_i64..6_000), in_stock: bool, sort in 0_usize..5, limit in 1_usize..6,
    ) -> Question {
        let asked = asked.unwrap_or_default();
        let typed: String = asked.chars().take(asked.chars().count().saturating_sub(cut)).collect();
        let sorts = [Sort::Relevance, Sort::Newest, Sort::PriceAscending, Sort::PriceDescending, Sort::Name];
        Question {
            query: Query::parse(&typed),
            categories: categories.into_iter().map(str::to_owned).collect(),
            currency: Some(Currency::EUR),
            min_price, in_stock, sort: sorts[sort], limit,
            ..Question::default()
        }
    }
}

fn entry(sku: &str, thing: &Thing) -> Entry {
    let Thing {
        name,
        category,
        description,
        price,
        available,
        listed,
        currency,
    } = thing;
    let availability = if *available == 0 {
        "out-of-stock"
    } else {
        "in-stock"
    };
    let body = serde_json::json!({
        "sku": sku, "version": 1, "name": name, "description": description, "category": category, "picture": null,
        "price": { "minor": price, "currency": currency }, "previous_price": null, "listed": listed, "available": available,
        "availability": availability, "listed_at": format!("2026-01-{:02}T00:00:00Z", price / 1_000 + 1), "back_in_stock_at": null,
        "updated_at": "2026-01-01T00:00:00Z",
    });
    Entry::parse(body.to_string(), 1).unwrap()
}

fn put(catalogue: &mut Catalogue, sku: usize, thing: Option<&Thing>) {
    let sku = format!("SKU{}", char::from(b'A' + u8::try_from(sku).unwrap()));
    let entry = thing.map(|thing| entry(&sku, thing));
    catalogue.put(sku, Versions::default(), entry);
}

/// The catalogue after all of it, and what is in it.
fn lived(events: &[Event]) -> (Catalogue, BTreeMap<usize, Thing>) {
    let (mut catalogue, mut things) = (Catalogue::new(1), BTreeMap::new());
    for event in events {
        match event {
            Event::Is(sku, thing) => {
                put(&mut catalogue, *sku, thing.as_ref());
                match thing {
                    Some(thing) => drop(things.insert(*sku, thing.clone())),
                    None => drop(things.remove(sku)),
                }
            }
            Event::Costs(sku, price) => {
                if let Some(thing) = things.get_mut(sku) {
                    thing.price = *price;
                    put(&mut catalogue, *sku, Some(thing));
                }
            }
            Event::Merged => catalogue.index().settle(),
        }
    }
    (catalogue, things)
}

fn built(things: &BTreeMap<usize, Thing>) -> Catalogue {
    let mut catalogue = Catalogue::new(1);
    for (sku, thing) in things.iter().rev() {
        put(&mut catalogue, *sku, Some(thing));
    }
    catalogue
}

fn told(catalogue: &Catalogue, question: &Question) -> String {
    serde_json::to_string(&catalogue.answer(question)).unwrap()
}

/// The page as reading everything gives it: SKUs and how many there are in all.
fn read(things: &BTreeMap<usize, Thing>, question: &Question) -> (Vec<String>, usize, Option<usize>) {
    let entries: Vec<Entry> = things
        .iter()
        .map(|(sku, thing)| {
            entry(
                &format!("SKU{}", char::from(b'A' + u8::try_from(*sku).unwrap())),
                thing,
            )
        })
        .filter(Entry::listed)
        .collect();
    let numbered = || (0_u32..).zip(&entries);
    let oracle = Oracle(
        numbered()
            .map(|(number, entry)| (number, entry.written().texts().words()))
            .collect(),
    );
    let scores = match &question.query {
        Query::None => numbered().map(|(number, _)| (number, 0)).collect(),
        Query::WithoutWords => BTreeMap::new(),
        Query::Words(words) => oracle.all(words),
    };
    let met = numbered().filter(|(number, entry)| {
        scores.contains_key(number)
            && question
                .currency
                .is_none_or(|wanted| wanted == entry.offer.price.currency)
    });
    let met: Vec<_> = met.collect();
    let fits = |entry: &Entry| {
        (question.categories.is_empty() || question.categories.contains(&entry.category))
            && question.min_price.is_none_or(|min| entry.price() >= min)
            && (!question.in_stock || entry.in_stock())
    };
    let mut places: Vec<_> = met
        .iter()
        .filter(|(_, entry)| fits(entry))
        .map(|(number, entry)| {
            let length = i64::try_from(entry.name.chars().count()).unwrap().min(63);
            let rank = match (question.sort, &question.query) {
                (Sort::Relevance, Query::Words(_)) => length - 64 * i64::from(scores[number]),
                (Sort::Relevance | Sort::Newest, _) => -entry.listed_at,
                (Sort::PriceAscending, _) => entry.price(),
                (Sort::PriceDescending, _) => -entry.price(),
                (Sort::Name, _) => 0,
            };
            (rank, name_key(&entry.name), entry.sku().to_owned())
        })
        .collect();
    places.sort();
    let (total, skus) = (places.len(), places.into_iter().map(|(_, _, sku)| sku));
    let elsewhere = (!question.query.is_none() && question.is_filtered()).then_some(met.len());
    (skus.take(question.limit).collect(), total, elsewhere)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_index_answers_as_reading_everything_does(
        events in prop::collection::vec(event(), 1..24), questions in prop::collection::vec(question(), 1..6),
    ) {
        let (catalogue, things) = lived(&events);
        for question in &questions {
            let page = catalogue.answer(question);
            let skus: Vec<_> = page.items.iter().map(|body| {
                serde_json::from_str::<serde_json::Value>(body.get()).unwrap()["sku"].as_str().unwrap().to_owned()
            }).collect();
            prop_assert_eq!((skus, page.total, page.elsewhere), read(&things, question), "{:?}", question);
        }
    }

    #[test]
    fn whatever_has_happened_it_is_as_if_built_afresh(
        events in prop::collection::vec(event(), 1..40), questions in prop::collection::vec(question(), 1..6), titles in prop::collection::vec(words(3), 1..3),
    ) {
        let (lived, things) = lived(&events);
        let built = built(&things);
        for question in &questions {
            prop_assert_eq!(told(&lived, question), told(&built, question), "{:?}", question);
        }
        for title in &titles {
            let skus = |catalogue: &Catalogue| catalogue.similar(title, 5).iter().map(|entry| entry.sku().to_owned()).collect::<Vec<_>>();
            prop_assert_eq!(skus(&lived), skus(&built), "{}", title);
        }
    }

    #[test]
    fn the_count_of_a_value_is_what_it_finds_alone(events in prop::collection::vec(event(), 1..24), question in question()) {
        let (catalogue, _) = lived(&events);
        let facets = catalogue.answer(&question).facets;
        for value in &facets.category {
            let alone = Question { categories: vec![value.value.clone()], ..question.clone() };
            prop_assert_eq!(catalogue.answer(&alone).total, value.count, "{}", value.value);
        }
        for range in &facets.price {
            let alone = Question { min_price: Some(range.from), max_price: range.to, ..question.clone() };
            prop_assert_eq!(catalogue.answer(&alone).total, range.count, "{:?}", range);
        }
        let available: usize = facets.availability.iter().filter(|value| value.value != "out-of-stock").map(|value| value.count).sum();
        prop_assert_eq!(catalogue.answer(&Question { in_stock: true, ..question.clone() }).total, available);
    }

    #[test]
    fn pages_are_one_list_while_other_products_change(
        events in prop::collection::vec(event(), 1..24), changes in prop::collection::vec((10_usize..14, thing()), 0..6), question in question(),
    ) {
        let (mut catalogue, _) = lived(&events);
        let whole = Question { limit: 100, ..question.clone() };
        let names = |page: &Page<'_>| page.items.iter().map(|body| body.get().to_owned()).collect::<Vec<_>>();
        let (expected, mut seen, mut question, mut changes) = (names(&catalogue.answer(&whole)), vec![], question, changes.into_iter());
        for _ in 0..20 {
            let next = {
                let page = catalogue.answer(&question);
                seen.extend(names(&page));
                page.next
            };
            let Some(next) = next else { break };
            question.after = Some(Cursor::read(question.sort, &next).unwrap());
            // None of these was there, and none changes what a word finds.
            if let Some((sku, thing)) = changes.next() {
                put(&mut catalogue, sku, Some(&Thing { listed: false, ..thing }));
            }
        }
        prop_assert_eq!(seen, expected);
    }
}

#[test]
fn a_question_costs_a_bounded_amount_of_work() {
    let mut catalogue = Catalogue::new(1);
    for number in 0_u32..2_000 {
        let letter = |place: u32| char::from(b'a' + u8::try_from(number / 13_u32.pow(place) % 13).unwrap());
        let name = format!("stone{}{}{}", letter(0), letter(1), letter(2));
        let texts = Thing {
            name,
            category: "kitchen",
            description: String::new(),
            price: 1,
            available: 1,
            listed: true,
            currency: "EUR",
        };
        let sku = format!("S{number}");
        let entry = entry(&sku, &texts);
        catalogue.put(sku, Versions::default(), Some(entry));
    }
    let found = |text: &str| {
        catalogue
            .answer(&Question {
                query: Query::parse(text),
                limit: 5,
                ..Question::default()
            })
            .total
    };
    // A beginning stands for three hundred words at most; one has the same stem.
    assert!((300..=301).contains(&found("stone")));
    assert_eq!(found(&"a".repeat(200)), 0);
    assert_eq!(
        found("qqqqqqqq wwwwwwww eeeeeeee rrrrrrrr tttttttt yyyyyyyy uuuuuuuu iiiiiiii"),
        0
    );
}
