//! E-mail addresses, read by the mailer's own parser: what is taken can be sent to.
//!
//! An address has one form: without what nobody sees, its domain in lower case and as punycode. A name before the @ that needs
//! SMTPUTF8 (RFC 6531) is refused: few servers take it. Earlier releases stored addresses as they were typed, so an account is looked
//! for under every key that its address may have ([`keys_of`]).

use std::fmt;

use domain::Line;
use domain::text::{Parsed, Rule, TextError};
use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use lettre::Address;
use unicode_normalization::UnicodeNormalization;

use crate::request::hash;

/// RFC 5321 §4.5.3.1.3: 256 with the brackets around it.
const MAX_LENGTH: usize = 254;
/// More than any address that was ever taken.
const MOST_TYPED: usize = 500;

#[derive(Clone, PartialEq, Eq)]
pub struct Email(Address);

/// Why something is no address, in words that say what is one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    #[error(transparent)]
    Text(TextError),
    #[error("has to be an e-mail address, as name@example.org")]
    NoAddress,
    #[error(
        "has to be an e-mail address with letters a-z, digits and signs before the @: mail to other letters cannot be sent"
    )]
    NeedsSmtpUtf8,
}

impl fmt::Debug for Email {
    /// Personal data gets into no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(personal data)")
    }
}

impl Email {
    /// # Errors
    /// What an address has to be.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let line = Line::<MAX_LENGTH>::parse(text).map_err(|error| match error {
            TextError::Length { length: 0, .. } => EmailError::NoAddress,
            error => EmailError::Text(error),
        })?;
        let (local, domain) = line.as_str().rsplit_once('@').ok_or(EmailError::NoAddress)?;
        let domain = punycode(domain).ok_or(EmailError::NoAddress)?;
        let address = Address::new(local, &domain).map_err(|_| EmailError::NoAddress)?;
        // The mailer reads its own header once more and does not understand a name in quotes.
        if local.starts_with('"') {
            return Err(EmailError::NoAddress);
        }
        if !local.is_ascii() {
            return Err(EmailError::NeedsSmtpUtf8);
        }
        if local.len() + "@".len() + domain.len() > MAX_LENGTH {
            return Err(EmailError::NoAddress);
        }
        Ok(Self(address))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }

    /// What all spellings of it have in common.
    pub fn key(&self) -> String {
        self.as_str().to_ascii_lowercase()
    }

    pub fn address(self) -> Address {
        self.0
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.as_str().to_owned()
    }
}

/// What somebody typed to be found by. There may be an account from before addresses were read as they are now.
pub struct TypedEmail(String);

impl TypedEmail {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Parsed for TypedEmail {
    fn rule() -> Rule {
        Rule {
            name: "TypedEmail".into(),
            description: "An account's e-mail address, however it is spelled.".into(),
            example: Some("ada@example.org"),
            ..Line::<MOST_TYPED>::rule()
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        match Line::<MOST_TYPED>::parse(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Parsed for Email {
    fn rule() -> Rule {
        Rule {
            max_length: Some(MAX_LENGTH),
            pattern: Some(pattern().into()),
            format: Some("email"),
            example: Some("ada@example.org"),
            ..Rule::new(
                "EmailAddress",
                "An e-mail address that a mail can be sent to. It is stored with its domain in lower case and as punycode.",
            )
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|error| error.to_string())
    }
}

/// As near to [`Email::parse`] as a pattern can be, and never stricter, once what nobody sees is left out. A domain in letters of any
/// language is mapped by IDNA before it is looked at, so that of those hardly more is said than that they have a dot.
fn pattern() -> String {
    const NAME: &str = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
    const LABEL: &str = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    // No number: that would be an address of IP.
    const LAST_LABEL: &str = "([0-9]*[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?|[0-9]+-[A-Za-z0-9-]*[A-Za-z0-9])";
    const OTHER: &str = r"[^\u0000-\u007f]";
    // Of ASCII, letters and digits, the dot and the hyphen.
    const ANY: &str = r"[^\u0000-,/:-@\[-`{-\u007f]";
    // What IDNA reads as a dot, or as several, or as a number with one.
    const DOT: &str = r"[\u2024-\u2026\u2488-\u249b\u3002\ufe12\ufe19\ufe30\ufe52\uff0e\uff61]";
    let ascii = format!(r"({LABEL}\.)+{LAST_LABEL}");
    let any = format!(r"{ANY}*({OTHER}{ANY}*\.|\.{ANY}*{OTHER}|{DOT}){ANY}*");
    format!(r"^\s*{NAME}(\.{NAME})*@({ascii}|{any})\s*$")
}

/// A domain of the internet, of two labels at least: neither an address of IP nor the name of a machine.
fn punycode(domain: &str) -> Option<String> {
    let ascii = Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .ok()?;
    let (_, last) = ascii.rsplit_once('.')?;
    let is_a_number = last.bytes().all(|byte| byte.is_ascii_digit());
    (!is_a_number).then(|| ascii.into_owned())
}

/// Every key under which there may be an account of this address. The first is the one that earlier releases would look for.
pub fn keys_of(text: &str) -> Vec<String> {
    let typed = text.trim().to_lowercase();
    if typed.chars().any(char::is_control) {
        return vec![];
    }
    let mut keys = vec![typed.clone()];
    let mut add = |key: String| {
        if !keys.contains(&key) {
            keys.push(key);
        }
    };
    if let Ok(email) = Email::parse(text) {
        add(email.key());
    }
    for key in stored_forms(&typed) {
        add(key);
    }
    keys
}

/// As earlier releases stored an address: with its domain in either form, in either normal form. The last one is the same for all that
/// find the same account, whichever of them was typed.
fn stored_forms(typed: &str) -> Vec<String> {
    let Some((local, domain)) = typed.rsplit_once('@') else {
        return vec![];
    };
    let (unicode, _) = Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow);
    let ascii = punycode(domain);
    let domains = [Some(&*unicode), ascii.as_deref()].into_iter().flatten();
    domains
        .flat_map(|domain| {
            let key = format!("{local}@{domain}");
            [key.nfc().collect(), key.nfd().collect()]
        })
        .collect()
}

/// What attempts at an address are counted under, however long it is and however it is spelled.
pub fn subject_of(text: &str) -> String {
    if let Ok(email) = Email::parse(text) {
        return email.key();
    }
    let typed = text.trim().to_lowercase();
    let found_by = stored_forms(&typed).pop();
    hash(&[found_by.unwrap_or(typed).as_bytes()]).to_string()
}

/// What mails to an address, and uses of a discount code, are counted under: all that reaches one mailbox. What stands behind a + chooses a folder there (RFC 5233).
pub fn mailbox_of(text: &str) -> String {
    let subject = subject_of(text);
    let Some((local, domain)) = subject.rsplit_once('@') else {
        return subject;
    };
    match local.split_once('+') {
        Some((mailbox, _)) if !mailbox.is_empty() => format!("{mailbox}@{domain}"),
        Some(_) | None => subject,
    }
}

#[cfg(test)]
mod tests {
    use lettre::Message;
    use lettre::message::Mailbox;
    use openapi::fits;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_address_that_is_taken_fits_the_description(
            address in "\\PC{0,12}|[ \u{3000}]?[!-~é\u{212a}]{1,4}(\\.[a-z]{1,2})?@?([a-z0-9-]{1,4}[.。．｡․…⒈éü例]?){1,4} ?"
        ) {
            // What nobody sees is left out first, of every line.
            let seen = Line::<MAX_LENGTH>::parse(&address).map(String::from).unwrap_or_default();
            prop_assert!(Email::parse(&address).is_err() || fits(&Email::rule(), &seen), "{:?}", address);
        }
    }

    #[test]
    fn what_is_refused_by_its_form_does_not_fit_the_description() {
        for wrong in [
            "ada",
            "ada@example",
            "ada@bücher",
            "ada@example.org.",
            "ada@example..org",
            "a..b@example.org",
            "ada@-example.org",
            "ada@exam_ple.org",
            "ada@127.0.0.1",
            "ada@[127.0.0.1]",
            "ada@example.123",
            "ada@bob@example.org",
            "\"ada lovelace\"@example.org",
            "\"ada\"@example.org",
            "Ada <ada@example.org>",
            "ada@example.org,bob@example.org",
            "jörg@example.org",
            "a\nb@example.org",
        ] {
            assert!(Email::parse(wrong).is_err(), "{wrong:?}");
            assert!(!fits(&Email::rule(), wrong), "{wrong:?}");
        }
        assert!(
            fits(&Email::rule(), " ada@example.org "),
            "white space around it is left out"
        );
    }

    /// The storefront's rule is tested with the same ones.
    const ADDRESSES: &str = include_str!("../../frontend/src/components/form/emailAddresses.json");

    #[derive(serde::Deserialize)]
    struct Addresses {
        taken: Vec<(String, String)>,
        refused: Vec<String>,
    }

    #[test]
    fn what_is_taken_can_be_sent_to_and_everything_else_is_refused() {
        let addresses: Addresses = serde_json::from_str(ADDRESSES).unwrap();
        for (typed, stored) in addresses.taken {
            let email = Email::parse(&typed).unwrap_or_else(|error| panic!("{typed:?} {error}"));
            assert_eq!(email.as_str(), stored, "{typed:?}");
            let seen = String::from(Line::<MAX_LENGTH>::parse(&typed).unwrap());
            assert!(fits(&Email::rule(), &seen), "{typed:?} is not described");
            assert!(email.as_str().is_ascii());
            assert_eq!(Email::parse(email.as_str()).as_ref(), Ok(&email));
            let mail = Message::builder()
                .from("shop@example.org".parse().unwrap())
                .to(Mailbox::new(None, email.address()))
                .body(String::new())
                .unwrap();
            assert_eq!(mail.envelope().to()[0].as_ref() as &str, stored);
            let to = mail.headers().get_raw("To").unwrap().to_owned();
            assert_eq!(to, stored, "one recipient and nothing else");
        }
        for wrong in addresses.refused {
            assert!(Email::parse(&wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_refusal_says_what_an_address_is() {
        let said = |text: &str| Email::parse(text).unwrap_err().to_string();
        assert!(said("").contains("name@example.org"));
        assert!(said("jörg@example.org").contains("before the @"));
        assert!(said("a\0b@example.org").contains("U+0000"));
        assert!(said(&format!("{}@example.org", "a".repeat(300))).contains("254"));
    }

    #[test]
    fn every_spelling_of_an_address_has_a_key_in_common() {
        for spellings in [
            vec!["ada@example.org", " Ada@Example.ORG ", "ada@example.org\u{200b}"],
            vec![
                "ada@bücher.example",
                "ada@bu\u{308}cher.example",
                "ADA@xn--bcher-kva.example",
            ],
            vec!["josé@example.org", "jose\u{301}@example.org", "JOSÉ@EXAMPLE.org"],
        ] {
            for (one, other) in spellings.iter().zip(&spellings[1..]) {
                let (one, other) = (keys_of(one), keys_of(other));
                assert!(one.iter().any(|key| other.contains(key)), "{one:?} {other:?}");
            }
        }
        assert_eq!(keys_of("Ada@Example.org"), ["ada@example.org"]);
        assert!(keys_of("a\0b@example.org").is_empty());
        // As it was typed comes first: where an earlier release made two accounts, each is still found.
        assert_eq!(keys_of("Ada@BÜCHER.example")[0], "ada@bücher.example");
    }

    #[test]
    fn attempts_are_counted_under_one_short_name() {
        assert_eq!(
            subject_of("Ada@BÜCHER.example"),
            subject_of("ada@xn--bcher-kva.example")
        );
        assert_eq!(subject_of(&"a".repeat(60_000)).len(), 36);
    }

    #[test]
    fn attempts_at_an_account_from_before_are_counted_under_one_name_however_its_address_is_spelled() {
        let spellings = [
            "josé@bücher.example",
            "jose\u{301}@bu\u{308}cher.example",
            "JOSÉ@xn--bcher-kva.example",
            " jose\u{301}@XN--BCHER-KVA.example",
            "josé@bücher\u{3002}example",
            "josé@bü\u{ad}cher.example",
            "josé@ｂücher.example",
        ];
        for spelling in spellings {
            let keys = keys_of(spelling);
            assert!(
                keys.iter().any(|key| key == "josé@bücher.example"),
                "{spelling:?} finds the account by {keys:?}"
            );
            assert_eq!(subject_of(spelling), subject_of(spellings[0]), "{spelling:?}");
        }
        assert_ne!(subject_of(spellings[0]), subject_of("josé@bucher.example"));
    }
    #[test]
    fn mails_are_counted_by_mailbox_whatever_folder_of_it_they_go_to() {
        for address in ["ada+1@example.org", "ADA+a+b@Example.ORG", "ada@example.org"] {
            assert_eq!(mailbox_of(address), "ada@example.org");
        }
        assert_eq!(mailbox_of("+ada@example.org"), "+ada@example.org");
        assert_ne!(mailbox_of("ada@example.org"), mailbox_of("ada@example.com"));
    }
}
