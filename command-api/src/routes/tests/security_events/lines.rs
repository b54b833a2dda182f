//! What is logged while a test runs.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use session::security::Event;
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

/// The lines that this thread logs.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Lines {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn events(&self) -> Vec<Value> {
        let all = self.text();
        let lines = all
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["target"] == "security").collect()
    }

    /// Every line about this, the oldest first.
    pub fn about(&self, event: Event) -> Vec<Value> {
        let (kind, outcome) = event.labels();
        let mut lines = self.events();
        lines.retain(|line| line["kind"] == kind && line["outcome"] == outcome);
        lines
    }

    /// The last line about this.
    pub fn last(&self, event: Event) -> Value {
        let last = self.about(event).pop();
        last.unwrap_or_else(|| panic!("no line says {event:?}: {}", self.text()))
    }
}

/// Whether a log has a word. A code of digits alone has to stand by itself: six digits are in many a moment (`…:07.123456Z`), duration and id by
/// chance.
pub fn is_said(log: &str, word: &str) -> bool {
    let is_code = word.bytes().all(|letter| letter.is_ascii_digit());
    log.match_indices(word).any(|(at, _)| {
        let before = log[..at].chars().next_back();
        let after = log[at + word.len()..].chars().next();
        let is_part = before.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '.')
            || after.is_some_and(|letter| letter.is_ascii_alphanumeric());
        !(is_code && is_part)
    })
}

#[test]
fn a_code_is_found_by_itself_and_another_word_anywhere() {
    for said in ["123456", "code=123456", "{\"code\":\"123456\"}", "it is 123456."] {
        assert!(is_said(said, "123456"), "{said}");
    }
    for chance in [
        "2031-01-01T10:20:07.123456Z",
        "1234567",
        "0123456",
        "1.123456ms",
        "0199a123456b",
    ] {
        assert!(!is_said(chance, "123456"), "{chance}");
    }
    assert!(is_said("198.51.100.1", "198.51."));
    assert!(is_said("0192f0c1@example.org", "f0c1"));
}

/// Sees everything that this thread logs until the guard is dropped.
pub fn capture() -> (Lines, tracing::subscriber::DefaultGuard) {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(Level::DEBUG)
        .with_writer(lines.clone())
        .finish();
    (lines, tracing::subscriber::set_default(subscriber))
}
