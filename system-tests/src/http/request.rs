//! A request as the bytes that are sent, built once and sent as often as need be.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};

#[derive(Clone, Debug)]
pub struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            head: format!("{method} {path} HTTP/1.1\r\n"),
            body: vec![],
        }
    }

    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        // Writing to a String does not fail.
        let _ = write!(self.head, "{name}: {value}\r\n");
        self
    }

    #[must_use]
    pub fn json(mut self, body: &serde_json::Value) -> Self {
        self.body = body.to_string().into_bytes();
        self.header("Content-Type", "application/json")
    }

    /// The bytes to send to `host`.
    pub fn to_bytes(&self, host: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.head.len() + self.body.len() + 80);
        bytes.extend_from_slice(self.head.as_bytes());
        bytes.extend_from_slice(format!("Host: {host}\r\n").as_bytes());
        if !self.head.starts_with("GET ") || !self.body.is_empty() {
            bytes.extend_from_slice(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// `host:port` of an origin such as `http://127.0.0.1:7400`.
pub fn host_of(origin: &str) -> Result<String> {
    let host = origin
        .trim_end_matches('/')
        .strip_prefix("http://")
        .with_context(|| {
            format!("{origin:?} is not an origin such as http://127.0.0.1:7400 (only http is spoken here)")
        })?;
    ensure!(
        !host.is_empty() && !host.contains(['/', '?', '#', '@']),
        "{origin:?} is not an origin: it has a path"
    );
    Ok(if host.rsplit(']').next().is_some_and(|end| end.contains(':')) {
        host.to_owned()
    } else {
        format!("{host}:80")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_its_bytes() {
        let request = Request::new("POST", "/api/commands/carts")
            .header("Cookie", "a=1")
            .json(&serde_json::json!({}));
        let expected = "POST /api/commands/carts HTTP/1.1\r\nCookie: a=1\r\nContent-Type: application/json\r\n\
                        Host: shop:80\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(String::from_utf8(request.to_bytes("shop:80")).unwrap(), expected);
    }

    #[test]
    fn an_origin_names_host_and_port() {
        assert_eq!(host_of("http://127.0.0.1:7400/").unwrap(), "127.0.0.1:7400");
        assert_eq!(host_of("http://shop").unwrap(), "shop:80");
        assert_eq!(host_of("http://[::1]").unwrap(), "[::1]:80");
        for wrong in ["https://shop", "shop:80", "http://", "http://shop/path"] {
            assert!(host_of(wrong).is_err(), "{wrong}");
        }
    }
}
