//! The binary as operators meet it: how it starts, refuses to start, and stops.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use uuid::Uuid;

fn redis_url() -> String {
    std::env::var("TEST_REDIS_URL").expect("TEST_REDIS_URL is not set: start the services with ./dev test")
}

fn query_api(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_query-api"));
    command.args(words).env_clear();
    command
        .env("REDIS_URL", redis_url())
        .env("REDIS_PREFIX", format!("test:{}:", Uuid::new_v4()));
    command
}

fn refused(command: &mut Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    assert_eq!(status.code(), Some(1));
    String::from_utf8(stderr).unwrap()
}

/// Ends with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn connect(port: u16) -> TcpStream {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => return stream,
            Err(error) => assert!(Instant::now() < until, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_live_stream_does_not_keep_the_process_from_stopping() {
    let (port, admin) = (free_port(), free_port());
    let mut command = query_api(&["serve", "--dev"]);
    command
        .env("QUERY_API_PORT", port.to_string())
        .env("ADMIN_PORT", admin.to_string());
    let mut process = Running(command.stderr(Stdio::null()).spawn().unwrap());

    let guest = "0196f8a0-1111-7222-8333-444455556666.SGmrQXSVGwEPP0lG3kfzn0OsLZyjU3TS5jQAT_wDLzs";
    let mut stream = connect(port);
    write!(
        stream,
        "GET /api/queries/live HTTP/1.1\r\nhost: here\r\ncookie: guest={guest}\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    while !text.contains("retry: ") {
        let mut bytes = [0; 1024];
        let read = stream.read(&mut bytes).unwrap();
        assert!(read > 0, "the stream ended: {text}");
        text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }

    let stopped = Command::new("kill")
        .args(["-TERM", &process.0.id().to_string()])
        .status()
        .unwrap();
    assert!(stopped.success());
    let began = Instant::now();
    stream.read_to_string(&mut text).unwrap();
    assert!(
        text.ends_with("0\r\n\r\n"),
        "the stream was not ended but cut: {text}"
    );
    assert_eq!(process.0.wait().unwrap().code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = refused(query_api(&["serve", "--dev"]).env("QUERY_API_PORT", &port));
    assert!(
        said.contains(&format!("query-api: cannot listen on port {port}")),
        "{said}"
    );
}

#[test]
fn production_has_no_default_secrets_and_no_failpoints() {
    let said = refused(query_api(&["serve"]).env("STAFF_TOKEN", "a token that has 32 characters.."));
    assert!(said.contains("GUEST_COOKIE_KEY is not set"), "{said}");
    let key = "a key that is long enough to sign with";
    let token = "a token that has 32 characters..";
    let said = refused(
        query_api(&["serve"])
            .env("GUEST_COOKIE_KEY", "short")
            .env("STAFF_TOKEN", token),
    );
    assert!(said.contains("fewer than 32 bytes"), "{said}");
    let said = refused(query_api(&["serve"]).env("GUEST_COOKIE_KEY", key));
    assert!(said.contains("STAFF_TOKEN is not set"), "{said}");
    let said = refused(
        query_api(&["serve", "--dev"])
            .env("GUEST_COOKIE_KEY", key)
            .env("STAFF_TOKEN", "a token that has 31 characters."),
    );
    assert!(said.contains("STAFF_TOKEN is too short"), "{said}");
    let with_secrets = || {
        let mut command = query_api(&["serve"]);
        command.env("GUEST_COOKIE_KEY", key).env("STAFF_TOKEN", token);
        command
    };
    let said = refused(&mut with_secrets());
    assert!(said.contains("TRUSTED_PROXIES is not set"), "{said}");
    let misspelt = with_secrets().env("TRUSTED_PROXIES", "nginx").output().unwrap();
    let said = String::from_utf8(misspelt.stderr).unwrap();
    assert!(
        said.contains("`nginx` is neither an address nor a network"),
        "{said}"
    );
    let said = refused(
        query_api(&["serve"])
            .env("GUEST_COOKIE_KEY", key)
            .env("FAILPOINTS", "x=exit"),
    );
    assert!(said.contains("FAILPOINTS is set"), "{said}");
    let production = |origins: &str| {
        let mut command = query_api(&["serve"]);
        command
            .env("GUEST_COOKIE_KEY", key)
            .env("STAFF_TOKEN", token)
            .env("TRUSTED_PROXIES", "none");
        refused(command.env("PUBLIC_ORIGIN", origins))
    };
    let said = production("http://shop.example");
    assert!(said.contains("PUBLIC_ORIGIN has an http origin"), "{said}");
    let said = production("https://shop.example,http://shop.example");
    assert!(said.contains("both http and https origins"), "{said}");
    let said = refused(query_api(&["serve", "--dev"]).env("FAILPOINTS", "x=explode"));
    assert!(said.contains("`explode`"), "{said}");
}

#[test]
fn the_description_is_printed() {
    let output = query_api(&["openapi"]).output().unwrap();
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), &printed["openapi"]),
        (Some(0), &serde_json::json!("3.1.0"))
    );
}
