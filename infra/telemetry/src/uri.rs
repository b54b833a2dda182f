//! Paths and query strings are text: UTF-8 without control characters. Both APIs ask before a route reads anything of them.

use axum::http::Uri;
use percent_encoding::percent_decode_str;

/// A part of an address that no route can read.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The name of the parameter, or `path` or `query` where it has none.
    pub field: String,
    pub message: &'static str,
}

const NO_UTF8: &str = "has to be text in UTF-8";
const CONTROL: &str = "has to be without control characters";
/// A longer name is none of ours.
const LONGEST_NAME: usize = 40;

/// `route` is the pattern that the path is matched with: `/orders/{id}`.
///
/// # Errors
/// The first part that is no text.
pub fn check(uri: &Uri, route: Option<&str>) -> Result<(), Unreadable> {
    let is_plain = |text: &str| text.is_ascii() && !text.contains('%');
    let (path, query) = (uri.path(), uri.query().unwrap_or_default());
    if is_plain(path) && is_plain(query) {
        return Ok(());
    }
    let mut names = route.unwrap_or_default().split('/');
    for segment in path.split('/') {
        let name = names
            .next()
            .and_then(|part| part.strip_prefix('{')?.strip_suffix('}'));
        text(segment, |_| false).map_err(|message| unreadable(name, "path", message))?;
    }
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        text(name, |_| false).map_err(|message| unreadable(None, "query", message))?;
        // Searches are pasted, too.
        let is_white_space = |c| matches!(c, '\t' | '\n' | '\r');
        text(value, is_white_space).map_err(|message| unreadable(Some(name), "query", message))?;
    }
    Ok(())
}

fn text(encoded: &str, allowed: impl Fn(char) -> bool) -> Result<(), &'static str> {
    let decoded = percent_decode_str(encoded).decode_utf8().map_err(|_| NO_UTF8)?;
    if decoded.chars().any(|c| c.is_control() && !allowed(c)) {
        return Err(CONTROL);
    }
    Ok(())
}

fn unreadable(name: Option<&str>, otherwise: &str, message: &'static str) -> Unreadable {
    let is_name = |name: &&str| {
        let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
        !name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(allowed)
    };
    Unreadable {
        field: name.filter(is_name).unwrap_or(otherwise).to_owned(),
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(uri: &str) -> Option<(String, &'static str)> {
        let refused = check(&uri.parse().unwrap(), Some("/orders/{id}/lines/{sku}")).err()?;
        Some((refused.field, refused.message))
    }

    #[test]
    fn text_is_let_through() {
        for uri in [
            "/orders/1/lines/MUG",
            "/orders/1/lines/M%C3%9CG?q=tea%20pot&after=a:1,b:2",
            "/orders/1?q=%F0%9F%8D%B5&q=a%0Ab%09c",
            "/orders/1?q=%",
            "/orders/1?%zz",
        ] {
            assert_eq!(refused(uri), None, "{uri}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused_by_the_name_of_its_parameter() {
        for (uri, field, message) in [
            ("/orders/%ff/lines/MUG", "id", NO_UTF8),
            ("/orders/1/lines/M%00G", "sku", CONTROL),
            ("/ord%ffers/1", "path", NO_UTF8),
            ("/orders/1/lines/MUG?q=%00", "q", CONTROL),
            (
                "/orders/1/lines/MUG?a=1&min-version=%ed%a0%80",
                "min-version",
                NO_UTF8,
            ),
            ("/orders/1/lines/MUG?q=%c2%9f", "q", CONTROL),
            ("/orders/1/lines/MUG?%00=1", "query", CONTROL),
            ("/orders/1/lines/MUG?%3cb%3e=%00", "query", CONTROL),
        ] {
            assert_eq!(refused(uri), Some((field.to_owned(), message)), "{uri}");
        }
    }
}
