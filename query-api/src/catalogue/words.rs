//! How text becomes words, the same for products and for what people type.

use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case without accents and without what nobody sees, so that "cafe" finds "Café", however it was pasted.
pub fn folded(text: &str) -> String {
    let invisible = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    text.nfkd()
        .filter(|c| !is_combining_mark(*c) && !invisible.contains(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The words of a text: runs of letters and digits, folded.
pub fn words_of(text: &str) -> Vec<String> {
    let folded = folded(text);
    let words = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// The words that somebody searches for. What is typed and has none, such as an emoji or what nobody sees, is a word that nothing begins with: whoever types
/// something must not get everything.
pub fn searched(text: &str) -> Vec<String> {
    let words = words_of(text);
    let typed = text.trim();
    if words.is_empty() && !typed.is_empty() {
        vec![typed.to_owned()]
    } else {
        words
    }
}

/// What a word counts for, by where it stands.
pub type Weight = u8;

/// The words of one product, each once with its best weight, in alphabetical order.
#[derive(Debug)]
pub struct WeightedWords(Vec<(String, Weight)>);

/// A whole word is a better find than the beginning of a longer one.
const WHOLE_WORD: u32 = 2;

impl WeightedWords {
    pub fn of<'t>(texts: impl IntoIterator<Item = (&'t str, Weight)>) -> Self {
        let mut words = vec![];
        for (text, weight) in texts {
            words.extend(words_of(text).into_iter().map(|word| (word, weight)));
        }
        words.sort_unstable_by(|(a, heavy), (b, light)| a.cmp(b).then(light.cmp(heavy)));
        words.dedup_by(|later, first| later.0 == first.0);
        Self(words)
    }

    /// How well `asked` is met: every one of its words must begin a word of ours. `None`: it is not.
    pub fn score(&self, asked: &[String]) -> Option<u32> {
        asked.iter().map(|word| self.score_of(word)).sum()
    }

    fn score_of(&self, asked: &str) -> Option<u32> {
        let from = self.0.partition_point(|(word, _)| word.as_str() < asked);
        let begun = self.0[from..]
            .iter()
            .take_while(|(word, _)| word.starts_with(asked));
        let worth = |(word, weight): &(String, Weight)| {
            u32::from(*weight) * if word == asked { WHOLE_WORD } else { 1 }
        };
        begun.map(worth).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Vec<String> {
        words_of(text)
    }

    #[test]
    fn words_are_folded_runs_of_letters_and_digits() {
        assert_eq!(words_of("Crème-Brûlée, 2 × ÄÖ"), ["creme", "brulee", "2", "ao"]);
        assert!(words_of(" -- ").is_empty());
        assert_eq!(words_of("m\u{200b}ug\u{feff} te\u{ad}a"), ["mug", "tea"]);
    }

    #[test]
    fn what_is_typed_and_has_no_words_finds_nothing() {
        let words = WeightedWords::of([("Tea 🍵 --- & more", 8)]);
        for typed in ["🍵", "---", "&", " - ", "\u{200b}", "\u{301}"] {
            assert_eq!(words.score(&searched(typed)), None, "{typed:?}");
        }
        for nothing in ["", "  ", "\u{3000}"] {
            assert_eq!(words.score(&searched(nothing)), Some(0), "{nothing:?}");
        }
        assert_eq!(words.score(&searched("tea 🍵")), Some(16));
    }

    #[test]
    fn every_word_asked_for_must_begin_one_of_the_product() {
        let words = WeightedWords::of([("Stoneware mug", 8), ("Holds 300 ml", 1)]);
        assert!(words.score(&asked("mu sto")).is_some());
        assert!(words.score(&asked("mug 300")).is_some());
        assert_eq!(words.score(&asked("ug")), None);
        assert_eq!(words.score(&asked("mug tea")), None);
        assert_eq!(words.score(&[]), Some(0));
    }

    #[test]
    fn the_heaviest_place_counts_and_a_whole_word_counts_more() {
        let words = WeightedWords::of([("mug", 8), ("A mug for tea, teapot apart", 1)]);
        assert_eq!(words.score(&asked("mug")), Some(16));
        assert_eq!(words.score(&asked("mu")), Some(8));
        assert_eq!(words.score(&asked("te")), Some(1));
        assert_eq!(words.score(&asked("tea")), Some(2));
    }
}
