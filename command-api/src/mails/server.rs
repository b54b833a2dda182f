//! The server that mails are handed to: where it is, how it is spoken to, and a connection to it. Used by [`super::smtp`].
//!
//! lettre has a transport that does this as well; it waits for answers without a limit, and keeps connections whose last answer is
//! still to come, where the next mail would read it.

use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use percent_encoding::percent_decode_str;
use reqwest::Url;

/// What a server's URL has to be. It is not repeated: there is a password in it.
#[derive(Debug, thiserror::Error)]
#[error("not a URL such as smtps://user:password@mail.example.org or smtp://…:587?tls=required")]
pub struct NoServer;

#[derive(Clone)]
pub struct Server {
    host: String,
    port: u16,
    tls: Tls,
    credentials: Option<Credentials>,
    hello: ClientId,
}

#[derive(Clone)]
enum Tls {
    None,
    /// From the first byte on.
    Wrapper(TlsParameters),
    /// After `STARTTLS`.
    Required(TlsParameters),
    /// After `STARTTLS`, where the server has it.
    Opportunistic(TlsParameters),
}

/// Where nothing else is said.
const SMTP_PORT: u16 = 25;
const SUBMISSION_PORT: u16 = 587;
const SUBMISSIONS_PORT: u16 = 465;

impl Server {
    pub fn parse(text: &str) -> Result<Self, NoServer> {
        let url = Url::parse(text).map_err(|_| NoServer)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(NoServer)?;
        let wanted = url.query_pairs().find(|(name, _)| name == "tls");
        let parameters = || TlsParameters::new(host.to_owned()).map_err(|_| NoServer);
        let (tls, port) = match (url.scheme(), wanted.as_ref().map(|(_, value)| value.as_ref())) {
            ("smtp", None) => (Tls::None, SMTP_PORT),
            ("smtp", Some("required")) => (Tls::Required(parameters()?), SUBMISSION_PORT),
            ("smtp", Some("opportunistic")) => (Tls::Opportunistic(parameters()?), SUBMISSION_PORT),
            ("smtps", _) => (Tls::Wrapper(parameters()?), SUBMISSIONS_PORT),
            _ => return Err(NoServer),
        };
        let decoded = |text: &str| {
            let decoded = percent_decode_str(text).decode_utf8();
            decoded.map(String::from).map_err(|_| NoServer)
        };
        let credentials = match url.password() {
            Some(password) => Some(Credentials::new(decoded(url.username())?, decoded(password)?)),
            None => None,
        };
        let name = url.path().trim_matches('/');
        Ok(Self {
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: url.port().unwrap_or(port),
            tls,
            credentials,
            hello: if name.is_empty() {
                ClientId::default()
            } else {
                ClientId::Domain(name.to_owned())
            },
        })
    }

    /// A connection that is greeted, encrypted and authenticated as the URL says. The caller ends it where that takes too long.
    pub async fn connect(&self, limit: Duration) -> Result<AsyncSmtpConnection, Error> {
        let wrapper = match &self.tls {
            Tls::Wrapper(parameters) => Some(parameters.clone()),
            Tls::None | Tls::Required(_) | Tls::Opportunistic(_) => None,
        };
        let address = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(limit), &self.hello, wrapper, None).await?;
        match &self.tls {
            Tls::Required(parameters) => connection.starttls(parameters.clone(), &self.hello).await?,
            Tls::Opportunistic(parameters) if connection.can_starttls() => {
                connection.starttls(parameters.clone(), &self.hello).await?;
            }
            Tls::None | Tls::Wrapper(_) | Tls::Opportunistic(_) => {}
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_where_the_server_is_and_how_it_is_spoken_to() {
        let parsed = |text: &str| {
            let server = Server::parse(text).unwrap();
            let tls = match server.tls {
                Tls::None => "none",
                Tls::Wrapper(_) => "wrapper",
                Tls::Required(_) => "required",
                Tls::Opportunistic(_) => "opportunistic",
            };
            (server.host, server.port, tls, server.credentials)
        };
        let with = |password: &str| Some(Credentials::new("us@er".to_owned(), password.to_owned()));
        assert_eq!(
            parsed("smtps://us%40er:p%2Fw+d@mail.example.org"),
            ("mail.example.org".to_owned(), 465, "wrapper", with("p/w+d"))
        );
        assert_eq!(
            parsed("smtp://mail.example.org?tls=required"),
            ("mail.example.org".to_owned(), 587, "required", None)
        );
        assert_eq!(
            parsed("smtp://[::1]:2525?tls=opportunistic"),
            ("::1".to_owned(), 2525, "opportunistic", None)
        );
        assert_eq!(
            parsed("smtp://127.0.0.1"),
            ("127.0.0.1".to_owned(), 25, "none", None)
        );
        for wrong in [
            "",
            "mail.example.org",
            "http://mail.example.org",
            "smtp://x?tls=maybe",
        ] {
            assert!(Server::parse(wrong).is_err(), "{wrong}");
        }
    }
}
