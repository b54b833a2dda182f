//! Telephone numbers, as people write them for a carrier to read: an extension, brackets, any kind of hyphen. The storefront has the
//! same rule, and both are tested with the same numbers.

use domain::Line;
use domain::text::{Parsed, Rule};

/// In characters.
const MOST: usize = 32;
/// No number that can be called has fewer digits.
const LEAST_DIGITS: usize = 3;

/// What can stand anywhere in a number: all of Unicode's first plane that a line takes. No number has characters beyond it.
const ANY: &str = r" -~\u00a0-\u2027\u202a-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd";
/// Digits of the scripts in which numbers are written today, each from its zero to its nine: Latin, Arabic, Persian, Devanagari, Bengali,
/// Thai, full width. Those of the other scripts are taken too; a class with all of them could not be read.
const DIGITS: &str = r"0-9\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\u0e50-\u0e59\uff10-\uff19";

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
            pattern: Some(format!("^[{ANY}]*([{DIGITS}][{ANY}]*){{{LEAST_DIGITS}}}$").into()),
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
    use openapi::fits;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Without combining marks: how many may stand on a letter no pattern says.
        #[test]
        fn what_fits_the_description_of_a_number_is_taken(
            number in "[0-9]{0,4}[ -~À-ɏ٠-٩०-९–\\u{0}-\\u{9f}\u{2028}\u{e000}\u{fdd0}]{0,30}[0-9٣]{0,3}"
        ) {
            if fits(&Phone::rule(), &number) {
                prop_assert!(Phone::parsed(&number).is_ok(), "{:?}", number);
            }
        }

        #[test]
        fn the_description_of_a_number_takes_what_is_taken(number in "[0-9a-z +()/.–-]{1,32}|[٠-٩۰-۹०-९ ]{3,12}") {
            let is_taken = Phone::parsed(&number).is_ok_and(|phone| phone.0.as_str() == number);
            prop_assert!(!is_taken || fits(&Phone::rule(), &number), "{:?}", number);
        }
    }

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
            assert!(fits(&Phone::rule(), &taken), "{taken} is not described");
        }
        for refused in numbers.refused {
            assert!(Phone::parsed(&refused).is_err(), "{refused}");
            assert!(!fits(&Phone::rule(), &refused), "{refused} is described");
        }
    }
}
