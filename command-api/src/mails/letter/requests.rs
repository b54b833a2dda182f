//! What people are told about requests that they follow.

use super::{Draft, Part, compose};
use crate::mails::RequestNews;

/// About a request; `about` is what it is called.
pub fn about_request(what: RequestNews, about: &str, link: String) -> Draft {
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
                "“{about}” is the same as another request. Your support counts there, and you follow it now."
            ),
        ),
        RequestNews::Commented => (
            "There is an answer to your request",
            format!("There is a new comment on “{about}”."),
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
            format!("“{about}” is available again. We cannot reserve it for you, so please order soon."),
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
                "You get this e-mail because you follow the request. You can stop following it on its page."
                    .to_owned(),
            ),
        ],
    )
}
