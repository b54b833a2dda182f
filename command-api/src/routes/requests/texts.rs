//! What people write, checked at the door: how long it may be, and how much of it in a day.

use std::time::Duration;

use domain::text::{Parsed, Rule};
use domain::{Line, OwnerId, Paragraph, RequestId, TextId};
use event_store::texts::Text;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::accounts::store::Account;
use crate::error::Problem;
use crate::fields::Sent;
use crate::router::App;
use crate::urls::{self, Fragment};

/// For so long an account is new: it writes less, and no links.
const NEW: Duration = Duration::from_hours(24);
const A_DAY: i64 = 20;
const A_NEW_DAY: i64 = 3;

/// What a request is about, in a few words. Those of several lines are taken as one.
pub struct Title(Line<120, 3>);

pub type SentTitle = Sent<Title>;

/// A page of the web.
pub struct Link(String);

pub type SentLink = Sent<Link>;

impl Link {
    const MAX_LENGTH: usize = 500;
    const RULE: &str = "has to be an address such as https://example.org/page, of at most 500 characters and without a name before the host";

    /// As it was typed, or as browsers write it where that is not ASCII.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let typed = Line::<{ Self::MAX_LENGTH }>::parse(text).map_err(|_| Self::RULE)?;
        let link = reqwest::Url::parse(typed.as_str()).map_err(|_| Self::RULE)?;
        let is_page = matches!(link.scheme(), "http" | "https") && link.has_host();
        let names_nobody = link.username().is_empty() && link.password().is_none();
        let is_plain = typed.as_str().bytes().all(|byte| byte.is_ascii_graphic());
        let kept = if is_plain {
            typed.into()
        } else {
            String::from(link)
        };
        if is_page && names_nobody && kept.len() <= Self::MAX_LENGTH {
            Ok(Self(kept))
        } else {
            Err(Self::RULE)
        }
    }
}

impl Parsed for Title {
    fn rule() -> Rule {
        Line::<120, 3>::rule()
    }

    fn parsed(text: &str) -> Result<Self, String> {
        Line::of_words(text).map(Self).map_err(|error| error.to_string())
    }
}

impl Parsed for Link {
    const BLANK_IS_NOTHING: bool = true;

    fn rule() -> Rule {
        Rule {
            max_length: Some(Self::MAX_LENGTH),
            pattern: Some(urls::pattern(urls::HTTP_OR_HTTPS, Fragment::Allowed).into()),
            format: Some("uri"),
            example: Some("https://example.org/mug"),
            ..Rule::new(
                "Link",
                "A page of the web, by http or https, without a name before the host. What is not ASCII is stored as browsers write it.",
            )
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(str::to_owned)
    }
}

impl From<Title> for String {
    fn from(title: Title) -> Self {
        title.0.into()
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.0
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
    words: Paragraph<2000>,
) -> Result<(Option<OwnerId>, TextId), Problem> {
    let text = Text {
        body: Some(words.into()),
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
    use openapi::fits;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_link_that_is_taken_fits_the_description(text in urls::testing::URLS) {
            prop_assert!(Link::parse(&text).is_err() || fits(&Link::rule(), &text), "{:?}", text);
        }
    }

    #[test]
    fn a_title_is_one_line_of_some_words() {
        let title = |text: &str| Title::parsed(text).map(String::from);
        assert_eq!(title("  a \n big  mug ").as_deref(), Ok("a big mug"));
        for wrong in ["", "ab", "a\0 mug", &"x".repeat(121)] {
            assert!(title(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_link_leads_to_a_page() {
        let link = |text: &str| Link::parse(text).map(String::from);
        for wrong in [
            "javascript:alert(1)",
            "mug",
            "ftp://example.org",
            "https://",
            "https://example.org/\0",
            "https://exam\nple.org/",
            "https://shop.example@evil.example/",
            "https://ada:word@example.org/",
        ] {
            assert!(link(wrong).is_err(), "{wrong}");
            assert!(!fits(&Link::rule(), wrong), "{wrong}");
        }
        let long = format!("https://example.org/{}", "ü".repeat(200));
        assert!(link(&long).is_err(), "{long}");
        for (typed, stored) in [
            (" https://example.org/mug ", "https://example.org/mug"),
            ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
            ("https://example.org/a\u{202e}b", "https://example.org/ab"),
        ] {
            assert_eq!(link(typed).as_deref(), Ok(stored));
        }
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
