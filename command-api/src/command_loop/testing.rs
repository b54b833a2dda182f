//! For tests: a database of their own, and a proxy before it that loses an answer or a connection at a chosen moment.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection as _, Executor, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
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
    loop_beside(url, &Arc::default())
}

/// A command loop in the process of a relay that says whether it leads.
pub fn loop_beside(url: &str, leads: &Arc<AtomicBool>) -> Handle {
    let settings = Settings {
        database_url: url.to_owned(),
        queue: 64,
        batch: 64,
        cache: NonZeroUsize::MIN.saturating_add(1000),
        appended: Arc::new(Notify::new()),
        leads: Arc::clone(leads),
        policy: Arc::new(Policy::default()),
    };
    super::spawn(settings, || {}).unwrap().0
}

pub struct Proxy {
    /// PostgreSQL's URL, by way of the proxy.
    pub url: String,
    /// Counts up whenever all connections are to break.
    cuts: watch::Sender<u64>,
    silence: Silence,
}

/// What does not get through.
#[derive(Clone, Default)]
struct Silence {
    answers: Arc<AtomicBool>,
    questions: Arc<AtomicBool>,
}

/// Nothing is answered until this is cut.
pub struct Silenced<'a>(&'a Proxy);

impl Proxy {
    pub async fn before(url: &str) -> Self {
        let options: PgConnectOptions = url.parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own: SocketAddr = listener.local_addr().unwrap();
        let target = (options.get_host().to_owned(), options.get_port());
        let (cuts, _) = watch::channel(0);
        let silence = Silence::default();
        let (watched, silent) = (cuts.clone(), silence.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(target.clone()).await.unwrap();
                tokio::spawn(converse(client, server, watched.subscribe(), silent.clone()));
            }
        });
        let url = options
            .host("127.0.0.1")
            .port(own.port())
            .to_url_lossy()
            .to_string();
        Self { url, cuts, silence }
    }

    /// PostgreSQL does what it is asked, and its answers are kept from the client.
    pub fn keep_answers(&self) -> Silenced<'_> {
        self.silence.answers.store(true, Ordering::Release);
        Silenced(self)
    }

    /// PostgreSQL is not asked: connections are taken, and what is sent on them is lost.
    pub fn swallow_questions(&self) -> Silenced<'_> {
        self.silence.questions.store(true, Ordering::Release);
        Silenced(self)
    }

    pub fn cut_connections(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

impl<'a> Silenced<'a> {
    /// Breaks the connections; those made afterwards work.
    pub fn cut(self) {
        let proxy = self.end();
        proxy.cut_connections();
    }

    /// Ends it, and leaves the connections as they are: what was lost stays lost.
    pub fn end(self) -> &'a Proxy {
        self.0.silence.answers.store(false, Ordering::Release);
        self.0.silence.questions.store(false, Ordering::Release);
        self.0
    }
}

async fn converse(client: TcpStream, server: TcpStream, mut cuts: watch::Receiver<u64>, silence: Silence) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = pass_on(from_client, to_server, &silence.questions) => {}
        () = pass_on(from_server, to_client, &silence.answers) => {}
        _ = cuts.changed() => {}
    }
}

async fn pass_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, is_lost: &AtomicBool) {
    let mut buffer = [0; 8192];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if is_lost.load(Ordering::Acquire) {
            // What comes after a gap would only confuse: the whole connection is silent from here on.
            std::future::pending::<()>().await;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
