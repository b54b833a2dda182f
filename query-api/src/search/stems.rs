//! What a word has in common with its plural and its other forms, in English and in German.

use std::sync::LazyLock;

use frostem::{Algorithm, Stemmer};

static STEMMERS: LazyLock<[Stemmer; 2]> =
    LazyLock::new(|| [Algorithm::English, Algorithm::German].map(Stemmer::new));

/// Shorter words are their own stems: "as" is no "a".
const SHORTEST: usize = 3;

/// The stems of a folded word, each once. Words that have digits have none.
pub fn stems_of(word: &str) -> Vec<String> {
    if word.chars().count() < SHORTEST || !word.chars().all(char::is_alphabetic) {
        return vec![];
    }
    let mut stems: Vec<String> = STEMMERS
        .iter()
        .map(|stemmer| stemmer.stem(word).into_owned())
        .collect();
    stems.dedup();
    stems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for (one, other) in [
            ("mug", "mugs"),
            ("kettle", "kettles"),
            ("brush", "brushes"),
            ("glass", "glasses"),
            ("knitting", "knitted"),
            ("berry", "berries"),
            ("lampe", "lampen"),
            ("stuhl", "stuhle"),
            ("becher", "bechern"),
            ("tasse", "tassen"),
            ("haus", "hauser"),
            ("teller", "tellers"),
        ] {
            let (one_stems, other_stems) = (stems_of(one), stems_of(other));
            let shared = one_stems.iter().any(|stem| other_stems.contains(stem));
            assert!(shared, "{one} {one_stems:?}, {other} {other_stems:?}");
        }
    }

    #[test]
    fn numbers_and_short_words_have_no_stem() {
        for word in ["as", "m8", "933", "is"] {
            assert_eq!(stems_of(word), [""; 0], "{word}");
        }
    }
}
