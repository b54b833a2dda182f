//! How an address of the web is described in OpenAPI: as near to what the parser takes (WHATWG's rules, which browsers have) as a pattern
//! can be, and never stricter. Which ports and hosts there are no pattern says.

/// Of either kind. A scheme may be written in capitals.
pub const HTTP_OR_HTTPS: &str = "[Hh][Tt][Tt][Pp][Ss]?";
pub const HTTPS: &str = "[Hh][Tt][Tt][Pp][Ss]";

/// Whether a fragment may follow: a browser's own business, which a server is never sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragment {
    Allowed,
    Refused,
}

/// Addresses of a scheme, without a name or a password before the host.
pub fn pattern(scheme: &str, fragment: Fragment) -> String {
    let (begins, refused) = match fragment {
        Fragment::Allowed => (r"/\\?#", ""),
        Fragment::Refused => (r"/\\?", "#"),
    };
    // The parser takes any number of slashes, which may lean either way, and an empty name.
    format!(
        r"^\s*{scheme}:[/\\]*(:?@)?[^\s\u0000-\u001f\u007f/\\?#@]+([{begins}][^{refused}\u0000-\u001f\u007f-\u009f]*)?\s*$"
    )
}

#[cfg(test)]
pub mod testing {
    /// Almost an address, as a pattern of [`proptest`].
    pub const URLS: &str = r"[ \u{3000}]?([Hh][Tt][Tt][Pp][Ss]?|ftp|javascript)?:?[/\\]{0,3}([a-z:@%]{0,3}@)?[a-zé.0-9%-]{0,8}(\[::1\])?(:[0-9]{0,3})?([/?#\\@][ -~ü]{0,6}){0,2} ?";
}
