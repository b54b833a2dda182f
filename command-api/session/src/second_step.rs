//! The cookie between the two steps of signing in: it names a challenge, and opens nothing by itself.
//!
//! What is asked, and whether it was answered, is the command API's to know. The cookie binds it to the browser that knew the password.

use std::time::Duration;

use crate::cookie;
use crate::store::Sessions;

impl Sessions {
    /// The `Set-Cookie` value that hands a challenge to the browser.
    pub fn set_second_step(&self, secret: &str, life: Duration) -> String {
        self.cookies.set_second_step(secret, life)
    }

    /// Tells the browser to forget it.
    pub fn forget_second_step(&self) -> String {
        self.cookies.set_second_step("", Duration::ZERO)
    }

    /// The challenge that a `Cookie` header names.
    pub fn second_step<'c>(&self, cookies: &'c str) -> Option<&'c str> {
        cookie::find(cookies, self.cookies.second_step_name()).filter(|secret| !secret.is_empty())
    }
}
