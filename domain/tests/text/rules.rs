//! What the description of the API takes is what the parser takes: for names always, for prose as far as JSON Schema can say it.

use domain::payment::MethodToken;
use domain::text::Parsed;
use domain::{Code, Country, Currency, Line, Paragraph, Sku, Slug};
use openapi::fits;
use proptest::prelude::*;

/// What somebody sends for a name: almost right, at the edges, and with what looks like nothing.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Z0-9-]{0,70}",
        "[a-z0-9-]{0,45}",
        "[A-Za-z0-9_-]{0,36}",
        "[A-Z]{0,4}",
        "[A-Za-z0-9_]{250,258}",
        "[A-Za-z0-9ÄÖ \\n\u{200b}-]{0,8}",
        proptest::sample::select(Currency::CODES).prop_map(str::to_owned),
    ]
}

fn agrees<T: Parsed>(text: &str) -> Result<(), TestCaseError> {
    let (described, parsed) = (fits(&T::rule(), text), T::parsed(text).is_ok());
    prop_assert_eq!(described, parsed, "{} {:?}", T::rule().name, text);
    Ok(())
}

/// What the description takes is taken. Prose is tidied before it is measured, so that the other way round does not hold.
fn is_taken<T: Parsed>(text: &str) -> Result<(), TestCaseError> {
    if fits(&T::rule(), text) {
        prop_assert!(T::parsed(text).is_ok(), "{} {:?}", T::rule().name, text);
    }
    Ok(())
}

proptest! {
    #[test]
    fn the_description_of_a_name_takes_what_its_parser_takes(text in names()) {
        agrees::<Sku>(&text)?;
        agrees::<Code>(&text)?;
        agrees::<Country>(&text)?;
        agrees::<Currency>(&text)?;
        agrees::<Slug>(&text)?;
        agrees::<MethodToken>(&text)?;
    }

    /// Without combining marks: how many may stand on a letter no pattern says.
    #[test]
    fn prose_that_fits_its_description_is_taken(text in "[ -~À-ɏΑ-ώЀ-я一-龥\u{0}-\u{9f}\u{2028}\u{e000}\u{fdd0}\u{ffff}\\n\\t]{0,20}") {
        is_taken::<Line<16>>(&text)?;
        is_taken::<Paragraph<16>>(&text)?;
        is_taken::<Paragraph<16, 0>>(&text)?;
    }
}
