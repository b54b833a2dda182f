//! The steps that lines and paragraphs have in common.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::TextError;
use super::invisible::{is_invisible, is_mark, without_invisible};

/// On one letter. The tallest stacks that people write are Tibetan ones, of eight.
pub const MOST_MARKS: usize = 8;

/// Normalization Form C without what nobody sees.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let text = normalized(text);
    if text.chars().any(is_invisible) {
        // What stood apart may belong together now.
        return Cow::Owned(without_invisible(&text).nfc().collect());
    }
    text
}

/// Nothing but white space and what nobody sees.
pub fn is_blank(text: &str) -> bool {
    visible(text).trim().is_empty()
}

fn normalized(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfc().collect()),
    }
}

/// Control characters are the kinds' own business.
pub fn check_characters(text: &str) -> Result<(), TextError> {
    if text.is_ascii() {
        return Ok(());
    }
    if let Some(c) = text.chars().find(|c| is_no_character(*c)) {
        return Err(TextError::NoCharacter(c));
    }
    let mut marks = 0;
    let mut is_first = true;
    for c in text.chars() {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if marks > MOST_MARKS || (is_first && marks > 0) {
            return Err(TextError::Marks);
        }
        is_first = false;
    }
    Ok(())
}

/// Code points that Unicode says will never be characters, and those whose meaning is private.
pub const fn is_no_character(c: char) -> bool {
    let code = c as u32;
    let is_nobodys = matches!(c, '\u{fdd0}'..='\u{fdef}') || code & 0xfffe == 0xfffe;
    let is_private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}');
    is_nobodys || is_private
}

/// Line breaks of every kind that is not the usual one.
pub const fn is_line_break(c: char) -> bool {
    matches!(c, '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// In Unicode scalar values; a text of which nothing can be seen has none.
pub fn length(text: &str) -> usize {
    const BLANK_BRAILLE: char = '\u{2800}';
    let is_seen = |c: char| !c.is_whitespace() && !is_mark(c) && !is_invisible(c) && c != BLANK_BRAILLE;
    if text.chars().any(is_seen) {
        text.chars().count()
    } else {
        0
    }
}

/// Without the marks that are too many, and those that stand on nothing.
pub fn with_few_marks(text: &str) -> String {
    let (mut marks, mut kept) = (MOST_MARKS, String::with_capacity(text.len()));
    for c in text.chars() {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if marks <= MOST_MARKS {
            kept.push(c);
        }
    }
    kept
}
