//! Stands between the loop and PostgreSQL in tests, to lose an answer or a connection at a chosen moment.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub struct Proxy {
    /// PostgreSQL's URL, by way of the proxy.
    pub url: String,
    /// Counts up whenever all connections are to break.
    cuts: watch::Sender<u64>,
    keeps_answers: Arc<AtomicBool>,
}

/// Answers are kept from the client until this is cut.
pub struct KeptAnswers<'a>(&'a Proxy);

impl Proxy {
    pub async fn before(url: &str) -> Self {
        let options: PgConnectOptions = url.parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own: SocketAddr = listener.local_addr().unwrap();
        let target = (options.get_host().to_owned(), options.get_port());
        let (cuts, _) = watch::channel(0);
        let keeps_answers = Arc::new(AtomicBool::new(false));
        let (watched, keeps) = (cuts.clone(), Arc::clone(&keeps_answers));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(target.clone()).await.unwrap();
                tokio::spawn(converse(client, server, watched.subscribe(), Arc::clone(&keeps)));
            }
        });
        let url = options
            .host("127.0.0.1")
            .port(own.port())
            .to_url_lossy()
            .to_string();
        Self {
            url,
            cuts,
            keeps_answers,
        }
    }

    pub fn keep_answers(&self) -> KeptAnswers<'_> {
        self.keeps_answers.store(true, Ordering::Release);
        KeptAnswers(self)
    }

    pub fn cut_connections(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

impl KeptAnswers<'_> {
    /// Breaks the connections; those made afterwards work.
    pub fn cut(self) {
        self.0.keeps_answers.store(false, Ordering::Release);
        self.0.cut_connections();
    }
}

async fn converse(
    client: TcpStream,
    server: TcpStream,
    mut cuts: watch::Receiver<u64>,
    keeps: Arc<AtomicBool>,
) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let questions = tokio::io::copy(&mut from_client, &mut to_server);
    let answers = async {
        let mut buffer = [0; 8192];
        while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
            // What was kept is lost with the connection.
            let is_lost =
                keeps.load(Ordering::Acquire) || to_client.write_all(&buffer[..length]).await.is_err();
            if is_lost {
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        _ = questions => {}
        () = answers => {}
        _ = cuts.changed() => {}
    }
}
