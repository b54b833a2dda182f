//! What came back.

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;

/// More than any of our services sends.
const MAX_HEADERS: usize = 48;

/// Where things are in the bytes of an answer.
pub(super) struct Head {
    pub status: u16,
    /// Where the body begins.
    body: usize,
    /// Where the answer ends.
    pub length: usize,
    pub keeps_open: bool,
}

impl Head {
    /// None while the head is not complete yet.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Self>, String> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(body) = parsed.parse(bytes).map_err(|error| error.to_string())? else {
            return Ok(None);
        };
        let status = parsed.code.ok_or("no status")?;
        let (mut length, mut keeps_open) = (None, parsed.version == Some(1));
        for header in parsed.headers.iter() {
            if header.name.eq_ignore_ascii_case("content-length") {
                let text = std::str::from_utf8(header.value).map_err(|error| error.to_string())?;
                length = Some(text.trim().parse::<usize>().map_err(|error| error.to_string())?);
            } else if header.name.eq_ignore_ascii_case("connection") {
                keeps_open &= !header.value.eq_ignore_ascii_case(b"close");
            }
        }
        let has_no_body = matches!(status, 204 | 304);
        let length = if has_no_body {
            0
        } else {
            length.ok_or("no Content-Length")?
        };
        Ok(Some(Self {
            status,
            body,
            length: body + length,
            keeps_open,
        }))
    }
}

#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    head: Vec<u8>,
    pub body: Vec<u8>,
}

impl Response {
    pub(super) fn read(head: &Head, bytes: &[u8]) -> Self {
        Self {
            status: head.status,
            head: bytes[..head.body].to_vec(),
            body: bytes[head.body..head.length].to_vec(),
        }
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.lines()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Every value of a header that may come more than once.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        self.lines()
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }

    fn lines(&self) -> impl Iterator<Item = (&str, &str)> {
        self.head.split(|byte| *byte == b'\n').skip(1).filter_map(|line| {
            let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
            Some((name, value.trim()))
        })
    }

    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).with_context(|| format!("an answer that was not expected: {self}"))
    }
}

impl std::fmt::Display for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        let shown: String = body.chars().take(400).collect();
        write!(f, "{} {shown}", self.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] =
        b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nSet-Cookie: a=1\r\nset-cookie: b=2; Path=/\r\n\r\n{}";

    #[test]
    fn an_answer_is_whole_when_its_body_is() {
        for cut in 0..ANSWER.len() - 2 {
            assert!(Head::parse(&ANSWER[..cut]).unwrap().is_none(), "{cut} bytes");
        }
        let head = Head::parse(ANSWER).unwrap().unwrap();
        assert_eq!(
            (head.status, head.length, head.keeps_open),
            (201, ANSWER.len(), true)
        );
    }

    #[test]
    fn headers_are_found_whatever_their_case() {
        let response = Response::read(&Head::parse(ANSWER).unwrap().unwrap(), ANSWER);
        assert_eq!(response.headers("Set-Cookie"), ["a=1", "b=2; Path=/"]);
        assert_eq!(response.header("etag"), None);
        assert_eq!(response.body, b"{}");
    }

    #[test]
    fn a_server_may_end_the_connection_with_its_answer() {
        let bytes = b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n";
        let head = Head::parse(bytes).unwrap().unwrap();
        assert_eq!((head.length, head.keeps_open), (bytes.len(), false));
    }

    #[test]
    fn a_body_without_a_length_is_not_read() {
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
        assert!(Head::parse(chunked).is_err());
    }
}
