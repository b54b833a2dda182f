//! How a text becomes words: runs of letters and digits, and for a script without blanks its letters and pairs of letters.

use std::collections::BTreeSet;

use unicode_normalization::char::is_combining_mark;

use super::fold::{folded, respelled};

/// Before a single letter that is only a part of a longer word, so that "m" does not find every M8 screw.
const PART: char = '\u{1}';

/// A run of letters and digits of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub kind: Kind,
    /// What is between it and the token before it.
    pub gap: Gap,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No digits in it.
    Letters,
    /// Letters and digits.
    Mixed,
    Digits,
    /// Of a script that puts no blanks between words.
    Unspaced,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// It begins the text, or another script ends before it.
    None,
    /// A hyphen, a slash and the like.
    Mark,
    Blank,
}

/// Scripts that put no blanks between words: Thai, Lao, Burmese, Khmer, Japanese and Chinese.
const UNSPACED: [std::ops::RangeInclusive<char>; 9] = [
    '\u{e00}'..='\u{eff}',
    '\u{1000}'..='\u{109f}',
    '\u{1780}'..='\u{17ff}',
    '\u{3005}'..='\u{3007}',
    '\u{3040}'..='\u{30ff}',
    '\u{31f0}'..='\u{31ff}',
    '\u{3400}'..='\u{9fff}',
    '\u{f900}'..='\u{faff}',
    '\u{20000}'..='\u{3ffff}',
];

fn is_unspaced(c: char) -> bool {
    c >= '\u{e00}' && UNSPACED.iter().any(|range| range.contains(&c))
}

/// Apostrophes end no word: levi's is levis.
const fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{2bc}' | '\u{2032}')
}

/// The tokens of a folded text.
pub fn tokens(folded: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = vec![];
    let (mut gap, mut is_open, mut was_unspaced) = (Gap::None, false, false);
    for c in folded.chars() {
        if is_open && is_apostrophe(c) {
            continue;
        }
        let is_letter = c.is_alphanumeric() || (is_open && is_combining_mark(c));
        if !is_letter {
            gap = match gap {
                Gap::Blank => Gap::Blank,
                Gap::None | Gap::Mark if c.is_whitespace() => Gap::Blank,
                Gap::None | Gap::Mark => Gap::Mark,
            };
            is_open = false;
            continue;
        }
        let unspaced = is_unspaced(c);
        match tokens.last_mut().filter(|_| is_open && unspaced == was_unspaced) {
            Some(token) => token.text.push(c),
            None => tokens.push(Token {
                text: c.to_string(),
                kind: Kind::Letters,
                gap,
            }),
        }
        (gap, is_open, was_unspaced) = (Gap::None, true, unspaced);
    }
    for token in &mut tokens {
        token.kind = kind_of(&token.text);
    }
    tokens
}

fn kind_of(text: &str) -> Kind {
    if text.starts_with(is_unspaced) {
        return Kind::Unspaced;
    }
    match (
        text.contains(char::is_numeric),
        text.chars().all(char::is_numeric),
    ) {
        (_, true) => Kind::Digits,
        (true, false) => Kind::Mixed,
        (false, false) => Kind::Letters,
    }
}

impl Token {
    /// Runs of letters and runs of digits, where it has both: `din933` is din and 933.
    pub fn parts(&self) -> Vec<String> {
        let mut parts: Vec<String> = vec![];
        let mut was_numeric = None;
        for c in self.text.chars() {
            let is_numeric = c.is_numeric();
            match parts.last_mut().filter(|_| was_numeric == Some(is_numeric)) {
                Some(part) => part.push(c),
                None => parts.push(c.to_string()),
            }
            was_numeric = Some(is_numeric);
        }
        parts
    }

    /// Its pairs of letters; the letter where it is one.
    pub fn pairs(&self) -> Vec<String> {
        let letters: Vec<char> = self.text.chars().collect();
        if letters.len() < 2 {
            return vec![self.text.clone()];
        }
        letters.windows(2).map(String::from_iter).collect()
    }

    /// Whether the two are one word to whoever writes them together.
    pub fn joins(&self, next: &Self) -> bool {
        self.kind == Kind::Letters && next.kind == Kind::Letters
    }
}

/// How a part of a word is found: a single letter only as a part.
pub fn part_word(part: &str) -> String {
    let mut letters = part.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if !letter.is_numeric() => format!("{PART}{letter}"),
        _ => part.to_owned(),
    }
}

/// Whether it is the word of a part, which nobody types.
pub fn is_part(word: &str) -> bool {
    word.starts_with(PART)
}

/// All words by which `text` is found. In names, neighbours are joined over a blank, too.
pub fn indexed(text: &str, is_name: bool) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    add(&tokens(&folded(text)), is_name, &mut words);
    if let Some(other) = respelled(text) {
        add(&tokens(&folded(&other)), is_name, &mut words);
    }
    words
}

fn add(tokens: &[Token], is_name: bool, words: &mut BTreeSet<String>) {
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Letters | Kind::Digits => {}
            Kind::Mixed => words.extend(token.parts().iter().map(|part| part_word(part))),
            Kind::Unspaced => {
                words.extend(token.pairs());
                words.extend(token.text.chars().map(String::from));
                continue;
            }
        }
        words.insert(token.text.clone());
        if let Some(next) = tokens.get(at + 1) {
            let is_near = next.gap == Gap::Mark || (is_name && next.gap == Gap::Blank);
            if is_near && token.joins(next) {
                words.insert(format!("{}{}", token.text, next.text));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        tokens(&folded(text))
            .into_iter()
            .map(|token| token.text)
            .collect()
    }

    fn of(text: &str, is_name: bool) -> Vec<String> {
        indexed(text, is_name).into_iter().collect()
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        for (text, expected) in [
            ("Crème-Brûlée, 2 × ÄÖ", vec!["creme", "brulee", "2", "x", "ao"]),
            (" -- ", vec![]),
            ("🍵 ---", vec![]),
            (
                "Levi’s rock'n'roll 'quoted'",
                vec!["levis", "rocknroll", "quoted"],
            ),
            ("हिन्दी किताब", vec!["हिन्दी", "किताब"]),
            ("한글 책", vec!["한글", "책"]),
            ("珈琲cup茶", vec!["珈琲", "cup", "茶"]),
            ("\u{301}a", vec!["a"]),
        ] {
            assert_eq!(texts(text), expected, "{text}");
        }
    }

    #[test]
    fn neighbours_are_joined_where_both_are_letters() {
        assert_eq!(of("T-shirt", false), ["shirt", "t", "tshirt"]);
        assert_eq!(of("Wi-Fi", false), ["fi", "wi", "wifi"]);
        assert_eq!(of("Tea pot", true), ["pot", "tea", "teapot"]);
        assert_eq!(of("Tea pot", false), ["pot", "tea"]);
        // Every lamp of a row of thousands would be a word of its own.
        assert_eq!(of("Lamp 12345", true), ["12345", "lamp"]);
    }

    #[test]
    fn letters_and_digits_are_found_together_and_apart() {
        assert_eq!(of("DIN933", true), ["933", "din", "din933"]);
        assert_eq!(of("M8×25", true), ["\u{1}m", "\u{1}x", "25", "8", "m8x25"]);
    }

    #[test]
    fn scripts_without_blanks_are_found_by_letters_and_pairs() {
        assert_eq!(of("珈琲豆", false), ["珈", "珈琲", "琲", "琲豆", "豆"]);
        assert_eq!(of("茶", false), ["茶"]);
        assert_eq!(of("ガラス", false), ["ガ", "ガラ", "ス", "ラ", "ラス"]);
    }

    #[test]
    fn umlauts_are_found_in_both_spellings() {
        assert_eq!(of("Stühle", false), ["stuehle", "stuhle"]);
        assert_eq!(of("Øl", false), ["oel", "ol"]);
    }
}
