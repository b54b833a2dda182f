//! The words of each mail, as text and as HTML of the same sentences. Pure.
//!
//! In the shop's voice: what happened, what to do, and what it means when it was not you.

mod accounts;
mod orders;
mod requests;

pub use accounts::about_account;
pub use orders::about_order;
pub use requests::about_request;

use crate::seller::Seller;

/// Ready to be sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// What is to be said; a letter once the seller stands below it.
pub struct Draft {
    subject: String,
    parts: Vec<Part>,
}

enum Part {
    Words(String),
    /// Something to follow, and its label.
    Link(&'static str, String),
    /// Lines as of an address.
    Lines(Vec<String>),
    /// Lines of a table: what, and how much.
    Rows(Vec<(String, String)>),
}

fn compose(subject: &str, parts: Vec<Part>) -> Draft {
    Draft {
        subject: subject.to_owned(),
        parts,
    }
}

impl Draft {
    /// With who sends it below.
    pub fn signed(self, seller: &Seller) -> Letter {
        let Self { subject, mut parts } = self;
        parts.push(Part::Lines(seller.lines()));
        let (texts, htmls): (Vec<String>, Vec<String>) = parts.into_iter().map(Part::written).unzip();
        let body = htmls.concat();
        Letter {
            text: texts.concat(),
            html: format!(
                "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title></head>\n\
                 <body style=\"font-family: sans-serif; max-width: 40em\">\n{body}</body></html>\n",
                escaped(&subject)
            ),
            subject,
        }
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
            Self::Lines(lines) => {
                let htmls: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
                (
                    format!("{}\n\n", lines.join("\n")),
                    format!("<p>{}</p>\n", htmls.join("<br>\n")),
                )
            }
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
        )
        .signed(&Seller {
            name: "Tea & Sons".to_owned(),
            address: vec!["Quay 1".to_owned(), "Ghent".to_owned()],
            vat_id: None,
            email: "tea@shop.test".to_owned(),
            phone: "+32 9 000".to_owned(),
        });
        assert_eq!(
            letter.text,
            "Tea & \"cake\" <script>\n\nLook:\nhttps://shop.test/?a=1&b=2\n\n2 × <i>: 4.00 EUR\n\n\
             Tea & Sons\nQuay 1\nGhent\ntea@shop.test\n+32 9 000\n\n"
        );
        assert!(letter.html.contains("<p>Tea &amp; Sons<br>\nQuay 1<br>\n"));
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
