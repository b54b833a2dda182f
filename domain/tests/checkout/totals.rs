//! Money in currencies with 0, 2 and 3 decimals: not a unit is lost or invented between the lines and the total.

use std::collections::BTreeMap;

use domain::cart::Cart;
use domain::checkout::Quote;
use domain::checkout_rules::{CheckoutRules, ShippingOption, ShippingPrice, Tax};
use domain::discount_code::{Discount, DiscountCode, Terms};
use domain::order::OrderEvent;
use domain::payment::PaymentEvent;
use domain::product::MAX_PRICE;
use domain::{Currency, Money};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Shop, added, agreeing_to, country, opened, percent, product, sku, stock, wish};

/// One without cents, one with, and one with a thousand.
fn currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(vec![Currency::JPY, Currency::EUR, Currency::BHD])
}

/// Everyday prices, and those near the limits.
fn price() -> impl Strategy<Value = i64> {
    prop_oneof![4 => 1..=3000_i64, 1 => (MAX_PRICE - 2)..=MAX_PRICE, 1 => 1..=MAX_PRICE]
}

fn discount(currency: Currency) -> impl Strategy<Value = Option<Discount>> {
    prop_oneof![
        1 => Just(None),
        2 => (1..=100_u32).prop_map(|percent| Some(Discount::Percent(percent))),
        2 => prop_oneof![1..=5000_i64, 1..=i64::MAX]
            .prop_map(move |minor| Some(Discount::Amount(Money::new(minor, currency)))),
    ]
}

prop_compose! {
    fn rules(currency: Currency)(
        steps in 0..=2000_i64,
        free_from in prop::option::of(0..=10_000_i64),
        rate in prop_oneof![Just(0_u32), Just(1900), Just(810), 0..=10_000_u32],
        included in any::<bool>(),
    ) -> CheckoutRules {
        let price = steps * currency.payable_step();
        CheckoutRules {
            shipping: vec![ShippingOption {
                id: "standard".to_owned(),
                name: "Standard".to_owned(),
                takes: "some days".to_owned(),
                prices: BTreeMap::from([(currency, ShippingPrice { price, free_from })]),
            }],
            taxes: BTreeMap::from([(country("DE"), Tax { rate, included })]),
        }
    }
}

prop_compose! {
    fn shop_in(currency: Currency)(
        lines in vec((price(), 1..=999_u32), 1..12),
        discount in discount(currency),
        rules in rules(currency),
    ) -> Shop {
        let mut shop = Shop {
            cart: Cart::default(),
            goods: vec![],
            code: DiscountCode::default(),
            rules,
        };
        shop = shop.then(&[opened(currency)]);
        for (number, (price, quantity)) in lines.into_iter().enumerate() {
            let price = Money::new(price, currency);
            shop = shop.then(&[added(sku(&format!("P-{number}")), quantity, price)]);
            shop.goods.push((product("Thing", price), stock(999)));
        }
        match discount {
            None => shop,
            Some(discount) => shop.with_code(Terms { discount, ..percent(1) }),
        }
    }
}

fn any_shop() -> impl Strategy<Value = (Currency, Shop)> {
    currency().prop_flat_map(|currency| (Just(currency), shop_in(currency)))
}

fn sum(amounts: impl Iterator<Item = Money>) -> i128 {
    amounts.map(|amount| i128::from(amount.minor)).sum()
}

fn check(quote: &Quote, rules: &CheckoutRules, currency: Currency) -> Result<(), TestCaseError> {
    let totals = quote.totals;
    let of = |amount: Money| i128::from(amount.minor);
    for line in &quote.lines {
        prop_assert_eq!(
            of(line.line_total),
            of(line.unit_price) * i128::from(line.quantity)
        );
        prop_assert!(
            (0..=line.line_total.minor).contains(&line.discount.minor),
            "{line:?}"
        );
        prop_assert_eq!(line.discount.currency, currency);
    }
    prop_assert_eq!(
        sum(quote.lines.iter().map(|line| line.line_total)),
        of(totals.subtotal)
    );
    prop_assert_eq!(
        sum(quote.lines.iter().map(|line| line.discount)),
        of(totals.discount)
    );

    let taxed = of(totals.subtotal) - of(totals.discount) + of(totals.shipping);
    let on_top = if totals.tax_included { 0 } else { of(totals.tax) };
    prop_assert_eq!(of(totals.total), taxed + on_top);
    prop_assert!(totals.total.minor >= 0);
    prop_assert_eq!(
        totals.total.minor % currency.payable_step(),
        0,
        "cards are charged no parts of a step"
    );

    // Within half a unit of what it is exactly; within half a step where it is paid on top.
    let tax = rules.taxes[&country("DE")];
    let step = if tax.included {
        1
    } else {
        i128::from(currency.payable_step())
    };
    let whole = 10_000 + if tax.included { i128::from(tax.rate) } else { 0 };
    let off_by = of(totals.tax) * whole - taxed * i128::from(tax.rate);
    prop_assert!(2 * off_by.abs() <= whole * step, "{totals:?}");
    let all = [
        totals.subtotal,
        totals.discount,
        totals.shipping,
        totals.tax,
        totals.total,
    ];
    prop_assert!(all.iter().all(|amount| amount.currency == currency));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_quote_adds_up_to_the_minor_unit((currency, shop) in any_shop()) {
        let quote = shop.quote(&wish()).expect("nothing is in the way");
        check(&quote, &shop.rules, currency)?;
    }

    #[test]
    fn what_was_quoted_is_ordered_and_asked_for_and_not_a_unit_more((_, shop) in any_shop(), off_by in -2..=2_i64) {
        let quote = shop.quote(&wish()).expect("nothing is in the way");
        let total = quote.totals.total;
        let agreed = Money::new(total.minor + off_by, total.currency);
        match shop.place(agreeing_to(agreed)) {
            Err(error) if off_by == 0 => {
                prop_assert_eq!(Some(error.code()), quote.unpayable.map(|why| why.code()));
                prop_assert!(total.payable().is_err());
            }
            Err(error) => prop_assert_eq!(error.code(), "total-changed"),
            Ok(placed) => {
                prop_assert_eq!(off_by, 0);
                prop_assert!(total.minor == 0 || total.payable().is_ok());
                let OrderEvent::OrderPlaced { placement } = &placed.order[0] else { panic!("it is placed first") };
                prop_assert_eq!(placement.totals, quote.totals);
                prop_assert_eq!(placement.lines.len(), shop.goods.len());
                let asked = placed.payment.iter().map(|event| match event {
                    PaymentEvent::PaymentRequested { amount, .. } => *amount,
                    other => panic!("{other:?}"),
                });
                prop_assert_eq!(sum(asked), i128::from(total.minor));
                prop_assert_eq!(placed.payment.is_empty(), total.minor == 0);
                prop_assert_eq!(placed.code.is_some(), quote.code.is_some());
            }
        }
    }
}
