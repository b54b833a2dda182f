//! The cart's document: given what happened, this is what a shopper sees; however it was delivered.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

use domain::cart::{Cart, CartCommand, CartEvent, Contents};
use domain::{CartId, Code, Currency, Event, Metadata, Money, OrderId, OwnerId, RecordedEvent, Sku};
use proptest::prelude::*;
use read_model::document::{Document, DocumentId, Step};
use read_model::fields;
use read_model::in_carts::{self, Counts};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use uuid::Uuid;

const OWNER: OwnerId = OwnerId::new(Uuid::from_u128(7));
const CART: CartId = CartId::new(Uuid::from_u128(1));
const ORDER: OrderId = OrderId::new(Uuid::from_u128(3));

fn id() -> DocumentId {
    DocumentId::Cart(CART)
}

fn sku(name: &str) -> Sku {
    Sku::parse(name).unwrap()
}

fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn opened() -> CartEvent {
    CartEvent::CartOpened {
        owner: OWNER,
        currency: Currency::EUR,
    }
}

fn added(name: &str, quantity: u32, price: i64, line_quantity: u32) -> CartEvent {
    CartEvent::ItemAdded {
        sku: sku(name),
        name: format!("The {name}"),
        quantity,
        unit_price: euro(price),
        line_quantity,
    }
}

/// The event as the log has it: one second after the one before.
fn recorded(sequence: i64, event: CartEvent) -> (RecordedEvent, Event) {
    let event = Event::Cart(event);
    let recorded = RecordedEvent {
        position: sequence * 10,
        aggregate_type: event.aggregate_type(),
        aggregate_id: CART.to_string(),
        sequence,
        event_type: event.name().into(),
        event_version: "1.0".into(),
        payload: RawValue::from_string(event.payload()).unwrap(),
        metadata: Metadata::default(),
        event_id: Uuid::from_u128(u128::try_from(sequence).unwrap()),
        recorded_at: OffsetDateTime::from_unix_timestamp(1_700_000_000 + sequence).unwrap(),
    };
    (recorded, event)
}

fn history(events: Vec<CartEvent>) -> Vec<(RecordedEvent, Event)> {
    (1..)
        .zip(events)
        .map(|(sequence, event)| recorded(sequence, event))
        .collect()
}

fn folded(history: &[(RecordedEvent, Event)]) -> Document {
    let mut document = id().empty();
    for (recorded, event) in history {
        assert_eq!(document.fold(&id(), recorded, event), Step::Applied);
    }
    document
}

fn body(events: Vec<CartEvent>) -> serde_json::Value {
    serde_json::from_slice(&folded(&history(events)).body().unwrap()).unwrap()
}

#[test]
fn a_cart_looks_to_clients_exactly_like_this() {
    let document = folded(&history(vec![opened(), added("KIT-MUG", 2, 1_450, 2)]));
    let expected = concat!(
        r#"{"id":"00000000-0000-0000-0000-000000000001","version":2,"#,
        r#""owner":"00000000-0000-0000-0000-000000000007","currency":"EUR","state":"open","order":null,"#,
        r#""lines":[{"sku":"KIT-MUG","name":"The KIT-MUG","quantity":2,"#,
        r#""unit_price":{"minor":1450,"currency":"EUR"},"line_total":{"minor":2900,"currency":"EUR"}}],"#,
        r#""subtotal":{"minor":2900,"currency":"EUR"},"item_count":2,"code":null,"#,
        r#""opened_at":"2023-11-14T22:13:21Z","updated_at":"2023-11-14T22:13:22Z"}"#
    );
    assert_eq!(String::from_utf8(document.body().unwrap()).unwrap(), expected);
}

#[test]
fn adding_to_a_line_keeps_its_place_and_the_price_of_the_first_add() {
    let cart = body(vec![
        opened(),
        added("A", 1, 100, 1),
        added("B", 1, 10, 1),
        added("A", 2, 999, 3),
    ]);
    assert_eq!(cart["lines"][0]["sku"], "A");
    assert_eq!(cart["lines"][0]["line_total"]["minor"], 300);
    assert_eq!(cart["subtotal"]["minor"], 310);
    assert_eq!(cart["item_count"], 4);
}

#[test]
fn totals_follow_changes_removals_and_clearing() {
    let changed = CartEvent::QuantityChanged {
        sku: sku("A"),
        quantity: 5,
        previous: 1,
    };
    let removed = CartEvent::ItemRemoved {
        sku: sku("B"),
        quantity: 1,
    };
    let mut events = vec![
        opened(),
        added("A", 1, 100, 1),
        added("B", 1, 10, 1),
        changed,
        removed,
    ];
    let cart = body(events.clone());
    assert_eq!(
        (&cart["subtotal"]["minor"], &cart["item_count"]),
        (&500.into(), &5.into())
    );
    events.push(CartEvent::CartCleared { skus: vec![sku("A")] });
    let cart = body(events);
    assert_eq!(
        (&cart["subtotal"]["minor"], &cart["item_count"]),
        (&0.into(), &0.into())
    );
    assert_eq!(cart["lines"], serde_json::json!([]));
}

#[test]
fn one_discount_code_is_shown_until_it_is_removed() {
    let code = |text: &str| Code::parse(text).unwrap();
    let applied = |text: &str| CartEvent::DiscountApplied { code: code(text) };
    let mut events = vec![opened(), applied("SPRING"), applied("SUMMER")];
    assert_eq!(body(events.clone())["code"], "SUMMER");
    events.push(CartEvent::DiscountRemoved { code: code("SUMMER") });
    assert!(body(events)["code"].is_null());
}

#[test]
fn a_cart_that_became_an_order_names_it_until_it_is_given_back() {
    let mut events = vec![
        opened(),
        added("A", 1, 100, 1),
        CartEvent::CartCheckedOut { order: ORDER },
    ];
    let cart = body(events.clone());
    assert_eq!(
        (&cart["state"], &cart["order"]),
        (&"checked-out".into(), &ORDER.to_string().into())
    );
    assert_eq!(cart["item_count"], 1);
    events.push(CartEvent::CartReopened {});
    let cart = body(events);
    assert_eq!(
        (&cart["state"], &cart["order"], &cart["item_count"]),
        (&"open".into(), &serde_json::Value::Null, &1.into())
    );
}

#[test]
fn an_expired_cart_comes_back_as_it_was() {
    let mut events = vec![opened(), added("A", 2, 100, 2), CartEvent::CartExpired {}];
    let cart = body(events.clone());
    assert_eq!(
        (&cart["state"], &cart["item_count"]),
        (&"expired".into(), &2.into())
    );
    events.push(CartEvent::CartReopened {});
    assert_eq!(body(events)["state"], "open");
}

#[test]
fn a_cart_that_became_an_order_is_given_up_after_thirty_days_and_no_other() {
    let mut events = vec![opened(), CartEvent::CartExpired {}, CartEvent::CartReopened {}];
    assert_eq!(folded(&history(events.clone())).expires_at(&id()), None);
    events.push(CartEvent::CartCheckedOut { order: ORDER });
    let days = 30 * 24 * 60 * 60;
    let expires_at = folded(&history(events.clone())).expires_at(&id()).unwrap();
    assert_eq!(expires_at.unix_timestamp(), 1_700_000_004 + days);
    events.push(CartEvent::CartReopened {});
    assert_eq!(folded(&history(events)).expires_at(&id()), None);
}

#[test]
fn an_event_is_dropped_when_it_is_there_and_waits_for_those_before_it() {
    let history = history(vec![opened(), added("A", 1, 100, 1), added("A", 1, 100, 2)]);
    let mut document = folded(&history[..1]);
    let (recorded, event) = &history[2];
    assert_eq!(document.fold(&id(), recorded, event), Step::Gap { after: 1 });
    let (recorded, event) = &history[0];
    assert_eq!(document.fold(&id(), recorded, event), Step::Duplicate);
    assert_eq!(document, folded(&history[..1]));
}

/// What shoppers try, over few products so that they meet.
fn commands() -> impl Strategy<Value = Vec<CartCommand>> {
    let product = prop::sample::select(vec!["A", "B", "C"]).prop_map(sku);
    let add =
        (product.clone(), 1..5_u32, 1..500_i64).prop_map(|(sku, quantity, price)| CartCommand::AddItem {
            by: OWNER,
            name: format!("The {sku}"),
            sku,
            quantity,
            unit_price: euro(price),
        });
    let set = (product.clone(), 1..9_u32).prop_map(|(sku, quantity)| CartCommand::SetQuantity {
        by: OWNER,
        sku,
        quantity,
    });
    let remove = product.prop_map(|sku| CartCommand::RemoveItem { by: OWNER, sku });
    let clear = Just(CartCommand::Clear { by: OWNER });
    let code = prop::sample::select(vec!["SPRING", "SUMMER"]).prop_map(|text| CartCommand::ApplyDiscount {
        by: OWNER,
        code: Code::parse(text).unwrap(),
    });
    let uncode = Just(CartCommand::RemoveDiscount { by: OWNER });
    let check_out = Just(CartCommand::CheckOut {
        by: OWNER,
        order: ORDER,
    });
    let reopen = Just(CartCommand::Reopen { order: ORDER });
    let come_back = Just(CartCommand::Open {
        owner: OWNER,
        currency: Currency::EUR,
    });
    prop::collection::vec(
        prop_oneof![
            8 => add, 4 => set, 4 => remove, 2 => clear, 1 => code, 1 => uncode, 1 => check_out, 2 => reopen,
            1 => Just(CartCommand::Expire), 2 => come_back
        ],
        0..40,
    )
}

/// What is in a cart, whatever became of it.
fn contents(cart: &Cart) -> &Contents {
    match cart {
        Cart::Unopened | Cart::Merged { .. } => panic!("it was opened"),
        Cart::Open(contents) | Cart::CheckedOut { contents, .. } | Cart::Expired(contents) => contents,
    }
}

/// What the domain makes of them: the cart, and its events.
fn decided(commands: Vec<CartCommand>) -> (Cart, Vec<CartEvent>) {
    let mut cart = Cart::default();
    let mut events = vec![];
    for command in std::iter::once(CartCommand::Open {
        owner: OWNER,
        currency: Currency::EUR,
    })
    .chain(commands)
    {
        for event in cart.decide(command).unwrap_or_default() {
            cart.evolve(&event);
            events.push(event);
        }
    }
    (cart, events)
}

/// What another task reads back of a document.
fn stored_and_loaded(document: &Document) -> Document {
    let values = fields::encode(document)
        .into_iter()
        .map(|(_, value)| Some(value))
        .collect();
    fields::decode(&id(), &values).document
}

proptest! {
    #[test]
    fn any_split_into_batches_gives_the_same_document(commands in commands(), sizes in prop::collection::vec(1..6_usize, 40)) {
        let history = history(decided(commands).1);
        let whole = folded(&history);
        let mut document = id().empty();
        let mut rest = &history[..];
        for size in sizes {
            let (batch, later) = rest.split_at(size.min(rest.len()));
            for (recorded, event) in batch {
                document.fold(&id(), recorded, event);
            }
            if !batch.is_empty() {
                document = stored_and_loaded(&document);
            }
            rest = later;
        }
        for (recorded, event) in rest {
            document.fold(&id(), recorded, event);
        }
        prop_assert_eq!(document.body(), whole.body());
        prop_assert_eq!(document, whole);
    }

    #[test]
    fn what_is_delivered_again_changes_nothing(commands in commands(), again in prop::collection::vec(any::<prop::sample::Index>(), 0..20)) {
        let history = history(decided(commands).1);
        let whole = folded(&history);
        let mut document = whole.clone();
        for index in again {
            let (recorded, event) = index.get(&history);
            prop_assert_eq!(document.fold(&id(), recorded, event), Step::Duplicate);
        }
        prop_assert_eq!(document, whole);
    }

    #[test]
    fn the_document_has_the_domains_lines_and_their_sum(commands in commands()) {
        let (cart, events) = decided(commands);
        let Contents { lines, code, .. } = contents(&cart);
        let Document::Cart { cart: Some(document), .. } = folded(&history(events)) else { panic!("it was opened") };
        prop_assert_eq!(&document.code, code);
        let seen: Vec<_> = document.lines.iter().map(|line| (line.sku.clone(), line.quantity, line.unit_price)).collect();
        let meant: Vec<_> = lines.iter().map(|line| (line.sku.clone(), line.quantity, line.unit_price)).collect();
        prop_assert_eq!(seen, meant);
        let sum: i64 = lines.iter().map(|line| line.unit_price.minor * i64::from(line.quantity)).sum();
        prop_assert_eq!(document.subtotal.minor, sum);
        prop_assert_eq!(document.item_count, lines.iter().map(|line| u64::from(line.quantity)).sum::<u64>());
    }

    #[test]
    fn the_changes_of_counts_add_up_to_the_open_carts_that_hold_a_product(carts in prop::collection::vec(commands(), 1..5)) {
        let (mut counts, mut holding) = (Counts::new(), Counts::new());
        for commands in carts {
            let (cart, events) = decided(commands);
            let mut document = id().empty();
            for (recorded, event) in history(events) {
                document.fold(&id(), &recorded, &event);
                in_carts::count(&mut counts, &document, &event);
            }
            if let Cart::Open(Contents { lines, .. }) = cart {
                for line in &lines {
                    *holding.entry(line.sku.to_string()).or_default() += 1;
                }
            }
        }
        counts.retain(|_, count| *count != 0);
        prop_assert_eq!(counts, holding);
    }
}
