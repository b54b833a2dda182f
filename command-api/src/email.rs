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
    let Some((local, domain)) = typed.rsplit_once('@') else {
        return keys;
    };
    // As earlier releases stored it: in either normal form, with its domain in either form.
    let (unicode, _) = Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow);
    let ascii = punycode(domain);
    for domain in [Some(&*unicode), ascii.as_deref()].into_iter().flatten() {
        let key = format!("{local}@{domain}");
        add(key.nfc().collect());
        add(key.nfd().collect());
    }
    keys
}

/// What attempts at an address are counted under, however long it is and however it is spelled.
pub fn subject_of(text: &str) -> String {
    match Email::parse(text) {
        Ok(email) => email.key(),
        Err(_) => hash(&[text.trim().to_lowercase().nfc().collect::<String>().as_bytes()]).to_string(),
    }
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

    use super::*;

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
    fn mails_are_counted_by_mailbox_whatever_folder_of_it_they_go_to() {
        for address in ["ada+1@example.org", "ADA+a+b@Example.ORG", "ada@example.org"] {
            assert_eq!(mailbox_of(address), "ada@example.org");
        }
        assert_eq!(mailbox_of("+ada@example.org"), "+ada@example.org");
        assert_ne!(mailbox_of("ada@example.org"), mailbox_of("ada@example.com"));
    }
}
