//! What a shop may configure.

use domain::Currency;
use domain::checkout_rules::{CheckoutRules, RulesError, ShippingPrice};

use super::{country, eur, rules};

fn broken(breaks: impl FnOnce(&mut CheckoutRules)) -> (RulesError, String) {
    let mut rules = rules();
    breaks(&mut rules);
    let error = rules.check().expect_err("it is broken");
    (error.clone(), error.to_string())
}

#[test]
fn rules_that_make_sense_are_taken_as_they_are_written() {
    let rules = rules();
    assert_eq!(rules.check(), Ok(()));
    let text = serde_json::to_string(&rules).expect("rules can be written");
    assert_eq!(
        serde_json::from_str::<CheckoutRules>(&text).expect("and read"),
        rules
    );
}

#[test]
fn rules_are_read_from_a_file() {
    let text = r#"{
      "shipping": [
        {
          "id": "standard", "name": "Standard", "takes": "2 to 4 days",
          "prices": { "EUR": { "price": 490, "free_from": 5000 }, "JPY": { "price": 800, "free_from": null } }
        }
      ],
      "taxes": { "DE": { "rate": 1900, "included": true } }
    }"#;
    let rules: CheckoutRules = serde_json::from_str(text).expect("they are rules");
    assert_eq!(rules.check(), Ok(()));
    assert_eq!(rules.shipping[0].price(eur(4999)), Some(eur(490)));
    assert_eq!(rules.shipping[0].price(eur(5000)), Some(eur(0)));
    assert_eq!(rules.taxes[&country("DE")].on(eur(11900)), Ok(eur(1900)));
}

#[test]
fn a_typing_error_in_the_rules_is_not_passed_over() {
    let typing_errors = [
        r#"{ "shipping": [], "taxes": {}, "tax": {} }"#,
        r#"{ "shipping": [], "taxes": { "Germany": { "rate": 1900, "included": true } } }"#,
        r#"{ "shipping": [], "taxes": { "DE": { "rate": 19.5, "included": true } } }"#,
        r#"{ "shipping": [], "taxes": { "DE": { "rate": -1, "included": true } } }"#,
        r#"{ "shipping": [], "taxes": { "DE": { "rate": 1900, "included": true, "from": 2 } } }"#,
        r#"{ "shipping": [{ "id": "a", "name": "A", "takes": "", "prices": { "EURO": { "price": 1 } } }], "taxes": {} }"#,
    ];
    for text in typing_errors {
        assert!(serde_json::from_str::<CheckoutRules>(text).is_err(), "{text}");
    }
}

#[test]
fn rules_that_make_no_sense_are_refused_with_what_is_wrong() {
    let said = |breaks: fn(&mut CheckoutRules)| broken(breaks).1;
    assert_eq!(
        said(|rules| rules.shipping.clear()),
        "there is no shipping option"
    );
    assert_eq!(
        said(|rules| rules.shipping[1].id = "standard".to_owned()),
        "the shipping option standard is there twice"
    );
    assert_eq!(
        said(|rules| {
            for price in rules.shipping[1].prices.values_mut() {
                price.price = -1;
            }
        }),
        "the shipping option express has a price that cannot be paid: the least that can be paid is 0.01 EUR"
    );
    assert_eq!(
        said(|rules| {
            let price = ShippingPrice {
                price: 1_755,
                free_from: None,
            };
            rules.shipping[1].prices.insert(Currency::KWD, price);
        }),
        "the shipping option express has a price that cannot be paid: what can be paid in KWD is a multiple of 0.010 KWD"
    );
    assert_eq!(
        said(|rules| rules.taxes.clear()),
        "there is no country to send to"
    );
    assert_eq!(
        said(|rules| {
            for tax in rules.taxes.values_mut() {
                tax.rate = 10_001;
            }
        }),
        "the tax rate of CH is more than 100 %"
    );
}
