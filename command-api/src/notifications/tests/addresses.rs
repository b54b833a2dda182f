//! What a subscriber's URL cannot make this process connect to.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

#[tokio::test]
async fn an_address_that_is_not_public_is_refused_when_it_is_connected_to() {
    let reach = Reach {
        plain_http: true,
        private: false,
    };
    let mut hooks = Hooks::sending_to(reach, PATIENCE).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let urls = ["localhost", "127.0.0.1", "[::ffff:127.0.0.1]", "0x7f000001"]
        .map(|host| format!("http://{host}:{port}/"));
    for url in &urls {
        // As if its name had pointed to somewhere else when it was entered.
        let subscription = hooks.subscribe_url(url, &[]).await;
        hooks.send_test(&subscription).await;
        assert_eq!(hooks.step(seconds(0)).await, 1);
        let delivery = hooks.delivery(&subscription).await;
        let error = delivery.last_error.as_deref();
        assert_eq!(error, Some("the host has no public address"), "{url}");
    }
    let connected = tokio::time::timeout(std::time::Duration::from_millis(200), listener.accept()).await;
    assert!(connected.is_err(), "nobody connects");
    // Where it is allowed, the same address is reached.
    let mut hooks = Hooks::new().await;
    let subscription = hooks.subscribe_url(&urls[0], &[]).await;
    hooks.send_test(&subscription).await;
    hooks.sender.step(hooks.began).await.unwrap();
    tokio::time::timeout(PATIENCE, listener.accept())
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn an_https_url_is_spoken_to_in_tls_and_a_server_that_proves_nothing_gets_no_message() {
    let mut hooks = Hooks::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut first = [0; 3];
        stream.read_exact(&mut first).await.unwrap();
        // An alert: handshake failure.
        stream.write_all(&[0x15, 3, 3, 0, 2, 2, 40]).await.unwrap();
        first
    });
    let subscription = hooks.subscribe_url(&url, &[]).await;
    hooks.send_test(&subscription).await;
    hooks.step(seconds(0)).await;
    let [kind, major, _] = server.await.unwrap();
    assert_eq!((kind, major), (0x16, 3), "a handshake of TLS");
    let delivery = hooks.delivery(&subscription).await;
    assert_eq!(delivery.last_status, None);
    let error = delivery.last_error.unwrap();
    assert!(error.contains("HandshakeFailure"), "{error}");
}
