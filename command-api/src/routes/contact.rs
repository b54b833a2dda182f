//! Who gets an order, and where: personal data, checked at the door and never part of an event.

use domain::Country;
use event_store::contacts::Contact;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::email::Email;
use crate::error::Violation;
use crate::fields::{Fields, SentEmail, SentLine, SentPhone};

/// Names and address of whoever gets an order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactBody {
    email: SentEmail,
    name: SentLine<120>,
    /// Street and number.
    line1: SentLine<120>,
    line2: Option<SentLine<120>>,
    postal_code: SentLine<16>,
    city: SentLine<80>,
    region: Option<SentLine<80>>,
    phone: Option<SentPhone>,
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

/// # Errors
/// Every field that is not as it has to be.
pub fn contact(body: &ContactBody, country: Option<Country>) -> Result<Contact, Vec<Violation>> {
    let mut fields = Fields::within("contact.");
    let name = fields.take("name", &body.name);
    let line1 = fields.take("line1", &body.line1);
    let line2 = fields.take_optional("line2", body.line2.as_ref());
    let postal_code = fields.take("postal_code", &body.postal_code);
    let city = fields.take("city", &body.city);
    let region = fields.take_optional("region", body.region.as_ref());
    let phone = fields.take_optional("phone", body.phone.as_ref());
    let email = fields.take("email", &body.email);
    let (Some(email), Some(name), Some(line1), Some(postal_code), Some(city), Some(country), true) =
        (email, name, line1, postal_code, city, country, fields.is_right())
    else {
        return Err(fields.violations());
    };
    Ok(Contact {
        email: email.into(),
        name: name.into(),
        line1: line1.into(),
        line2: line2.map(String::from),
        postal_code: postal_code.into(),
        city: city.into(),
        region: region.map(String::from),
        country: country.to_string(),
        phone: phone.map(String::from),
    })
}

/// What all spellings of its address have in common.
pub fn email_key(contact: &Contact) -> String {
    Email::parse(&contact.email).map_or_else(|_| contact.email.to_lowercase(), |email| email.key())
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
    use serde_json::json;

    use super::*;

    fn checked(changes: &serde_json::Value) -> Result<Contact, Vec<Violation>> {
        let mut body = json!({
            "email": "ada@example.org", "name": " Ada Lovelace ", "line1": "Dorset Street 1", "line2": "",
            "postal_code": "10115", "city": "Berlin", "region": " \u{200b}", "phone": null,
        });
        for (field, text) in changes.as_object().unwrap() {
            body[field] = text.clone();
        }
        contact(&serde_json::from_value(body).unwrap(), Country::parse("DE").ok())
    }

    #[test]
    fn a_contact_is_kept_without_blanks_around_it() {
        let kept = checked(&json!({})).unwrap();
        assert_eq!(
            (kept.name.as_str(), kept.line2, kept.region),
            ("Ada Lovelace", None, None)
        );
    }

    #[test]
    fn every_field_that_is_wrong_is_named() {
        let wrong = json!({ "name": "\n", "city": "x".repeat(81), "line2": "a\0b", "email": "nobody" });
        let named: Vec<String> = checked(&wrong)
            .unwrap_err()
            .into_iter()
            .map(|v| v.field)
            .collect();
        assert_eq!(
            named,
            ["contact.name", "contact.line2", "contact.city", "contact.email"]
        );
    }

    #[test]
    fn names_of_all_the_world_are_taken() {
        for name in [
            "O'Brien",
            "Łukasz Żółć",
            "山田　太郎",
            "יוסף כהן",
            "Nguyễn Thị Ánh",
        ] {
            assert!(checked(&json!({ "name": name, "city": name })).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "ada",
            "@example.org",
            "ada@",
            "ada@example",
            "ada@.org",
            "a da@example.org",
            "a..b@example.org",
            "ada@example.org,bob@example.org",
            "jörg@example.org",
        ] {
            assert!(checked(&json!({ "email": bad })).is_err(), "{bad}");
        }
    }
}
