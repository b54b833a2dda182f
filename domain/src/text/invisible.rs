//! Characters that nobody sees, and the places in which a script or an emoji needs them.
//!
//! Invisible is what Unicode calls `Default_Ignorable_Code_Point` (zero-width spaces and joiners, directional marks, embeddings,
//! overrides and isolates, soft hyphens, fillers, tags, variation selectors), with the anchors of annotations and the placeholder of
//! objects. They are left out: whoever pastes one does not know of it, and two texts that look the same have to be the same.
//! What stays:
//!
//! - U+200C and U+200D between letters that join or form conjuncts (Persian, the scripts of India), and U+200D between the parts of
//!   one emoji (UAX #29, GB11);
//! - the emoji and text presentation selectors behind an emoji, and the keycaps;
//! - a variation selector behind a Han character (names in Japan need it) and behind a Mongolian letter;
//! - the tags of the flags of England, Scotland and Wales (UTS #51 knows no others).

use icu_properties::props::{
    DefaultIgnorableCodePoint, Emoji, ExtendedPictographic, GeneralCategory, GeneralCategoryGroup,
    IndicSyllabicCategory, JoiningType, Script,
};
use icu_properties::{CodePointMapData, CodePointSetData};

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';
const TEXT_STYLE: char = '\u{fe0e}';
const EMOJI_STYLE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
const BLACK_FLAG: char = '\u{1f3f4}';
const END_OF_TAGS: char = '\u{e007f}';
const REGIONS_WITH_FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

pub fn is_invisible(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) || matches!(c, '\u{fff9}'..='\u{fffc}')
}

/// Something that is drawn on what stands before it.
pub fn is_mark(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

/// The text without what nobody sees. Expects Normalization Form C; what is left out may end it.
pub fn without_invisible(text: &str) -> String {
    let mut kept: Vec<char> = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == BLACK_FLAG {
            kept.push(c);
            let tags = flag_tags(rest.as_str());
            kept.extend(rest.by_ref().take(tags));
        } else if !is_invisible(c) || is_needed(&kept, c, rest.clone().next()) {
            kept.push(c);
        }
    }
    kept.into_iter().collect()
}

fn is_needed(before: &[char], c: char, next: Option<char>) -> bool {
    let previous = before.last().copied();
    match c {
        NON_JOINER => joins_letters(before, next),
        JOINER => joins_letters(before, next) || joins_emoji(before, next),
        TEXT_STYLE | EMOJI_STYLE => previous.is_some_and(|base| is_styled(base, next)),
        '\u{fe00}'..='\u{fe02}' | '\u{e0100}'..='\u{e01ef}' => {
            previous.is_some_and(|base| has_script(base, Script::Han))
        }
        '\u{180b}'..='\u{180d}' | '\u{180f}' => {
            previous.is_some_and(|base| has_script(base, Script::Mongolian))
        }
        // The vowel separator stands before the last vowel. It is of the script itself, and no letter.
        '\u{180e}' => [previous, next]
            .into_iter()
            .all(|c| c.is_some_and(|c| has_script(c, Script::Mongolian) && !is_invisible(c))),
        _ => false,
    }
}

/// Both neighbours are letters of a script in which joining means something.
fn joins_letters(before: &[char], next: Option<char>) -> bool {
    // Marks of other letters change nothing about how those join.
    let base = before.iter().rev().find(|c| !is_transparent(**c));
    base.is_some_and(|c| is_joining(*c)) && next.is_some_and(|c| is_joining(c) && !is_invisible(c))
}

fn is_transparent(c: char) -> bool {
    CodePointMapData::<JoiningType>::new().get(c) == JoiningType::Transparent && !forms_conjuncts(c)
}

fn is_joining(c: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let is_of_a_word =
        GeneralCategoryGroup::Letter.contains(category) || GeneralCategoryGroup::Mark.contains(category);
    let joining = CodePointMapData::<JoiningType>::new().get(c);
    is_of_a_word
        && (matches!(
            joining,
            JoiningType::DualJoining | JoiningType::LeftJoining | JoiningType::RightJoining
        ) || forms_conjuncts(c))
}

fn forms_conjuncts(c: char) -> bool {
    CodePointMapData::<IndicSyllabicCategory>::new().get(c) != IndicSyllabicCategory::Other
}

/// One emoji of several: a pictograph, perhaps with a style or a colour of skin, and another one behind the joiner.
fn joins_emoji(before: &[char], next: Option<char>) -> bool {
    let is_of_the_first = |c: &char| matches!(c, '\u{1f3fb}'..='\u{1f3ff}' | &EMOJI_STYLE);
    let base = before.iter().rev().find(|c| !is_of_the_first(c));
    base.is_some_and(|c| is_pictograph(*c)) && next.is_some_and(is_pictograph)
}

fn is_pictograph(c: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

/// Digits are emoji too, as far as a keycap follows.
fn is_styled(base: char, next: Option<char>) -> bool {
    if base.is_ascii() {
        return matches!(base, '0'..='9' | '#' | '*') && next == Some(KEYCAP);
    }
    is_pictograph(base) || CodePointSetData::new::<Emoji>().contains(base)
}

fn has_script(c: char, script: Script) -> bool {
    CodePointMapData::<Script>::new().get(c) == script
}

/// How many characters of the text are the tags of the flag that it follows.
fn flag_tags(text: &str) -> usize {
    let mut region = String::new();
    for c in text.chars().take(REGIONS_WITH_FLAGS[0].len() + 1) {
        if c == END_OF_TAGS {
            let has_flag = REGIONS_WITH_FLAGS.contains(&region.as_str());
            return if has_flag { region.len() + 1 } else { 0 };
        }
        match u32::from(c)
            .checked_sub(0xe0000)
            .and_then(|ascii| u8::try_from(ascii).ok())
        {
            Some(ascii) if ascii.is_ascii_graphic() => region.push(char::from(ascii)),
            Some(_) | None => return 0,
        }
    }
    0
}
