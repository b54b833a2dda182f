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
