//! How names of things are read from a request: SKUs, codes, countries, currencies.

use super::{Parsed, Rule};
use crate::ids::{CODE_RULE, COUNTRY_RULE, Code, Country, SKU_RULE, Sku};
use crate::money::Currency;

impl Parsed for Sku {
    fn rule() -> Rule {
        Rule {
            min_length: Some(1),
            max_length: Some(Self::MAX_LENGTH),
            pattern: Some(format!("^[A-Z0-9]([A-Z0-9-]{{0,{}}}[A-Z0-9])?$", Self::MAX_LENGTH - 2).into()),
            example: Some("KIT-MUG-STONE"),
            ..Rule::new("Sku", format!("A product: {SKU_RULE}."))
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|rule| format!("has to be {rule}"))
    }
}

impl Parsed for Code {
    fn rule() -> Rule {
        let between = format!("{},{}", Self::MIN_LENGTH - 2, Self::MAX_LENGTH - 2);
        let pattern = format!("^[A-Za-z0-9][A-Za-z0-9-]{{{between}}}[A-Za-z0-9]$");
        Rule {
            min_length: Some(Self::MIN_LENGTH),
            max_length: Some(Self::MAX_LENGTH),
            pattern: Some(pattern.into()),
            example: Some("WELCOME-10"),
            ..Rule::new(
                "DiscountCode",
                format!("{CODE_RULE}. Small letters are taken for capitals."),
            )
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|rule| format!("has to be {rule}"))
    }
}

impl Parsed for Country {
    fn rule() -> Rule {
        Rule {
            min_length: Some(2),
            max_length: Some(2),
            pattern: Some("^[A-Z]{2}$".into()),
            example: Some("DE"),
            ..Rule::new("Country", "ISO 3166-1 alpha-2.")
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|_| format!("has to be {COUNTRY_RULE}"))
    }
}

impl Parsed for Currency {
    fn rule() -> Rule {
        Rule {
            min_length: Some(3),
            max_length: Some(3),
            pattern: Some(format!("^({})$", Self::CODES.join("|")).into()),
            example: Some("EUR"),
            ..Rule::new("Currency", "ISO 4217, one that the shop knows.")
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        Self::parse(text).ok_or_else(|| format!("has to be one of {}", Self::CODES.join(", ")))
    }
}
