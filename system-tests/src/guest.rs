//! A shopper without an account: two cookies, like a browser's.

use anyhow::{Context, Result, ensure};

use crate::commands::send_until_answered;
use crate::http::{Door, Request, Response};

#[derive(Clone, Debug, Default)]
pub struct Guest {
    cookies: Vec<(String, String)>,
}

impl Guest {
    /// Somebody new: the command API hands out a session and the signed guest cookie.
    pub async fn arrive(door: &mut Door) -> Result<Self> {
        let mut guest = Self::default();
        guest.call_in(door).await?;
        Ok(guest)
    }

    /// What a storefront does when it starts: keeps the session, or gets a new one for the guest cookie.
    pub async fn call_in(&mut self, door: &mut Door) -> Result<()> {
        let request = self.sign(Request::new("POST", "/api/commands/session"));
        let answer = send_until_answered(door, &request, crate::commands::PATIENCE).await;
        let response = answer.last.context("no session")?;
        ensure!(response.is_success(), "no session: {response}");
        self.keep_cookies(&response);
        ensure!(!self.cookies.is_empty(), "a session came without cookies");
        Ok(())
    }

    /// The request with this guest's cookies.
    #[must_use]
    pub fn sign(&self, request: Request) -> Request {
        if self.cookies.is_empty() {
            request
        } else {
            request.header("Cookie", &self.cookie_header())
        }
    }

    pub fn cookie_header(&self) -> String {
        let pairs: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    pub fn keep_cookies(&mut self, response: &Response) {
        for cookie in response.headers("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    /// What is left when the session is lost: the guest cookie alone.
    #[must_use]
    pub fn without_session(&self) -> Self {
        let cookies = self.cookies.iter().filter(|(name, _)| name.ends_with("guest"));
        Self {
            cookies: cookies.cloned().collect(),
        }
    }
}
