//! One event of every kind, and where the files about it are. For the tests of what travels.
#![allow(dead_code, reason = "every test file uses its own part of it")]

mod carts;
mod orders;
mod requests;

use std::fs;
use std::path::{Path, PathBuf};

use domain::cart_owner::CartOwnerEvent;
use domain::product::{Details, Picture, ProductEvent};
use domain::stock::{AdjustmentReason, StockEvent};
use domain::{CartId, Code, Currency, Event, Money, OrderId, OwnerId, Sku};
use uuid::uuid;

/// What the golden files hold, as the domain sees it.
pub fn events() -> Vec<Event> {
    let all = [
        carts::events().into_iter().map(Event::Cart).collect::<Vec<_>>(),
        vec![Event::CartOwner(CartOwnerEvent::CurrentCartNamed {
            cart: cart(),
        })],
        products().into_iter().map(Event::Product).collect(),
        stock().into_iter().map(Event::StockItem).collect(),
        orders::of_order().into_iter().map(Event::Order).collect(),
        orders::of_payment().into_iter().map(Event::Payment).collect(),
        orders::of_discount_code()
            .into_iter()
            .map(Event::DiscountCode)
            .collect(),
        orders::of_code_customer()
            .into_iter()
            .map(Event::CodeCustomer)
            .collect(),
        requests::events()
            .into_iter()
            .map(Event::ProductRequest)
            .collect(),
        requests::of_member()
            .into_iter()
            .map(Event::RequestMember)
            .collect(),
    ];
    all.into_iter().flatten().collect()
}

fn sku(text: &str) -> Sku {
    Sku::parse(text).expect("a SKU of a test is one")
}

fn mug() -> Sku {
    sku("KIT-MUG-STONE")
}

fn teapot() -> Sku {
    sku("KIT-TEAPOT-1L")
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn owner() -> OwnerId {
    OwnerId::new(uuid!("0192f0c1-7a4e-7c3d-9b1e-0a4d2f6b8c10"))
}

fn cart() -> CartId {
    CartId::new(uuid!("0192f0c1-8d52-7f10-8c2a-5e9b7d3f1a24"))
}

fn order() -> OrderId {
    OrderId::new(uuid!("0192f0c2-3b70-7a55-b1f4-6d2e9c8a7b31"))
}

fn spring() -> Code {
    Code::parse("SPRING-10").expect("a code of a test is one")
}

fn products() -> Vec<ProductEvent> {
    let details = |name: &str, description: &str, picture| Details {
        name: name.to_owned(),
        description: description.to_owned(),
        category: "kitchen".to_owned(),
        picture,
    };
    let stone = Picture {
        drawing: "mug".to_owned(),
        colour: "stone".to_owned(),
    };
    vec![
        ProductEvent::ProductListed {
            details: details(
                "Mug “Stone”, 350 ml",
                "Thrown by hand; no two are alike.",
                Some(stone),
            ),
            price: eur(1450),
        },
        ProductEvent::DetailsChanged {
            details: details("Mug “Stone”", "Thrown by hand;\nno two are alike.", None),
        },
        ProductEvent::PriceChanged {
            price: eur(1290),
            previous: eur(1450),
        },
        ProductEvent::ProductDelisted {},
        ProductEvent::ProductRelisted {},
    ]
}

fn stock() -> Vec<StockEvent> {
    let (order, quantity) = (order(), 2);
    vec![
        StockEvent::StockReceived { quantity: 240 },
        StockEvent::StockAdjusted {
            delta: -3,
            reason: AdjustmentReason::Damaged,
        },
        StockEvent::StockReserved { order, quantity },
        StockEvent::ReservationReleased { order, quantity },
        StockEvent::ReservationCommitted { order, quantity },
    ]
}

/// `cart.ItemAdded.v1.json`: what both the golden file and the schema of an event are called.
pub fn file_name(event: &Event) -> String {
    let major = event.version().split('.').next().unwrap_or_default();
    format!("{}.{}.v{major}.json", event.aggregate_type(), event.name())
}

pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The payload in the golden file, without the newline that ends the file.
#[expect(
    clippy::disallowed_methods,
    reason = "a test reads files; the domain does not"
)]
pub fn golden(event: &Event) -> String {
    let path = folder("tests/golden").join(file_name(event));
    let text = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("no golden file {}: {error}", path.display()));
    let payload = text
        .strip_suffix('\n')
        .expect("a golden file ends with a newline");
    payload.to_owned()
}

pub fn file_names(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.map(|entry| entry.file_name().to_string_lossy().into_owned())
    };
    let mut names = fs::read_dir(folder)
        .and_then(|entries| entries.map(name).collect::<Result<Vec<_>, _>>())
        .unwrap_or_else(|error| panic!("{} cannot be listed: {error}", folder.display()));
    names.sort();
    names
}
