//! One spelling for what people take for the same: lower case, without accents, letters that do not decompose as they are typed
//! without them. Other scripts keep their letters.

use std::sync::LazyLock;

use icu_collator::options::CollatorOptions;
use icu_collator::preferences::CollationNumericOrdering;
use icu_collator::{Collator, CollatorBorrowed, CollatorPreferences};
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use unicode_normalization::UnicodeNormalization;

/// Lower case without accents and without characters that nobody sees.
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let invisible = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let letters = text
        .nfkd()
        .filter(|c| !is_accent(*c) && !invisible.contains(*c))
        .nfc()
        .flat_map(char::to_lowercase);
    let mut folded = String::with_capacity(text.len());
    for letter in letters {
        match plain(letter) {
            Some(plain) => folded.push_str(plain),
            None => folded.push(letter),
        }
    }
    folded
}

/// The marks of Latin, Greek and Cyrillic letters. Those of other scripts make other letters: ガ is not カ.
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// What is typed for a letter that Unicode does not decompose.
const fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ł' => "l",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ı' => "i",
        'ħ' => "h",
        'ŧ' => "t",
        'ς' => "σ",
        '×' => "x",
        _ => return None,
    })
}

/// The text with umlauts written as two letters, as in "Stuehle"; none where that changes nothing.
pub fn respelled(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let mut changed = false;
    let mut respelled = String::with_capacity(text.len() + 4);
    for letter in text.nfc() {
        let two = match letter {
            'ä' | 'Ä' => "ae",
            'ö' | 'Ö' | 'ø' | 'Ø' => "oe",
            'ü' | 'Ü' => "ue",
            'å' | 'Å' => "aa",
            _ => {
                respelled.push(letter);
                continue;
            }
        };
        changed = true;
        respelled.push_str(two);
    }
    changed.then_some(respelled)
}

/// Unicode's root order, in which numbers inside of names count as numbers: M8 × 25 comes before M8 × 100.
static COLLATOR: LazyLock<Option<CollatorBorrowed<'static>>> = LazyLock::new(|| {
    let mut preferences = CollatorPreferences::default();
    preferences.numeric_ordering = Some(CollationNumericOrdering::True);
    // Its data is compiled in.
    Collator::try_new(preferences, CollatorOptions::default()).ok()
});

/// Names sort as the bytes of their keys do. A key stays inside of this process: a release may change it.
pub fn name_key(name: &str) -> Box<[u8]> {
    let mut key = vec![];
    match &*COLLATOR {
        Some(collator) => {
            let Ok(()) = collator.write_sort_key_to(name, &mut key);
        }
        None => key.extend_from_slice(folded(name).as_bytes()),
    }
    key.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_folded_and_other_scripts_keep_theirs() {
        for (text, expected) in [
            ("Crème Brûlée", "creme brulee"),
            ("Straße STRASSE Maẞ", "strasse strasse mass"),
            ("Æble œuvre", "aeble oeuvre"),
            ("Łódź", "lodz"),
            ("Smørrebrød", "smorrebrod"),
            ("Đorđe Ðað Þór", "dorde dad thor"),
            ("İstanbul ILIK ılık", "istanbul ilik ilik"),
            ("ﬁlter ﬂat", "filter flat"),
            ("Ħal ŧ", "hal t"),
            ("M8×25", "m8x25"),
            ("ΣΊΣΥΦΟΣ Σίσυφος", "σισυφοσ σισυφοσ"),
            ("ガラス", "ガラス"),
            ("ｶﾞﾗｽ", "ガラス"),
            ("한글", "한글"),
            ("हिन्दी", "हिन्दी"),
            ("ไทย", "ไทย"),
            ("m\u{200b}ug\u{feff} te\u{ad}a", "mug tea"),
        ] {
            assert_eq!(folded(text), expected, "{text}");
        }
    }

    #[test]
    fn umlauts_are_respelled_and_nothing_else() {
        assert_eq!(respelled("Gartenstühle").as_deref(), Some("Gartenstuehle"));
        assert_eq!(
            respelled("Ga\u{308}rten Øl Ål").as_deref(),
            Some("Gaerten oel aal")
        );
        assert_eq!(respelled("Café"), None);
        assert_eq!(respelled("Chairs"), None);
    }

    #[test]
    fn names_sort_as_people_sort_them() {
        let mut names = [
            "Zebra",
            "Äpfel",
            "apple",
            "M8 × 100",
            "M8 × 25",
            "Łódź",
            "Lamp",
            "Éclair",
        ];
        names.sort_by_key(|name| name_key(name));
        assert_eq!(
            names,
            [
                "Äpfel",
                "apple",
                "Éclair",
                "Lamp",
                "Łódź",
                "M8 × 25",
                "M8 × 100",
                "Zebra"
            ]
        );
    }
}
