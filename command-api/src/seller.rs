//! Who sells: named on receipts, in mails and in the imprint. From the environment.

use std::fmt::Display;

use anyhow::{anyhow, bail, ensure};
use clap::Args;
use domain::Line;
use domain::text::Parsed;
use serde::Serialize;
use utoipa::ToSchema;

use crate::email::Email;
use crate::phone::Phone;

/// Stands for a VAT identification number where the seller has none.
const NO_VAT_ID: &str = "none";
/// Street, and town with country, are the least.
const ADDRESS_LINES: std::ops::RangeInclusive<usize> = 2..=6;

// What a developer's machine shows: nobody takes it for a seller.
const SAMPLE_NAME: &str = "Sample Seller Ltd. (sample)";
const SAMPLE_ADDRESS: &str = "Sample Street 1\n10115 Sampletown\nGermany";
const SAMPLE_VAT_ID: &str = "DE000000000";
const SAMPLE_EMAIL: &str = "seller@shop.example";
const SAMPLE_PHONE: &str = "+49 30 0000000";

#[derive(Args, Default)]
#[expect(clippy::struct_field_names, reason = "an argument is named like its field")]
pub struct SellerArgs {
    /// Who sells: the full name of the company or person. Receipts, mails and the imprint show it; the roles `payments` and
    /// `notifications` need it and what follows. With --dev there are samples.
    #[arg(long, env = "SELLER_NAME")]
    pub seller_name: Option<String>,
    /// Where the seller can be reached by post, on 2 to 6 lines. `\n` begins a new one where the value has to be on one line.
    #[arg(long, env = "SELLER_ADDRESS")]
    pub seller_address: Option<String>,
    /// The VAT identification number, or `none`
    #[arg(long, env = "SELLER_VAT_ID")]
    pub seller_vat_id: Option<String>,
    /// Where customers write to
    #[arg(long, env = "SELLER_EMAIL")]
    pub seller_email: Option<String>,
    /// Where customers call
    #[arg(long, env = "SELLER_PHONE")]
    pub seller_phone: Option<String>,
}

/// Who sells, and how to reach them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Seller {
    pub name: String,
    /// The lines of the postal address.
    pub address: Vec<String>,
    #[schema(required)]
    pub vat_id: Option<String>,
    pub email: String,
    pub phone: String,
}

impl SellerArgs {
    /// `is_shown`: whether anything in this process shows the seller. Where nothing does, nothing has to be set.
    ///
    /// # Errors
    /// A sentence for whoever starts the process: what is not set, or is not as it has to be.
    pub fn read(&self, dev: bool, is_shown: bool) -> anyhow::Result<Seller> {
        let is_required = is_shown && !dev;
        let value = |name: &str, given: &Option<String>, sample: &str| {
            let given = given.as_deref().map(str::trim).filter(|text| !text.is_empty());
            match given {
                Some(text) if is_required && text == sample => {
                    bail!(
                        "{name} is the sample of a developer's machine. Set it to what customers have to read."
                    )
                }
                Some(text) => Ok(text.to_owned()),
                None if !is_required => Ok(sample.to_owned()),
                None => bail!(
                    "{name} is not set. Receipts, mails and the imprint have to name the seller: set it, or start with --dev on a \
                     developer's machine."
                ),
            }
        };
        Ok(Seller {
            name: line(
                "SELLER_NAME",
                &value("SELLER_NAME", &self.seller_name, SAMPLE_NAME)?,
            )?,
            address: address(&value("SELLER_ADDRESS", &self.seller_address, SAMPLE_ADDRESS)?)?,
            vat_id: vat_id(&value("SELLER_VAT_ID", &self.seller_vat_id, SAMPLE_VAT_ID)?)?,
            email: Email::parse(&value("SELLER_EMAIL", &self.seller_email, SAMPLE_EMAIL)?)
                .map(String::from)
                .map_err(|error| wrong("SELLER_EMAIL", &error))?,
            phone: Phone::parsed(&value("SELLER_PHONE", &self.seller_phone, SAMPLE_PHONE)?)
                .map(String::from)
                .map_err(|error| wrong("SELLER_PHONE", &error))?,
        })
    }
}

impl Seller {
    /// Everything, a line each, as below a letter.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.name.clone()];
        lines.extend(self.address.iter().cloned());
        lines.extend([self.email.clone(), self.phone.clone()]);
        lines.extend(self.vat_id.as_ref().map(|id| format!("VAT ID {id}")));
        lines
    }
}

/// What was set is not repeated: it may have been put into the wrong variable.
fn wrong(name: &str, error: &dyn Display) -> anyhow::Error {
    anyhow!("{name} is not right: it {error}")
}

fn line(name: &str, text: &str) -> anyhow::Result<String> {
    let line = Line::<120>::parse(text).map_err(|error| wrong(name, &error))?;
    Ok(line.into())
}

fn address(text: &str) -> anyhow::Result<Vec<String>> {
    let text = text.replace("\\n", "\n");
    let lines = text.lines().map(str::trim).filter(|text| !text.is_empty());
    let lines = lines
        .map(|text| line("SELLER_ADDRESS", text))
        .collect::<anyhow::Result<Vec<String>>>()?;
    ensure!(
        ADDRESS_LINES.contains(&lines.len()),
        "SELLER_ADDRESS has {} lines. It has 2 to 6: street, town, country.",
        lines.len()
    );
    Ok(lines)
}

/// Countries write theirs in many ways, from `DE123456789` to `CHE-123.456.789 MWST`.
fn vat_id(text: &str) -> anyhow::Result<Option<String>> {
    if text == NO_VAT_ID {
        return Ok(None);
    }
    let is_one = text.len() <= 24
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || " .-+*".contains(c))
        && text.chars().filter(char::is_ascii_digit).count() >= 5;
    ensure!(
        is_one,
        "SELLER_VAT_ID is no VAT identification number. One is such as DE123456789; `none` where the seller has none."
    );
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change = fn(&mut SellerArgs);

    fn set() -> SellerArgs {
        SellerArgs {
            seller_name: Some("Lovelace & Daughters GmbH".to_owned()),
            seller_address: Some("Lindenstraße 12\n 10969 Berlin \n\nGermany".to_owned()),
            seller_vat_id: Some("DE123456789".to_owned()),
            seller_email: Some("hello@lovelace.example".to_owned()),
            seller_phone: Some("+49 30 1234567".to_owned()),
        }
    }

    fn complaint(change: impl FnOnce(&mut SellerArgs)) -> String {
        let mut args = set();
        change(&mut args);
        args.read(false, true).unwrap_err().to_string()
    }

    #[test]
    fn a_seller_is_read_with_an_address_of_several_lines() {
        let seller = set().read(false, true).unwrap();
        assert_eq!(seller.address, ["Lindenstraße 12", "10969 Berlin", "Germany"]);
        let on_one_line = SellerArgs {
            seller_address: Some(r"Lindenstraße 12\n10969 Berlin\nGermany".to_owned()),
            ..set()
        };
        assert_eq!(on_one_line.read(false, true).unwrap(), seller);
        assert_eq!(
            seller.lines(),
            [
                "Lovelace & Daughters GmbH",
                "Lindenstraße 12",
                "10969 Berlin",
                "Germany",
                "hello@lovelace.example",
                "+49 30 1234567",
                "VAT ID DE123456789"
            ]
        );
    }

    #[test]
    fn a_seller_without_a_vat_id_says_so() {
        let without = SellerArgs {
            seller_vat_id: Some("none".to_owned()),
            ..set()
        };
        let seller = without.read(false, true).unwrap();
        assert_eq!(seller.vat_id, None);
        assert!(seller.lines().iter().all(|line| !line.contains("VAT")));
    }

    #[test]
    fn production_names_what_is_not_set_where_the_seller_is_shown() {
        let unset: [(&str, Change); 5] = [
            ("SELLER_NAME", |args| args.seller_name = None),
            ("SELLER_ADDRESS", |args| {
                args.seller_address = Some(" ".to_owned());
            }),
            ("SELLER_VAT_ID", |args| args.seller_vat_id = None),
            ("SELLER_EMAIL", |args| args.seller_email = None),
            ("SELLER_PHONE", |args| args.seller_phone = None),
        ];
        for (name, unset) in unset {
            let said = complaint(unset);
            assert!(said.starts_with(&format!("{name} is not set. ")), "{said}");
        }
        let nothing = SellerArgs::default();
        assert!(nothing.read(false, false).is_ok());
        let sample = nothing.read(true, true).unwrap();
        assert_eq!((sample.name.as_str(), sample.address.len()), (SAMPLE_NAME, 3));
    }

    #[test]
    fn production_refuses_the_samples() {
        let said = complaint(|args| args.seller_name = Some(SAMPLE_NAME.to_owned()));
        assert!(said.starts_with("SELLER_NAME is the sample"), "{said}");
        let said = complaint(|args| args.seller_vat_id = Some(SAMPLE_VAT_ID.to_owned()));
        assert!(said.starts_with("SELLER_VAT_ID is the sample"), "{said}");
    }

    #[test]
    fn what_is_not_right_is_named_and_not_repeated() {
        let wrong: [(&str, Change); 6] = [
            ("SELLER_NAME is not right", |args| {
                args.seller_name = Some("hunter2 ".repeat(20));
            }),
            ("SELLER_ADDRESS has 1 lines", |args| {
                args.seller_address = Some("hunter2".to_owned());
            }),
            ("SELLER_ADDRESS is not right", |args| {
                args.seller_address = Some("hunter2\n\u{7}".to_owned());
            }),
            ("SELLER_VAT_ID is no VAT", |args| {
                args.seller_vat_id = Some("hunter2".to_owned());
            }),
            ("SELLER_EMAIL is not right", |args| {
                args.seller_email = Some("hunter2".to_owned());
            }),
            ("SELLER_PHONE is not right", |args| {
                args.seller_phone = Some("hunter2".to_owned());
            }),
        ];
        for (expected, change) in wrong {
            let said = complaint(change);
            assert!(said.starts_with(expected) && !said.contains("hunter2"), "{said}");
        }
    }
}
