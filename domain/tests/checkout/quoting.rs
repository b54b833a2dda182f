//! What a cart comes to, and what is shown of what is in the way.

use domain::cart::{Cart, CartError, CartEvent};
use domain::checkout::{
    CheckoutError, CodeRefused, Goods, Quote, QuotedCode, QuotedLine, Shelf, Trouble, Wish, quote,
};
use domain::checkout_rules::{ShippingPrice, Tax};
use domain::discount_code::{DiscountCode, DiscountCodeEvent, Terms};
use domain::money::Unpayable;
use domain::order::Totals;
use domain::product::{Product, ProductEvent};
use domain::stock::StockEvent;
use domain::{Currency, Money};
use serde_json::json;

use super::{
    Shop, added, agreeing_to, country, eur, eve, mug, opened, order, percent, product, shop, spring, stock,
    teapot, today, wish,
};

fn by(option: &str) -> Wish {
    Wish {
        shipping_option: Some(option.to_owned()),
        ..wish()
    }
}

fn prices(quote: &Quote) -> Vec<(&str, i64)> {
    quote
        .shipping_options
        .iter()
        .map(|option| (&*option.id, option.price.minor))
        .collect()
}

#[test]
fn a_quote_adds_up_lines_shipping_and_the_tax_in_them() {
    let quote = shop().quote(&wish()).expect("it can be had");
    let line = |sku, name: &str, quantity, unit_price, line_total| QuotedLine {
        sku,
        name: name.to_owned(),
        quantity,
        unit_price: eur(unit_price),
        line_total: eur(line_total),
        discount: eur(0),
        previous_price: None,
        trouble: None,
    };
    assert_eq!(
        quote.lines,
        [
            line(mug(), "Mug", 2, 1450, 2900),
            line(teapot(), "Teapot", 1, 1790, 1790)
        ]
    );
    assert_eq!(quote.code, None);
    assert_eq!(quote.shipping_option, "standard");
    let totals = Totals {
        subtotal: eur(4690),
        discount: eur(0),
        shipping: eur(490),
        tax: eur(827),
        tax_rate: 1900,
        tax_included: true,
        total: eur(5180),
    };
    assert_eq!(quote.totals, totals);
}

#[test]
fn tax_that_is_not_in_the_prices_comes_on_top() {
    let to_zurich = Wish {
        country: country("CH"),
        ..wish()
    };
    let totals = shop().quote(&to_zurich).expect("it can be had").totals;
    assert_eq!(
        (totals.tax, totals.tax_rate),
        (eur(420), 810),
        "8.1 % of 51.80 EUR are 4.1958"
    );
    assert_eq!((totals.total, totals.tax_included), (eur(5180 + 420), false));
}

#[test]
fn a_country_to_which_the_shop_does_not_send_is_named_with_those_to_which_it_does() {
    let to_nowhere = Wish {
        country: country("AQ"),
        ..wish()
    };
    let error = shop().quote(&to_nowhere).expect_err("nobody lives there");
    assert_eq!(error.code(), "unknown-country");
    assert_eq!(
        error.to_string(),
        "the shop does not send to AQ; it sends to CH, DE"
    );
}

#[test]
fn the_shopper_chooses_how_it_is_sent() {
    let quote = shop().quote(&by("express")).expect("it can be had");
    assert_eq!(prices(&quote), [("standard", 490), ("express", 990)]);
    assert_eq!(quote.shipping_option, "express");
    assert_eq!((quote.totals.shipping, quote.totals.total), (eur(990), eur(5680)));
}

#[test]
fn an_option_that_there_is_not_is_named_with_those_that_there_are() {
    let error = shop().quote(&by("pigeon")).expect_err("pigeons carry no mugs");
    assert_eq!(error.code(), "unknown-shipping-option");
    assert_eq!(
        error.to_string(),
        "there is no shipping option pigeon; there are standard, express"
    );
}

#[test]
fn a_currency_in_which_the_shop_does_not_send_is_named() {
    let yen = |minor| Money::new(minor, Currency::JPY);
    let mut in_yen = shop();
    in_yen.cart = Cart::default();
    in_yen.goods = vec![(product("Mug", yen(1450)), stock(5))];
    let in_yen = in_yen.then(&[opened(Currency::JPY), added(mug(), 1, yen(1450))]);
    let error = in_yen.quote(&wish()).expect_err("there is no price in yen");
    assert_eq!(
        error,
        CheckoutError::NoShipping {
            currency: Currency::JPY
        }
    );
    assert_eq!(error.code(), "no-shipping");
    assert_eq!(error.to_string(), "the shop sends nothing that is paid in JPY");
}

#[test]
fn sending_is_free_from_what_the_lines_come_to_less_the_discount() {
    let of = |quantity, terms: Option<Terms>| {
        let changed = CartEvent::QuantityChanged {
            sku: mug(),
            quantity,
            previous: 2,
        };
        let shop = shop().then(&[changed]);
        let shop = match terms {
            None => shop,
            Some(terms) => shop.with_code(terms),
        };
        prices(&shop.quote(&wish()).expect("it can be had"))[0].1
    };
    assert_eq!(of(2, None), 490, "46.90 EUR");
    assert_eq!(of(3, None), 0, "61.40 EUR");
    assert_eq!(of(3, Some(percent(18))), 0, "50.35 EUR");
    assert_eq!(of(3, Some(percent(19))), 490, "49.73 EUR");
}

#[test]
fn a_price_that_changed_since_is_shown_beside_the_one_before() {
    let mut shop = shop();
    shop.goods[0].0 = product("Stone mug", eur(1600));
    let quote = shop.quote(&wish()).expect("it can be had");
    let line = &quote.lines[0];
    assert_eq!(
        (&*line.name, line.unit_price, line.line_total),
        ("Stone mug", eur(1600), eur(3200))
    );
    assert_eq!(line.previous_price, Some(eur(1450)));
    assert_eq!(quote.lines[1].previous_price, None);
    assert_eq!(quote.totals.total, eur(5480));
}

#[test]
fn a_line_of_which_there_is_not_enough_says_how_many_there_are() {
    let mut shop = shop();
    shop.goods[0].1 = stock(2);
    assert_eq!(
        shop.quote(&wish()).expect("two are enough").lines[0].trouble,
        None
    );
    shop.goods[0].1.evolve(&StockEvent::StockReserved {
        order: order(),
        quantity: 1,
    });
    let quote = shop.quote(&wish()).expect("it is shown all the same");
    assert_eq!(quote.lines[0].trouble, Some(Trouble::OutOfStock { available: 1 }));
    assert_eq!(quote.totals.subtotal, eur(4690));
}

#[test]
fn a_line_of_what_is_not_sold_any_more_says_so() {
    let mut shop = shop();
    shop.goods[0].0.evolve(&ProductEvent::ProductDelisted {});
    shop.goods[1].0 = Product::Unlisted;
    let quote = shop.quote(&wish()).expect("it is shown all the same");
    assert_eq!(quote.lines[0].trouble, Some(Trouble::Delisted));
    let lost = &quote.lines[1];
    assert_eq!(lost.trouble, Some(Trouble::Delisted));
    assert_eq!(
        (&*lost.name, lost.unit_price),
        ("TEAPOT", eur(1790)),
        "as it was added"
    );
}

#[test]
fn a_code_takes_its_share_off_every_line() {
    let quote = shop()
        .with_code(percent(15))
        .quote(&wish())
        .expect("it can be had");
    let accepted = QuotedCode {
        code: spring(),
        refused: None,
    };
    assert_eq!(quote.code, Some(accepted));
    assert_eq!(quote.totals.discount, eur(704), "703.5 to the nearest cent");
    let shares: Vec<Money> = quote.lines.iter().map(|line| line.discount).collect();
    assert_eq!(shares, [eur(435), eur(269)], "435.3 and 268.7");
    assert_eq!(quote.totals.total, eur(4690 - 704 + 490));
}

#[test]
fn a_code_that_is_worth_nothing_says_why_and_takes_nothing_off() {
    let refused = |shop: Shop| {
        let quote = shop.quote(&wish()).expect("it is shown all the same");
        assert_eq!(quote.totals.discount, eur(0));
        assert!(quote.lines.iter().all(|line| line.discount == eur(0)));
        let QuotedCode { code, refused } = quote.code.expect("the cart has a code");
        assert_eq!(code, spring());
        let CodeRefused { problem, detail } = refused.expect("it is refused");
        assert!(detail.contains("SPRING-10"), "{detail}");
        problem
    };
    let expired = Terms {
        expires_at: Some(today()),
        ..percent(10)
    };
    assert_eq!(refused(shop().with_code(expired)), "code-expired");
    let minimum = Terms {
        minimum: Some(eur(4691)),
        ..percent(10)
    };
    assert_eq!(refused(shop().with_code(minimum)), "code-below-minimum");
    let once = Terms {
        limit: Some(1),
        ..percent(10)
    };
    let mut used = shop().with_code(once);
    used.code.evolve(&DiscountCodeEvent::CodeRedeemed {
        order: order(),
        customer: eve(),
    });
    assert_eq!(refused(used), "code-used-up");
    let mut gone = shop().with_code(percent(10));
    gone.code = DiscountCode::Unknown;
    assert_eq!(refused(gone), "unknown-code");
}

#[test]
fn an_empty_cart_comes_to_nothing_that_could_be_ordered() {
    let mut empty = shop().then(&[CartEvent::CartCleared {
        skus: vec![mug(), teapot()],
    }]);
    empty.goods = vec![];
    assert_eq!(empty.quote(&wish()), Err(CartError::Empty.into()));
}

#[test]
fn a_stranger_learns_nothing_about_a_cart_and_its_owner_what_became_of_it() {
    let to_eve = Wish {
        customer: eve(),
        ..wish()
    };
    assert_eq!(shop().quote(&to_eve), Err(CartError::NotFound.into()));
    let ordered = shop().then(&[CartEvent::CartCheckedOut { order: order() }]);
    assert_eq!(
        ordered.quote(&wish()),
        Err(CartError::CheckedOut { order: order() }.into())
    );
    assert_eq!(ordered.quote(&to_eve), Err(CartError::NotFound.into()));
    let expired = shop().then(&[CartEvent::CartExpired {}]);
    assert_eq!(expired.quote(&wish()), Err(CartError::Expired.into()));
}

#[test]
#[should_panic(expected = "every line has its goods")]
fn no_line_is_left_out_because_its_goods_were_not_loaded() {
    let shop = shop();
    let _quote = shop.on_shelf(|shelf| {
        let first: Vec<Goods> = shelf.goods[..1].to_vec();
        quote(
            Shelf {
                goods: &first,
                ..shelf
            },
            &wish(),
        )
    });
}

#[test]
fn a_quote_is_what_the_contract_says() {
    let mut shop = shop().with_code(percent(10));
    shop.goods[0].1 = stock(1);
    shop.goods[1].0 = product("Teapot", eur(1800));
    shop.goods[1].0.evolve(&ProductEvent::ProductDelisted {});
    let quote = shop.quote(&wish()).expect("it is shown all the same");
    let json = serde_json::to_value(&quote).expect("a quote can be written");
    let eur = |minor: i64| json!({ "minor": minor, "currency": "EUR" });
    let expected = json!({
        "lines": [
            {
                "sku": "MUG", "name": "Mug", "quantity": 2, "unit_price": eur(1450), "line_total": eur(2900),
                "discount": eur(290), "previous_price": null,
                "trouble": { "what": "out-of-stock", "available": 1 },
            },
            {
                "sku": "TEAPOT", "name": "Teapot", "quantity": 1, "unit_price": eur(1800), "line_total": eur(1800),
                "discount": eur(180), "previous_price": eur(1790),
                "trouble": { "what": "delisted" },
            },
        ],
        "code": { "code": "SPRING-10", "refused": null },
        "shipping_options": [
            { "id": "standard", "name": "By standard", "takes": "some days", "price": eur(490) },
            { "id": "express", "name": "By express", "takes": "some days", "price": eur(990) },
        ],
        "shipping_option": "standard",
        "totals": {
            "subtotal": eur(4700), "discount": eur(470), "shipping": eur(490), "tax": eur(754), "tax_rate": 1900,
            "tax_included": true, "total": eur(4720),
        },
        "unpayable": null,
    });
    assert_eq!(json, expected);
}

/// One thing in a currency of three decimals, sent for 1.750 KWD with `tax` on top.
fn dinars(price: i64, rate: u32) -> Shop {
    let currency = Currency::KWD;
    let mut shop = shop();
    shop.cart = Cart::default();
    shop = shop.then(&[opened(currency), added(mug(), 1, Money::new(price, currency))]);
    shop.goods = vec![(product("Pot", Money::new(price, currency)), stock(9))];
    for option in &mut shop.rules.shipping {
        let price = ShippingPrice {
            price: 1_750,
            free_from: None,
        };
        option.prices.insert(currency, price);
    }
    let included = false;
    shop.rules.taxes.insert(country("KW"), Tax { rate, included });
    shop
}

#[test]
fn what_a_cart_comes_to_in_dinars_ends_in_a_zero() {
    let to_kuwait = Wish {
        country: country("KW"),
        ..wish()
    };
    // Listed before prices had steps; with tax on top; with 7 % off.
    let listed_so = dinars(1_235, 0);
    let taxed = dinars(1_230, 725);
    let discounted = dinars(1_230, 0).with_code(percent(7));
    for (shop, total) in [(listed_so, 2_980), (taxed, 3_200), (discounted, 2_890)] {
        let quote = shop.quote(&to_kuwait).expect("it can be had");
        assert_eq!(quote.totals.total, Money::new(total, Currency::KWD));
        assert_eq!(quote.unpayable, None);
    }
}

#[test]
fn a_total_that_no_card_can_be_charged_is_shown_and_not_ordered() {
    let mut small = shop();
    small.goods = vec![
        (product("Mug", eur(10)), stock(9)),
        (product("Teapot", eur(9)), stock(9)),
    ];
    small.rules.shipping[0].prices.clear();
    let free = ShippingPrice {
        price: 0,
        free_from: None,
    };
    small.rules.shipping[0].prices.insert(Currency::EUR, free);
    let quote = small.quote(&wish()).expect("it is shown");
    let least = eur(50);
    assert_eq!(quote.totals.total, eur(29));
    assert_eq!(quote.unpayable, Some(Unpayable::TooLittle { least }));
    let shown = serde_json::to_value(quote.unpayable).expect("it can be written");
    assert_eq!(
        shown,
        json!({ "what": "too-little", "least": { "minor": 50, "currency": "EUR" } })
    );
    let refused = small.place(agreeing_to(eur(29))).expect_err("nobody can pay it");
    assert_eq!(refused.code(), "total-too-small");
    assert_eq!(
        refused.to_string(),
        "the total of 0.29 EUR cannot be paid: the least that can be paid is 0.50 EUR"
    );

    let mut dear = shop();
    dear.goods[0].0 = product("Gold", eur(99_999_999));
    let refused = dear
        .place(agreeing_to(eur(199_999_998 + 1790)))
        .expect_err("nobody can pay it");
    assert_eq!(refused.code(), "total-too-large");
}
