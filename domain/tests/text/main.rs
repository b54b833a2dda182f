//! What a text may be, what is left out of it, and what stays because a script or an emoji needs it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod properties;
mod rules;

use domain::text::{CleanLine, Line, MOST_MARKS, Paragraph, Slug, TextError};

fn line(text: &str) -> Result<String, TextError> {
    Line::<64>::parse(text).map(String::from)
}

fn paragraph(text: &str) -> Result<String, TextError> {
    Paragraph::<64, 0>::parse(text).map(String::from)
}

#[test]
fn names_of_all_the_world_stay_as_they_are() {
    for name in [
        "Ada Lovelace",
        "Jean-Luc O’Brien d'Arc",
        "José Ñuñez",
        "Łukasz Żółć",
        "山田太郎",
        "김철수",
        "Νίκος Παπαδόπουλος",
        "محمد علي",
        "יוסף כהן",
        "สมชาย ใจดี",
        "अर्जुन क्षत्रिय",
        "Nguyễn Thị Phương Ánh",
        "Σ & Co. <3 (50 %) \"quoted\"",
        "300 ml / 10 oz; 20×30 cm",
        "नमस्ते 🙏🏽",
    ] {
        assert_eq!(line(name), Ok(name.to_owned()));
    }
}

#[test]
fn control_characters_are_refused_wherever_they_stand() {
    for text in [
        "D\0HL",
        "D\u{7}HL",
        "DHL\u{1b}[31mx",
        "a\u{7f}b",
        "a\u{80}b",
        "a\u{9f}b",
        "a\nb",
        "a\tb",
        "a\r\nb",
        "a\u{85}b",
        "a\u{2028}b",
        "a\u{2029}b",
    ] {
        assert!(matches!(line(text), Err(TextError::NotOneLine(_))), "{text:?}");
    }
    for text in ["a\0b", "a\u{b}b", "a\u{c}b", "a\u{1b}b", "a\u{7f}b", "a\u{9f}b"] {
        assert!(matches!(paragraph(text), Err(TextError::Control(_))), "{text:?}");
    }
    assert_eq!(
        line("a\0b").unwrap_err().to_string(),
        "has to be on one line without control characters; it has U+0000"
    );
}

#[test]
fn line_breaks_of_every_kind_are_one_kind_in_a_paragraph() {
    assert_eq!(
        paragraph(" one\r\ntwo\rthree\u{85}four\u{2028}five\u{2029}\tsix \n"),
        Ok("one\ntwo\nthree\nfour\nfive\n six".to_owned())
    );
}

#[test]
fn a_line_is_trimmed_and_its_spaces_are_single() {
    assert_eq!(
        line(" \n Ada \u{a0}\u{3000} Lovelace\u{200b} \t"),
        Ok("Ada Lovelace".to_owned())
    );
    let title = Line::<120, 3>::of_words("  a \n big  mug ").unwrap();
    assert_eq!(title.as_str(), "a big mug");
}

#[test]
fn a_text_is_in_normalization_form_c() {
    assert_eq!(line("Jose\u{301}"), Ok("Jos\u{e9}".to_owned()));
    // Kept apart by a character that nobody sees, and one letter without it.
    assert_eq!(line("Jose\u{34f}\u{301}"), Ok("Jos\u{e9}".to_owned()));
    assert_eq!(line("\u{212b}ngstr\u{f6}m"), Ok("\u{c5}ngstr\u{f6}m".to_owned()));
}

#[test]
fn what_nobody_sees_is_left_out() {
    for invisible in [
        '\u{ad}',
        '\u{34f}',
        '\u{61c}',
        '\u{115f}',
        '\u{1160}',
        '\u{17b4}',
        '\u{180e}',
        '\u{200b}',
        '\u{200c}',
        '\u{200d}',
        '\u{200e}',
        '\u{200f}',
        '\u{202a}',
        '\u{202b}',
        '\u{202c}',
        '\u{202d}',
        '\u{202e}',
        '\u{2060}',
        '\u{2061}',
        '\u{2064}',
        '\u{2066}',
        '\u{2067}',
        '\u{2068}',
        '\u{2069}',
        '\u{206a}',
        '\u{206f}',
        '\u{3164}',
        '\u{fe00}',
        '\u{fe0f}',
        '\u{feff}',
        '\u{ffa0}',
        '\u{fff9}',
        '\u{fffb}',
        '\u{fffc}',
        '\u{1bca0}',
        '\u{1d173}',
        '\u{e0001}',
        '\u{e0041}',
        '\u{e007f}',
        '\u{e0100}',
    ] {
        let spelled = format!("pay{invisible}pal");
        assert_eq!(
            line(&spelled),
            Ok("paypal".to_owned()),
            "U+{:04X}",
            u32::from(invisible)
        );
        let alone = invisible.to_string();
        assert!(
            matches!(line(&alone), Err(TextError::Length { length: 0, .. })),
            "{alone:?}"
        );
        assert_eq!(paragraph(&alone), Ok(String::new()), "{alone:?}");
    }
}

#[test]
fn joiners_stay_where_a_script_needs_them() {
    for word in [
        // Persian: "they want"; "house of".
        "می\u{200c}خواهند",
        "خانه\u{200c}ی",
        // Sinhala "Sri", with a conjunct; Bengali "RAB"; Devanagari with an explicit virama.
        "ශ\u{dca}\u{200d}රී",
        "র\u{200d}\u{9cd}যাব",
        "क\u{94d}\u{200c}ष",
    ] {
        assert_eq!(line(word), Ok(word.to_owned()));
    }
    // Not twice, not at an end, not beside letters that do not join.
    assert_eq!(
        line("می\u{200c}\u{200c}خواهند"),
        Ok("می\u{200c}خواهند".to_owned())
    );
    assert_eq!(line("خانه\u{200c}"), Ok("خانه".to_owned()));
    assert_eq!(line("a\u{200c}خ"), Ok("aخ".to_owned()));
}

#[test]
fn emoji_stay_whole() {
    for emoji in [
        "👩\u{200d}👩\u{200d}👧\u{200d}👦",
        "❤\u{fe0f}\u{200d}🔥",
        "👩🏽\u{200d}🚀",
        "🏳\u{fe0f}\u{200d}🌈",
        "☕\u{fe0e}",
        "1\u{fe0f}\u{20e3}",
        "🇩🇪",
        "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    ] {
        assert_eq!(line(emoji), Ok(emoji.to_owned()), "{emoji}");
    }
    // Tags that are no flag say what nobody sees.
    let hidden = "🏴\u{e0068}\u{e0069}\u{e007f}";
    assert_eq!(line(hidden), Ok("🏴".to_owned()));
    assert_eq!(line("1\u{fe0f}2"), Ok("12".to_owned()));
    assert_eq!(line("🚀\u{200d}x"), Ok("🚀x".to_owned()));
}

#[test]
fn a_han_character_may_have_a_variant() {
    let name = "葛\u{e0100}城";
    assert_eq!(line(name), Ok(name.to_owned()));
    assert_eq!(line("葛\u{e0100}\u{e0101}城"), Ok(name.to_owned()));
}

#[test]
fn what_is_no_character_is_refused() {
    for c in [
        '\u{fdd0}',
        '\u{fffe}',
        '\u{ffff}',
        '\u{1fffe}',
        '\u{10ffff}',
        '\u{e000}',
        '\u{f8ff}',
        '\u{f0000}',
    ] {
        let text = format!("a{c}b");
        assert_eq!(line(&text), Err(TextError::NoCharacter(c)));
        assert_eq!(paragraph(&text), Err(TextError::NoCharacter(c)));
    }
}

#[test]
fn marks_pile_up_only_so_far() {
    // The tallest stack that is written: eight marks on one letter.
    let tibetan = "\u{f67}\u{f90}\u{fb5}\u{fa8}\u{fb3}\u{fba}\u{fbc}\u{fbb}\u{f82}";
    assert_eq!(line(tibetan), Ok(tibetan.to_owned()));
    let zalgo = format!("x{}", "\u{336}".repeat(MOST_MARKS + 1));
    assert_eq!(line(&zalgo), Err(TextError::Marks));
    assert_eq!(line("\u{301}x"), Err(TextError::Marks));
}

#[test]
fn length_is_counted_in_characters() {
    assert!(line(&"ü".repeat(64)).is_ok());
    assert_eq!(
        line(&"🍵".repeat(65)),
        Err(TextError::Length {
            least: 1,
            most: 64,
            length: 65
        })
    );
    assert!(Line::<120, 3>::parse("ab").is_err());
    for blank in ["", " ", "\u{2800}\u{2800}", "\u{3000}"] {
        assert!(line(blank).is_err(), "{blank:?}");
        assert_eq!(paragraph(blank), Ok(String::new()), "{blank:?}");
    }
}

#[test]
fn blank_is_nothing_where_nothing_is_allowed() {
    for blank in ["", " \n", "\u{200b}", "\u{feff} "] {
        assert_eq!(Line::<64>::parse_optional(blank), Ok(None));
        assert_eq!(Paragraph::<64>::parse_optional(blank), Ok(None));
    }
    assert!(Line::<64>::parse_optional("a\0").is_err());
}

#[test]
fn what_another_system_wrote_is_cleaned_and_cut() {
    let clean = |text: &str| Line::<12>::clean(text).map(String::from);
    assert_eq!(
        clean("D\0HL\r\n Express \u{202e}!").as_deref(),
        Some("D HL Express")
    );
    assert_eq!(clean("\u{ffff}\u{e000}\u{301}ok").as_deref(), Some("ok"));
    assert_eq!(clean(&"🍵".repeat(40)).as_deref(), Some(&*"🍵".repeat(12)));
    assert_eq!(clean(" \0\u{200b}"), None);
    let answer = Paragraph::<9, 0>::clean("\0no\r\n\twa\u{202e}y at all");
    assert_eq!(answer.as_str(), "\u{fffd}no\n way");
}

#[test]
fn json_is_read_by_the_same_rules() {
    let read = |json: &str| serde_json::from_str::<Line<64>>(json).map(String::from);
    assert_eq!(read(r#"" DH\u200bL ""#).unwrap(), "DHL");
    assert!(read(r#""D\u0000HL""#).is_err());
    assert!(read(r#""D\ud800HL""#).is_err());
    let written = serde_json::to_string(&Line::<64>::parse("DHL").unwrap()).unwrap();
    assert_eq!(written, r#""DHL""#);
}

#[test]
fn a_text_gets_into_no_log() {
    assert_eq!(
        format!("{:?}", Line::<64>::parse("Ada").unwrap()),
        "Line(3 characters)"
    );
}

#[test]
fn a_slug_is_lower_case_words_joined_by_hyphens() {
    assert_eq!(Slug::parse("kitchen-2").unwrap().as_str(), "kitchen-2");
    for bad in ["", "Kitchen", "k n", "ü", "a\0", &"a".repeat(41)] {
        assert!(Slug::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_vowel_separator_stays_between_two_letters_and_is_none_for_another_one() {
    let whole = "\u{182a}\u{180e}\u{1820}";
    assert_eq!(line(whole), Ok(whole.to_owned()));
    assert_eq!(line("\u{182a}\u{180e}\u{180e}\u{1820}"), Ok(whole.to_owned()));
    assert_eq!(line("\u{1820}\u{180e}\u{180e}"), Ok("\u{1820}".to_owned()));
}
