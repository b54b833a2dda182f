//! One line: a name, a title, a number.

use super::tidy::{
    check_characters, is_blank, is_line_break, is_no_character, length, visible, with_few_marks,
};
use super::{Parsed, Rule, TextError, text_pattern, text_type};

/// A text on one line of `LEAST` to `MOST` characters, as [`crate::text`] describes it. Runs of spaces are one space.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Line<const MOST: usize, const LEAST: usize = 1>(String);

text_type!(Line<MOST, LEAST>);

impl<const MOST: usize, const LEAST: usize> Line<MOST, LEAST> {
    /// # Errors
    /// What the text has to be.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = visible(text);
        Self::of_visible(text.trim())
    }

    /// The words of a text that may have come from several lines.
    ///
    /// # Errors
    /// What the text has to be.
    pub fn of_words(text: &str) -> Result<Self, TextError> {
        Self::of_visible(&with_single_spaces(&visible(text)))
    }

    /// As [`Self::parse`]; nothing but white space and what nobody sees is nothing.
    ///
    /// # Errors
    /// What the text has to be.
    pub fn parse_optional(text: &str) -> Result<Option<Self>, TextError> {
        if is_blank(text) {
            return Ok(None);
        }
        Self::parse(text).map(Some)
    }

    fn of_visible(text: &str) -> Result<Self, TextError> {
        let breaks = |c: &char| c.is_control() || is_line_break(*c);
        if let Some(c) = text.chars().find(breaks) {
            return Err(TextError::NotOneLine(c));
        }
        check_characters(text)?;
        let text = with_single_spaces(text);
        let length = length(&text);
        if !(LEAST..=MOST).contains(&length) {
            return Err(TextError::Length {
                least: LEAST,
                most: MOST,
                length,
            });
        }
        Ok(Self(text))
    }
}

/// What another system wrote, which nobody can be asked to write again.
pub trait CleanLine: Sized {
    /// The text with what a line cannot have left out, and cut where it is too long. None where nothing can be seen of it.
    fn clean(text: &str) -> Option<Self>;
}

impl<const MOST: usize> CleanLine for Line<MOST, 1> {
    fn clean(text: &str) -> Option<Self> {
        let spaced = text.chars().filter(|c| !is_no_character(*c));
        let spaced: String = spaced.map(|c| if c.is_control() { ' ' } else { c }).collect();
        let tidied = with_few_marks(&with_single_spaces(&visible(&spaced)));
        let cut: String = tidied.chars().take(MOST).collect();
        Self::parse(&cut).ok()
    }
}

impl<const MOST: usize, const LEAST: usize> Parsed for Line<MOST, LEAST> {
    const BLANK_IS_NOTHING: bool = true;

    fn rule() -> Rule {
        let name = if LEAST == 1 {
            format!("Line{MOST}")
        } else {
            format!("Line{LEAST}To{MOST}")
        };
        Rule {
            min_length: Some(LEAST),
            max_length: Some(MOST),
            pattern: Some(text_pattern(r"\u0000-\u001f\u007f-\u009f\u2028\u2029", LEAST > 0)),
            ..Rule::new(
                name,
                "Text on one line. Spaces around it and characters that nobody sees are left out; it is stored in Normalization Form C.",
            )
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|error| error.to_string())
    }
}

fn with_single_spaces(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}
