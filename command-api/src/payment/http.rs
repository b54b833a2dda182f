//! The HTTP client of the gateways: to Stripe, and from the sandbox to our own webhook route.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// A connection that takes longer than this is none.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// TLS as everywhere in the tree: one cryptography (ring), and Mozilla's root certificates, whatever the image has.
/// No redirects: an API does not move, and a key is not carried elsewhere.
///
/// # Errors
/// When the TLS library refuses its own defaults.
pub fn client(answer_within: Duration) -> anyhow::Result<reqwest::Client> {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_WITHIN)
        .timeout(answer_within)
        .user_agent(concat!("cartwright/", env!("CARGO_PKG_VERSION")))
        .build()?;
    Ok(client)
}

/// The body of an answer. None: it is longer than `most` bytes, and the rest is not read.
///
/// # Errors
/// Where it breaks off, or does not end within the client's limit.
pub async fn body(mut answer: reqwest::Response, most: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = vec![];
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > most {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}
