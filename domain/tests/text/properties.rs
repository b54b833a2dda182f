//! Whatever somebody sends: what is kept holds every promise, and is kept again as it is.

use domain::text::{CleanLine, Line, Paragraph};
use proptest::prelude::*;
use unicode_normalization::is_nfc;

/// Characters that texts are attacked with, among usual ones.
fn nasty() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(
        vec![
            '\0',
            '\t',
            '\n',
            '\r',
            '\u{7f}',
            '\u{85}',
            '\u{9f}',
            '\u{a0}',
            '\u{ad}',
            '\u{301}',
            '\u{327}',
            '\u{34f}',
            '\u{61c}',
            '\u{17b4}',
            '\u{180b}',
            '\u{180e}',
            '\u{1820}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{2028}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{20e3}',
            '\u{2764}',
            '\u{2800}',
            '\u{3000}',
            '\u{3164}',
            '\u{e000}',
            '\u{fdd0}',
            '\u{fe0e}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{fffc}',
            '\u{fffd}',
            '\u{1f1e9}',
            '\u{1f3f4}',
            '\u{1f3fd}',
            '\u{1f469}',
            '\u{1f680}',
            '\u{e0062}',
            '\u{e0067}',
            '\u{e0073}',
            '\u{e0063}',
            '\u{e0074}',
            '\u{e007f}',
            '\u{e0100}',
            '葛',
            'خ',
            'ه',
            'क',
            '\u{94d}',
            'ष',
            '\u{9a1}',
            '\u{9bc}',
            '\u{9b0}',
            '\u{9cd}',
            '\u{1100}',
            '\u{1161}',
            '\u{11a8}',
            'e',
            'A',
            '1',
            '#',
            ' ',
            'ß',
            '\u{212b}',
            '\u{958}',
        ]
        .into_iter()
        .flat_map(|c| c.to_string().chars().collect::<Vec<_>>())
        .collect::<Vec<char>>(),
    );
    prop::collection::vec(prop_oneof![4 => odd, 1 => any::<char>()], 0..40)
        .prop_map(|characters| characters.into_iter().collect())
}

fn holds_its_promises(text: &str, may_break: bool) {
    assert!(is_nfc(text), "{text:?}");
    assert_eq!(text.trim(), text, "{text:?}");
    let is_forbidden = |c: char| {
        (c.is_control() && !(may_break && c == '\n'))
            || matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}')
    };
    assert_eq!(text.chars().find(|c| is_forbidden(*c)), None, "{text:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_line_is_kept_as_it_is(text in nasty()) {
        if let Ok(line) = Line::<64>::parse(&text) {
            holds_its_promises(line.as_str(), false);
            prop_assert_eq!(Line::<64>::parse(line.as_str()).unwrap(), line);
        }
    }

    #[test]
    fn a_paragraph_is_kept_as_it_is(text in nasty()) {
        if let Ok(paragraph) = Paragraph::<64, 0>::parse(&text) {
            holds_its_promises(paragraph.as_str(), true);
            prop_assert_eq!(Paragraph::<64, 0>::parse(paragraph.as_str()).unwrap(), paragraph);
        }
    }

    #[test]
    fn what_is_cleaned_is_a_line(text in nasty()) {
        let cleaned = Line::<16>::clean(&text);
        if let Some(line) = &cleaned {
            holds_its_promises(line.as_str(), false);
            prop_assert_eq!(Line::<16>::parse(line.as_str()), Ok(line.clone()));
        }
        let paragraph = Paragraph::<16, 0>::clean(&text);
        holds_its_promises(paragraph.as_str(), true);
        prop_assert_eq!(Paragraph::<16, 0>::parse(paragraph.as_str()), Ok(paragraph.clone()));
        prop_assert!(paragraph.as_str().chars().count() <= 16);
        // What can be kept as it is, is: cleaning loses nothing of it.
        if let Ok(line) = Line::<16>::parse(&text) {
            prop_assert_eq!(cleaned, Some(line));
        }
    }
}
