//! For tests: a database of their own, and a proxy before it that loses an answer or a connection at a chosen moment.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection as _, Executor, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use super::{Handle, Policy, Settings};

/// A new database at this binary's schema.
pub async fn database() -> String {
    let admin = std::env::var("TEST_DATABASE_URL")
        .expect("TEST_DATABASE_URL names no PostgreSQL: run the tests with ./dev test");
    let name = format!("test_{}", Uuid::now_v7().simple());
    let mut connection = PgConnection::connect(&admin).await.unwrap();
    connection
        .execute(format!("create database {name}").as_str())
        .await
        .unwrap();
    let url = admin
        .parse::<PgConnectOptions>()
        .unwrap()
        .database(&name)
        .to_url_lossy()
        .to_string();
    event_store::migrations::run(&url).await.unwrap();
    url
}

/// A command loop over it.
pub fn loop_over(url: &str) -> Handle {
    let settings = Settings {
        database_url: url.to_owned(),
        queue: 64,
        batch: 64,
        cache: NonZeroUsize::MIN.saturating_add(1000),
        appended: Arc::new(Notify::new()),
        notify_others: true,
        policy: Arc::new(Policy::default()),
    };
    super::spawn(settings).unwrap().0
}

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
