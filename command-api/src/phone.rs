//! Telephone numbers, as people write them for a carrier to read: an extension, brackets, any kind of hyphen. The storefront has the
//! same rule, and both are tested with the same numbers.

use domain::Line;
use domain::text::{Parsed, Rule};

/// In characters.
const MOST: usize = 32;
/// No number that can be called has fewer digits.
const LEAST_DIGITS: usize = 3;

pub struct Phone(Line<MOST>);

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0.into()
    }
}

impl Parsed for Phone {
    const BLANK_IS_NOTHING: bool = true;

    fn rule() -> Rule {
        Rule {
            min_length: Some(LEAST_DIGITS),
            max_length: Some(MOST),
            example: Some("+49 30 1234567"),
            ..Rule::new("Phone", "A telephone number with at least 3 digits, on one line.")
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        let line = Line::parse(text).map_err(|error| error.to_string())?;
        let digits = line.as_str().chars().filter(|c| c.is_numeric()).count();
        if digits < LEAST_DIGITS {
            return Err(format!("has to have at least {LEAST_DIGITS} digits"));
        }
        Ok(Self(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: &str = include_str!("../../frontend/src/components/form/phoneNumbers.json");

    #[derive(serde::Deserialize)]
    struct Numbers {
        taken: Vec<String>,
        refused: Vec<String>,
    }

    #[test]
    fn numbers_are_taken_as_people_write_them() {
        let numbers: Numbers = serde_json::from_str(NUMBERS).unwrap();
        for taken in numbers.taken {
            assert!(Phone::parsed(&taken).is_ok(), "{taken}");
        }
        for refused in numbers.refused {
            assert!(Phone::parsed(&refused).is_err(), "{refused}");
        }
    }
}
