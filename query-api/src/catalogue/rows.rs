//! What changes often about a product, beside the words that hardly ever do: filters, facets and orders read nothing else.

use std::collections::{BTreeMap, HashMap, HashSet};

use read_model::money::Currency;
use read_model::product::Availability;

use super::entry::Entry;
use super::question::{Question, Sort};
use super::top::head;

#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub price: i64,
    pub listed_at: i64,
    /// Of the name's key.
    pub name_head: u64,
    pub category: u32,
    pub currency: Currency,
    pub availability: Availability,
    /// Letters of the name.
    name_length: u8,
}

/// So many letters make a difference between two names that are found equally well.
const LONGEST_NAME: i64 = 63;

impl Row {
    pub fn of(entry: &Entry, category: u32) -> Self {
        Self {
            price: entry.price(),
            listed_at: entry.listed_at,
            name_head: head(&entry.name_key),
            category,
            currency: entry.offer.price.currency,
            availability: entry.offer.availability,
            name_length: u8::try_from(entry.name.chars().count()).unwrap_or(u8::MAX),
        }
    }

    /// Whether it is sold in what the question is about.
    pub fn is_sold_in(&self, currency: Option<Currency>) -> bool {
        currency.is_none_or(|currency| currency == self.currency)
    }

    /// The higher the score the lower; of equal scores the shorter name comes first.
    pub fn relevance(&self, score: u32) -> i64 {
        i64::from(self.name_length).min(LONGEST_NAME) - i64::from(score) * (LONGEST_NAME + 1)
    }

    pub fn number(&self, sort: Sort, score: Option<u32>) -> i64 {
        match (sort, score) {
            (Sort::Relevance, Some(score)) => self.relevance(score),
            (Sort::Relevance, None) | (Sort::Newest, _) => -self.listed_at,
            (Sort::PriceAscending, _) => self.price,
            (Sort::PriceDescending, _) => -self.price,
            (Sort::Name, _) => 0,
        }
    }
}

/// Which filters a product fails, a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed(u8);

impl Failed {
    pub const CATEGORY: Self = Self(1);
    pub const PRICE: Self = Self(2);
    pub const STOCK: Self = Self(4);

    /// `categories`: those that are asked for, by number; `None`: any.
    pub fn of(row: &Row, question: &Question, categories: Option<&[u32]>) -> Self {
        let category = categories.is_some_and(|wanted| !wanted.contains(&row.category));
        let price = question.min_price.is_some_and(|min| row.price < min)
            || question.max_price.is_some_and(|max| row.price > max);
        let stock = question.in_stock && row.availability == Availability::OutOfStock;
        Self(
            u8::from(category) * Self::CATEGORY.0
                + u8::from(price) * Self::PRICE.0
                + u8::from(stock) * Self::STOCK.0,
        )
    }

    pub const fn none(self) -> bool {
        self.0 == 0
    }

    /// Whether no other filter than this one is failed.
    pub const fn at_most(self, filter: Self) -> bool {
        self.0 & !filter.0 == 0
    }
}

/// Categories by number, and how many products on sale are in each, by currency.
#[derive(Debug, Default)]
pub struct Categories {
    numbers: HashMap<String, u32>,
    on_sale: HashMap<(u32, Currency), usize>,
}

impl Categories {
    pub fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.numbers.insert(name.to_owned(), number);
        number
    }

    pub fn known(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    pub fn enter(&mut self, row: &Row) {
        *self.on_sale.entry((row.category, row.currency)).or_default() += 1;
    }

    pub fn leave(&mut self, row: &Row) {
        if let Some(count) = self.on_sale.get_mut(&(row.category, row.currency)) {
            *count = count.saturating_sub(1);
        }
    }

    /// Those with products on sale, in this currency if there is one.
    pub fn named(&self, currency: Option<Currency>) -> BTreeMap<&str, u32> {
        let sold = self
            .on_sale
            .iter()
            .filter(|((_, of), count)| **count > 0 && currency.is_none_or(|wanted| wanted == *of));
        let sold: HashSet<u32> = sold.map(|((category, _), _)| *category).collect();
        let names = self.numbers.iter().filter(|(_, number)| sold.contains(number));
        names.map(|(name, number)| (name.as_str(), *number)).collect()
    }
}
