//! Prose: as many lines as somebody wrote.

use super::tidy::{
    check_characters, is_blank, is_line_break, is_no_character, length, visible, with_few_marks,
};
use super::{Parsed, Rule, TextError, text_pattern, text_type};

/// A text of up to `MOST` characters, as [`crate::text`] describes it. Its line breaks are `\n`, its tabs are spaces.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Paragraph<const MOST: usize, const LEAST: usize = 1>(String);

text_type!(Paragraph<MOST, LEAST>);

impl<const MOST: usize, const LEAST: usize> Paragraph<MOST, LEAST> {
    /// # Errors
    /// What the text has to be.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = with_usual_breaks(text);
        let text = visible(&text);
        let text = text.trim();
        if let Some(c) = text.chars().find(|c| c.is_control() && *c != '\n') {
            return Err(TextError::Control(c));
        }
        check_characters(text)?;
        let length = length(text);
        if !(LEAST..=MOST).contains(&length) {
            return Err(TextError::Length {
                least: LEAST,
                most: MOST,
                length,
            });
        }
        // What is nothing but blanks that are no white space is nothing, too.
        let text = if length == 0 { "" } else { text };
        Ok(Self(text.to_owned()))
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
}

impl<const MOST: usize> Paragraph<MOST, 0> {
    /// What another system wrote, with what a paragraph cannot have replaced or left out, and cut where it is too long.
    pub fn clean(text: &str) -> Self {
        let replaced = with_usual_breaks(text);
        let replaced = replaced.chars().filter(|c| !is_no_character(*c));
        let replaced: String = replaced
            .map(|c| {
                if c.is_control() && c != '\n' {
                    char::REPLACEMENT_CHARACTER
                } else {
                    c
                }
            })
            .collect();
        let tidied = with_few_marks(visible(&replaced).trim());
        let cut: String = tidied.chars().take(MOST).collect();
        Self::parse(&cut).unwrap_or(Self(String::new()))
    }
}

impl<const MOST: usize, const LEAST: usize> Parsed for Paragraph<MOST, LEAST> {
    const BLANK_IS_NOTHING: bool = true;

    fn rule() -> Rule {
        let name = if LEAST == 1 {
            format!("Paragraph{MOST}")
        } else {
            format!("Paragraph{LEAST}To{MOST}")
        };
        Rule {
            min_length: Some(LEAST),
            max_length: Some(MOST),
            pattern: Some(text_pattern(
                r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f",
                LEAST > 0,
            )),
            ..Rule::new(
                name,
                "Text with line breaks. Spaces around it and characters that nobody sees are left out; it is stored in Normalization Form C.",
            )
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|error| error.to_string())
    }
}

fn with_usual_breaks(text: &str) -> String {
    let mut usual = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\t' => usual.push(' '),
            c if is_line_break(c) => usual.push('\n'),
            c => usual.push(c),
        }
    }
    usual
}
