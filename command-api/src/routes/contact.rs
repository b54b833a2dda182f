//! Who gets an order, and where: personal data, checked at the door and never part of an event.

use event_store::contacts::Contact;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Violation;

/// Names and address of whoever gets an order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactBody {
    #[schema(example = "ada@example.org", max_length = 254)]
    email: String,
    #[schema(max_length = 120)]
    name: String,
    /// Street and number.
    #[schema(max_length = 120)]
    line1: String,
    #[schema(max_length = 120)]
    line2: Option<String>,
    #[schema(max_length = 16)]
    postal_code: String,
    #[schema(max_length = 80)]
    city: String,
    #[schema(max_length = 80)]
    region: Option<String>,
    #[schema(max_length = 32)]
    phone: Option<String>,
}

/// Where an order goes.
#[derive(Serialize, ToSchema)]
pub struct ContactOf {
    email: String,
    name: String,
    line1: String,
    line2: Option<String>,
    postal_code: String,
    city: String,
    region: Option<String>,
    /// ISO 3166-1 alpha-2.
    country: String,
    phone: Option<String>,
}

/// Trimmed and checked.
///
/// # Errors
/// Every field that is not as it has to be.
pub fn contact(body: ContactBody, country: &str) -> Result<Contact, Vec<Violation>> {
    let mut checked = Lines::named("contact.");
    let email = checked.required("email", &body.email, 254);
    let name = checked.required("name", &body.name, 120);
    let line1 = checked.required("line1", &body.line1, 120);
    let postal_code = checked.required("postal_code", &body.postal_code, 16);
    let city = checked.required("city", &body.city, 80);
    let line2 = checked.optional("line2", body.line2, 120);
    let region = checked.optional("region", body.region, 80);
    let phone = checked.optional("phone", body.phone, 32);
    let mut violations = checked.violations;
    if !violations
        .iter()
        .any(|violation| violation.field == "contact.email")
        && !is_address(&email)
    {
        violations.push(Violation {
            field: "contact.email".to_owned(),
            message: "has to be an e-mail address, as name@example.org".to_owned(),
        });
    }
    if !violations.is_empty() {
        return Err(violations);
    }
    Ok(Contact {
        email,
        name,
        line1,
        line2,
        postal_code,
        city,
        region,
        country: country.to_owned(),
        phone,
    })
}

/// Checks fields of one line each, and notes those that are none.
pub struct Lines {
    /// Stands before every field's name.
    within: &'static str,
    pub violations: Vec<Violation>,
}

impl Lines {
    pub const fn named(within: &'static str) -> Self {
        Self {
            within,
            violations: vec![],
        }
    }

    /// Trimmed.
    pub fn required(&mut self, field: &str, text: &str, most: usize) -> String {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > most || text.chars().any(char::is_control) {
            self.violations.push(Violation {
                field: format!("{}{field}", self.within),
                message: format!("has to have 1 to {most} characters on one line"),
            });
        }
        text.to_owned()
    }

    /// Trimmed; blanks are nothing.
    pub fn optional(&mut self, field: &str, text: Option<String>, most: usize) -> Option<String> {
        let text = text.filter(|text| !text.trim().is_empty())?;
        Some(self.required(field, &text, most))
    }
}

/// Only what is certainly none is refused: whether there is such a mailbox, a mail finds out.
pub fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let has_dot = domain.split('.').count() > 1 && domain.split('.').all(|label| !label.is_empty());
    !local.is_empty() && has_dot && !text.contains(char::is_whitespace)
}

impl From<Contact> for ContactOf {
    fn from(contact: Contact) -> Self {
        Self {
            email: contact.email,
            name: contact.name,
            line1: contact.line1,
            line2: contact.line2,
            postal_code: contact.postal_code,
            city: contact.city,
            region: contact.region,
            country: contact.country,
            phone: contact.phone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(email: &str) -> ContactBody {
        ContactBody {
            email: email.to_owned(),
            name: " Ada Lovelace ".to_owned(),
            line1: "Dorset Street 1".to_owned(),
            line2: Some(String::new()),
            postal_code: "10115".to_owned(),
            city: "Berlin".to_owned(),
            region: None,
            phone: None,
        }
    }

    #[test]
    fn a_contact_is_kept_without_blanks_around_it() {
        let kept = contact(body("ada@example.org"), "DE").unwrap();
        assert_eq!((kept.name.as_str(), kept.line2), ("Ada Lovelace", None));
    }

    #[test]
    fn every_field_that_is_wrong_is_named() {
        let wrong = ContactBody {
            name: "\n".to_owned(),
            city: "x".repeat(81),
            ..body("nobody")
        };
        let named: Vec<String> = contact(wrong, "DE")
            .unwrap_err()
            .into_iter()
            .map(|v| v.field)
            .collect();
        assert_eq!(named, ["contact.name", "contact.city", "contact.email"]);
    }

    #[test]
    fn what_is_certainly_no_address_is_refused() {
        for bad in [
            "ada",
            "@example.org",
            "ada@",
            "ada@example",
            "ada@.org",
            "a da@example.org",
        ] {
            assert!(contact(body(bad), "DE").is_err(), "{bad}");
        }
    }
}
