//! What a mail server may say, and when it may fall silent: each answer means what it says, and silence costs one time limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use super::letter::Letter;
use super::smtp::{Limits, Refusal, Smtp};

/// Short, so that a test does not take long, and long enough for a machine that is busy.
const LIMIT: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(20);

/// What a server answers to one of these words (`""`: when it is connected to, `.`: after a mail), or that it says nothing more.
#[derive(Clone, Copy)]
enum Quirk {
    None,
    Answers(&'static str, &'static str),
    Silent(&'static str),
}

/// A server with a quirk for each connection in turn; the last one is that of all further ones.
struct Peer {
    url: String,
    connections: Arc<AtomicUsize>,
    closed: Arc<AtomicUsize>,
    taken: Arc<AtomicUsize>,
}

impl Peer {
    async fn with(quirks: &'static [Quirk]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, closed, taken) =
            <(Arc<AtomicUsize>, Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let (all, done, mails) = (Arc::clone(&connections), Arc::clone(&closed), Arc::clone(&taken));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = all.fetch_add(1, Ordering::SeqCst);
                let quirk = quirks[number.min(quirks.len() - 1)];
                let (done, mails) = (Arc::clone(&done), Arc::clone(&mails));
                tokio::spawn(async move {
                    // Where the other side hangs up, this breaks off.
                    let _ = converse(stream, quirk, &mails).await;
                    done.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        Self {
            url: format!("smtp://u:p@{address}"),
            connections,
            closed,
            taken,
        }
    }

    fn smtp(&self) -> Smtp {
        self.smtp_within(Limits::default())
    }

    fn smtp_within(&self, limits: Limits) -> Smtp {
        Smtp::with_limits(&self.url, "shop@shop.test".parse().unwrap(), limits).unwrap()
    }

    /// Nobody keeps a connection over which an answer is still to come.
    async fn is_hung_up_on(&self, connections: usize) {
        let hung_up = async {
            while self.closed.load(Ordering::SeqCst) < connections {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, hung_up).await.expect("hung up on");
    }
}

async fn converse(stream: TcpStream, quirk: Quirk, taken: &AtomicUsize) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut word = String::new();
    loop {
        let usual = match word.as_str() {
            "" => "220 mail.test",
            "EHLO" => "250-mail.test\r\n250 AUTH PLAIN",
            "AUTH" => "235 welcome",
            "DATA" => "354 go on",
            _ => "250 fine",
        };
        match quirk {
            Quirk::Silent(at) if at == word => return stream.read_to_end(&mut vec![]).await.map(drop),
            Quirk::Answers(to, answer) if to == word => {
                stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
            }
            Quirk::None | Quirk::Silent(_) | Quirk::Answers(..) => {
                if word == "." {
                    taken.fetch_add(1, Ordering::SeqCst);
                }
                stream.write_all(format!("{usual}\r\n").as_bytes()).await?;
            }
        }
        let is_content = word == "DATA";
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            if !is_content {
                word = line.split_whitespace().next().unwrap_or("?").to_owned();
                break;
            }
            if line == ".\r\n" {
                ".".clone_into(&mut word);
                break;
            }
        }
    }
}

fn letter() -> Letter {
    Letter {
        subject: "Grüße".to_owned(),
        text: "Ä".to_owned(),
        html: "<p>Ä</p>".to_owned(),
    }
}

async fn send(smtp: &Smtp) -> Result<(), Refusal> {
    let sending = smtp.send(Uuid::now_v7(), "ada@example.org", letter());
    tokio::time::timeout(PATIENCE, sending)
        .await
        .expect("every mail ends")
}

#[tokio::test]
async fn a_server_that_falls_silent_costs_one_time_limit_and_the_next_mail_goes() {
    // Wherever it does: none of these connections is used again.
    const PLACES: [&[Quirk]; 7] = [
        &[Quirk::Silent(""), Quirk::None],
        &[Quirk::Silent("EHLO"), Quirk::None],
        &[Quirk::Silent("AUTH"), Quirk::None],
        &[Quirk::Silent("MAIL"), Quirk::None],
        &[Quirk::Silent("RCPT"), Quirk::None],
        &[Quirk::Silent("DATA"), Quirk::None],
        &[Quirk::Silent("."), Quirk::None],
    ];
    let limits = Limits {
        connect: LIMIT,
        command: LIMIT,
        content: LIMIT,
        attempt: 4 * LIMIT,
    };
    let all = PLACES.map(async |quirks| {
        let peer = Peer::with(quirks).await;
        let smtp = peer.smtp_within(limits);
        assert_eq!(send(&smtp).await, Err(Refusal::Unreachable));
        peer.is_hung_up_on(1).await;
        assert_eq!(send(&smtp).await, Ok(()));
        assert_eq!(peer.taken.load(Ordering::SeqCst), 1);
    });
    futures::future::join_all(all).await;
}

#[tokio::test]
async fn mails_that_are_taken_go_over_one_connection_and_one_that_died_is_noticed() {
    let peer = Peer::with(&[Quirk::Silent("NOOP"), Quirk::None]).await;
    let smtp = peer.smtp_within(Limits {
        command: LIMIT,
        ..Limits::default()
    });
    assert_eq!(send(&smtp).await, Ok(()));
    // The first connection does not answer any more.
    assert_eq!(send(&smtp).await, Ok(()));
    peer.is_hung_up_on(1).await;
    assert_eq!(send(&smtp).await, Ok(()));
    assert_eq!(peer.taken.load(Ordering::SeqCst), 3);
    assert_eq!(peer.connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_a_server_says_is_for_good_or_for_now_and_about_the_mail_or_about_us() {
    const CASES: [(&[Quirk], Refusal); 14] = [
        (&[Quirk::Answers("RCPT", "550 nobody here")], Refusal::Address),
        (&[Quirk::Answers("RCPT", "552 mailbox full")], Refusal::Address),
        (&[Quirk::Answers("RCPT", "554 5.7.1 blocked")], Refusal::Address),
        (
            &[Quirk::Answers("RCPT", "530 authenticate")],
            Refusal::Server(530),
        ),
        (&[Quirk::Answers("RCPT", "451 later")], Refusal::Server(451)),
        (&[Quirk::Answers(".", "554 spam")], Refusal::Mail(554)),
        (&[Quirk::Answers(".", "452 no space")], Refusal::Server(452)),
        (&[Quirk::Answers("DATA", "554 no")], Refusal::Mail(554)),
        (&[Quirk::Answers("MAIL", "553 not you")], Refusal::Server(553)),
        (
            &[Quirk::Answers("AUTH", "535 wrong password")],
            Refusal::Server(535),
        ),
        (&[Quirk::Answers("", "554 not today")], Refusal::Server(554)),
        (&[Quirk::Answers("EHLO", "502 what?")], Refusal::Server(502)),
        (
            &[Quirk::Answers("", "HTTP/1.1 400 Bad Request")],
            Refusal::Unreachable,
        ),
        (&[Quirk::Answers("RCPT", "???")], Refusal::Unreachable),
    ];
    for (quirks, refusal) in CASES {
        let peer = Peer::with(quirks).await;
        assert_eq!(send(&peer.smtp()).await, Err(refusal), "{refusal:?}");
    }
}

#[tokio::test]
async fn an_address_that_no_mail_can_be_written_to_is_no_matter_of_the_server() {
    let peer = Peer::with(&[Quirk::None]).await;
    let smtp = peer.smtp();
    for address in ["a..b@example.org", "jörg@example.org", "nobody", "a@b c", ""] {
        let refused = smtp.send(Uuid::now_v7(), address, letter()).await;
        assert_eq!(refused, Err(Refusal::Address), "{address}");
    }
    assert_eq!(peer.connections.load(Ordering::SeqCst), 0);
}
