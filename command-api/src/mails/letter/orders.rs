//! What people are told about their orders.

use domain::Money;
use domain::order::{Placement, Totals};
use event_store::contacts::Contact;
use uuid::Uuid;

use super::{Draft, Part, compose};
use crate::mails::Mail;
use crate::mails::order_facts::OrderFacts;

pub fn about_order(mail: &Mail, facts: &OrderFacts) -> Option<Draft> {
    let number = number(facts.order);
    let see = Part::Link("See the order", facts.link.clone());
    Some(match mail {
        Mail::OrderConfirmed { .. } => confirmed(&number, facts, see),
        Mail::OrderShipped {
            carrier, tracking, ..
        } => shipped(&number, carrier, tracking.as_deref(), see),
        Mail::OrderRefunded { amount, .. } => refunded(&number, amount, see),
        Mail::ConfirmEmail { .. }
        | Mail::ResetPassword { .. }
        | Mail::PasswordChanged
        | Mail::EmailChanged
        | Mail::ApiKeyMade { .. }
        | Mail::SecondFactor { .. }
        | Mail::Request { .. } => return None,
    })
}

fn confirmed(number: &str, facts: &OrderFacts, see: Part) -> Draft {
    let words = |text: &str| Part::Words(text.to_owned());
    let mut parts = vec![
        Part::Words(format!(
            "Thank you for your order {number}. It is paid, and we are getting it ready. This is what you bought:"
        )),
        Part::Rows(receipt(&facts.placement)),
        words("Delivery address:"),
        Part::Lines(address(&facts.contact)),
    ];
    parts.extend(
        facts
            .delivery
            .as_ref()
            .map(|delivery| Part::Words(format!("Delivery method: {delivery}."))),
    );
    parts.extend([
        see,
        Part::Link("Our terms", facts.terms.clone()),
        Part::Link("Your right of withdrawal", facts.withdrawal.clone()),
    ]);
    compose(&format!("Your order {number} is confirmed"), parts)
}

fn shipped(number: &str, carrier: &str, tracking: Option<&str>, see: Part) -> Draft {
    let tracking = match tracking {
        Some(tracking) => format!(" The tracking number is {tracking}."),
        None => String::new(),
    };
    compose(
        &format!("Your order {number}: a parcel is on its way"),
        vec![
            Part::Words(format!(
                "We have sent a parcel of your order {number} with {carrier}.{tracking}"
            )),
            see,
        ],
    )
}

fn refunded(number: &str, amount: &Money, see: Part) -> Draft {
    compose(
        &format!("Your order {number}: your refund is on its way"),
        vec![
            Part::Words(format!(
                "We are paying {amount} of your order {number} back to the card that you paid with. Banks take some days to show it."
            )),
            see,
        ],
    )
}

/// As the storefront shows it: the end of its id.
fn number(order: Uuid) -> String {
    let id = order.simple().to_string().to_uppercase();
    let end = id.get(24..).unwrap_or_default();
    let (one, other) = end.split_at_checked(4).unwrap_or_default();
    format!("{one}-{other}")
}

fn receipt(placement: &Placement) -> Vec<(String, String)> {
    let lines = placement.lines.iter().map(|line| {
        (
            format!("{} × {}", line.quantity, line.name),
            line.line_total.to_string(),
        )
    });
    let totals = &placement.totals;
    let mut rows: Vec<(String, String)> = lines.collect();
    if totals.discount.minor > 0 {
        rows.push(("Discount".to_owned(), format!("-{}", totals.discount)));
    }
    rows.push(("Shipping".to_owned(), totals.shipping.to_string()));
    let has_tax = totals.tax.minor > 0;
    if has_tax && !totals.tax_included {
        rows.push((format!("Tax {}", rate(totals)), totals.tax.to_string()));
    }
    rows.push(("Total".to_owned(), totals.total.to_string()));
    if has_tax && totals.tax_included {
        rows.push((format!("Includes {} tax", rate(totals)), totals.tax.to_string()));
    }
    rows
}

/// `19 %`, `8.1 %`, `7.25 %`
fn rate(totals: &Totals) -> String {
    let (whole, hundredths) = (totals.tax_rate / 100, totals.tax_rate % 100);
    let digits = format!("{whole}.{hundredths:02}");
    format!("{} %", digits.trim_end_matches('0').trim_end_matches('.'))
}

fn address(contact: &Contact) -> Vec<String> {
    let town = format!("{} {}", contact.postal_code, contact.city);
    let lines = [
        Some(contact.name.clone()),
        Some(contact.line1.clone()),
        contact.line2.clone(),
        Some(town),
        contact.region.clone(),
        Some(contact.country.clone()),
    ];
    let lines = lines.into_iter().flatten();
    lines.filter(|line| !line.trim().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::seller::SellerArgs;

    fn placement(tax_included: bool, rate: u32) -> Placement {
        let eur = |minor: i64| json!({ "minor": minor, "currency": "EUR" });
        serde_json::from_value(json!({
            "customer": Uuid::now_v7(), "cart": Uuid::now_v7(), "contact": Uuid::now_v7(), "country": "DE",
            "lines": [{ "sku": "MUG", "name": "Morning mug", "quantity": 2, "unit_price": eur(2200), "line_total": eur(4400),
                        "discount": eur(0) }],
            "code": null, "shipping_option": "standard",
            "totals": { "subtotal": eur(4400), "discount": eur(0), "shipping": eur(490), "tax": eur(781), "tax_rate": rate,
                        "tax_included": tax_included, "total": eur(4890) },
        }))
        .unwrap()
    }

    fn facts(placement: Placement) -> OrderFacts {
        OrderFacts {
            order: "01a20520-0000-7000-8000-0000ef89ab1a".parse().unwrap(),
            contact: Contact {
                email: "ada@example.org".to_owned(),
                name: "Ada Lovelace".to_owned(),
                line1: "Lindenstraße 12".to_owned(),
                line2: None,
                postal_code: "10969".to_owned(),
                city: "Berlin".to_owned(),
                region: Some(" ".to_owned()),
                country: "DE".to_owned(),
                phone: None,
            },
            link: "https://shop.test/orders/1#key=k".to_owned(),
            terms: "https://shop.test/pages/terms".to_owned(),
            withdrawal: "https://shop.test/pages/withdrawal".to_owned(),
            delivery: Some("Standard, 2 to 4 working days".to_owned()),
            placement,
        }
    }

    fn letter(mail: &Mail, facts: &OrderFacts) -> super::super::Letter {
        let seller = SellerArgs::default().read(true, true).unwrap();
        about_order(mail, facts).unwrap().signed(&seller)
    }

    #[test]
    fn a_confirmation_says_what_was_bought_by_whom_from_whom_and_what_applies() {
        let facts = facts(placement(true, 1900));
        let letter = letter(&Mail::OrderConfirmed { order: facts.order }, &facts);
        assert_eq!(letter.subject, "Your order EF89-AB1A is confirmed");
        for words in [
            "Thank you for your order EF89-AB1A.",
            "2 × Morning mug: 44.00 EUR\nShipping: 4.90 EUR\nTotal: 48.90 EUR\nIncludes 19 % tax: 7.81 EUR\n",
            "Delivery address:\n\nAda Lovelace\nLindenstraße 12\n10969 Berlin\nDE\n\n",
            "Delivery method: Standard, 2 to 4 working days.",
            "See the order:\nhttps://shop.test/orders/1#key=k",
            "Our terms:\nhttps://shop.test/pages/terms",
            "Your right of withdrawal:\nhttps://shop.test/pages/withdrawal",
            "Sample Seller Ltd. (sample)\nSample Street 1\n10115 Sampletown\nGermany\n",
            "VAT ID DE000000000",
        ] {
            assert!(letter.text.contains(words), "{words:?} in {}", letter.text);
        }
    }

    #[test]
    fn tax_that_is_added_stands_before_the_total() {
        let facts = facts(placement(false, 725));
        let letter = letter(&Mail::OrderConfirmed { order: facts.order }, &facts);
        let said = "Tax 7.25 %: 7.81 EUR\nTotal: 48.90 EUR\n\n";
        assert!(letter.text.contains(said), "{}", letter.text);
    }

    #[test]
    fn every_mail_about_an_order_names_it_and_the_seller() {
        let facts = facts(placement(true, 810));
        let shipped = Mail::OrderShipped {
            order: facts.order,
            carrier: "DHL".to_owned(),
            tracking: Some("00340434161094".to_owned()),
        };
        let refunded = Mail::OrderRefunded {
            order: facts.order,
            amount: facts.placement.totals.total,
        };
        for (mail, words) in [
            (shipped, "with DHL. The tracking number is 00340434161094."),
            (refunded, "We are paying 48.90 EUR of your order EF89-AB1A back"),
        ] {
            let letter = letter(&mail, &facts);
            assert!(letter.subject.contains("EF89-AB1A"), "{}", letter.subject);
            assert!(letter.text.contains(words), "{}", letter.text);
            assert!(letter.text.contains("Sample Seller Ltd."), "{}", letter.text);
        }
    }
}
