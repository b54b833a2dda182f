//! A Redis that was started again from what it had saved: what ended meanwhile does not come back.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use session::{
    ApiKeys, CookieKind, DEVELOPMENT_KEY, GuestKey, Member, PublishedKey, Resolved, Role, Roles, Sessions,
    Shopper,
};
use uuid::Uuid;

/// A Redis of the test's own.
struct Server {
    folder: PathBuf,
    port: u16,
    process: Child,
}

impl Server {
    fn start() -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("redis-{}", Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = Self::run(&folder, port);
        Self {
            folder,
            port,
            process,
        }
    }

    fn run(folder: &PathBuf, port: u16) -> Child {
        let port_text = port.to_string();
        let process = Command::new("redis-server")
            .args([
                "--port",
                &port_text,
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .current_dir(folder)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "Redis does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        process
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    async fn save(&self) {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let () = redis::cmd("SAVE").query_async(&mut connection).await.unwrap();
    }

    /// Without a word, and back with what it had saved.
    fn kill_and_restart(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.process = Self::run(&self.folder, self.port);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn sessions(server: &Server) -> Sessions {
    let key = GuestKey::parse(&SecretString::from(DEVELOPMENT_KEY)).unwrap();
    Sessions::connect(&server.url(), "", CookieKind::Development, key).unwrap()
}

fn cookie(set: &[String]) -> String {
    set[0].split(';').next().unwrap().to_owned()
}

/// A connection that broke is noticed by the first command; it fails, and the next one connects anew.
async fn answering(sessions: &Sessions) {
    let found = async { while sessions.ping().await.is_err() {} };
    tokio::time::timeout(Duration::from_secs(30), found)
        .await
        .expect("Redis is found again");
}

#[tokio::test]
async fn a_session_that_ended_after_the_last_save_does_not_come_back() {
    let mut server = Server::start();
    let sessions = sessions(&server);
    let (ada, guest) = (Uuid::now_v7(), Sessions::new_guest());
    let roles = Roles::SHOPPER.with(Role::Staff);
    let member = Member {
        account: ada,
        roles,
        epoch: 3,
        second_factor: true,
    };
    let cookies = cookie(&sessions.sign_in("", member, "").await.unwrap());
    let guests = cookie(&sessions.issue(guest).await.unwrap());
    let signed_in = Resolved::Known(Some(Shopper::SignedIn {
        account: ada,
        roles,
        withheld: Roles::default(),
        epoch: 3,
    }));
    assert_eq!(sessions.resolve(&cookies).await.unwrap(), signed_in);
    server.save().await;
    sessions.publish_epochs(&[(ada, 4)]).await.unwrap();
    sessions.end_all(ada).await.unwrap();
    assert_eq!(sessions.resolve(&cookies).await.unwrap(), Resolved::Known(None));

    server.kill_and_restart();
    answering(&sessions).await;
    // Both are there again, the session and the epoch that was published with it, and neither is believed.
    for resolved in [
        sessions.resolve(&cookies).await.unwrap(),
        sessions.look(&cookies).await.unwrap(),
    ] {
        let Resolved::Unconfirmed(claim) = resolved else {
            panic!("{resolved:?}");
        };
        assert_eq!((claim.account, claim.epoch), (ada, 3));
    }
    let guests = sessions.resolve(&guests).await.unwrap();
    assert_eq!(
        guests,
        Resolved::Known(Some(Shopper::InSession(guest))),
        "guests are guests"
    );

    // What PostgreSQL says ends it.
    sessions.publish_epochs(&[(ada, 4)]).await.unwrap();
    assert_eq!(sessions.resolve(&cookies).await.unwrap(), Resolved::Known(None));
    assert_eq!(sessions.list(ada, 4, "").await.unwrap(), []);
}

#[tokio::test]
async fn one_session_that_was_signed_out_does_not_come_back_and_the_accounts_others_go_on() {
    let mut server = Server::start();
    let sessions = sessions(&server);
    let ada = Uuid::now_v7();
    let member = Member {
        account: ada,
        roles: Roles::SHOPPER,
        epoch: 0,
        second_factor: true,
    };
    let laptop = cookie(&sessions.sign_in("", member, "").await.unwrap());
    let phone = cookie(&sessions.sign_in("", member, "").await.unwrap());
    server.save().await;
    // The command API stores this in PostgreSQL.
    let ended = sessions.named(&phone).await.unwrap().unwrap();
    sessions.end(&phone).await.unwrap();
    assert_eq!(sessions.resolve(&phone).await.unwrap(), Resolved::Known(None));

    server.kill_and_restart();
    answering(&sessions).await;
    assert!(!sessions.knows_epoch(ada).await.unwrap());
    // It is there again, in an epoch that goes on, and says by itself which one it is.
    let Resolved::Unconfirmed(claim) = sessions.resolve(&phone).await.unwrap() else {
        panic!("nobody vouches for it");
    };
    assert_eq!((claim.account, claim.hash), (ended.account, ended.hash));
    sessions.end_these(&[ended]).await.unwrap();
    sessions.publish_epochs(&[(ada, 0)]).await.unwrap();
    assert!(sessions.knows_epoch(ada).await.unwrap());
    for ended in [sessions.resolve(&phone).await, sessions.look(&phone).await] {
        assert_eq!(ended.unwrap(), Resolved::Known(None));
    }
    let goes_on = sessions.resolve(&laptop).await.unwrap();
    assert!(
        matches!(goes_on, Resolved::Known(Some(Shopper::SignedIn { account, .. })) if account == ada),
        "{goes_on:?}"
    );
    assert_eq!(sessions.list(ada, 0, &laptop).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_session_that_did_not_end_is_believed_again_once_its_epoch_is_told() {
    let mut server = Server::start();
    let sessions = sessions(&server);
    let (account, roles) = (Uuid::now_v7(), Roles::SHOPPER);
    let member = Member {
        account,
        roles,
        epoch: 0,
        second_factor: true,
    };
    let cookies = cookie(&sessions.sign_in("", member, "").await.unwrap());
    server.save().await;
    server.kill_and_restart();
    answering(&sessions).await;
    let unconfirmed = sessions.resolve(&cookies).await.unwrap();
    let Resolved::Unconfirmed(claim) = unconfirmed else {
        panic!("{unconfirmed:?}");
    };
    sessions
        .publish_epochs(&[(claim.account, claim.epoch)])
        .await
        .unwrap();
    let known = sessions.resolve(&cookies).await.unwrap();
    assert_eq!(
        known,
        Resolved::Known(Some(Shopper::SignedIn {
            account,
            roles,
            withheld: Roles::default(),
            epoch: 0,
        }))
    );
    assert_eq!(
        claim.shopper(),
        Shopper::SignedIn {
            account,
            roles,
            withheld: Roles::default(),
            epoch: 0,
        }
    );
}

#[tokio::test]
async fn an_api_key_that_was_revoked_after_the_last_save_does_not_come_back() {
    let mut server = Server::start();
    let keys = ApiKeys::of(&sessions(&server));
    let mut made = vec![];
    for _ in 0..2 {
        let (text, hash) = ApiKeys::generate().unwrap();
        let key = PublishedKey {
            id: Uuid::now_v7(),
            account: Uuid::now_v7(),
            role: Role::Staff,
            expires_at: i64::MAX,
        };
        keys.publish([(hash, key)]).await.unwrap();
        made.push((text, hash, key));
    }
    keys.say_published().await.unwrap();
    server.save().await;
    let [(revoked, hash, _), (good, good_hash, key)] = &made[..] else {
        panic!("there are two");
    };
    keys.forget(*hash).await.unwrap();

    server.kill_and_restart();
    answering(&sessions(&server)).await;
    while keys.are_published().await.is_err() {}
    assert!(!keys.are_published().await.unwrap(), "it has to be told anew");
    assert_eq!(keys.find(revoked).await.unwrap(), None);
    assert_eq!(keys.find(good).await.unwrap(), None);
    keys.publish([(*good_hash, *key)]).await.unwrap();
    keys.say_published().await.unwrap();
    assert!(keys.are_published().await.unwrap());
    assert_eq!(keys.find(good).await.unwrap(), Some(*key));
    assert_eq!(keys.find(revoked).await.unwrap(), None);
}
