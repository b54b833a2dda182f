//! The words of each mail, as text and as HTML of the same sentences. Pure.
//!
//! In the shop's voice: what happened, what to do, and what it means when it was not you.

use domain::order::Placement;

use super::order_facts::OrderFacts;
use super::{FactorNews, Mail, RequestNews};

/// Ready to be sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
}

enum Part {
    Words(String),
    /// Something to follow, and its label.
    Link(&'static str, String),
    /// Lines of a table: what, and how much.
    Rows(Vec<(String, String)>),
}

const NOT_YOU: &str = "If that was not you, nothing has changed and you need not do anything.";

/// About an account.
pub fn about_account(mail: &Mail) -> Option<Letter> {
    let words = |text: &str| Part::Words(text.to_owned());
    Some(match mail {
        Mail::ConfirmEmail { link } => compose(
            "Confirm your e-mail address",
            vec![
                words(
                    "Somebody gave this address for an account in our shop. If it was you, confirm it within a day:",
                ),
                Part::Link("Confirm the address", link.clone()),
                words(NOT_YOU),
            ],
        ),
        Mail::ResetPassword { link } => compose(
            "Choose a new password",
            vec![
                words(
                    "Somebody asked for a new password for the account with this address. The link works once, within half an hour:",
                ),
                Part::Link("Choose a new password", link.clone()),
                words(NOT_YOU),
            ],
        ),
        Mail::PasswordChanged => compose(
            "Your password was changed",
            vec![
                words(
                    "The password of your account has just been changed. Whoever was signed in elsewhere is signed out, and every API key has ended.",
                ),
                words(
                    "If that was not you, choose a new password now: “Forgotten your password?” where you sign in.",
                ),
            ],
        ),
        Mail::EmailChanged => compose(
            "Your e-mail address was changed",
            vec![
                words(
                    "Your account has another e-mail address now, and mails go there. This is the last one to this address.",
                ),
                words("If that was not you, answer this mail."),
            ],
        ),
        Mail::ApiKeyMade { name, role, until } => compose(
            "An API key was made for your account",
            vec![
                Part::Words(format!(
                    "Whoever has {} can act for your account as {role}, until {until} at most. Your account lists it, and revokes it.",
                    if name.is_empty() {
                        "the key".to_owned()
                    } else {
                        format!("the key “{name}”")
                    }
                )),
                words(
                    "If that was not you, choose a new password now: “Forgotten your password?” where you sign in. Every API key ends with that, and whoever is signed in is signed out.",
                ),
            ],
        ),
        Mail::SecondFactor { news } => about_factor(*news),
        Mail::OrderConfirmed { .. }
        | Mail::OrderShipped { .. }
        | Mail::OrderRefunded { .. }
        | Mail::Request { .. } => return None,
    })
}

fn about_factor(news: FactorNews) -> Letter {
    let (subject, happened) = match news {
        FactorNews::Added => (
            "A second factor was added",
            "Your account has a new second factor: an app or a passkey that is asked for after the password.",
        ),
        FactorNews::Removed => (
            "A second factor was removed",
            "A second factor of your account was removed. It does not open the account any more.",
        ),
        FactorNews::NewCodes => (
            "You have new recovery codes",
            "New recovery codes were made for your account. Those from before do not work any more.",
        ),
        FactorNews::CodeUsed => (
            "A recovery code was used",
            "Somebody signed in to your account with its password and one of its recovery codes. That code does not work any more.",
        ),
        FactorNews::Reset => (
            "Your second factors were reset",
            "The people who run the shop have removed all second factors of your account. The password alone opens it now.",
        ),
        FactorNews::ResetByLink => (
            "Your second factors were removed",
            "A new password was chosen by the link in a mail to this address, which nobody had confirmed before. So the second factors that \
             had been set up were removed: they may have been somebody else's. The password alone opens the account now.",
        ),
    };
    compose(
        subject,
        vec![
            Part::Words(happened.to_owned()),
            Part::Words(
                "If that was not you, change your password now, and look at Security on your account's page."
                    .to_owned(),
            ),
        ],
    )
}

/// About an order.
pub fn about_order(mail: &Mail, facts: &OrderFacts) -> Option<Letter> {
    let see = Part::Link("See the order", facts.link.clone());
    Some(match mail {
        Mail::OrderConfirmed { .. } => compose(
            "Thank you for your order",
            vec![
                Part::Words(
                    "Your order is paid, and we are getting it ready. This is what you bought:".to_owned(),
                ),
                Part::Rows(receipt(&facts.placement)),
                see,
            ],
        ),
        Mail::OrderShipped {
            carrier, tracking, ..
        } => {
            let number = match tracking {
                Some(tracking) => format!(" Its number there is {tracking}."),
                None => String::new(),
            };
            compose(
                "Your parcel is on its way",
                vec![
                    Part::Words(format!("A parcel of your order has left with {carrier}.{number}")),
                    see,
                ],
            )
        }
        Mail::OrderRefunded { amount, .. } => compose(
            "Your refund is on its way",
            vec![
                Part::Words(format!(
                    "{amount} go back to the card that you paid with. Banks take some days to show it."
                )),
                see,
            ],
        ),
        Mail::ConfirmEmail { .. }
        | Mail::ResetPassword { .. }
        | Mail::PasswordChanged
        | Mail::EmailChanged
        | Mail::ApiKeyMade { .. }
        | Mail::SecondFactor { .. }
        | Mail::Request { .. } => return None,
    })
}

/// About a request; `about` is what it is called.
pub fn about_request(what: RequestNews, about: &str, link: String) -> Letter {
    let (subject, words) = match what {
        RequestNews::Planned => (
            "What you asked for is planned",
            format!("We are working on getting “{about}”."),
        ),
        RequestNews::Fulfilled => (
            "What you asked for is there",
            format!("“{about}” is in the shop now."),
        ),
        RequestNews::Declined => (
            "We cannot get what you asked for",
            format!("We looked into “{about}”, and cannot get it. Our reason is on the request's page."),
        ),
        RequestNews::Duplicate => (
            "Your request goes on with another",
            format!(
                "“{about}” is the same as another request. Your support counts there, and you follow it."
            ),
        ),
        RequestNews::Commented => (
            "There is an answer to your request",
            format!("Somebody wrote about “{about}”."),
        ),
        RequestNews::Quoted => (
            "Your quote is ready",
            format!("We have a price for “{about}”. The quote says until when it is good."),
        ),
        RequestNews::QuoteExpired => (
            "Your quote has expired",
            format!("The quote for “{about}” was not accepted in time. Ask for a new one whenever you like."),
        ),
        RequestNews::BackInStock => (
            "It is back in stock",
            format!("“{about}” can be had again. We keep none for you, so do not wait too long."),
        ),
    };
    let see = match what {
        RequestNews::BackInStock => "See the product",
        RequestNews::Planned
        | RequestNews::Fulfilled
        | RequestNews::Declined
        | RequestNews::Duplicate
        | RequestNews::Commented
        | RequestNews::Quoted
        | RequestNews::QuoteExpired => "See the request",
    };
    compose(
        subject,
        vec![
            Part::Words(words),
            Part::Link(see, link),
            Part::Words(
                "You get this mail because you follow the request; its page is where that ends.".to_owned(),
            ),
        ],
    )
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
    rows.push(("Delivery".to_owned(), totals.shipping.to_string()));
    if !totals.tax_included && totals.tax.minor > 0 {
        rows.push(("Tax".to_owned(), totals.tax.to_string()));
    }
    rows.push(("Total".to_owned(), totals.total.to_string()));
    rows
}

fn compose(subject: &str, parts: Vec<Part>) -> Letter {
    let (texts, htmls): (Vec<String>, Vec<String>) = parts.into_iter().map(Part::written).unzip();
    let body = htmls.concat();
    Letter {
        subject: subject.to_owned(),
        text: texts.concat(),
        html: format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title></head>\n\
             <body style=\"font-family: sans-serif; max-width: 40em\">\n{body}</body></html>\n",
            escaped(subject)
        ),
    }
}

impl Part {
    /// As text, and as HTML.
    fn written(self) -> (String, String) {
        match self {
            Self::Words(words) => (format!("{words}\n\n"), format!("<p>{}</p>\n", escaped(&words))),
            Self::Link(label, link) => (
                format!("{label}:\n{link}\n\n"),
                format!("<p><a href=\"{}\">{}</a></p>\n", escaped(&link), escaped(label)),
            ),
            Self::Rows(rows) => {
                let (texts, htmls): (Vec<String>, Vec<String>) =
                    rows.iter().map(|(what, amount)| row(what, amount)).unzip();
                (
                    format!("{}\n", texts.concat()),
                    format!("<table>\n{}</table>\n", htmls.concat()),
                )
            }
        }
    }
}

fn row(what: &str, amount: &str) -> (String, String) {
    let html = format!(
        "<tr><td>{}</td><td align=\"right\">{}</td></tr>\n",
        escaped(what),
        escaped(amount)
    );
    (format!("{what}: {amount}\n"), html)
}

/// As text of HTML, also in an attribute between double quotes.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_says_the_same_twice_and_nothing_of_it_is_markup() {
        let letter = compose(
            "A <b>",
            vec![
                Part::Words("Tea & \"cake\" <script>".to_owned()),
                Part::Link("Look", "https://shop.test/?a=1&b=2".to_owned()),
                Part::Rows(vec![("2 × <i>".to_owned(), "4.00 EUR".to_owned())]),
            ],
        );
        assert_eq!(
            letter.text,
            "Tea & \"cake\" <script>\n\nLook:\nhttps://shop.test/?a=1&b=2\n\n2 × <i>: 4.00 EUR\n\n"
        );
        assert!(
            letter
                .html
                .contains("<p>Tea &amp; &quot;cake&quot; &lt;script&gt;</p>")
        );
        assert!(
            letter
                .html
                .contains("<a href=\"https://shop.test/?a=1&amp;b=2\">Look</a>")
        );
        assert!(
            letter
                .html
                .contains("<td>2 × &lt;i&gt;</td><td align=\"right\">4.00 EUR</td>")
        );
        assert!(letter.html.contains("<title>A &lt;b&gt;</title>"));
    }
}
