//! What somebody types, as words to look for; bounded, so that no question costs more than some milliseconds.

use super::fold::{folded, respelled};
use super::words::{Kind, Token, tokens};

/// Words that are looked for; what follows is left out.
const MOST_WORDS: usize = 8;
/// Letters of all words together.
const MOST_LETTERS: usize = 64;

/// What was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Query {
    /// Nothing: everything is meant.
    #[default]
    None,
    /// Something without a letter or a digit: it finds nothing.
    WithoutWords,
    Words(Vec<Asked>),
}

/// A word that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub token: Token,
    /// With umlauts as two letters.
    pub respelled: Option<String>,
}

impl Query {
    pub fn parse(text: &str) -> Self {
        if text.trim().is_empty() {
            return Self::None;
        }
        let typed = tokens(&folded(text));
        let other = respelled(text)
            .map(|other| tokens(&folded(&other)))
            .unwrap_or_default();
        // Both have the same words unless a letter more makes another run.
        let mut other = if other.len() == typed.len() { other } else { vec![] }.into_iter();
        let (mut words, mut letters) = (vec![], 0);
        for mut token in typed.into_iter().take(MOST_WORDS) {
            let respelled = other.next().map(|other| other.text);
            let respelled = respelled.filter(|other| *other != token.text && other.len() <= MOST_LETTERS);
            let left = MOST_LETTERS - letters;
            if left == 0 {
                break;
            }
            token.text = token.text.chars().take(left).collect();
            letters += token.text.chars().count();
            words.push(Asked { token, respelled });
        }
        if words.is_empty() {
            Self::WithoutWords
        } else {
            Self::Words(words)
        }
    }

    pub fn words(&self) -> &[Asked] {
        match self {
            Self::None | Self::WithoutWords => &[],
            Self::Words(words) => words,
        }
    }

    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

impl Asked {
    pub fn text(&self) -> &str {
        &self.token.text
    }

    pub fn letters(&self) -> usize {
        self.token.text.chars().count()
    }

    pub fn is_letters(&self) -> bool {
        self.token.kind == Kind::Letters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        Query::parse(text)
            .words()
            .iter()
            .map(|word| word.text().to_owned())
            .collect()
    }

    #[test]
    fn nothing_is_asked_by_blanks_and_nothing_is_found_without_letters() {
        for nothing in ["", "  ", "\u{3000}"] {
            assert_eq!(Query::parse(nothing), Query::None, "{nothing:?}");
        }
        for wordless in ["🍵", "---", "&", " - ", "\u{200b}", "\u{301}"] {
            assert_eq!(Query::parse(wordless), Query::WithoutWords, "{wordless:?}");
        }
        assert_eq!(texts("tea 🍵"), ["tea"]);
    }

    #[test]
    fn a_question_has_at_most_eight_words_and_sixty_four_letters() {
        assert_eq!(texts("a b c d e f g h i j").len(), 8);
        assert_eq!(texts(&"a".repeat(200)), ["a".repeat(64)]);
        let two = format!("{} {} more", "a".repeat(40), "b".repeat(40));
        assert_eq!(texts(&two), ["a".repeat(40), "b".repeat(24)]);
    }

    #[test]
    fn a_word_knows_its_other_spelling() {
        let Query::Words(words) = Query::parse("grüne Stühle") else {
            panic!("there are words")
        };
        let other: Vec<_> = words.iter().map(|word| word.respelled.as_deref()).collect();
        assert_eq!(other, [Some("gruene"), Some("stuehle")]);
    }
}
