//! Texts that nobody should send, and some that people do.

/// What may become of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It can be no text: every field that is not a secret refuses it by its name.
    Refused,
    /// Some fields take it, as far as it can be stored; others refuse it by their name.
    Depends,
}

pub struct Hostile {
    /// As it stands in JSON, with its quotes: not all of it can be a string of Rust.
    pub json: String,
    pub verdict: Verdict,
}

impl Hostile {
    /// The text itself, where there is one.
    pub fn text(&self) -> Option<String> {
        serde_json::from_str(&self.json).ok()
    }
}

/// No field takes them.
const NO_TEXTS: [&str; 18] = [
    r#""\u0000""#,
    r#""a\u0000b""#,
    r#""a\u0001b""#,
    r#""a\u0008b""#,
    r#""a\u001b[31mb""#,
    r#""a\u007fb""#,
    r#""a\u0080b""#,
    r#""a\u009fb""#,
    // Halves of surrogate pairs.
    r#""\ud800""#,
    r#""a\udfffb""#,
    r#""a\ud800\ud800b""#,
    r#""a\ud83d b""#,
    // What Unicode says will never be a character, and what means something to one vendor.
    r#""a\ufffeb""#,
    r#""a\uffffb""#,
    r#""a\ufdd0b""#,
    r#""a\udbff\udfffb""#,
    r#""a\ue000b""#,
    r#""a\udbc0\udc00b""#,
];

/// Some fields take them.
const ODD_TEXTS: [&str; 36] = [
    "",
    " ",
    "\n",
    "a\tb\nc",
    "a\r\nb",
    "a\u{2028}b",
    "a\u{85}b",
    // Nobody sees them.
    "a\u{200b}b",
    "\u{feff}ab",
    "a\u{ad}b",
    "a\u{2060}b\u{180e}",
    "\u{3164}\u{115f}",
    "a\u{e0001}\u{e0068}\u{e0069}b",
    // They change the direction of what follows, or do not end.
    "a\u{202e}b",
    "a\u{202d}b\u{202c}",
    "\u{2066}a\u{2069}\u{2067}b",
    "a\u{200f}b\u{200e}\u{61c}",
    "\u{fff9}a\u{fffa}b\u{fffb}\u{fffc}",
    // Usual names of somewhere.
    "O'Brien",
    "Jose\u{301}",
    "Łukasz Żółć",
    "山田　太郎",
    "יוסף כהן",
    "محمد علي",
    "می\u{200c}خواهند",
    "👩\u{200d}👩\u{200d}👧\u{200d}👦 ❤\u{fe0f}",
    "葛\u{e0100}城",
    "ΐ\u{345}ﬃ ﷺ Å",
    "Ada@bu\u{308}cher.example\u{200b}",
    "https://bücher.example/\u{202e}mug",
    // Of other languages than ours.
    "<script>alert(1)</script>",
    "'; drop table events; --",
    "%00%s%n{0}${7*7}{{7*7}}",
    "\\u0000",
    "../../etc/passwd",
    "null",
];

pub fn corpus() -> Vec<Hostile> {
    let refused = |json: String| Hostile {
        json,
        verdict: Verdict::Refused,
    };
    let mut corpus: Vec<Hostile> = NO_TEXTS.iter().map(|json| refused((*json).to_owned())).collect();
    corpus.extend(ODD_TEXTS.iter().map(|text| Hostile {
        json: serde_json::to_string(text).unwrap_or_default(),
        verdict: Verdict::Depends,
    }));
    // Marks without end, more than any field takes, and more than any request may have.
    corpus.push(refused(format!(r#""a{}""#, "\u{336}".repeat(50))));
    corpus.push(refused(format!(r#""{}""#, "a".repeat(40_000))));
    corpus.push(refused(format!(r#""{}""#, "a".repeat(1_000_000))));
    corpus
}
