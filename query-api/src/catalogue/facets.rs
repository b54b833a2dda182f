//! How many products each filter would leave, given the others.

use std::collections::BTreeMap;

use read_model::money::Currency;
use read_model::product::Availability;
use serde::Serialize;
use utoipa::ToSchema;

/// Where a new price range begins, in minor units of a currency with up to two decimals; the last one is open.
const PRICES: [i64; 6] = [0, 1_000, 2_500, 5_000, 10_000, 20_000];

/// The same in minor units of `currency`: three decimals have ten times as many.
fn beginnings(currency: Currency) -> [i64; PRICES.len()] {
    let times = if currency.decimals() > 2 { 10 } else { 1 };
    PRICES.map(|from| from * times)
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Facets {
    pub category: Vec<ValueCount>,
    /// Of the `currency` that was asked for. None without one: prices of several currencies have no common ranges.
    pub price: Vec<PriceRange>,
    pub availability: Vec<ValueCount>,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ValueCount {
    pub value: String,
    pub count: usize,
}

/// Both ends belong to the range: they are what `min-price` and `max-price` take.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PriceRange {
    pub from: i64,
    /// Null: no upper end.
    #[schema(required)]
    pub to: Option<i64>,
    pub count: usize,
}

/// Counts while the search goes through the products.
pub(super) struct Tally {
    /// The one in which prices are counted.
    currency: Option<Currency>,
    /// By the category's number.
    categories: Vec<usize>,
    prices: [usize; PRICES.len()],
    availability: [usize; 3],
}

const AVAILABILITY: [(Availability, &str); 3] = [
    (Availability::InStock, "in-stock"),
    (Availability::Low, "low"),
    (Availability::OutOfStock, "out-of-stock"),
];

impl Tally {
    pub fn new(currency: Option<Currency>, categories: usize) -> Self {
        Self {
            currency,
            categories: vec![0; categories],
            prices: [0; PRICES.len()],
            availability: [0; 3],
        }
    }

    pub fn category(&mut self, category: u32) {
        if let Some(count) = self.categories.get_mut(category as usize) {
            *count += 1;
        }
    }

    /// An amount in the currency of the question.
    pub fn price(&mut self, minor: i64) {
        let Some(currency) = self.currency else {
            return;
        };
        let from = beginnings(currency);
        let range = from.partition_point(|from| *from <= minor).saturating_sub(1);
        self.prices[range] += 1;
    }

    pub fn availability(&mut self, availability: Availability) {
        let place = match availability {
            Availability::InStock => 0,
            Availability::Low => 1,
            Availability::OutOfStock => 2,
        };
        self.availability[place] += 1;
    }

    /// Of the categories those that are named, also where nothing in them is left: a chosen filter does not vanish.
    pub fn facets(self, named: &BTreeMap<&str, u32>) -> Facets {
        let category = named.iter().map(|(value, number)| ValueCount {
            value: (*value).to_owned(),
            count: self.categories.get(*number as usize).copied().unwrap_or(0),
        });
        let availability = AVAILABILITY.iter().zip(self.availability);
        let availability = availability.map(|((_, value), count)| ValueCount {
            value: (*value).to_owned(),
            count,
        });
        Facets {
            category: category.collect(),
            price: self
                .currency
                .map_or_else(Vec::new, |currency| ranges(currency, self.prices)),
            availability: availability.collect(),
        }
    }
}

fn ranges(currency: Currency, counts: [usize; PRICES.len()]) -> Vec<PriceRange> {
    let from = beginnings(currency);
    let ends = from.into_iter().skip(1).map(|next| Some(next - 1)).chain([None]);
    from.into_iter()
        .zip(ends)
        .zip(counts)
        .map(|((from, to), count)| PriceRange { from, to, count })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_on_a_boundary_belongs_to_the_range_that_begins_there() {
        let mut tally = Tally::new(Some(Currency::EUR), 0);
        for price in [1, 999, 1_000, 2_499, 20_000, 1_000_000] {
            tally.price(price);
        }
        let counts: Vec<_> = tally
            .facets(&BTreeMap::new())
            .price
            .into_iter()
            .map(|r| (r.from, r.to, r.count))
            .collect();
        let expected = [
            (0, Some(999), 2),
            (1_000, Some(2_499), 2),
            (2_500, Some(4_999), 0),
            (5_000, Some(9_999), 0),
            (10_000, Some(19_999), 0),
            (20_000, None, 2),
        ];
        assert_eq!(counts, expected);
    }

    #[test]
    fn ranges_are_of_one_currency_and_as_wide_in_dinars_as_in_euros() {
        let mut dinars = Tally::new(Some(Currency::KWD), 0);
        dinars.price(9_990);
        let ranges = dinars.facets(&BTreeMap::new()).price;
        let first = (ranges[0].from, ranges[0].to, ranges[0].count);
        assert_eq!(first, (0, Some(9_999), 1));
        let mut any = Tally::new(None, 0);
        any.price(9_990);
        assert_eq!(any.facets(&BTreeMap::new()).price, []);
    }

    #[test]
    fn the_names_of_availability_are_those_of_the_document() {
        for (place, (availability, name)) in AVAILABILITY.into_iter().enumerate() {
            assert_eq!(serde_json::to_value(availability).unwrap(), name);
            let mut tally = Tally::new(None, 0);
            tally.availability(availability);
            assert_eq!(tally.facets(&BTreeMap::new()).availability[place].count, 1);
        }
    }
}
