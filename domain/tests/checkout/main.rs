//! What a cart comes to, and how it becomes an order.

mod accepting;
mod placing;
mod quoting;
mod rules;
mod totals;

use std::collections::BTreeMap;

use domain::cart::{Cart, CartEvent};
use domain::checkout::{self, Allowance, Checkout, CheckoutError, Goods, Placed, Quote, Shelf, Wish};
use domain::checkout_rules::{CheckoutRules, ShippingOption, ShippingPrice, Tax};
use domain::discount_code::{Discount, DiscountCode, DiscountCodeEvent, Terms};
use domain::product::{Details, Product};
use domain::stock::{StockEvent, StockItem};
use domain::{CartId, Code, ContactId, Country, Currency, Money, OrderId, OwnerId, Sku};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

fn ada() -> OwnerId {
    OwnerId::new(Uuid::from_u128(0xada))
}

fn eve() -> OwnerId {
    OwnerId::new(Uuid::from_u128(0xe4e))
}

fn order() -> OrderId {
    OrderId::new(Uuid::from_u128(0x0d))
}

fn cart_id() -> CartId {
    CartId::new(Uuid::from_u128(0xca))
}

fn contact() -> ContactId {
    ContactId::new(Uuid::from_u128(0xc0))
}

fn sku(text: &str) -> Sku {
    Sku::parse(text).expect("a SKU of a test is one")
}

fn mug() -> Sku {
    sku("MUG")
}

fn teapot() -> Sku {
    sku("TEAPOT")
}

fn spring() -> Code {
    Code::parse("SPRING-10").expect("a code of a test is one")
}

fn country(code: &str) -> Country {
    Country::parse(code).expect("a country of a test is one")
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn today() -> OffsetDateTime {
    datetime!(2026-03-01 09:00 UTC)
}

/// Standard for 4.90 EUR and free from 50 EUR, express for 9.90 EUR; to Germany with 19 % of tax in the prices, to
/// Switzerland with 8.1 % on top.
fn rules() -> CheckoutRules {
    let option = |id: &str, price, free_from| ShippingOption {
        id: id.to_owned(),
        name: format!("By {id}"),
        takes: "some days".to_owned(),
        prices: BTreeMap::from([(Currency::EUR, ShippingPrice { price, free_from })]),
    };
    let tax = |rate, included| Tax { rate, included };
    CheckoutRules {
        shipping: vec![option("standard", 490, Some(5000)), option("express", 990, None)],
        taxes: BTreeMap::from([(country("DE"), tax(1900, true)), (country("CH"), tax(810, false))]),
    }
}

/// Everything that takes part in a checkout.
#[derive(Clone, Debug)]
struct Shop {
    cart: Cart,
    goods: Vec<(Product, StockItem)>,
    code: DiscountCode,
    rules: CheckoutRules,
}

impl Shop {
    fn on_shelf<T>(&self, decide: impl FnOnce(Shelf) -> T) -> T {
        let goods: Vec<Goods> = self
            .goods
            .iter()
            .map(|(product, stock)| Goods { product, stock })
            .collect();
        decide(Shelf {
            cart: &self.cart,
            goods: &goods,
            code: (&self.code).into(),
            rules: &self.rules,
        })
    }

    fn quote(&self, wish: &Wish) -> Result<Quote, CheckoutError> {
        self.on_shelf(|shelf| checkout::quote(shelf, wish))
    }

    fn place(&self, checkout: Checkout) -> Result<Placed, CheckoutError> {
        self.on_shelf(|shelf| checkout::place(shelf, checkout))
    }

    fn then(mut self, events: &[CartEvent]) -> Self {
        for event in events {
            self.cart.evolve(event);
        }
        self
    }

    /// With a code in the cart that promises `terms`.
    fn with_code(self, terms: Terms) -> Self {
        let mut shop = self.then(&[CartEvent::DiscountApplied { code: spring() }]);
        shop.code.evolve(&DiscountCodeEvent::CodeCreated { terms });
        shop
    }
}

fn product(name: &str, price: Money) -> Product {
    Product::Known {
        details: Details {
            name: name.to_owned(),
            description: String::new(),
            category: "kitchen".to_owned(),
            picture: None,
        },
        price,
        listed: true,
    }
}

fn stock(on_hand: i64) -> StockItem {
    let mut item = StockItem::default();
    item.evolve(&StockEvent::StockReceived { quantity: on_hand });
    item
}

fn opened(currency: Currency) -> CartEvent {
    CartEvent::CartOpened {
        owner: ada(),
        currency,
    }
}

fn added(sku: Sku, quantity: u32, unit_price: Money) -> CartEvent {
    CartEvent::ItemAdded {
        name: sku.to_string(),
        sku,
        quantity,
        unit_price,
        line_quantity: quantity,
    }
}

/// Two mugs for 14.50 EUR each and a teapot for 17.90 EUR, which are there.
fn shop() -> Shop {
    let shop = Shop {
        cart: Cart::default(),
        goods: vec![
            (product("Mug", eur(1450)), stock(5)),
            (product("Teapot", eur(1790)), stock(5)),
        ],
        code: DiscountCode::default(),
        rules: rules(),
    };
    shop.then(&[
        opened(Currency::EUR),
        added(mug(), 2, eur(1450)),
        added(teapot(), 1, eur(1790)),
    ])
}

/// To Germany, by the first option.
fn wish() -> Wish {
    Wish {
        customer: ada(),
        country: country("DE"),
        shipping_option: None,
        at: today(),
    }
}

/// By whoever agreed to this total.
fn agreeing_to(total: Money) -> Checkout {
    Checkout {
        order: order(),
        cart: cart_id(),
        contact: contact(),
        address: None,
        wish: wish(),
        allowance: Allowance::Unlimited,
        agreed_total: total,
    }
}

fn percent(percent: u32) -> Terms {
    Terms {
        discount: Discount::Percent(percent),
        minimum: None,
        limit: None,
        limit_per_customer: None,
        expires_at: None,
    }
}
