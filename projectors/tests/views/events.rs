//! What happens in the tests' shops, in as few words as possible.

use domain::cart::CartEvent;
use domain::cart_owner::CartOwnerEvent;
use domain::product::{Details, ProductEvent};
use domain::stock::StockEvent;
use domain::{CartId, Currency, Event, Money, OwnerId, Sku};
use uuid::Uuid;

pub fn cart_id() -> CartId {
    CartId::new(Uuid::now_v7())
}

pub fn owner_id() -> OwnerId {
    OwnerId::new(Uuid::now_v7())
}

pub fn opened(owner: OwnerId) -> Event {
    Event::Cart(CartEvent::CartOpened {
        owner,
        currency: Currency::EUR,
    })
}

/// `quantity` more of a product, of which the line holds `line_quantity` then.
pub fn added(sku: &str, quantity: u32, line_quantity: u32) -> Event {
    let (sku, name) = (Sku::parse(sku).unwrap(), format!("The {sku}"));
    let unit_price = Money::new(1_450, Currency::EUR);
    Event::Cart(CartEvent::ItemAdded {
        sku,
        name,
        quantity,
        unit_price,
        line_quantity,
    })
}

pub fn removed(sku: &str) -> Event {
    Event::Cart(CartEvent::ItemRemoved {
        sku: Sku::parse(sku).unwrap(),
        quantity: 1,
    })
}

pub fn named(cart: CartId) -> Event {
    Event::CartOwner(CartOwnerEvent::CurrentCartNamed { cart })
}

pub fn listed(name: &str) -> Event {
    let details = Details {
        name: name.to_owned(),
        description: "Holds tea.".to_owned(),
        category: "kitchen".to_owned(),
        picture: None,
    };
    Event::Product(ProductEvent::ProductListed {
        details,
        price: Money::new(1_450, Currency::EUR),
    })
}

pub fn priced(minor: i64, previous: i64) -> Event {
    let euro = |minor| Money::new(minor, Currency::EUR);
    Event::Product(ProductEvent::PriceChanged {
        price: euro(minor),
        previous: euro(previous),
    })
}

pub fn received(quantity: i64) -> Event {
    Event::StockItem(StockEvent::StockReceived { quantity })
}
