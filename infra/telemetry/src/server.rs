//! The accept loop of both APIs and of the admin port: HTTP/1 through hyper, with the limits that
//! `axum::serve` does not set and a shutdown that finishes what was accepted.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

/// For a request's head, and for a connection that is kept open between two. Longer than nginx keeps
/// its own (60 s), so that it is always nginx who closes, and no request meets a closing connection.
const HEAD_LIMIT: Duration = Duration::from_secs(75);
/// More than any client of ours needs; hyper answers 431 beyond.
const HEAD_BYTES: usize = 32 * 1024;
/// How long requests may go on after the stop: less than the 30 s that Kubernetes grants.
const DRAIN_LIMIT: Duration = Duration::from_secs(20);
/// After an error like "too many open files", which passes when connections close.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `token` is cancelled, then closes idle connections, finishes what is being answered,
/// and returns. Handlers find their peer's address as [`ConnectInfo`].
pub async fn serve(listener: TcpListener, app: Router, token: CancellationToken) {
    serve_with(HEAD_LIMIT, listener, app, token).await;
}

async fn serve_with(head_limit: Duration, listener: TcpListener, app: Router, token: CancellationToken) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(head_limit)
        .max_buf_size(HEAD_BYTES);
    let connections = TaskTracker::new();
    // Layers are applied once here and not at each request.
    let app = app.with_state(());
    loop {
        let accepted = tokio::select! {
            () = token.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(converse(http.clone(), stream, peer, app.clone(), token.clone()));
            }
            Err(error) if is_the_clients_own(&error) => (),
            Err(error) => {
                tracing::error!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(DRAIN_LIMIT, connections.wait())
        .await
        .is_err()
    {
        tracing::warn!(unfinished = connections.len(), "stopped with requests unfinished");
    }
}

async fn converse(
    http: http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    token: CancellationToken,
) {
    // Answers are small and whole: waiting to fill a segment only delays them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = app.clone().call(request);
        async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        // How a conversation ended (a reset, a timeout) is the client's business, not a fault of ours.
        _ = connection.as_mut() => return,
        () = token.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

fn is_the_clients_own(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_request_that_was_accepted_is_answered_after_the_stop() {
        let (arrived, has_arrived) = oneshot::channel();
        let (go_on, may_go_on) = oneshot::channel::<()>();
        let once = std::sync::Arc::new(std::sync::Mutex::new(Some((arrived, may_go_on))));
        let app = Router::new().route(
            "/slow",
            get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move {
                let (arrived, may_go_on) = once.lock().unwrap().take().unwrap();
                arrived.send(()).unwrap();
                may_go_on.await.unwrap();
                peer.ip().to_string()
            }),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let token = CancellationToken::new();
        let server = tokio::spawn(serve(listener, app, token.clone()));

        let mut idle = TcpStream::connect(address).await.unwrap();
        let mut busy = TcpStream::connect(address).await.unwrap();
        busy.write_all(b"GET /slow HTTP/1.1\r\nhost: here\r\n\r\n")
            .await
            .unwrap();
        has_arrived.await.unwrap();
        token.cancel();
        // The idle connection is closed while the busy one is still waited for.
        assert_eq!(idle.read(&mut [0; 1]).await.unwrap(), 0);
        assert!(!server.is_finished());

        go_on.send(()).unwrap();
        let mut answer = String::new();
        busy.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("127.0.0.1"),
            "{answer}"
        );
        server.await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
    #[tokio::test]
    async fn who_does_not_end_the_head_of_a_request_is_let_go_and_so_is_who_says_nothing() {
        let app = Router::new().route("/", get(|| async { "here" }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let limit = Duration::from_millis(100);
        tokio::spawn(serve_with(limit, listener, app, CancellationToken::new()));

        let whole = "GET / HTTP/1.1\r\nhost: here\r\n\r\n";
        let half = "GET / HTTP/1.1\r\nhost: here\r\nx-slow: ";
        for sent in ["", half, whole, &[whole, half].concat()] {
            let mut connection = TcpStream::connect(address).await.unwrap();
            connection.write_all(sent.as_bytes()).await.unwrap();
            // Until the server closes it.
            let mut said = String::new();
            connection.read_to_string(&mut said).await.unwrap();
            assert_eq!(
                said.ends_with("here"),
                sent.starts_with(whole),
                "{sent:?}: {said}"
            );
        }
    }
}
