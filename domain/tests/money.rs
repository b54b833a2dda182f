//! Money: not a unit is lost or invented, in currencies with 0, 2 and 3 decimals.

use domain::money::{MoneyError, Unpayable};
use domain::{Currency, Money};
use proptest::prelude::*;

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn minors(parts: &[Money]) -> Vec<i64> {
    parts.iter().map(|part| part.minor).collect()
}

#[test]
fn what_can_be_paid_has_a_least_a_most_and_a_step_in_every_currency() {
    for &currency in Currency::ALL {
        let of = |minor| Money::new(minor, currency);
        let (least, most, step) = (
            currency.least_payable(),
            currency.most_payable(),
            currency.payable_step(),
        );
        assert_eq!(
            (least.payable(), most.payable()),
            (Ok(()), Ok(())),
            "{currency:?}"
        );
        assert_eq!(
            of(least.minor - step).payable(),
            Err(Unpayable::TooLittle { least })
        );
        assert_eq!(of(least.minor - step).payable_in_parts(), Ok(()));
        assert_eq!(of(most.minor + step).payable(), Err(Unpayable::TooMuch { most }));
        assert_eq!(
            of(0).payable_in_parts(),
            Err(Unpayable::TooLittle { least: of(step) })
        );
        for minor in [0, 1, 4, 5, 6, 9, 10, 1_235, 1_236] {
            let stepped = of(minor).in_steps();
            assert_eq!(stepped.minor % step, 0);
            assert!((stepped.minor - minor).abs() < step);
            assert_eq!(stepped.minor == 0, minor == 0, "nothing becomes free");
        }
    }
    assert_eq!(Currency::KWD.payable_step(), 10);
    assert_eq!(Currency::ISK.most_payable().minor, 999_999);
}

/// Reads what people read: `-14.50 EUR`, `1450 JPY`, `1.450 BHD`.
fn read(text: &str) -> Option<Money> {
    let (amount, code) = text.split_once(' ')?;
    let currency = Currency::parse(code)?;
    let decimals = amount.split_once('.').map_or(0, |(_, after)| after.len());
    let minor = amount.replace('.', "").parse().ok()?;
    (decimals == currency.decimals() as usize).then_some(Money::new(minor, currency))
}

#[test]
fn an_amount_has_the_decimals_of_its_currency() {
    let shown = |minor, currency| Money::new(minor, currency).to_string();
    assert_eq!(shown(1450, Currency::EUR), "14.50 EUR");
    assert_eq!(shown(1450, Currency::JPY), "1450 JPY");
    assert_eq!(shown(1450, Currency::BHD), "1.450 BHD");
    assert_eq!(shown(5, Currency::EUR), "0.05 EUR");
    assert_eq!(shown(0, Currency::KWD), "0.000 KWD");
    assert_eq!(shown(-5, Currency::EUR), "-0.05 EUR");
    assert_eq!(shown(i64::MIN, Currency::JPY), "-9223372036854775808 JPY");
    assert_eq!(shown(i64::MIN, Currency::USD), "-92233720368547758.08 USD");
}

#[test]
fn iso_4217_says_which_currencies_have_no_cents_or_a_thousand() {
    let of = |decimals| -> Vec<&str> {
        Currency::ALL
            .iter()
            .filter(|currency| currency.decimals() == decimals)
            .map(|currency| currency.code())
            .collect()
    };
    assert_eq!(of(0), ["CLP", "ISK", "JPY", "KRW", "VND"]);
    assert_eq!(of(3), ["BHD", "JOD", "KWD", "OMR", "TND"]);
    assert_eq!(of(0).len() + of(2).len() + of(3).len(), Currency::ALL.len());
}

#[test]
fn a_currency_is_known_by_its_code_alone() {
    for currency in Currency::ALL {
        assert_eq!(Currency::parse(currency.code()), Some(*currency));
    }
    for unknown in ["", "eur", "EURO", "XXX", " EUR"] {
        assert_eq!(Currency::parse(unknown), None, "{unknown:?}");
    }
}

#[test]
fn money_travels_as_minor_units_and_a_code() {
    let json = r#"{"minor":1450,"currency":"EUR"}"#;
    assert_eq!(
        serde_json::to_string(&eur(1450)).expect("money can be written"),
        json
    );
    assert_eq!(serde_json::from_str::<Money>(json).expect("and read"), eur(1450));
}

#[test]
fn what_is_not_exactly_an_amount_is_refused() {
    let not_money = [
        r#"{"minor":14.5,"currency":"EUR"}"#,
        r#"{"minor":"1450","currency":"EUR"}"#,
        r#"{"minor":9223372036854775808,"currency":"EUR"}"#,
        r#"{"minor":1450,"currency":"eur"}"#,
        r#"{"minor":1450,"currency":"XXX"}"#,
        r#"{"minor":1450}"#,
        r#"{"currency":"EUR"}"#,
        r#"{"minor":1450,"currency":"EUR","decimals":2}"#,
        r#""14.50 EUR""#,
    ];
    for json in not_money {
        assert!(serde_json::from_str::<Money>(json).is_err(), "{json}");
    }
}

#[test]
fn different_currencies_do_not_add_up() {
    let error = MoneyError::CurrencyMismatch("EUR", "JPY");
    assert_eq!(eur(1).checked_add(Money::new(1, Currency::JPY)), Err(error));
    assert_eq!(eur(1).checked_sub(Money::new(1, Currency::JPY)), Err(error));
    assert_eq!(
        error.to_string(),
        "EUR and JPY cannot be added: they are different currencies"
    );
}

#[test]
fn an_amount_that_is_too_large_is_an_error() {
    assert_eq!(eur(i64::MAX).checked_add(eur(1)), Err(MoneyError::Overflow));
    assert_eq!(eur(i64::MIN).checked_add(eur(-1)), Err(MoneyError::Overflow));
    assert_eq!(eur(i64::MAX).checked_mul(2), Err(MoneyError::Overflow));
    assert_eq!(eur(i64::MIN).checked_sub(eur(1)), Err(MoneyError::Overflow));
    assert_eq!(eur(i64::MAX).fraction(2, 1), Err(MoneyError::Overflow));
    assert_eq!(eur(-1).checked_sub(eur(i64::MIN)), Ok(eur(i64::MAX)));
    assert_eq!(eur(i64::MAX - 1).checked_add(eur(1)), Ok(eur(i64::MAX)));
    assert_eq!(eur(i64::MAX).checked_mul(1), Ok(eur(i64::MAX)));
}

#[test]
fn half_a_unit_of_a_fraction_goes_away_from_zero() {
    let part =
        |minor, numerator, denominator| eur(minor).fraction(numerator, denominator).map(|part| part.minor);
    assert_eq!(part(1999, 1900, 10_000), Ok(380), "379.81");
    assert_eq!(part(25, 1, 2), Ok(13), "12.5");
    assert_eq!(part(-25, 1, 2), Ok(-13), "-12.5");
    assert_eq!(part(24, 1, 50), Ok(0), "0.48");
    assert_eq!(part(1999, 0, 10_000), Ok(0));
    assert_eq!(part(1999, 10_000, 10_000), Ok(1999));
    assert_eq!(part(1999, 1, 0), Err(MoneyError::NoWeights));
}

#[test]
fn units_that_are_left_go_to_the_largest_remainders() {
    let parts = |minor, weights: &[u64]| eur(minor).allocate(weights).map(|parts| minors(&parts));
    assert_eq!(
        parts(100, &[1, 1, 1]),
        Ok(vec![34, 33, 33]),
        "the earlier of equals"
    );
    assert_eq!(
        parts(100, &[1, 1, 4]),
        Ok(vec![17, 17, 66]),
        "16.67, 16.67, 66.67"
    );
    assert_eq!(parts(5, &[3, 7]), Ok(vec![2, 3]), "1.5, 3.5");
    assert_eq!(parts(1, &[1, 98, 1]), Ok(vec![0, 1, 0]));
    assert_eq!(parts(100, &[0, 1]), Ok(vec![0, 100]));
    assert_eq!(parts(0, &[1, 2]), Ok(vec![0, 0]));
}

#[test]
fn a_debt_is_divided_to_the_unit_too() {
    let parts = |minor, weights: &[u64]| eur(minor).allocate(weights).map(|parts| minors(&parts));
    assert_eq!(parts(-100, &[1, 1, 1]), Ok(vec![-33, -33, -34]));
    assert_eq!(parts(-1, &[0, 1]), Ok(vec![0, -1]));
    assert_eq!(parts(i64::MIN, &[u64::MAX]), Ok(vec![i64::MIN]));
}

#[test]
fn nothing_is_divided_by_no_weight() {
    for weights in [&[][..], &[0], &[0, 0]] {
        assert_eq!(eur(100).allocate(weights), Err(MoneyError::NoWeights));
    }
}

/// A currency with no, two or three decimals.
fn currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(Currency::ALL)
}

/// Everyday amounts, the largest and smallest, and any others.
fn minor() -> impl Strategy<Value = i64> {
    prop_oneof![
        -1000..=1000_i64,
        i64::MAX - 3..=i64::MAX,
        i64::MIN..=i64::MIN + 3,
        any::<i64>()
    ]
}

fn weights() -> impl Strategy<Value = Vec<u64>> {
    let weight = prop_oneof![0..=5_u64, any::<u64>()];
    prop::collection::vec(weight, 1..20).prop_filter("not all of them zero", |w| w.iter().any(|&w| w > 0))
}

proptest! {
    #[test]
    fn parts_add_up_to_the_whole_and_are_within_a_unit_of_their_share(
        minor in minor(),
        currency in currency(),
        weights in weights(),
    ) {
        let parts = Money::new(minor, currency).allocate(&weights).expect("there are weights");
        prop_assert_eq!(parts.len(), weights.len());
        prop_assert!(parts.iter().all(|part| part.currency == currency));
        prop_assert_eq!(parts.iter().map(|part| i128::from(part.minor)).sum::<i128>(), i128::from(minor));

        let total: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
        for (part, weight) in parts.iter().zip(&weights) {
            // The share is between the units around it. Both sides are divided, so that nothing overflows.
            let share = i128::from(minor) * i128::from(*weight);
            let (floor, is_whole) = (share.div_euclid(total), share.rem_euclid(total) == 0);
            let allowed = floor..=if is_whole { floor } else { floor + 1 };
            prop_assert!(allowed.contains(&i128::from(part.minor)), "{part} of {minor} for {weight} in {total}");
        }
    }

    #[test]
    fn a_sum_is_right_or_refused(a in minor(), b in minor(), currency in currency()) {
        let sum = Money::new(a, currency).checked_add(Money::new(b, currency));
        let exact = i64::try_from(i128::from(a) + i128::from(b));
        prop_assert_eq!(sum.ok(), exact.ok().map(|minor| Money::new(minor, currency)));
    }

    #[test]
    fn a_difference_is_right_or_refused(a in minor(), b in minor(), currency in currency()) {
        let difference = Money::new(a, currency).checked_sub(Money::new(b, currency));
        let exact = i64::try_from(i128::from(a) - i128::from(b));
        prop_assert_eq!(difference.ok(), exact.ok().map(|minor| Money::new(minor, currency)));
    }

    #[test]
    fn a_fraction_is_within_half_a_unit_or_refused(
        minor in minor(),
        currency in currency(),
        numerator in any::<u32>(),
        denominator in 1..=u32::MAX,
    ) {
        let (exact, whole) = (i128::from(minor) * i128::from(numerator), i128::from(denominator));
        match Money::new(minor, currency).fraction(numerator, denominator) {
            Ok(part) => {
                let off_by = i128::from(part.minor) * whole - exact;
                prop_assert!(2 * off_by.abs() <= whole, "{part} for {exact} / {whole}");
            }
            Err(error) => {
                prop_assert_eq!(error, MoneyError::Overflow);
                prop_assert!(i64::try_from(exact / whole).is_err() || (exact / whole).abs() == i128::from(i64::MAX));
            }
        }
    }

    #[test]
    fn a_multiple_is_right_or_refused(a in minor(), times in any::<u32>(), currency in currency()) {
        let product = Money::new(a, currency).checked_mul(times);
        let exact = i64::try_from(i128::from(a) * i128::from(times));
        prop_assert_eq!(product.ok(), exact.ok().map(|minor| Money::new(minor, currency)));
    }

    #[test]
    fn what_people_read_is_what_is_meant(minor in minor(), currency in currency()) {
        let money = Money::new(minor, currency);
        prop_assert_eq!(read(&money.to_string()), Some(money));
    }

    #[test]
    fn money_is_the_same_after_a_journey(minor in minor(), currency in currency()) {
        let money = Money::new(minor, currency);
        let json = serde_json::to_string(&money).expect("money can be written");
        prop_assert_eq!(serde_json::from_str::<Money>(&json).expect("and read"), money);
    }
}
