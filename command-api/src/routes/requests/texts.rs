//! What people write, checked at the door: how long it may be, and how much of it in a day.

use std::time::Duration;

use domain::{OwnerId, RequestId, TextId};
use event_store::texts::Text;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::accounts::store::Account;
use crate::error::{Problem, Violation};
use crate::router::App;

pub const TITLE: std::ops::RangeInclusive<usize> = 3..=120;
pub const MAX_BODY: usize = 2_000;
const MAX_LINK: usize = 500;

/// For so long an account is new: it writes less, and no links.
const NEW: Duration = Duration::from_hours(24);
const A_DAY: i64 = 20;
const A_NEW_DAY: i64 = 3;

/// Notes what is wrong with the fields of a text.
#[derive(Default)]
pub struct Checked {
    pub violations: Vec<Violation>,
}

impl Checked {
    pub fn title(&mut self, sent: Option<&str>) -> Option<String> {
        let title = sent?.split_whitespace().collect::<Vec<_>>().join(" ");
        let length = title.chars().count();
        if !TITLE.contains(&length) {
            let (least, most) = (TITLE.start(), TITLE.end());
            self.note(
                "title",
                format!("has to have {least} to {most} characters, it has {length}"),
            );
        }
        Some(title)
    }

    /// Nothing but white space is nothing.
    pub fn body(&mut self, field: &'static str, sent: Option<&str>) -> Option<String> {
        let body = sent?.trim();
        let length = body.chars().count();
        if length > MAX_BODY {
            self.note(
                field,
                format!("has to have at most {MAX_BODY} characters, it has {length}"),
            );
        }
        // PostgreSQL stores every other one.
        if body.contains('\0') {
            self.note(field, "has to be text".to_owned());
        }
        (!body.is_empty()).then(|| body.to_owned())
    }

    /// The same where there has to be something.
    pub fn words(&mut self, field: &'static str, sent: &str) -> Option<String> {
        let body = self.body(field, Some(sent));
        if body.is_none() {
            self.note(field, format!("has to have 1 to {MAX_BODY} characters"));
        }
        body
    }

    pub fn link(&mut self, sent: Option<&str>) -> Option<String> {
        let sent = sent?.trim();
        if sent.is_empty() {
            return None;
        }
        let link = reqwest::Url::parse(sent).ok();
        let is_link = link.is_some_and(|link| matches!(link.scheme(), "http" | "https") && link.has_host());
        if !is_link || sent.len() > MAX_LINK {
            let message = format!(
                "has to be an address such as https://example.org/page, of at most {MAX_LINK} characters"
            );
            self.note("link", message);
        }
        Some(sent.to_owned())
    }

    pub fn done(self) -> Result<(), Problem> {
        if self.violations.is_empty() {
            Ok(())
        } else {
            Err(Problem::validation(self.violations))
        }
    }

    fn note(&mut self, field: &str, message: String) {
        self.violations.push(Violation {
            field: field.to_owned(),
            message,
        });
    }
}

/// Stores what an account wrote, before the event that names it.
///
/// # Errors
/// It wrote too much today.
pub async fn keep_of(
    app: &App,
    account: &Account,
    request: RequestId,
    mut text: Text,
) -> Result<TextId, Problem> {
    let is_new = account.created_at + NEW > OffsetDateTime::now_utc();
    if is_new {
        text.link = None;
        text.title = text.title.map(|title| without_links(&title));
        text.body = text.body.map(|body| without_links(&body));
    }
    let id = Uuid::now_v7();
    let most = if is_new { A_NEW_DAY } else { A_DAY };
    app.texts
        .keep_of(account.id, id, request.uuid(), &text, most)
        .await?;
    telemetry::failpoint("request.text_kept");
    Ok(TextId::new(id))
}

/// Stores what staff (`customer` is none) or a customer wrote about a request.
pub async fn keep_words(
    app: &App,
    account: Option<&Account>,
    request: RequestId,
    words: String,
) -> Result<(Option<OwnerId>, TextId), Problem> {
    let text = Text {
        body: Some(words),
        ..Text::default()
    };
    if let Some(account) = account {
        let id = keep_of(app, account, request, text).await?;
        return Ok((Some(OwnerId::new(account.id)), id));
    }
    let id = Uuid::now_v7();
    app.texts.keep(id, request.uuid(), &text).await?;
    Ok((None, TextId::new(id)))
}

/// What looks like an address of a page is left out. Line breaks stay.
fn without_links(text: &str) -> String {
    let is_link = |word: &str| word.contains("://") || word.to_lowercase().contains("www.");
    let lines = text.lines().map(|line| {
        let words = line
            .split(' ')
            .map(|word| if is_link(word) { "[link]" } else { word });
        words.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_of_some_words() {
        let mut checked = Checked::default();
        assert_eq!(
            checked.title(Some("  a \n big  mug ")).as_deref(),
            Some("a big mug")
        );
        assert!(checked.done().is_ok());
        for wrong in ["", "ab", &"x".repeat(121)] {
            let mut checked = Checked::default();
            checked.title(Some(wrong));
            assert!(checked.done().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_link_leads_to_a_page() {
        for wrong in ["javascript:alert(1)", "mug", "ftp://example.org", "https://"] {
            let mut checked = Checked::default();
            checked.link(Some(wrong));
            assert!(checked.done().is_err(), "{wrong}");
        }
        let mut checked = Checked::default();
        assert_eq!(
            checked.link(Some(" https://example.org/mug ")).as_deref(),
            Some("https://example.org/mug")
        );
        assert_eq!(checked.link(Some(" ")), None);
        assert!(checked.done().is_ok());
    }

    #[test]
    fn a_new_account_writes_no_links() {
        assert_eq!(
            without_links("buy at https://spam.example now\nor WWW.spam.example"),
            "buy at [link] now\nor [link]"
        );
        assert_eq!(without_links("a mug, 3:1 scale"), "a mug, 3:1 scale");
    }
}
